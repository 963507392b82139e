#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "case/campaigns.h"
#include "case/state.h"

/* ---- before a scan is judged ---- */

#define SPOOLS_MAX	(1 << 24)	/* a higher number is none of ours */

/*
 * Whether each spool of the case is one of the scan's; NULL: it cannot be
 * read.  Numbers that no case of ours has are passed over.
 */
static uint8_t *
scanned_spools(struct casefile *c, const struct scan *s, size_t *n,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT spool, path FROM spool",
	    err);
	struct arena *a = arena_new();
	int64_t spool, last = db_int(c->db, "SELECT max(spool) FROM spool",
	    0);
	uint8_t *is;
	size_t i;
	int r = -1;

	*n = last > 0 && last < SPOOLS_MAX ? (size_t)last + 1 : 1;
	is = xcalloc(*n, 1);
	while (q != NULL && (r = q_step(q, err)) == 1) {
		spool = q_col_int(q, 0);
		if (spool < 0 || (uint64_t)spool >= *n)
			continue;
		for (i = 0; s != NULL && i < s->nspools; i++)
			is[spool] |= sl_eq(q_col(q, 1),
			    case_abspath(a, s->spools[i]));
	}
	query_free(q);
	arena_free(a);
	if (r == 0)
		return is;
	free(is);
	return NULL;
}

/* A case is a file that others may have written. */
static uint32_t
number(int64_t v)
{
	return v > 0 && v < CAMPAIGNS_MAX ? (uint32_t)v : 0;
}

static void
known_add(struct case_campaigns *cc, size_t *room, struct query *q,
    const uint8_t *scanned, size_t nspools)
{
	int64_t spool = q_col_int(q, 2);

	if (cc->n == *room) {
		*room = *room == 0 ? 1024 : *room * 2;
		cc->v = xrealloc(cc->v, *room, sizeof(*cc->v));
		cc->rows = xrealloc(cc->rows, *room, sizeof(*cc->rows));
		cc->was = xrealloc(cc->was, *room, sizeof(*cc->was));
	}
	if (!sketch_unpack(&cc->v[cc->n].sketch, q_col(q, 4)))
		return;		/* not ours: it says nothing */
	cc->rows[cc->n] = q_col_int(q, 0);
	cc->was[cc->n] = cc->v[cc->n].campaign = number(q_col_int(q, 1));
	cc->v[cc->n].counts = q_col_null(q, 3) && spool >= 0 &&
	    (uint64_t)spool < nspools && !scanned[spool];
	cc->n++;
}

int
case_campaigns_read(struct casefile *c, const struct scan *s,
    struct case_campaigns *out, struct err *err)
{
	struct query *q = db_query(c->db, "SELECT e.row, e.campaign, e.spool,"
	    " e.gone, s.bytes FROM sketch s JOIN entry e ON e.row = s.entry",
	    err);
	size_t nspools, room = 0;
	uint8_t *scanned;
	int r = -1;

	*out = (struct case_campaigns){ .used = number(db_int(c->db,
	    "SELECT ifnull(max(campaign), 0) FROM campaign", 0)) };
	if (q == NULL)
		return -1;
	scanned = scanned_spools(c, s, &nspools, err);
	while (scanned != NULL && (r = q_step(q, err)) == 1)
		known_add(out, &room, q, scanned, nspools);
	query_free(q);
	free(scanned);
	return r;
}

void
case_campaigns_free(struct case_campaigns *cc)
{
	free(cc->v);
	free(cc->rows);
	free(cc->was);
	*cc = (struct case_campaigns){ 0 };
}

/* ---- after it ---- */

static int
put_labels(struct casefile *c, const struct judge *j, struct err *err)
{
	const struct campaigns *cs = judge_campaigns(j);
	struct query *q = db_query(c->db, "INSERT INTO campaign"
	    " (campaign, label) VALUES (?1, ?2) ON CONFLICT (campaign)"
	    " DO UPDATE SET label = ?2", err);
	struct buf label = { 0 };
	size_t i;
	int r = q == NULL ? -1 : 0;

	for (i = 0; i < campaigns_n(cs) && r == 0; i++) {
		label.n = 0;
		campaign_label(campaigns_at(cs, i), judge_strings(j), &label);
		q_int(q, 1, campaigns_at(cs, i)->number);
		q_text(q, 2, buf_sl(&label));
		r = q_run(q, err);
	}
	buf_free(&label);
	query_free(q);
	return r;
}

