#include "judge/record.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/words.h"

/* Everything one message is read with. */
struct reading {
	struct record		*rec;
	struct arena		*a;
	struct charsets		*cs;
	const struct spool_msg	*m;
	struct head		 head;
	struct slice		 text;		/* of m, from the header on */
	struct slice		 body;
	struct report		 report;
};

void
record_problem(struct record *rec, struct arena *a, struct slice what)
{
	size_t cap = rec->nproblems;	/* full, so that the next one grows */
	struct slice *v = rec->problems;

	*(struct slice *)arena_more(a, &v, &rec->nproblems, &cap,
	    sizeof(*v)) = what;
	rec->problems = v;
}

/* "<a@b>" and what servers put round it; empty when there is nothing. */
static struct slice
bare_id(struct slice s)
{
	const char *lt, *gt;

	s = sl_trim(s);
	if (s.n > 0 && (lt = memchr(s.p, '<', s.n)) != NULL) {
		s = sl_from(s, (size_t)(lt + 1 - s.p));
		if ((gt = memchr(s.p, '>', s.n)) != NULL)
			s = sl_first(s, (size_t)(gt - s.p));
	}
	return sl_trim(sl_first(s, 998));
}

static bool
first_addr(struct arena *a, struct slice body, struct addr *out)
{
	struct slice rest;
	int r;

	if (body.n == 0)
		return false;
	rest = hdr_unfold(a, body);
	while ((r = addr_next(a, &rest, out)) != 0)
		if (r == 1 && out->spec.n > 0)
			return true;
	return false;
}

bool
record_wants_hop(const struct hop *v, size_t n)
{
	return n < 2 || (n < JUDGE_HOPS_MAX && (!ip_is_set(&v[n - 1].ip) ||
	    ip_is_private(&v[n - 1].ip)));
}

/* Hops into *out, newest first; true when there are more of them. */
static bool
read_hops(struct arena *a, const struct head *head, size_t max, bool whole,
    struct hop **out, size_t *nout)
{
	struct hop *v = NULL, hop;
	size_t n = 0, cap = 0;
	int32_t i;

	for (i = head->first[H_RECEIVED];
	    i != -1 && n < max && (whole || record_wants_hop(v, n));
	    i = head_next(head, H_RECEIVED, (size_t)i + 1)) {
		if (!received_parse(a, head->v[i].body, &hop))
			continue;
		*(struct hop *)arena_more(a, &v, &n, &cap, sizeof(*v)) = hop;
	}
	*out = v;
	*nout = n;
	return i != -1;
}

static void
read_sender(struct reading *r)
{
	struct record *rec = r->rec;
	struct slice path, params;

	if (r->m->has_sender) {
		rec->has_sender = true;
		rec->sender = r->m->sender;
		rec->sender_prov = r->m->sender_prov;
	} else {
		rec->sender_prov = PROV_HEADERS;
		path = head_get(&r->head, H_RETURN_PATH);
		if (path.p == NULL)
			path = head_get(&r->head, H_X_ENVELOPE_FROM);
		if (path.p != NULL)
			rec->has_sender = addr_path(r->a,
			    hdr_unfold(r->a, path), &rec->sender,
			    &params) == 0;
		if (!rec->has_sender)
			rec->has_sender = first_addr(r->a,
			    head_get(&r->head, H_FROM), &rec->sender);
	}
	rec->null_sender = rec->has_sender && rec->sender.null;
}

struct rcpts {
	struct spool_rcpt *v;
	size_t		   n, cap;
};

/* Whom the delivery named is mostly in To, too. */
#define NAMED_MAX	16

static bool
has_rcpt(const struct rcpts *to, struct slice spec)
{
	size_t i;

	for (i = 0; i < to->n && i < NAMED_MAX; i++)
		if (sl_ieq(to->v[i].addr.spec, spec))
			return true;
	return false;
}

