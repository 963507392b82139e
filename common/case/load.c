#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "case/state.h"
#include "spool/find.h"

/* The message that case_load gave last; its spool stays open for the next. */
struct opened {
	struct arena		*a;		/* of the message */
	struct spool_found	 f;
	struct spool_msg	 m;
	bool			 found;		/* f is to be closed */
	struct buf		 tree;		/* where f's spool is */
	int64_t			 row;		/* whose m is; 0: nobody's */
};

/* Where an entry may lie, and how to know it. */
struct where {
	struct slice	format;
	struct slice	spool, archive, inside, path;
	uint8_t		sha256[32];
	bool		has_digest;
};

void
opened_free(struct opened *o)
{
	if (o == NULL)
		return;
	if (o->found)
		spool_found_close(&o->f);
	arena_free(o->a);
	buf_free(&o->tree);
	free(o);
}

static int
find_row(struct casefile *c, int64_t row, struct arena *a, struct where *w,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT s.format, s.path, s.archive,"
	    " s.inside, e.path, e.sha256 FROM entry e"
	    " JOIN spool s ON s.spool = e.spool WHERE e.row = ?1", err);
	struct slice sum = { NULL, 0 };
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, row);
	if ((r = q_step(q, err)) == 1) {
		w->format = arena_dup(a, q_col(q, 0));
		w->spool = arena_dup(a, q_col(q, 1));
		w->archive = arena_dup(a, q_col(q, 2));
		w->inside = arena_dup(a, q_col(q, 3));
		w->path = arena_dup(a, q_col(q, 4));
		sum = q_col(q, 5);
		w->has_digest = sum.n == sizeof(w->sha256);
		if (w->has_digest)
			memcpy(w->sha256, sum.p, sum.n);
	}
	query_free(q);
	if (r == 0)
		return err_set(err, ERR_USAGE, "%s: no entry in row %lld",
		    c->path, (long long)row);
	if (r == 1 && sum.n > 0 && !w->has_digest)
		return err_set(err, ERR_FORMAT, SL_FMT ": its digest in the "
		    "case is damaged; make a new case", SL_ARG(w->path));
	return r;
}

static void
add_piece(void *ctx, struct slice piece)
{
	sha256_add(ctx, piece);
}

static int
same_bytes(struct opened *o, const struct where *w, const char *file,
    struct err *err)
{
	struct sha256 *h;
	uint8_t sum[32];
	int r;

	if (!w->has_digest)
		return 0;
	h = sha256_new();
	sha256_start(h);
	r = spool_bytes(o->f.rd, &o->m, add_piece, h, err);
	if (r == 0)
		sha256_end(h, sum);
	sha256_free(h);
	if (r == 0 && memcmp(sum, w->sha256, sizeof(sum)) != 0)
		return err_set(err, ERR_FORMAT, "%s: holds another message "
		    "than when it was scanned; scan it again", file);
	return r;
}

/* A tree that went away is open still: its name has to lead to the file. */
static bool
is_gone(const char *file)
{
	return access(file, F_OK) == -1 && errno == ENOENT &&
	    strrchr(file, '@') == NULL;
}

static int
find_file(struct opened *o, const struct where *w, struct slice tree,
    const char *path, const char *file, struct err *err)
{
	if (is_gone(file))
		return err_sys(err, "%s", file);
	if (o->found && sl_eq(tree, buf_sl(&o->tree)) &&
	    spool_find_again(&o->f, path, err) == 1)
		return 0;
	if (o->found)
		spool_found_close(&o->f);
	o->found = spool_find(&o->f, o->a, file, arena_str(o->a, w->format),
	    err) == 0;
	o->tree.n = 0;
	buf_add(&o->tree, tree);
	return o->found ? 0 : -1;
}

static int
try_file(struct opened *o, const struct where *w, struct slice tree,
    struct err *err)
{
	const char *path = arena_str(o->a, w->path);
	const char *file = arena_fmt(o->a, SL_FMT "/%s", SL_ARG(tree), path).p;

	return find_file(o, w, tree, path, file, err) == -1 ||
	    spool_found_load(&o->f, &o->m, err) == -1 ||
	    same_bytes(o, w, file, err) == -1 ? -1 : 0;
}

