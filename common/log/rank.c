#include <stdlib.h>

#include "base/xalloc.h"
#include "log/rank.h"
#include "mail/date.h"

/* ---- reasons ---- */

struct asked {
	struct usage		*u;
	const struct usage_pair	*p;
	const struct usage_who	*account, *client;
	int64_t			 began;	/* when the account was used first */
};

static bool
guessed(const struct asked *q)
{
	return q->p->before >= GUESSES_MANY;
}

static bool
tried(const struct asked *q)
{
	return q->client->tried >= TRIED_MANY;
}

static bool
bulk(const struct asked *q)
{
	return q->p->s.busy >= BULK_HOUR;
}

/* One that nobody was at an hour before; of a crowd, all but the first. */
static bool
is_new(const struct asked *q)
{
	return q->began != 0 && q->account->peers > 1 && q->p->success >
	    q->began + (q->account->peers >= CROWD ? 0 : 3600);
}

/* A tenth and more of them, which people's addresses seldom are. */
static bool
unknown(const struct usage_sums *s, uint64_t least, unsigned percent)
{
	return s->refused + s->bounced >= least && usage_lost(s) >= percent;
}

/*
 * Who writes under the account's own name from many places is its owner, but
 * for new places while the account writes to many who do not exist.
 */
static bool
is_owners(const struct asked *q)
{
	return q->p->own_name && !(is_new(q) &&
	    unknown(&q->account->s, LOST_MANY, LOST_SHARE));
}

static bool
spread(const struct asked *q)
{
	return q->account->s.busy >= 3 * BULK_HOUR &&
	    q->p->s.busy < BULK_HOUR && !is_owners(q);
}

static bool
senders(const struct asked *q)
{
	return q->p->s.senders >= SENDERS_MANY;
}

static bool
refused(const struct asked *q)
{
	return unknown(&q->p->s, LOST_MANY, LOST_SHARE) || (!is_owners(q) &&
	    unknown(&q->account->s, LOST_MANY, LOST_SHARE));
}

static bool
rotten(const struct asked *q)
{
	return unknown(&q->p->s, ROTTEN_MANY, ROTTEN_SHARE);
}

static bool
networks(const struct asked *q)
{
	return q->account->nets >= NETWORKS_MANY && !is_owners(q);
}

static const struct {
	bool	(*test)(const struct asked *q);
	uint32_t points;
} reasons[WHY_COUNT] = {
	[WHY_GUESSED] = { guessed, 4 },
	[WHY_TRIED] = { tried, 4 },
	[WHY_BULK] = { bulk, 3 },
	[WHY_SPREAD] = { spread, 3 },
	[WHY_SENDERS] = { senders, 2 },
	[WHY_REFUSED] = { refused, 1 },
	[WHY_ROTTEN] = { rotten, 1 },
	[WHY_NETWORKS] = { networks, 1 },
	[WHY_NEW] = { is_new, 1 },
};

static void
rank_pair(const struct asked *q, struct usage_pair *p)
{
	unsigned i;

	p->why = p->points = 0;
	if (p->s.messages == 0 || q->client->trusted)
		return;		/* of what is inside the site knows better */
	for (i = 0; i < WHY_COUNT; i++)
		if (reasons[i].test(q)) {
			p->why |= 1u << i;
			p->points += reasons[i].points;
		}
}

static void
highest(uint32_t *to, uint32_t points)
{
	if (points > *to)
		*to = points;
}

/* A client that guesses at many, or asks to relay, needs no account. */
static uint32_t
client_points(const struct usage_who *c)
{
	uint32_t n = 0;

	if (c->trusted)
		return 0;
	if (c->s.failed >= GUESSES_MANY || c->tried >= TRIED_MANY)
		n = RANK_STOLEN;
	if (c->s.denied >= GUESSES_MANY)
		n = RANK_STOLEN;
	return n;
}

void
rank(struct usage *u)
{
	size_t n, i;
	struct usage_pair *p = usage_pairs(u, &n);
	struct usage_who *c;
	struct asked q = { .u = u };

	for (i = 0; i < n; i++) {
		q.p = &p[i];
		q.account = usage_account(u, p[i].account);
		q.client = usage_client(u, p[i].client);
		q.began = q.account->s.first;
		rank_pair(&q, &p[i]);
		highest(&usage_account(u, p[i].account)->suspect, p[i].points);
		highest(&usage_client(u, p[i].client)->suspect, p[i].points);
	}
	c = usage_clients(u, &n);
	for (i = 0; i < n; i++)
		highest(&c[i].suspect, client_points(&c[i]));
}

