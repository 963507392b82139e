#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "case/ledger.h"
#include "case/state.h"
#include "case/store.h"
#include "case/writer.h"
#include "judge/id.h"
#include "judge/row.h"

#define READY	256	/* entries that are made ready while others are written */

/* What an entry is made ready with; each thread has its own. */
struct maker {
	struct arena	*a;
	struct sha256	*sha;
	struct writer	*w;		/* hashes the content */
};

struct store {
	struct casefile	*c;
	struct scan	*s;
	const struct judge *j;
	struct case_changes *n;
	struct writer	*w;
	struct query	*at_path, *by_id, *set_gone;
	struct maker	 maker;		/* its arena is given back after each */
	struct arena	*keep;
	struct slice	*paths;		/* of the spools, absolute */
	int64_t		*spools;	/* in the case; 0: named twice */
	uint8_t		*seen;		/* bit per row that was there before */
	int64_t		 last;		/* row */
	int64_t		 known;		/* rows that were there before */
	struct facts	**later;	/* not at the path the case has */
	size_t		 nlater;
	char		 now[21];
};

/* What the store works on: the row to be written, and its record. */
struct item {
	struct facts	*f;
	struct record	 rec;
	struct row	 row;
	struct stored	 st;
	char		 id[ID_CHARS];
};

static bool
was_seen(const struct store *t, int64_t row)
{
	return row > t->known || (t->seen[row / 8] >> (row % 8) & 1) != 0;
}

static void
see(struct store *t, int64_t row)
{
	if (row <= t->known)
		t->seen[row / 8] |= (uint8_t)(1u << (row % 8));
}

/* ---- an entry of the scan ---- */

/* Without bytes there is no digest: its place has to do. */
static void
id_of_place(struct store *t, struct maker *m, struct item *it)
{
	uint8_t sum[32];

	sha256_start(m->sha);
	sha256_add(m->sha, t->paths[it->f->spool]);
	sha256_end(m->sha, sum);
	id_make(m->sha, sum, it->row.path, it->id);
	it->st.id = (struct slice){ it->id, sizeof(it->id) };
}

static int
item_make(struct store *t, struct maker *m, struct facts *f, struct item *it,
    struct err *err)
{
	*it = (struct item){ .f = f };
	if (!scan_record(t->s, f, m->a, &it->rec, err))
		return -1;
	row_judged(&it->row, m->a, t->j, f, &it->rec, true);
	if (it->row.path.n == 0)
		it->row.path = SL(".");
	it->st = (struct stored){ .spool = t->spools[f->spool],
	    .id = it->rec.id, .r = &it->row };
	if (it->st.id.n == 0)
		id_of_place(t, m, it);
	it->st.content = writer_content(m->w, &it->st);
	return 0;
}

static int
item_read(struct store *t, struct facts *f, struct item *it, struct err *err)
{
	arena_reset(t->maker.a);
	return item_make(t, &t->maker, f, it, err);
}

static int
add(struct store *t, struct item *it, struct err *err)
{
	it->st.row = ++t->last;
	t->n->fresh++;
	return writer_add(t->w, &it->st, err);
}

/* ---- a case that has entries ---- */

struct place {
	int64_t		row, content;
	bool		same_id;
};

/* The entry that the case has at this path: 1, 0, -1. */
static int
find_at_path(struct store *t, const struct item *it, struct place *p,
    struct err *err)
{
	struct query *q = t->at_path;
	int r;

	q_int(q, 1, it->st.spool);
	q_text(q, 2, it->row.path);
	if ((r = q_step(q, err)) != 1)
		return r;
	*p = (struct place){ q_col_int(q, 0), q_col_int(q, 1),
	    sl_eq(q_col(q, 2), it->st.id) };
	q_reset(q);
	return 1;
}

/*
 * The same message, or one that cannot be read at the moment: then what
 * the case knows of it is better.  Anything else waits until it is known
 * which entries have left their places.
 */
static int
compare(struct store *t, struct facts *f, struct err *err)
{
	struct item it;
	struct place p = { 0 };
	int r;

	if (item_read(t, f, &it, err) == -1 ||
	    (r = find_at_path(t, &it, &p, err)) == -1)
		return -1;
	if (r == 0 || !(p.same_id || f->unread)) {
		t->later[t->nlater++] = f;
		return 0;
	}
	see(t, p.row);
	if (p.content == it.st.content || !p.same_id) {
		t->n->same++;
		return 0;
	}
	t->n->changed++;
	it.st.row = p.row;
	return writer_replace(t->w, &it.st, err);
}

