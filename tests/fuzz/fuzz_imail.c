#include "fuzz_box.h"

/*
 * A D file and its Q file: the envelope is that of the Q file.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "Q0b63aa8048c.SMD" } };
	static struct fuzz_box box = { .drv = &drv_imail, .apart = true, .e = {
	    .name = "D0b63aa8048c.SMD", .path = "D0b63aa8048c.SMD",
	    .folder = ".", .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;
	size_t i;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(sl_eq(m.queue_id, SL("0b63aa8048c")));
	for (i = 0; i < m.nrcpts; i++)
		HOLDS(m.rcpts[i].provenance == PROV_COMPANION);
	return 0;
}