static void
add_rcpt(struct arena *a, struct rcpts *to, const struct addr *ad)
{
	if (to->n < SPOOL_RCPT_MAX && !has_rcpt(to, ad->spec))
		*(struct spool_rcpt *)arena_more(a, &to->v, &to->n, &to->cap,
		    sizeof(*to->v)) = (struct spool_rcpt){ .addr = *ad,
			.provenance = PROV_HEADERS };
}

/* The addresses of all these fields; most messages have but one or two. */
static void
add_rcpts(struct reading *r, struct rcpts *to, const enum hdr_id *ids,
    size_t n)
{
	struct slice rest;
	struct addr ad;
	int32_t i;
	int x;

	for (; n > 0; ids++, n--)
		for (i = r->head.first[*ids]; i != -1;
		    i = head_next(&r->head, *ids, (size_t)i + 1)) {
			rest = hdr_unfold(r->a, r->head.v[i].body);
			while ((x = addr_next(r->a, &rest, &ad)) != 0)
				if (x == 1 && ad.spec.n > 0)
					add_rcpt(r->a, to, &ad);
		}
}

/* Received: ... for <x>, of the hop that took the message in. */
static void
add_received_for(struct reading *r, struct rcpts *to)
{
	struct slice params;
	struct addr ad;
	size_t i;

	for (i = 0; i < r->rec->nhops; i++) {
		const struct hop *h = &r->rec->hops[i];

		if (h->for_.n > 0 &&
		    addr_path(r->a, h->for_, &ad, &params) == 0 && !ad.null) {
			*(struct spool_rcpt *)arena_more(r->a, &to->v, &to->n,
			    &to->cap, sizeof(*to->v)) =
			    (struct spool_rcpt){ .addr = ad,
				.provenance = PROV_RECEIVED };
			return;
		}
		if (ip_is_set(&h->ip))
			return;		/* deeper hops are somebody else's */
	}
}

/* The ladder of windows-spools 0, best first. */
static void
read_rcpts(struct reading *r)
{
	static const enum hdr_id own[] = { H_X_ENVELOPE_TO, H_ENVELOPE_TO,
	    H_DELIVERED_TO, H_X_ORIGINAL_TO };
	static const enum hdr_id shown[] = { H_TO, H_CC, H_BCC, H_RESENT_TO };
	struct rcpts to = { NULL, 0, 0 };
	size_t i;

	if (r->m->nrcpts > 0) {
		r->rec->rcpts = r->m->rcpts;
		r->rec->nrcpts = r->m->nrcpts;
		return;
	}
	add_received_for(r, &to);
	for (i = 0; i < sizeof(own) / sizeof(own[0]) && to.n == 0; i++)
		add_rcpts(r, &to, &own[i], 1);
	if (to.n == 0 || to.v[0].provenance == PROV_HEADERS)
		add_rcpts(r, &to, shown, sizeof(shown) / sizeof(shown[0]));
	r->rec->rcpts = to.v;
	r->rec->nrcpts = to.n;
}

/* Whom the header names, whatever the envelope says. */
static void
read_header_rcpts(struct reading *r)
{
	static const enum hdr_id named[] = { H_TO, H_CC, H_RESENT_TO,
	    H_DELIVERED_TO, H_X_ORIGINAL_TO };
	struct rcpts to = { NULL, 0, 0 };
	struct slice *v;
	size_t i;

	add_rcpts(r, &to, named, sizeof(named) / sizeof(named[0]));
	if (to.n == 0)
		return;
	v = arena_alloc(r->a, to.n * sizeof(*v));
	for (i = 0; i < to.n; i++)
		v[i] = to.v[i].addr.spec;
	r->rec->header_rcpts = v;
	r->rec->nheader_rcpts = to.n;
}

/*
 * Is the first look at a large message too little?  Its header must end in
 * it, and give no reason to look into the body.
 */
static bool
wants_whole(const struct reading *r)
{
	return r->m->more && (r->head.n == 0 || r->body.n == 0 ||
	    report_wants_body(&r->head,
	    r->rec->has_sender ? &r->rec->sender : NULL));
}

