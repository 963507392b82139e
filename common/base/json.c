#include "base/hash.h"
#include "base/json.h"
#include "base/lanes.h"
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

/* All but what is printed as it is. */
static unsigned
special(lanes v)
{
	return lanes_bits((lanes)~lanes_in(v, ' ', '~') |
	    lanes_are(v, '"') | lanes_are(v, '\\'));
}

/*
 * Bytes from the front of s that stand for themselves, which are most of
 * most texts.  The zeros behind the last ones do not.
 */
static size_t
plain(struct slice s)
{
	unsigned bits;
	size_t i;

	if (s.n == 0)
		return 0;
	for (i = 0; s.n - i >= sizeof(lanes); i += sizeof(lanes))
		if ((bits = special(lanes_load(s.p + i))) != 0)
			return i + (size_t)__builtin_ctz(bits);
	return i + (size_t)__builtin_ctz(special(lanes_last(s.p + i,
	    s.n - i)));
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
