#include "fuzz_box.h"

/*
 * The message, and behind form feeds two envelopes.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = { { NULL, "0a1b2c0100000001" },
		{ NULL, "0a1b2c0100000002" } };
	static struct fuzz_box box = { .drv = &drv_opensmtpd,
	    .new_text = true, .e = { .name = "message",
	    .path = "queue/0a/0a1b2c01/message", .folder = "queue",
	    .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;

	fuzz_box_msg(&box, data, n, &m);
	fuzz_check_text(&box, &m);
	return 0;
}
