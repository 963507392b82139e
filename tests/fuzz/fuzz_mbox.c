#include "fuzz_spool.h"

/*
 * A file read as one range, and as two that meet anywhere, has the same
 * messages.
 */
#define KEPT	64	/* messages compared */

struct list {
	uint64_t	offset[KEPT], size[KEPT];
	size_t		n;
};

static void
read_range(struct arena *a, struct slice file, uint64_t off, uint64_t len,
    struct list *l)
{
	const struct spool_entry e = { .name = "mbox", .path = "mbox",
	    .folder = ".", .off = off, .len = len };
	struct spool_reader *rd = fuzz_reader(&drv_mbox, &e, file, a);
	uint64_t end = off;
	struct spool_msg m;
	struct err err;
	int r;

	while ((r = spool_load(rd, &m, &err)) == 1) {
		HOLDS(m.offset >= end && m.size > 0);
		HOLDS(len == 0 || m.offset < off + len);
		end = m.offset + m.size;
		fuzz_check_msg(rd, &m, file);
		if (l->n < KEPT) {
			l->offset[l->n] = m.offset;
			l->size[l->n] = m.size;
			l->n++;
		}
	}
	HOLDS(r == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct list whole = { .n = 0 }, parts;
	struct arena *a = fuzz_arena();
	struct slice file = fuzz_file(a, fuzz_input(data, n));
	size_t at = file.n * (1 + n % 7) / 8, i;

	read_range(a, file, 0, 0, &whole);
	if (at == 0)
		return 0;
	parts.n = 0;
	read_range(a, file, 0, at, &parts);
	read_range(a, file, at, file.n - at, &parts);
	HOLDS(parts.n == whole.n);
	for (i = 0; i < parts.n; i++) {
		HOLDS(parts.offset[i] == whole.offset[i]);
		HOLDS(parts.size[i] == whole.size[i]);
	}
	return 0;
}
