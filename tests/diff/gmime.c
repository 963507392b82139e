/*
 * What our reader makes of mail, beside what GMime makes of it: header fields,
 * MIME tree, decoded text, subject, addresses, date.  Each regular file below
 * the folders is one message.
 *
 *	gmime [-v] DIR ...
 *
 * Prints a line for each kind of thing, how often it was alike, and how often
 * it differed for a reason that docs/WILD.md explains; -v names the files.
 * 1: something differs, and none of these reasons is there.
 */
#include <fcntl.h>
#include <fts.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmime/gmime.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mail/addr.h"
#include "mail/charset.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "mail/words.h"

enum { FIELDS, TREE, TEXT, SUBJECT, ADDRESSES, DATE, KINDS };
static const char *const kinds[] = { "header fields", "MIME tree",
    "decoded text", "subject", "addresses", "date" };

enum why {
	SAME, ODD_HEADER, TWICE, ODD_MIME, ODD_CODE, UUENCODED, ODD_CHARSET,
	ODD_WORDS, TOO_LONG, ODD_ADDRESS, ODD_DATE, OTHER, WHYS
};
static const char *const whys[] = {
	"alike",
	"header that is none to RFC 5322",
	"field that is there twice",
	"MIME that is none to RFC 2046",
	"transfer code that is none to RFC 2045, or binary",
	"uuencoded file in a text: ours is a part",
	"charset: not named, unknown, or bytes that are not of it",
	"encoded words that are none to RFC 2047",
	"field longer than our limit",
	"addresses that are none to RFC 5322",
	"date that is none to RFC 5322",
	"not explained",
};

static unsigned long counts[KINDS][WHYS];
static bool verbose;

struct both {
	const char	*path;
	struct arena	*a;
	struct charsets	*cs;
	struct slice	 bytes;
	struct head	 head;
	struct mime	 mime;
	GMimeMessage	*g;
};

static void
count(const struct both *b, int kind, enum why why, const char *ours,
    const char *theirs)
{
	size_t i = 0;

	counts[kind][why]++;
	if (why != OTHER && (!verbose || why == SAME))
		return;
	while (ours[i] != '\0' && ours[i] == theirs[i])
		i++;
	i -= i > 30 ? 30 : i;
	printf("%s: %s: %s\n\tours   %.150s\n\ttheirs %.150s\n",
	    b->path, kinds[kind], whys[why], ours + i, theirs + i);
}

/* Blanks and line ends of any number are one, and none at the ends. */
static void
squeeze(struct buf *out, struct slice s)
{
	size_t i, began = out->n;

	for (i = 0; i < s.n; i++) {
		if (strchr(" \t\r\n", s.p[i]) == NULL || s.p[i] == '\0')
			buf_addc(out, s.p[i]);
		else if (out->n > began && out->p[out->n - 1] != ' ')
			buf_addc(out, ' ');
	}
	while (out->n > began && out->p[out->n - 1] == ' ')
		out->n--;
}

static bool
same(const struct buf *x, const struct buf *y)
{
	return x->n == y->n && (x->n == 0 || memcmp(x->p, y->p, x->n) == 0);
}

static bool
has_8bit(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x7f)
			return true;
	return false;
}

/* ---- fields ---- */

static bool
is_content(struct slice name)
{
	return name.n > 8 && sl_ieq(sl_first(name, 8), SL("Content-"));
}

/* GMime keeps those of the body apart: each kind in its own order. */
static void
our_fields(struct buf *out, const struct head *h, bool content)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (is_content(h->v[i].name) == content) {
			buf_add(out, h->v[i].name);
			buf_add(out, SL(": "));
			squeeze(out, h->v[i].body);
			buf_addc(out, '\n');
		}
}

static void
their_fields(struct buf *out, GMimeObject *o, bool content)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(o);
	const char *raw;
	GMimeHeader *h;
	int i, n = g_mime_header_list_get_count(list);

	for (i = 0; i < n; i++) {
		h = g_mime_header_list_get_header_at(list, i);
		raw = g_mime_header_get_raw_value(h);
		if (is_content(sl(g_mime_header_get_name(h))) != content)
			continue;
		buf_add(out, sl(g_mime_header_get_name(h)));
		buf_add(out, SL(": "));
		squeeze(out, sl(raw == NULL ? "" : raw));
		buf_addc(out, '\n');
	}
}

