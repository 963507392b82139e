#ifndef BASE_SLICE_H
#define BASE_SLICE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * slice - bytes that somebody else owns.
 *
 * May hold NUL and need not be text.  { NULL, 0 } is the empty slice, and
 * stands for "absent" where a value can be absent.
 */
struct slice {
	const char	*p;
	size_t		 n;	/* bytes */
};

#define SL(lit)		((struct slice){ "" lit, sizeof(lit) - 1 })
#define SL_FMT		"%.*s"
#define SL_ARG(s)	((s).n > 4096 ? 4096 : (int)(s).n), (s).p ? (s).p : ""

static inline struct slice
sl(const char *s)
{
	return (struct slice){ s, s == NULL ? 0 : strlen(s) };
}

int	sl_cmp(struct slice a, struct slice b);		/* memcmp, then length */
bool	sl_iends(struct slice s, struct slice tail);

bool	sl_ascii(struct slice s);		/* no byte over 0x7f */

/* Where needle begins in s, or NULL.  The i form folds A-Z. */
const char	*sl_find(struct slice s, struct slice needle);
const char	*sl_ifind(struct slice s, struct slice needle);

/* The part of s from byte i on (empty past the end); the first n bytes. */
static inline struct slice
sl_from(struct slice s, size_t i)
{
	if (i >= s.n)
		return (struct slice){ s.p == NULL ? NULL : s.p + s.n, 0 };
	return (struct slice){ s.p + i, s.n - i };
}
static inline struct slice
sl_first(struct slice s, size_t n)
{
	return n < s.n ? (struct slice){ s.p, n } : s;
}

/* The same bytes. */
static inline bool
sl_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool
sl_starts(struct slice s, struct slice head)
{
	return s.n >= head.n && sl_eq(sl_first(s, head.n), head);
}

/*
 * Cut the bytes before the next sep off rest into head, sep itself dropped.
 * Without a sep head is all of it.  False when rest was empty.
 */
static inline bool
sl_cut(struct slice *rest, char sep, struct slice *head)
{
	const char *p;
	size_t n;

	if (rest->n == 0)
		return false;
	p = memchr(rest->p, sep, rest->n);
	n = p == NULL ? rest->n : (size_t)(p - rest->p);
	*head = (struct slice){ rest->p, n };
	*rest = sl_from(*rest, p == NULL ? n : n + 1);
	return true;
}

/* As sl_cut with LF, and a CR before it is dropped too. */
static inline bool
sl_line(struct slice *rest, struct slice *line)
{
	if (!sl_cut(rest, '\n', line))
		return false;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* The next word between blanks and tabs; false when there is none. */
bool	sl_word(struct slice *rest, struct slice *word);

/* The whole of s is decimal digits and at most max: true, and *n. */
bool	sl_num(struct slice s, uint64_t max, uint64_t *n);

/*
 * Shell pattern over all of s: * ? and [a-z] [!x]; A-Z folded.  Linear in
 * practice, never exponential.
 */
bool	sl_glob(struct slice pattern, struct slice s);

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}
static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool
ascii_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}
static inline bool
ascii_alnum(char c)
{
	return ascii_digit(c) || ascii_alpha(c);
}
static inline bool
ascii_blank(char c)
{
	return c == ' ' || c == '\t';
}
static inline bool
ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
/* Without blanks, tabs, CR and LF at both ends. */
static inline bool
is_trim(char c)
{
	return (unsigned char)c <= ' ' &&
	    (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}
static inline struct slice
sl_trim(struct slice s)
{
	const char *p = s.p, *end;

	if (s.n == 0)
		return s;
	for (end = p + s.n; p < end && is_trim(*p); p++)
		;
	while (end > p && is_trim(end[-1]))
		end--;
	return (struct slice){ p, (size_t)(end - p) };
}
/* 0 to 15, or -1. */
static inline int
ascii_hex(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* s into to, which has room for it, A-Z folded. */
void	ascii_lower_copy(char *to, struct slice s);

bool	sl_ieq_bytes(const char *a, const char *b, size_t n);

/* The same, A-Z folded, no locale.  Most differ in their first byte. */
static inline bool
sl_ieq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 ||
	    (ascii_lower(a.p[0]) == ascii_lower(b.p[0]) &&
	    sl_ieq_bytes(a.p + 1, b.p + 1, a.n - 1)));
}
static inline bool
sl_istarts(struct slice s, struct slice head)
{
	return s.n >= head.n && sl_ieq(sl_first(s, head.n), head);
}
#endif