static void
read_report(struct reading *r)
{
	const struct report *rp = &r->report;
	const struct head *oh = &rp->orig_head;
	struct record *rec = r->rec;
	struct slice path, params;
	struct addr ad;

	report_read(&r->report, r->a, r->cs, &r->head, r->body,
	    rec->has_sender ? &rec->sender : NULL);
	rec->kind = rp->kind;
	rec->has_report = rp->kind != KIND_MAIL;
	rec->action = rp->action;
	rec->status = rp->status;
	rec->diagnostic = rp->diagnostic;
	rec->reporting_mta = rp->reporting_mta;
	rec->failed = rp->nfailed > 0 ? rp->failed[0] : SL("");
	rec->original = rp->original;
	rec->orig_message_id = bare_id(rp->orig_id);
	if (rp->original == ORIG_NONE)
		return;
	if (head_get(oh, H_MESSAGE_ID).n > 0)
		rec->orig_message_id = bare_id(head_get(oh, H_MESSAGE_ID));
	rec->orig_subject = words_decode(r->a, r->cs, head_get(oh, H_SUBJECT));
	if (first_addr(r->a, head_get(oh, H_FROM), &ad))
		rec->orig_from = rec->orig_sender = ad.spec;
	path = head_get(oh, H_RETURN_PATH);
	if (path.p != NULL && addr_path(r->a, hdr_unfold(r->a, path), &ad,
	    &params) == 0 && !ad.null)
		rec->orig_sender = ad.spec;
	read_hops(r->a, oh, ORIG_HOPS_MAX, true, &rec->orig_hops,
	    &rec->norig_hops);
}

/*
 * When it arrived: the spool's word, the newest hop, its date, the file.
 * A file name or a file system can say any number; what a Date cannot be
 * is no time.
 */
#define ARRIVED_MAX	INT64_C(4133980800)	/* 2101-01-01 */

static void
read_times(struct reading *r)
{
	struct record *rec = r->rec;
	struct slice date = head_get(&r->head, H_DATE);
	size_t i;

	if (date.n > 0)
		date_parse(hdr_unfold(r->a, date), &rec->date, NULL);
	rec->arrived = r->m->arrived;
	for (i = 0; i < rec->nhops && rec->arrived == 0; i++)
		rec->arrived = rec->hops[i].date;
	if (rec->arrived <= 0 || rec->arrived >= ARRIVED_MAX)
		rec->arrived = r->m->mtime;
	if (rec->arrived <= 0 || rec->arrived >= ARRIVED_MAX)
		rec->arrived = 0;
}

static const struct {
	unsigned	 flag;
	const char	*what;
} mime_problems[] = {
	{ MIME_DEEP, "MIME parts nested beyond the limit" },
	{ MIME_MANY, "more MIME parts than the limit" },
	{ MIME_CUT, "a MIME part is cut off" },
	{ MIME_NO_BOUNDARY, "multipart without its boundary" },
	{ MIME_BAD_CODE, "damaged base64 or quoted-printable" },
};

static void
note_problems(struct reading *r)
{
	const struct spool_msg *m = r->m;
	struct record *rec = r->rec;
	size_t i;

	for (i = 0; i < m->nproblems; i++)
		record_problem(rec, r->a, sl(m->problems[i]));
	if (r->head.cut)
		record_problem(rec, r->a,
		    SL("header beyond the limit, the rest was not read"));
	if (r->head.n == 0 && m->text.n > 0)
		record_problem(rec, r->a, SL("no header found"));
	else if (r->head.no_blank && !r->head.cut)
		record_problem(rec, r->a,
		    SL("no blank line between header and body"));
	if (rec->nrcpts == SPOOL_RCPT_MAX && m->nrcpts == 0)
		record_problem(rec, r->a, SL("more recipients than are kept"));
	if (r->text.n < m->text.n)
		record_problem(rec, r->a,
		    SL("blank lines in front of the header"));
	if (r->head.nul)
		record_problem(rec, r->a, SL("NUL byte in the header"));
	if (r->head.junk > 0)
		record_problem(rec, r->a,
		    SL("lines in the header that are no field"));
	for (i = 0; i < sizeof(mime_problems) / sizeof(mime_problems[0]); i++)
		if (r->report.mime & mime_problems[i].flag)
			record_problem(rec, r->a, sl(mime_problems[i].what));
	if (m->cut)
		record_problem(rec, r->a,
		    SL("large: only its first part was looked at"));
}

