#include <stdio.h>

#include "base/utf8.h"

#define REPLACEMENT	0xfffd

static inline bool
is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The character at p, which is none of ASCII: its length; 0: it is none. */
static inline unsigned
wide(const unsigned char *p, size_t n, uint32_t *cp)
{
	if (p[0] < 0xc2 || n < 2 || !is_tail(p[1]))
		return 0;
	*cp = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	if (p[0] < 0xe0)
		return 2;
	if (n < 3 || !is_tail(p[2]))
		return 0;
	*cp = (*cp & 0x3ffu) << 6 | (p[2] & 0x3fu);
	if (p[0] < 0xf0)
		return *cp < 0x800 || (*cp >= 0xd800 && *cp <= 0xdfff) ? 0 : 3;
	if (n < 4 || !is_tail(p[3]) || p[0] > 0xf4)
		return 0;
	*cp = (*cp & 0x7fffu) << 6 | (p[3] & 0x3fu);
	return *cp < 0x10000 || *cp > 0x10ffff ? 0 : 4;
}

int32_t
utf8_next(struct slice *rest)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	uint32_t cp;
	unsigned len;

	if (rest->n == 0)
		return -2;
	if (p[0] < 0x80) {
		*rest = sl_from(*rest, 1);
		return p[0];
	}
	if ((len = wide(p, rest->n, &cp)) == 0) {
		*rest = sl_from(*rest, 1);
		return -1;
	}
	*rest = sl_from(*rest, len);
	return (int32_t)cp;
}

bool
utf8_valid(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p, *end;
	uint32_t cp;
	unsigned len;

	if (sl_ascii(s))
		return true;
	end = p + s.n;
	while (p < end) {
		if (*p < 0x80) {
			p++;
			continue;
		}
		if ((len = wide(p, (size_t)(end - p), &cp)) == 0)
			return false;
		p += len;
	}
	return true;
}

void
utf8_put(struct buf *b, uint32_t cp)
{
	if (cp < 0x80) {
		buf_addc(b, (char)cp);
		return;
	}
	if (cp < 0x800) {
		buf_addc(b, (char)(0xc0 | cp >> 6));
	} else {
		if (cp < 0x10000) {
			buf_addc(b, (char)(0xe0 | cp >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | cp >> 18));
			buf_addc(b, (char)(0x80 | (cp >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (cp >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (cp & 0x3f)));
}

void
utf8_clean(struct buf *b, struct slice s)
{
	int32_t cp;

	if (utf8_valid(s)) {
		buf_add(b, s);
		return;
	}
	while ((cp = utf8_next(&s)) != -2)
		utf8_put(b, cp == -1 ? REPLACEMENT : (uint32_t)cp);
}

/* Characters that change what a terminal or a reader sees around them. */
static bool
is_unseen(uint32_t cp)
{
	static const struct { uint32_t from, to; } v[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },		/* controls */
		{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c },
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e },	/* zero width, bidi */
		{ 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xe000, 0xf8ff },			/* private use */
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]) && cp >= v[i].from; i++)
		if (cp <= v[i].to)
			return true;
	return false;
}

/* East Asian Wide and Fullwidth, in broad ranges (Unicode UAX 11). */
static bool
is_wide(uint32_t cp)
{
	return (cp >= 0x1100 && cp <= 0x115f) ||
	    (cp >= 0x2e80 && cp <= 0xa4cf) || (cp >= 0xac00 && cp <= 0xd7a3) ||
	    (cp >= 0xf900 && cp <= 0xfaff) || (cp >= 0xfe30 && cp <= 0xfe6f) ||
	    (cp >= 0xff00 && cp <= 0xff60) || (cp >= 0xffe0 && cp <= 0xffe6) ||
	    (cp >= 0x1f300 && cp <= 0x1faff) ||
	    (cp >= 0x20000 && cp <= 0x3fffd);
}

/* Combining marks take no column; a long pile of them is cut by bytes. */
static bool
is_combining(uint32_t cp)
{
	return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x1ab0 && cp <= 0x1aff) ||
	    (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe20 && cp <= 0xfe2f) ||
	    (cp >= 0x3099 && cp <= 0x309a);
}

size_t
utf8_show(struct buf *b, struct slice s, size_t cols)
{
	size_t used = 0, piled = 0, w;
	uint32_t c;
	int32_t cp;

	while ((cp = utf8_next(&s)) != -2) {
		c = cp == -1 ? '?' : (uint32_t)cp;
		if (c == '\t' || c == '\n' || c == '\r')
			c = ' ';
		if (is_unseen(c))
			c = '?';
		if (is_combining(c)) {
			if (++piled <= 4)
				utf8_put(b, c);
			continue;
		}
		piled = 0;
		w = is_wide(c) ? 2 : 1;
		if (cols != 0 && used + w > cols)
			break;
		utf8_put(b, c);
		used += w;
	}
	return used;
}

void
utf8_print(const char *s)
{
	struct buf b = { 0 };

	utf8_show(&b, sl(s), 0);
	fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
}

void
utf8_visible(struct buf *b, struct slice s, size_t max)
{
	size_t n = 0, piled = 0;
	const char *at = s.p;
	int32_t cp;

	for (; (cp = utf8_next(&s)) != -2; at = s.p) {
		if (max != 0 && n++ >= max) {
			utf8_put(b, 0x2026);
			break;
		}
		piled = cp >= 0 && is_combining((uint32_t)cp) ? piled + 1 : 0;
		if (piled > 4)
			continue;
		if (cp == -1)
			buf_fmt(b, "\xe2\x80\xb9%02X\xe2\x80\xba",
			    (unsigned char)*at);
		else if (is_unseen((uint32_t)cp))
			buf_fmt(b, "\xe2\x80\xb9U+%04X\xe2\x80\xba",
			    (unsigned)cp);
		else
			utf8_put(b, (uint32_t)cp);
	}
}

void
quote_arg(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@";
	struct slice rest = sl(word), part;

	if (rest.n > 0 && word[strspn(word, plain)] == '\0') {
		buf_add(b, rest);
		return;
	}
	buf_addc(b, '\'');
	while (sl_cut(&rest, '\'', &part)) {
		utf8_show(b, part, 0);
		if (part.p[part.n] == '\'')
			buf_add(b, SL("'\\''"));
	}
	buf_addc(b, '\'');
}
