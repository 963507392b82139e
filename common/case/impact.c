#include <stdlib.h>

#include "case/impact.h"
#include "case/state.h"

#define GROUP_V4	24	/* bits that clients in one network share */
#define GROUP_V6	64
#define GROUP_INSIDE	8	/* of private IPv4 addresses */

/* ---- reading ---- */

static void
ask(struct impact *im, struct impact_entry *e, const struct case_entry *c,
    struct slice rcpt)
{
	struct policy_ask *q = &e->asks[e->n++];
	struct addr ad, to;
	struct slice rest;

	q->name = arena_dup(im->a, c->client_name);
	q->authenticated = c->account.n > 0;
	if (!sl_eq(c->sender, SL("<>")))
		q->sender = arena_dup(im->a, c->sender);
	ip_parse(c->client, &q->client);
	if (rcpt.n == 0)
		return;
	if (addr_path(im->a, arena_dup(im->a, rcpt), &ad, &rest) == -1) {
		q->recipient = arena_dup(im->a, rcpt);
		return;
	}
	q->recipient = ad.spec;
	ad.route.n = 0;		/* servers strip it: no disguise */
	q->routed = addr_route(im->a, &ad, &to) != ROUTE_NONE;
	if (q->routed)
		q->target = to.spec;
}

struct loader {
	struct impact	*im;
	struct query	*rcpts;		/* the addresses of one entry */
};

/*
 * The list of an entry is read only where it says more.  What a user of
 * ours has passed on came in for that user, whoever that is.
 */
static int
add_rcpts(struct loader *l, struct impact_entry *e,
    const struct case_entry *c, struct err *err)
{
	bool passed_on = sl_eq(c->reason, SL("legit/forward"));
	struct arena *a = l->im->a;
	size_t n = (size_t)c->nrcpts;
	int r = 0;

	if (n <= 1 || passed_on) {
		e->asks = arena_alloc(a, sizeof(*e->asks));
		if (c->rcpt.n > 0)
			ask(l->im, e, c, passed_on ? SL("") : c->rcpt);
		return 0;
	}
	e->asks = arena_alloc(a, n * sizeof(*e->asks));
	q_int(l->rcpts, 1, c->row);
	while (e->n < n && (r = q_step(l->rcpts, err)) == 1)
		ask(l->im, e, c, q_col(l->rcpts, 0));
	q_reset(l->rcpts);
	return r == -1 ? -1 : 0;
}

static int
add(struct loader *l, const struct case_entry *c, struct err *err)
{
	struct impact *im = l->im;
	struct impact_entry e = { .class = C_UNSURE };

	e.id = arena_dup(im->a, c->id);
	e.path = arena_dup(im->a, c->path);
	e.spool = arena_dup(im->a, c->spool);
	e.client = arena_dup(im->a, c->client);
	e.account = arena_dup(im->a, c->account);
	class_parse(c->class, &e.class);
	if (add_rcpts(l, &e, c, err) == -1)
		return -1;
	*(struct impact_entry *)arena_more(im->a, &im->v, &im->n, &im->cap,
	    sizeof(e)) = e;
	return 0;
}

int
impact_load(struct impact *im, struct casefile *cf,
    const struct case_want *want, struct err *err)
{
	struct loader l = { .im = im };
	struct case_cursor *cur = NULL;
	struct case_entry c;
	struct err ending;
	int r = -1;

	*im = (struct impact){ .a = arena_new() };
	l.rcpts = db_query(cf->db, "SELECT address FROM recipient"
	    " WHERE entry = ?1 ORDER BY n", err);
	/* one view of the case, locked once, for all of these queries */
	if (l.rcpts != NULL && db_run(cf->db, "BEGIN", err) == 0 &&
	    case_select(cf, want, &cur, err) == 0)
		while ((r = case_next(cur, &c, err)) == 1)
			if ((r = add(&l, &c, err)) == -1)
				break;
	case_cursor_free(cur);
	query_free(l.rcpts);
	if (db_in_transaction(cf->db) &&
	    db_run(cf->db, "COMMIT", &ending) == -1 && r != -1) {
		*err = ending;
		r = -1;
	}
	return r;
}

void
impact_free(struct impact *im)
{
	arena_free(im->a);
}

/* ---- the rules ---- */