/* Is the file that an entry was read from still there? */
static bool
still_there(struct store *t, struct slice spool, struct slice path)
{
	struct slice file = path;
	char *name;

	while (file.n > 0 && ascii_digit(file.p[file.n - 1]))
		file.n--;
	if (file.n == 0 || file.n == path.n || file.p[file.n - 1] != '@')
		file = path;
	else
		file.n--;
	name = arena_str(t->maker.a, arena_fmt(t->maker.a, SL_FMT "/" SL_FMT,
	    SL_ARG(spool), SL_ARG(file)));
	return faccessat(AT_FDCWD, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

/*
 * Where the same message was before: 1, 0, -1.  An entry that is gone has
 * come back; one of a spool that was not scanned may have been copied, and
 * has moved only when its file is no longer there.
 */
static int
find_before(struct store *t, const struct item *it, int64_t *row,
    struct err *err)
{
	struct query *q = t->by_id;
	int r;

	q_text(q, 1, it->st.id);
	while ((r = q_step(q, err)) == 1) {
		*row = q_col_int(q, 0);
		if (was_seen(t, *row))
			continue;
		if (!q_col_null(q, 1) ||
		    !still_there(t, q_col(q, 2), q_col(q, 3))) {
			q_reset(q);
			return 1;
		}
	}
	return r;
}

static int
place_later(struct store *t, struct facts *f, struct err *err)
{
	struct item it;
	int r;

	if (item_read(t, f, &it, err) == -1 ||
	    (r = find_before(t, &it, &it.st.row, err)) == -1)
		return -1;
	if (r == 0)
		return add(t, &it, err);
	see(t, it.st.row);
	t->n->moved++;
	return writer_replace(t->w, &it.st, err);
}

/* ---- what is gone ---- */

struct rows_of {
	int64_t	*v;
	size_t	 n, cap;
};

static void
rows_add(struct rows_of *r, int64_t row)
{
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 1024 : r->cap * 2;
		r->v = xrealloc(r->v, r->cap, sizeof(*r->v));
	}
	r->v[r->n++] = row;
}

/* Below a folder that could not be read nothing is known to be gone. */
static bool
is_hidden(const struct store *t, size_t spool, struct slice path)
{
	size_t i;

	for (i = 0; i < t->s->n; i++) {
		const struct facts *f = t->s->entries[i];
		struct slice dir = sl(f->path);

		if (f->spool != spool || !f->unread)
			continue;
		if (dir.n == 0 || sl_eq(dir, SL(".")) ||
		    (path.n > dir.n && path.p[dir.n] == '/' &&
		    sl_starts(path, dir)))
			return true;
	}
	return false;
}

static bool
any_unread(const struct store *t, size_t spool)
{
	size_t i;

	for (i = 0; i < t->s->n; i++)
		if (t->s->entries[i]->spool == spool &&
		    t->s->entries[i]->unread)
			return true;
	return false;
}

static int
unseen(struct store *t, size_t spool, struct rows_of *rows, struct err *err)
{
	struct query *q = db_query(t->c->db, "SELECT row, path FROM entry"
	    " WHERE spool = ?1 AND gone IS NULL", err);
	bool unread = any_unread(t, spool);
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, t->spools[spool]);
	while ((r = q_step(q, err)) == 1)
		if (!was_seen(t, q_col_int(q, 0)) &&
		    !(unread && is_hidden(t, spool, q_col(q, 1))))
			rows_add(rows, q_col_int(q, 0));
	query_free(q);
	return r;
}

static int
mark_gone(struct store *t, struct err *err)
{
	struct rows_of rows = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < t->s->nspools && r == 0; i++)
		if (t->spools[i] != 0)
			r = unseen(t, i, &rows, err);
	for (i = 0; i < rows.n && r == 0; i++) {
		q_text(t->set_gone, 1, sl(t->now));
		q_int(t->set_gone, 2, rows.v[i]);
		r = q_run(t->set_gone, err);
	}
	free(rows.v);
	return r;
}

/* ---- all entries ---- */

/* Ranges of one file that cannot be read are one entry. */
static bool
is_again(const struct store *t, size_t i)
{
	const struct facts *f = t->s->entries[i];

	return t->spools[f->spool] == 0 || (i > 0 &&
	    t->s->entries[i - 1]->spool == f->spool &&
	    strcmp(t->s->entries[i - 1]->path, f->path) == 0);
}

static int
stopped(struct err *err)
{
	return err_set(err, ERR_SYS, "stopped: the case is as it was before");
}

static void
tell(const struct store *t, size_t entries)
{
	if (t->s->progress != NULL)
		t->s->progress(t->s->progress_ctx, entries, 0);
}

