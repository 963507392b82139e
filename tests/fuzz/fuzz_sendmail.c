#include "fuzz_box.h"

/*
 * The qf file, and behind a form feed the body.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "df6AM1Jxx0000001" } };
	static struct fuzz_box box = { .drv = &drv_sendmail, .new_text = true,
	    .e = { .name = "qf6AM1Jxx0000001", .path = "qf6AM1Jxx0000001",
	    .folder = "mqueue", .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;

	fuzz_box_msg(&box, data, n, &m);
	fuzz_check_text(&box, &m);
	return 0;
}
