#include "fuzz_box.h"

/*
 * A message of Messages and its command file, which has the envelope.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "1A.MAI" } };
	static struct fuzz_box box = { .drv = &drv_mailenable, .apart = true, .e = {
	    .name = "1A.MAI", .path = "Messages/1A.MAI",
	    .folder = "messages", .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;
	size_t i;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(sl_eq(m.queue_id, SL("1A")));
	for (i = 0; i < m.nrcpts; i++)
		HOLDS(m.rcpts[i].provenance == PROV_COMPANION);
	return 0;
}
