#include <stdlib.h>

#include "base/xalloc.h"
#include "judge/judge.h"

/*
 * How the site is guessed when nobody told it.
 *
 * server	the host that wrote the newest hop of most messages
 * gateway	an inside address behind which many clients call themselves
 *		by many names, and by which mail comes in for the server's
 *		own domain, or for the one that is sent from inside most;
 *		else it is a machine with a program that makes names up
 * trusted	other inside addresses (RFC 1918 and its like)
 * local domain	the server's own, and each domain for which two of these
 *		speak: inside clients send from it; accounts are of it, and
 *		send from it; very many different clients outside send to it;
 *		the server has its name
 *
 * Victims of relayed spam get mail from few clients, a domain of ours from
 * everywhere: what counts is different clients, not messages.
 */
#define HOST_SHARE	20	/* percent of entries with a hop */
#define GATEWAY_NAMES	40	/* HELO names behind one inside address */
#define GATEWAY_MIN	20	/* messages for us, to tell by */
#define GATEWAY_SHARE	5	/* percent of them that come by it */
#define SENDERS_MAX	20	/* domains that one machine sends from */
#define SENDER_SHARE	5	/* percent of what inside clients send */
#define CLIENT_SHARE	10	/* percent of the outside clients */
#define CLIENTS_MIN	3

/* A set of pairs of numbers, and for each first one how many it has. */
struct pairs {
	uint64_t	*slot;
	size_t		 cap, n;
	uint32_t	*count;		/* by first number */
};

struct guess {
	const struct intern	*in;
	struct facts		**v;
	size_t			 n;
	size_t			 ids;
	struct site		*site;
	struct buf		*why;
	struct pairs		 helos;		/* address, HELO name */
	struct pairs		 senders;	/* address, sender domain */
	struct pairs		 from;		/* recipient domain, client */
	uint32_t		*by;		/* messages by newest host */
	uint32_t		*sent;		/* sender domain, from inside */
	uint32_t	*login;		/* the same, by an account of it */
	uint32_t	*inward;	/* messages for us, by address */
	size_t		 ninward;
	uint8_t			*inside;	/* address: INSIDE, GATEWAY */
	size_t			 nsent, noutside, nhops;
};
enum { INSIDE = 1, GATEWAY = 2, OUTSIDE = 4 };

static size_t
pairs_at(const struct pairs *p, uint64_t key)
{
	return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 24) &
	    (p->cap - 1);
}

static void
pairs_grow(struct pairs *p)
{
	uint64_t *old = p->slot;
	size_t n = p->cap, i, j;

	p->cap = n == 0 ? 1024 : n * 2;
	p->slot = xcalloc(p->cap, sizeof(*p->slot));
	for (i = 0; i < n; i++) {
		if (old[i] == 0)
			continue;
		j = pairs_at(p, old[i]);
		while (p->slot[j] != 0)
			j = (j + 1) & (p->cap - 1);
		p->slot[j] = old[i];
	}
	free(old);
}

static void
pairs_add(struct pairs *p, uint32_t a, uint32_t b)
{
	uint64_t key = (uint64_t)a << 32 | b;
	size_t i;

	if (a == 0 || b == 0)
		return;
	if (p->n * 2 >= p->cap)
		pairs_grow(p);
	for (i = pairs_at(p, key); p->slot[i] != 0; i = (i + 1) & (p->cap - 1))
		if (p->slot[i] == key)
			return;
	p->slot[i] = key;
	p->n++;
	p->count[a]++;
}

/* The newest hop that somebody connected at, and who wrote it. */
static const struct fact_hop *
entry(const struct facts *f)
{
	size_t i;

	for (i = 0; i < f->nhops; i++)
		if (f->hops[i].ip != 0)
			return &f->hops[i];
	return NULL;
}

static void
add(struct guess *g, enum site_what what, struct slice value)
{
	struct err err;

	if (site_add(g->site, what, value, &err) == -1)
		buf_fmt(g->why, "%s: " SL_FMT " was not taken: %s\n",
		    site_key(what), SL_ARG(value), err.msg);
}

