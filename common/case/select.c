#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "case/state.h"

#define ID_LEAST	4	/* characters of an id's beginning */
#define NAMED		5	/* ids that an error lists */

struct case_cursor {
	struct casefile	*c;
	struct query	*q;
	struct case_rows rows;
	size_t		 next;
};

static void
add_row(struct case_rows *r, int64_t row)
{
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 256 : r->cap * 2;
		r->v = xrealloc(r->v, r->cap, sizeof(*r->v));
	}
	r->v[r->n++] = row;
}

void
case_rows_free(struct case_rows *r)
{
	free(r->v);
	*r = (struct case_rows){ 0 };
}

/* ---- one entry ---- */

static const char entry_sql[] =
    "SELECT e.row, e.id, s.path, s.format, e.folder, e.path, e.queue_id,"
    " e.size, lower(hex(e.sha256)), e.arrived, e.date, e.message_id,"
    " e.header_from, e.subject, e.kind, e.sender, e.sender_provenance,"
    " (SELECT address FROM recipient WHERE entry = e.row AND n = 0),"
    " (SELECT count(*) FROM recipient WHERE entry = e.row),"
    " e.client, e.client_name, e.helo, e.account, e.class, e.reason,"
    " e.judged, m.because, m.who, e.campaign, e.gone"
    " FROM entry e JOIN spool s ON s.spool = e.spool"
    " LEFT JOIN mark m ON m.mark = e.mark WHERE e.row = ?1";

static void
fill(struct query *q, struct case_entry *e)
{
	struct slice *const text[] = { &e->id, &e->spool, &e->format,
	    &e->folder, &e->path, &e->queue_id, NULL, &e->sha256, &e->arrived,
	    &e->date, &e->message_id, &e->header_from, &e->subject, &e->kind,
	    &e->sender, &e->sender_provenance, &e->rcpt, NULL, &e->client,
	    &e->client_name, &e->helo, &e->account, &e->class, &e->reason,
	    &e->judged, &e->because, &e->marked_by, NULL, &e->gone };
	size_t i;

	*e = (struct case_entry){ .row = q_col_int(q, 0) };
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (text[i] != NULL)
			*text[i] = q_col(q, (int)i + 1);
	e->size = (uint64_t)q_col_int(q, 7);
	e->nrcpts = (uint64_t)q_col_int(q, 18);
	e->campaign = q_col_int(q, 28);
}

static int
cursor_new(struct casefile *c, struct case_cursor **out, struct err *err)
{
	struct case_cursor *cur = xcalloc(1, sizeof(*cur));

	cur->c = c;
	if ((cur->q = db_query(c->db, entry_sql, err)) == NULL) {
		free(cur);
		return -1;
	}
	*out = cur;
	return 0;
}

size_t
case_count(const struct case_cursor *cur)
{
	return cur->rows.n;
}

int
case_next(struct case_cursor *cur, struct case_entry *e, struct err *err)
{
	int r = 0;

	while (r == 0 && cur->next < cur->rows.n) {
		q_reset(cur->q);
		q_int(cur->q, 1, cur->rows.v[cur->next++]);
		if ((r = q_step(cur->q, err)) == 1)
			fill(cur->q, e);
	}
	if (r != 1)
		q_reset(cur->q);
	return r;
}

void
case_cursor_free(struct case_cursor *cur)
{
	if (cur == NULL)
		return;
	query_free(cur->q);
	case_rows_free(&cur->rows);
	free(cur);
}

/* ---- a condition ---- */

static int
gather(struct query *q, struct case_rows *rows, struct err *err)
{
	int r;

	while ((r = q_step(q, err)) == 1)
		add_row(rows, q_col_int(q, 0));
	return r;
}

/*
 * Compile the words alone first, so that an error in them is one in them
 * and not in what stands around.
 */
static int
check_words(struct casefile *c, const char *head, const char *text,
    unsigned seconds, struct err *err)
{
	struct query *q = db_guarded(c->db, head, text, "\n", seconds, err);

	if (q == NULL)
		return -1;
	query_free(q);
	db_unguard(c->db);
	return 0;
}

static int
run_guarded(struct casefile *c, const char *sql, unsigned seconds,
    struct case_rows *rows, struct err *err)
{
	struct query *q = db_guarded(c->db, sql, "", "", seconds, err);
	int r;

	if (q == NULL)
		return -1;
	r = gather(q, rows, err);
	query_free(q);
	db_unguard(c->db);
	return r;
}

/* An error in a person's words is found in them alone. */
static int
check_want(struct casefile *c, const struct case_want *want,
    unsigned seconds, struct err *err)
{
	if (want->where != NULL && check_words(c,
	    "SELECT 1 FROM selection WHERE ", want->where, seconds, err) == -1)
		return -1;
	return want->order == NULL ? 0 : check_words(c,
	    "SELECT 1 FROM entries ORDER BY ", want->order, seconds, err);
}

