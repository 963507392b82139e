#include "base/buf.h"
#include "base/lanes.h"
#include "base/utf8.h"
#include "mail/header.h"
#include "mail/words.h"

#define CHARSET_MAX	64	/* bytes of a charset's name in a word */
#define SEGMENTS_MAX	100	/* RFC 2231 pieces of one parameter */

/* An encoded word: =?charset?encoding?text?= */
struct word {
	struct slice	charset;	/* without the language */
	char		enc;		/* b or q */
	struct slice	text;
};

/* Words of one charset that follow each other, not yet converted. */
struct run {
	struct slice	charset;
	struct buf	bytes;
	bool		open;
};

/* Take =?charset?encoding? off s. */
static bool
take_word_head(struct slice *s, struct word *w)
{
	struct slice t = sl_from(*s, 2), name;
	size_t i = 0;

	if (!sl_starts(*s, SL("=?")))
		return false;
	while (i < t.n && i < CHARSET_MAX && t.p[i] != '?' && t.p[i] != '=')
		i++;
	name = sl_first(t, i);
	t = sl_from(t, i);
	if (name.n == 0 || t.n < 3 || t.p[0] != '?' || t.p[2] != '?')
		return false;
	w->enc = ascii_lower(t.p[1]);
	if (w->enc != 'b' && w->enc != 'q')
		return false;
	sl_cut(&name, '*', &w->charset);	/* *en: RFC 2231 5 */
	w->charset = sl_trim(w->charset);
	*s = sl_from(t, 3);
	return true;
}

/*
 * Take a word off s.  One whose ?= is missing ends where the next begins,
 * or with the field.  "=?=" is the padding of base64 and the end.
 */
static bool
take_word(struct slice *s, struct word *w)
{
	struct slice t = *s, at;
	struct word next;
	size_t i, end = 0;

	if (!take_word_head(&t, w))
		return false;
	for (i = 0; i < t.n; i++) {
		at = sl_from(t, i);
		if (sl_starts(at, SL("?="))) {
			end = 2;
			break;
		}
		if (at.p[0] == '=' && take_word_head(&at, &next))
			break;
	}
	w->text = sl_first(t, i);
	*s = sl_from(t, i + end);
	if (end == 0 && s->n == 0 && i > 0 && t.p[i - 1] == '?')
		w->text.n--;
	return true;
}

static int
base64_value(char c)
{
	if (ascii_digit(c))
		return c - '0' + 52;
	if (ascii_alpha(c))
		return c >= 'a' ? c - 'a' + 26 : c - 'A';
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What is not of the alphabet is passed over; padding starts afresh. */
static void
decode_b(struct slice s, struct buf *out)
{
	unsigned bits = 0, have = 0;
	size_t i;
	int v;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '=')
			bits = have = 0;
		if ((v = base64_value(s.p[i])) == -1)
			continue;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_addc(out, (char)(bits >> have & 0xff));
		}
	}
}

/* Two hexadecimal digits from i on; -1 when they are not there. */
static int
hex_pair(struct slice s, size_t i)
{
	int hi, lo;

	if (i + 2 > s.n)
		return -1;
	hi = ascii_hex(s.p[i]);
	lo = ascii_hex(s.p[i + 1]);
	return hi == -1 || lo == -1 ? -1 : hi << 4 | lo;
}

/* Bytes written as a mark and two digits: =41 in words, %41 in RFC 2231. */
static void
decode_hex(struct slice s, char mark, struct buf *out)
{
	size_t i;
	int v;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == mark && (v = hex_pair(s, i + 1)) != -1) {
			buf_addc(out, (char)v);
			i += 2;
		} else if (s.p[i] == '_' && mark == '=')
			buf_addc(out, ' ');
		else
			buf_addc(out, s.p[i]);
	}
}

static void
run_end(struct run *r, struct charsets *cs, struct buf *out)
{
	if (r->open)
		charset_utf8(cs, r->charset, buf_sl(&r->bytes), out);
	r->bytes.n = 0;
	r->open = false;
}

