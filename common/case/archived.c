#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "case/archived.h"
#include "case/state.h"
#include "spool/spool.h"

struct noted {
	const char	*archive;	/* the same pointer for the same one */
	const char	*name;		/* in it: "BAG/data/Out/1" */
	int64_t		 row;
	uint8_t		 sha256[32];
	bool		 told;
};

struct archived {
	struct query	*q;
	struct arena	*a;
	struct noted	*v;
	size_t		 n, cap;
	const char	**archives;
	size_t		 narchives, archives_cap;
	struct sha256	*sha;
	struct buf	 b;
};

struct archived *
archived_new(struct casefile *c, struct err *err)
{
	struct archived *p = xcalloc(1, sizeof(*p));

	/* An archive of all first, then the last that was made of some. */
	p->q = db_query(c->db, "SELECT s.path, e.path,"
	    " coalesce(s.archive, p.archive),"
	    " CASE WHEN s.archive IS NULL THEN p.inside ELSE s.inside END,"
	    " e.sha256 FROM entry e JOIN spool s ON s.spool = e.spool"
	    " LEFT JOIN piece p ON p.piece ="
	    " (SELECT max(piece) FROM piece_entry WHERE entry = e.row)"
	    " WHERE e.row = ?1", err);
	if (p->q == NULL) {
		free(p);
		return NULL;
	}
	p->a = arena_new();
	p->sha = sha256_new();
	return p;
}

void
archived_free(struct archived *p)
{
	if (p == NULL)
		return;
	query_free(p->q);
	arena_free(p->a);
	free(p->v);
	free(p->archives);
	sha256_free(p->sha);
	buf_free(&p->b);
	free(p);
}

static const char *
archive_named(struct archived *p, struct slice path)
{
	size_t i;

	for (i = p->narchives; i-- > 0;)
		if (sl_eq(sl(p->archives[i]), path))
			return p->archives[i];
	if (p->narchives == p->archives_cap) {
		p->archives_cap = p->archives_cap == 0 ? 16 :
		    p->archives_cap * 2;
		p->archives = xrealloc(p->archives, p->archives_cap,
		    sizeof(*p->archives));
	}
	return p->archives[p->narchives++] = arena_str(p->a, path);
}

/* The file of "box@4096" is box, unless there is one of that name. */
static bool
in_tree(struct archived *p, struct slice spool, struct slice path)
{
	char *at;

	p->b.n = 0;
	buf_fmt(&p->b, SL_FMT "/" SL_FMT, SL_ARG(spool), SL_ARG(path));
	buf_addc(&p->b, '\0');
	if (access(p->b.p, F_OK) == 0)
		return true;
	if ((at = strrchr(p->b.p, '@')) != NULL) {
		*at = '\0';
		return access(p->b.p, F_OK) == 0;
	}
	return errno != ENOENT && errno != ENOTDIR;
}

static void
note(struct archived *p, int64_t row)
{
	struct slice inside = q_col(p->q, 3);
	struct noted *v;

	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? 1024 : p->cap * 2;
		p->v = xrealloc(p->v, p->cap, sizeof(*p->v));
	}
	v = &p->v[p->n++];
	*v = (struct noted){ .archive = archive_named(p, q_col(p->q, 2)),
	    .row = row };
	p->b.n = 0;
	buf_fmt(&p->b, SL_FMT "%s" SL_FMT, SL_ARG(inside),
	    inside.n > 0 ? "/" : "", SL_ARG(q_col(p->q, 1)));
	v->name = arena_str(p->a, buf_sl(&p->b));
	memcpy(v->sha256, q_col(p->q, 4).p, sizeof(v->sha256));
}

int
archived_add(struct archived *p, int64_t row, struct err *err)
{
	int r;

	q_int(p->q, 1, row);
	if ((r = q_step(p->q, err)) == 1) {
		r = q_col(p->q, 2).n > 0 && q_col(p->q, 4).n == 32 &&
		    !in_tree(p, q_col(p->q, 0), q_col(p->q, 1));
		if (r == 1)
			note(p, row);
	}
	q_reset(p->q);
	return r;
}

