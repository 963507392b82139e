#include <stdlib.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "judge/state.h"
#include "judge/totals.h"

#define DAY		86400
#define NET_SHARE	10	/* %, known recipients of a network's owner */
#define OWN_SHARE	3	/* %, of a way that the owner has of writing */
#define SAME_MANY	10	/* messages of one campaign: no letters */
#define TRIES_MIN	20	/* local addresses: one client has fewer */
#define FRIENDS_OF	50	/* messages, of which one is from a friend: in
				   many forged senders one may be ours by chance */
#define TRIES_DEAD	3	/* that do not exist: a slip has fewer */
#define DEAD_MANY	50	/* in all: names are being tried */

/* What is known of an address, by its string. */
enum { WROTE = 1, WRITTEN = 2, LIVE = 4, DEAD = 8 };

/* A message that our people sent out. */
struct item {
	uint64_t	 who;		/* and by what, above the low half */
	uint64_t	 way;		/* its stream, among theirs */
	uint64_t	 net;
	uint32_t	 i;		/* entry */
	uint32_t	 known, rcpts;	/* outside */
};

struct sent {
	uint64_t	 msgid;
	uint32_t	 stream;	/* from 1 */
};

struct totals {
	const struct judge *j;
	uint8_t		*addr;		/* by string */
	size_t		 dead;		/* addresses */
	struct item	*v;
	size_t		 n;
	uint32_t	*of;		/* stream of each entry, from 1 */
	bool		*copy;		/* of each entry; NULL: none is one */
	struct stream	*streams;
	size_t		 nstreams;
	struct sent	*sent;
	size_t		 sent_cap;
	struct idmap	 tries;
	unsigned	 live_share;	/* of mail from people we write to, % */
	uint64_t	*some;		/* to count different ones in */
	size_t		 nsome, some_room;
};

/* ---- different ones ---- */

static void
some_add(struct totals *t, uint64_t v)
{
	if (t->nsome == t->some_room) {
		t->some_room = t->some_room == 0 ? 256 : t->some_room * 2;
		t->some = xrealloc(t->some, t->some_room, sizeof(*t->some));
	}
	t->some[t->nsome++] = v;
}

static int
cmp_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Sorts what was added, each once; how many that are. */
static size_t
some_unique(struct totals *t)
{
	size_t n = 0, i;

	if (t->nsome > 0)
		qsort(t->some, t->nsome, sizeof(*t->some), cmp_u64);
	for (i = 0; i < t->nsome; i++)
		if (n == 0 || t->some[n - 1] != t->some[i])
			t->some[n++] = t->some[i];
	t->nsome = n;
	return n;
}

/* ---- what an address is ---- */

static bool
mail_in(const struct judge *j, const struct facts *f)
{
	return f->kind == KIND_MAIL && f->nrcpts > 0 && !judge_trusted(f) &&
	    judge_foreign_rcpt(j, f, false) == NULL;
}

/* What was made here goes where its header says, for want of an envelope. */
static bool
mail_out(const struct judge *j, const struct facts *f)
{
	return f->kind == KIND_MAIL && judge_trusted(f) &&
	    (f->account != 0 || f->client != 0 || f->local) &&
	    judge_foreign_rcpt(j, f, !f->local) != NULL;
}

static bool
outside(const struct judge *j, const struct fact_rcpt *r)
{
	return r->addr != 0 && judge_target(r) != 0 &&
	    !judge_ours(j, judge_target(r));
}

static void
learn_sent(struct totals *t, const struct facts *f)
{
	uint32_t i;

	if (f->sender != 0 && judge_ours(t->j, f->sender_domain))
		t->addr[f->sender] |= LIVE;
	for (i = 0; i < f->nrcpts; i++)
		if (outside(t->j, &f->rcpts[i]))
			t->addr[f->rcpts[i].addr] |= WRITTEN;
}