static void
add_choice(struct buf *sql, const struct case_want *want)
{
	buf_fmt(sql, " WHERE %s", want->gone ? "1" : "gone IS NULL");
	if (want->filter != NULL && want->filter[0] != '\0')
		buf_fmt(sql, " AND %s", want->filter);
	if (want->where != NULL)
		buf_fmt(sql, " AND row IN (SELECT DISTINCT row FROM selection"
		    " WHERE (%s\n))", want->where);
}

static void
add_most(struct buf *sql, const struct case_want *want)
{
	if (want->most > 0)
		buf_fmt(sql, " LIMIT %zu", want->most);
	buf_addc(sql, '\0');
}

int
case_select_rows(struct casefile *c, const struct case_want *want,
    struct case_rows *rows, struct err *err)
{
	unsigned seconds = want->seconds != 0 ? want->seconds : CASE_SECONDS;
	struct buf sql = { 0 };
	int r;

	if (check_want(c, want, seconds, err) == -1)
		return -1;
	buf_fmt(&sql, "SELECT row FROM %s",
	    want->order != NULL ? "entries" : "entry");
	add_choice(&sql, want);
	buf_fmt(&sql, " ORDER BY %s%s", want->order != NULL ? want->order :
	    "row", want->order != NULL ? ", row" : "");
	add_most(&sql, want);
	r = run_guarded(c, sql.p, seconds, rows, err);
	buf_free(&sql);
	return r;
}

int
case_select(struct casefile *c, const struct case_want *want,
    struct case_cursor **out, struct err *err)
{
	struct case_cursor *cur;

	if (cursor_new(c, &cur, err) == -1)
		return -1;
	if (case_select_rows(c, want, &cur->rows, err) == -1) {
		case_cursor_free(cur);
		return -1;
	}
	*out = cur;
	return 0;
}

/* ---- totals ---- */

static const struct {
	const char	*name, *key, *order;
	const char	*more;		/* columns that only this one has */
} bys[CASE_BYS] = {
	[CASE_BY_CLIENT] = { "client", "client", "2 DESC, 1", "" },
	[CASE_BY_ACCOUNT] = { "account", "account", "2 DESC, 1", "" },
	[CASE_BY_SENDER] = { "sender", "sender", "2 DESC, 1", "" },
	[CASE_BY_CAMPAIGN] = { "campaign", "campaign", "2 DESC, 1",
	    ", count(DISTINCT client), count(DISTINCT account),"
	    " count(DISTINCT sender), (SELECT s.id FROM entry s"
	    " WHERE s.campaign = entry.campaign AND s.gone IS NULL"
	    " ORDER BY s.path, s.row LIMIT 1), (SELECT label FROM campaign c"
	    " WHERE c.campaign = entry.campaign)" },
	[CASE_BY_CLASS] = { "class", "class", "2 DESC, 1", "" },
	[CASE_BY_HOUR] = { "hour", "substr(arrived, 1, 13) || ':00:00Z'",
	    "1", "" },
};

const char *
case_by_name(enum case_by by)
{
	return bys[by].name;
}

static void
fill_total(struct query *q, struct case_total *t, bool more)
{
	uint64_t *const number[] = { &t->entries, &t->relay, &t->backscatter,
	    &t->spam, &t->legit, &t->unsure, &t->bytes };
	size_t i;

	t->key = q_col(q, 0);
	for (i = 0; i < sizeof(number) / sizeof(number[0]); i++)
		*number[i] = (uint64_t)q_col_int(q, (int)i + 1);
	t->first = q_col(q, 8);
	t->last = q_col(q, 9);
	t->recipients = (uint64_t)q_col_int(q, 10);
	if (!more)
		return;
	t->clients = (uint64_t)q_col_int(q, 11);
	t->accounts = (uint64_t)q_col_int(q, 12);
	t->senders = (uint64_t)q_col_int(q, 13);
	t->sample = q_col(q, 14);
	t->label = q_col(q, 15);
}

int
case_totals(struct casefile *c, const struct case_want *want,
    enum case_by by, int (*each)(void *, const struct case_total *,
    struct err *), void *ctx, struct err *err)
{
	unsigned seconds = want->seconds != 0 ? want->seconds : CASE_SECONDS;
	struct buf sql = { 0 };
	struct case_total t = { .entries = 0 };
	struct query *q;
	int r;