const char *
impact_fate_name(enum impact_fate f)
{
	static const char *const names[] = {
		[IMPACT_ALLOWED] = "allowed",
		[IMPACT_PARTLY] = "partly",
		[IMPACT_REFUSED] = "refused",
		[IMPACT_UNDECIDED] = "undecided",
		[IMPACT_UNASKED] = "not asked",
	};

	return names[f];
}

static bool
came_by_smtp(const struct impact_entry *e)
{
	return e->n > 0 && ip_is_set(&e->asks[0].client);
}

static enum impact_fate
fate(const struct impact_entry *e, const struct policy *p,
    struct impact_sums *s)
{
	size_t n[POLICY_UNDECIDED + 1] = { 0 }, i, rule;

	if (!came_by_smtp(e))
		return IMPACT_UNASKED;
	for (i = 0; i < e->n; i++) {
		n[policy_answer(p, &e->asks[i], &rule)]++;
		s->decided[rule * C_COUNT + e->class]++;
	}
	return n[POLICY_UNDECIDED] > 0 ? IMPACT_UNDECIDED :
	    n[POLICY_REFUSES] == 0 ? IMPACT_ALLOWED :
	    n[POLICY_PERMITS] == 0 ? IMPACT_REFUSED : IMPACT_PARTLY;
}

void
impact_run(const struct impact *im, const struct policy *p,
    struct impact_sums *s)
{
	size_t i;

	memset(s->fate, 0, sizeof(s->fate));
	s->decided = arena_alloc(im->a, policy_rules(p) * C_COUNT *
	    sizeof(*s->decided));
	s->of = arena_alloc(im->a, (im->n + 1) * sizeof(*s->of));
	for (i = 0; i < im->n; i++) {
		s->of[i] = fate(&im->v[i], p, s);
		s->fate[im->v[i].class][s->of[i]]++;
	}
}

/* ---- clients ---- */

/* One client that did not authenticate, and what it sent to others. */
struct client {
	struct ip	ip;
	struct slice	text;
	uint64_t	legit, bad, relay;
};

struct clients {
	struct client	*v;
	size_t		 n, cap;
};

static int
by_ip(const void *a, const void *b)
{
	const struct client *x = a, *y = b;

	return ip_cmp(&x->ip, &y->ip);
}

static bool
goes_out(const struct site *site, const struct impact_entry *e)
{
	size_t i;

	for (i = 0; i < e->n; i++) {
		struct slice r = e->asks[i].recipient;
		const char *at = r.n == 0 ? NULL : memrchr(r.p, '@', r.n);

		if (e->asks[i].routed || (at != NULL && !site_is_ours(site,
		    sl_from(r, (size_t)(at - r.p) + 1))))
			return true;
	}
	return false;
}

/* What one entry says of its client. */
static bool
one_client(const struct site *site, const struct impact_entry *e,
    struct client *c)
{
	bool out;

	if (!came_by_smtp(e) || e->asks[0].authenticated)
		return false;
	out = goes_out(site, e);
	*c = (struct client){ .ip = e->asks[0].client, .text = e->client };
	c->relay = e->class == C_RELAY;
	c->bad = e->class == C_RELAY || e->class == C_SPAM ||
	    (e->class == C_BACKSCATTER && out);
	c->legit = e->class == C_LEGIT && out;
	return true;
}

/* Sorted by address, each once. */
static struct clients
clients(const struct impact *im, const struct site *site)
{
	struct clients t = { .v = arena_alloc(im->a,
	    (im->n + 1) * sizeof(*t.v)) };
	size_t i, n = 0;

	for (i = 0; i < im->n; i++)
		t.n += one_client(site, &im->v[i], &t.v[t.n]);
	qsort(t.v, t.n, sizeof(*t.v), by_ip);
	for (i = 0; i < t.n; i++) {
		if (n > 0 && ip_eq(&t.v[n - 1].ip, &t.v[i].ip)) {
			t.v[n - 1].legit += t.v[i].legit;
			t.v[n - 1].bad += t.v[i].bad;
			t.v[n - 1].relay += t.v[i].relay;
		} else
			t.v[n++] = t.v[i];
	}
	t.n = n;
	return t;
}