/*
 * Who wrote it: PHP names the script ("33:mail.php", or "host/path for
 * 192.0.2.1"), which tells more than the library that it uses says of itself.
 */
static struct slice
mailer(const struct head *h)
{
	struct slice s = head_get(h, H_X_PHP_ORIGINATING_SCRIPT), word;

	if (s.n == 0 && (s = head_get(h, H_X_PHP_SCRIPT)).n > 0 &&
	    sl_word(&s, &word))
		s = word;
	return sl_first(s.n > 0 ? s : head_get(h, H_X_MAILER), 64);
}

/* Reports are many and look alike; they are judged by what they are about. */
static void
read_sketch(struct reading *r)
{
	struct record *rec = r->rec;
	struct slice rcpts[4];
	struct text_from from = { .head = &r->head, .body = r->body,
	    .subject = rec->subject, .from = rec->from, .rcpts = rcpts };

	if (rec->kind != KIND_MAIL || r->head.n == 0)
		return;
	for (; from.nrcpts < 4 && from.nrcpts < rec->nrcpts; from.nrcpts++)
		rcpts[from.nrcpts] = rec->rcpts[from.nrcpts].addr.spec;
	rec->sketch = text_sketch(r->a, r->cs, &from, &rec->host);
	rec->mailer = mailer(&r->head);
}

/*
 * A file can begin with blank lines, where a program saved it or cut it out
 * of something else.  They are no part of it when a field that we know
 * stands behind them; any other line with a colon can be of a body.
 */
struct slice
record_text(const struct spool_msg *m)
{
	struct slice at = m->text, rest = m->text, line;
	struct hdr h;

	while (sl_line(&rest, &line) && sl_trim(line).n == 0)
		at = rest;
	rest = at;
	if (at.n == m->text.n || hdr_next(&rest, &h) != 1 ||
	    hdr_id(h.name) == H_OTHER)
		return m->text;
	return at;
}

void
record_read(struct record *rec, struct arena *a, struct charsets *cs,
    const struct spool_msg *m, bool whole)
{
	struct reading r = { .rec = rec, .a = a, .cs = cs, .m = m };
	struct addr ad;

	rec->size = m->size;
	rec->queue_id = m->queue_id;
	rec->client = m->client;
	rec->client_name = m->client_name;
	rec->helo = m->helo;
	rec->account = m->account;
	rec->note = m->note;
	rec->hints = arena_alloc(a, m->nhints * sizeof(m->hints[0]));
	if ((rec->nhints = m->nhints) > 0)
		memcpy(rec->hints, m->hints, m->nhints * sizeof(m->hints[0]));

	r.text = record_text(m);
	head_parse(&r.head, a, r.text, &r.body);
	rec->more_hops = read_hops(a, &r.head, RECORD_HOPS_MAX, whole,
	    &rec->hops, &rec->nhops);
	read_sender(&r);
	if ((rec->wants_whole = wants_whole(&r)))
		return;
	read_rcpts(&r);
	read_header_rcpts(&r);
	read_times(&r);
	rec->message_id = bare_id(head_get(&r.head, H_MESSAGE_ID));
	rec->in_reply_to = bare_id(head_get(&r.head, H_IN_REPLY_TO));
	rec->list_id = bare_id(head_get(&r.head, H_LIST_ID));
	rec->subject = words_decode(a, cs, head_get(&r.head, H_SUBJECT));
	if (first_addr(a, head_get(&r.head, H_FROM), &ad))
		rec->from = ad.spec;
	if (first_addr(a, head_get(&r.head, H_RESENT_FROM), &ad))
		rec->resent_from = ad.spec;
	read_report(&r);
	read_sketch(&r);
	if (rec->kind == KIND_MAIL)
		verdicts_read(a, &r.head, &rec->verdicts, &rec->nverdicts);
	note_problems(&r);
	rec->unread = false;
}
