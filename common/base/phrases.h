#ifndef BASE_PHRASES_H
#define BASE_PHRASES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * phrases - which of many strings stand in a text, in one pass over it.
 *
 * The table's rows begin with a struct slice of two bytes or more, in lower
 * case; there are at most PHRASES_MAX.  A-Z of the text are folded.  Making
 * the index costs about as much as looking at ten lines of text.
 */
#define PHRASES_MAX	255

struct phrases {
	const char	*rows;
	size_t		 n, stride;
	uint8_t		 head[256];	/* by hash of two bytes: row + 1 */
	uint8_t		 next[PHRASES_MAX];
};

struct phrase_set {
	uint64_t	 w[4];
};

void	phrases_init(struct phrases *p, const void *rows, size_t n,
	    size_t stride);
#define PHRASES_INIT(p, table) \
	phrases_init(p, table, sizeof(table) / sizeof((table)[0]), \
	    sizeof((table)[0]))

/* The rows that stand anywhere in text.  True when there is one. */
bool	phrases_in(const struct phrases *p, struct slice text,
	    struct phrase_set *found);

static inline bool
phrase_found(const struct phrase_set *s, size_t row)
{
	return s->w[row / 64] >> row % 64 & 1;
}
#endif