	if (check_want(c, want, seconds, err) == -1)
		return -1;
	buf_fmt(&sql, "SELECT %s, count(*), sum(class = 'relay'),"
	    " sum(class = 'backscatter'), sum(class = 'spam'),"
	    " sum(class = 'legit'), sum(class = 'unsure'), sum(size),"
	    " min(arrived), max(arrived), sum((SELECT count(*) FROM recipient"
	    " WHERE recipient.entry = entry.row))%s FROM entry", bys[by].key,
	    bys[by].more);
	add_choice(&sql, want);
	buf_fmt(&sql, " GROUP BY 1 ORDER BY %s", bys[by].order);
	add_most(&sql, want);
	q = db_guarded(c->db, sql.p, "", "", seconds, err);
	buf_free(&sql);
	if (q == NULL)
		return -1;
	while ((r = q_step(q, err)) == 1) {
		fill_total(q, &t, bys[by].more[0] != '\0');
		if ((r = each(ctx, &t, err)) == -1)
			break;
	}
	query_free(q);
	db_unguard(c->db);
	return r;
}

int
case_entries(struct casefile *c, const struct case_rows *rows,
    struct case_cursor **out, struct err *err)
{
	struct case_cursor *cur;
	size_t i;

	if (cursor_new(c, &cur, err) == -1)
		return -1;
	for (i = 0; i < rows->n; i++)
		add_row(&cur->rows, rows->v[i]);
	*out = cur;
	return 0;
}

/* ---- ids and paths ---- */

static int
rows_where(struct casefile *c, const char *sql, struct slice a,
    struct slice b, struct case_rows *rows, struct err *err)
{
	struct query *q = db_query(c->db, sql, err);
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, a);
	q_text(q, 2, b);
	r = gather(q, rows, err);
	query_free(q);
	return r;
}

static bool
is_id(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'z'))
			return false;
	return s.n >= ID_LEAST;
}

/* Several ids begin so: name some. */
static int
ambiguous(struct casefile *c, struct slice text, struct slice end,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT DISTINCT id FROM entry"
	    " WHERE id >= ?1 AND id < ?2 ORDER BY id", err);
	struct buf b = { 0 };
	size_t n = 0;
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, text);
	q_text(q, 2, end);
	while ((r = q_step(q, err)) == 1)
		if (n++ < NAMED)
			buf_fmt(&b, " " SL_FMT, SL_ARG(q_col(q, 0)));
	if (r == 0 && n > 1)
		r = err_set(err, ERR_USAGE, SL_FMT ": %zu ids begin so:"
		    SL_FMT "%s", SL_ARG(text), n, SL_ARG(buf_sl(&b)),
		    n > NAMED ? " ..." : "");
	query_free(q);
	buf_free(&b);
	return r;
}

/* '{' comes after 'z'. */
static int
by_id(struct casefile *c, struct slice text, struct case_rows *rows,
    struct err *err)
{
	struct buf end = { 0 };
	int r;

	buf_add(&end, text);
	buf_addc(&end, '{');
	r = ambiguous(c, text, buf_sl(&end), err);
	if (r == 0)
		r = rows_where(c, "SELECT row FROM entry WHERE id >= ?1"
		    " AND id < ?2 ORDER BY row", text, buf_sl(&end), rows,
		    err);
	buf_free(&end);
	return r;
}

/* Below each spool that the path leads into; spools are few. */
static int
by_file(struct casefile *c, const char *path, struct case_rows *rows,
    struct err *err)
{
	struct arena *a = arena_new();
	struct slice abs = case_abspath(a, path);
	int r = rows_where(c, "SELECT row FROM spool s JOIN entry e"
	    " ON e.spool = s.spool AND e.path = substr(?1, length(s.path) + 2)"
	    " WHERE e.gone IS NULL"
	    " AND substr(?1, 1, length(s.path) + 1) = s.path || '/'",
	    abs, (struct slice){ NULL, 0 }, rows, err);

	arena_free(a);
	return r;
}

int
case_ids(struct casefile *c, struct slice text, struct case_rows *rows,
    struct err *err)
{
	size_t was = rows->n;
	struct buf path = { 0 };
	int r = 0;

	if (is_id(text))
		r = by_id(c, text, rows, err);
	if (r == 0 && rows->n == was)
		r = rows_where(c, "SELECT row FROM spool s JOIN entry e"
		    " ON e.spool = s.spool AND e.path = ?1"
		    " WHERE e.gone IS NULL", text, text, rows, err);
	if (r == 0 && rows->n == was) {
		buf_add(&path, text);
		buf_addc(&path, '\0');
		r = by_file(c, path.p, rows, err);
		buf_free(&path);
	}
	if (r == 0 && rows->n == was)
		r = err_set(err, ERR_USAGE, SL_FMT ": no entry of %s has this "
		    "id or path%s", SL_ARG(text), c->path, text.n < ID_LEAST ?
		    "; of an id four characters are the least" : "");
	return r;
}
