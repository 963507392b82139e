#include <string.h>

#include "mail/mime.h"
#include "mail/words.h"

#define UNPACK_MAX	(1024 * 1024)	/* bytes of encoded messages, in all */
#define BOUNDARY_MAX	998		/* bytes: a line; RFC 2046 says 70 */

/*
 * walk - one pass over the bytes of one message.
 *
 * cur is the part the bytes belong to; it and its parents up to base are
 * unfinished.  open has the multiparts among them whose closing boundary
 * has not come yet, the innermost last.
 */
struct open {
	struct part	*part;
	struct part	**tail;		/* where its next child is linked */
	struct slice	 boundary;
};

struct walk {
	struct mime	*m;
	struct arena	*a;
	struct charsets	*cs;
	struct part	*base;		/* finished; NULL: the message itself */
	struct part	*cur;
	const char	*end;
	size_t		 nopen;
	struct open	 open[MIME_DEPTH_MAX + 1];
};

/* A boundary line: which multipart it belongs to, and what follows it. */
struct mark {
	const char	*line, *after;
	size_t		 level;		/* in walk.open */
	bool		 closes;
};

static const struct slice text_plain = { "text/plain", 10 };
static const struct slice message_rfc822 = { "message/rfc822", 14 };
static const struct slice opaque = { "application/octet-stream", 24 };

static struct slice
upto(const char *p, const char *end)
{
	return (struct slice){ p, end > p ? (size_t)(end - p) : 0 };
}