static void
fields(const struct both *b)
{
	struct buf ours = { 0 }, theirs = { 0 };
	enum why why = SAME;

	our_fields(&ours, &b->head, false);
	their_fields(&theirs, GMIME_OBJECT(b->g), false);
	our_fields(&ours, &b->head, true);
	if (b->g->mime_part != NULL)
		their_fields(&theirs, b->g->mime_part, true);
	if (!same(&ours, &theirs))
		why = b->head.junk > 0 || b->head.no_blank || b->head.nul ||
		    b->head.cut || b->head.n == 0 ? ODD_HEADER : OTHER;
	buf_addc(&ours, '\0');
	buf_addc(&theirs, '\0');
	count(b, FIELDS, why, ours.p, theirs.p);
	buf_free(&ours);
	buf_free(&theirs);
}

/* ---- tree ---- */

/* A file that was uuencoded in a text is a part of ours, and none of theirs. */
static bool
is_taken_out(const struct part *p)
{
	return p->enc == ENC_UU && p->parent != NULL &&
	    sl_starts(p->parent->type, SL("text/"));
}

static bool
is_twice(const struct both *b, enum hdr_id id)
{
	size_t i, n = 0;

	for (i = 0; i < b->head.n; i++)
		n += b->head.id[i] == id;
	return n > 1;
}

static void
our_tree(struct buf *out, const struct part *root)
{
	const struct part *p;

	for (p = root; p != NULL; p = mime_walk(p))
		if (!is_taken_out(p))
			buf_fmt(out, "%u %.*s\n", p->depth, (int)p->type.n,
			    p->type.p);
}

static void
their_tree(struct buf *out, GMimeObject *o, unsigned depth)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);
	char *type = g_mime_content_type_get_mime_type(ct), *p;
	GMimeMessage *m;
	int i;

	for (p = type; *p != '\0'; p++)
		*p = ascii_lower(*p);
	buf_fmt(out, "%u %s\n", depth, type);
	g_free(type);
	if (GMIME_IS_MULTIPART(o))
		for (i = 0; i < g_mime_multipart_get_count(
		    GMIME_MULTIPART(o)); i++)
			their_tree(out, g_mime_multipart_get_part(
			    GMIME_MULTIPART(o), i), depth + 1);
	if (GMIME_IS_MESSAGE_PART(o) && (m = g_mime_message_part_get_message(
	    GMIME_MESSAGE_PART(o))) != NULL && m->mime_part != NULL)
		their_tree(out, m->mime_part, depth + 1);
}

/* Is the header of a message, or of one inside, such that it may begin
   elsewhere? */
static bool
is_odd(const struct head *h)
{
	return h->n == 0 || h->junk > 0 || h->no_blank || h->cut || h->nul;
}

/* "text", or a quote that is not closed: what is meant is a guess. */
static bool
has_odd_type(const struct head *h)
{
	size_t quotes = 0, i;
	struct slice s;

	if (h->n == 0 || h->first[H_CONTENT_TYPE] < 0)
		return false;
	s = h->v[h->first[H_CONTENT_TYPE]].body;
	for (i = 0; i < s.n; i++)
		quotes += s.p[i] == '"';
	return quotes % 2 == 1 || sl_ifind(s, SL("/")) == NULL;
}

/* Parts that RFC 2045 and 2046 forbid, and boundaries one behind the other. */
static bool
odd_part(const struct part *p)
{
	bool composite = sl_starts(p->type, SL("multipart/")) ||
	    sl_starts(p->type, SL("message/"));

	return p->cut || has_odd_type(&p->head) || (p->depth > 0 && p->body.n == 0 &&
	    p->head_raw.n == 0) || (composite && p->enc != ENC_NONE) ||
	    (p->head_raw.n > 0 && is_odd(&p->head) && p->head.n > 0) ||
	    (p->embedded && is_odd(&p->head));
}

static bool
odd_tree(const struct both *b)
{
	const struct part *p;

	for (p = b->mime.root; p != NULL; p = mime_walk(p))
		if (odd_part(p))
			return true;
	return b->mime.problems != 0 || is_odd(&b->head) ||
	    has_odd_type(&b->head) ||
	    is_twice(b, H_CONTENT_TYPE);
}

static bool
tree(const struct both *b)
{
	struct buf ours = { 0 }, theirs = { 0 };
	enum why why = SAME;

	our_tree(&ours, b->mime.root);
	if (b->g->mime_part != NULL)
		their_tree(&theirs, b->g->mime_part, 0);
	if (!same(&ours, &theirs))
		why = odd_tree(b) ? ODD_MIME : OTHER;
	buf_addc(&ours, '\0');
	buf_addc(&theirs, '\0');
	count(b, TREE, why, ours.p, theirs.p);
	buf_free(&ours);
	buf_free(&theirs);
	return why == SAME;
}