/* ---- one archive ---- */

static int
by_name(const void *a, const void *b)
{
	const struct noted *x = a, *y = b;
	int c = strcmp(x->archive, y->archive);

	return c != 0 ? c : strcmp(x->name, y->name);
}

struct look {
	struct archived	*p;
	const struct archived_told *told;
	struct noted	*v;		/* of the archive */
	size_t		 n;
};

/* The first of that name: two spools of the case may be one. */
static struct noted *
find(const struct look *l, const char *name)
{
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(l->v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < l->n && strcmp(l->v[lo].name, name) == 0 ? &l->v[lo] :
	    NULL;
}

static void
add_piece(void *ctx, struct slice piece)
{
	sha256_add(ctx, piece);
}

static void
tell(struct look *l, struct noted *v, const uint8_t sum[32])
{
	struct err why;

	for (; v < l->v + l->n && strcmp(v->name, l->p->b.p) == 0; v++) {
		v->told = true;
		if (memcmp(sum, v->sha256, 32) == 0) {
			l->told->same(l->told->ctx, v->row);
			continue;
		}
		err_set(&why, ERR_FORMAT, "%s/%s: holds another message than "
		    "when it was scanned; scan it again", v->archive, v->name);
		l->told->differs(l->told->ctx, v->row, why.msg);
	}
}

static void
look_at(struct look *l, const struct spool *sp, const struct spool_entry *e,
    struct spool_reader *rd, const struct spool_msg *m)
{
	struct buf *b = &l->p->b;
	const char *below = spool_path(sp) + strlen(l->v[0].archive);
	struct noted *v;
	struct err err;
	uint8_t sum[32];

	b->n = 0;
	buf_fmt(b, "%s%s%s", below + (below[0] == '/'),
	    below[0] == '/' ? "/" : "", e->path);
	if (m->part > 0)
		buf_fmt(b, "@%llu", (unsigned long long)m->offset);
	buf_addc(b, '\0');
	if ((v = find(l, b->p)) == NULL || v->told)
		return;
	sha256_start(l->p->sha);
	if (spool_bytes(rd, m, add_piece, l->p->sha, &err) == -1)
		return;
	sha256_end(l->p->sha, sum);
	tell(l, v, sum);
}

static void
walk(struct look *l, struct spool **set, struct arena *a)
{
	struct spool_reader *rd = spool_reader_new(a);
	struct arena *names = arena_new();
	struct spool_entry e;
	struct spool_msg m;
	struct err err;
	int r;

	while (!sig_stop() && (r = spool_next(set[0], names, &e, &err)) != 0) {
		if (r == 1 && spool_start(set[e.nth], &e, rd, &err) == 0)
			while (spool_load(rd, &m, &err) == 1)
				look_at(l, set[e.nth], &e, rd, &m);
		if (r == 1)
			spool_entry_done(&e);
		arena_reset(a);
		arena_reset(names);
	}
	spool_reader_free(rd);
	arena_free(names);
}

static void
look_in(struct look *l)
{
	struct arena *keep = arena_new(), *a = arena_new();
	struct spool **set;
	struct err err;
	size_t n, i;

	if (spool_open(&set, &n, keep, l->v[0].archive, NULL, &err) == 0) {
		walk(l, set, a);
		for (i = 0; i < n; i++)
			spool_close(set[i]);
	}
	arena_free(a);
	arena_free(keep);
	for (i = 0; i < l->n && !sig_stop(); i++)
		if (!l->v[i].told)
			l->told->other(l->told->ctx, l->v[i].row);
}

void
archived_look(struct archived *p, const struct archived_told *told)
{
	struct look l = { .p = p, .told = told };
	size_t i, k;

	if (p->n > 0)
		qsort(p->v, p->n, sizeof(*p->v), by_name);
	for (i = 0; i < p->n && !sig_stop(); i = k) {
		for (k = i; k < p->n && p->v[k].archive == p->v[i].archive;)
			k++;
		l.v = &p->v[i];
		l.n = k - i;
		look_in(&l);
	}
}