static void
count_hosts(struct guess *g)
{
	const struct fact_hop *h;
	struct ip ip;
	size_t i, k;

	for (i = 0; i < g->n; i++) {
		for (k = 0; k < g->v[i]->nhops; k++)
			if (g->v[i]->hops[k].by != 0)
				break;
		if (k < g->v[i]->nhops) {
			g->by[g->v[i]->hops[k].by]++;
			g->nhops++;
		}
		if ((h = entry(g->v[i])) == NULL)
			continue;
		pairs_add(&g->helos, h->ip, h->helo);
		pairs_add(&g->senders, h->ip, g->v[i]->sender_domain);
		if (g->inside[h->ip] == 0 &&
		    ip_parse(intern_str(g->in, h->ip), &ip)) {
			g->inside[h->ip] = ip_is_private(&ip) ? INSIDE :
			    OUTSIDE;
			g->noutside += g->inside[h->ip] == OUTSIDE;
		}
	}
}

/* The most frequent of the newest hosts; equal ones by name. */
static uint32_t
most(const struct guess *g, const uint32_t *count)
{
	uint32_t best = 0, id;

	for (id = 1; id < g->ids; id++)
		if (count[id] > count[best] || (count[id] != 0 &&
		    count[id] == count[best] && sl_cmp(intern_str(g->in, id),
		    intern_str(g->in, best)) < 0))
			best = id;
	return best;
}

static struct slice
guess_host(struct guess *g, bool wanted)
{
	uint32_t id = most(g, g->by);
	struct slice host = intern_str(g->in, id);

	if (id == 0 || g->by[id] * 100 < g->nhops * HOST_SHARE)
		return SL("");
	if (!wanted)
		return host;
	add(g, SITE_HOST, host);
	buf_fmt(g->why, "hosts = " SL_FMT ": it wrote the newest hop of %u "
	    "of %zu messages\n", SL_ARG(host), g->by[id], g->nhops);
	return host;
}

static int
by_text(const void *a, const void *b, void *ctx)
{
	const struct intern *in = ctx;
	const uint32_t *x = a, *y = b;

	return sl_cmp(intern_str(in, *x), intern_str(in, *y));
}

/* Ids with something in them, in the order of their strings. */
static uint32_t *
chosen(const struct guess *g, bool (*want)(const struct guess *, uint32_t),
    size_t *n)
{
	uint32_t *v = xcalloc(g->ids, sizeof(*v)), id;

	for (*n = 0, id = 1; id < g->ids; id++)
		if (want(g, id))
			v[(*n)++] = id;
	qsort_r(v, *n, sizeof(*v), by_text,
	    (void *)(uintptr_t)(const void *)g->in);
	return v;
}

static bool
is_loopback(const struct guess *g, uint32_t id)
{
	struct ip ip;

	return ip_parse(intern_str(g->in, id), &ip) && ip_is_loopback(&ip);
}

static bool
has_many_names(const struct guess *g, uint32_t id)
{
	return g->inside[id] == INSIDE && g->helos.count[id] >= GATEWAY_NAMES;
}

/* A machine inside that may speak for us: no program there makes names up. */
static bool
is_plain(const struct guess *g, uint32_t id)
{
	return g->inside[id] == INSIDE &&
	    g->helos.count[id] < GATEWAY_NAMES &&
	    g->senders.count[id] <= SENDERS_MAX;
}

/* The host itself is none: a filter on it passes on what others call them. */
static bool
is_gateway(const struct guess *g, uint32_t id)
{
	return has_many_names(g, id) && !is_loopback(g, id) &&
	    (g->ninward < GATEWAY_MIN ||
	    (size_t)g->inward[id] * 100 >= g->ninward * GATEWAY_SHARE);
}

/* Below the name that the server is registered by, or else told, or home. */
static bool
is_inward(const struct guess *g, uint32_t domain, struct slice own,
    uint32_t home)
{
	struct slice d = intern_str(g->in, domain), tail;

	if (domain == 0 || domain == home || site_is_ours(g->site, d))
		return domain != 0;
	if (own.n == 0 || d.n < own.n)
		return false;
	tail = sl_from(d, d.n - own.n);
	return sl_eq(tail, own) && (d.n == own.n || tail.p[-1] == '.');
}

/* The domain that plain machines inside send from most; 0: none does. */
static uint32_t
home_domain(const struct guess *g)
{
	uint32_t *sent = xcalloc(g->ids, sizeof(*sent)), home;
	const struct fact_hop *h;
	size_t i;

	for (i = 0; i < g->n; i++)
		if ((h = entry(g->v[i])) != NULL && g->v[i]->sender_domain != 0 &&
		    is_plain(g, h->ip))
			sent[g->v[i]->sender_domain]++;
	home = most(g, sent);
	free(sent);
	return home;
}

