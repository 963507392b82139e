#include "fuzz.h"
#include "mail/addr.h"

/*
 * The walk moves forward.  An address that it gives has nothing in it that
 * could not be printed, consists of its parts, and is the same one when it
 * is read again.
 */

static void
check_parts(const struct addr *ad)
{
	struct slice at = sl_from(ad->spec, ad->local.n);

	HOLDS(!has_control(ad->spec));
	HOLDS(!has_upper(ad->domain));
	HOLDS(ad->spec.n <= 2 * ADDR_MAX);
	HOLDS(sl_starts(ad->spec, ad->local));
	if (ad->domain.n == 0)
		HOLDS(at.n == 0);
	else
		HOLDS(at.p[0] == '@' && sl_eq(sl_from(at, 1), ad->domain));
	HOLDS(ad->null ? ad->spec.n == 0 : ad->spec.n > 0);
}

static void
read_again(struct arena *a, const struct addr *ad)
{
	struct slice params;
	struct addr b;

	if (ad->null || ad->domain.n == 0)
		return;
	HOLDS(addr_path(a, arena_fmt(a, "<" SL_FMT ">", SL_ARG(ad->spec)), &b,
	    &params) == 0);
	HOLDS(sl_eq(ad->spec, b.spec) && params.n == 0);
}

static void
look_inside(struct arena *a, const struct addr *ad)
{
	enum addr_route r;
	struct addr in;

	if ((r = addr_route(a, ad, &in)) != ROUTE_NONE) {
		HOLDS(addr_route_name(r) != NULL);
		check_parts(&in);
	}
	if (addr_tag(a, ad, &in) != TAG_NONE)
		check_parts(&in);
}

static void
walk(struct arena *a, struct slice rest)
{
	struct slice was = rest;
	struct addr ad;
	int r;

	while ((r = addr_next(a, &rest, &ad)) != 0) {
		HOLDS(is_forward(was, rest));
		was = rest;
		if (r == -1)
			continue;
		check_parts(&ad);
		read_again(a, &ad);
		look_inside(a, &ad);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n), params;
	struct arena *a = fuzz_arena();
	struct addr ad;

	walk(a, in);
	if (addr_path(a, in, &ad, &params) == 0) {
		HOLDS(is_inside(params, in) && is_trimmed(params));
		check_parts(&ad);
		read_again(a, &ad);
		look_inside(a, &ad);
	}
	return 0;
}
