#include <pthread.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "judge/state.h"

#define AHEAD	8	/* entries whose memory is asked for */
#define SHARES_MAX	64	/* threads that apply the rules */
#define SHARE_MIN	500	/* entries; fewer are not worth a thread */

struct slice
judge_str(const struct judge *j, uint32_t id)
{
	return intern_str(j->in, id);
}

const struct intern *
judge_strings(const struct judge *j)
{
	return j->in;
}

/* The answer for one string, looked up once; two threads find the same. */
static bool
ask(const struct judge *j, atomic_uchar *known, uint32_t id,
    bool (*look)(const struct site *, struct slice))
{
	unsigned char is;

	if (id == 0)
		return false;
	is = atomic_load_explicit(&known[id], memory_order_relaxed);
	if (!(is & ASKED)) {
		is = look(j->site, intern_str(j->in, id)) ?
		    ASKED | YES : ASKED;
		atomic_store_explicit(&known[id], is, memory_order_relaxed);
	}
	return is & YES;
}

bool
judge_ours(const struct judge *j, uint32_t domain)
{
	return ask(j, j->ours, domain, site_is_ours);
}

bool
judge_misses_us(const struct judge *j)
{
	bool asked = false;
	uint8_t said;
	size_t i;

	for (i = 0; i < j->ids; i++) {
		said = atomic_load_explicit(&j->ours[i],
		    memory_order_relaxed);
		if (said & YES)
			return false;
		asked |= said & ASKED;
	}
	return asked;
}

static bool
host_or_ours(const struct site *site, struct slice name)
{
	struct ip ip;

	return site_is_host(site, name) || site_is_ours(site, name) ||
	    (ip_parse(name, &ip) && site_is_host_ip(site, &ip));
}

bool
judge_host(const struct judge *j, uint32_t name)
{
	return ask(j, j->host, name, host_or_ours);
}

enum site_client
judge_client(const struct judge *j, uint32_t id)
{
	struct ip ip;
	unsigned char is;

	if (id == 0)
		return CLIENT_NONE;
	is = atomic_load_explicit(&j->client[id], memory_order_relaxed);
	if (is == 0) {
		is = (unsigned char)(1 +
		    (ip_parse(intern_str(j->in, id), &ip) ?
		    site_client(j->site, &ip) : CLIENT_NONE));
		atomic_store_explicit(&j->client[id], is,
		    memory_order_relaxed);
	}
	return (enum site_client)(is - 1);
}

uint32_t
judge_target(const struct fact_rcpt *r)
{
	return r->route == ROUTE_NONE ? r->domain : r->target;
}

uint32_t
judge_names_us(const struct judge *j, const struct facts *f)
{
	size_t n = f->nheader_rcpts, i;

	for (i = 0; i < n; i++)
		if (judge_ours(j, f->header_rcpts[n + i]))
			return f->header_rcpts[i];
	return 0;
}

/*
 * Our server came to itself by an address that the site trusts and does not
 * call its own: that of a filter, or the public one.  The message was at our
 * server before, and the client's name is that of a host, not only what it
 * says of itself where the server looked the name up.
 */
static bool
by_itself(const struct judge *j, const struct fact_hop *h,
    const struct fact_hop *below)
{
	return !h->authenticated && judge_client(j, h->ip) == CLIENT_TRUSTED &&
	    site_is_host(j->site, intern_str(j->in,
	    h->name != 0 ? h->name : h->helo)) &&
	    site_is_host(j->site, intern_str(j->in, below->by));
}

/*
 * The hop where the message came in to us: newest first, as long as the
 * hops are our own servers' and hand on among themselves.  -1: nobody that
 * we can name connected to us.  *all: every hop is ours, so the message
 * was made here; below a hop of a stranger it came from somewhere, as mail
 * that was fetched from another server does.
 */
static int
entry_hop(const struct judge *j, const struct fact_hop *v, size_t n,
    bool *all)
{
	size_t i;

	*all = false;
	for (i = 0; i < n; i++) {
		if (v[i].by != 0 && !judge_host(j, v[i].by))
			return -1;
		if (v[i].ip != 0 && judge_client(j, v[i].ip) != CLIENT_OWN &&
		    !(i + 1 < n && by_itself(j, &v[i], &v[i + 1])))
			return (int)i;
		if (v[i].ip == 0 && !v[i].local && (v[i].authenticated ||
		    ((v[i].name != 0 || v[i].helo != 0) &&
		    !judge_host(j, v[i].name) && !judge_host(j, v[i].helo))))
			return (int)i;	/* somebody, address not told */
	}
	*all = n > 0;
	return -1;
}

