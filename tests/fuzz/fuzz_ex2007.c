#include "fuzz_spool.h"

/*
 * The messages of an exported file follow one another without a gap, from
 * its first byte to its last; only the first one's envelope is believed.
 */

static void
check_trust(const struct spool_msg *m)
{
	size_t i;

	if (m->offset == 0)
		return;
	HOLDS(!m->has_sender || m->sender_prov == PROV_STREAM);
	for (i = 0; i < m->nrcpts; i++)
		HOLDS(m->rcpts[i].provenance == PROV_STREAM);
	HOLDS(m->nproblems > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct spool_entry e = { .name = "x.eml",
	    .path = "Replay/x.eml", .folder = "replay" };
	struct arena *a = fuzz_arena();
	struct slice file = fuzz_file(a, fuzz_input(data, n));
	struct spool_reader *rd = fuzz_reader(&drv_ex2007, &e, file, a);
	struct spool_msg m;
	struct err err;
	uint64_t at = 0;
	int r;

	while ((r = spool_load(rd, &m, &err)) == 1) {
		HOLDS(m.offset == at && (m.size > 0 || file.n == 0));
		at += m.size;
		fuzz_check_msg(rd, &m, file);
		check_trust(&m);
	}
	HOLDS(r == 0 && at == file.n);
	return 0;
}
