#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "case/writer.h"
#include "mail/date.h"

/*
 * A query for each statement; the values are bound in the order in which
 * they stand.
 */
enum statement {
	ENTRY, REPLACE, RECIPIENT, HOP, PART, EVIDENCE, REPORT, STREAM,
	REMARK, SKETCH, VERDICT, FORGET,
	STATEMENTS = FORGET + 9		/* one for each table of children */
};

static const char *const sql[STATEMENTS] = {
	[ENTRY] = "INSERT INTO entry (row, spool, content, id, class, judged,"
	    " reason, kind, path, folder, queue_id, size, sha256, arrived,"
	    " date, sender, sender_domain, sender_provenance, client,"
	    " client_name, helo, account, message_id, header_from, subject,"
	    " in_reply_to, list_id, note, unread, campaign)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
	    " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"
	    " ?25, ?26, ?27, ?28, ?29)",
	[REPLACE] = "UPDATE entry SET spool = ?2, content = ?3, id = ?4,"
	    " class = iif(mark IS NULL, ?5, class), judged = ?5, reason = ?6,"
	    " kind = ?7, path = ?8, folder = ?9, queue_id = ?10, size = ?11,"
	    " sha256 = ?12, arrived = ?13, date = ?14, sender = ?15,"
	    " sender_domain = ?16, sender_provenance = ?17, client = ?18,"
	    " client_name = ?19, helo = ?20, account = ?21, message_id = ?22,"
	    " header_from = ?23, subject = ?24, in_reply_to = ?25,"
	    " list_id = ?26, note = ?27, unread = ?28, campaign = ?29,"
	    " gone = NULL"
	    " WHERE row = ?1",
	[RECIPIENT] = "INSERT INTO recipient VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
	    " ?7, ?8)",
	[HOP] = "INSERT INTO hop VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
	    " ?10, ?11, ?12)",
	[PART] = "INSERT INTO part VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[EVIDENCE] = "INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5)",
	[REPORT] = "INSERT INTO report VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
	    " ?8, ?9, ?10, ?11)",
	[STREAM] = "INSERT INTO stream VALUES (?1, ?2, ?3, ?4, ?5)",
	[REMARK] = "INSERT INTO remark VALUES (?1, ?2, ?3, ?4)",
	[SKETCH] = "INSERT INTO sketch VALUES (?1, ?2)",
	[VERDICT] = "INSERT INTO verdict VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
	    " ?8, ?9)",
	[FORGET] = "DELETE FROM recipient WHERE entry = ?1",
	[FORGET + 1] = "DELETE FROM hop WHERE entry = ?1",
	[FORGET + 2] = "DELETE FROM part WHERE entry = ?1",
	[FORGET + 3] = "DELETE FROM evidence WHERE entry = ?1",
	[FORGET + 4] = "DELETE FROM report WHERE entry = ?1",
	[FORGET + 5] = "DELETE FROM stream WHERE entry = ?1",
	[FORGET + 6] = "DELETE FROM remark WHERE entry = ?1",
	[FORGET + 7] = "DELETE FROM sketch WHERE entry = ?1",
	[FORGET + 8] = "DELETE FROM verdict WHERE entry = ?1",
};

/* Values of a row of each table. */
static const size_t columns[FORGET] = {
	[ENTRY] = 29, [RECIPIENT] = 8, [HOP] = 12, [PART] = 7, [EVIDENCE] = 5,
	[REPORT] = 11, [STREAM] = 5, [REMARK] = 4, [SKETCH] = 2, [VERDICT] = 9,
};

struct kept {
	struct arena	*a;
	struct {
		struct db_value	*v;
		size_t		 n, cap;
	} of[FORGET];
};

#define LAST_DAY	2932896		/* of the year 9999: date_str ends there */

/* A time as text, and the day that it has: the next one may be of it, too. */
struct moments {
	int64_t		 day;		/* since 1970 */
	char		 text[DATE_TEXT];
};