static int
try_archive(struct opened *o, const struct where *w, struct slice archive,
    struct slice inside, struct err *err)
{
	return try_file(o, w, inside.n == 0 ? archive : arena_fmt(o->a,
	    SL_FMT "/" SL_FMT, SL_ARG(archive), SL_ARG(inside)), err);
}

/* The archives of some entries that hold this one, the last made first. */
static int
try_pieces(struct casefile *c, int64_t row, const struct where *w,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT p.archive, p.inside"
	    " FROM piece_entry x JOIN piece p ON p.piece = x.piece"
	    " WHERE x.entry = ?1 ORDER BY p.piece DESC", err);
	struct opened *o = c->opened;
	int r = -1;

	if (q == NULL)
		return -1;
	q_int(q, 1, row);
	while (r == -1 && q_step(q, err) == 1)
		r = try_archive(o, w, arena_dup(o->a, q_col(q, 0)),
		    arena_dup(o->a, q_col(q, 1)), err);
	query_free(q);
	return r;
}

/* The tree first, where it was last seen; then the archives of it. */
static int
try_places(struct casefile *c, int64_t row, const struct where *w,
    struct err *err)
{
	if (try_file(c->opened, w, w->spool, err) == 0 ||
	    (w->archive.n > 0 && try_archive(c->opened, w, w->archive,
	    w->inside, err) == 0))
		return 0;
	return try_pieces(c, row, w, err);
}

int
case_load(struct casefile *c, int64_t row, struct spool_msg *m,
    struct err *err)
{
	struct opened *o = c->opened;
	struct where w = { 0 };

	if (o == NULL) {
		o = c->opened = xcalloc(1, sizeof(*o));
		o->a = arena_new();
	}
	o->row = 0;
	if (o->found)
		spool_found_done(&o->f);
	arena_reset(o->a);
	if (find_row(c, row, o->a, &w, err) == -1 ||
	    try_places(c, row, &w, err) == -1)
		return -1;
	o->row = row;
	*m = o->m;
	return 0;
}

int
case_text(struct casefile *c,
    int (*piece)(void *ctx, struct slice bytes, struct err *err), void *ctx,
    struct err *err)
{
	return spool_text(c->opened->f.rd, &c->opened->m, piece, ctx, err);
}

int
case_bytes(struct casefile *c, int64_t row,
    void (*piece)(void *ctx, struct slice bytes), void *ctx, struct err *err)
{
	struct spool_msg m;

	if ((c->opened == NULL || c->opened->row != row) &&
	    case_load(c, row, &m, err) == -1)
		return -1;
	return spool_bytes(c->opened->f.rd, &c->opened->m, piece, ctx, err);
}

/* ---- trees that move ---- */

static int
run2(struct casefile *c, const char *sql, struct slice v[3], struct err *err)
{
	struct query *q = db_query(c->db, sql, err);
	int i, r;

	if (q == NULL)
		return -1;
	for (i = 0; i < 3; i++)
		q_text(q, i + 1, v[i]);
	r = q_run(q, err);
	query_free(q);
	return r == -1 ? -1 : (int)db_changes(c->db);
}

/*
 * The tree itself and spools found below it; not what rotation and turf put
 * aside in it, which stays when the spool around it is exchanged.
 */
#define IN_TREE \
	"(path = ?1 OR (substr(path, 1, length(?1) + 1) = ?1 || '/'" \
	" AND substr(path, length(?1) + 2, length('" SPOOL_ASIDE "'))" \
	" <> '" SPOOL_ASIDE "'))"

int
case_spool_moved(struct casefile *c, const char *old, const char *now,
    struct err *err)
{
	struct arena *a = arena_new();
	struct slice v[3] = { case_abspath(a, old), case_abspath(a, now) };
	int r = run2(c, "UPDATE spool SET path = ?2 ||"
	    " substr(path, length(?1) + 1) WHERE ?3 IS NULL AND " IN_TREE,
	    v, err);

	arena_free(a);
	return r;
}

int
case_spool_archived(struct casefile *c, const char *tree,
    const char *archive, const char *inside, struct err *err)
{
	struct arena *a = arena_new();
	struct slice v[3] = { case_abspath(a, tree), case_abspath(a, archive),
	    sl(inside) };
	int r = run2(c, "UPDATE spool SET archive = ?2, inside = trim("
	    "coalesce(?3, '') || substr(path, length(?1) + 1), '/')"
	    " WHERE " IN_TREE, v, err);

	arena_free(a);
	return r;
}

