#include <stdlib.h>

#include "base/ip.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "case/state.h"
#include "judge/facts.h"
#include "judge/row.h"
#include "mail/date.h"

/*
 * An entry as spoolscan had it, read back from the tables that writer.c
 * fills.  All text is copied into the arena.
 */
struct recall {
	struct casefile	*c;
	int64_t		 row;
	struct arena	*a;
	struct query	*q;
	struct record	*rec;
	struct row	*out;
	struct said	*said;
	size_t		 nsaid;
	bool		 decided;
};

static struct slice
text(struct recall *r, int i)
{
	struct slice v = q_col(r->q, i);

	return v.n == 0 ? (struct slice){ NULL, 0 } : arena_dup(r->a, v);
}

static int64_t
moment(struct recall *r, int i)
{
	int64_t t = 0;

	return date_parse(q_col(r->q, i), &t, NULL) ? t : 0;
}

static enum provenance
provenance(struct slice name)
{
	int p;

	for (p = PROV_NONE; p < PROV_HEADERS; p++)
		if (sl_eq(name, sl(provenance_name((enum provenance)p))))
			break;
	return (enum provenance)p;
}

static void
from_hex(struct slice blob, struct record *rec)
{
	rec->has_digest = blob.n == sizeof(rec->sha256);
	if (rec->has_digest)
		memcpy(rec->sha256, blob.p, blob.n);
}

/* ---- the children, one row at a time ---- */

static void
a_recipient(struct recall *r)
{
	struct spool_rcpt *to = &r->rec->rcpts[r->rec->nrcpts++];

	to->addr.spec = text(r, 0);
	to->addr.domain = text(r, 1);
	to->provenance = provenance(q_col(r->q, 2));
	to->state = rcpt_state_parse(q_col(r->q, 3));
	to->original = text(r, 4);
	to->error = text(r, 5);
}

static void
a_hop(struct recall *r)
{
	struct hop *h;
	int64_t flags = q_col_int(r->q, 10);

	if (q_col_int(r->q, 0) == 0) {	/* told by no field */
		(void)ip_parse(q_col(r->q, 1), &r->rec->client);
		r->rec->client_name = text(r, 2);
		r->rec->helo = text(r, 3);
		return;
	}
	h = &r->rec->hops[r->rec->nhops++];
	(void)ip_parse(q_col(r->q, 1), &h->ip);
	h->name = text(r, 2);
	h->helo = text(r, 3);
	h->by = text(r, 4);
	h->with = text(r, 5);
	h->id = text(r, 6);
	h->for_ = text(r, 7);
	h->account = text(r, 8);
	h->date = moment(r, 9);
	h->authenticated = (flags & 1) != 0;
	h->tls = (flags & 2) != 0;
	h->local = (flags & 4) != 0;
}

static void
a_part(struct recall *r)
{
	struct attachment *at = &r->rec->attachments[r->rec->nattachments++];

	at->filename = text(r, 0);
	at->type = text(r, 1);
	at->true_type = text(r, 2);
	at->has_size = !q_col_null(r->q, 3);
	at->size = (uint64_t)q_col_int(r->q, 3);
	at->odd = (unsigned)q_col_int(r->q, 4);
}

static void
a_stream(struct recall *r)
{
	struct spool_stream *s = &r->rec->streams[r->rec->nstreams++];

	s->name = text(r, 0);
	s->size = (uint64_t)q_col_int(r->q, 1);
	s->sidecar = q_col_int(r->q, 2) != 0;
}

static void
a_hint(struct recall *r)
{
	r->rec->hints[r->rec->nhints++] = text(r, 0);
}

static void
a_problem(struct recall *r)
{
	r->rec->problems[r->rec->nproblems++] = text(r, 0);
}

