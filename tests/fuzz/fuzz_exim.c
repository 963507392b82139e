#include "fuzz_box.h"

/*
 * The -H file, and behind form feeds the body, the journal and the log.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct spool_with with[] = {
		{ NULL, "1AdJ2p-0000a1-01-D" }, { NULL, "1AdJ2p-0000a1-01-J" },
		{ NULL, "1AdJ2p-0000a1-01" },
	};
	static struct fuzz_box box = { .drv = &drv_exim, .new_text = true,
	    .e = { .name = "1AdJ2p-0000a1-01-H",
	    .path = "input/1AdJ2p-0000a1-01-H", .folder = "input",
	    .with = with, .nwith = NITEMS(with) } };
	struct spool_msg m;

	fuzz_box_msg(&box, data, n, &m);
	fuzz_check_text(&box, &m);
	return 0;
}