struct writer {
	struct db	*d;
	struct query	*q[STATEMENTS];
	struct query	*many[FORGET];	/* rows that are given */
	int		 at;		/* the last value bound */
	bool		 dry;		/* values go to bytes, and not to q */
	struct kept	*kept;		/* or there; else NULL */
	enum statement	 table;		/* of it */
	struct buf	 bytes;
	char		 ip[IP_TEXT];
	struct moments	 moments[2];
};

/* INSERT INTO t VALUES (?1, ?2) is INSERT INTO t SELECT c1, c2 FROM given. */
static struct query *
query_many(struct db *d, struct slice one, struct err *err)
{
	static const struct slice values = { " VALUES (", 9 };
	size_t head = (size_t)(sl_find(one, values) - one.p), i;
	struct buf b = { 0 };
	struct query *q;

	buf_add(&b, sl_first(one, head));
	buf_add(&b, SL(" SELECT "));
	for (i = head + values.n; i < one.n - 1; i++)
		buf_addc(&b, one.p[i] == '?' ? 'c' : one.p[i]);
	buf_add(&b, SL(" FROM given"));
	buf_addc(&b, '\0');
	q = db_query(d, b.p, err);
	buf_free(&b);
	return q;
}

static int
prepare(struct writer *w, struct err *err)
{
	size_t i;

	if (db_giving(w->d, err) == -1)
		return -1;
	for (i = 0; i < STATEMENTS; i++)
		if ((w->q[i] = db_query(w->d, sql[i], err)) == NULL)
			return -1;
	for (i = 0; i < FORGET; i++)
		if (i != REPLACE && (w->many[i] = query_many(w->d,
		    sl(sql[i]), err)) == NULL)
			return -1;
	return 0;
}

struct writer *
writer_new(struct db *d, struct err *err)
{
	struct writer *w = xcalloc(1, sizeof(*w));

	w->d = d;
	if (d == NULL || prepare(w, err) == 0)
		return w;
	writer_free(w);
	return NULL;
}

void
writer_free(struct writer *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < STATEMENTS; i++)
		query_free(w->q[i]);
	for (i = 0; i < FORGET; i++)
		query_free(w->many[i]);
	buf_free(&w->bytes);
	free(w);
}

/* ---- rows that are kept ---- */

struct kept *
kept_new(struct arena *a)
{
	struct kept *k = xcalloc(1, sizeof(*k));

	k->a = a;
	return k;
}

void
kept_reset(struct kept *k)
{
	size_t i;

	for (i = 0; i < FORGET; i++)
		k->of[i].n = 0;
}

void
kept_free(struct kept *k)
{
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < FORGET; i++)
		free(k->of[i].v);
	free(k);
}

static void
keep(struct writer *w, struct db_value v)
{
	struct kept *k = w->kept;
	enum statement t = w->table;

	if (k->of[t].n == k->of[t].cap) {
		k->of[t].cap = k->of[t].cap == 0 ? 1024 : k->of[t].cap * 2;
		k->of[t].v = xrealloc(k->of[t].v, k->of[t].cap,
		    sizeof(*k->of[t].v));
	}
	k->of[t].v[k->of[t].n++] = v;
}

/* ---- values, one after the other ---- */

static struct query *
begin(struct writer *w, enum statement st, int64_t row)
{
	w->at = 1;
	w->table = st;
	if (w->dry)
		buf_addc(&w->bytes, (char)st);
	else if (w->kept != NULL)
		keep(w, (struct db_value){ DB_INT, row, NULL });
	else
		q_int(w->q[st], 1, row);
	return w->q[st];
}

/* As queries have it: what is empty is NULL. */
static void
bytes(struct writer *w, struct query *q, int type, struct slice v)
{
	if (w->dry) {
		buf_add(&w->bytes, (struct slice){ (const char *)&v.n,
		    sizeof(v.n) });
		if (v.n > 0)
			buf_add(&w->bytes, v);
	} else if (w->kept != NULL)
		keep(w, (struct db_value){ v.n == 0 ? DB_NULL : type,
		    (int64_t)v.n, v.p });
	else if (type == DB_BLOB)
		q_blob(q, ++w->at, v);
	else
		q_text(q, ++w->at, v);
}

static void
text(struct writer *w, struct query *q, struct slice v)
{
	bytes(w, q, DB_TEXT, v);
}

