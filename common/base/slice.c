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

void
ascii_lower_copy(char *to, struct slice s)
{
	uint64_t v;
	size_t i;

	for (i = 0; i + sizeof(v) <= s.n; i += sizeof(v)) {
		memcpy(&v, s.p + i, sizeof(v));
		v |= upper_bits(v);
		memcpy(to + i, &v, sizeof(v));
	}
	for (; i < s.n; i++)
		to[i] = ascii_lower(s.p[i]);
}

static inline bool
ieq8(uint64_t x, uint64_t y)
{
	return x == y || (x | upper_bits(x)) == (y | upper_bits(y));
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
	for (i = 0; i + 8 < n; i += 8)
		if (!ieq8(load8(a + i), load8(b + i)))
			return false;
	return ieq8(load8(a + n - 8), load8(b + n - 8));
}

bool
sl_ascii(struct slice s)
{
	uint64_t all = 0, four[4], word;

	for (; s.n >= sizeof(four); s.p += sizeof(four), s.n -= sizeof(four)) {
		memcpy(four, s.p, sizeof(four));
		all |= (four[0] | four[1]) | (four[2] | four[3]);
	}
	for (; s.n >= sizeof(word); s.p += sizeof(word), s.n -= sizeof(word)) {
		memcpy(&word, s.p, sizeof(word));
		all |= word;
	}
	for (; s.n > 0; s.p++, s.n--)
		all |= (unsigned char)*s.p;
	return (all & UINT64_C(0x8080808080808080)) == 0;
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

/* Sixteen places at a time, by the first byte and the last. */
static const char *
find_by_ends(struct slice s, struct slice needle)
{
	const char *p = s.p, *at;
	size_t last = needle.n - 1, left;
	unsigned tries = 0, bits;

	for (; (left = (size_t)(s.p + s.n - p)) >= last + sizeof(lanes) &&
	    tries < FIND_TRIES; p += sizeof(lanes)) {
		bits = lanes_bits(lanes_are(lanes_load(p), needle.p[0]) &
		    lanes_are(lanes_load(p + last), needle.p[last]));
		for (; bits != 0; bits &= bits - 1, tries++) {
			at = p + __builtin_ctz(bits);
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

/* How seldom a byte stands in English text; what is not listed is rare. */
static const unsigned char seldom[256] = {
	[' '] = 1, ['e'] = 2, ['t'] = 3, ['a'] = 4, ['o'] = 5,
	['i'] = 6, ['n'] = 7, ['s'] = 8, ['h'] = 9, ['r'] = 10, ['d'] = 11,
	['l'] = 12, ['c'] = 13, ['u'] = 14, ['m'] = 15, ['w'] = 16,
	['f'] = 17, ['g'] = 18, ['y'] = 19, ['p'] = 20, ['b'] = 21,
	['v'] = 22, ['k'] = 23, ['j'] = 24, ['x'] = 25, ['q'] = 26,
	['z'] = 27, ['-'] = 28, [':'] = 29,
};

/* The place in needle of the byte that text has least of. */
static size_t
rarest(struct slice needle)
{
	size_t best = 0, i;
	unsigned rank = 0, r;

	for (i = 0; i < needle.n; i++) {
		r = seldom[(unsigned char)ascii_lower(needle.p[i])];
		if (r == 0)
			return i;
		if (r > rank) {
			rank = r;
			best = i;
		}
	}
	return best;
}

static const char *
next_byte(const char *p, const char *end, char c)
{
	const char *at = p < end ? memchr(p, c, (size_t)(end - p)) : NULL;

	return at == NULL ? end : at;
}

/* memchr for the rarest byte in both its cases, then a look around it. */
const char *
sl_ifind(struct slice s, struct slice needle)
{
	const char *end, *low, *up, *at;
	size_t k;
	char c;

	if (needle.n == 0)
		return s.p;
	if (s.n < needle.n)
		return NULL;
	k = s.n < 128 ? 0 : rarest(needle);	/* not worth it in a short one */
	c = ascii_lower(needle.p[k]);
	end = s.p + s.n - needle.n + k + 1;
	low = next_byte(s.p + k, end, c);
	up = ascii_alpha(c) ? next_byte(s.p + k, end, (char)(c & ~0x20)) : end;
	while ((at = low < up ? low : up) < end) {
		if (sl_ieq(needle, (struct slice){ at - k, needle.n }))
			return at - k;
		if (at == low)
			low = next_byte(low + 1, end, c);
		else
			up = next_byte(up + 1, end, (char)(c & ~0x20));
	}
	return NULL;
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
