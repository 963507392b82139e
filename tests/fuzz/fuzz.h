#ifndef FUZZ_H
#define FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "mail/charset.h"

/*
 * A fuzz target is one file with this function in it.  It gives the bytes
 * to a parser and aborts when a property of the result does not hold.
 * libFuzzer calls it with bytes of its own, main.c with those of
 * tests/fuzz/corpus.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define HOLDS(what) do {						\
	if (!(what)) {							\
		fprintf(stderr, "%s:%d: does not hold: %s\n",		\
		    __FILE__, __LINE__, #what);				\
		abort();						\
	}								\
} while (0)

#define NITEMS(v)	(sizeof(v) / sizeof((v)[0]))

static inline struct slice
fuzz_input(const uint8_t *data, size_t n)
{
	return (struct slice){ (const char *)data, n };
}

/* One arena for all runs, empty again. */
static inline struct arena *
fuzz_arena(void)
{
	static struct arena *a;

	if (a == NULL)
		a = arena_new();
	arena_reset(a);
	return a;
}

static inline struct charsets *
fuzz_charsets(void)
{
	static struct charsets *cs;

	if (cs == NULL)
		cs = charsets_new();
	return cs;
}

/* Every byte of part is one of whole's. */
static inline bool
is_inside(struct slice part, struct slice whole)
{
	uintptr_t p = (uintptr_t)part.p, w = (uintptr_t)whole.p;

	return part.n == 0 || (p >= w && part.n <= whole.n &&
	    p - w <= whole.n - part.n);
}

/* What a cursor leaves: fewer bytes than before, up to the same end. */
static inline bool
is_forward(struct slice was, struct slice rest)
{
	return rest.n < was.n && rest.p + rest.n == was.p + was.n;
}

static inline bool
has_control(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

static inline bool
has_upper(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return true;
	return false;
}

static inline bool
is_trimmed(struct slice s)
{
	return sl_trim(s).n == s.n;
}
#endif
