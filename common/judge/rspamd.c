#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/pool.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "judge/rspamd.h"
#include "net/http.h"
#include "spool/find.h"

#define SYMBOLS		3	/* that are told of one answer */
#define POINTS_MAX	10000000	/* hundredths */
#define FIELD_MAX	1000	/* bytes of what is said of the envelope */
#define RCPTS_ASKED	64	/* recipients that are named */

/* What one thread asks with. */
struct asker {
	struct arena		*a;
	struct spool_found	 found;
	bool			 open;
	uint16_t		 spool;		/* that found is in */
	struct buf		 fields, answer;
};

struct rspamd {
	struct http		*http;
	struct arena		*keep;		/* the answers */
	struct asker		 askers[RSPAMD_AT_ONCE];
	const struct scan	*s;
	const struct judge	*j;
	pthread_mutex_t		 lock;		/* of keep and sums */
	struct rspamd_sums	*sums;
	unsigned		 row;		/* failures, one after the other */
	atomic_bool		 given_up;
};

int
rspamd_new(struct rspamd **out, const char *url, bool confined,
    struct err *err)
{
	struct rspamd *r = xcalloc(1, sizeof(*r));

	if (http_new(&r->http, url, "checkv2", confined, err) == -1) {
		free(r);
		return -1;
	}
	r->keep = arena_new();
	pthread_mutex_init(&r->lock, NULL);
	*out = r;
	return 0;
}

