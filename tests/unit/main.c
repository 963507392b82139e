#include <check.h>
#include <stdlib.h>

#include "base/diag.h"

Suite *suite(void);

/* Each unit test is a program: its suite, TAP on stdout. */
int
main(int argc, char *argv[])
{
	SRunner *sr = srunner_create(suite());
	int failed;

	(void)argc;
	diag_init(argv[0]);
	setenv("CK_TAP_LOG_FILE_NAME", "-", 0);
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
