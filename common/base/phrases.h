#ifndef BASE_PHRASES_H
#define BASE_PHRASES_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * phrases - which of many strings stand in a text, in one pass over it.
 *
 * The table's rows begin with a struct slice of PHRASE_MIN bytes or more, in
 * lower case; there are at most PHRASES_MAX.  A-Z of the text are folded.
 */
#define PHRASES_MAX	255
#define PHRASE_MIN	5
#define PHRASE_SLOTS	4096
#define PHRASE_STEPS	4

struct phrases {
	const char	*rows;
	size_t		 n, stride;
	uint16_t	 head[PHRASE_SLOTS];	/* by hash of four bytes; 0: none */
	uint16_t	 next[PHRASE_STEPS * PHRASES_MAX];	/* for byte i of
					   row: PHRASE_STEPS row + i, + 1 */
	size_t		 step;		/* bytes of text between two looks */
	atomic_bool	 ready;
};

struct phrase_set {
	uint64_t	 w[4];
};

void	phrases_init(struct phrases *p, const void *rows, size_t n,
	    size_t stride);
#define PHRASES_INIT(p, table) \
	phrases_init(p, table, sizeof(table) / sizeof((table)[0]), \
	    sizeof((table)[0]))

/*
 * The index of a constant table, made once in a static struct phrases by
 * whichever thread comes first.
 */
const struct phrases *phrases_once(struct phrases *p, const void *rows,
	    size_t n, size_t stride);
#define PHRASES_ONCE(p, table) \
	phrases_once(p, table, sizeof(table) / sizeof((table)[0]), \
	    sizeof((table)[0]))

/* The rows that stand anywhere in text.  True when there is one. */
bool	phrases_in(const struct phrases *p, struct slice text,
	    struct phrase_set *found);

static inline bool
phrase_found(const struct phrase_set *s, size_t row)
{
	return s->w[row / 64] >> row % 64 & 1;
}

/* The first one that was found, from row on; beyond PHRASES_MAX: none. */
static inline size_t
phrase_next(const struct phrase_set *s, size_t row)
{
	uint64_t bits;

	for (; row <= PHRASES_MAX; row = (row | 63) + 1)
		if ((bits = s->w[row / 64] >> row % 64) != 0)
			return row + (size_t)__builtin_ctzll(bits);
	return row;
}
#endif
