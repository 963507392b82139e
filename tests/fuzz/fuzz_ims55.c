#include "fuzz_spool.h"

/*
 * Preamble, text and trailer are the file, in that order, but for the
 * X-lines that were taken off the text; no header means no text.
 */

static void
check_pieces(const struct spool_msg *m, struct slice file)
{
	struct slice rest = sl_first(file, SPOOL_READ_MAX);

	HOLDS(sl_starts(rest, m->preamble));
	rest = sl_from(rest, m->preamble.n);
	if (m->cut) {
		HOLDS(fuzz_ends(file, m->trailer));
		HOLDS(fuzz_ends(rest, m->text));
		return;
	}
	HOLDS(fuzz_ends(rest, m->trailer));
	rest = sl_first(rest, rest.n - m->trailer.n);
	HOLDS(fuzz_ends(rest, m->text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct spool_entry e = { .name = "ABCD1234",
	    .path = "In/ABCD1234", .folder = "in" };
	struct arena *a = fuzz_arena();
	struct slice file = fuzz_file(a, fuzz_input(data, n));
	struct spool_msg m;
	struct err err;
	struct spool_reader *rd = fuzz_reader(&drv_ims55, &e, file, a);

	HOLDS(spool_load(rd, &m, &err) == 1);
	fuzz_check_msg(rd, &m, file);
	if (!fuzz_had_cr(&m))
		check_pieces(&m, file);
	HOLDS(m.size == file.n && m.offset == 0 && m.part == 0);
	HOLDS(sl_eq(m.queue_id, SL("ABCD1234")));
	HOLDS(spool_load(rd, &m, &err) == 0);
	return 0;
}