/* One that is ours for the moment. */
static void
own_text(struct writer *w, struct query *q, struct slice v)
{
	if (w->kept != NULL && !w->dry && v.n > 0)
		v = arena_dup(w->kept->a, v);
	text(w, q, v);
}

/* An integer that may be below nothing, or none. */
static void
integer(struct writer *w, struct query *q, bool is, int64_t v)
{
	if (w->kept != NULL)
		keep(w, (struct db_value){ is ? DB_INT : DB_NULL, v, NULL });
	else if (is)
		q_int(q, ++w->at, v);
	else
		q_int_or_null(q, ++w->at, 0);
}

static void
number(struct writer *w, struct query *q, uint64_t v)
{
	if (w->dry)
		buf_add(&w->bytes, (struct slice){ (const char *)&v,
		    sizeof(v) });
	else
		integer(w, q, true, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

static void
number_if(struct writer *w, struct query *q, bool is, uint64_t v)
{
	if (is || w->dry)
		number(w, q, v);
	else
		integer(w, q, false, 0);
}

static int
run(struct writer *w, struct query *q, struct err *err)
{
	return w->dry || w->kept != NULL ? 0 : q_run(q, err);
}

static void
two_digits(char *at, int64_t n)
{
	at[0] = (char)('0' + n / 10);
	at[1] = (char)('0' + n % 10);
}

/* Most times of a spool are of the same day: then only hours change. */
static void
moment(struct writer *w, struct query *q, int64_t t, struct moments *m)
{
	int64_t day = t / 86400, second = t % 86400;

	if (t <= 0 || day > LAST_DAY || day != m->day ||
	    m->text[10] != 'T') {
		m->day = day;
		own_text(w, q, t == 0 ? (struct slice){ NULL, 0 } :
		    sl(date_str(t, m->text)));
		return;
	}
	two_digits(m->text + 11, second / 3600);
	two_digits(m->text + 14, second / 60 % 60);
	two_digits(m->text + 17, second % 60);
	own_text(w, q, (struct slice){ m->text, DATE_TEXT - 1 });
}

/* ---- the children ---- */

static int
put_recipients(struct writer *w, const struct stored *s, struct err *err)
{
	const struct record *rec = s->r->rec;
	struct query *q;
	size_t i;

	for (i = 0; i < rec->nrcpts; i++) {
		q = begin(w, RECIPIENT, s->row);
		number(w, q, i);
		text(w, q, rec->rcpts[i].addr.spec);
		text(w, q, rec->rcpts[i].addr.domain);
		text(w, q, sl(rcpt_state_name(rec->rcpts[i].state)));
		text(w, q, sl(provenance_name(rec->rcpts[i].provenance)));
		text(w, q, rec->rcpts[i].original);
		text(w, q, rec->rcpts[i].error);
		if (run(w, q, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_hop(struct writer *w, int64_t row, size_t n, const struct hop *h,
    struct err *err)
{
	struct query *q = begin(w, HOP, row);

	number(w, q, n);
	own_text(w, q, ip_is_set(&h->ip) ? sl(ip_str(&h->ip, w->ip)) :
	    (struct slice){ NULL, 0 });
	text(w, q, h->name);
	text(w, q, h->helo);
	text(w, q, h->by);
	text(w, q, h->with);
	text(w, q, h->id);
	text(w, q, h->for_);
	text(w, q, h->account);
	moment(w, q, h->date, &w->moments[0]);
	number(w, q, (unsigned)h->authenticated | (unsigned)h->tls << 1 |
	    (unsigned)h->local << 2);
	return run(w, q, err);
}

/* Who connected is hop 0, when it is none of those that fields tell of. */
static int
put_client(struct writer *w, const struct stored *s, struct err *err)
{
	const struct row *r = s->r;
	struct hop h = { .name = r->client.name, .helo = r->client.helo };
	size_t i;

	if (!ip_parse(r->client.ip, &h.ip))
		return 0;
	for (i = 0; i < r->rec->nhops; i++)
		if (ip_eq(&r->rec->hops[i].ip, &h.ip))
			return 0;
	return put_hop(w, s->row, 0, &h, err);
}

static int
put_hops(struct writer *w, const struct stored *s, struct err *err)
{
	size_t i;

	if (put_client(w, s, err) == -1)
		return -1;
	for (i = 0; i < s->r->rec->nhops; i++)
		if (put_hop(w, s->row, i + 1, &s->r->rec->hops[i], err) == -1)
			return -1;
	return 0;
}

static int
put_parts(struct writer *w, const struct stored *s, struct err *err)
{
	const struct record *rec = s->r->rec;
	struct query *q;
	size_t i;

	for (i = 0; i < rec->nattachments; i++) {
		const struct attachment *at = &rec->attachments[i];

		q = begin(w, PART, s->row);
		number(w, q, i);
		text(w, q, at->filename);
		text(w, q, at->type);
		text(w, q, at->true_type);
		number_if(w, q, at->has_size, at->size);
		number_if(w, q, at->odd != 0, at->odd);
		if (run(w, q, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_evidence(struct writer *w, const struct stored *s, struct err *err)
{
	struct query *q;
	size_t i;

	for (i = 0; i < s->r->nsaid; i++) {
		q = begin(w, EVIDENCE, s->row);
		number(w, q, i);
		text(w, q, s->r->said[i].rule);
		number_if(w, q, i == 0 && s->r->decided, 1);
		text(w, q, s->r->said[i].fact);
		if (run(w, q, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_report(struct writer *w, const struct stored *s, struct err *err)
{
	const struct record *rec = s->r->rec;
	struct query *q;

	if (!rec->has_report)
		return 0;
	q = begin(w, REPORT, s->row);
	text(w, q, rec->action);
	text(w, q, rec->failed);
	text(w, q, rec->status);
	text(w, q, rec->diagnostic);
	text(w, q, rec->reporting_mta);
	text(w, q, sl(original_name(rec->original)));
	text(w, q, rec->orig_message_id);
	text(w, q, rec->orig_from);
	text(w, q, rec->orig_subject);
	text(w, q, rec->orig_sender);
	return run(w, q, err);
}

static int
put_streams(struct writer *w, const struct stored *s, struct err *err)
{
	const struct record *rec = s->r->rec;
	struct query *q;
	size_t i;

	for (i = 0; i < rec->nstreams; i++) {
		q = begin(w, STREAM, s->row);
		number(w, q, i);
		text(w, q, rec->streams[i].name);
		number(w, q, rec->streams[i].size);
		number(w, q, rec->streams[i].sidecar);
		if (run(w, q, err) == -1)
			return -1;
	}
	return 0;
}

/* A score may be below nothing. */
static void
points(struct writer *w, struct query *q, bool is, int32_t v)
{
	if (w->dry)
		number(w, q, is ? (uint32_t)v : 0);
	else
		integer(w, q, is, v);
}

static int
put_verdicts(struct writer *w, const struct stored *s, struct err *err)
{
	const struct record *rec = s->r->rec;
	struct query *q;
	size_t i;

	for (i = 0; i < rec->nverdicts; i++) {
		const struct verdict *v = &rec->verdicts[i];

		q = begin(w, VERDICT, s->row);
		number(w, q, i);
		text(w, q, sl(filter_name(v->filter)));
		text(w, q, v->host);
		number_if(w, q, v->bad, v->bad);
		points(w, q, v->scored, v->score);
		points(w, q, v->scored, v->limit);
		text(w, q, v->text);
		number(w, q, v->above);
		if (run(w, q, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_texts(struct writer *w, int64_t row, const char *kind,
    const struct slice *v, size_t n, struct err *err)
{
	struct query *q;
	size_t i;

	for (i = 0; i < n; i++) {
		q = begin(w, REMARK, row);
		text(w, q, sl(kind));
		number(w, q, i);
		text(w, q, v[i]);
		if (run(w, q, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_sketch(struct writer *w, const struct stored *s, struct err *err)
{
	char room[SKETCH_BYTES];
	struct slice packed = { room, sizeof(room) };
	struct query *q;

	if (s->r->sketch == NULL)
		return 0;
	sketch_pack(s->r->sketch, room);
	if (w->kept != NULL && !w->dry)
		packed = arena_dup(w->kept->a, packed);
	q = begin(w, SKETCH, s->row);
	bytes(w, q, DB_BLOB, packed);
	return run(w, q, err);
}

static int
put_children(struct writer *w, const struct stored *s, struct err *err)
{
	const struct record *rec = s->r->rec;

	return put_recipients(w, s, err) || put_hops(w, s, err) ||
	    put_parts(w, s, err) || put_evidence(w, s, err) ||
	    put_report(w, s, err) || put_streams(w, s, err) ||
	    put_sketch(w, s, err) || put_verdicts(w, s, err) ||
	    put_texts(w, s->row, "hint", rec->hints, rec->nhints, err) ||
	    put_texts(w, s->row, "problem", rec->problems, rec->nproblems,
	    err) ? -1 : 0;
}

/* ---- the entry ---- */

static void
put_digest(struct writer *w, struct query *q, const struct record *rec)
{
	bytes(w, q, DB_BLOB, (struct slice){ (const char *)rec->sha256,
	    rec->has_digest ? sizeof(rec->sha256) : 0 });
}

/* Column by column, as ENTRY and REPLACE number them. */
static int
put_entry(struct writer *w, enum statement st, const struct stored *s,
    struct err *err)
{
	const struct row *r = s->r;
	const struct record *rec = r->rec;
	struct query *q = begin(w, st, s->row);

	if (!w->dry) {
		integer(w, q, true, s->spool);
		integer(w, q, true, s->content);
	}
	text(w, q, s->id);
	text(w, q, sl(class_name(r->class)));
	text(w, q, r->reason);
	text(w, q, sl(kind_name(r->kind)));
	text(w, q, r->path);
	text(w, q, r->folder);
	text(w, q, rec->queue_id);
	number(w, q, r->size);
	put_digest(w, q, rec);
	moment(w, q, r->arrived, &w->moments[0]);
	moment(w, q, rec->date, &w->moments[1]);
	text(w, q, r->sender);
	text(w, q, rec->null_sender ? (struct slice){ NULL, 0 } :
	    rec->sender.domain);
	text(w, q, rec->has_sender ? sl(provenance_name(rec->sender_prov)) :
	    (struct slice){ NULL, 0 });
	text(w, q, r->client.ip);
	text(w, q, r->client.name);
	text(w, q, r->client.helo);
	text(w, q, r->account);
	text(w, q, rec->message_id);
	text(w, q, rec->from);
	text(w, q, r->subject);
	text(w, q, rec->in_reply_to);
	text(w, q, rec->list_id);
	text(w, q, rec->note);
	number_if(w, q, rec->unread, 1);
	number_if(w, q, r->campaign != 0, r->campaign);
	return run(w, q, err);
}

int64_t
writer_content(struct writer *w, const struct stored *s)
{
	struct err none;

	w->dry = true;
	w->bytes.n = 0;
	(void)(put_entry(w, ENTRY, s, &none) || put_children(w, s, &none));
	w->dry = false;
	return (int64_t)hash64_kept(buf_sl(&w->bytes));
}

void
writer_keep(struct writer *w, const struct stored *s, struct kept *k)
{
	struct err none;

	w->kept = k;
	(void)(put_entry(w, ENTRY, s, &none) || put_children(w, s, &none));
	w->kept = NULL;
}

int
writer_put(struct writer *w, const struct kept *k, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < FORGET && r == 0; i++) {
		if (k->of[i].n == 0)
			continue;
		db_give(w->d, k->of[i].v, columns[i], k->of[i].n / columns[i]);
		r = q_run(w->many[i], err);
	}
	db_give(w->d, NULL, 0, 0);
	return r;
}

int
writer_add(struct writer *w, const struct stored *s, struct err *err)
{
	return put_entry(w, ENTRY, s, err) || put_children(w, s, err) ? -1 : 0;
}

int
writer_replace(struct writer *w, const struct stored *s, struct err *err)
{
	size_t i;

	if (put_entry(w, REPLACE, s, err) == -1)
		return -1;
	for (i = FORGET; i < STATEMENTS; i++)
		if (q_run(begin(w, (enum statement)i, s->row), err) == -1)
			return -1;
	return put_children(w, s, err);
}