/* What others send to us, and by whom it comes. */
static void
count_inward(struct guess *g, struct slice own)
{
	uint32_t home = home_domain(g);
	const struct fact_hop *h;
	const struct facts *f;
	size_t i;

	for (i = 0; i < g->n; i++) {
		f = g->v[i];
		if ((h = entry(f)) == NULL || f->nrcpts == 0 ||
		    !is_inward(g, f->rcpts[0].domain, own, home) ||
		    is_inward(g, f->sender_domain, own, home))
			continue;
		g->inward[h->ip]++;
		g->ninward++;
	}
}

static void
guess_gateways(struct guess *g, bool wanted)
{
	size_t n, i;
	uint32_t *v = chosen(g, is_gateway, &n);

	for (i = 0; i < n; i++) {
		g->inside[v[i]] |= GATEWAY;
		g->noutside += g->helos.count[v[i]];
		if (!wanted)
			continue;
		add(g, SITE_GATEWAY, intern_str(g->in, v[i]));
		buf_fmt(g->why, "gateways = " SL_FMT ": an inside address, "
		    "but its clients call themselves by %u names\n",
		    SL_ARG(intern_str(g->in, v[i])), g->helos.count[v[i]]);
	}
	free(v);
}

static bool
is_inside(const struct guess *g, uint32_t id)
{
	return g->inside[id] == INSIDE &&
	    !(has_many_names(g, id) && is_loopback(g, id));
}

/* The inside networks that clients were seen in, as RFC 1918 cuts them. */
static void
guess_trusted(struct guess *g)
{
	static const char *const nets[] = { "10.0.0.0/8", "172.16.0.0/12",
	    "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
	    "fe80::/10", "127.0.0.0/8" };
	size_t seen[sizeof(nets) / sizeof(nets[0])] = { 0 }, n, i, k;
	uint32_t *v = chosen(g, is_inside, &n);
	struct ipnet net;
	struct ip ip;

	for (i = 0; i < n; i++)
		for (k = 0; k < sizeof(nets) / sizeof(nets[0]); k++)
			if (ip_parse(intern_str(g->in, v[i]), &ip) &&
			    ipnet_parse(sl(nets[k]), &net) &&
			    ipnet_has(&net, &ip))
				seen[k]++;
	free(v);
	for (k = 0; k < sizeof(nets) / sizeof(nets[0]); k++) {
		if (seen[k] == 0)
			continue;
		add(g, SITE_TRUSTED, sl(nets[k]));
		buf_fmt(g->why, "trusted = %s: %zu inside clients, private "
		    "addresses\n", nets[k], seen[k]);
	}
}

/* Different clients: behind a gateway they differ by their names only. */
static uint32_t
who(const struct guess *g, const struct fact_hop *h)
{
	return g->inside[h->ip] & GATEWAY ? h->helo : h->ip;
}

/* An account with a domain, as a server of many domains has them. */
static bool
sends_as_itself(const struct guess *g, const struct facts *f,
    const struct fact_hop *h)
{
	struct slice account = intern_str(g->in, f->account != 0 ? f->account :
	    h == NULL ? 0 : h->account);
	const char *at = account.n == 0 ? NULL :
	    memrchr(account.p, '@', account.n);

	return at != NULL && sl_ieq(sl_from(account,
	    (size_t)(at + 1 - account.p)), intern_str(g->in, f->sender_domain));
}

static void
count_sender(struct guess *g, const struct facts *f, const struct fact_hop *h)
{
	bool login = sends_as_itself(g, f, h);

	if (f->sender_domain == 0 || !(login || (h == NULL ?
	    f->nhops > 0 && f->hops[0].local : is_plain(g, h->ip))))
		return;
	g->login[f->sender_domain] += login;
	g->sent[f->sender_domain]++;
	g->nsent++;
}

/* Who sends from inside, and to whom the outside sends. */
static void
count_domains(struct guess *g)
{
	const struct fact_hop *h;
	const struct facts *f;
	uint32_t k;
	size_t i;

	for (i = 0; i < g->n; i++) {
		f = g->v[i];
		h = entry(f);
		count_sender(g, f, h);
		if (h == NULL || g->inside[h->ip] == INSIDE ||
		    h->authenticated || f->account != 0)
			continue;	/* our people write to everybody */
		for (k = 0; k < f->nrcpts && k < 100; k++)
			if (f->rcpts[k].route == ROUTE_NONE)
				pairs_add(&g->from, f->rcpts[k].domain,
				    who(g, h));
	}
}

