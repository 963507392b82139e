#include <stdlib.h>

#include "case/state.h"
#include "judge/facts.h"

static int
put_mark(struct casefile *c, int64_t row, struct slice class,
    struct slice because, struct err *err)
{
	struct query *q = db_query(c->db, "INSERT INTO mark (entry, at, who,"
	    " class, because) SELECT row, ?2, ?3, ?4, ?5 FROM entry"
	    " WHERE row = ?1", err);
	char now[21];
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, row);
	q_text(q, 2, sl(state_now(now)));
	q_text(q, 3, sl(c->who));
	q_text(q, 4, class);
	q_text(q, 5, because);
	r = q_run(q, err);
	query_free(q);
	if (r == 0 && db_changes(c->db) == 0)
		return err_set(err, ERR_USAGE, "%s: no entry in row %lld",
		    c->path, (long long)row);
	return r;
}

/* The newest mark is in force, unless it takes the one before back. */
static int
apply(struct casefile *c, int64_t row, struct err *err)
{
	struct query *q = db_query(c->db, "UPDATE entry SET mark = m.mark,"
	    " class = coalesce(m.class, judged) FROM (SELECT iif(class IS"
	    " NULL, NULL, mark) AS mark, class FROM mark WHERE entry = ?1"
	    " ORDER BY mark.mark DESC LIMIT 1) AS m WHERE row = ?1", err);
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, row);
	r = q_run(q, err);
	query_free(q);
	return r;
}

int
case_mark(struct casefile *c, int64_t row, struct slice class,
    struct slice because, struct err *err)
{
	enum class known;
	bool own;
	int r;

	if (class.n > 0 && !class_parse(class, &known))
		return err_set(err, ERR_USAGE, SL_FMT ": no class; one of "
		    "relay, backscatter, spam, legit, unsure", SL_ARG(class));
	if (state_begin(c, &own, err) == -1)
		return -1;
	r = put_mark(c, row, class, because, err) ||
	    apply(c, row, err) ? -1 : 0;
	return state_end(c, own, r, err);
}

int
case_marks(struct casefile *c, int64_t row, struct arena *a,
    struct case_mark **v, size_t *n, struct err *err)
{
	struct query *q = db_query(c->db, "SELECT at, who, class, because"
	    " FROM mark WHERE entry = ?1 ORDER BY mark", err);
	size_t cap = 0;
	int r;

	*v = NULL;
	*n = 0;
	if (q == NULL)
		return -1;
	q_int(q, 1, row);
	while ((r = q_step(q, err)) == 1) {
		struct case_mark m = { arena_dup(a, q_col(q, 0)),
		    arena_dup(a, q_col(q, 1)), arena_dup(a, q_col(q, 2)),
		    arena_dup(a, q_col(q, 3)) };

		*(struct case_mark *)arena_more(a, v, n, &cap, sizeof(m)) = m;
	}
	query_free(q);
	return r;
}
