#include <string.h>

#include "mail/date.h"
#include "show/page.h"

/* A server of ours by its name, or by its address. */
static bool
is_us(const struct site *site, struct slice name, const struct ip *ip)
{
	struct ip told;

	return (name.n > 0 && (site_is_host(site, name) ||
	    site_is_ours(site, name))) || (ip_parse(name, &told) &&
	    site_is_host_ip(site, &told)) || site_is_host_ip(site, ip);
}

/* Did somebody from outside hand it over here?  Below that is hearsay. */
static bool
from_outside(const struct site *site, const struct hop *h)
{
	if (ip_is_set(&h->ip))
		return site_client(site, &h->ip) != CLIENT_OWN;
	return !h->local && (h->authenticated ||
	    ((h->name.n > 0 || h->helo.n > 0) &&
	    !is_us(site, h->name, &h->ip) && !is_us(site, h->helo, &h->ip)));
}

static const struct {
	int64_t		 seconds;
	const char	*unit;
} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };

/* "+2 h 5 min": what passed since the hop below; two units are enough. */
static void
put_delay(struct page *p, const struct hop *h, const struct hop *below)
{
	int64_t left, n;
	size_t i, put = 0;

	if (below == NULL || h->date == 0 || below->date == 0)
		return;
	left = h->date - below->date;
	buf_fmt(&p->b, "  %c", left < 0 ? '-' : '+');
	left = left < 0 ? -left : left;
	for (i = 0; i < sizeof(units) / sizeof(units[0]) && put < 2; i++) {
		n = left / units[i].seconds;
		left %= units[i].seconds;
		if (n == 0 && (put > 0 || units[i].seconds > 1))
			continue;
		buf_fmt(&p->b, "%s%lld %s", put++ > 0 ? " " : "",
		    (long long)n, units[i].unit);
	}
}

static void
put_word(struct page *p, const char *before, struct slice s)
{
	if (s.n == 0)
		return;
	buf_add(&p->b, sl(before));
	page_safe(p, s);
}

static void
put_client(struct page *p, const struct hop *h)
{
	char text[IP_TEXT];

	if (ip_is_set(&h->ip))
		buf_fmt(&p->b, "  from %s (%s)", ip_str(&h->ip, text),
		    site_client_name(site_client(p->w->site, &h->ip)));
	else if (h->local)
		buf_add(&p->b, SL("  from here"));
	put_word(p, "  name ", h->name);
	put_word(p, "  HELO ", h->helo);
	put_word(p, "  account ", h->account);
}

static void
put_server(struct page *p, const struct hop *h)
{
	char text[IP_TEXT];

	put_word(p, "  by ", h->by);
	if (h->by.n == 0 && ip_is_set(&h->by_ip))
		buf_fmt(&p->b, "  by %s", ip_str(&h->by_ip, text));
	put_word(p, "  with ", h->with);
	if (h->tls)
		buf_add(&p->b, SL("  TLS"));
	put_word(p, "  id ", h->id);
	put_word(p, "  for ", h->for_);
}

/* A line of it, unless there is nothing to say. */
static void
put_side(struct page *p, const struct hop *h,
    void (*put)(struct page *, const struct hop *))
{
	size_t was = p->b.n, begin;

	buf_add(&p->b, SL("     "));
	begin = p->b.n;
	put(p, h);
	if (p->b.n == begin)
		p->b.n = was;
	else
		buf_addc(&p->b, '\n');
}

static void
put_hop(struct page *p, const struct hop *h, const struct hop *below,
    bool believed)
{
	char date[DATE_TEXT];

	buf_fmt(&p->b, "  %c %s", believed ? '*' : ' ',
	    h->date == 0 ? "(no date)" : date_str(h->date, date));
	put_delay(p, h, below);
	buf_addc(&p->b, '\n');
	put_side(p, h, put_client);
	put_side(p, h, put_server);
}

void
page_way(struct page *p)
{
	const struct record *rec = p->w->row->rec;
	bool believed = true;
	size_t i;

	if (rec->nhops == 0)
		return;
	page_title(p, "way, newest first; *: written by a server of ours, "
	    "the rest anyone can write");
	for (i = 0; i < rec->nhops; i++) {
		const struct hop *h = &rec->hops[i];

		believed = believed && ((h->by.n == 0 &&
		    !ip_is_set(&h->by_ip)) ||
		    is_us(p->w->site, h->by, &h->by_ip));
		put_hop(p, h, i + 1 < rec->nhops ? h + 1 : NULL, believed);
		believed = believed && !from_outside(p->w->site, h);
	}
	if (rec->more_hops)
		buf_add(&p->b, SL("    ...\n"));
}
