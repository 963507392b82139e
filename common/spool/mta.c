#include "mail/header.h"
#include "mail/received.h"
#include "spool/driver.h"
#include "spool/mta.h"

/* RFC 5321 4.1.2: an Atom's, or 8-bit (RFC 6531 3.3). */
static bool
is_atext(char c)
{
	return ascii_alnum(c) || (unsigned char)c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_dot_string(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_atext(s.p[i]) && (s.p[i] != '.' || i == 0 ||
		    i + 1 == s.n || s.p[i - 1] == '.'))
			return false;
	return s.n > 0;
}

static struct slice
quoted(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, 2 * s.n + 2);
	size_t i, n = 0;

	p[n++] = '"';
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			p[n++] = '\\';
		p[n++] = s.p[i];
	}
	p[n++] = '"';
	return (struct slice){ p, n };
}

static struct slice
in_brackets(struct arena *a, struct slice local, struct slice rest)
{
	size_t n = local.n + rest.n + 2;
	char *p = arena_bytes(a, n);

	p[0] = '<';
	if (local.n > 0)
		memcpy(p + 1, local.p, local.n);
	if (rest.n > 0)
		memcpy(p + 1 + local.n, rest.p, rest.n);
	p[n - 1] = '>';
	return (struct slice){ p, n };
}

bool
addr_internal(struct arena *a, struct slice s, struct addr *out)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, '@', s.n);
	struct slice local = s, rest = SL(""), params;

	if (s.n > ADDR_MAX)
		return false;
	if (at != NULL) {
		local = sl_first(s, (size_t)(at - s.p));
		rest = sl_from(s, local.n);
	}
	if (s.n > 0 && !is_dot_string(local))
		local = quoted(a, local);
	return addr_path(a, in_brackets(a, local, rest), out, &params) == 0 &&
	    params.n == 0;
}

struct slice
xtext_of(struct arena *a, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";
	char *p = arena_alloc(a, 3 * s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > ' ' && c < 0x7f && c != '+' && c != '=') {
			p[n++] = s.p[i];
			continue;
		}
		p[n++] = '+';
		p[n++] = digits[c >> 4];
		p[n++] = digits[c & 15];
	}
	return (struct slice){ p, n };
}

struct slice
notify_words(bool never, bool success, bool failure, bool delay)
{
	static const char *const words[] = { "", "SUCCESS", "FAILURE",
	    "SUCCESS,FAILURE", "DELAY", "SUCCESS,DELAY", "FAILURE,DELAY",
	    "SUCCESS,FAILURE,DELAY" };

	return never ? SL("NEVER") :
	    sl(words[success + 2 * failure + 4 * delay]);
}

void
addr_bare(struct buf *out, struct slice spec)
{
	size_t i = 0;

	if (spec.n > 0 && spec.p[0] == '"') {
		for (i = 1; i < spec.n && spec.p[i] != '"'; i++) {
			i += spec.p[i] == '\\' && i + 1 < spec.n;
			buf_addc(out, spec.p[i]);
		}
		i += i < spec.n;
	}
	buf_add(out, sl_from(spec, i));
}

void
xtext_decode(struct buf *out, struct slice s)
{
	int hi, lo;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '+' && i + 2 < s.n &&
		    (hi = ascii_hex(s.p[i + 1])) != -1 &&
		    (lo = ascii_hex(s.p[i + 2])) != -1) {
			buf_addc(out, (char)(hi << 4 | lo));
			i += 2;
		} else
			buf_addc(out, s.p[i]);
	}
}

unsigned
notify_number(struct slice words, const struct notify_bits *bits)
{
	struct slice word;
	unsigned n = 0;

	while (sl_cut(&words, ',', &word)) {
		if (sl_ieq(word, SL("NEVER")))
			n |= bits->never;
		else if (sl_ieq(word, SL("SUCCESS")))
			n |= bits->success;
		else if (sl_ieq(word, SL("FAILURE")))
			n |= bits->failure;
		else if (sl_ieq(word, SL("DELAY")))
			n |= bits->delay;
	}
	return n;
}

/* The first Received of s, taken off it. */
static bool
next_received(struct arena *a, struct slice *s, struct hop *hop)
{
	struct slice field = SL("Received:"), body;
	const char *at, *end;

	if (!sl_istarts(*s, field)) {
		if ((at = sl_find(*s, SL("\nReceived:"))) == NULL)
			return false;
		*s = sl_from(*s, (size_t)(at - s->p) + 1);
	}
	body = *s = sl_from(*s, field.n);
	for (at = s->p; (end = memchr(at, '\n', s->n -
	    (size_t)(at - s->p))) != NULL; at = end + 1)
		if (end + 1 == s->p + s->n || !ascii_blank(end[1]))
			break;
	if (end != NULL)
		body = sl_first(*s, (size_t)(end - s->p));
	return received_parse(a, hdr_unfold(a, body), hop);
}

struct slice
report_about(struct arena *a, struct slice text)
{
	const char *body = sl_find(text, SL("\n\n"));
	struct slice rest;
	struct hop own, first;

	if (body == NULL)
		return SL("");
	rest = sl_from(text, (size_t)(body - text.p));
	text = sl_first(text, (size_t)(body - text.p));
	if (!next_received(a, &text, &own) ||
	    !next_received(a, &rest, &first) || own.by.n == 0 ||
	    !sl_ieq(own.by, first.by))
		return SL("");
	return first.id;
}

void
msg_report(struct spool_msg *m, struct arena *a, struct slice about)
{
	msg_note(m, a, about.n == 0 ? SL("a report of this server") :
	    arena_fmt(a, "a report of this server about " SL_FMT,
	    SL_ARG(about)));
}