static void
run_add(struct run *r, struct charsets *cs, const struct word *w,
    struct buf *out)
{
	if (!r->open || !sl_ieq(r->charset, w->charset))
		run_end(r, cs, out);
	r->open = true;
	r->charset = w->charset;
	if (w->enc == 'b')
		decode_b(w->text, &r->bytes);
	else
		decode_hex(w->text, '=', &r->bytes);
}

/* Take what stands before the next word off s; all of it if none does. */
static struct slice
take_raw(struct slice *s, struct word *w, bool *found)
{
	struct slice raw = *s, at = *s;
	const char *p;

	*found = false;
	while (!*found && (p = sl_find(at, SL("=?"))) != NULL) {
		at = sl_from(at, (size_t)(p - at.p));
		raw.n = (size_t)(p - raw.p);
		*found = take_word(&at, w);
		if (!*found)
			at = sl_from(at, 2);
	}
	if (!*found)
		raw.n = s->n;
	*s = *found ? at : sl_from(*s, s->n);
	return raw;
}

static void
decode_words(struct charsets *cs, struct slice s, struct buf *out)
{
	struct run run = { .open = false };
	struct word w;
	struct slice raw;
	bool found = true;

	while (found && s.n > 0) {
		raw = take_raw(&s, &w, &found);
		/* blanks between two words only separate them */
		if (raw.n > 0 && !(run.open && found && sl_trim(raw).n == 0)) {
			run_end(&run, cs, out);
			charset_guess_utf8(cs, raw, out);
		}
		if (found)
			run_add(&run, cs, &w, out);
	}
	run_end(&run, cs, out);
	buf_free(&run.bytes);
}

/* The first max bytes, not ending inside a UTF-8 character. */
static struct slice
first_chars(struct slice s, size_t max)
{
	size_t n = max, back;

	if (s.n <= max)
		return s;
	for (back = 0; back < 3 && ((unsigned char)s.p[n] & 0xc0) == 0x80;
	    back++)
		n--;
	return sl_first(s, n);
}

/* A copy in the arena; the buffer's memory goes back. */
static struct slice
keep(struct arena *a, struct buf *b)
{
	struct slice s = arena_dup(a, buf_sl(b));

	buf_free(b);
	return s;
}

/* What is coded or folded has a '?', a line end or an escape in it. */
static inline lanes
may_be_coded(lanes v)
{
	return v | lanes_are(v, '?') | lanes_are(v, '\n') |
	    lanes_are(v, '\033');
}

static bool
says_itself(struct slice s)
{
	lanes odd = { 0 };

	for (; s.n >= sizeof(odd); s.p += sizeof(odd), s.n -= sizeof(odd))
		odd |= may_be_coded(lanes_load(s.p));
	return lanes_bits(odd | may_be_coded(lanes_last(s.p, s.n))) == 0;
}

struct slice
words_decode(struct arena *a, struct charsets *cs, struct slice body)
{
	struct buf out = { 0 };

	if (body.n <= WORDS_MAX && says_itself(body))
		return body;
	body = hdr_unfold(a, first_chars(body, WORDS_MAX));
	if (sl_ascii(body) && sl_find(body, SL("=?")) == NULL &&
	    sl_find(body, SL("\033")) == NULL)
		return body;
	decode_words(cs, body, &out);
	return keep(a, &out);
}

/* A walk along the parameters of a field. */
struct params {
	struct slice	rest;
	bool		no_quote;	/* no quote from here on is closed */
};

struct param {
	struct slice	name, value;	/* value: what is between the quotes */
	bool		quoted;		/* with backslashes in it */
};

/* Take a comment off s, with those inside it; to the end if it has none. */
static void
skip_comment(struct slice *s)
{
	size_t i, depth = 0;

	for (i = 0; i < s->n; i++) {
		if (s->p[i] == '\\')
			i++;
		else if (s->p[i] == '(')
			depth++;
		else if (s->p[i] == ')' && --depth == 0) {
			i++;
			break;
		}
	}
	*s = sl_from(*s, i);
}

/* Blanks, line ends, comments, and also: a blank, where nothing else. */
static void
skip_gap(struct slice *s, char also)
{
	while (s->n > 0) {
		if (s->p[0] == '(')
			skip_comment(s);
		else if (ascii_space(s->p[0]) || s->p[0] == also)
			*s = sl_from(*s, 1);
		else
			break;
	}
}