/* ---- a fresh case ---- */

/* Entries from one on, made ready by a thread or by us. */
struct ready {
	struct store	*t;
	struct maker	 maker;
	struct kept	*kept;
	int64_t		 last;		/* row that is taken */
	size_t		 n;		/* entries, */
	size_t		 from, to;	/* of these of the scan */
	int		 result;
	struct err	 err;
};

static void
ready_init(struct ready *b, struct store *t)
{
	struct err none;

	*b = (struct ready){ .t = t, .maker = { arena_new(), sha256_new(),
	    writer_new(NULL, &none) } };
	b->kept = kept_new(b->maker.a);
}

static void
ready_end(struct ready *b)
{
	arena_free(b->maker.a);
	sha256_free(b->maker.sha);
	writer_free(b->maker.w);
	kept_free(b->kept);
}

/* Records are the arena's, as all their texts are. */
static int
ready_add(struct ready *b, struct facts *f, struct err *err)
{
	struct item *it = arena_alloc(b->maker.a, sizeof(*it));

	if (item_make(b->t, &b->maker, f, it, err) == -1)
		return -1;
	it->st.row = b->last + (int64_t)++b->n;
	writer_keep(b->maker.w, &it->st, b->kept);
	return 0;
}

static void *
make_ready(void *ctx)
{
	struct ready *b = ctx;
	struct scan *s = b->t->s;

	arena_reset(b->maker.a);
	kept_reset(b->kept);
	b->n = 0;
	b->result = 0;
	for (b->to = b->from; b->to < s->n && b->n < READY &&
	    b->result == 0; b->to++)
		if (!is_again(b->t, b->to))
			b->result = ready_add(b, s->entries[b->to], &b->err);
	return NULL;
}

static int
write_ready(struct store *t, struct ready *b, struct err *err)
{
	if (b->result == -1) {
		*err = b->err;
		return -1;
	}
	tell(t, b->from);
	if (sig_stop())
		return stopped(err);
	t->last += (int64_t)b->n;
	t->n->fresh += b->n;
	return writer_put(t->w, b->kept, err);
}

/* What comes next is made ready while what is ready is written. */
static int
fill_new(struct store *t, struct err *err)
{
	struct ready both[2], *now = &both[0], *next = &both[1], *was;
	pthread_t thread;
	bool beside;
	int r = 0;

	ready_init(now, t);
	ready_init(next, t);
	now->last = t->last;
	make_ready(now);
	while (r == 0 && (now->n > 0 || now->result == -1)) {
		next->from = now->to;
		next->last = now->last + (int64_t)now->n;
		beside = t->s->threads != 1 &&
		    pthread_create(&thread, NULL, make_ready, next) == 0;
		r = write_ready(t, now, err);
		if (beside)
			pthread_join(thread, NULL);
		else
			make_ready(next);
		was = now;
		now = next;
		next = was;
	}
	ready_end(now);
	ready_end(next);
	return r;
}

static int
compare_all(struct store *t, struct err *err)
{
	int64_t gone;
	size_t i;

	for (i = 0; i < t->s->n; i++) {
		if (is_again(t, i))
			continue;
		if (sig_stop())
			return stopped(err);
		tell(t, i);
		if (compare(t, t->s->entries[i], err) == -1)
			return -1;
	}
	gone = db_int(t->c->db, "SELECT count(*) FROM entry"
	    " WHERE gone IS NOT NULL", 0);
	if (mark_gone(t, err) == -1)
		return -1;
	for (i = 0; i < t->nlater; i++) {
		if (sig_stop())
			return stopped(err);
		if (place_later(t, t->later[i], err) == -1)
			return -1;
	}
	gone = db_int(t->c->db, "SELECT count(*) FROM entry"
	    " WHERE gone IS NOT NULL", 0) - gone;
	t->n->gone = gone > 0 ? (size_t)gone : 0;
	return 0;
}

static int
fill(struct store *t, struct err *err)
{
	if (t->known == 0)
		return fill_new(t, err);
	if (schema_index(t->c->db, err) == -1)
		return -1;
	t->later = xcalloc(t->s->n, sizeof(*t->later));
	return compare_all(t, err);
}

/* ---- the spools ---- */