/* ---- text ---- */

static void
their_texts(struct buf *out, GMimeObject *o)
{
	GMimeMessage *m;
	char *text;
	int i;

	if (GMIME_IS_MULTIPART(o))
		for (i = 0; i < g_mime_multipart_get_count(
		    GMIME_MULTIPART(o)); i++)
			their_texts(out, g_mime_multipart_get_part(
			    GMIME_MULTIPART(o), i));
	if (GMIME_IS_MESSAGE_PART(o) && (m = g_mime_message_part_get_message(
	    GMIME_MESSAGE_PART(o))) != NULL && m->mime_part != NULL)
		their_texts(out, m->mime_part);
	if (!GMIME_IS_TEXT_PART(o))
		return;
	text = g_mime_text_part_get_text(GMIME_TEXT_PART(o));
	squeeze(out, sl(text == NULL ? "" : text));
	buf_addc(out, '\n');
	g_free(text);
}

static bool
is_text(const struct part *p)
{
	return !is_taken_out(p) && sl_starts(p->type, SL("text/"));
}

/* "=" at the end of all, or with blanks behind it. */
static bool
odd_fold(struct slice s)
{
	s = sl_trim(s);
	return (s.n > 0 && s.p[s.n - 1] == '=') || sl_ifind(s, SL("= ")) !=
	    NULL || sl_ifind(s, SL("=\t")) != NULL;
}

/* The reasons are looked for in what we read; our own word is not enough. */
static enum why
why_text(const struct both *b, const struct part *p, struct buf *raw)
{
	raw->n = 0;
	if (p->child != NULL)
		return UUENCODED;
	if (is_odd(&b->head) || (is_odd(&p->head) &&
	    (p->embedded || p->head.n > 0)))
		return ODD_HEADER;
	if (mime_decode(p, SIZE_MAX, raw) != 0 || b->mime.problems != 0 ||
	    p->enc == ENC_UNKNOWN || p->enc == ENC_UU)
		return ODD_CODE;
	if ((p->enc == ENC_QP && odd_fold(p->body)) ||
	    sl_ifind(p->head_raw, SL("Encoding: binary")) != NULL)
		return ODD_CODE;
	if (sl_ifind(p->charset, SL("utf-7")) != NULL)
		return ODD_CHARSET;
	return has_8bit(buf_sl(raw)) || memchr(raw->p == NULL ? "" : raw->p,
	    '\x1b', raw->n) != NULL || memchr(raw->p == NULL ? "" : raw->p,
	    '\0', raw->n) != NULL ? ODD_CHARSET : SAME;
}

static void
texts(const struct both *b)
{
	struct buf ours = { 0 }, theirs = { 0 }, one = { 0 }, raw = { 0 };
	enum why why = SAME, odd;
	const struct part *p;

	for (p = b->mime.root; p != NULL; p = mime_walk(p)) {
		if (!is_text(p))
			continue;
		one.n = 0;
		mime_text(p, b->cs, SIZE_MAX, &one);
		squeeze(&ours, buf_sl(&one));
		buf_addc(&ours, '\n');
		if ((odd = why_text(b, p, &raw)) != SAME)
			why = odd;
	}
	if (b->g->mime_part != NULL)
		their_texts(&theirs, b->g->mime_part);
	if (same(&ours, &theirs))
		why = SAME;
	else if (why == SAME)
		why = OTHER;
	buf_addc(&ours, '\0');
	buf_addc(&theirs, '\0');
	count(b, TEXT, why, ours.p, theirs.p);
	buf_free(&ours);
	buf_free(&theirs);
	buf_free(&one);
	buf_free(&raw);
}

/* ---- fields that are read ---- */

static struct slice
field(const struct both *b, enum hdr_id id)
{
	return b->head.first[id] < 0 ? (struct slice){ NULL, 0 } :
	    hdr_unfold(b->a, b->head.v[b->head.first[id]].body);
}

