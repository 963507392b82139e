#include <stdlib.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "case/ledger.h"
#include "case/campaigns.h"
#include "case/logs.h"
#include "case/state.h"
#include "mail/date.h"

enum by { BY_NOTHING, BY_ENVELOPE, BY_MESSAGE_ID, BY_QUEUE_ID, BYS };
static const char *const by_names[BYS] = { "", "envelope", "message-id",
	"queue-id" };

/* One entry, and what a log says of it. */
struct joined {
	int64_t		row, arrived;
	uint64_t	sender, msgid;	/* hashes; 0: not told */
	uint32_t	account, client, helo;	/* strings */
	uint8_t		by;		/* enum by */
	bool		unclear;
};

/* Entries in the order of one of their keys. */
struct key {
	uint64_t	h;
	uint32_t	at;		/* in v */
};
struct keys {
	struct key	*v;
	size_t		 n;
};

struct case_logs {
	struct casefile	*c;
	struct intern	*strings;
	struct joined	*v;
	size_t		 n, cap;
	struct keys	 keys[BYS];
};

static uint64_t
low_hash(struct slice s)
{
	char low[512];

	s = sl_first(s, sizeof(low));
	ascii_lower_copy(low, s);
	return hash64((struct slice){ low, s.n });
}

static uint64_t
envelope_hash(struct slice sender, struct slice rcpt, uint64_t nrcpts)
{
	return rcpt.n == 0 ? 0 : (low_hash(sender) * 3 ^ low_hash(rcpt)) +
	    nrcpts * UINT64_C(0x9e3779b97f4a7c15);
}

/* ---- the entries ---- */

static void
add_key(struct case_logs *l, enum by by, uint64_t h)
{
	if (h != 0)
		l->keys[by].v[l->keys[by].n++] = (struct key){ h,
		    (uint32_t)l->n };
}

static void
add_entry(struct case_logs *l, struct query *q)
{
	struct slice sender = q_col(q, 4), msgid = q_col(q, 3);
	bool told = sender.n > 0;
	enum by by;

	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 1024 : l->cap * 2;
		l->v = xrealloc(l->v, l->cap, sizeof(*l->v));
		for (by = BY_ENVELOPE; by < BYS; by++)
			l->keys[by].v = xrealloc(l->keys[by].v, l->cap,
			    sizeof(struct key));
	}
	l->v[l->n] = (struct joined){ .row = q_col_int(q, 0) };
	(void)date_parse(q_col(q, 1), &l->v[l->n].arrived, NULL);
	add_key(l, BY_QUEUE_ID, q_col(q, 2).n == 0 ? 0 : hash64(q_col(q, 2)));
	if (sl_eq(sender, SL("<>")))
		sender = SL("");
	l->v[l->n].sender = told ? low_hash(sender) : 0;
	l->v[l->n].msgid = msgid.n == 0 ? 0 : hash64(msgid);
	add_key(l, BY_MESSAGE_ID, l->v[l->n].msgid);
	add_key(l, BY_ENVELOPE, envelope_hash(sender, q_col(q, 5),
	    (uint64_t)q_col_int(q, 6)));
	l->n++;
}