static void
a_report(struct recall *r)
{
	struct record *rec = r->rec;
	int o;

	rec->has_report = true;
	rec->action = text(r, 0);
	rec->failed = text(r, 1);
	rec->status = text(r, 2);
	rec->diagnostic = text(r, 3);
	rec->reporting_mta = text(r, 4);
	for (o = ORIG_NONE; o < ORIG_MESSAGE; o++)
		if (sl_eq(q_col(r->q, 5), sl(original_name((enum original)o))))
			break;
	rec->original = (enum original)o;
	rec->orig_message_id = text(r, 6);
	rec->orig_from = text(r, 7);
	rec->orig_subject = text(r, 8);
	rec->orig_sender = text(r, 9);
}

static void
a_sketch(struct recall *r)
{
	struct sketch *s = arena_alloc(r->a, sizeof(*s));

	if (sketch_unpack(s, q_col(r->q, 0)))
		r->rec->sketch = r->out->sketch = s;
}

static void
a_verdict(struct recall *r)
{
	struct verdict *v = &r->rec->verdicts[r->rec->nverdicts];

	if (!filter_parse(q_col(r->q, 0), &v->filter))
		return;		/* not ours: it says nothing */
	v->host = text(r, 1);
	v->bad = q_col_int(r->q, 2) != 0;
	v->scored = !q_col_null(r->q, 3);
	v->score = (int32_t)q_col_int(r->q, 3);
	v->limit = (int32_t)q_col_int(r->q, 4);
	v->text = text(r, 5);
	v->above = (unsigned)q_col_int(r->q, 6);
	if (r->rec->nverdicts < VERDICTS_MAX)
		r->rec->nverdicts++;
}

static void
a_rule(struct recall *r)
{
	if (r->nsaid == 0)
		r->decided = q_col_int(r->q, 2) != 0;
	r->said[r->nsaid].rule = text(r, 0);
	r->said[r->nsaid++].fact = text(r, 1);
}

/*
 * Run sql for the row, and each with every row it gives; *v has room for
 * all of them then.
 */
static int
children(struct recall *r, const char *count, const char *sql, void *v,
    size_t size, void (*each)(struct recall *), struct err *err)
{
	void *room;
	int got;

	if ((r->q = db_query(r->c->db, count, err)) == NULL)
		return -1;
	q_int(r->q, 1, r->row);
	got = q_step(r->q, err);
	if (got == 1 && v != NULL) {
		room = arena_alloc(r->a, ((size_t)q_col_int(r->q, 0) + 1) *
		    size);
		memcpy(v, &room, sizeof(room));
	}
	query_free(r->q);
	if (got == -1 || (r->q = db_query(r->c->db, sql, err)) == NULL)
		return -1;
	q_int(r->q, 1, r->row);
	while ((got = q_step(r->q, err)) == 1)
		each(r);
	query_free(r->q);
	return got;
}
#define COUNT(table)	"SELECT count(*) FROM " table " WHERE entry = ?1"

static int
rules(struct recall *r, struct err *err)
{
	return children(r, COUNT("evidence"), "SELECT rule, fact, decided"
	    " FROM evidence WHERE entry = ?1 ORDER BY n", &r->said,
	    sizeof(*r->said), a_rule, err);
}

static int
recipients(struct recall *r, struct err *err)
{
	return children(r, COUNT("recipient"), "SELECT address, domain,"
	    " provenance, state, original, error FROM recipient"
	    " WHERE entry = ?1 ORDER BY n", &r->rec->rcpts,
	    sizeof(*r->rec->rcpts), a_recipient, err);
}

