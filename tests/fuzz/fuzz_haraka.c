#include "fuzz_box.h"

/*
 * A queue file.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_entry e = {
	    .name = "1073264523456_1073264523456_1_1_a_1_mail",
	    .path = "1073264523456_1073264523456_1_1_a_1_mail",
	    .folder = "." };
	static struct fuzz_box box = { .drv = &drv_haraka };
	struct arena *a = fuzz_arena();
	struct slice file = fuzz_file(a, fuzz_input(data, n));
	struct spool_msg m;
	struct err err;

	box.rd = fuzz_reader(&drv_haraka, &e, file, a);
	HOLDS(spool_load(box.rd, &m, &err) == 1);
	fuzz_check_envelope(&m);
	fuzz_check_text(&box, &m);
	HOLDS(spool_load(box.rd, &m, &err) == 0);
	return 0;
}