/* A message without a trace in these folders was made on the server. */
static bool
made_here(struct slice folder)
{
	return sl_istarts(folder, SL("out")) ||
	    sl_istarts(folder, SL("pickup")) ||
	    sl_istarts(folder, SL("queue")) ||
	    sl_istarts(folder, SL("badmail"));
}

/* A list of accounts, where there is one, is complete. */
static bool
known_account(const struct judge *j, uint32_t account)
{
	return account == 0 || !site_has(j->site, SITE_ACCOUNT) ||
	    site_is_account(j->site, intern_str(j->in, account));
}

/* An account that was used on the server itself: webmail, a program. */
static void
settle_webmail(struct judge *j, struct facts *f)
{
	size_t i;

	for (i = 0; i < f->nhops && f->local && f->account == 0; i++)
		if (f->hops[i].authenticated &&
		    known_account(j, f->hops[i].account))
			f->account = f->hops[i].account;
}

static void
settle(struct judge *j, struct facts *f)
{
	bool all;
	int i = entry_hop(j, f->hops, f->nhops, &all);

	f->client = f->helo = f->account = 0;
	f->client_is = CLIENT_NONE;
	f->authenticated = false;
	f->local = false;
	f->spoke = 0;
	f->class = C_UNSURE;
	f->rule = UINT8_MAX;
	f->ours_above = 0;
	if (i >= 0) {
		/* what the spool tells stands before those of the header */
		f->ours_above = (uint8_t)(i - (i > 0 && f->hops[0].by == 0));
		f->client = f->hops[i].ip;
		f->helo = f->hops[i].helo;
		f->client_is = (uint8_t)judge_client(j, f->client);
		f->account = f->hops[i].account;
		f->authenticated = f->hops[i].authenticated &&
		    known_account(j, f->account);
	} else {
		f->local = (all && !f->more_hops) || (f->nhops == 0 &&
		    made_here(intern_str(j->in, f->folder)));
		settle_webmail(j, f);
	}
}

/* The client of that hop says it is us, and no address denies it. */
static bool
claims_us(const struct judge *j, const struct fact_hop *h)
{
	return (h->ip == 0 || judge_client(j, h->ip) != CLIENT_STRANGER) &&
	    (judge_host(j, h->name) || judge_host(j, h->helo));
}

/*
 * The chain is believed from the newest hop down.  Mail of ours has a hop
 * that we wrote: where there are hops and none is ours, it entered
 * elsewhere.  One of ours counts when nothing stands above it, or the hop
 * above got the message from somebody who calls himself us: below the true
 * hops a bot can write any Received it likes.
 */
enum origin
judge_origin(const struct judge *j, const struct facts *f)
{
	const struct fact_report *r = f->report;
	const struct fact_hop *above;
	size_t i;
	bool all;
	int at;

	if (r == NULL || r->nhops == 0)
		return ORIGIN_UNKNOWN;
	for (i = 0; i < r->nhops; i++)
		if (r->hops[i].by != 0 && judge_host(j, r->hops[i].by))
			break;
	if (i == r->nhops)
		return claims_us(j, &r->hops[0]) ? ORIGIN_UNKNOWN :
		    ORIGIN_ELSEWHERE;
	above = i > 0 ? &r->hops[i - 1] : NULL;
	if (above != NULL && above->ip != 0 &&
	    judge_client(j, above->ip) == CLIENT_STRANGER &&
	    !judge_host(j, above->name) && !judge_host(j, above->helo))
		return ORIGIN_ELSEWHERE;
	at = entry_hop(j, r->hops + i, r->nhops - i, &all);
	if (at < 0)
		return all ? ORIGIN_OURS : ORIGIN_UNKNOWN;
	if (r->hops[i + (size_t)at].authenticated)
		return ORIGIN_OURS;
	switch (judge_client(j, r->hops[i + (size_t)at].ip)) {
	case CLIENT_TRUSTED:
	case CLIENT_OWN:
		return ORIGIN_OURS;
	case CLIENT_STRANGER:
	case CLIENT_DENIED:
	case CLIENT_GATEWAY:
		return ORIGIN_STRANGER;
	case CLIENT_NONE:
		break;
	}
	return ORIGIN_UNKNOWN;
}

