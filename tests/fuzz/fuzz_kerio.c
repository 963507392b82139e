#include "fuzz_box.h"

/*
 * A message with .env and .emf: nothing of them is more than a hint.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "1.env" },
	    { NULL, "1.emf" } };
	static struct fuzz_box box = { .drv = &drv_kerio, .e = {
	    .name = "1.eml", .path = "00/1.eml",
	    .folder = "00", .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;
	size_t i;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(sl_eq(m.queue_id, SL("1")));
	for (i = 0; i < m.nrcpts; i++)
		HOLDS(m.rcpts[i].provenance == PROV_STREAM);
	return 0;
}