static void
subject(const struct both *b)
{
	struct slice raw = field(b, H_SUBJECT);
	const char *g = g_mime_message_get_subject(b->g);
	struct buf ours = { 0 }, theirs = { 0 };
	enum why why = SAME;

	squeeze(&ours, words_decode(b->a, b->cs, raw));
	squeeze(&theirs, sl(g == NULL ? "" : g));
	if (!same(&ours, &theirs))
		why = has_8bit(raw) || (raw.n > 0 &&
		    memchr(raw.p, '\x1b', raw.n) != NULL) ?
		    ODD_CHARSET :
		    raw.n > WORDS_MAX || b->head.cut ? TOO_LONG :
		    is_twice(b, H_SUBJECT) ? TWICE :
		    sl_ifind(raw, SL("=?")) != NULL ? ODD_WORDS :
		    is_odd(&b->head) ? ODD_HEADER : OTHER;
	buf_addc(&ours, '\0');
	buf_addc(&theirs, '\0');
	count(b, SUBJECT, why, ours.p, theirs.p);
	buf_free(&ours);
	buf_free(&theirs);
}

static void
their_addresses(struct buf *out, InternetAddressList *list)
{
	InternetAddress *ia;
	const char *spec;
	int i, n = list == NULL ? 0 : internet_address_list_length(list);

	for (i = 0; i < n; i++) {
		ia = internet_address_list_get_address(list, i);
		if (INTERNET_ADDRESS_IS_GROUP(ia)) {
			their_addresses(out, internet_address_group_get_members(
			    INTERNET_ADDRESS_GROUP(ia)));
			continue;
		}
		spec = internet_address_mailbox_get_idn_addr(
		    INTERNET_ADDRESS_MAILBOX(ia));
		buf_fmt(out, "%s\n", spec == NULL ? "" : spec);
	}
}

/* The domain in lower case, as ours. */
static void
lower_domains(struct buf *b)
{
	bool domain = false;
	size_t i;

	for (i = 0; i < b->n; i++) {
		domain = b->p[i] == '@' || (domain && b->p[i] != '\n');
		if (domain)
			b->p[i] = ascii_lower(b->p[i]);
	}
}

/* An address list of plain atoms only: there nobody may differ. */
static bool
is_plain(struct slice s)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && !ascii_alnum(s.p[i]) &&
		    strchr("@.,<> -_+='\t", s.p[i]) == NULL)
			return false;
		else if (quoted && (s.p[i] == '\\' || s.p[i] == '@' ||
		    sl_ifind(s, SL("\"@")) != NULL ||
		    (unsigned char)s.p[i] > 0x7e))
			return false;
	}
	return !quoted && sl_ifind(s, SL("..")) == NULL &&
	    sl_ifind(s, SL(".@")) == NULL && sl_ifind(s, SL("@.")) == NULL;
}

/* As many "<" as ">", or one bare address without a name. */
static bool
is_bracketed(struct slice s)
{
	size_t i, open = 0, shut = 0, words = 0;

	for (i = 0; i < s.n; i++) {
		open += s.p[i] == '<';
		shut += s.p[i] == '>';
		words += s.p[i] == ' ';
	}
	return open == shut && (open > 0 || words == 0);
}

static void
addresses(const struct both *b, enum hdr_id id, GMimeAddressType type)
{
	struct slice raw = field(b, id), rest = raw;
	struct buf ours = { 0 }, theirs = { 0 };
	enum why why = SAME;
	struct addr ad;
	bool odd = !is_plain(raw) || !is_bracketed(sl_trim(raw));
	int r;

	while ((r = addr_next(b->a, &rest, &ad)) != 0) {
		odd |= r == -1 || ad.domain.n == 0 ||
		    (ad.local.n > 0 && memchr(ad.local.p, '@',
		    ad.local.n) != NULL);
		if (r == 1)
			buf_fmt(&ours, "%.*s\n", (int)ad.spec.n, ad.spec.p);
	}
	their_addresses(&theirs, g_mime_message_get_addresses(b->g, type));
	lower_domains(&theirs);
	if (!same(&ours, &theirs))
		why = is_twice(b, id) ? TWICE : odd ? ODD_ADDRESS :
		    is_odd(&b->head) ? ODD_HEADER : OTHER;
	buf_addc(&ours, '\0');
	buf_addc(&theirs, '\0');
	count(b, ADDRESSES, why, ours.p, theirs.p);
	buf_free(&ours);
	buf_free(&theirs);
}