bool
judge_sent(const struct judge *j, uint64_t msgid)
{
	size_t i;

	if (msgid == 0 || j->sent_n == 0)
		return false;
	for (i = msgid & (j->sent_cap - 1); j->sent[i] != 0;
	    i = (i + 1) & (j->sent_cap - 1))
		if (j->sent[i] == msgid)
			return true;
	return false;
}

static void
sent_add(struct judge *j, uint64_t msgid)
{
	size_t i;

	if (msgid == 0 || judge_sent(j, msgid))
		return;
	for (i = msgid & (j->sent_cap - 1); j->sent[i] != 0;
	    i = (i + 1) & (j->sent_cap - 1))
		;
	j->sent[i] = msgid;
	j->sent_n++;
}

struct judge *
judge_new(const struct site *site, const struct intern *in,
    struct facts **v, size_t n)
{
	struct judge *j = xcalloc(1, sizeof(*j));

	j->site = site;
	j->in = in;
	j->v = v;
	j->n = n;
	j->ids = (size_t)intern_count(in) + 1;
	j->ours = xcalloc(j->ids, 1);
	j->host = xcalloc(j->ids, 1);
	j->client = xcalloc(j->ids, 1);
	j->clients.size = sizeof(struct client_sums);
	j->addrs.size = sizeof(struct addr_sums);
	j->lists.size = sizeof(struct list_sums);
	for (j->sent_cap = 64; j->sent_cap < 2 * n; j->sent_cap *= 2)
		;
	j->sent = xcalloc(j->sent_cap, sizeof(*j->sent));
	return j;
}

void
judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	free(j->ours);
	free(j->host);
	free(j->client);
	free(j->pairs);
	idmap_free(&j->clients);
	idmap_free(&j->addrs);
	campaigns_free(j->campaigns);
	idmap_free(&j->lists);
	totals_free(j->totals);
	free(j->sent);
	free(j);
}

uint32_t
judge_who(const struct facts *f)
{
	return f->client_is == CLIENT_GATEWAY && f->helo != 0 ? f->helo :
	    f->client;
}

const struct client_sums *
judge_client_sums(const struct judge *j, uint32_t who)
{
	static const struct client_sums none;
	const struct client_sums *sums = idmap_find(&j->clients, who);

	return sums == NULL ? &none : sums;
}

const struct addr_sums *
judge_addr_sums(const struct judge *j, uint32_t addr)
{
	static const struct addr_sums none;
	const struct addr_sums *sums = idmap_find(&j->addrs, addr);

	return sums == NULL ? &none : sums;
}

const struct list_sums *
judge_list_sums(const struct judge *j, uint32_t list)
{
	static const struct list_sums none;
	const struct list_sums *sums = idmap_find(&j->lists, list);

	return sums == NULL ? &none : sums;
}

static void
count_list(struct judge *j, const struct facts *f)
{
	struct list_sums *l;

	if (f->list_id == 0 || f->arrived <= 0)
		return;
	l = idmap_row(&j->lists, f->list_id);
	if (l->messages++ == 0) {
		l->domain = f->sender_domain;
		l->client = judge_who(f);
		l->first = l->last = f->arrived;
	}
	l->mixed |= l->domain != f->sender_domain || l->client != judge_who(f);
	if (f->arrived < l->first)
		l->first = f->arrived;
	if (f->arrived > l->last)
		l->last = f->arrived;
}

static struct client_sums *
count_client(struct judge *j, uint32_t who)
{
	return idmap_row(&j->clients, who);
}

static struct addr_sums *
count_addr(struct judge *j, uint32_t addr)
{
	return idmap_row(&j->addrs, addr);
}

const struct pair *
judge_pair(const struct judge *j, const struct facts *f)
{
	uint32_t at = f->nrcpts != 1 ? 0 :
	    judge_addr_sums(j, f->rcpts[0].addr)->pair;

	return at == 0 ? NULL : &j->pairs[at - 1];
}