/* Entries that this scan has not written. */
static int
put_others(struct casefile *c, const struct case_campaigns *cc,
    struct err *err)
{
	struct query *q = db_query(c->db, "UPDATE entry SET campaign = ?2"
	    " WHERE row = ?1", err);
	size_t i;
	int r = q == NULL ? -1 : 0;

	for (i = 0; i < cc->n && r == 0; i++) {
		if (!cc->v[i].counts || cc->v[i].campaign == cc->was[i])
			continue;
		q_int(q, 1, cc->rows[i]);
		q_int_or_null(q, 2, cc->v[i].campaign);
		r = q_run(q, err);
	}
	query_free(q);
	return r;
}

/* Those that nobody has ever marked follow what was said of the others. */
static int
put_taught(struct casefile *c, struct err *err)
{
	struct query *q = db_query(c->db, "INSERT INTO mark (entry, at, who,"
	    " class, because) SELECT e.row, ?1, t.who, t.class,"
	    " 'as all of campaign ' || t.campaign ||"
	    " coalesce(': ' || t.because, '')"
	    " FROM taught t JOIN entry e ON e.campaign = t.campaign"
	    " WHERE e.gone IS NULL AND NOT EXISTS"
	    " (SELECT 1 FROM mark WHERE entry = e.row) ORDER BY e.row", err);
	int64_t last = db_int(c->db, "SELECT ifnull(max(mark), 0) FROM mark",
	    0);
	char now[21];
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, sl(state_now(now)));
	r = q_run(q, err);
	query_free(q);
	if (r == -1 || (q = db_query(c->db, "UPDATE entry SET mark = m.mark,"
	    " class = m.class FROM mark m WHERE m.entry = entry.row"
	    " AND m.mark > ?1", err)) == NULL)
		return -1;
	q_int(q, 1, last);
	r = q_run(q, err);
	query_free(q);
	return r;
}

int
case_campaigns_write(struct casefile *c, const struct judge *j,
    const struct case_campaigns *cc, struct err *err)
{
	return put_labels(c, j, err) ||
	    put_others(c, cc, err) || put_taught(c, err) ? -1 : 0;
}

/* ---- a person's decision ---- */

static int
all_are(struct casefile *c, int64_t campaign, struct slice class, bool *all,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT count(*) = sum(mark IS NOT"
	    " NULL AND class = ?2) FROM entry WHERE campaign = ?1"
	    " AND gone IS NULL", err);
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, campaign);
	q_text(q, 2, class);
	if ((r = q_step(q, err)) == 1)
		*all = q_col_int(q, 0) == 1;
	query_free(q);
	return r == -1 ? -1 : 0;
}

static int
forget(struct casefile *c, int64_t campaign, struct err *err)
{
	struct query *q = db_query(c->db, "DELETE FROM taught"
	    " WHERE campaign = ?1", err);
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, campaign);
	r = q_run(q, err);
	query_free(q);
	return r;
}

int
case_campaign_teach(struct casefile *c, int64_t campaign,
    struct slice class, struct slice because, bool *taught, struct err *err)
{
	struct query *q;
	char now[21];
	int r;

	*taught = false;
	if (class.n == 0)
		return forget(c, campaign, err);
	if (all_are(c, campaign, class, taught, err) == -1)
		return -1;
	if (!*taught)
		return 0;
	if ((q = db_query(c->db, "INSERT OR REPLACE INTO taught"
	    " (campaign, at, who, class, because)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)", err)) == NULL)
		return -1;
	q_int(q, 1, campaign);
	q_text(q, 2, sl(state_now(now)));
	q_text(q, 3, sl(c->who));
	q_text(q, 4, class);
	q_text(q, 5, because);
	r = q_run(q, err);
	query_free(q);
	return r;
}
