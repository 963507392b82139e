#include <stdlib.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "case/past.h"
#include "case/state.h"

static const char past_sql[] =
    "WITH place (spool, out) AS (SELECT spool, 0 FROM spool WHERE path = ?1"
    " UNION SELECT s.spool, 1 FROM turf t JOIN spool s ON s.path = t.aside"
    " WHERE t.spool = ?1)"
    " SELECT e.row, e.path, s.path, p.out FROM place p"
    " JOIN entry e ON e.spool = p.spool JOIN spool s ON s.spool = p.spool"
    " WHERE e.class IN ('relay', 'backscatter', 'spam')";

static bool
is_scanned(const struct scan *s, struct slice spool, struct arena *a)
{
	size_t i;

	for (i = 0; i < s->nspools; i++)
		if (sl_eq(spool, case_abspath(a, s->spools[i])))
			return true;
	return false;
}

/* An entry of the case, which may be in the scan. */
struct one {
	uint64_t	what;		/* its path, hashed; 0: it lies aside */
	int64_t		row;		/* 0: it is not */
	size_t		spool;		/* of the scan */
};

struct ones {
	struct one	*v;
	size_t		 n, room;
};

static void
add_one(struct ones *o, struct one one)
{
	if (o->n == o->room) {
		o->room = o->room == 0 ? 1024 : o->room * 2;
		o->v = xrealloc(o->v, o->room, sizeof(*o->v));
	}
	o->v[o->n++] = one;
}

static int
find_ones(struct casefile *c, const struct scan *s, size_t spool,
    struct ones *o, struct err *err)
{
	struct query *q = db_query(c->db, past_sql, err);
	struct arena *a = arena_new();
	int r = -1;

	if (q != NULL)
		q_text(q, 1, case_abspath(a, s->spools[spool]));
	while (q != NULL && (r = q_step(q, err)) == 1) {
		arena_reset(a);
		if (q_col_int(q, 3) == 0)
			add_one(o, (struct one){ hash64(q_col(q, 1)),
			    q_col_int(q, 0), spool });
		else if (!is_scanned(s, q_col(q, 2), a))
			add_one(o, (struct one){ 0, q_col_int(q, 0), spool });
	}
	query_free(q);
	arena_free(a);
	return r;
}

static int
by_what(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	return (x->what > y->what) - (x->what < y->what);
}

/* What the scan has met, by what of() tells of each of its entries. */
static void
drop_met(const struct scan *s, struct ones *o,
    uint64_t (*of)(const struct facts *))
{
	struct one key = { 0 }, *at;
	size_t i;

	if (o->n == 0)
		return;
	qsort(o->v, o->n, sizeof(*o->v), by_what);
	for (i = 0; i < s->n; i++) {
		key.what = of(s->entries[i]);
		at = bsearch(&key, o->v, o->n, sizeof(*o->v), by_what);
		while (at != NULL && at > o->v && at[-1].what == key.what)
			at--;
		for (; at != NULL && at < o->v + o->n &&
		    at->what == key.what; at++)
			if (at->spool == s->entries[i]->spool)
				at->row = 0;
	}
}

static uint64_t
of_path(const struct facts *f)
{
	return hash64(sl(f->path));
}

/* Its server may have moved it to another folder of the spool. */
static uint64_t
of_mail(const struct facts *f)
{
	const uint64_t v[] = { f->msgid, f->size, (uint64_t)f->arrived,
	    f->sender, f->subject };

	return hash64((struct slice){ (const char *)v, sizeof(v) });
}

static int
by_row(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

/* By row, each once, the newest; a spool named twice was asked twice. */
static void
keep_rows(struct ones *o)
{
	size_t i, n = 0;

	if (o->n > 0)
		qsort(o->v, o->n, sizeof(*o->v), by_row);
	for (i = 0; i < o->n; i++)
		if (o->v[i].row != (n == 0 ? 0 : o->v[n - 1].row))
			o->v[n++] = o->v[i];
	o->n = n < PAST_MAX ? n : PAST_MAX;
	if (n > PAST_MAX)
		memmove(o->v, o->v + (n - PAST_MAX),
		    PAST_MAX * sizeof(*o->v));
}

/* What each is, in the order of o. */
static int
make_facts(struct casefile *c, struct scan *s, struct arena *keep,
    struct ones *o, struct facts **v, struct err *err)
{
	struct arena *a = arena_new();
	struct record rec;
	struct row row;
	size_t i;

	for (i = 0; i < o->n; i++) {
		arena_reset(a);
		if (case_row(c, o->v[i].row, a, &row, &rec, err) == -1)
			break;
		v[i] = facts_make(&rec, keep, s->strings, NULL);
	}
	arena_free(a);
	return i == o->n ? 0 : -1;
}

/* Those that the scan has not met at another place. */
static void
add_facts(const struct scan *s, struct case_past *p, struct ones *o,
    struct facts **v)
{
	struct ones at = { 0 };
	size_t i;

	for (i = 0; i < o->n; i++)
		add_one(&at, (struct one){ of_mail(v[i]), (int64_t)i + 1,
		    o->v[i].spool });
	drop_met(s, &at, of_mail);
	keep_rows(&at);
	p->rows = xcalloc(at.n + 1, sizeof(*p->rows));
	p->v = xcalloc(s->n + at.n + 1, sizeof(struct facts *));
	for (; p->n < s->n; p->n++)
		p->v[p->n] = s->entries[p->n];
	for (i = 0; i < at.n; i++) {
		p->v[p->n++] = v[at.v[i].row - 1];
		p->rows[p->nrows++] = o->v[at.v[i].row - 1].row;
	}
	free(at.v);
}

int
case_past_read(struct casefile *c, struct scan *s, struct case_past *out,
    struct err *err)
{
	struct ones o = { 0 };
	struct facts **v;
	size_t i;
	int r = 0;

	*out = (struct case_past){ .a = arena_new() };
	for (i = 0; i < s->nspools && r == 0; i++)
		r = find_ones(c, s, i, &o, err);
	drop_met(s, &o, of_path);
	keep_rows(&o);
	v = xcalloc(o.n + 1, sizeof(*v));
	if (r == 0 && (r = make_facts(c, s, out->a, &o, v, err)) == 0)
		add_facts(s, out, &o, v);
	free(v);
	free(o.v);
	return r;
}

void
case_past_free(struct case_past *p)
{
	free(p->v);
	free(p->rows);
	arena_free(p->a);
	*p = (struct case_past){ 0 };
}

static int
by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
case_past_known(const struct case_past *p, struct case_campaigns *cc)
{
	size_t i;

	for (i = 0; i < cc->n && p->nrows > 0; i++)
		if (bsearch(&cc->rows[i], p->rows, p->nrows,
		    sizeof(*p->rows), by_number) != NULL)
			cc->v[i].counts = false;
}
