#include "base/ip.h"
#include "case/filter.h"

struct filter {
	const struct filter_opts *o;
	struct ipnet	*nets;
};

int
filter_new(struct filter **out, const struct filter_opts *o,
    struct arena *a, struct err *err)
{
	struct filter *f = arena_alloc(a, sizeof(*f));
	size_t i;

	f->o = o;
	f->nets = arena_alloc(a, (o->client.n + 1) * sizeof(*f->nets));
	for (i = 0; i < o->client.n; i++)
		if (!ipnet_parse(sl(o->client.v[i]), &f->nets[i]))
			return err_set(err, ERR_USAGE, "--client %.100s: no "
			    "address or network", o->client.v[i]);
	for (i = 0; i < o->domain.n; i++)
		if (o->domain.v[i][0] == '\0' ||
		    sl_find(sl(o->domain.v[i]), SL("@")) != NULL)
			return err_set(err, ERR_USAGE, "--sender-domain "
			    "%.100s: no domain; --sender takes addresses",
			    o->domain.v[i]);
	*out = f;
	return 0;
}

bool
filter_any(const struct filter *f)
{
	return f->o->sender.n > 0 || f->o->domain.n > 0 ||
	    f->o->client.n > 0 || f->o->null_sender;
}

static bool
sender_matches(const struct opt_list *l, struct slice sender)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (sender.n > 0 && sl_glob(sl(l->v[i]), sender))
			return true;
	return l->n == 0;
}

/* "example.org" is that domain alone, ".example.org" also all below it. */
static bool
domain_matches(const struct opt_list *l, struct slice sender)
{
	const char *at = sender.n == 0 ? NULL :
	    memrchr(sender.p, '@', sender.n);
	struct slice domain, want;
	size_t i;

	if (l->n == 0 || at == NULL)
		return l->n == 0;
	domain = sl_from(sender, (size_t)(at + 1 - sender.p));
	for (i = 0; i < l->n; i++) {
		want = sl(l->v[i]);
		if (sl_ieq(domain, want) || (want.p[0] == '.' &&
		    (sl_iends(domain, want) ||
		    sl_ieq(domain, sl_from(want, 1)))))
			return true;
	}
	return false;
}

static bool
client_matches(const struct filter *f, struct slice client)
{
	struct ip ip;
	size_t i;

	if (f->o->client.n == 0 || !ip_parse(client, &ip))
		return f->o->client.n == 0;
	for (i = 0; i < f->o->client.n; i++)
		if (ipnet_has(&f->nets[i], &ip))
			return true;
	return false;
}

bool
filter_match(const struct filter *f, const struct case_entry *e)
{
	return sender_matches(&f->o->sender, e->sender) &&
	    domain_matches(&f->o->domain, e->sender) &&
	    (!f->o->null_sender || sl_eq(e->sender, SL("<>"))) &&
	    client_matches(f, e->client);
}
