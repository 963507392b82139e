#ifndef BASE_LANES_H
#define BASE_LANES_H
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * lanes - sixteen bytes, looked at in one step.
 *
 * The operators of C work on each byte for itself.  What compares gives 0xff
 * where it holds and 0 elsewhere; lanes_bits makes a number of that, so that
 * __builtin_ctz finds the first.  It is the one thing that compilers have no
 * words for.
 */
typedef uint8_t lanes __attribute__((vector_size(16)));

static inline lanes
lanes_load(const char *p)
{
	lanes v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The last bytes of a text, n of them and fewer than sixteen; then zeros. */
static inline lanes
lanes_last(const char *p, size_t n)
{
	lanes v = { 0 };

	if (n > 0)
		memcpy(&v, p, n);
	return v;
}

static inline lanes
lanes_are(lanes v, char c)
{
	return (lanes)(v == (uint8_t)c);
}

/* from <= byte <= to */
static inline lanes
lanes_in(lanes v, uint8_t from, uint8_t to)
{
	return (lanes)(v - from <= (uint8_t)(to - from));
}

/* Bit i: the top bit of byte i. */
static inline unsigned
lanes_bits(lanes v)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)v);
#else
	unsigned bits = 0, i;

	for (i = 0; i < sizeof(v); i++)
		bits |= (unsigned)(v[i] >> 7) << i;
	return bits;
#endif
}
#endif