static int
spool_number(struct store *t, size_t i, struct err *err)
{
	struct query *q = db_query(t->c->db, "INSERT INTO spool (path,"
	    " first_path, host, format, scanned) VALUES (?1, ?1, ?2, ?3, ?4)"
	    " ON CONFLICT (path) DO UPDATE SET format = ?3, scanned = ?4"
	    " RETURNING spool", err);
	char host[256];
	int r;

	if (q == NULL)
		return -1;
	state_host(host, sizeof(host));
	q_text(q, 1, t->paths[i]);
	q_text(q, 2, sl(host));
	q_text(q, 3, sl(t->s->formats[i]));
	q_text(q, 4, sl(t->now));
	if ((r = q_step(q, err)) == 1) {
		t->spools[i] = q_col_int(q, 0);
		r = q_run(q, err);
	}
	query_free(q);
	return r;
}

static int
number_spools(struct store *t, struct err *err)
{
	size_t i, k;

	for (i = 0; i < t->s->nspools; i++) {
		t->paths[i] = case_abspath(t->keep, t->s->spools[i]);
		if (spool_number(t, i, err) == -1)
			return -1;
		for (k = 0; k < i; k++)
			if (t->spools[k] == t->spools[i])
				t->spools[i] = 0;
	}
	return 0;
}

static int
write_down(struct store *t, struct slice args, struct err *err)
{
	struct buf what = { 0 }, result = { 0 };
	struct ledger_row row = { .verb = SL("scan"), .args = args };
	size_t i;
	int r;

	for (i = 0; i < t->s->nspools && i < 20; i++)
		buf_fmt(&what, "%s%s", i > 0 ? " " : "", t->s->spools[i]);
	buf_fmt(&result, "%zu new, %zu changed, %zu moved, %zu gone, "
	    "%zu as before", t->n->fresh, t->n->changed, t->n->moved,
	    t->n->gone, t->n->same);
	row.what = buf_sl(&what);
	row.result = buf_sl(&result);
	r = ledger_add(t->c, &row, err);
	buf_free(&what);
	buf_free(&result);
	return r;
}

static int
prepare(struct store *t, struct err *err)
{
	struct db *d = t->c->db;

	t->last = t->known = db_int(d, "SELECT ifnull(max(row), 0) FROM entry",
	    0);
	t->seen = xcalloc((size_t)t->known / 8 + 1, 1);
	t->spools = xcalloc(t->s->nspools, sizeof(*t->spools));
	t->paths = arena_alloc(t->keep, t->s->nspools * sizeof(*t->paths));
	t->w = t->maker.w = writer_new(d, err);
	t->at_path = db_query(d, "SELECT row, content, id FROM entry"
	    " WHERE spool = ?1 AND path = ?2 AND gone IS NULL", err);
	t->by_id = db_query(d, "SELECT row, gone, s.path, e.path FROM entry e"
	    " JOIN spool s ON s.spool = e.spool WHERE id = ?1", err);
	t->set_gone = db_query(d, "UPDATE entry SET gone = ?1 WHERE row = ?2",
	    err);
	return t->w == NULL || t->at_path == NULL || t->by_id == NULL ||
	    t->set_gone == NULL ? -1 : 0;
}

int
case_store(struct casefile *c, struct scan *s, const struct judge *j,
    const struct case_campaigns *known, struct slice args,
    struct case_changes *out, struct err *err)
{
	struct err ignored;
	struct store t = { .c = c, .s = s, .j = j, .n = out,
	    .maker = { .a = arena_new(), .sha = sha256_new() },
	    .keep = arena_new() };
	bool own;
	int r;

	*out = (struct case_changes){ 0 };
	state_now(t.now);
	/* what is added below names the entry just added: nothing to check */
	if ((r = db_run(c->db, "PRAGMA foreign_keys = OFF", err)) == 0 &&
	    (r = state_begin(c, &own, err)) == 0) {
		r = prepare(&t, err) || number_spools(&t, err) ||
		    fill(&t, err) || schema_index(c->db, err) ||
		    case_campaigns_write(c, j, known, err) ||
		    write_down(&t, args, err) ? -1 : 0;
		out->marked = (size_t)db_int(c->db, "SELECT count(*)"
		    " FROM entry JOIN spool s ON s.spool = entry.spool"
		    " WHERE mark IS NOT NULL AND class <> judged"
		    " AND gone IS NULL"
		    " AND scanned = (SELECT max(scanned) FROM spool)", 0);
		writer_free(t.w);
		query_free(t.at_path);
		query_free(t.by_id);
		query_free(t.set_gone);
		r = state_end(c, own, r, err);
	}
	(void)db_run(c->db, "PRAGMA foreign_keys = ON", &ignored);
	free(t.seen);
	free(t.spools);
	free(t.later);
	sha256_free(t.maker.sha);
	arena_free(t.maker.a);
	arena_free(t.keep);
	return r;
}
