#include "case/rotation.h"
#include "case/state.h"

static const char *const names[] = { "building", "swapping", "done",
	"undone" };

static int
set_state(struct casefile *c, struct rotation *r, enum rotation_state s,
    struct err *err)
{
	struct query *q = db_query(c->db, "UPDATE rotation SET state = ?2"
	    " WHERE rotation = ?1", err);
	int ret;

	if (q == NULL)
		return -1;
	q_int(q, 1, r->id);
	q_text(q, 2, sl(names[s]));
	ret = q_run(q, err);
	query_free(q);
	if (ret == 0)
		r->state = s;
	return ret;
}

int
rotation_begin(struct casefile *c, struct rotation *r, struct err *err)
{
	struct query *q = db_query(c->db, "INSERT INTO rotation"
	    " (at, spool, generation, state) VALUES (?1, ?2, ?3, ?4)"
	    " RETURNING rotation", err);
	char now[21];
	int ret;

	if (q == NULL)
		return -1;
	r->state = ROTATION_BUILDING;
	q_text(q, 1, sl(state_now(now)));
	q_text(q, 2, sl(r->spool));
	q_text(q, 3, sl(r->generation));
	q_text(q, 4, sl(names[r->state]));
	if ((ret = q_step(q, err)) == 1) {
		r->id = q_col_int(q, 0);
		ret = q_run(q, err);
	}
	query_free(q);
	return ret;
}

static int
add_swaps(struct casefile *c, const struct rotation *r, struct err *err)
{
	struct query *q = db_query(c->db, "INSERT INTO rotation_swap"
	    " (rotation, n, name, fresh) VALUES (?1, ?2, ?3, ?4)", err);
	size_t i;
	int ret = q == NULL ? -1 : 0;

	for (i = 0; ret == 0 && i < r->nswap; i++) {
		q_int(q, 1, r->id);
		q_int(q, 2, (int64_t)i);
		q_text(q, 3, sl(r->swap[i].name));
		q_int(q, 4, (int64_t)r->swap[i].fresh);
		ret = q_run(q, err);
	}
	query_free(q);
	return ret;
}

int
rotation_swapping(struct casefile *c, struct rotation *r, struct err *err)
{
	bool own;
	int ret;

	if (state_begin(c, &own, err) == -1)
		return -1;
	ret = add_swaps(c, r, err);
	if (ret == 0)
		ret = set_state(c, r, ROTATION_SWAPPING, err);
	return state_end(c, own, ret, err);
}

int
rotation_end(struct casefile *c, struct rotation *r,
    enum rotation_state how, struct err *err)
{
	return set_state(c, r, how, err);
}

int
rotation_known(struct casefile *c, const char *generation, struct err *err)
{
	struct query *q = db_query(c->db, "SELECT 1 FROM rotation"
	    " WHERE generation = ?1 AND state <> 'undone'", err);
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, sl(generation));
	r = q_step(q, err);
	query_free(q);
	return r;
}

static int
read_swaps(struct casefile *c, struct arena *a, struct rotation *r,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT name, fresh"
	    " FROM rotation_swap WHERE rotation = ?1 ORDER BY n", err);
	size_t cap = 0;
	int ret;

	if (q == NULL)
		return -1;
	q_int(q, 1, r->id);
	r->nswap = 0;
	r->swap = NULL;
	while ((ret = q_step(q, err)) == 1)
		*(struct rotation_swap *)arena_more(a, &r->swap, &r->nswap,
		    &cap, sizeof(*r->swap)) = (struct rotation_swap){
		    .name = arena_str(a, q_col(q, 0)),
		    .fresh = (uint64_t)q_col_int(q, 1) };
	query_free(q);
	return ret;
}

int
rotation_pending(struct casefile *c, const char *spool, struct arena *a,
    struct rotation *r, struct err *err)
{
	struct query *q = db_query(c->db, "SELECT rotation, spool, generation,"
	    " state = 'swapping' FROM rotation WHERE spool = ?1"
	    " AND state IN ('building', 'swapping')", err);
	int ret;

	if (q == NULL)
		return -1;
	q_text(q, 1, sl(spool));
	if ((ret = q_step(q, err)) == 1) {
		r->id = q_col_int(q, 0);
		r->spool = arena_str(a, q_col(q, 1));
		r->generation = arena_str(a, q_col(q, 2));
		r->state = q_col_int(q, 3) ? ROTATION_SWAPPING :
		    ROTATION_BUILDING;
	}
	query_free(q);
	if (ret == 1 && read_swaps(c, a, r, err) == -1)
		return -1;
	return ret;
}