static int
other_children(struct recall *r, struct err *err)
{
	struct record *rec = r->rec;

	return rules(r, err) ||
	    children(r, COUNT("hop"), "SELECT n, client, name, helo, by_host,"
	    " protocol, queue_id, for_rcpt, account, date, flags FROM hop"
	    " WHERE entry = ?1 ORDER BY n", &rec->hops, sizeof(*rec->hops),
	    a_hop, err) ||
	    children(r, COUNT("part"), "SELECT filename, type, true_type,"
	    " size, odd FROM part WHERE entry = ?1 ORDER BY n",
	    &rec->attachments, sizeof(*rec->attachments), a_part, err) ||
	    children(r, COUNT("stream"), "SELECT name, size, sidecar"
	    " FROM stream WHERE entry = ?1 ORDER BY n", &rec->streams,
	    sizeof(*rec->streams), a_stream, err) ||
	    children(r, COUNT("remark"), "SELECT text FROM remark"
	    " WHERE entry = ?1 AND kind = 'hint' ORDER BY n", &rec->hints,
	    sizeof(*rec->hints), a_hint, err) ||
	    children(r, COUNT("remark"), "SELECT text FROM remark"
	    " WHERE entry = ?1 AND kind = 'problem' ORDER BY n",
	    &rec->problems, sizeof(*rec->problems), a_problem, err) ||
	    children(r, COUNT("verdict"), "SELECT filter, host, bad, score,"
	    " threshold, text, above FROM verdict WHERE entry = ?1"
	    " ORDER BY n", &rec->verdicts, sizeof(*rec->verdicts),
	    a_verdict, err) ||
	    children(r, COUNT("report"), "SELECT action, recipient, status,"
	    " diagnostic, reporting_mta, original, message_id, header_from,"
	    " subject, sender FROM report WHERE entry = ?1", NULL, 0,
	    a_report, err) ||
	    children(r, COUNT("sketch"), "SELECT bytes FROM sketch"
	    " WHERE entry = ?1", NULL, 0, a_sketch, err) ? -1 : 0;
}

/* ---- the entry ---- */

static const char entry_sql[] =
    "SELECT e.id, s.path, s.format, e.folder, e.path, e.queue_id, e.size,"
    " e.sha256, e.arrived, e.date, e.message_id, e.header_from, e.subject,"
    " e.kind, e.sender, e.sender_domain, e.sender_provenance, e.client,"
    " e.client_name, e.helo, e.account, e.class, e.reason, e.in_reply_to,"
    " e.list_id, e.note, e.unread, e.judged, m.who, m.because,"
    " e.campaign"
    " FROM entry e JOIN spool s ON s.spool = e.spool"
    " LEFT JOIN mark m ON m.mark = e.mark WHERE e.row = ?1";

static void
a_sender(struct recall *r)
{
	struct record *rec = r->rec;

	rec->has_sender = !q_col_null(r->q, 16);
	rec->null_sender = sl_eq(r->out->sender, SL("<>"));
	if (!rec->has_sender)
		return;
	rec->sender_prov = provenance(q_col(r->q, 16));
	rec->sender.null = rec->null_sender;
	if (!rec->null_sender)
		rec->sender.spec = r->out->sender;
	rec->sender.domain = text(r, 15);
}

static void
a_record(struct recall *r)
{
	struct record *rec = r->rec;

	*rec = (struct record){ .id = text(r, 0),
	    .spool = arena_str(r->a, q_col(r->q, 1)),
	    .format = arena_str(r->a, q_col(r->q, 2)),
	    .folder = arena_str(r->a, q_col(r->q, 3)),
	    .path = r->out->path, .queue_id = text(r, 5),
	    .size = r->out->size, .arrived = r->out->arrived,
	    .date = moment(r, 9), .message_id = text(r, 10),
	    .from = text(r, 11), .subject = r->out->subject,
	    .kind = r->out->kind, .account = r->out->account,
	    .in_reply_to = text(r, 23), .list_id = text(r, 24),
	    .note = text(r, 25), .unread = q_col_int(r->q, 26) != 0 };
	from_hex(q_col(r->q, 7), rec);
	a_sender(r);
}

