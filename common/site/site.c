#include <stdlib.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/idn.h"
#include "site/names.h"
#include "site/site.h"

#define DOMAIN_MAX	253	/* bytes, without the last dot; RFC 1035 */
#define LABEL_MAX	63
#define VALUE_MAX	320	/* 64 of a local part, @, 255: RFC 5321 4.5.3 */

struct nets {
	struct ipnet	*v;
	size_t		 n, cap;
};

struct site {
	struct arena	*a;
	struct names	 said[SITE_WHATS];	/* canonical, in order */
	struct names	 exact;		/* local and relay: the domain itself */
	struct names	 below;		/* those whose subdomains are ours */
	size_t		 longest;	/* bytes of a name in below */
	struct nets	 nets[SITE_WHATS];
	bool		 guessed;
	bool		 partial;
	struct slice	 policy;
};

struct site *
site_new(void)
{
	struct site *s = xcalloc(1, sizeof(*s));

	s->a = arena_new();
	return s;
}

void
site_free(struct site *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < SITE_WHATS; i++) {
		names_free(&s->said[i]);
		free(s->nets[i].v);
	}
	names_free(&s->exact);
	names_free(&s->below);
	arena_free(s->a);
	free(s);
}

static struct slice
lower(char *to, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		to[i] = ascii_lower(s.p[i]);
	return (struct slice){ to, s.n };
}

static bool
is_domain(struct slice d)
{
	struct slice label;
	struct ip ip;
	size_t i;

	if (d.n == 0 || d.n > DOMAIN_MAX || d.p[d.n - 1] == '.' ||
	    ip_parse(d, &ip))
		return false;
	while (sl_cut(&d, '.', &label)) {
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
		for (i = 0; i < label.n; i++)
			if (!ascii_alnum(label.p[i]) && label.p[i] != '-' &&
			    label.p[i] != '_')
				return false;
	}
	return true;
}

/* d as mail/addr.h has a domain; false when it is none. */
static bool
canon_domain(struct site *s, struct slice d, struct slice *out)
{
	if (d.n > 0 && d.p[d.n - 1] == '.')
		d.n--;
	if (!sl_ascii(d) && !idn_ascii(s->a, d, &d))
		return false;
	if (!is_domain(d))
		return false;
	*out = lower(arena_str(s->a, d), d);
	return true;
}

/* "=example.com", ".example.com", "*.example.com" or "example.com". */
static bool
add_domain(struct site *s, enum site_what w, struct slice v)
{
	bool exact = true, below = true;
	const char *mark = "";
	struct slice d;

	if (sl_starts(v, SL("="))) {
		below = false;
		mark = "=";
		v = sl_from(v, 1);
	} else if (sl_starts(v, SL(".")) || sl_starts(v, SL("*."))) {
		exact = false;
		mark = ".";
		v = sl_from(v, v.p[0] == '*' ? 2 : 1);
	}
	if (!canon_domain(s, v, &d))
		return false;
	if (exact)
		names_add(&s->exact, d);
	if (below) {
		names_add(&s->below, d);
		if (d.n > s->longest)
			s->longest = d.n;
	}
	names_add(&s->said[w], arena_fmt(s->a, "%s" SL_FMT, mark, SL_ARG(d)));
	return true;
}

/* "192.0.2.0/24", or the address alone when all bits count. */
static struct slice
net_text(struct arena *a, const struct ipnet *net)
{
	unsigned less = net->bits >= 96 && ip_is_v4(&net->ip) ? 96 : 0;
	char text[IP_TEXT];

	ip_str(&net->ip, text);
	if (net->bits == 128)
		return arena_dup(a, sl(text));
	return arena_fmt(a, "%s/%u", text, net->bits - less);
}

static void
keep_net(struct site *s, enum site_what w, const struct ipnet *net)
{
	struct nets *t = &s->nets[w];

	if (!names_add(&s->said[w], net_text(s->a, net)))
		return;
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 16 : t->cap * 2;
		t->v = xrealloc(t->v, t->cap, sizeof(*t->v));
	}
	t->v[t->n++] = *net;
}

