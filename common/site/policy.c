#include <stdlib.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "site/policy.h"

#define DOMAIN_MAX	253	/* bytes; RFC 1035 */
#define SHARED_BACK	8	/* conditions */

enum cond_kind {
	COND_CLIENT, COND_NAME, COND_AUTH, COND_RCPT, COND_TARGET, COND_SENDER,
	COND_ROUTED, COND_CONNECTED, COND_PORT,
};

struct value {
	bool		not;		/* "!...": ends the list, unmatched */
	bool		exact, below;	/* of a domain */
	bool		ours, bare;
	struct slice	name;		/* domain, or address with '@' */
	struct ipnet	net;
	unsigned	port;
};

struct cond {
	enum cond_kind	kind;
	bool		not;
	size_t		first, n;	/* values */
	struct slice	text;		/* of the values */
};

struct rule {
	struct policy_rule said;	/* first: what others see */
	size_t		first, n;	/* conditions */
	size_t		list;		/* number of its list, from 0 */
};

struct policy {
	struct arena	*a;
	const struct site *site;
	struct rule	*rules;
	size_t		 nrules, caprules;
	struct cond	*conds;
	size_t		 nconds, capconds;
	struct value	*values;
	size_t		 nvalues, capvalues;
};

/* ---- values ---- */

