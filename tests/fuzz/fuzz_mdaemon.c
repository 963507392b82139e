#include "fuzz_box.h"

/*
 * A file of Raw, in its language or with a header; of the latter no field is
 * more than a hint.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fuzz_box box = { .drv = &drv_mdaemon, .new_text = true, .e = {
	    .name = "x.raw", .path = "Raw/x.raw",
	    .folder = "raw" } };
	struct spool_msg m;
	size_t i;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(m.text.n <= m.size + 3);
	for (i = 0; i < m.nrcpts; i++)
		HOLDS(m.rcpts[i].provenance == PROV_NATIVE ||
		    m.rcpts[i].provenance == PROV_STREAM);
	return 0;
}