static void
learn(struct totals *t, const struct facts *f)
{
	const struct fact_report *r = f->report;

	if (f->kind == KIND_MAIL && judge_trusted(f))
		learn_sent(t, f);
	else if (mail_in(t->j, f) && f->sender != 0 &&
	    !judge_ours(t->j, f->sender_domain))
		t->addr[f->sender] |= WROTE;
	if (f->kind == KIND_BOUNCE && judge_trusted(f) && r != NULL &&
	    r->failed != 0 && judge_ours(t->j, r->failed_domain) &&
	    !(t->addr[r->failed] & DEAD)) {
		t->addr[r->failed] |= DEAD;
		t->dead++;
	}
}

/* ---- who writes to whom of ours ---- */

static void
try_one(struct totals *t, uint32_t who, uint32_t addr)
{
	struct tries *c = idmap_row(&t->tries, who);

	c->rcpts++;
	c->live += (t->addr[addr] & LIVE) != 0 ||
	    site_rcpt(t->j->site, judge_str(t->j, addr)) == RCPT_VALID;
	c->dead += (t->addr[addr] & (LIVE | DEAD)) == DEAD;
}

/* It sends what our people wait for. */
static bool
is_friend(const struct tries *c)
{
	return c->friends > 0 &&
	    (uint64_t)c->friends * FRIENDS_OF >= c->messages;
}

/* Of recipients that our friends write to, how many do we see writing? */
static void
count_live(struct totals *t)
{
	const struct tries *c = (const struct tries *)(void *)t->tries.rows;
	uint64_t rcpts = 0, live = 0;
	size_t i;

	for (i = 0; i < t->tries.n; i++)
		if (is_friend(&c[i])) {
			rcpts += c[i].rcpts;
			live += c[i].live;
		}
	t->live_share = rcpts < TRIES_MIN ? 0 : (unsigned)(live * 100 / rcpts);
}

static void
count_tries(struct totals *t)
{
	const struct judge *j = t->j;
	struct tries *c;
	size_t i, n;
	uint32_t k;

	t->tries.size = sizeof(struct tries);
	t->nsome = 0;
	for (i = 0; i < j->n; i++) {
		const struct facts *f = j->v[i];

		if (!mail_in(j, f) || judge_who(f) == 0)
			continue;
		for (k = 0; k < f->nrcpts; k++)
			some_add(t, (uint64_t)judge_who(f) << 32 |
			    f->rcpts[k].addr);
		c = idmap_row(&t->tries, judge_who(f));
		c->messages++;
		c->friends += f->sender != 0 &&
		    (t->addr[f->sender] & WRITTEN) != 0;
	}
	n = some_unique(t);
	for (i = 0; i < n; i++)
		if ((uint32_t)t->some[i] != 0)
			try_one(t, (uint32_t)(t->some[i] >> 32),
			    (uint32_t)t->some[i]);
	count_live(t);
}

bool
totals_guesses(const struct totals *t, const struct tries *c)
{
	if (is_friend(c))
		return false;
	if (c->dead >= TRIES_DEAD && c->dead + c->live <= c->rcpts &&
	    c->live * 4 < c->rcpts)
		return true;
	return t->live_share >= 50 && c->rcpts >= TRIES_MIN &&
	    c->live * 400 < c->rcpts * t->live_share;
}

bool
totals_dead(const struct totals *t, uint32_t addr)
{
	return t->dead >= DEAD_MANY && (t->addr[addr] & (LIVE | DEAD)) == DEAD;
}

const struct tries *
totals_tries(const struct totals *t, uint32_t who)
{
	static const struct tries none;
	const struct tries *c = idmap_find(&t->tries, who);

	return c == NULL ? &none : c;
}

bool
totals_known(const struct totals *t, uint32_t addr)
{
	return (t->addr[addr] & WROTE) != 0;
}

/* ---- streams ---- */

static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t v[2] = { a, b };

	return hash64((struct slice){ (const char *)v, sizeof(v) });
}