static struct slice
lower(struct arena *a, struct slice s)
{
	char *to = arena_str(a, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		to[i] = ascii_lower(to[i]);
	return (struct slice){ to, s.n };
}

static bool
is_domain(struct slice d)
{
	size_t i;

	for (i = 0; i < d.n; i++)
		if (!ascii_alnum(d.p[i]) && d.p[i] != '-' && d.p[i] != '_' &&
		    d.p[i] != '.' && (unsigned char)d.p[i] < 0x80)
			return false;
	return d.n > 0 && d.n <= DOMAIN_MAX && d.p[0] != '.' &&
	    d.p[d.n - 1] != '.';
}

static bool
take_net(struct policy *p, struct slice s, struct value *v)
{
	(void)p;
	return ipnet_parse(s, &v->net);
}

static bool
take_domain(struct policy *p, struct slice s, struct value *v)
{
	struct ip ip;

	v->exact = v->below = true;
	if (sl_starts(s, SL("="))) {
		v->below = false;
		s = sl_from(s, 1);
	} else if (sl_starts(s, SL("."))) {
		v->exact = false;
		s = sl_from(s, 1);
	}
	v->name = lower(p->a, s);
	if (s.n > 2 && s.p[0] == '[')
		return ip_parse(s, &ip);
	return is_domain(s);
}

static bool
take_address(struct policy *p, struct slice s, struct value *v)
{
	if (sl_eq(s, SL("ours")))
		v->ours = true;
	else if (sl_eq(s, SL("bare")))
		v->bare = true;
	else if (sl_eq(s, SL("<>")) || memchr(s.p, '@', s.n) != NULL) {
		v->exact = true;
		v->name = lower(p->a, s);
	} else
		return take_domain(p, s, v);
	return true;
}

static bool
take_port(struct policy *p, struct slice s, struct value *v)
{
	uint64_t n = 0;

	(void)p;
	if (!sl_num(s, 65535, &n) || n == 0)
		return false;
	v->port = (unsigned)n;
	return true;
}

static const struct word {
	struct slice	word;
	enum cond_kind	kind;
	bool		(*take)(struct policy *, struct slice, struct value *);
	const char	*is;		/* its values */
} words[] = {
	{ SL("client"), COND_CLIENT, take_net, "a network or address" },
	{ SL("name"), COND_NAME, take_domain, "a domain" },
	{ SL("authenticated"), COND_AUTH, NULL, NULL },
	{ SL("recipient"), COND_RCPT, take_address, "a domain or address" },
	{ SL("target"), COND_TARGET, take_address, "a domain or address" },
	{ SL("sender"), COND_SENDER, take_address, "a domain or address" },
	{ SL("routed"), COND_ROUTED, NULL, NULL },
	{ SL("connected"), COND_CONNECTED, take_net, "an address" },
	{ SL("port"), COND_PORT, take_port, "a port" },
};
#define NWORDS	(sizeof(words) / sizeof(words[0]))

static const struct word *
word_find(struct slice s)
{
	size_t i;

	for (i = 0; i < NWORDS; i++)
		if (sl_eq(s, words[i].word))
			return &words[i];
	return NULL;
}

/* ---- reading ---- */

/* A walk over the words; comments end in `origin`. */
struct reader {
	struct policy	*p;
	struct slice	 rest;
	struct slice	 word;		/* looked at, not yet taken */
	bool		 have;
	const char	*begin;		/* of the rule at hand */
	const char	*end;		/* behind its last word */
	struct slice	 origin;
	struct err	*err;
};

static bool
is_action(struct slice s)
{
	return sl_eq(s, SL("permit")) || sl_eq(s, SL("refuse")) ||
	    sl_eq(s, SL("maybe")) || sl_eq(s, SL("then"));
}

static void
skip(struct reader *r)
{
	struct slice line;

	for (;;) {
		while (r->rest.n > 0 && (ascii_space(r->rest.p[0]) ||
		    r->rest.p[0] == ','))
			r->rest = sl_from(r->rest, 1);
		if (r->rest.n == 0 || r->rest.p[0] != '#')
			return;
		sl_cut(&r->rest, '\n', &line);
		if (r->origin.n == 0)	/* the one behind the rule */
			r->origin = sl_trim(sl_from(line, 1));
	}
}

/* Look at the next word; false at the end. */
static bool
peek(struct reader *r)
{
	size_t n = 0;

	if (r->have)
		return true;
	skip(r);
	while (n < r->rest.n && !ascii_space(r->rest.p[n]) &&
	    r->rest.p[n] != ',')
		n++;
	r->word = sl_first(r->rest, n);
	return r->have = n > 0;
}

static void
take(struct reader *r)
{
	r->rest = sl_from(r->rest, r->word.n);
	r->end = r->rest.p;
	r->have = false;
}

static int
bad(struct reader *r, const char *what)
{
	struct slice s = sl_first(r->word, 60);

	return err_set(r->err, ERR_FORMAT, "policy rule %zu: '" SL_FMT
	    "' is not %s", r->p->nrules + 1, SL_ARG(s), what);
}

static int
read_value(struct reader *r, const struct word *w)
{
	struct value v = { .not = false };
	struct slice s = r->word;

	if (r->p->nvalues == POLICY_VALUES_MAX)
		return err_set(r->err, ERR_LIMIT, "policy: more than %d "
		    "values", POLICY_VALUES_MAX);
	if (s.p[0] == '!') {
		v.not = true;
		s = sl_from(s, 1);
	}
	if (s.n == 0 || !w->take(r->p, s, &v))
		return bad(r, w->is);
	*(struct value *)arena_more(r->p->a, &r->p->values, &r->p->nvalues,
	    &r->p->capvalues, sizeof(v)) = v;
	take(r);
	return 0;
}

/*
 * A condition that says the same as one of the last few shares its values:
 * imported rules repeat long lists.
 */
static void
share_values(struct policy *p, struct cond *c)
{
	size_t i = p->nconds, least = i > SHARED_BACK ? i - SHARED_BACK : 0;
	const struct cond *was;

	while (i > least) {
		was = &p->conds[--i];
		if (was->kind == c->kind && sl_eq(was->text, c->text)) {
			p->nvalues = c->first;
			c->first = was->first;
			return;
		}
	}
}

/* One condition; 1, 0 when an action or the end comes, -1. */
static int
read_cond(struct reader *r)
{
	struct cond c = { .first = r->p->nvalues };
	const struct word *w;

	if (!peek(r) || is_action(r->word))
		return 0;
	if (sl_eq(r->word, SL("not"))) {
		c.not = true;
		take(r);
		if (!peek(r))
			return bad(r, "a condition");
	}
	if ((w = word_find(r->word)) == NULL)
		return bad(r, "a condition");
	c.kind = w->kind;
	take(r);
	c.text.p = r->end;
	while (w->take != NULL && peek(r) && !is_action(r->word) &&
	    !sl_eq(r->word, SL("not")) && word_find(r->word) == NULL)
		if (read_value(r, w) == -1)
			return -1;
	c.n = r->p->nvalues - c.first;
	c.text.n = (size_t)(r->end - c.text.p);
	share_values(r->p, &c);
	*(struct cond *)arena_more(r->p->a, &r->p->conds, &r->p->nconds,
	    &r->p->capconds, sizeof(c)) = c;
	return 1;
}

static int
read_rule(struct reader *r, size_t list)
{
	struct rule rule = { .first = r->p->nconds, .list = list };
	int more;

	r->begin = r->word.p;
	if (sl_eq(r->word, SL("maybe"))) {
		rule.said.maybe = true;
		take(r);
		if (!peek(r) || (!sl_eq(r->word, SL("permit")) &&
		    !sl_eq(r->word, SL("refuse"))))
			return bad(r, "permit or refuse");
	}
	rule.said.permit = sl_eq(r->word, SL("permit"));
	take(r);
	while ((more = read_cond(r)) == 1)
		;
	if (more == -1)
		return -1;
	if (r->p->nrules == POLICY_RULES_MAX)
		return err_set(r->err, ERR_LIMIT, "policy: more than %d "
		    "rules", POLICY_RULES_MAX);
	rule.n = r->p->nconds - rule.first;
	rule.said.text = (struct slice){ r->begin,
	    (size_t)(r->end - r->begin) };
	rule.said.origin = r->origin;
	*(struct rule *)arena_more(r->p->a, &r->p->rules, &r->p->nrules,
	    &r->p->caprules, sizeof(rule)) = rule;
	return 0;
}

/* The list that ends here: its last rule has no condition. */
static int
check_list(struct reader *r)
{
	size_t n = r->p->nrules;

	if (n > 0 && r->p->rules[n - 1].n == 0 &&
	    !r->p->rules[n - 1].said.maybe)
		return 0;
	return err_set(r->err, ERR_FORMAT, "policy: the last rule of a list "
	    "has no condition: end it with refuse, or permit");
}

static int
read_all(struct reader *r)
{
	size_t list = 0;

	while (peek(r)) {
		r->origin = (struct slice){ NULL, 0 };
		if (!is_action(r->word))
			return bad(r, "permit or refuse");
		if (sl_eq(r->word, SL("then"))) {
			if (check_list(r) == -1)
				return -1;
			list++;
			take(r);
		} else if (read_rule(r, list) == -1)
			return -1;
	}
	return check_list(r);
}

int
policy_parse(struct policy **out, struct slice text,
    const struct site *site, struct err *err)
{
	struct policy *p = xcalloc(1, sizeof(*p));
	struct reader r = { .p = p, .err = err };

	*out = NULL;
	p->a = arena_new();
	p->site = site;
	r.rest = arena_dup(p->a, text);
	if (read_all(&r) == -1) {
		policy_free(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	arena_free(p->a);
	free(p);
}

/* ---- asking ---- */

static bool
net_has(const struct ipnet *net, const struct ip *ip)
{
	bool v4 = net->bits >= 96 && ip_is_v4(&net->ip);

	return ip_is_set(ip) && v4 == ip_is_v4(ip) && ipnet_has(net, ip);
}

static bool
domain_is(const struct value *v, struct slice d)
{
	if (d.n > 0 && d.p[d.n - 1] == '.')
		d.n--;
	if (d.n == v->name.n)
		return v->exact && sl_ieq(d, v->name);
	return v->below && d.n > v->name.n &&
	    d.p[d.n - v->name.n - 1] == '.' && sl_iends(d, v->name);
}

/* Domain of "a@b", empty without one. */
static struct slice
domain_of(struct slice s)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, '@', s.n);

	return at == NULL ? (struct slice){ NULL, 0 } :
	    sl_from(s, (size_t)(at - s.p) + 1);
}

static bool
is_ours(const struct policy *p, struct slice d)
{
	char low[DOMAIN_MAX + 1];
	size_t i;

	if (d.n == 0)
		return true;
	if (d.n > sizeof(low))
		return false;
	for (i = 0; i < d.n; i++)
		low[i] = ascii_lower(d.p[i]);
	return site_is_ours(p->site, (struct slice){ low, d.n });
}

static bool
address_is(const struct policy *p, const struct value *v, struct slice s)
{
	if (v->ours)
		return is_ours(p, domain_of(s));
	if (v->bare)
		return s.n == 0 || memchr(s.p, '@', s.n) == NULL;
	if (sl_eq(v->name, SL("<>")))
		return s.n == 0;
	if (memchr(v->name.p, '@', v->name.n) != NULL)
		return sl_ieq(v->name, s);
	return domain_is(v, domain_of(s));
}

static bool
value_holds(const struct policy *p, enum cond_kind kind,
    const struct value *v, const struct policy_ask *q)
{
	switch (kind) {
	case COND_CLIENT:
		return net_has(&v->net, &q->client);
	case COND_NAME:
		return domain_is(v, q->name);
	case COND_RCPT:
		return address_is(p, v, q->recipient);
	case COND_TARGET:
		return q->target.n > 0 && address_is(p, v, q->target);
	case COND_SENDER:
		return address_is(p, v, q->sender);
	case COND_CONNECTED:
		return net_has(&v->net, &q->connected);
	default:
		return v->port == (q->port == 0 ? 25 : q->port);
	}
}

static bool
cond_holds(const struct policy *p, const struct cond *c,
    const struct policy_ask *q)
{
	size_t i;

	if (c->kind == COND_AUTH)
		return q->authenticated;
	if (c->kind == COND_ROUTED)
		return q->routed;
	for (i = c->first; i < c->first + c->n; i++)
		if (value_holds(p, c->kind, &p->values[i], q))
			return !p->values[i].not;
	return false;
}

static bool
rule_holds(const struct policy *p, const struct rule *r,
    const struct policy_ask *q)
{
	size_t i;

	for (i = r->first; i < r->first + r->n; i++)
		if (cond_holds(p, &p->conds[i], q) == p->conds[i].not)
			return false;
	return true;
}

/*
 * A list is left by its first rule that surely holds; those with "maybe"
 * before it may have left it already.  What one list surely refuses no other
 * lets through.
 */
enum policy_answer
policy_answer(const struct policy *p, const struct policy_ask *q,
    size_t *rule)
{
	size_t i, list = 0, by = 0, open = SIZE_MAX, undecided = SIZE_MAX;
	bool may[2] = { false, false };		/* refuse, permit */
	const struct rule *r;

	for (i = 0; i < p->nrules; i++) {
		r = &p->rules[i];
		if (r->list < list || !rule_holds(p, r, q))
			continue;
		may[r->said.permit] = true;
		if (r->said.maybe) {
			open = i;
			continue;
		}
		by = i;
		if (!may[1])
			break;
		if (may[0] && undecided == SIZE_MAX)
			undecided = open;
		list = r->list + 1;
		may[0] = may[1] = false;
	}
	if (i < p->nrules)
		undecided = SIZE_MAX;
	if (rule != NULL)
		*rule = undecided == SIZE_MAX ? by : undecided;
	return i < p->nrules ? POLICY_REFUSES :
	    undecided == SIZE_MAX ? POLICY_PERMITS : POLICY_UNDECIDED;
}

bool
policy_is_open(const struct policy *p)
{
	size_t i;

	for (i = 0; i < p->nrules; i++)
		if (p->rules[i].said.maybe)
			return true;
	return false;
}

size_t
policy_rules(const struct policy *p)
{
	return p->nrules;
}

const struct policy_rule *
policy_rule(const struct policy *p, size_t i)
{
	return &p->rules[i].said;
}

void
policy_print(const struct policy *p, struct buf *out)
{
	size_t i;

	buf_add(out, SL("[policy]\nrules =\n"));
	for (i = 0; i < p->nrules; i++) {
		const struct rule *r = &p->rules[i];

		if (i > 0 && r->list != p->rules[i - 1].list)
			buf_add(out, SL("\tthen\n"));
		buf_addc(out, '\t');
		buf_add(out, r->said.text);
		if (r->said.origin.n > 0) {
			buf_add(out, SL("\t# "));
			buf_add(out, r->said.origin);
		}
		buf_addc(out, '\n');
	}
}