/* Where the quote that was opened before s is closed; s.n if nowhere. */
static size_t
quote_end(struct slice s)
{
	const char *end = s.n == 0 ? NULL : memchr(s.p, '"', s.n);
	size_t i;

	if (end == NULL)
		return s.n;
	if (memchr(s.p, '\\', (size_t)(end - s.p)) == NULL)
		return (size_t)(end - s.p);
	for (i = 0; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\')
			i++;
	return i < s.n ? i : s.n;
}

/*
 * An unquoted value may have blanks in it, as file names do; a comment
 * counts only at its end.
 */
static struct slice
bare_value(struct slice s)
{
	struct slice t;
	size_t i;

	s = sl_trim(s);
	if (s.n == 0 || s.p[s.n - 1] != ')')
		return s;
	for (i = 1; i < s.n; i++) {
		if (s.p[i] != '(' || !ascii_space(s.p[i - 1]))
			continue;
		t = sl_from(s, i);
		skip_gap(&t, ' ');
		if (t.n == 0)
			return sl_trim(sl_first(s, i));
		i = s.n - t.n - 1;	/* a comment in the middle: text */
	}
	return s;
}

static void
take_value(struct params *ps, struct param *p)
{
	struct slice s;
	size_t end;

	skip_gap(&ps->rest, ' ');
	p->quoted = false;
	if (ps->rest.n > 0 && ps->rest.p[0] == '"') {
		ps->rest = sl_from(ps->rest, 1);
		p->quoted = true;
		end = ps->no_quote ? ps->rest.n : quote_end(ps->rest);
		if (end < ps->rest.n) {
			p->value = sl_first(ps->rest, end);
			ps->rest = sl_from(ps->rest, end + 1);
			return;
		}
		ps->no_quote = true;
	}
	s = (struct slice){ NULL, 0 };
	sl_cut(&ps->rest, ';', &s);
	p->value = p->quoted ? sl_trim(s) : bare_value(s);
}

static bool
next_param(struct params *ps, struct param *p)
{
	struct slice *s = &ps->rest;
	size_t i;

	for (;;) {
		skip_gap(s, ';');
		if (s->n == 0)
			return false;
		for (i = 0; i < s->n && s->p[i] != '=' && s->p[i] != ';'; i++)
			;
		p->name = sl_trim(sl_first(*s, i));
		*s = sl_from(*s, i);
		if (s->n > 0 && s->p[0] == '=')
			break;
	}
	*s = sl_from(*s, 1);
	take_value(ps, p);
	return true;
}

/*
 * The value's bytes, backslashes of quoted ones removed; but where one
 * stands before a letter or digit it is that of a Windows path.
 */
static void
add_value(struct buf *b, const struct param *p)
{
	size_t i;

	for (i = 0; i < p->value.n; i++) {
		if (p->quoted && p->value.p[i] == '\\' &&
		    i + 1 < p->value.n && !ascii_alnum(p->value.p[i + 1]))
			i++;
		buf_addc(b, p->value.p[i]);
	}
}

/* A parameter in the pieces of RFC 2231; p.value.p is NULL for a gap. */
struct pieces {
	struct param	v[SEGMENTS_MAX];
	bool		coded[SEGMENTS_MAX];	/* name*N*: with %41 in it */
	bool		any;
};

/* name*, name*N, name*N*: keep the piece; the first of a number wins. */
static void
keep_piece(struct pieces *ps, const struct param *p, struct slice tail)
{
	uint64_t i = 0;
	bool coded = tail.n == 0 || tail.p[tail.n - 1] == '*';

	if (tail.n > 0 && !sl_num(sl_first(tail, tail.n - coded),
	    SEGMENTS_MAX - 1, &i))
		return;
	if (ps->v[i].value.p != NULL)
		return;
	ps->v[i] = *p;
	ps->coded[i] = coded;
	ps->any = true;
}

/* charset'language'text: cut the charset off s, if it is there. */
static struct slice
cut_charset(struct slice *s)
{
	struct slice rest = *s, charset, lang;

	if (!sl_cut(&rest, '\'', &charset) || memchr(rest.p == NULL ? "" :
	    rest.p, '\'', rest.n) == NULL)
		return (struct slice){ NULL, 0 };
	sl_cut(&rest, '\'', &lang);
	*s = rest;
	return charset;
}

/* The pieces in order, gaps passed over, as UTF-8. */
static struct slice
join_pieces(struct arena *a, struct charsets *cs, const struct pieces *ps)
{
	struct buf bytes = { 0 }, text = { 0 }, out = { 0 };
	struct slice s, charset = { NULL, 0 };
	bool coded = false;
	size_t i;

	for (i = 0; i < SEGMENTS_MAX; i++) {
		text.n = 0;
		add_value(&text, &ps->v[i]);
		s = buf_sl(&text);
		if (ps->coded[i] && i == 0)
			charset = arena_dup(a, cut_charset(&s));
		if (ps->coded[i])
			decode_hex(s, '%', &bytes);
		else
			buf_add(&bytes, s);
		coded |= ps->coded[i];
	}
	buf_free(&text);
	if (!coded)
		return words_decode(a, cs, keep(a, &bytes));
	if (charset.n > 0)
		charset_utf8(cs, charset, buf_sl(&bytes), &out);
	else
		charset_guess_utf8(cs, buf_sl(&bytes), &out);
	buf_free(&bytes);
	return keep(a, &out);
}

static struct slice
plain_param(struct arena *a, struct charsets *cs, const struct param *p)
{
	struct slice s = p->value;
	struct buf b = { 0 };

	if (p->quoted && s.n > 0 && memchr(s.p, '\\', s.n) != NULL) {
		add_value(&b, p);
		s = keep(a, &b);
	}
	return words_decode(a, cs, s);
}

/*
 * Take what stands before the first ';' off s, comments left out.  Where
 * that semicolon is missing a parameter follows the first blank.  value is
 * what was taken; a comment in the middle makes it a copy.
 */
static struct slice
take_field_value(struct slice *s, struct arena *a)
{
	struct slice copy, head = { NULL, 0 };
	struct buf value = { 0 };
	bool loose;
	size_t n;

	skip_gap(s, ' ');
	copy = *s;
	if (!sl_cut(&copy, ';', &head))
		return head;
	loose = memchr(head.p, '=', head.n) != NULL;
	if (!loose && memchr(head.p, '(', head.n) == NULL) {
		*s = sl_from(*s, head.n);
		return head;
	}
	while (s->n > 0 && s->p[0] != ';' &&
	    !(loose && ascii_space(s->p[0]))) {
		if (s->p[0] == '(') {
			skip_comment(s);
			continue;
		}
		for (n = 1; n < s->n && s->p[n] != ';' && s->p[n] != '(' &&
		    !(loose && ascii_space(s->p[n])); n++)
			;
		buf_add(&value, sl_first(*s, n));
		*s = sl_from(*s, n);
	}
	return keep(a, &value);
}

struct slice
param_get(struct arena *a, struct charsets *cs, struct slice body,
    const char *name)
{
	struct params ps = { .rest = sl_first(body, WORDS_MAX) };
	struct param p, plain = { .quoted = false };
	struct pieces *pieces = NULL;
	struct slice want = sl(name), tail;

	if (sl_ifind(ps.rest, want) == NULL)
		return (struct slice){ NULL, 0 };
	take_field_value(&ps.rest, a);
	while (next_param(&ps, &p)) {
		if (!sl_istarts(p.name, want))
			continue;
		tail = sl_from(p.name, want.n);
		if (tail.n == 0) {
			if (plain.value.p == NULL)
				plain = p;
		} else if (tail.p[0] == '*') {
			if (pieces == NULL)
				pieces = arena_alloc(a, sizeof(*pieces));
			keep_piece(pieces, &p, sl_from(tail, 1));
		}
	}
	if (pieces != NULL && pieces->any)
		return join_pieces(a, cs, pieces);
	if (plain.value.p == NULL)
		return (struct slice){ NULL, 0 };
	return plain_param(a, cs, &plain);
}

struct slice
param_value(struct arena *a, struct slice body)
{
	struct slice s = sl_first(body, WORDS_MAX);

	return sl_trim(take_field_value(&s, a));
}
