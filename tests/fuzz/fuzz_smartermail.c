#include "fuzz_box.h"

/*
 * A message and its .hdr.  Whoever is a sender or a recipient stands in the
 * .hdr, and a sender is never taken without one.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "1.hdr" } };
	static struct fuzz_box box = { .drv = &drv_smartermail, .apart = true, .e = {
	    .name = "1.eml", .path = "proc/1.eml",
	    .folder = "proc", .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;
	size_t i;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(sl_eq(m.queue_id, SL("1")));
	HOLDS(!m.has_sender || m.nrcpts > 0);
	for (i = 0; i < m.nrcpts; i++)
		HOLDS(m.rcpts[i].provenance == PROV_COMPANION);
	return 0;
}