/* RFC 5322 3.3, with the zones that 4.3 explains. */
static bool
is_plain_date(struct slice s)
{
	static const char form[] = "^([A-Z][a-z]{2}, )? ?[0-9]{1,2} [A-Z][a-z]"
	    "{2} (19[789]|20[0-9])[0-9] [0-2][0-9]:[0-5][0-9](:[0-5][0-9])? "
	    "([-+](0[0-9]|1[0-4])[0-5][0-9]|GMT|UT|[ECMP][SD]T)"
	    "( ?\\([^()]*\\))?$";
	char text[128];
	regex_t re;
	bool is;

	if (s.n >= sizeof(text) || regcomp(&re, form, REG_EXTENDED |
	    REG_NOSUB) != 0)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)s.n, s.p);
	is = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return is;
}

static void
dates(const struct both *b)
{
	struct slice raw = field(b, H_DATE);
	GDateTime *g = g_mime_message_get_date(b->g);
	char ours[64] = "", theirs[64] = "";
	int64_t t;

	if (date_parse(raw, &t, NULL))
		snprintf(ours, sizeof(ours), "%lld", (long long)t);
	if (g != NULL)
		snprintf(theirs, sizeof(theirs), "%lld",
		    (long long)g_date_time_to_unix(g));
	count(b, DATE, strcmp(ours, theirs) == 0 ? SAME : is_twice(b,
	    H_DATE) ? TWICE : !is_plain_date(sl_trim(raw)) ? ODD_DATE : b->head.junk > 0 || b->head.no_blank ? ODD_HEADER :
	    OTHER, ours, theirs);
}

/* ---- a message ---- */

static struct slice
read_file(struct arena *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct slice s = { NULL, 0 };
	struct stat st;
	ssize_t n;
	char *p;

	if (fd == -1 || fstat(fd, &st) == -1 || st.st_size > 16 << 20)
		return s;
	p = arena_alloc(a, (size_t)st.st_size + 1);
	n = read(fd, p, (size_t)st.st_size);
	close(fd);
	s.p = p;
	s.n = n < 0 ? 0 : (size_t)n;
	return s;
}

/* Of an mbox the first message. */
static void
cut_mbox(struct slice *s)
{
	const char *next;

	if (!sl_starts(*s, SL("From ")))
		return;
	next = memmem(s->p, s->n, "\nFrom ", 6);
	if (next != NULL)
		s->n = (size_t)(next - s->p) + 1;
}

static void
message(struct both *b)
{
	GMimeStream *stream;
	GMimeParser *parser;
	struct slice body;

	b->bytes = read_file(b->a, b->path);
	if (b->bytes.n == 0)
		return;
	cut_mbox(&b->bytes);
	head_parse(&b->head, b->a, b->bytes, &body);
	mime_parse(&b->mime, b->a, b->cs, &b->head, body);
	stream = g_mime_stream_mem_new_with_buffer(b->bytes.p, b->bytes.n);
	parser = g_mime_parser_new_with_stream(stream);
	if (sl_starts(b->bytes, SL("From ")))
		g_mime_parser_set_format(parser, GMIME_FORMAT_MBOX);
	b->g = g_mime_parser_construct_message(parser, NULL);
	if (b->g != NULL) {
		fields(b);
		if (tree(b))
			texts(b);
		subject(b);
		addresses(b, H_FROM, GMIME_ADDRESS_TYPE_FROM);
		addresses(b, H_TO, GMIME_ADDRESS_TYPE_TO);
		dates(b);
		g_object_unref(b->g);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

static int
report(unsigned long messages)
{
	unsigned long n, other = 0;
	int k, w;

	printf("%lu messages\n", messages);
	for (k = 0; k < KINDS; k++) {
		for (n = 0, w = 0; w < WHYS; w++)
			n += counts[k][w];
		printf("%-14s %7lu compared, %6.2f %% alike\n", kinds[k], n,
		    n == 0 ? 0 : 100.0 * (double)counts[k][SAME] / (double)n);
		for (w = 1; w < WHYS; w++)
			if (counts[k][w] > 0)
				printf("\t%7lu %s\n", counts[k][w], whys[w]);
		other += counts[k][OTHER];
	}
	return other == 0 ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	struct both b = { .a = arena_new(), .cs = charsets_new() };
	unsigned long messages = 0;
	FTSENT *e;
	FTS *f;

	verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	g_mime_init();
	f = fts_open(argv + 1 + verbose, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (argc < 2 || f == NULL)
		return 2;
	while ((e = fts_read(f)) != NULL)
		if (e->fts_info == FTS_F) {
			b.path = e->fts_path;
			message(&b);
			messages++;
			arena_reset(b.a);
		}
	fts_close(f);
	arena_free(b.a);
	charsets_free(b.cs);
	return report(messages);
}
