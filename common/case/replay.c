#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "case/replay.h"
#include "case/state.h"

static const char *const names[REPLAY_STATES] = {
	[REPLAY_INTENT] = "intent",
	[REPLAY_STAGED] = "staged",
	[REPLAY_PUBLISHED] = "published",
	[REPLAY_TAKEN] = "taken",
	[REPLAY_REFUSED] = "refused",
	[REPLAY_RETURNED] = "returned",
	[REPLAY_DOUBTFUL] = "doubtful",
};

/* Of one mail for one recipient, the more decides. */
static const int weight[REPLAY_STATES] = {
	[REPLAY_RETURNED] = 0,
	[REPLAY_REFUSED] = 1,
	[REPLAY_DOUBTFUL] = 2,
	[REPLAY_INTENT] = 3,
	[REPLAY_STAGED] = 4,
	[REPLAY_PUBLISHED] = 5,
	[REPLAY_TAKEN] = 6,
};

enum query_id {
	Q_ADD, Q_ADD_RCPT, Q_SET, Q_STAGED, Q_PUBLISHED, Q_RCPT,
	Q_FORGET_RCPTS, Q_FORGET, Q_EACH, Q_KNOWN, Q_COUNT, Q_LEFT, Q_STAGE,
	Q_ADD_STAGE, Q_NUM
};

/* The recipient x was not tried again. */
#define NOT_SINCE	"NOT EXISTS (SELECT 1 FROM replay_recipient y" \
	" WHERE y.key = x.key AND y.replay > x.replay)"

static const char *const queries[Q_NUM] = {
	[Q_ADD] = "INSERT INTO replay (replay, at, state, target, entry,"
	    " source, id, name, sender, part, stage, dev, ino)"
	    " VALUES (?1, ?2, 'intent', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	    " ?11, ?12)",
	[Q_ADD_RCPT] = "INSERT INTO replay_recipient (replay, n, address, key)"
	    " VALUES (?1, ?2, ?3, ?4)",
	[Q_SET] = "UPDATE replay SET state = ?2, at = ?3,"
	    " why = coalesce(?4, why) WHERE replay = ?1",
	[Q_STAGED] = "UPDATE replay SET state = 'staged', at = ?2,"
	    " sha256 = ?3 WHERE replay = ?1",
	[Q_PUBLISHED] = "UPDATE replay SET state = 'published', at = ?2,"
	    " dev = ?3, ino = ?4 WHERE replay = ?1",
	[Q_RCPT] = "UPDATE replay_recipient SET state = ?3, why = ?4"
	    " WHERE replay = ?1 AND n = ?2",
	[Q_FORGET_RCPTS] = "DELETE FROM replay_recipient WHERE replay = ?1",
	[Q_FORGET] = "DELETE FROM replay WHERE replay = ?1",
	/* ?2 is " staged doubtful " */
	[Q_EACH] = "SELECT replay, state, target, entry, source, id, name,"
	    " sender, part, stage, sha256, dev, ino, why FROM replay"
	    " WHERE replay > ?1 AND instr(?2, ' ' || state || ' ')"
	    " AND (?3 IS NULL OR target = ?3) ORDER BY replay LIMIT 1",
	[Q_KNOWN] = "SELECT coalesce(x.state, r.state), r.replay"
	    " FROM replay_recipient x JOIN replay r ON r.replay = x.replay"
	    " WHERE x.key = ?1",
	[Q_COUNT] = "SELECT state, count(*) FROM replay r"
	    " WHERE (?1 IS NULL OR target = ?1) AND (state NOT IN"
	    " ('refused', 'returned', 'doubtful') OR EXISTS (SELECT 1"
	    " FROM replay_recipient x WHERE x.replay = r.replay AND "
	    NOT_SINCE ")) GROUP BY state",
	[Q_LEFT] = "SELECT coalesce(x.state, r.state), r.source, x.address,"
	    " count(*), coalesce(x.why, r.why)"
	    " FROM replay r JOIN replay_recipient x ON x.replay = r.replay"
	    " WHERE (?1 IS NULL OR r.target = ?1)"
	    " AND coalesce(x.state, r.state) NOT IN ('published', 'taken')"
	    " AND " NOT_SINCE " GROUP BY r.replay, 1, 5"
	    " ORDER BY r.replay, min(x.n)",
	[Q_STAGE] = "SELECT stage FROM replay_stage WHERE path = ?1"
	    " AND mark = ?2 AND dev = ?3 AND ino = ?4",
	[Q_ADD_STAGE] = "INSERT INTO replay_stage (path, mark, dev, ino)"
	    " VALUES (?1, ?2, ?3, ?4)",
};

struct replays {
	struct casefile	*c;
	struct query	*q[Q_NUM];
	int64_t		 next;
	char		 now[21];
};

const char *
replay_state_name(enum replay_state s)
{
	return names[s];
}