static void
an_entry(struct recall *r)
{
	struct row *o = r->out;

	*o = (struct row){ .reason = text(r, 22), .folder = text(r, 3),
	    .path = text(r, 4), .sender = text(r, 14),
	    .client = { text(r, 17), text(r, 18), text(r, 19) },
	    .account = text(r, 20), .subject = text(r, 12),
	    .size = (uint64_t)q_col_int(r->q, 6),
	    .mark = { .who = text(r, 28), .because = text(r, 29) },
	    .arrived = moment(r, 8), .rec = r->rec,
	    .campaign = (uint32_t)q_col_int(r->q, 30) };
	(void)class_parse(q_col(r->q, 27), &o->mark.judged);
	(void)class_parse(q_col(r->q, 21), &o->class);
	(void)kind_parse(q_col(r->q, 13), &o->kind);
	a_record(r);
}

static int
envelope(struct recall *r, struct err *err)
{
	int got;

	if ((r->q = db_query(r->c->db, entry_sql, err)) == NULL)
		return -1;
	q_int(r->q, 1, r->row);
	if ((got = q_step(r->q, err)) == 1)
		an_entry(r);
	query_free(r->q);
	if (got == 0)
		err_set(err, ERR_USAGE, "%s: no entry in row %lld",
		    r->c->path, (long long)r->row);
	if (got != 1 || recipients(r, err) == -1)
		return -1;
	r->out->nrcpts = r->rec->nrcpts;
	if (r->rec->nrcpts > 0)
		r->out->rcpt = r->rec->rcpts[0].addr.spec;
	return 0;
}

int
case_row(struct casefile *c, int64_t row, struct arena *a, struct row *out,
    struct record *rec, struct err *err)
{
	struct recall r = { .c = c, .row = row, .a = a, .out = out,
	    .rec = rec };

	if (envelope(&r, err) == -1 || other_children(&r, err) == -1)
		return -1;
	out->said = r.said;
	out->nsaid = r.nsaid;
	out->decided = r.decided;
	return 0;
}

/* ---- what an archive says of it ---- */

static const char envelope_sql[] =
    "SELECT e.row, e.id, s.path, s.format, e.folder, e.path, e.queue_id,"
    " e.size, e.sha256, e.arrived, e.kind, e.sender, e.sender_provenance,"
    " e.client, e.account, e.class, e.reason, e.campaign"
    " FROM entry e CROSS JOIN spool s ON s.spool = e.spool"
    " WHERE e.row BETWEEN ?1 AND ?2 ORDER BY e.row";
static const char envelope_rcpt_sql[] =
    "SELECT entry, address, provenance FROM recipient"
    " WHERE entry BETWEEN ?1 AND ?2 ORDER BY entry, n";
#define GAP	32	/* rows nobody wants, that are read over */

/* Both questions give their rows in the order of the entries. */
struct envelopes {
	struct query	*entry, *rcpt;
	int		 more;		/* rcpt stands on a row; -1: it failed */
	struct arena	*a;
	struct record	 rec;
	struct row	 row;
};

static void
short_row(struct query *q, struct row *o)
{
	int64_t t = 0;

	*o = (struct row){ .reason = q_col(q, 16), .folder = q_col(q, 4),
	    .path = q_col(q, 5), .sender = q_col(q, 11),
	    .client.ip = q_col(q, 13), .account = q_col(q, 14),
	    .size = (uint64_t)q_col_int(q, 7),
	    .campaign = (uint32_t)q_col_int(q, 17) };
	if (date_parse(q_col(q, 9), &t, NULL))
		o->arrived = t;
	(void)class_parse(q_col(q, 15), &o->class);
	(void)kind_parse(q_col(q, 10), &o->kind);
}

static void
short_record(struct query *q, const struct row *o, struct record *rec)
{
	*rec = (struct record){ .id = q_col(q, 1), .spool = q_col(q, 2).p,
	    .format = q_col(q, 3).p, .path = o->path,
	    .queue_id = q_col(q, 6), .size = o->size,
	    .arrived = o->arrived, .kind = o->kind, .account = o->account,
	    .has_sender = !q_col_null(q, 12),
	    .null_sender = sl_eq(o->sender, SL("<>")) };
	from_hex(q_col(q, 8), rec);
	if (!rec->has_sender)
		return;
	rec->sender_prov = provenance(q_col(q, 12));
	rec->sender.null = rec->null_sender;
	if (!rec->null_sender)
		rec->sender.spec = o->sender;
}