/* The network of a client: /24, or /48 of IPv6. */
static uint64_t
net_of(const struct judge *j, uint32_t client)
{
	struct ip ip;

	if (client == 0 || !ip_parse(judge_str(j, client), &ip))
		return 0;
	return hash64((struct slice){ (const char *)ip.b,
	    ip_is_v4(&ip) ? 15 : 6 });
}

static void
count_rcpts(const struct totals *t, const struct facts *f, struct item *it)
{
	uint32_t k;

	for (k = 0; k < f->nrcpts; k++)
		if (outside(t->j, &f->rcpts[k])) {
			it->rcpts++;
			it->known += totals_known(t, f->rcpts[k].addr);
		}
}

/*
 * How it was made, and whether many got the same of this one; senders that
 * are not ours are all one.
 */
static uint64_t
way_of(const struct judge *j, const struct facts *f, bool many)
{
	uint64_t sender = judge_ours(j, f->sender_domain) ? f->sender : 0;
	uint64_t way = mix(mix(f->maker, sender), f->list_id);

	return mix(mix(way, f->account != 0 ? 0 : f->helo),
	    many && f->list_id == 0);
}

static uint64_t
who_of(const struct judge *j, const struct facts *f)
{
	if (f->account != 0)
		return (uint64_t)BY_ACCOUNT << 32 | f->account;
	if (f->client != 0)
		return (uint64_t)BY_CLIENT << 32 | f->client;
	return (uint64_t)BY_PROGRAM << 32 |
	    (judge_ours(j, f->sender_domain) ? f->sender_domain : 0);
}

static enum stream_by
by_of(const struct item *it)
{
	return (enum stream_by)(it->who >> 32);
}

/* ---- copies ---- */

struct same {
	uint64_t	h;
	uint32_t	i;		/* entry */
};

