#include "fuzz_box.h"

/*
 * A queue file, and its defer log behind a form feed.  Every one ends, is
 * one message, and gives the same bytes twice.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "3F9A01234" } };
	static struct fuzz_box box = { .drv = &drv_postfix, .new_text = true,
	    .e = { .name = "3F9A01234", .path = "active/3F9A01234",
	    .folder = "active", .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;

	fuzz_box_msg(&box, data, n, &m);
	fuzz_check_text(&box, &m);
	return 0;
}
