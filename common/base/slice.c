#include "base/lanes.h"
#include "base/slice.h"

/* Bit 5 of each byte that is A-Z; the others' top bits carry nothing on. */
static inline uint64_t
upper_bits(uint64_t v)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t low = v & 0x7f * ones;
	uint64_t from_a = low + (0x80 - 'A') * ones;
	uint64_t past_z = low + (0x80 - 'Z' - 1) * ones;

	return (from_a & ~past_z & ~v & 0x80 * ones) >> 2;
}

static inline void
lower8(char *to, const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	v |= upper_bits(v);
	memcpy(to, &v, sizeof(v));
}

void
ascii_lower_copy(char *to, struct slice s)
{
	size_t i;

	if (s.n < 8) {
		for (i = 0; i < s.n; i++)
			to[i] = ascii_lower(s.p[i]);
		return;
	}
	for (i = 0; i + 8 < s.n; i += 8)
		lower8(to + i, s.p + i);
	lower8(to + s.n - 8, s.p + s.n - 8);
}

/*
 * Most that differ do so in more than the bit of a letter's case.  Where
 * they differ in it alone, it has to be a letter.
 */
static inline bool
ieq8(uint64_t x, uint64_t y)
{
	uint64_t differ = x ^ y;

	return differ == 0 ||
	    ((differ & ~UINT64_C(0x2020202020202020)) == 0 &&
	    (differ & ~upper_bits(x & y)) == 0);
}

static inline uint64_t
load8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The first four bytes of n, and the last four. */
static inline uint64_t
load_ends(const char *p, size_t n)
{
	uint32_t head, tail;

	memcpy(&head, p, sizeof(head));
	memcpy(&tail, p + n - sizeof(tail), sizeof(tail));
	return (uint64_t)head << 32 | tail;
}

static __attribute__((noinline)) bool
ieq_long(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i + 8 < n; i += 8)
		if (!ieq8(load8(a + i), load8(b + i)))
			return false;
	return ieq8(load8(a + n - 8), load8(b + n - 8));
}

bool
sl_ieq_bytes(const char *a, const char *b, size_t n)
{
	size_t i;

	if (n < 4) {
		for (i = 0; i < n; i++)
			if (ascii_lower(a[i]) != ascii_lower(b[i]))
				return false;
		return true;
	}
	if (n < 8)
		return ieq8(load_ends(a, n), load_ends(b, n));
	if (n > 16)
		return ieq_long(a, b, n);
	return ieq8(load8(a), load8(b)) &&
	    ieq8(load8(a + n - 8), load8(b + n - 8));
}

