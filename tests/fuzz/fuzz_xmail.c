#include "fuzz_box.h"

/*
 * A file whose first lines are the envelope.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fuzz_box box = { .drv = &drv_xmail, .e = {
	    .name = "1.a", .path = "0/0/mess/1.a",
	    .folder = "mess" } };
	struct spool_msg m;

	fuzz_box_msg(&box, data, n, &m);
	return 0;
}
