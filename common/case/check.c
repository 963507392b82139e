#include <errno.h>

#include "base/sig.h"
#include "case/check.h"
#include "case/archived.h"
#include "case/state.h"

/* The first complaint of a PRAGMA that lists them; "ok" is none. */
static int
complains(struct casefile *c, const char *pragma, struct err *err)
{
	struct query *q = db_query(c->db, pragma, err);
	int r;

	if (q == NULL)
		return -1;
	r = q_step(q, err);
	if (r == 1 && sl_eq(q_col(q, 0), SL("ok")))
		r = 0;
	else if (r == 1)
		err_set(err, ERR_FORMAT, "%s: damaged: " SL_FMT, c->path,
		    SL_ARG(q_col(q, 0)));
	query_free(q);
	return r;
}

int
case_check_schema(struct casefile *c, struct err *err)
{
	int r;

	if ((r = complains(c, "PRAGMA integrity_check(1)", err)) == 0)
		r = complains(c, "PRAGMA foreign_key_check", err);
	if (r != 0)
		return r == 1 ? 0 : -1;
	return schema_same(c->db, c->path, err);
}

static void
no_piece(void *ctx, struct slice piece)
{
	(void)ctx, (void)piece;
}

/* What the walk works with. */
struct files {
	struct casefile	*c;
	struct case_check *check;
	struct archived	*archived;	/* they come last */
	uint64_t	 bytes;
	size_t		 n;
};

static void
looked(struct files *f)
{
	f->check->progress(f->check->progress_ctx, ++f->n, f->bytes);
}

/* case_bytes compares the digest. */
static void
check_file(void *ctx, int64_t row)
{
	struct files *f = ctx;
	struct err err = { 0 };

	if (case_bytes(f->c, row, no_piece, NULL, &err) == 0)
		f->check->same++;
	else if (err.sys == ENOENT || err.sys == ENOTDIR)
		f->check->gone++;
	else {
		f->check->changed++;
		f->check->differs(f->check->ctx, err.msg);
	}
	looked(f);
}

static void
same(void *ctx, int64_t row)
{
	struct files *f = ctx;

	(void)row;
	f->check->same++;
	looked(f);
}

static void
differs(void *ctx, int64_t row, const char *why)
{
	struct files *f = ctx;

	(void)row;
	f->check->changed++;
	f->check->differs(f->check->ctx, why);
	looked(f);
}

static int
check_entry(struct files *f, const struct case_entry *e, struct err *err)
{
	int r;

	f->bytes += e->size;
	if (e->sha256.n == 0) {
		f->check->unread++;
		looked(f);
		return 0;
	}
	if ((r = archived_add(f->archived, e->row, err)) == 0)
		check_file(f, e->row);
	return r == -1 ? -1 : 0;
}

int
case_check_files(struct casefile *c, const struct case_want *want,
    struct case_check *check, struct err *err)
{
	struct files f = { .c = c, .check = check };
	const struct archived_told told = { same, differs, check_file, &f };
	struct case_cursor *cur;
	struct case_entry e;
	int r = 0;

	if (case_select(c, want, &cur, err) == -1)
		return -1;
	if ((f.archived = archived_new(c, err)) == NULL)
		r = -1;
	while (r == 0 && !sig_stop() && (r = case_next(cur, &e, err)) == 1)
		r = check_entry(&f, &e, err);
	if (r == 0)
		archived_look(f.archived, &told);
	archived_free(f.archived);
	case_cursor_free(cur);
	return r;
}