static bool
add_net(struct site *s, enum site_what w, struct slice v)
{
	struct ipnet net;

	if (!ipnet_parse(v, &net))
		return false;
	keep_net(s, w, &net);
	return true;
}

static bool
add_host(struct site *s, enum site_what w, struct slice v)
{
	struct ipnet net = { .bits = 128 };
	struct slice d;

	if (ip_parse(v, &net.ip)) {
		keep_net(s, w, &net);
		return true;
	}
	if (!canon_domain(s, v, &d))
		return false;
	names_add(&s->said[w], d);
	return true;
}

/* No '=' in it: more likely a key that was indented by mistake. */
static bool
add_account(struct site *s, enum site_what w, struct slice v)
{
	if (v.n == 0 || memchr(v.p, '=', v.n) != NULL)
		return false;
	names_add(&s->said[w], lower(arena_str(s->a, v), v));
	return true;
}

/* An address, or "@example.com": every address of that domain. */
static bool
add_rcpt(struct site *s, enum site_what w, struct slice v)
{
	const char *at = v.n == 0 ? NULL : memrchr(v.p, '@', v.n);
	struct slice local, d;

	if (at == NULL)
		return false;
	local = sl_first(v, (size_t)(at - v.p));
	if (!canon_domain(s, sl_from(v, local.n + 1), &d) ||
	    local.n + 1 + d.n > VALUE_MAX)
		return false;
	local = lower(arena_str(s->a, local), local);
	names_add(&s->said[w], arena_fmt(s->a, SL_FMT "@" SL_FMT,
	    SL_ARG(local), SL_ARG(d)));
	return true;
}

static const struct {
	const char	*key;
	const char	*is;
	bool		(*add)(struct site *, enum site_what, struct slice);
} whats[SITE_WHATS] = {
	[SITE_LOCAL] = { "local_domains", "a domain", add_domain },
	[SITE_RELAY] = { "relay_domains", "a domain", add_domain },
	[SITE_HOST] = { "hosts", "a host name or address", add_host },
	[SITE_TRUSTED] = { "trusted", "a network or address", add_net },
	[SITE_DENIED] = { "denied", "a network or address", add_net },
	[SITE_GATEWAY] = { "gateways", "a network or address", add_net },
	[SITE_ACCOUNT] = { "accounts", "an account name", add_account },
	[SITE_RCPT] = { "valid_recipients", "an address", add_rcpt },
};

const char *
site_key(enum site_what w)
{
	return whats[w].key;
}

/* Would site.conf read v back as one value? */
static bool
is_word(struct slice v)
{
	size_t i;

	if (v.n == 0 || v.n > VALUE_MAX || v.p[0] == '#' || v.p[0] == ';')
		return false;
	for (i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == ',' ||
		    v.p[i] == 0x7f)
			return false;
	return true;
}

int
site_add(struct site *s, enum site_what w, struct slice value,
    struct err *err)
{
	value = sl_trim(value);
	if (is_word(value) && whats[w].add(s, w, value))
		return 0;
	value = sl_first(value, 100);
	return err_set(err, ERR_FORMAT, "'" SL_FMT "' is not %s",
	    SL_ARG(value), whats[w].is);
}

bool
site_has(const struct site *s, enum site_what w)
{
	return s->said[w].n > 0;
}

void
site_set_guessed(struct site *s)
{
	s->guessed = true;
}

bool
site_is_guessed(const struct site *s)
{
	return s->guessed;
}

void
site_set_partial(struct site *s)
{
	s->partial = true;
}

bool
site_is_partial(const struct site *s)
{
	return s->partial;
}