/* A piece for each spool of the tree. */
#define ADD_PIECES \
	"INSERT INTO piece (spool, archive, inside)" \
	" SELECT spool, ?2, trim(coalesce(?3, '') ||" \
	" substr(path, length(?1) + 1), '/') FROM spool WHERE " IN_TREE \
	" ON CONFLICT DO UPDATE SET inside = excluded.inside"
#define EMPTY_PIECES \
	"DELETE FROM piece_entry WHERE piece IN" \
	" (SELECT piece FROM piece WHERE archive = ?1)"
#define ADD_PIECE_ENTRY \
	"INSERT OR IGNORE INTO piece_entry SELECT e.row, p.piece" \
	" FROM entry e JOIN piece p ON p.spool = e.spool" \
	" WHERE e.id = ?1 AND p.archive = ?2"

/* An archive of that name was known, and is not there any more. */
static int
empty_pieces(struct casefile *c, struct slice archive, struct err *err)
{
	struct query *q = db_query(c->db, EMPTY_PIECES, err);
	int r = -1;

	if (q != NULL) {
		q_text(q, 1, archive);
		r = q_run(q, err);
	}
	query_free(q);
	return r;
}

static int
add_entries(struct casefile *c, struct slice archive,
    const struct slice *ids, size_t n, struct err *err)
{
	struct query *q = db_query(c->db, ADD_PIECE_ENTRY, err);
	size_t i;
	int r = q == NULL ? -1 : 0;

	for (i = 0; r == 0 && i < n; i++) {
		q_text(q, 1, ids[i]);
		q_text(q, 2, archive);
		r = q_run(q, err);
		q_reset(q);
	}
	query_free(q);
	return r;
}

int
case_entries_archived(struct casefile *c, const char *tree,
    const char *archive, const char *inside, const struct slice *ids,
    size_t n, struct err *err)
{
	struct arena *a = arena_new();
	struct slice v[3] = { case_abspath(a, tree), case_abspath(a, archive),
	    sl(inside) };
	int spools = -1;
	bool own;

	if (state_begin(c, &own, err) == 0) {
		if (empty_pieces(c, v[1], err) == 0)
			spools = run2(c, ADD_PIECES, v, err);
		if (spools != -1 && add_entries(c, v[1], ids, n, err) == -1)
			spools = -1;
		if (state_end(c, own, spools == -1 ? -1 : 0, err) == -1)
			spools = -1;
	}
	arena_free(a);
	return spools;
}

/* ---- archives ---- */

struct archives {
	struct arena		*a;
	struct case_archive	*v;
	size_t			 n, cap;
};

static void
add_archive(struct archives *t, struct slice path, struct slice inside)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (sl_eq(sl(t->v[i].path), path) &&
		    sl_eq(sl(t->v[i].inside), inside))
			return;
	*(struct case_archive *)arena_more(t->a, &t->v, &t->n, &t->cap,
	    sizeof(*t->v)) = (struct case_archive){
	    arena_str(t->a, path), arena_str(t->a, inside) };
}

static int
add_archives(struct archives *t, struct query *q, struct err *err)
{
	int r;

	while ((r = q_step(q, err)) == 1)
		add_archive(t, q_col(q, 0), q_col(q, 1));
	q_reset(q);
	return r;
}

static int
whole_archive(struct casefile *c, const char *spool, struct archives *t,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT archive, inside FROM spool"
	    " WHERE path = ?1 AND archive IS NOT NULL", err);
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, sl(spool));
	r = add_archives(t, q, err);
	query_free(q);
	return r;
}

int
case_archives(struct casefile *c, const char *spool,
    const struct case_rows *rows, struct arena *a, struct case_archive **v,
    size_t *n, struct err *err)
{
	struct archives t = { .a = a };
	struct query *q;
	size_t i;
	int r = whole_archive(c, spool, &t, err);

	if (r == -1 || (q = db_query(c->db, "SELECT p.archive, p.inside FROM"
	    " piece_entry x JOIN piece p ON p.piece = x.piece"
	    " WHERE x.entry = ?1 ORDER BY p.piece DESC", err)) == NULL)
		return -1;
	for (i = 0; r == 0 && i < rows->n; i++) {
		q_int(q, 1, rows->v[i]);
		r = add_archives(&t, q, err);
	}
	query_free(q);
	*v = t.v;
	*n = t.n;
	return r;
}