static struct slice
rtrim(struct slice s)
{
	while (s.n > 0 && ascii_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct slice
lower(struct arena *a, struct slice s)
{
	char *p = arena_bytes(a, s.n);

	ascii_lower_copy(p, s);
	return (struct slice){ p, s.n };
}

static bool
is_multipart(const struct part *p)
{
	return sl_starts(p->type, SL("multipart/"));
}

static bool
is_message(const struct part *p)
{
	return sl_eq(p->type, message_rfc822) ||
	    sl_eq(p->type, SL("message/global"));
}

static bool
is_coded(const struct part *p)
{
	return p->enc == ENC_QP || p->enc == ENC_BASE64 || p->enc == ENC_UU;
}

/* May p have a child? */
static bool
room(struct walk *w, const struct part *p)
{
	if (p->depth >= MIME_DEPTH_MAX) {
		w->m->problems |= MIME_DEEP;
		return false;
	}
	if (w->m->parts >= MIME_PARTS_MAX) {
		w->m->problems |= MIME_MANY;
		return false;
	}
	return true;
}

/*
 * Whose boundary line is this?  It must be the whole boundary, so that one
 * that begins like another is never taken for it; the innermost comes
 * first.  Multiparts that share their parent's boundary close with it.
 */
static bool
match(const struct walk *w, struct slice line, struct mark *mk)
{
	size_t i;

	line = rtrim(line);
	if (!sl_starts(line, SL("--")) || line.n > BOUNDARY_MAX + 4)
		return false;
	line = sl_from(line, 2);
	mk->closes = false;
	for (mk->level = w->nopen; mk->level-- > 0;)
		if (sl_eq(line, w->open[mk->level].boundary))
			return true;
	if (!sl_iends(line, SL("--")))
		return false;
	line = rtrim(sl_first(line, line.n - 2));
	mk->closes = true;
	for (i = w->nopen; i-- > 0;)
		if (sl_eq(line, w->open[i].boundary)) {
			while (i > 0 && sl_eq(line, w->open[i - 1].boundary))
				i--;
			mk->level = i;
			return true;
		}
	return false;
}

/*
 * The next line that begins "--", from s on, where a line begins.  A dash is
 * seldomer than a line, and base64 has none.
 */
static const char *
dashes(const char *s, const char *end)
{
	const char *begin = s;

	for (; (s = memchr(s, '-', (size_t)(end - s))) != NULL; s++)
		if ((s == begin || s[-1] == '\n') && end - s > 1 &&
		    s[1] == '-')
			return s;
	return NULL;
}

/* The next boundary line from s on, where a line begins. */
static bool
find_mark(const struct walk *w, const char *s, struct mark *mk)
{
	const char *nl;

	while (w->nopen > 0 && s < w->end) {
		if ((s = dashes(s, w->end)) == NULL)
			return false;
		nl = memchr(s, '\n', (size_t)(w->end - s));
		mk->line = s;
		mk->after = s = nl == NULL ? w->end : nl + 1;
		if (match(w, upto(mk->line, s), mk))
			return true;
	}
	return false;
}

/* Where the header section at s must end: behind its blank line, or here. */
static const char *
head_end(const struct walk *w, const char *s)
{
	const char *nl, *next;
	struct slice line;
	struct mark mk;

	for (; s < w->end; s = next) {
		nl = memchr(s, '\n', (size_t)(w->end - s));
		next = nl == NULL ? w->end : nl + 1;
		line = upto(s, nl == NULL ? w->end : nl);
		if (line.n == 0 || (line.n == 1 && line.p[0] == '\r'))
			return next;
		if (match(w, line, &mk))
			return s;
	}
	return s;
}

/* What the part's header says about it. */
static void
describe(struct walk *w, struct part *p)
{
	struct slice ct, cd;

	ct = hdr_unfold(w->a, head_get(&p->head, H_CONTENT_TYPE));
	cd = hdr_unfold(w->a, head_get(&p->head, H_CONTENT_DISPOSITION));
	p->enc = mime_enc(head_get(&p->head, H_CONTENT_TRANSFER_ENCODING));
	p->type = lower(w->a, param_value(w->a, ct));
	if (p->type.n == 0 || memchr(p->type.p, '/', p->type.n) == NULL)
		p->type = p->parent != NULL &&
		    sl_eq(p->parent->type, SL("multipart/digest")) ?
		    message_rfc822 : text_plain;
	if (ct.n > 0) {
		p->charset = param_get(w->a, w->cs, ct, "charset");
		p->filename = param_get(w->a, w->cs, ct, "name");
	}
	if (cd.n > 0) {
		p->disposition = lower(w->a, param_value(w->a, cd));
		cd = param_get(w->a, w->cs, cd, "filename");
		if (cd.n > 0)
			p->filename = cd;
	}
	if (!is_multipart(p))
		return;
	p->enc = ENC_NONE;
	p->report_type = lower(w->a,
	    param_get(w->a, w->cs, ct, "report-type"));
}

static struct part *
new_part(struct walk *w, struct part *parent, struct part **where)
{
	struct part *p;

	p = arena_alloc(w->a, sizeof(*p));
	p->parent = parent;
	p->depth = parent == NULL ? 0 : parent->depth + 1;
	*where = p;
	w->m->parts++;
	return p;
}

/* A part whose header begins at *s; *s is moved to its body. */
static struct part *
add_part(struct walk *w, struct part *parent, struct part **where,
    const char **s)
{
	struct part *p;
	struct slice body;
	const char *end;

	p = new_part(w, parent, where);
	p->embedded = is_message(parent);
	while (p->embedded && *s < w->end && (**s == '\n' || **s == '\r'))
		(*s)++;
	end = head_end(w, *s);
	head_parse(&p->head, w->a, upto(*s, end), &body);
	if (body.p != NULL)
		end = body.p;
	p->head_raw = upto(*s, end);
	*s = end;
	describe(w, p);
	return p;
}

/* From here on p's boundary counts, if it has one. */
static void
open_multipart(struct walk *w, struct part *p)
{
	struct slice b;

	b = rtrim(param_get(w->a, w->cs, hdr_unfold(w->a,
	    head_get(&p->head, H_CONTENT_TYPE)), "boundary"));
	if (b.n == 0 || b.n > BOUNDARY_MAX || !room(w, p))
		return;
	p->cut = true;		/* until its closing boundary comes */
	w->open[w->nopen++] = (struct open){ p, &p->child, b };
}

/* p's body begins at s.  Returns where its first line to look at is. */
static const char *
begin_part(struct walk *w, struct part *p, const char *s)
{
	for (;;) {
		p->body = (struct slice){ s, 0 };
		w->cur = p;
		if (is_multipart(p))
			open_multipart(w, p);
		if (!is_message(p) || is_coded(p) || !room(w, p))
			return s;
		p = add_part(w, p, &p->child, &s);
	}
}

/* Everything from cur up to stop, which stays open, ends before end. */
static void
end_parts(struct walk *w, const struct part *stop, const char *end, bool cut)
{
	struct part *p;

	for (p = w->cur; p != stop; p = p->parent) {
		p->body = upto(p->body.p, end);
		if (!is_multipart(p)) {
			p->cut = cut;
			continue;
		}
		if (p->child == NULL && p->depth < MIME_DEPTH_MAX) {
			w->m->problems |= MIME_NO_BOUNDARY;
			p->type = text_plain;
			p->cut = false;
		}
		if (p->cut)
			w->m->problems |= MIME_CUT;
	}
}

/* The bytes before a boundary line: the line end in front belongs to it. */
static const char *
before(const char *begin, const char *line)
{
	if (line > begin && line[-1] == '\n')
		line--;
	if (line > begin && line[-1] == '\r')
		line--;
	return line;
}

/* The closing boundary of open multipart i, and of those that share it. */
static void
close_multipart(struct walk *w, size_t i)
{
	struct slice b = w->open[i].boundary;

	for (; i < w->nopen && sl_eq(w->open[i].boundary, b); i++)
		w->open[i].part->cut = false;
}

/* Walk the body of w->cur, which begins at s. */
static void
walk_parts(struct walk *w, const char *s)
{
	const char *begin = s;
	struct open *o;
	struct mark mk;

	while (find_mark(w, s, &mk)) {
		o = &w->open[mk.level];
		if (!mk.closes && !room(w, o->part))
			break;
		if (mk.closes)
			close_multipart(w, mk.level);
		end_parts(w, o->part, before(begin, mk.line), false);
		w->cur = o->part;
		w->nopen = mk.level + !mk.closes;
		s = mk.after;
		if (mk.closes)
			continue;
		w->cur = add_part(w, o->part, o->tail, &s);
		o->tail = &w->cur->next;
		s = begin_part(w, w->cur, s);
	}
	end_parts(w, w->base, w->end, w->nopen > 0);
}

/* An encoded message: decode it, and walk what came out. */
static void
unpack(struct walk *w, struct part *p, size_t *left)
{
	struct buf b = { 0 };
	struct slice s;
	struct part *child;

	if (*left == 0 || !room(w, p))
		return;
	if (mime_decode(p, *left, &b) != 0)
		w->m->problems |= MIME_BAD_CODE;
	*left -= b.n;
	s = arena_dup(w->a, buf_sl(&b));
	buf_free(&b);
	if (s.n == 0)
		return;
	w->base = p;
	w->nopen = 0;
	w->end = s.p + s.n;
	child = add_part(w, p, &p->child, &s.p);
	walk_parts(w, begin_part(w, child, s.p));
}

/* Does line n of a uuencoded file look like one? */
static bool
uu_line(struct slice line)
{
	size_t n;

	line = rtrim(line);
	if (line.n < 2 || line.p[0] <= ' ' || line.p[0] > 'M')
		return false;
	n = 1 + ((size_t)(line.p[0] - ' ') + 2) / 3 * 4;
	/* A checksum may follow; blanks may be lost. */
	return line.n <= n + 2 && line.n + 4 >= n;
}

/* "begin 644 name", and a line of code behind it. */
static bool
uu_begin(struct slice *rest, struct slice *name)
{
	struct slice line, next, after;
	size_t i;

	if (!sl_line(rest, &line))
		return false;
	line = sl_from(line, 6);
	for (i = 0; i < line.n && line.p[i] >= '0' && line.p[i] <= '7'; i++)
		;
	*name = sl_trim(sl_from(line, i));
	after = *rest;
	return (i == 3 || i == 4) && i < line.n && line.p[i] == ' ' &&
	    name->n > 0 && sl_line(&after, &next) && uu_line(next);
}

/* Where the file's "end" line is; the end of s when it has none. */
static const char *
uu_end(struct slice s, bool *cut)
{
	struct slice rest = s, line;
	const char *e;

	*cut = false;
	while ((e = sl_find(rest, SL("\nend"))) != NULL) {
		rest = sl_from(rest, (size_t)(e + 1 - rest.p));
		e = rest.p;
		if (sl_line(&rest, &line) && rtrim(line).n == 3)
			return e;
	}
	*cut = true;
	return s.p + s.n;
}

static struct slice
clean_name(struct walk *w, struct slice name)
{
	struct buf b = { 0 };

	charset_guess_utf8(w->cs, sl_first(name, BOUNDARY_MAX), &b);
	name = arena_dup(w->a, buf_sl(&b));
	buf_free(&b);
	return name;
}

/* uuencoded files in a text part. */
static void
uu_children(struct walk *w, struct part *p)
{
	struct slice rest = p->body, name;
	struct part **tail = &p->child, *c;
	const char *s = rest.p;

	while (rest.n > 0) {
		if (!sl_starts(rest, SL("begin "))) {
			s = sl_find(rest, SL("\nbegin "));
			if (s == NULL)
				return;
			rest = sl_from(rest, (size_t)(s + 1 - rest.p));
		}
		if (!uu_begin(&rest, &name))
			continue;
		if (!room(w, p))
			return;
		c = new_part(w, p, tail);
		tail = &c->next;
		head_parse(&c->head, w->a, (struct slice){ NULL, 0 }, &c->body);
		c->type = opaque;
		c->enc = ENC_UU;
		c->filename = clean_name(w, name);
		c->body = upto(rest.p, uu_end(rest, &c->cut));
		rest = sl_from(rest, c->body.n);
	}
}

static struct slice
raw_head(const struct head *head, struct slice body)
{
	const struct hdr *last;
	const char *end;

	if (head->n == 0)
		return (struct slice){ NULL, 0 };
	last = &head->v[head->n - 1];
	end = body.p > head->v[0].name.p ? body.p : last->body.p + last->body.n;
	return upto(head->v[0].name.p, end);
}

void
mime_parse(struct mime *m, struct arena *a, struct charsets *cs,
    const struct head *head, struct slice body)
{
	struct walk w = { .m = m, .a = a, .cs = cs };
	size_t left = UNPACK_MAX;
	unsigned number = 0;
	struct part *p;

	*m = (struct mime){ 0 };
	if (body.p == NULL)
		body.p = "";
	w.end = body.p + body.n;
	p = new_part(&w, NULL, &m->root);
	p->head = *head;
	p->head_raw = raw_head(head, body);
	describe(&w, p);
	walk_parts(&w, begin_part(&w, p, body.p));

	for (p = m->root; p != NULL; p = mime_walk(p)) {
		p->number = ++number;
		if (is_message(p) && is_coded(p))
			unpack(&w, p, &left);
		else if (p->enc == ENC_NONE &&
		    sl_starts(p->type, SL("text/")))
			uu_children(&w, p);
	}
}

struct part *
mime_walk(const struct part *p)
{
	if (p->child != NULL)
		return p->child;
	while (p != NULL && p->next == NULL)
		p = p->parent;
	return p == NULL ? NULL : p->next;
}

/*
 * What a character stands for in each place of a group of four, and a bit
 * that says so: a group that has all four is one of the code.
 */
#define V(n, i)		((uint32_t)(n) << (18 - 6 * (i)) | 1u << (24 + (i)))
#define V4(n, i)	V(n, i), V((n) + 1, i), V((n) + 2, i), V((n) + 3, i)
#define V10(n, i)	V4(n, i), V4((n) + 4, i), V((n) + 8, i), V((n) + 9, i)
#define V26(n, i)	V10(n, i), V10((n) + 10, i), V4((n) + 20, i), \
			V((n) + 24, i), V((n) + 25, i)
#define PLACE(i)	{ ['A'] = V26(0, i), ['a'] = V26(26, i), \
			['0'] = V10(52, i), ['+'] = V(62, i), ['/'] = V(63, i) }
static const uint32_t base64_at[4][256] = {
	PLACE(0), PLACE(1), PLACE(2), PLACE(3)
};
#undef V
#undef V4
#undef V10
#undef V26
#undef PLACE
#define ALL_FOUR	0xfu	/* of those bits */

/*
 * Decode at most max groups of four characters, and none from the first one
 * on that has something else in it; how many they were.
 */
static size_t
base64_groups(struct slice in, size_t max, char *out)
{
	const unsigned char *p = (const unsigned char *)in.p;
	uint32_t bits;
	size_t i;

	max = in.n / 4 < max ? in.n / 4 : max;
	for (i = 0; i < max; i++, p += 4) {
		bits = base64_at[0][p[0]] | base64_at[1][p[1]] |
		    base64_at[2][p[2]] | base64_at[3][p[3]];
		if (bits >> 24 != ALL_FOUR)
			break;
		*out++ = (char)(bits >> 16);
		*out++ = (char)(bits >> 8);
		*out++ = (char)bits;
	}
	return i;
}

/*
 * The decoders append to out, at most max bytes, and say whether something
 * was wrong with the code.
 */
static int
decode_base64(struct slice in, size_t max, struct buf *out)
{
	uint32_t bits = 0, v;
	unsigned have = 0;
	size_t i, n;
	char *o, *end;
	int bad = 0;

	max = in.n / 4 * 3 + 3 < max ? in.n / 4 * 3 + 3 : max;
	o = buf_room(out, max);
	end = o + max;
	for (i = 0; i < in.n && o < end; i++) {
		if (have == 0) {
			n = base64_groups(sl_from(in, i),
			    (size_t)(end - o) / 3, o);
			i += n * 4;
			o += n * 3;
			if (i == in.n || o == end)
				break;
		}
		if ((v = base64_at[3][(unsigned char)in.p[i]]) == 0) {
			if (in.p[i] == '=')	/* bodies may be joined */
				have = 0;
			else if (!ascii_space(in.p[i]))
				bad = 1;
			continue;
		}
		bits = bits << 6 | (v & 63);
		have += 6;
		if (have >= 8) {
			have -= 8;
			*o++ = (char)(bits >> have & 0xff);
		}
	}
	out->n = (size_t)(o - out->p);
	return bad || (i == in.n && have != 0);
}

/* One line of quoted-printable; true when its end is a soft one. */
static bool
qp_line(struct slice line, struct buf *out, size_t full, int *bad)
{
	size_t i;
	int hi, lo;

	for (i = 0; i < line.n && out->n < full; i++) {
		if (line.p[i] != '=') {
			buf_addc(out, line.p[i]);
			continue;
		}
		if (i + 1 == line.n)
			return true;
		hi = ascii_hex(line.p[i + 1]);
		lo = i + 2 < line.n ? ascii_hex(line.p[i + 2]) : -1;
		if (hi < 0 || lo < 0) {
			buf_addc(out, '=');
			*bad = 1;
			continue;
		}
		buf_addc(out, (char)(hi << 4 | lo));
		i += 2;
	}
	return false;
}

static int
decode_qp(struct slice in, size_t max, struct buf *out)
{
	size_t full = out->n + max;
	struct slice raw, line;
	const char *after;
	int bad = 0;

	while (out->n < full && in.n > 0) {
		after = in.p + in.n;
		sl_cut(&in, '\n', &raw);
		line = rtrim(raw);
		if (qp_line(line, out, full, &bad))
			continue;
		if (raw.p + raw.n == after)	/* no line end to keep */
			break;
		if (raw.n > 0 && raw.p[raw.n - 1] == '\r' && out->n < full)
			buf_addc(out, '\r');
		if (out->n < full)
			buf_addc(out, '\n');
	}
	return bad;
}

static int
uu_value(struct slice line, size_t i)
{
	return i < line.n ? (line.p[i] - ' ') & 0x3f : 0;
}

static int
decode_uu(struct slice in, size_t max, struct buf *out)
{
	size_t full = out->n + max, at, n, i;
	struct slice line, name, file = in;
	const char *s;
	int v, bad = 0;

	/* A whole part in this code still has its "begin" line. */
	s = sl_starts(in, SL("begin ")) ? in.p : sl_find(in, SL("\nbegin "));
	if (s != NULL) {
		file = sl_from(in, (size_t)(s + (*s == '\n') - in.p));
		if (uu_begin(&file, &name))
			in = file;
	}
	while (out->n < full && sl_line(&in, &line)) {
		line = rtrim(line);
		if (line.n == 0 || line.p[0] == '`' || sl_eq(line, SL("end")))
			break;
		n = (size_t)uu_value(line, 0);
		if (line.n < 1 + (n * 8 + 5) / 6)
			bad = 1;
		for (i = 0; i < n && out->n < full; i++) {
			at = 1 + i / 3 * 4 + i % 3;
			v = uu_value(line, at) << 6 | uu_value(line, at + 1);
			buf_addc(out, (char)(v >> (4 - i % 3 * 2) & 0xff));
		}
	}
	return bad;
}

int
mime_decode(const struct part *p, size_t max, struct buf *out)
{
	switch (p->enc) {
	case ENC_BASE64:
		return decode_base64(p->body, max, out);
	case ENC_QP:
		return decode_qp(p->body, max, out);
	case ENC_UU:
		return decode_uu(p->body, max, out);
	case ENC_NONE:
	case ENC_UNKNOWN:
		break;
	}
	buf_add(out, sl_first(p->body, max));
	return 0;
}

/* CRLF to LF, from byte i on. */
static void
drop_cr(struct buf *b, size_t i)
{
	char *r, *w, *end, *cr;
	size_t n;

	if (i >= b->n)
		return;
	r = w = b->p + i;
	end = b->p + b->n;
	while (r < end && (cr = memchr(r, '\r', (size_t)(end - r))) != NULL) {
		n = (size_t)(cr - r);
		if (cr + 1 == end || cr[1] != '\n')
			n++;			/* it stays */
		if (w != r)
			memmove(w, r, n);
		w += n;
		r = cr + 1;
	}
	if (r < end && w != r)
		memmove(w, r, (size_t)(end - r));
	b->n -= (size_t)(r - w);
}

int
mime_text(const struct part *p, struct charsets *cs, size_t max,
    struct buf *out)
{
	struct slice bytes = sl_first(p->body, max);
	struct buf raw = { 0 };
	size_t start = out->n;
	int bad = 0;

	if (is_coded(p)) {
		bad = mime_decode(p, max, &raw);
		bytes = buf_sl(&raw);
	}
	charset_text(cs, p->charset, bytes, out);
	buf_free(&raw);
	drop_cr(out, start);
	return bad;
}

enum mime_enc
mime_enc(struct slice body)
{
	static const struct {
		struct slice	name;
		enum mime_enc	enc;
	} names[] = {
		{ { "7bit", 4 },		ENC_NONE },
		{ { "8bit", 4 },		ENC_NONE },
		{ { "binary", 6 },		ENC_NONE },
		{ { "quoted-printable", 16 },	ENC_QP },
		{ { "base64", 6 },		ENC_BASE64 },
		{ { "x-uuencode", 10 },		ENC_UU },
		{ { "x-uue", 5 },		ENC_UU },
		{ { "uuencode", 8 },		ENC_UU },
	};
	struct slice word = { NULL, 0 };
	size_t i;

	/* Comments and parameters have no business here, but stand there. */
	body = sl_trim(body);
	while (word.n < body.n && !ascii_space(body.p[word.n]) &&
	    body.p[word.n] != ';' && body.p[word.n] != '(')
		word = sl_first(body, word.n + 1);
	if (word.n == 0)
		return ENC_NONE;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sl_ieq(word, names[i].name))
			return names[i].enc;
	return ENC_UNKNOWN;
}
