#include "fuzz_box.h"

/*
 * A message, what a copy kept of its property stream, and the reason in its
 * .BDR.  The reason becomes one line, addresses become hints.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = {
	    { NULL, "x.eml:PROPERTIES" }, { NULL, "x.bdr" } };
	static struct fuzz_box box = { .drv = &drv_iis, .e = {
	    .name = "x.eml", .path = "Queue/x.eml", .folder = "queue",
	    .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(utf8_valid(m.note) && !has_control(m.note));
	HOLDS(is_trimmed(m.note) && m.note.n <= 3 * 4096 + 2);
	HOLDS(sl_eq(m.queue_id, SL("x")));
	return 0;
}