/* Those of the entry; those of entries that nobody wants are passed over. */
static void
short_recipients(struct envelopes *v, int64_t row, struct err *err)
{
	struct spool_rcpt *to;
	size_t cap = 0;
	int64_t of;

	for (; v->more == 1 && (of = q_col_int(v->rcpt, 0)) <= row;
	    v->more = q_step(v->rcpt, err)) {
		if (of < row)
			continue;
		to = arena_more(v->a, &v->rec.rcpts, &v->rec.nrcpts, &cap,
		    sizeof(*v->rec.rcpts));
		*to = (struct spool_rcpt){
		    .addr.spec = arena_dup(v->a, q_col(v->rcpt, 1)),
		    .provenance = provenance(q_col(v->rcpt, 2)) };
	}
}

static void
set_range(struct query *q, int64_t first, int64_t last)
{
	q_int(q, 1, first);
	q_int(q, 2, last);
}

/* The rows from i to before end, which lie close together. */
static int
envelope_run(struct envelopes *v, const struct case_rows *rows, size_t i,
    size_t end, case_each_envelope *each, void *ctx, struct err *err)
{
	int64_t row;
	int r = 0;

	set_range(v->entry, rows->v[i], rows->v[end - 1]);
	set_range(v->rcpt, rows->v[i], rows->v[end - 1]);
	if ((v->more = q_step(v->rcpt, err)) == -1)
		return -1;
	while (r != -1 && !sig_stop() && (r = q_step(v->entry, err)) == 1) {
		row = q_col_int(v->entry, 0);
		while (i < end && rows->v[i] < row)
			i++;
		if (i == end || rows->v[i] != row)
			continue;
		short_row(v->entry, &v->row);
		short_record(v->entry, &v->row, &v->rec);
		v->row.rec = &v->rec;
		short_recipients(v, row, err);
		r = v->more == -1 ? -1 : each(ctx, i, &v->row, err);
		arena_reset(v->a);
	}
	q_reset(v->entry);
	q_reset(v->rcpt);
	return r;
}

/*
 * As they lie in the case, and runs of neighbours with one question: what
 * a question costs is many times what a row does.
 */
static int
each_envelope(struct envelopes *v, const struct case_rows *rows,
    case_each_envelope *each, void *ctx, struct err *err)
{
	size_t i, end;
	int r = 0;

	for (i = 0; i < rows->n && r != -1 && !sig_stop(); i = end) {
		for (end = i + 1; end < rows->n &&
		    rows->v[end] - rows->v[end - 1] <= GAP; end++)
			;
		r = envelope_run(v, rows, i, end, each, ctx, err);
	}
	return r == -1 ? -1 : 0;
}

/* One transaction: SQLite would lock its file for each question. */
static int
finish(struct casefile *c, int r, struct err *err)
{
	struct err why;

	return db_run(c->db, "COMMIT", r == 0 ? err : &why) == -1 ? -1 : r;
}

int
case_envelopes(struct casefile *c, const struct case_rows *rows,
    case_each_envelope *each, void *ctx, struct err *err)
{
	struct envelopes v = { .entry = NULL };
	int r = -1;

	if (db_run(c->db, "BEGIN", err) == -1)
		return -1;
	v.a = arena_new();
	if ((v.entry = db_query(c->db, envelope_sql, err)) != NULL &&
	    (v.rcpt = db_query(c->db, envelope_rcpt_sql, err)) != NULL)
		r = each_envelope(&v, rows, each, ctx, err);
	query_free(v.entry);
	query_free(v.rcpt);
	arena_free(v.a);
	return finish(c, r, err);
}

void
case_ahead(struct casefile *c)
{
	db_ahead(c->db);
}
