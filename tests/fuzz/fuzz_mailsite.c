#include "fuzz_box.h"

/*
 * A message and its .rcp, of which only the words of SMTP are believed.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "1.rcp" } };
	static struct fuzz_box box = { .drv = &drv_mailsite, .e = {
	    .name = "1.msg", .path = "Incoming/1.msg",
	    .folder = "incoming", .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;
	size_t i;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(sl_eq(m.queue_id, SL("1")));
	for (i = 0; i < m.nrcpts; i++)
		HOLDS(m.rcpts[i].provenance == PROV_COMPANION ||
		    m.rcpts[i].provenance == PROV_STREAM);
	return 0;
}
