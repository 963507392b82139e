#include <string.h>

#include "act/line.h"
#include "fuzz.h"

/*
 * Lines of entries.ndjson or members.ndjson: no path can be cut off by a
 * NUL, and an entry is found by the path that its line has.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = fuzz_input(data, n), rest = text, one;
	struct arena *a = fuzz_arena();
	struct lines *ls = lines_new(text);
	struct line l, found;

	while (sl_cut(&rest, '\n', &one)) {
		if (!line_read(one, a, &l))
			continue;
		HOLDS(l.path.n == 0 || memchr(l.path.p, 0, l.path.n) == NULL);
		HOLDS(l.member.n == 0 ||
		    memchr(l.member.p, 0, l.member.n) == NULL);
		HOLDS(l.path.n <= one.n && l.member.n <= one.n);
		HOLDS(l.mtime.tv_nsec >= -1 && l.mtime.tv_nsec < 1000000000);
		HOLDS(lines_of(ls, l.path, a, &found));
		HOLDS(sl_starts(found.path, l.path));
	}
	lines_free(ls);
	return 0;
}