static int
by_hash(const void *x, const void *y)
{
	const struct key *a = x, *b = y;

	if (a->h != b->h)
		return a->h < b->h ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

int
case_logs_new(struct case_logs **out, struct casefile *c, struct err *err)
{
	struct case_logs *l = xcalloc(1, sizeof(*l));
	struct query *q = db_query(c->db, "SELECT e.row, e.arrived,"
	    " e.queue_id, e.message_id, e.sender, r.address,"
	    " (SELECT count(*) FROM recipient WHERE entry = e.row)"
	    " FROM entry e LEFT JOIN recipient r ON r.entry = e.row AND"
	    " r.n = 0 WHERE e.gone IS NULL ORDER BY e.row", err);
	enum by by;
	int r = -1;

	l->c = c;
	l->strings = intern_new();
	while (q != NULL && (r = q_step(q, err)) == 1)
		add_entry(l, q);
	query_free(q);
	if (r == -1) {
		case_logs_free(l);
		return -1;
	}
	for (by = BY_ENVELOPE; by < BYS; by++)
		if (l->keys[by].n > 0)
			qsort(l->keys[by].v, l->keys[by].n,
			    sizeof(struct key), by_hash);
	*out = l;
	return 0;
}

void
case_logs_free(struct case_logs *l)
{
	enum by by;

	if (l == NULL)
		return;
	intern_free(l->strings);
	for (by = BY_ENVELOPE; by < BYS; by++)
		free(l->keys[by].v);
	free(l->v);
	free(l);
}

/* ---- a message of the log ---- */

static bool
is_near(const struct joined *e, int64_t at, int64_t most)
{
	int64_t d = e->arrived - at;

	return e->arrived == 0 || at == 0 || (d <= most && d >= -most);
}

/*
 * A queue id is its server's own: another one may have given it to somebody
 * else's message.
 */
static bool
is_other(const struct joined *e, const struct log_event *ev)
{
	return e->sender != 0 && ev->has_sender &&
	    e->sender != low_hash(ev->sender) && (ev->message_id.n == 0 ||
	    e->msgid != hash64(ev->message_id));
}

/*
 * The one entry with this key that came at about that time; NULL where
 * there is none.  *many: there are several.
 */
static struct joined *
find(struct case_logs *l, enum by by, uint64_t h, const struct log_event *ev,
    bool *many)
{
	const struct keys *k = &l->keys[by];
	size_t low = 0, high = k->n, mid;
	struct joined *found = NULL, *e;

	while (h != 0 && low < high) {
		mid = low + (high - low) / 2;
		if (k->v[mid].h < h)
			low = mid + 1;
		else
			high = mid;
	}
	for (; h != 0 && low < k->n && k->v[low].h == h; low++) {
		e = &l->v[k->v[low].at];
		if (!is_near(e, ev->at, by == BY_ENVELOPE ? JOIN_CLOSE :
		    JOIN_DAY) || (by == BY_QUEUE_ID && is_other(e, ev)))
			continue;
		*many |= found != NULL;
		found = e;
	}
	return *many ? NULL : found;
}

/* A better key counts more; of two messages by the same key neither. */
static void
offer(struct case_logs *l, struct joined *e, enum by by,
    const struct log_event *ev)
{
	char text[IP_TEXT];
	uint32_t account = intern(l->strings, ev->account);
	uint32_t client = intern(l->strings, usage_client_text(ev, text));

	if (e->by > by)
		return;
	if (e->by == by && (e->account != account || e->client != client)) {
		e->unclear = true;
		return;
	}
	if (e->by < by)
		e->unclear = false;
	e->by = (uint8_t)by;
	e->account = account;
	e->client = client;
	e->helo = intern(l->strings, ev->helo);
}

void
case_logs_add(struct case_logs *l, const struct log_event *e)
{
	const uint64_t h[BYS] = {
		[BY_QUEUE_ID] = e->queue_id.n == 0 ? 0 : hash64(e->queue_id),
		[BY_MESSAGE_ID] = e->message_id.n == 0 ? 0 :
		    hash64(e->message_id),
		[BY_ENVELOPE] = !e->has_sender || e->nknown == 0 || e->at == 0 ?
		    0 : envelope_hash(e->sender, e->rcpts[0], e->nrcpts),
	};
	struct joined *to;
	bool many = false;
	int by;

	if (e->what != LOG_MESSAGE)
		return;
	for (by = BYS - 1; by > BY_NOTHING && !many; by--)
		if ((to = find(l, (enum by)by, h[by], e, &many)) != NULL) {
			offer(l, to, (enum by)by, e);
			return;
		}
}

/* ---- the judge, without the logs and with them ---- */

struct run {
	struct case_logs	*l;
	struct usage		*u;
	struct arena		*a;		/* lives as long as the run */
	struct intern		*strings;
	struct facts		**before, **after;
	struct writing {
		struct query	*entry, *join, *hop, *told, *forget, *evidence;
	} q;
	struct case_logs_sums	*sums;
};

static bool
is_joined(const struct joined *e)
{
	return e->by != BY_NOTHING && !e->unclear;
}

/* Why the account is called stolen at this client; empty: it is not. */
static struct slice
stolen(struct run *r, const struct joined *e, struct arena *a)
{
	const struct usage_pair *p = usage_pair(r->u,
	    intern_str(r->l->strings, e->account),
	    intern_str(r->l->strings, e->client));
	struct buf why = { 0 };
	struct slice out;

	if (p == NULL || p->points < RANK_STOLEN)
		return SL("");
	rank_say_pair(&why, p);
	out = arena_dup(a, buf_sl(&why));
	buf_free(&why);
	return out;
}

/* What the log adds to the record; the spool's own word stays. */
static void
add_told(struct run *r, const struct joined *e, struct record *rec,
    struct arena *a)
{
	if (rec->account.n == 0)
		rec->account = intern_str(r->l->strings, e->account);
	if (!ip_is_set(&rec->client)) {
		(void)ip_parse(intern_str(r->l->strings, e->client),
		    &rec->client);
		rec->helo = intern_str(r->l->strings, e->helo);
	}
	rec->stolen = stolen(r, e, a);
}

static int
make_facts(struct run *r, struct err *err)
{
	struct arena *a = arena_new();
	struct record rec;
	struct row row;
	size_t i;

	for (i = 0; i < r->l->n; i++) {
		if (case_row(r->l->c, r->l->v[i].row, a, &row, &rec,
		    err) == -1)
			break;
		r->before[i] = facts_make(&rec, r->a, r->strings, NULL);
		if (is_joined(&r->l->v[i]))
			add_told(r, &r->l->v[i], &rec, a);
		r->after[i] = facts_make(&rec, r->a, r->strings, NULL);
		arena_reset(a);
	}
	arena_free(a);
	return i == r->l->n ? 0 : -1;
}

/* ---- writing ---- */

static int
prepare(struct run *r, struct err *err)
{
	struct db *d = r->l->c->db;
	struct writing *q = &r->q;

	q->entry = db_query(d, "UPDATE entry SET"
	    " class = iif(mark IS NULL, ?2, class), judged = ?2, reason = ?3"
	    " WHERE row = ?1", err);
	q->told = db_query(d, "UPDATE entry SET"
	    " account = coalesce(account, ?2), client = coalesce(?3, client),"
	    " helo = coalesce(?4, helo) WHERE row = ?1", err);
	q->hop = db_query(d, "INSERT OR IGNORE INTO hop"
	    " (entry, n, account, client, helo) SELECT ?1, 0, ?2, ?3, ?4"
	    " WHERE ?3 IS NOT NULL", err);
	q->join = db_query(d, "INSERT OR REPLACE INTO log_join"
	    " (entry, account, client, helo, joined_by, stolen)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)", err);
	q->forget = db_query(d, "DELETE FROM evidence WHERE entry = ?1", err);
	q->evidence = db_query(d, "INSERT INTO evidence"
	    " (entry, n, rule, decided, fact) VALUES (?1, ?2, ?3, ?4, ?5)",
	    err);
	return q->entry == NULL || q->join == NULL || q->told == NULL || q->hop == NULL ||
	    q->forget == NULL || q->evidence == NULL ? -1 : 0;
}

static int
put_told(struct run *r, const struct joined *e, struct slice why,
    struct err *err)
{
	struct intern *in = r->l->strings;
	struct query *const v[] = { r->q.told, r->q.hop, r->q.join };
	struct ip ip;
	size_t i;

	for (i = 0; i < 3; i++) {
		q_int(v[i], 1, e->row);
		q_text(v[i], 2, intern_str(in, e->account));
		q_text(v[i], 3, ip_parse(intern_str(in, e->client), &ip) ?
		    intern_str(in, e->client) : SL(""));
		q_text(v[i], 4, intern_str(in, e->helo));
	}
	q_text(r->q.join, 5, sl(by_names[e->by]));
	q_text(r->q.join, 6, why);
	return q_run(r->q.told, err) || q_run(r->q.hop, err) ||
	    q_run(r->q.join, err) ? -1 : 0;
}

static int
put_said(struct run *r, int64_t row, const struct row *said, struct err *err)
{
	size_t i;

	q_int(r->q.forget, 1, row);
	if (q_run(r->q.forget, err) == -1)
		return -1;
	for (i = 0; i < said->nsaid; i++) {
		q_int(r->q.evidence, 1, row);
		q_int(r->q.evidence, 2, (int64_t)i);
		q_text(r->q.evidence, 3, said->said[i].rule);
		q_int_or_null(r->q.evidence, 4, i == 0 && said->decided);
		q_text(r->q.evidence, 5, said->said[i].fact);
		if (q_run(r->q.evidence, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_judged(struct run *r, const struct judge *j, size_t i, struct err *err)
{
	const struct facts *f = r->after[i];
	struct arena *a = arena_new();
	struct row row;
	int ret;

	row_judged(&row, a, j, f, NULL, true);
	q_int(r->q.entry, 1, r->l->v[i].row);
	q_text(r->q.entry, 2, sl(class_name(row.class)));
	q_text(r->q.entry, 3, row.reason);
	ret = q_run(r->q.entry, err) == -1 ||
	    put_said(r, r->l->v[i].row, &row, err) == -1 ? -1 : 0;
	arena_free(a);
	r->sums->judged++;
	r->sums->moved[r->before[i]->class][f->class]++;
	return ret;
}

static void
count_join(struct case_logs_sums *s, const struct joined *e)
{
	s->unclear += e->unclear;
	if (!is_joined(e))
		return;
	s->queue_id += e->by == BY_QUEUE_ID;
	s->message_id += e->by == BY_MESSAGE_ID;
	s->envelope += e->by == BY_ENVELOPE;
}

static int
put_all(struct run *r, const struct judge *j, struct err *err)
{
	const struct joined *e = r->l->v;
	size_t i;

	for (i = 0; i < r->l->n; i++) {
		count_join(r->sums, &e[i]);
		if (is_joined(&e[i]) && put_told(r, &e[i],
		    intern_str(r->strings, r->after[i]->stolen), err) == -1)
			return -1;
		if ((r->before[i]->class != r->after[i]->class ||
		    r->before[i]->rule != r->after[i]->rule) &&
		    put_judged(r, j, i, err) == -1)
			return -1;
	}
	r->sums->entries = r->l->n;
	return 0;
}

static int
put_ledger(struct run *r, struct slice args, struct err *err)
{
	const struct case_logs_sums *s = r->sums;
	struct buf result = { 0 };
	struct ledger_row row = { .verb = SL("log"), .args = args };
	int ret;

	buf_fmt(&result, "%zu entries joined (%zu by queue id, %zu by "
	    "message id, %zu by envelope), %zu not unique, %zu judged anew",
	    s->queue_id + s->message_id + s->envelope, s->queue_id,
	    s->message_id, s->envelope, s->unclear, s->judged);
	row.result = buf_sl(&result);
	ret = ledger_add(r->l->c, &row, err);
	buf_free(&result);
	return ret;
}

static int
store(struct run *r, const struct judge *j, struct slice args,
    struct err *err)
{
	bool own;
	int ret;

	if (state_begin(r->l->c, &own, err) == -1)
		return -1;
	ret = prepare(r, err) == -1 || put_all(r, j, err) == -1 ||
	    put_ledger(r, args, err) == -1 ? -1 : 0;
	query_free(r->q.entry);
	query_free(r->q.told);
	query_free(r->q.hop);
	query_free(r->q.join);
	query_free(r->q.forget);
	query_free(r->q.evidence);
	return state_end(r->l->c, own, ret, err);
}

int
case_logs_judge(struct case_logs *l, struct site *site, bool guess,
    struct buf *why, struct usage *u, struct slice args,
    struct case_logs_sums *sums, struct err *err)
{
	struct run r = { .l = l, .u = u, .a = arena_new(),
	    .strings = intern_new(), .sums = sums };
	struct case_campaigns known;
	struct judge *before, *after;
	int ret = -1;

	*sums = (struct case_logs_sums){ 0 };
	r.before = xcalloc(l->n + 1, sizeof(struct facts *));
	r.after = xcalloc(l->n + 1, sizeof(struct facts *));
	if (case_campaigns_read(l->c, NULL, &known, err) == 0 &&
	    make_facts(&r, err) == 0) {
		if (guess)
			judge_guess(site, r.strings, r.before, l->n, why);
		before = judge_new(site, r.strings, r.before, l->n);
		after = judge_new(site, r.strings, r.after, l->n);
		judge_known(before, known.v, known.n, known.used);
		judge_known(after, known.v, known.n, known.used);
		judge_all(before);
		judge_all(after);
		ret = store(&r, after, args, err);
		judge_free(before);
		judge_free(after);
	}
	case_campaigns_free(&known);
	free(r.before);
	free(r.after);
	intern_free(r.strings);
	arena_free(r.a);
	return ret;
}
