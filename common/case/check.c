#include <errno.h>

#include "base/sig.h"
#include "case/check.h"
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

/* case_bytes compares the digest. */
static void
check_file(struct casefile *c, const struct case_entry *e,
    struct case_check *check)
{
	struct err err = { 0 };

	if (e->sha256.n == 0)
		check->unread++;
	else if (case_bytes(c, e->row, no_piece, NULL, &err) == 0)
		check->same++;
	else if (err.sys == ENOENT || err.sys == ENOTDIR)
		check->gone++;
	else {
		check->changed++;
		check->differs(check->ctx, err.msg);
	}
}

int
case_check_files(struct casefile *c, const struct case_want *want,
    struct case_check *check, struct err *err)
{
	struct case_cursor *cur;
	struct case_entry e;
	uint64_t bytes = 0;
	size_t n = 0;
	int r = 0;

	if (case_select(c, want, &cur, err) == -1)
		return -1;
	while (!sig_stop() && (r = case_next(cur, &e, err)) == 1) {
		bytes += e.size;
		check_file(c, &e, check);
		check->progress(check->progress_ctx, ++n, bytes);
	}
	case_cursor_free(cur);
	return r == -1 ? -1 : 0;
}