static bool
is_domain(const struct guess *g, uint32_t id)
{
	struct slice d = intern_str(g->in, id);

	return (g->sent[id] != 0 || g->from.count[id] >= CLIENTS_MIN) &&
	    d.n > 0 && d.p[0] != '[' && memchr(d.p, '.', d.n) != NULL;
}

/* One domain: who speaks for it. */
static void
weigh_domain(struct guess *g, uint32_t id, struct slice own, size_t noutside)
{
	struct slice d = intern_str(g->in, id);
	bool server = own.n > 0 && sl_eq(site_registered(d), own);
	bool sends = g->nsent > 0 &&
	    (size_t)g->sent[id] * 100 >= g->nsent * SENDER_SHARE;
	bool login = g->login[id] > 0;
	bool gets = g->from.count[id] >= CLIENTS_MIN &&
	    (size_t)g->from.count[id] * 100 >= noutside * CLIENT_SHARE;

	if (server + sends + login + gets < 2 || site_is_ours(g->site, d))
		return;
	add(g, SITE_LOCAL, d);
	buf_fmt(g->why, "local_domains = " SL_FMT ":", SL_ARG(d));
	if (server)
		buf_add(g->why, SL(" the server's own name;"));
	if (sends)
		buf_fmt(g->why, " %u of %zu messages from inside;",
		    g->sent[id], g->nsent);
	if (login)
		buf_fmt(g->why, " %u by accounts of it;", g->login[id]);
	buf_fmt(g->why, " gets mail from %u clients\n", g->from.count[id]);
}

/*
 * A server mail.example.org takes the mail of example.org, if any is there;
 * mail.lab.example.org may be one of many.
 */
static bool
is_named(const struct guess *g, struct slice host, struct slice own)
{
	struct slice label;
	uint32_t id;

	if (!sl_cut(&host, '.', &label) || !sl_eq(host, own))
		return false;
	for (id = 1; id < g->ids; id++)
		if ((g->sent[id] != 0 || g->from.count[id] != 0) &&
		    sl_eq(intern_str(g->in, id), own))
			return true;
	return false;
}

static void
guess_domains(struct guess *g, struct slice host)
{
	struct slice own = site_registered(host);
	size_t n, i;
	uint32_t *v = chosen(g, is_domain, &n);
	bool named;

	for (i = 0; i < n; i++)
		weigh_domain(g, v[i], own, g->noutside);
	free(v);
	if (own.n == 0 || site_is_ours(g->site, own))
		return;
	named = is_named(g, host, own);
	if (!named && site_has(g->site, SITE_LOCAL) &&
	    !site_is_partial(g->site))
		return;
	add(g, SITE_LOCAL, own);
	buf_fmt(g->why, "local_domains = " SL_FMT ": the server's own name%s\n",
	    SL_ARG(own), named ? "" : ", for want of anything better");
}

void
judge_guess(struct site *site, const struct intern *in, struct facts **v,
    size_t n, struct buf *why)
{
	struct guess g = { .in = in, .v = v, .n = n, .site = site,
	    .why = why, .ids = (size_t)intern_count(in) + 1 };
	struct slice host;

	g.helos.count = xcalloc(g.ids, sizeof(uint32_t));
	g.senders.count = xcalloc(g.ids, sizeof(uint32_t));
	g.from.count = xcalloc(g.ids, sizeof(uint32_t));
	g.by = xcalloc(g.ids, sizeof(uint32_t));
	g.sent = xcalloc(g.ids, sizeof(uint32_t));
	g.login = xcalloc(g.ids, sizeof(uint32_t));
	g.inward = xcalloc(g.ids, sizeof(uint32_t));
	g.inside = xcalloc(g.ids, 1);

	count_hosts(&g);
	host = guess_host(&g, !site_has(site, SITE_HOST));
	count_inward(&g, site_registered(host));
	guess_gateways(&g, !site_has(site, SITE_GATEWAY));
	if (!site_has(site, SITE_TRUSTED)) {
		site_set_guessed(site);
		guess_trusted(&g);
	}
	count_domains(&g);
	if (!site_has(site, SITE_LOCAL) || site_is_partial(site))
		guess_domains(&g, host);

	free(g.helos.slot);
	free(g.helos.count);
	free(g.senders.slot);
	free(g.senders.count);
	free(g.from.slot);
	free(g.from.count);
	free(g.by);
	free(g.sent);
	free(g.login);
	free(g.inward);
	free(g.inside);
}