/* ---- the stolen ones ---- */

static void
add_pair(struct usage *u, struct stolen *s, const struct usage_pair *p)
{
	s->account = p->account;
	s->why |= p->why;
	highest(&s->points, p->points);
	s->clients++;
	s->messages += p->s.messages;
	s->rcpts += p->s.rcpts;
	s->guesses = usage_account(u, p->account)->guesses;
	if (s->first == 0 || p->success < s->first)
		s->first = p->success;
	if (p->s.last > s->last)
		s->last = p->s.last;
}

static int
by_account(const void *x, const void *y)
{
	const struct usage_pair *a = *(struct usage_pair *const *)x;
	const struct usage_pair *b = *(struct usage_pair *const *)y;

	if (a->account != b->account)
		return a->account < b->account ? -1 : 1;
	return a->id < b->id ? -1 : 1;
}

static int
worst_first(const void *x, const void *y)
{
	const struct stolen *a = x, *b = y;

	if (a->rcpts != b->rcpts)
		return a->rcpts > b->rcpts ? -1 : 1;
	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	return a->first < b->first ? -1 : 1;
}

struct stolen *
rank_stolen(struct usage *u, size_t *n)
{
	size_t npairs, i, k = 0;
	struct usage_pair *p = usage_pairs(u, &npairs);
	struct usage_pair **v = xcalloc(npairs + 1, sizeof(struct usage_pair *));
	struct stolen *out;

	for (i = 0; i < npairs; i++)
		if (p[i].points >= RANK_STOLEN)
			v[k++] = &p[i];
	qsort(v, k, sizeof(*v), by_account);
	out = xcalloc(k + 1, sizeof(*out));
	for (*n = 0, i = 0; i < k; i++) {
		if (i == 0 || v[i]->account != v[i - 1]->account)
			(*n)++;
		add_pair(u, &out[*n - 1], v[i]);
	}
	free(v);
	qsort(out, *n, sizeof(*out), worst_first);
	return out;
}

/* ---- words ---- */

void
rank_number(struct buf *out, uint64_t n)
{
	if (n >= 1000) {
		rank_number(out, n / 1000);
		buf_fmt(out, ",%03u", (unsigned)(n % 1000));
	} else {
		buf_fmt(out, "%u", (unsigned)n);
	}
}

void
rank_span(struct buf *out, int64_t secs)
{
	if (secs < 90)
		buf_fmt(out, "%lld s", (long long)(secs < 1 ? 1 : secs));
	else if (secs < 90 * 60)
		buf_fmt(out, "%lld min", (long long)(secs + 30) / 60);
	else if (secs < 48 * 3600)
		buf_fmt(out, "%lld h", (long long)(secs + 1800) / 3600);
	else
		buf_fmt(out, "%lld days", (long long)(secs + 43200) / 86400);
}

static void
counted(struct buf *out, uint64_t n, const char *one, const char *many)
{
	rank_number(out, n);
	buf_fmt(out, " %s", n == 1 ? one : many);
}

void
rank_say(struct buf *out, const struct stolen *s)
{
	char text[DATE_TEXT];

	counted(out, s->rcpts, "recipient", "recipients");
	buf_fmt(out, " in ");
	rank_span(out, s->last - s->first);
	buf_fmt(out, " from ");
	counted(out, s->clients, "address", "addresses");
	if (s->first > 1)
		buf_fmt(out, ", first seen %s", date_str(s->first, text));
	if (s->guesses > 0) {
		buf_fmt(out, ", after ");
		counted(out, s->guesses, "failed guess", "failed guesses");
	}
	if (s->why & 1u << WHY_TRIED)
		buf_fmt(out, ", by who guessed at other accounts too");
	if (s->why & 1u << WHY_SENDERS)
		buf_fmt(out, ", under many senders");
	if (s->why & 1u << WHY_REFUSED)
		buf_fmt(out, ", many refused or bounced");
}

void
rank_say_pair(struct buf *out, const struct usage_pair *p)
{
	if (p->before > 0) {
		buf_fmt(out, "after ");
		counted(out, p->before, "failed guess", "failed guesses");
		buf_fmt(out, ", ");
	}
	counted(out, p->s.busy, "recipient", "recipients");
	buf_fmt(out, " in an hour");
	if (p->s.senders > 1)
		buf_fmt(out, ", %llu senders",
		    (unsigned long long)p->s.senders);
}
