#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "log/again.h"

#define SLOTS		(1u << 19)
#define CHOOSE		32	/* bytes of a line, with its time, that do */
#define SEEN_MIN	16	/* lines that were kept: fewer are chance */

struct slot {
	uint64_t	h;
	uint32_t	file;		/* from 1; 0: empty */
};

struct again {
	struct slot	*slots;
	struct arena	*a;
	const char	**paths;	/* of the files */
	size_t		 n, cap;
	uint64_t	 seen, twice;	/* of the file's lines */
	uint32_t	 other;		/* where the last of these was before */
};

struct again *
again_new(void)
{
	struct again *g = xcalloc(1, sizeof(*g));

	g->slots = xcalloc(SLOTS, sizeof(*g->slots));
	g->a = arena_new();
	return g;
}

void
again_free(struct again *g)
{
	if (g == NULL)
		return;
	free(g->slots);
	arena_free(g->a);
	free(g);
}

void
again_begin(struct again *g, const char *path)
{
	const char **to = arena_more(g->a, &g->paths, &g->n, &g->cap,
	    sizeof(*g->paths));

	*to = arena_str(g->a, sl(path));
	g->seen = g->twice = 0;
}

void
again_line(struct again *g, struct slice line)
{
	struct slot *s;
	uint64_t h;

	if (hash64(sl_first(line, CHOOSE)) % AGAIN_OF != 0)
		return;
	g->seen++;
	h = hash64(line);
	s = &g->slots[h & (SLOTS - 1)];
	if (s->h != h || s->file == 0) {
		*s = (struct slot){ h, (uint32_t)g->n };
	} else if (s->file != g->n) {
		g->twice++;
		g->other = s->file;
	}
}

const char *
again_of(const struct again *g)
{
	return g->seen >= SEEN_MIN && g->twice * 2 > g->seen ?
	    g->paths[g->other - 1] : NULL;
}