static enum replay_state
state_of(struct slice name)
{
	enum replay_state s;

	for (s = REPLAY_INTENT; s < REPLAY_DOUBTFUL; s++)
		if (sl_eq(name, sl(names[s])))
			break;
	return s;			/* what nobody knows is doubtful */
}

int
replays_open(struct replays **out, struct casefile *c, struct err *err)
{
	struct replays *r = xcalloc(1, sizeof(*r));
	size_t i;

	r->c = c;
	/* who asks in a transaction has a few rows to write, and no batch */
	if (c->write && !db_in_transaction(c->db) &&
	    state_log(c, err) == -1) {
		replays_free(r);
		return -1;
	}
	for (i = 0; i < Q_NUM; i++)
		if ((r->q[i] = db_query(c->db, queries[i], err)) == NULL) {
			replays_free(r);
			return -1;
		}
	r->next = db_int(c->db, "SELECT ifnull(max(replay), 0) + 1 FROM replay",
	    1);
	*out = r;
	return 0;
}

void
replays_free(struct replays *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < Q_NUM; i++)
		query_free(r->q[i]);
	free(r);
}

int64_t
replays_next(const struct replays *r)
{
	return r->next;
}

static struct slice
now(struct replays *r)
{
	return sl(state_now(r->now));
}

static int
add_rcpts(struct replays *r, int64_t row, const struct replay_to *to,
    size_t n, struct err *err)
{
	struct query *q = r->q[Q_ADD_RCPT];
	size_t i;

	for (i = 0; i < n; i++) {
		q_int(q, 1, row);
		q_int(q, 2, (int64_t)i);
		q_text(q, 3, to[i].address);
		q_blob(q, 4, (struct slice){ (const char *)to[i].key,
		    REPLAY_KEY });
		if (q_run(q, err) == -1)
			return -1;
	}
	return 0;
}

int
replays_add(struct replays *r, struct replay_row *row,
    const struct replay_to *to, size_t n, struct err *err)
{
	struct query *q = r->q[Q_ADD];
	bool own;
	int result;

	if (state_begin(r->c, &own, err) == -1)
		return -1;
	row->row = r->next++;
	q_int(q, 1, row->row);
	q_text(q, 2, now(r));
	q_text(q, 3, row->target);
	q_int_or_null(q, 4, row->entry);
	q_text(q, 5, row->source);
	q_text(q, 6, row->id);
	q_text(q, 7, row->name);
	q_text(q, 8, row->sender);
	q_int_or_null(q, 9, row->part);
	q_int_or_null(q, 10, row->stage);
	q_int_or_null(q, 11, row->dev);
	q_int_or_null(q, 12, row->ino);
	if ((result = q_run(q, err)) == 0)
		result = add_rcpts(r, row->row, to, n, err);
	return state_end(r->c, own, result, err);
}

int
replays_set(struct replays *r, int64_t row, enum replay_state state,
    struct slice why, struct err *err)
{
	struct query *q = r->q[Q_SET];

	q_int(q, 1, row);
	q_text(q, 2, sl(names[state]));
	q_text(q, 3, now(r));
	q_text(q, 4, why);
	return q_run(q, err);
}

int
replays_staged(struct replays *r, int64_t row, const uint8_t sha256[32],
    struct err *err)
{
	struct query *q = r->q[Q_STAGED];

	q_int(q, 1, row);
	q_text(q, 2, now(r));
	q_blob(q, 3, sha256 == NULL ? (struct slice){ NULL, 0 } :
	    (struct slice){ (const char *)sha256, 32 });
	return q_run(q, err);
}

int
replays_published(struct replays *r, int64_t row, int64_t dev, int64_t ino,
    struct err *err)
{
	struct query *q = r->q[Q_PUBLISHED];

	q_int(q, 1, row);
	q_text(q, 2, now(r));
	q_int(q, 3, dev);
	q_int(q, 4, ino);
	return q_run(q, err);
}

int
replays_rcpt(struct replays *r, int64_t row, size_t n,
    enum replay_state state, struct slice why, struct err *err)
{
	struct query *q = r->q[Q_RCPT];

	q_int(q, 1, row);
	q_int(q, 2, (int64_t)n);
	q_text(q, 3, sl(names[state]));
	q_text(q, 4, why);
	return q_run(q, err);
}

int
replays_forget(struct replays *r, int64_t row, struct err *err)
{
	static const enum query_id ids[] = { Q_FORGET_RCPTS, Q_FORGET };
	bool own;
	size_t i;
	int result = 0;

	if (state_begin(r->c, &own, err) == -1)
		return -1;
	for (i = 0; i < 2 && result == 0; i++) {
		q_int(r->q[ids[i]], 1, row);
		result = q_run(r->q[ids[i]], err);
	}
	return state_end(r->c, own, result, err);
}

static struct slice
kept(struct arena *a, struct slice s)
{
	return s.n == 0 ? s : arena_dup(a, s);
}