bool
site_is_ours(const struct site *s, struct slice domain)
{
	struct slice label;
	struct ip ip;

	if (domain.n > 0 && domain.p[0] == '[')
		return ip_parse(domain, &ip) && site_is_host_ip(s, &ip);
	if (domain.n > 0 && domain.p[domain.n - 1] == '.')
		domain.n--;
	if (names_has(&s->exact, domain))
		return true;
	if (domain.n > s->longest)	/* the rest cannot matter */
		domain = sl_from(domain, domain.n - s->longest - 1);
	while (sl_cut(&domain, '.', &label))
		if (domain.n > 0 && names_has(&s->below, domain))
			return true;
	return false;
}

bool
site_is_host(const struct site *s, struct slice name)
{
	char low[DOMAIN_MAX];
	struct ip ip;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (ip_parse(name, &ip))
		return site_is_host_ip(s, &ip);
	return name.n <= sizeof(low) &&
	    names_has(&s->said[SITE_HOST], lower(low, name));
}

static bool
nets_have(const struct nets *t, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (ipnet_has(&t->v[i], ip))
			return true;
	return false;
}

bool
site_is_host_ip(const struct site *s, const struct ip *ip)
{
	return nets_have(&s->nets[SITE_HOST], ip);
}

bool
site_is_account(const struct site *s, struct slice name)
{
	char low[VALUE_MAX];

	return name.n <= sizeof(low) &&
	    names_has(&s->said[SITE_ACCOUNT], lower(low, name));
}

const char *
site_client_name(enum site_client c)
{
	static const char *const names[] = {
		[CLIENT_NONE] = "none",
		[CLIENT_STRANGER] = "stranger",
		[CLIENT_TRUSTED] = "trusted",
		[CLIENT_DENIED] = "denied",
		[CLIENT_GATEWAY] = "gateway",
		[CLIENT_OWN] = "own",
	};

	return names[c];
}

enum site_client
site_client(const struct site *s, const struct ip *ip)
{
	if (!ip_is_set(ip))
		return CLIENT_NONE;
	if (nets_have(&s->nets[SITE_DENIED], ip))
		return CLIENT_DENIED;
	if (nets_have(&s->nets[SITE_GATEWAY], ip))
		return CLIENT_GATEWAY;
	if (ip_is_loopback(ip) || site_is_host_ip(s, ip))
		return CLIENT_OWN;
	if (nets_have(&s->nets[SITE_TRUSTED], ip))
		return CLIENT_TRUSTED;
	return CLIENT_STRANGER;
}

enum site_rcpt
site_rcpt(const struct site *s, struct slice address)
{
	const struct names *valid = &s->said[SITE_RCPT];
	char low[VALUE_MAX];
	const char *at;

	if (valid->n == 0)
		return RCPT_NO_LIST;
	if (address.n == 0 || address.n > sizeof(low))
		return RCPT_UNKNOWN;
	address = lower(low, address);
	if (names_has(valid, address))
		return RCPT_VALID;
	if ((at = memrchr(address.p, '@', address.n)) == NULL)
		return RCPT_UNKNOWN;
	address = sl_from(address, (size_t)(at - address.p));
	return names_has(valid, address) ? RCPT_VALID : RCPT_UNKNOWN;
}

void
site_add_policy(struct site *s, struct slice rules)
{
	s->policy = arena_fmt(s->a, "%.*s%.*s\n", (int)s->policy.n,
	    s->policy.n == 0 ? "" : s->policy.p, (int)rules.n, rules.p);
}

struct slice
site_policy(const struct site *s)
{
	return s->policy;
}

void
site_print(const struct site *s, struct buf *out)
{
	size_t w, i;

	buf_add(out, SL("[site]\n"));
	for (w = 0; w < SITE_WHATS; w++) {
		if (s->said[w].n == 0)
			continue;
		buf_fmt(out, "%s =\n", whats[w].key);
		for (i = 0; i < s->said[w].n; i++) {
			buf_addc(out, '\t');
			buf_add(out, s->said[w].v[i]);
			buf_addc(out, '\n');
		}
	}
}