static int
cmp_same(const void *a, const void *b)
{
	const struct same *x = a, *y = b;

	if (x->h != y->h)
		return x->h < y->h ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/*
 * A spool and a backup of it, scanned together: what is in both was sent, and
 * came back, once.  The copy is of the stream, but adds nothing to it.
 */
static void
find_copies(struct totals *t)
{
	const struct judge *j = t->j;
	struct same *v;
	size_t n = 0, first = 0, i;

	for (i = 0; i < j->n && j->v[i]->spool == j->v[0]->spool; i++)
		;
	if (i == j->n)
		return;
	t->copy = xcalloc(j->n, sizeof(*t->copy));
	v = xcalloc(j->n, sizeof(*v));
	for (i = 0; i < j->n; i++) {
		const struct facts *f = j->v[i];

		if (f->msgid != 0 && f->nrcpts > 0)
			v[n++] = (struct same){ mix(mix(f->msgid, f->kind),
			    mix(f->rcpts[0].addr, f->nrcpts)), (uint32_t)i };
	}
	qsort(v, n, sizeof(*v), cmp_same);
	for (i = 1; i < n; i++)
		if (v[i].h != v[first].h)
			first = i;
		else
			t->copy[v[i].i] = j->v[v[i].i]->spool !=
			    j->v[v[first].i]->spool;
	free(v);
}

static bool
is_copy(const struct totals *t, size_t i)
{
	return t->copy != NULL && t->copy[i];
}

static void
gather(struct totals *t)
{
	const struct judge *j = t->j;
	struct item *it;
	size_t i, n = 0;

	for (i = 0; i < j->n; i++)
		n += mail_out(j, j->v[i]);
	t->v = xcalloc(n + 1, sizeof(*t->v));
	for (i = 0; i < j->n; i++) {
		const struct facts *f = j->v[i];

		if (!mail_out(j, f))
			continue;
		it = &t->v[t->n++];
		it->i = (uint32_t)i;
		it->who = who_of(j, f);
		it->net = f->account != 0 ? net_of(j, f->client) : 0;
		it->way = f->campaign == 0 ? 0 : mix(f->campaign, 0);
		if (!is_copy(t, i))
			count_rcpts(t, f, it);
	}
}

static int
cmp_net(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	if (x->net != y->net)
		return x->net < y->net ? -1 : 1;
	if (x->way != y->way)
		return x->way < y->way ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

static int
cmp_way(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	if (x->way != y->way)
		return x->way < y->way ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* How many from v[i] on are of the same who, and net or way. */
static size_t
run_net(const struct totals *t, size_t i)
{
	size_t k = i;

	while (k < t->n && t->v[k].who == t->v[i].who &&
	    t->v[k].net == t->v[i].net)
		k++;
	return k - i;
}

static size_t
run_way(const struct totals *t, size_t i)
{
	size_t k = i;

	while (k < t->n && t->v[k].who == t->v[i].who &&
	    t->v[k].way == t->v[i].way)
		k++;
	return k - i;
}

static void
find_ways(struct totals *t)
{
	size_t i, k, n;
	bool many;

	qsort(t->v, t->n, sizeof(*t->v), cmp_way);
	for (i = 0; i < t->n; i += n) {
		n = run_way(t, i);
		many = t->v[i].way != 0 && n >= SAME_MANY;
		if (many && by_of(&t->v[i]) == BY_PROGRAM)
			continue;	/* the campaign is its way */
		for (k = i; k < i + n; k++)
			t->v[k].way = way_of(t->j, t->j->v[t->v[k].i], many);
	}
}

/* Known ones among the recipients of n messages: share % of them? */
static bool
at_home(const struct item *v, size_t n, unsigned share)
{
	uint64_t known = 0, rcpts = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		known += v[i].known;
		rcpts += v[i].rcpts;
	}
	return known * 100 >= rcpts * share && known > 0;
}

/*
 * Networks where the account writes to people who write to us, in any one
 * way, are its owner's, and so are machines that the site trusts; mail from
 * others is another stream.  Bits of way say so.
 */
enum { AWAY = 1, REST = 2, BORROWED = 4, WAY_BITS = 7 };

static bool
home_net(const struct totals *t, size_t i, size_t n)
{
	size_t k, end = i + n, m;

	for (k = i; k < end; k += m) {
		m = run_way(t, k);
		if (k + m > end)	/* the next network has this way too */
			m = end - k;
		if (at_home(&t->v[k], m, NET_SHARE))
			return true;
	}
	return false;
}

static const struct facts *
entry(const struct totals *t, size_t item)
{
	return t->j->v[t->v[item].i];
}

static void
split_nets(struct totals *t)
{
	size_t i, k, n;
	uint64_t away;

	qsort(t->v, t->n, sizeof(*t->v), cmp_net);
	for (i = 0; i < t->n; i += n) {
		n = run_net(t, i);
		away = by_of(&t->v[i]) != BY_ACCOUNT ||
		    home_net(t, i, n) ? 0 : AWAY;
		for (k = i; k < i + n; k++)
			t->v[k].way = (t->v[k].way & ~(uint64_t)WAY_BITS) |
			    (entry(t, k)->client_is == CLIENT_TRUSTED ? 0 :
			    away);
	}
	qsort(t->v, t->n, sizeof(*t->v), cmp_way);
}

/* All of them name the same list. */
static bool
one_list(const struct totals *t, size_t i, size_t n)
{
	uint32_t list = entry(t, i)->list_id;
	size_t k;

	for (k = i; k < i + n; k++)
		if (entry(t, k)->list_id != list)
			return false;
	return list != 0;
}

/* Made as what its owner sends from home; that one stands before it. */
static bool
is_borrowed(const struct totals *t, size_t i, size_t before, bool home)
{
	return i > 0 && home && (t->v[i].way & AWAY) != 0 &&
	    t->v[before].who == t->v[i].who &&
	    (t->v[before].way | AWAY) == t->v[i].way;
}

/*
 * A thief's program may change its ways with each message, and some of it
 * goes to the owner's friends: what knows nobody, or is away, is one stream,
 * but for lists, what is made as the owner's mail, and what programs send.
 */
static void
pool(struct totals *t)
{
	uint64_t *ways = xcalloc(t->n + 1, sizeof(*ways)), way;
	size_t i, k, n, before = 0;
	bool home = false, now;

	for (i = 0; i < t->n; i += n) {
		n = run_way(t, i);
		now = (t->v[i].way & AWAY) == 0 &&
		    at_home(&t->v[i], n, OWN_SHARE);
		way = t->v[i].way;
		if (is_borrowed(t, i, before, home))
			way = AWAY | BORROWED;
		else if (!now && !one_list(t, i, n) &&
		    by_of(&t->v[i]) != BY_PROGRAM)
			way = (way & AWAY) | REST;
		for (k = i; k < i + n; k++)
			ways[k] = way;
		before = i;
		home = now;
	}
	for (i = 0; i < t->n; i++)
		t->v[i].way = ways[i];
	free(ways);
	qsort(t->v, t->n, sizeof(*t->v), cmp_way);
}

/* Recipients: different ones, known ones, and those of several days. */
static void
sum_rcpts(struct totals *t, struct stream *s, size_t i, size_t n)
{
	const struct facts *f;
	size_t k, days;
	uint32_t r;

	t->nsome = 0;
	for (k = i; k < i + n; k++)
		for (f = entry(t, k), r = 0; r < f->nrcpts; r++)
			if (outside(t->j, &f->rcpts[r]) &&
			    !is_copy(t, t->v[k].i))
				some_add(t, (uint64_t)f->rcpts[r].addr << 32 |
				    (uint32_t)(f->arrived / DAY));
	s->letters = (uint32_t)t->nsome;
	days = some_unique(t);
	for (k = 0; k < days; k++) {
		uint32_t addr = (uint32_t)(t->some[k] >> 32);

		if (k > 0 && t->some[k - 1] >> 32 == addr) {
			s->steady += k < 2 || t->some[k - 2] >> 32 != addr;
			continue;
		}
		s->rcpts++;
		s->known += totals_known(t, addr);
	}
}

/* The most recipients within any hour. */
static void
sum_busy(struct totals *t, struct stream *s, size_t i, size_t n)
{
	const uint64_t mask = (UINT64_C(1) << 20) - 1;
	uint64_t now = 0;
	size_t k, from = 0;

	t->nsome = 0;
	for (k = i; k < i + n; k++) {
		const struct facts *f = entry(t, k);
		uint64_t rcpts = t->v[k].rcpts;

		if (f->arrived > 0)
			some_add(t, (uint64_t)f->arrived << 20 |
			    (rcpts > mask ? mask : rcpts));
	}
	if (t->nsome == 0)
		return;
	qsort(t->some, t->nsome, sizeof(*t->some), cmp_u64);
	for (k = 0; k < t->nsome; k++) {
		now += t->some[k] & mask;
		while ((t->some[k] >> 20) - (t->some[from] >> 20) >= 3600)
			now -= t->some[from++] & mask;
		if (now > s->busy)
			s->busy = (uint32_t)now;
	}
	s->first = (int64_t)(t->some[0] >> 20);
	s->last = (int64_t)(t->some[t->nsome - 1] >> 20);
}

static void
sum_spread(struct totals *t, struct stream *s, size_t i, size_t n)
{
	size_t k;

	t->nsome = 0;
	for (k = i; k < i + n; k++)
		some_add(t, t->v[k].net);
	s->nets = (uint32_t)some_unique(t);
	t->nsome = 0;
	s->outside = true;
	for (k = i; k < i + n; k++) {
		const struct facts *f = entry(t, k);

		s->outside &= f->client_is == CLIENT_STRANGER;
		s->flagged += judge_flagged(t->j, f);
		if (f->sender_domain != 0 && !judge_ours(t->j,
		    f->sender_domain))
			some_add(t, f->sender_domain);
		if (f->arrived > 0)
			s->clock |= 1u << (f->arrived / 3600 % 24);
	}
	s->forged = (uint32_t)some_unique(t);
}

static void
make_streams(struct totals *t)
{
	struct stream *s;
	size_t i, k, n, room = 0;

	for (i = 0; i < t->n; i += run_way(t, i))
		room++;
	t->streams = xcalloc(room + 1, sizeof(*t->streams));
	t->of = xcalloc(t->j->n + 1, sizeof(*t->of));
	for (i = 0; i < t->n; i += n) {
		n = run_way(t, i);
		s = &t->streams[t->nstreams++];
		s->who = (uint32_t)t->v[i].who;
		s->by = by_of(&t->v[i]);
		s->messages = (uint32_t)n;
		s->borrowed = (t->v[i].way & BORROWED) != 0;
		sum_rcpts(t, s, i, n);
		sum_busy(t, s, i, n);
		sum_spread(t, s, i, n);
		s->owner = s->known > 0 &&
		    !(t->v[i].way & (AWAY | REST));
		s->list = !(t->v[i].way & (AWAY | REST)) &&
		    one_list(t, i, n) &&
		    s->steady * 3 >= s->rcpts;
		for (k = i; k < i + n; k++)
			t->of[t->v[k].i] = (uint32_t)t->nstreams;
	}
}

/* ---- what came back ---- */

static struct sent *
sent_slot(const struct totals *t, uint64_t msgid)
{
	size_t i = msgid & (t->sent_cap - 1);

	while (t->sent[i].msgid != 0 && t->sent[i].msgid != msgid)
		i = (i + 1) & (t->sent_cap - 1);
	return &t->sent[i];
}

const struct stream *
totals_sent(const struct totals *t, uint64_t msgid)
{
	const struct sent *s;

	if (msgid == 0)
		return NULL;
	s = sent_slot(t, msgid);
	return s->msgid == 0 ? NULL : &t->streams[s->stream - 1];
}

static void
count_bounced(struct totals *t)
{
	const struct judge *j = t->j;
	struct sent *s;
	size_t i;

	for (t->sent_cap = 64; t->sent_cap < 2 * t->n; t->sent_cap *= 2)
		;
	t->sent = xcalloc(t->sent_cap, sizeof(*t->sent));
	for (i = 0; i < j->n; i++)
		if (t->of[i] != 0 && j->v[i]->msgid != 0) {
			s = sent_slot(t, j->v[i]->msgid);
			if (s->msgid == 0)	/* the first one has it */
				*s = (struct sent){ j->v[i]->msgid, t->of[i] };
		}
	for (i = 0; i < j->n; i++)
		if (j->v[i]->kind == KIND_BOUNCE && j->v[i]->report != NULL &&
		    j->v[i]->report->msgid != 0 && !is_copy(t, i)) {
			s = sent_slot(t, j->v[i]->report->msgid);
			if (s->msgid != 0)
				t->streams[s->stream - 1].bounced++;
		}
}

const struct stream *
totals_stream(const struct totals *t, const struct facts *f)
{
	return t == NULL || f->at == 0 || t->of[f->at - 1] == 0 ? NULL :
	    &t->streams[t->of[f->at - 1] - 1];
}

struct totals *
totals_new(const struct judge *j)
{
	struct totals *t = xcalloc(1, sizeof(*t));
	size_t i;

	t->j = j;
	t->addr = xcalloc(j->ids, 1);
	for (i = 0; i < j->n; i++)
		learn(t, j->v[i]);
	count_tries(t);
	return t;
}

void
totals_streams(struct totals *t)
{
	find_copies(t);
	gather(t);
	find_ways(t);
	split_nets(t);
	pool(t);
	make_streams(t);
	count_bounced(t);
	unusual(t->streams, t->nstreams);
	free(t->v);
	free(t->copy);
	free(t->some);
	t->v = NULL;
	t->copy = NULL;
	t->some = NULL;
}

void
totals_free(struct totals *t)
{
	if (t == NULL)
		return;
	free(t->addr);
	free(t->v);
	free(t->of);
	free(t->streams);
	free(t->sent);
	free(t->some);
	idmap_free(&t->tries);
	free(t);
}
