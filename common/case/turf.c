#include "case/state.h"
#include "case/turf.h"

static const char *const names[] = { "going", "out", "returning", "back",
	"deleting", "deleted", "left" };

/* A folder of entries like any: its format and host are the spool's. */
static int
add_folder(struct casefile *c, const char *path, const char *like,
    struct err *err)
{
	struct query *q = db_query(c->db, "INSERT OR IGNORE INTO spool"
	    " (path, first_path, host, format)"
	    " SELECT ?1, ?1, host, format FROM spool WHERE path = ?2", err);
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, sl(path));
	q_text(q, 2, sl(like));
	r = q_run(q, err);
	query_free(q);
	return r;
}

int
turf_begin(struct casefile *c, const char *spool, const char *aside,
    int64_t *batch, struct err *err)
{
	struct query *q;
	char now[21];
	int r;

	if (aside != NULL && add_folder(c, aside, spool, err) == -1)
		return -1;
	q = db_query(c->db, "INSERT INTO turf (at, spool, aside)"
	    " VALUES (?1, ?2, ?3) RETURNING turf", err);
	if (q == NULL)
		return -1;
	q_text(q, 1, sl(state_now(now)));
	q_text(q, 2, sl(spool));
	q_text(q, 3, sl(aside == NULL ? "" : aside));
	if ((r = q_step(q, err)) == 1) {
		*batch = q_col_int(q, 0);
		r = q_run(q, err);
	}
	query_free(q);
	return r;
}

static int
add_files(struct casefile *c, const struct turf_entry *e, struct err *err)
{
	struct query *q = db_query(c->db, "INSERT INTO turf_file"
	    " (turf, entry, n, path) VALUES (?1, ?2, ?3, ?4)", err);
	size_t i;
	int r = q == NULL ? -1 : 0;

	for (i = 0; r == 0 && i < e->nfiles; i++) {
		q_int(q, 1, e->batch);
		q_int(q, 2, e->row);
		q_int(q, 3, (int64_t)i);
		q_text(q, 4, sl(e->files[i]));
		r = q_run(q, err);
	}
	query_free(q);
	return r;
}

int
turf_add(struct casefile *c, const struct turf_entry *e, struct err *err)
{
	struct query *q = db_query(c->db, "INSERT INTO turf_entry"
	    " (turf, entry, state) VALUES (?1, ?2, ?3)", err);
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, e->batch);
	q_int(q, 2, e->row);
	q_text(q, 3, sl(names[e->state]));
	r = q_run(q, err);
	query_free(q);
	return r == -1 ? -1 : add_files(c, e, err);
}

/* Where the entry is in each state; NULL: that does not change. */
static const char *const belongs[] = {
	[TURF_OUT] = "UPDATE entry SET spool = (SELECT spool FROM spool"
	    " WHERE path = (SELECT aside FROM turf WHERE turf = ?1))"
	    " WHERE row = ?2",
	[TURF_BACK] = "UPDATE entry SET spool = (SELECT spool FROM spool"
	    " WHERE path = (SELECT spool FROM turf WHERE turf = ?1))"
	    " WHERE row = ?2",
	[TURF_DELETED] = "UPDATE entry SET gone = ?3 WHERE row = ?2"
	    " AND ?1 IS NOT NULL",
	[TURF_LEFT] = NULL,
};

static int
run_for(struct casefile *c, const char *sql, const struct turf_entry *e,
    const char *value, struct err *err)
{
	struct query *q = db_query(c->db, sql, err);
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, e->batch);
	q_int(q, 2, e->row);
	if (value != NULL)
		q_text(q, 3, sl(value));
	r = q_run(q, err);
	query_free(q);
	return r;
}

/* The live spool's row may have followed a rotation since. */
static int
add_live(struct casefile *c, const struct turf_entry *e, struct err *err)
{
	return run_for(c, "INSERT OR IGNORE INTO spool"
	    " (path, first_path, host, format)"
	    " SELECT t.spool, t.spool, s.host, s.format FROM turf t, entry e,"
	    " spool s WHERE t.turf = ?1 AND e.row = ?2 AND s.spool = e.spool",
	    e, NULL, err);
}

int
turf_set(struct casefile *c, const struct turf_entry *e,
    enum turf_state state, struct err *err)
{
	char now[21];

	if (state == TURF_BACK && add_live(c, e, err) == -1)
		return -1;
	if (belongs[state] != NULL && run_for(c, belongs[state], e,
	    state == TURF_DELETED ? state_now(now) : NULL, err) == -1)
		return -1;
	return run_for(c, "UPDATE turf_entry SET state = ?3"
	    " WHERE turf = ?1 AND entry = ?2", e, names[state], err);
}

static int
read_files(struct query *q, struct arena *a, struct turf_entry *e,
    struct err *err)
{
	size_t cap = 0;
	int r;

	q_int(q, 1, e->batch);
	q_int(q, 2, e->row);
	while ((r = q_step(q, err)) == 1)
		*(const char **)arena_more(a, &e->files, &e->nfiles, &cap,
		    sizeof(*e->files)) = arena_str(a, q_col(q, 0));
	return r;
}

static int
read_entries(struct query *q, struct query *files, struct arena *a,
    enum turf_state state, struct turf_entry **v, size_t *n, struct err *err)
{
	struct turf_entry e;
	size_t cap = 0;
	int r;

	while ((r = q_step(q, err)) == 1) {
		e = (struct turf_entry){ .batch = q_col_int(q, 0),
		    .row = q_col_int(q, 1), .state = state,
		    .aside = arena_str(a, q_col(q, 2)),
		    .path = arena_str(a, q_col(q, 3)) };
		if (read_files(files, a, &e, err) == -1)
			return -1;
		*(struct turf_entry *)arena_more(a, v, n, &cap, sizeof(e)) = e;
	}
	return r;
}

int
turf_list(struct casefile *c, const char *spool, enum turf_state state,
    struct turf_after after, size_t max, struct arena *a,
    struct turf_entry **v, size_t *n, struct err *err)
{
	struct query *files = NULL, *q = db_query(c->db,
	    "SELECT e.turf, e.entry, t.aside, n.path"
	    " FROM turf t, turf_entry e, entry n"
	    " WHERE t.spool = ?1 AND e.turf = t.turf AND e.state = ?2"
	    " AND n.row = e.entry"
	    " AND (e.turf, e.entry) > (?3, ?4)"
	    " ORDER BY e.turf, e.entry LIMIT ?5", err);
	int r = -1;

	*v = NULL;
	*n = 0;
	if (q != NULL && (files = db_query(c->db, "SELECT path FROM turf_file"
	    " WHERE turf = ?1 AND entry = ?2 ORDER BY n", err)) != NULL) {
		q_text(q, 1, sl(spool));
		q_text(q, 2, sl(names[state]));
		q_int(q, 3, after.batch);
		q_int(q, 4, after.row);
		q_int(q, 5, (int64_t)max);
		r = read_entries(q, files, a, state, v, n, err);
	}
	query_free(files);
	query_free(q);
	return r;
}

int
turf_bytes(struct casefile *c, const char *spool, uint64_t *bytes,
    struct err *err)
{
	struct query *q = db_query(c->db, "SELECT sum(n.size) FROM turf t,"
	    " turf_entry e, entry n WHERE t.spool = ?1 AND e.turf = t.turf"
	    " AND e.state IN ('going', 'out') AND n.row = e.entry", err);
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, sl(spool));
	if ((r = q_step(q, err)) == 1)
		*bytes = (uint64_t)q_col_int(q, 0);
	query_free(q);
	return r == -1 ? -1 : 0;
}