static struct pair *
pair_new(struct judge *j, uint32_t outside, uint32_t local)
{
	if (j->npairs == j->pairs_room) {
		j->pairs_room = j->pairs_room == 0 ? 64 : j->pairs_room * 2;
		j->pairs = xrealloc(j->pairs, j->pairs_room,
		    sizeof(*j->pairs));
	}
	j->pairs[j->npairs++] = (struct pair){ .local = local };
	count_addr(j, outside)->pair = (uint32_t)j->npairs;
	count_addr(j, local)->targets++;
	return &j->pairs[j->npairs - 1];
}

static void
count_pair(struct judge *j, const struct facts *f, uint32_t local)
{
	uint32_t outside = f->rcpts[0].addr, at = count_addr(j, outside)->pair;
	struct pair *p = at != 0 ? &j->pairs[at - 1] :
	    pair_new(j, outside, local);
	size_t i;

	p->n++;
	if (p->local != local)
		p->local = 0;
	for (i = 0; i < PAIR_WHO && p->who[i] != judge_who(f); i++)
		if (p->who[i] == 0) {
			p->who[i] = judge_who(f);
			break;
		}
}

/*
 * Totals.  A forward sends what comes for one local user to one address
 * outside, again and again, whoever wrote it; relayed spam that names a
 * local user spreads over many addresses, or comes from one client.
 */
static void
count_one(struct judge *j, const struct facts *f)
{
	const struct fact_rcpt *r = f->rcpts;
	bool foreign = false;
	uint32_t local, i;

	for (i = 0; i < f->nrcpts; i++)
		foreign |= r[i].domain != 0 &&
		    r[i].provenance != PROV_HEADERS &&
		    !judge_ours(j, judge_target(&r[i]));
	if (f->client == 0 || f->client_is == CLIENT_TRUSTED ||
	    f->authenticated)
		return;
	if (!foreign) {
		count_list(j, f);
		count_client(j, judge_who(f))->inbound +=
		    f->kind == KIND_MAIL;
		return;
	}
	if ((local = judge_names_us(j, f)) == 0) {
		count_client(j, judge_who(f))->relayed++;
		return;
	}
	count_addr(j, local)->named++;
	if (f->nrcpts == 1)
		count_pair(j, f, local);
	else
		count_addr(j, local)->targets += f->nrcpts;
}

/* First decisive rule wins, all that speak are kept. */
static void
apply(struct judge *j, struct facts *f)
{
	uint64_t spoke = 0;
	uint8_t rule = UINT8_MAX, i;

	for (i = 0; judge_rules[i].id != NULL; i++) {
		if (!judge_rules[i].test(j, f))
			continue;
		spoke |= UINT64_C(1) << i;
		if (rule == UINT8_MAX && judge_rules[i].weight == DECIDES)
			rule = i;
	}
	f->spoke = spoke;
	f->rule = rule;
	f->class = (uint8_t)(rule == UINT8_MAX ? C_UNSURE :
	    judge_rules[rule].class);
}

static bool
is_report(const struct facts *f)
{
	return kind_is_report((enum kind)f->kind);
}

/* Answers depend on what was sent; reports on that; storms on the reports. */
static bool
answers(const struct facts *f)
{
	return f->kind == KIND_AUTOREPLY || f->kind == KIND_READ_RECEIPT;
}

static bool
is_mail(const struct facts *f)
{
	return !is_report(f) && !answers(f);
}

static bool
is_no_mail(const struct facts *f)
{
	return !is_mail(f);
}

/* What our users sent makes a bounce of it theirs. */
static void
remember_sent(struct judge *j, const struct facts *f)
{
	if (f->class == C_LEGIT && (f->local || f->authenticated ||
	    f->client_is == CLIENT_TRUSTED || f->client_is == CLIENT_OWN))
		sent_add(j, f->msgid);
}

static void
remember_report(struct judge *j, const struct facts *f)
{
	struct addr_sums *to;

	if (f->nrcpts == 0)
		return;
	to = count_addr(j, f->rcpts[0].addr);
	to->false_reports += f->class == C_BACKSCATTER;
	to->true_reports += f->class == C_LEGIT;
}

void
judge_threads(struct judge *j, size_t threads)
{
	j->threads = threads;
}

void
judge_known(struct judge *j, struct campaign_known *known, size_t n,
    uint32_t used)
{
	j->known = known;
	j->nknown = n;
	j->numbers = used;
}

const struct campaigns *
judge_campaigns(const struct judge *j)
{
	return j->campaigns;
}