bool
impact_gateway(const struct impact *im, const struct site *site,
    struct impact_gateway *g)
{
	struct clients t = clients(im, site);
	const struct client *top = NULL;
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < t.n; i++) {
		all += t.v[i].relay;
		if (top == NULL || t.v[i].relay > top->relay)
			top = &t.v[i];
	}
	if (top == NULL || top->relay < GATEWAY_LEAST ||
	    top->relay * 100 < all * GATEWAY_SHARE)
		return false;
	if (!ip_is_private(&top->ip) &&
	    site_client(site, &top->ip) == CLIENT_STRANGER)
		return false;
	*g = (struct impact_gateway){ .client = top->text,
	    .relay = top->relay, .of = all, .legit = top->legit };
	return true;
}

/* ---- advice ---- */

static unsigned
common_bits(const struct ip *a, const struct ip *b)
{
	unsigned n = 0;

	while (n < 128 && (a->b[n / 8] >> (7 - n % 8) & 1) ==
	    (b->b[n / 8] >> (7 - n % 8) & 1))
		n++;
	return n;
}

static bool
is_good(const struct client *c)
{
	return c->legit > 0 && c->bad == 0;
}

/*
 * The widest network that begins with client i: up to the last good one
 * that shares enough bits, with nobody in it who is not good.  *end is
 * behind its last client.
 */
static unsigned
widen(const struct clients *t, size_t i, size_t *end)
{
	unsigned least = !ip_is_v4(&t->v[i].ip) ? GROUP_V6 : 96 +
	    (ip_is_private(&t->v[i].ip) ? GROUP_INSIDE : GROUP_V4);
	unsigned bits = 128, b;
	size_t k, from, to;

	*end = i + 1;
	for (k = i + 1; k < t->n && is_good(&t->v[k]); k++) {
		if ((b = common_bits(&t->v[i].ip, &t->v[k].ip)) < least)
			break;
		/* its whole range, before and behind */
		for (from = i; from > 0 && common_bits(&t->v[i].ip,
		    &t->v[from - 1].ip) >= b; from--)
			;
		for (to = k + 1; to < t->n && common_bits(&t->v[i].ip,
		    &t->v[to].ip) >= b && is_good(&t->v[to]); to++)
			;
		if (from < i || (to < t->n && common_bits(&t->v[i].ip,
		    &t->v[to].ip) >= b))
			break;
		bits = b;
		*end = to;
		k = to - 1;
	}
	return bits;
}

static void
add_network(struct buf *out, const struct ip *ip, unsigned bits)
{
	struct ip net = *ip;
	char text[IP_TEXT];
	unsigned i;

	for (i = bits; i < 128; i++)
		net.b[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	ip_str(&net, text);
	if (bits == 128)
		buf_fmt(out, " %s", text);
	else
		buf_fmt(out, " %s/%u", text, ip_is_v4(ip) ? bits - 96 : bits);
}

static void
advise_clients(struct impact *im, const struct clients *t,
    struct impact_advice *out, struct buf *list)
{
	size_t i, end;
	unsigned bits;

	for (i = 0; i < t->n; i = end) {
		end = i + 1;
		if (t->v[i].legit > 0 && t->v[i].bad > 0)
			*(struct impact_mixed *)arena_more(im->a,
			    &out->mixed, &out->nmixed, &out->capmixed,
			    sizeof(*out->mixed)) = (struct impact_mixed){
			    t->v[i].text, t->v[i].legit, t->v[i].bad };
		if (!is_good(&t->v[i]))
			continue;
		bits = widen(t, i, &end);
		add_network(list, &t->v[i].ip, bits);
		out->networks++;
	}
}

void
impact_advise(struct impact *im, const struct site *site,
    struct impact_advice *out)
{
	struct clients t = clients(im, site);
	struct buf list = { 0 };
	size_t i;

	*out = (struct impact_advice){ .stolen = 0 };
	for (i = 0; i < im->n; i++)
		out->stolen += im->v[i].class == C_RELAY &&
		    im->v[i].account.n > 0;
	advise_clients(im, &t, out, &list);
	if (list.n > 0)
		buf_fmt(&out->rules, "permit client%.*s\n", (int)list.n,
		    list.p);
	buf_add(&out->rules, SL("permit authenticated\nrefuse routed\n"
	    "permit recipient ours\nrefuse\n"));
	buf_free(&list);
}