void
rspamd_free(struct rspamd *r)
{
	if (r == NULL)
		return;
	http_free(r->http);
	arena_free(r->keep);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* ---- what it answers ---- */

static bool
points(const json_t *o, const char *key, int32_t *out)
{
	const json_t *v = json_object_get(o, key);
	double d = json_number_value(v) * 100;

	if (!json_is_number(v) || !(d > -POINTS_MAX && d < POINTS_MAX))
		return false;
	*out = (int32_t)(d < 0 ? d - .5 : d + .5);
	return true;
}

static struct slice
text(const json_t *v, struct arena *a)
{
	return arena_dup(a, sl_first((struct slice){ json_string_value(v),
	    json_string_length(v) }, VERDICT_ACTION));
}

/* The name with the most points among those below these; equals by name. */
static const char *
next_symbol(json_t *symbols, const char *before, double *score)
{
	const char *best = NULL, *key;
	double most = 0, v, limit = *score;
	json_t *o;

	json_object_foreach(symbols, key, o) {
		v = json_number_value(json_object_get(o, "score"));
		if (v <= 0 || (before != NULL && (v > limit || (v == limit &&
		    strcmp(key, before) <= 0))))
			continue;
		if (best == NULL || v > most || (v == most &&
		    strcmp(key, best) < 0)) {
			best = key;
			most = v;
		}
	}
	*score = most;
	return best;
}

static struct slice
weightiest(json_t *symbols, struct arena *a)
{
	struct slice all = { NULL, 0 };
	const char *key = NULL;
	double score = 0;
	size_t i;

	for (i = 0; i < SYMBOLS; i++) {
		if ((key = next_symbol(symbols, key, &score)) == NULL)
			break;
		all = arena_fmt(a, SL_FMT "%s%.64s", SL_ARG(all),
		    i > 0 ? ", " : "", key);
	}
	return all;
}

bool
rspamd_read(struct answer *out, struct arena *a, struct slice json)
{
	json_t *o = json_loadb(json.p, json.n, 0, NULL), *action;
	bool good;

	action = json_object_get(o, "action");
	good = json_is_string(action) && points(o, "score", &out->score) &&
	    points(o, "required_score", &out->limit);
	if (good) {
		out->action = text(action, a);
		out->bad = verdict_is_bad(out->action);
		out->symbols = weightiest(json_object_get(o, "symbols"), a);
	}
	json_decref(o);
	return good;
}

/* ---- what it is asked ---- */

/* A line of its own, or none where it would be more than that. */
static void
field(struct buf *b, const char *name, struct slice v)
{
	size_t i;

	if (v.n == 0 || v.n > FIELD_MAX)
		return;
	for (i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f)
			return;
	buf_fmt(b, "%s: " SL_FMT "\r\n", name, SL_ARG(v));
}

static void
envelope(const struct rspamd *r, const struct facts *f, struct buf *b)
{
	uint32_t i;

	b->n = 0;
	field(b, "IP", judge_str(r->j, f->client));
	field(b, "Helo", judge_str(r->j, f->helo));
	field(b, "From", judge_str(r->j, f->sender));
	if (f->authenticated)
		field(b, "User", judge_str(r->j, f->account));
	for (i = 0; i < f->nrcpts && i < RCPTS_ASKED; i++)
		field(b, "Rcpt", judge_str(r->j, f->rcpts[i].addr));
}

/* Where the last one was of the same spool, that is open still. */
static int
find(const struct rspamd *r, struct asker *k, const struct facts *f,
    struct err *err)
{
	const char *spool = r->s->spools[f->spool];

	if (k->open && k->spool == f->spool &&
	    spool_find_again(&k->found, f->path, err) == 1)
		return 0;
	if (k->open)
		spool_found_close(&k->found);
	k->spool = f->spool;
	k->open = spool_find(&k->found, k->a, arena_fmt(k->a, "%s/%s", spool,
	    f->path).p, r->s->formats[f->spool], err) == 0;
	return k->open ? 0 : -1;
}

static int
ask(const struct rspamd *r, struct asker *k, const struct facts *f,
    struct answer *out, struct err *err)
{
	struct spool_msg m;

	if (find(r, k, f, err) == -1 ||
	    spool_found_load(&k->found, &m, err) == -1)
		return -1;
	envelope(r, f, &k->fields);
	k->answer.n = 0;
	if (http_post(r->http, buf_sl(&k->fields), record_text(&m),
	    RSPAMD_SECS, &k->answer, err) == -1)
		return -1;
	return rspamd_read(out, k->a, buf_sl(&k->answer)) ? 0 :
	    err_set(err, ERR_FORMAT, "the answer is no verdict of rspamd");
}

static void
keep(struct rspamd *r, struct facts *f, const struct answer *said)
{
	struct answer *a;

	pthread_mutex_lock(&r->lock);
	f->answer = a = arena_alloc(r->keep, sizeof(*a));
	*a = *said;
	a->action = arena_dup(r->keep, said->action);
	a->symbols = arena_dup(r->keep, said->symbols);
	r->sums->asked++;
	r->sums->bad += a->bad;
	r->row = 0;
	pthread_mutex_unlock(&r->lock);
}

static void
fail(struct rspamd *r, const char *why)
{
	pthread_mutex_lock(&r->lock);
	if (r->sums->failed++ == 0)
		snprintf(r->sums->why, sizeof(r->sums->why), "%s", why);
	if (++r->row >= RSPAMD_FAILURES)
		atomic_store(&r->given_up, true);
	pthread_mutex_unlock(&r->lock);
}

static void
work(void *ctx, size_t number, void *job)
{
	struct rspamd *r = ctx;
	struct asker *k = &r->askers[number];
	struct facts *f = job;
	struct answer said;
	struct err err = { 0 };

	if (sig_stop() || atomic_load(&r->given_up))
		fail(r, "not asked");
	else if (ask(r, k, f, &said, &err) == -1)
		fail(r, err.msg);
	else
		keep(r, f, &said);
	if (k->open)
		spool_found_done(&k->found);
	arena_reset(k->a);
}

/* ---- all of them ---- */

static bool
is_asked(const struct facts *f)
{
	return f->class == C_UNSURE && f->kind == KIND_MAIL && !f->unread &&
	    !f->no_header;
}

/* It would have to be unpacked from its beginning, once for each. */
static bool
is_packed(const struct scan *s, const struct facts *f)
{
	struct stat st;

	return stat(s->spools[f->spool], &st) == -1 ? errno == ENOTDIR :
	    !S_ISDIR(st.st_mode);
}

static void
asker_free(struct asker *k)
{
	if (k->open)
		spool_found_close(&k->found);
	buf_free(&k->fields);
	buf_free(&k->answer);
	arena_free(k->a);
	*k = (struct asker){ 0 };
}

void
rspamd_ask(struct rspamd *r, const struct scan *s, struct judge *j,
    struct rspamd_sums *sums)
{
	struct pool *pool;
	size_t i;

	*sums = (struct rspamd_sums){ 0 };
	r->s = s;
	r->j = j;
	r->sums = sums;
	for (i = 0; i < RSPAMD_AT_ONCE; i++)
		r->askers[i].a = arena_new();
	pool = pool_new(RSPAMD_AT_ONCE, work, r);
	for (i = 0; i < s->n && !sig_stop(); i++)
		if (is_asked(s->entries[i]) && is_packed(s, s->entries[i]))
			sums->packed++;
		else if (is_asked(s->entries[i]))
			pool_put(pool, s->entries[i]);
	pool_free(pool);
	for (i = 0; i < RSPAMD_AT_ONCE; i++)
		asker_free(&r->askers[i]);
	judge_answered(j);
}