/*
 * Entry i.  They lie in the order in which they were read, so that each is
 * far from the one before: memory is asked for some entries ahead.
 */
static struct facts *
entry(const struct judge *j, size_t i)
{
	const char *p;
	size_t n;

	if (i + AHEAD < j->n) {
		p = (const char *)j->v[i + AHEAD];
		for (n = 0; n < sizeof(struct facts); n += 64)
			__builtin_prefetch(p + n);
	}
	return j->v[i];
}

/* Entries that one thread applies the rules to. */
struct share {
	struct judge	*j;
	bool		 (*takes)(const struct facts *f);
	size_t		 from, to;
	bool		 beside;	/* in a thread of its own */
	pthread_t	 thread;
};

static void *
apply_share(void *arg)
{
	const struct share *s = arg;
	struct facts *f;
	size_t i;

	for (i = s->from; i < s->to; i++) {
		f = entry(s->j, i);
		if (s->takes(f))
			apply(s->j, f);
	}
	return NULL;
}

/*
 * Apply the rules to all that takes takes.  What one of these becomes tells
 * nothing of another, so they are shared out among the threads.
 */
static void
apply_all(struct judge *j, bool (*takes)(const struct facts *f))
{
	struct share v[SHARES_MAX];
	size_t n = j->n / SHARE_MIN, i;

	n = n > j->threads ? j->threads : n;
	n = n > SHARES_MAX ? SHARES_MAX : n < 1 ? 1 : n;
	for (i = 0; i < n; i++)
		v[i] = (struct share){ .j = j, .takes = takes,
		    .from = j->n * i / n, .to = j->n * (i + 1) / n };
	for (i = 1; i < n; i++)
		v[i].beside = pthread_create(&v[i].thread, NULL, apply_share,
		    &v[i]) == 0;
	for (i = 0; i < n; i++)
		if (v[i].beside)
			pthread_join(v[i].thread, NULL);
		else
			apply_share(&v[i]);
}

static bool
is_pulled(const struct facts *f)
{
	return f->campaign != 0 && (f->class == C_UNSURE || judge_is_weak(f));
}

/*
 * What nothing has decided follows its campaign.  What the campaigns are
 * made of is counted before, and not again until the end: else the order of
 * names would tell.
 */
static void
pull(struct judge *j)
{
	campaigns_count(j->campaigns, j->in);
	j->pulling = true;
	apply_all(j, is_pulled);
}

static void *
find_campaigns(void *arg)
{
	struct judge *j = arg;

	j->campaigns = campaigns_find(j->v, j->n, j->known, j->nknown,
	    j->numbers);
	return NULL;
}

/* Where it came in, and who sends how much: nothing that a campaign tells. */
static void
settle_all(struct judge *j)
{
	struct facts *f;
	size_t i;

	for (i = 0; i < j->n; i++) {
		f = entry(j, i);
		settle(j, f);
		f->at = (uint32_t)i + 1;
	}
	totals_free(j->totals);
	j->totals = totals_new(j);
	for (i = 0; i < j->n; i++)
		count_one(j, entry(j, i));
}

void
judge_all(struct judge *j)
{
	struct facts *f;
	pthread_t finder;
	bool beside = j->threads > 1 &&
	    pthread_create(&finder, NULL, find_campaigns, j) == 0;
	size_t i;

	settle_all(j);
	if (beside)
		pthread_join(finder, NULL);
	else
		find_campaigns(j);
	totals_streams(j->totals);
	apply_all(j, is_mail);
	for (i = 0; i < j->n; i++) {
		f = entry(j, i);
		if (is_mail(f))
			remember_sent(j, f);
	}
	pull(j);
	apply_all(j, is_no_mail);
	for (i = 0; i < j->n; i++) {
		f = entry(j, i);
		if (is_report(f))
			remember_report(j, f);
	}
	/* not before: else the order of names would tell storms */
	j->counted = true;
	for (i = 0; i < j->n; i++)
		if (is_report(j->v[i]) && j->v[i]->class == C_UNSURE)
			apply(j, j->v[i]);	/* now the storms are known */
	campaigns_count(j->campaigns, j->in);
}

void
judge_answered(struct judge *j)
{
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->v[i]->class == C_UNSURE && j->v[i]->answer != NULL)
			apply(j, j->v[i]);
	campaigns_count(j->campaigns, j->in);
}