bool
sl_ascii(struct slice s)
{
	lanes all = { 0 };
	size_t i;

	for (i = 0; s.n - i >= 64; i += 64)
		all |= (lanes_load(s.p + i) | lanes_load(s.p + i + 16)) |
		    (lanes_load(s.p + i + 32) | lanes_load(s.p + i + 48));
	for (; s.n - i >= 16; i += 16)
		all |= lanes_load(s.p + i);
	if (lanes_bits(all) != 0)
		return false;
	for (; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}

int
sl_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (r != 0)
		return r;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool
sl_iends(struct slice s, struct slice tail)
{
	return s.n >= tail.n && sl_ieq(sl_from(s, s.n - tail.n), tail);
}

/*
 * memmem sets up a table for each call, and looks at nearly every byte; its
 * time is linear whatever the bytes are.  So it comes in where looking for
 * one or two of them has led astray too often.
 */
#define FIND_TRIES	256

/* Where both ends of needle stand as they would if it began there. */
static inline lanes
ends_at(const char *p, struct slice needle)
{
	return lanes_are(lanes_load(p), needle.p[0]) &
	    lanes_are(lanes_load(p + needle.n - 1), needle.p[needle.n - 1]);
}

/* 64 places at a time, by the first byte and the last. */
static const char *
find_by_ends(struct slice s, struct slice needle)
{
	const char *p = s.p, *at;
	size_t left, i;
	unsigned tries = 0, bits;

	for (; (left = (size_t)(s.p + s.n - p)) >= needle.n + 63 &&
	    tries < FIND_TRIES; p += 64) {
		if (lanes_bits(ends_at(p, needle) | ends_at(p + 16, needle) |
		    ends_at(p + 32, needle) | ends_at(p + 48, needle)) == 0)
			continue;
		for (i = 0; i < 64; i += 16)
			for (bits = lanes_bits(ends_at(p + i, needle));
			    bits != 0; bits &= bits - 1, tries++) {
				at = p + i + __builtin_ctz(bits);
				if (memcmp(at, needle.p, needle.n) == 0)
					return at;
			}
	}
	return left < needle.n ? NULL : memmem(p, left, needle.p, needle.n);
}

const char *
sl_find(struct slice s, struct slice needle)
{
	const char *p = s.p, *end;
	unsigned tries = 0;

	if (needle.n == 0)
		return s.p;
	if (s.n < needle.n)
		return NULL;
	if (needle.p[0] == '\n')	/* too many lines for memchr */
		return find_by_ends(s, needle);
	for (end = p + s.n - needle.n + 1; p < end; p++) {
		if ((p = memchr(p, needle.p[0], (size_t)(end - p))) == NULL ||
		    memcmp(p, needle.p, needle.n) == 0)
			return p;
		if (tries++ == FIND_TRIES)
			return memmem(p, (size_t)(s.p + s.n - p), needle.p,
			    needle.n);
	}
	return NULL;
}

/* With fewer than sixteen places for it. */
static const char *
ifind_short(struct slice s, struct slice needle)
{
	const char *p = s.p, *end = p + s.n - needle.n + 1;
	char c = ascii_lower(needle.p[0]);

	for (; p < end; p++)
		if (ascii_lower(*p) == c && sl_ieq_bytes(p + 1, needle.p + 1,
		    needle.n - 1))
			return p;
	return NULL;
}

/* Each byte is c, or differs in the bit alone that makes letters small. */
static inline lanes
are_either(lanes v, char c)
{
	return lanes_are(v | 0x20, (char)(c | 0x20));
}

/* Sixteen places at a time, by the first byte and the last. */
const char *
sl_ifind(struct slice s, struct slice needle)
{
	const char *p = s.p, *stop, *at;
	size_t last = needle.n - 1;
	unsigned bits;

	if (needle.n == 0)
		return s.p;
	if (s.n < needle.n)
		return NULL;
	if (s.n - last < sizeof(lanes))
		return ifind_short(s, needle);
	for (stop = p + (s.n - last) - sizeof(lanes);; p += sizeof(lanes)) {
		if (p > stop)
			p = stop;	/* some of them once more */
		bits = lanes_bits(are_either(lanes_load(p), needle.p[0]) &
		    are_either(lanes_load(p + last), needle.p[last]));
		for (; bits != 0; bits &= bits - 1) {
			at = p + __builtin_ctz(bits);
			if (sl_ieq_bytes(at, needle.p, needle.n))
				return at;
		}
		if (p == stop)
			return NULL;
	}
}

bool
sl_word(struct slice *rest, struct slice *word)
{
	const char *p = rest->p, *end;

	*word = SL("");
	if (rest->n == 0)
		return false;
	end = p + rest->n;
	while (p < end && ascii_blank(*p))
		p++;
	word->p = p;
	while (p < end && !ascii_blank(*p))
		p++;
	word->n = (size_t)(p - word->p);
	*rest = (struct slice){ p, (size_t)(end - p) };
	return word->n > 0;
}

bool
sl_num(struct slice s, uint64_t max, uint64_t *n)
{
	uint64_t v = 0;
	unsigned d;
	size_t i;

	if (s.n == 0)
		return false;
	for (i = 0; i < s.n; i++) {
		if (!ascii_digit(s.p[i]))
			return false;
		d = (unsigned)(s.p[i] - '0');
		if (d > max || v > (max - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*n = v;
	return true;
}

/* One [..] set at pat.p[0]; *used is its length, 0 when it never closes. */
static bool
glob_set(struct slice pat, char c, size_t *used)
{
	size_t i = 1;
	bool not = false, hit = false;
	char lo, hi;

	if (i < pat.n && (pat.p[i] == '!' || pat.p[i] == '^'))
		not = true, i++;
	for (*used = 0; i < pat.n; i++) {
		if (pat.p[i] == ']' && i > (not ? 2u : 1u)) {
			*used = i + 1;
			return hit != not;
		}
		lo = hi = ascii_lower(pat.p[i]);
		if (i + 2 < pat.n && pat.p[i + 1] == '-' &&
		    pat.p[i + 2] != ']') {
			hi = ascii_lower(pat.p[i + 2]);
			i += 2;
		}
		hit |= c >= lo && c <= hi;
	}
	return false;
}

bool
sl_glob(struct slice pat, struct slice s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, mark = 0, used;
	char c;

	while (i < s.n) {
		c = ascii_lower(s.p[i]);
		if (p < pat.n && pat.p[p] == '*') {
			star = p++;
			mark = i;
			continue;
		}
		if (p < pat.n && pat.p[p] == '[') {
			bool hit = glob_set(sl_from(pat, p), c, &used);

			if (used != 0 && hit) {
				p += used;
				i++;
				continue;
			}
			if (used == 0 && c == '[') {
				p++, i++;
				continue;
			}
		} else if (p < pat.n &&
		    (pat.p[p] == '?' || ascii_lower(pat.p[p]) == c)) {
			p++, i++;
			continue;
		}
		if (star == SIZE_MAX)
			return false;
		p = star + 1;		/* let the last star take one more */
		i = ++mark;
	}
	while (p < pat.n && pat.p[p] == '*')
		p++;
	return p == pat.n;
}