static void
read_row(struct query *q, struct arena *a, struct replay_row *row)
{
	*row = (struct replay_row){ .row = q_col_int(q, 0),
	    .state = state_of(q_col(q, 1)), .target = kept(a, q_col(q, 2)),
	    .entry = q_col_int(q, 3), .source = kept(a, q_col(q, 4)),
	    .id = kept(a, q_col(q, 5)), .name = kept(a, q_col(q, 6)),
	    .sender = kept(a, q_col(q, 7)),
	    .part = (unsigned)q_col_int(q, 8), .stage = q_col_int(q, 9),
	    .sha256 = kept(a, q_col(q, 10)), .dev = q_col_int(q, 11),
	    .ino = q_col_int(q, 12), .why = kept(a, q_col(q, 13)) };
}

/* One row at a time, copied: nothing is locked while it is looked at. */
static int
step(struct replays *r, int64_t after, struct slice states,
    const char *target, struct arena *a, struct replay_row *row,
    struct err *err)
{
	struct query *q = r->q[Q_EACH];
	int x;

	q_int(q, 1, after);
	q_text(q, 2, states);
	q_text(q, 3, sl(target));
	if ((x = q_step(q, err)) == 1)
		read_row(q, a, row);
	q_reset(q);
	return x;
}

int
replays_each(struct replays *r, unsigned states, const char *target,
    int (*each)(void *ctx, const struct replay_row *row, struct err *err),
    void *ctx, struct err *err)
{
	struct arena *a = arena_new();
	struct replay_row row = { .row = 0 };
	struct buf list = { 0 };
	size_t i;
	int x;

	buf_addc(&list, ' ');
	for (i = 0; i < REPLAY_STATES; i++)
		if ((states >> i & 1) != 0)
			buf_fmt(&list, "%s ", names[i]);
	while ((x = step(r, row.row, buf_sl(&list), target, a, &row,
	    err)) == 1 && (x = each(ctx, &row, err)) == 0)
		arena_reset(a);
	buf_free(&list);
	arena_free(a);
	return x == -1 ? -1 : 0;
}

int
replays_known(struct replays *r, const uint8_t key[REPLAY_KEY],
    enum replay_state *state, int64_t *row, struct err *err)
{
	struct query *q = r->q[Q_KNOWN];
	enum replay_state s;
	int x, found = 0;

	q_blob(q, 1, (struct slice){ (const char *)key, REPLAY_KEY });
	while ((x = q_step(q, err)) == 1) {
		s = state_of(q_col(q, 0));
		if (!found || weight[s] > weight[*state]) {
			*state = s;
			*row = q_col_int(q, 1);
		}
		found = 1;
	}
	q_reset(q);
	return x == -1 ? -1 : found;
}

int
replays_count(struct replays *r, const char *target,
    uint64_t n[REPLAY_STATES], struct err *err)
{
	struct query *q = r->q[Q_COUNT];
	size_t i;
	int x;

	for (i = 0; i < REPLAY_STATES; i++)
		n[i] = 0;
	q_text(q, 1, sl(target));
	while ((x = q_step(q, err)) == 1)
		n[state_of(q_col(q, 0))] = (uint64_t)q_col_int(q, 1);
	q_reset(q);
	return x;
}

int
replays_left(struct replays *r, const char *target,
    int (*each)(void *ctx, const struct replay_left *left, struct err *err),
    void *ctx, struct err *err)
{
	struct query *q = r->q[Q_LEFT];
	struct replay_left left;
	int x;

	q_text(q, 1, sl(target));
	while ((x = q_step(q, err)) == 1) {
		left = (struct replay_left){ .state = state_of(q_col(q, 0)),
		    .source = q_col(q, 1), .address = q_col(q, 2),
		    .n = (uint64_t)q_col_int(q, 3), .why = q_col(q, 4) };
		if ((x = each(ctx, &left, err)) == -1)
			break;
	}
	q_reset(q);
	return x == -1 ? -1 : 0;
}

static void
bind_stage(struct query *q, const struct replay_stage *s)
{
	q_text(q, 1, s->path);
	q_text(q, 2, s->mark);
	q_int(q, 3, s->dev);
	q_int(q, 4, s->ino);
}

int
replays_stage(struct replays *r, const struct replay_stage *s,
    int64_t *number, struct err *err)
{
	struct query *q = r->q[Q_STAGE];
	int x;

	bind_stage(q, s);
	if ((x = q_step(q, err)) == 1)
		*number = q_col_int(q, 0);
	q_reset(q);
	if (x != 0)
		return x == 1 ? 0 : -1;
	bind_stage(r->q[Q_ADD_STAGE], s);
	if (q_run(r->q[Q_ADD_STAGE], err) == -1)
		return -1;
	*number = db_int(r->c->db, "SELECT max(stage) FROM replay_stage", 0);
	return 0;
}
