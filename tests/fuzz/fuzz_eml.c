#include "fuzz_spool.h"
#include "io/archive.h"

/* A file is one message, and its text is the end of the file; or an archive. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct spool_entry e = { .name = "x.eml", .path = "x.eml",
	    .folder = "." };
	struct arena *a = fuzz_arena();
	struct slice file = fuzz_file(a, fuzz_input(data, n));
	struct spool_msg m;
	struct err err;
	struct spool_reader *rd = fuzz_reader(&drv_eml, &e, file, a);

	HOLDS(spool_load(rd, &m, &err) == 1);
	fuzz_check_msg(rd, &m, file);
	HOLDS(m.size == file.n && m.offset == 0 && m.part == 0);
	HOLDS(m.trailer.n == 0);
	if (m.preamble.n > 0)
		HOLDS(arc_is(m.preamble, rd->fd) && m.text.n == 0);
	else if (!fuzz_had_cr(&m))
		HOLDS(fuzz_ends(sl_first(file, SPOOL_READ_MAX), m.text));
	HOLDS(spool_load(rd, &m, &err) == 0);
	return 0;
}
