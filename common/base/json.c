#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"

/* Controls of both kinds, what ends a string, and the line ends of JS. */
static void
put_char(struct buf *b, uint32_t c)
{
	if (c == '"' || c == '\\')
		buf_fmt(b, "\\%c", (char)c);
	else if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	    c == 0x2029)
		buf_fmt(b, "\\u%04x", c);
	else
		utf8_put(b, c);
}

/* Bytes from the front of s that stand for themselves. */
static size_t
plain(struct slice s)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
			break;
	}
	return i;
}

void
json_string(struct buf *b, struct slice s)
{
	size_t n;
	int32_t c;

	buf_addc(b, '"');
	for (;;) {
		n = plain(s);
		buf_add(b, sl_first(s, n));
		s = sl_from(s, n);
		if ((c = utf8_next(&s)) == -2)
			break;
		put_char(b, c == -1 ? 0xfffd : (uint32_t)c);
	}
	buf_addc(b, '"');
}

void
json_path(struct buf *b, const char *key, struct slice s)
{
	buf_add(b, SL(",\""));
	buf_add(b, sl(key));
	buf_add(b, SL("\":"));
	json_string(b, s);
	if (utf8_valid(s))
		return;
	buf_fmt(b, ",\"%s_hex\":\"", key);
	hex_str((const uint8_t *)s.p, s.n, buf_room(b, 2 * s.n + 1));
	b->n += 2 * s.n;
	buf_addc(b, '"');
}
