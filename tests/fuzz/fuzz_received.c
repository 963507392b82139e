#include "fuzz.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/received.h"

/*
 * What a hop says is in the field, in one piece; and it says the same when
 * the field was unfolded before.
 */

static void
check_hop(const struct hop *h, struct slice body)
{
	const struct slice *const v[] = { &h->helo, &h->name, &h->by, &h->with,
	    &h->id, &h->for_, &h->account };
	size_t i;

	for (i = 0; i < NITEMS(v); i++) {
		HOLDS(v[i]->n <= body.n);
		HOLDS(v[i]->n == 0 || sl_ifind(body, *v[i]) != NULL);
	}
	HOLDS(h->date >= 0 && h->date < date_days(2101, 1, 1) * 86400);
}

static void
check_same(const struct hop *h, const struct hop *g)
{
	HOLDS(sl_eq(h->helo, g->helo) && sl_eq(h->name, g->name));
	HOLDS(sl_eq(h->by, g->by) && sl_eq(h->with, g->with));
	HOLDS(sl_eq(h->id, g->id) && sl_eq(h->for_, g->for_));
	HOLDS(sl_eq(h->account, g->account) && h->date == g->date);
	HOLDS(ip_eq(&h->ip, &g->ip) && ip_eq(&h->by_ip, &g->by_ip));
	HOLDS(h->authenticated == g->authenticated && h->tls == g->tls &&
	    h->local == g->local);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = fuzz_input(data, n), flat;
	struct arena *a = fuzz_arena();
	struct hop h, g;
	bool good = received_parse(a, body, &h);

	flat = n == 0 ? body : hdr_unfold(a, body);
	check_hop(&h, flat);
	HOLDS(received_parse(a, flat, &g) == good);
	check_same(&h, &g);
	return 0;
}
