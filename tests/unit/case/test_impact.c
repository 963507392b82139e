#include <check.h>

#include "case/impact.h"

Suite	*suite(void);

/*
 * A day of a small site: its users at 10.1.0.1 to 3, its partner's gateway
 * that spammers use, too, strangers, and an account that was stolen.
 */
static const struct {
	const char	*client, *account;
	enum class	 class;
	const char	*rcpts[2];
} day[] = {
	{ "10.1.0.1", NULL, C_LEGIT, { "a@far.example" } },
	{ "10.1.0.2", NULL, C_LEGIT, { "b@far.example", "c@example.org" } },
	{ "10.1.0.3", NULL, C_LEGIT, { "d@far.example" } },
	{ "192.0.2.9", NULL, C_LEGIT, { "e@far.example" } },
	{ "192.0.2.9", NULL, C_SPAM, { "f@example.org" } },
	{ "203.0.113.5", NULL, C_LEGIT, { "g@example.org" } },
	{ "198.51.100.1", NULL, C_RELAY, { "h@far.example",
	    "i@example.org" } },
	{ "198.51.100.2", NULL, C_RELAY, { "j@far.example" } },
	{ "198.51.100.3", "bob", C_RELAY, { "k@far.example" } },
	{ "2001:db8::7", "eve", C_LEGIT, { "l@far.example" } },
	{ "", NULL, C_LEGIT, { "m@far.example" } },
};
#define DAY	(sizeof(day) / sizeof(day[0]))

static struct impact im;
static struct site *site;
static struct err err;

static void
add(const char *client, const char *account, enum class class,
    const char *const *rcpts)
{
	struct impact_entry e = { .class = class, .client = sl(client),
	    .account = account == NULL ? SL("") : sl(account) };
	struct policy_ask *q;

	e.asks = arena_alloc(im.a, 2 * sizeof(*e.asks));
	for (; e.n < 2 && rcpts[e.n] != NULL; e.n++) {
		q = &e.asks[e.n];
		ip_parse(sl(client), &q->client);
		q->authenticated = account != NULL;
		q->sender = SL("x@example.com");
		q->recipient = sl(rcpts[e.n]);
	}
	*(struct impact_entry *)arena_more(im.a, &im.v, &im.n, &im.cap,
	    sizeof(e)) = e;
}

static void
setup(void)
{
	size_t i;

	site = site_new();
	ck_assert_int_eq(site_add(site, SITE_LOCAL, SL("example.org"),
	    &err), 0);
	im = (struct impact){ .a = arena_new() };
	for (i = 0; i < DAY; i++)
		add(day[i].client, day[i].account, day[i].class,
		    day[i].rcpts);
}

static void
teardown(void)
{
	impact_free(&im);
	site_free(site);
}

static struct policy *
rules(struct slice text)
{
	struct policy *p;

	ck_assert_msg(policy_parse(&p, text, site, &err) == 0, "%s", err.msg);
	return p;
}

START_TEST(each_recipient_is_asked_for)
{
	struct policy *p = rules(SL("permit client 10.0.0.0/8 "
	    "permit recipient ours refuse"));
	struct impact_sums s;

	impact_run(&im, p, &s);
	ck_assert_int_eq(s.of[1], IMPACT_ALLOWED);
	ck_assert_int_eq(s.of[3], IMPACT_REFUSED);
	ck_assert_int_eq(s.of[6], IMPACT_PARTLY);
	ck_assert_int_eq(s.of[10], IMPACT_UNASKED);
	ck_assert_uint_eq(s.fate[C_RELAY][IMPACT_REFUSED], 2);
	ck_assert_uint_eq(s.fate[C_RELAY][IMPACT_PARTLY], 1);
	ck_assert_uint_eq(s.fate[C_LEGIT][IMPACT_ALLOWED], 4);
	ck_assert_uint_eq(s.fate[C_LEGIT][IMPACT_REFUSED], 2);
	ck_assert_uint_eq(s.fate[C_LEGIT][IMPACT_UNASKED], 1);
	/* recipients: 4 by the list; 1 spam, 1 relayed and 1 legit as ours */
	ck_assert_uint_eq(s.decided[0 * C_COUNT + C_LEGIT], 4);
	ck_assert_uint_eq(s.decided[1 * C_COUNT + C_LEGIT], 1);
	ck_assert_uint_eq(s.decided[1 * C_COUNT + C_SPAM], 1);
	ck_assert_uint_eq(s.decided[1 * C_COUNT + C_RELAY], 1);
	ck_assert_uint_eq(s.decided[2 * C_COUNT + C_RELAY], 3);
	policy_free(p);
}
END_TEST

START_TEST(the_advice_lets_wanted_mail_out_and_nothing_else)
{
	struct impact_advice ad;
	struct impact_sums s;
	struct policy *p;

	impact_advise(&im, site, &ad);
	ck_assert_msg(sl_starts(buf_sl(&ad.rules),
	    SL("permit client 10.1.0.0/30\npermit authenticated\n")),
	    "%.*s", (int)ad.rules.n, ad.rules.p);
	ck_assert_uint_eq(ad.networks, 1);
	ck_assert_uint_eq(ad.nmixed, 1);
	ck_assert(sl_eq(ad.mixed[0].client, SL("192.0.2.9")));
	ck_assert_uint_eq(ad.mixed[0].legit, 1);
	ck_assert_uint_eq(ad.mixed[0].bad, 1);
	ck_assert_uint_eq(ad.stolen, 1);
	p = rules(buf_sl(&ad.rules));
	impact_run(&im, p, &s);
	ck_assert_uint_eq(s.fate[C_RELAY][IMPACT_ALLOWED], 1);	/* stolen */
	ck_assert_uint_eq(s.fate[C_LEGIT][IMPACT_REFUSED], 1);	/* mixed */
	policy_free(p);
	buf_free(&ad.rules);
}
END_TEST

START_TEST(no_network_of_the_advice_has_a_spammer_in_it)
{
	const char *const to[2] = { "a@far.example", NULL };
	struct impact_advice ad;

	add("10.1.0.0", NULL, C_RELAY, to);
	impact_advise(&im, site, &ad);
	ck_assert_msg(sl_starts(buf_sl(&ad.rules),
	    SL("permit client 10.1.0.1 10.1.0.2/31\n")),
	    "%.*s", (int)ad.rules.n, ad.rules.p);
	ck_assert_uint_eq(ad.networks, 2);
	buf_free(&ad.rules);
}
END_TEST

START_TEST(a_gateway_is_an_address_of_ours_that_brings_nearly_all)
{
	const char *const to[2] = { "a@far.example", NULL };
	struct impact_gateway g;
	size_t i;

	for (i = 0; i < GATEWAY_LEAST - 1; i++)
		add("10.9.0.1", NULL, C_RELAY, to);
	ck_assert(!impact_gateway(&im, site, &g));	/* too few */
	add("10.9.0.1", NULL, C_RELAY, to);
	add("10.9.0.1", NULL, C_LEGIT, to);
	ck_assert(impact_gateway(&im, site, &g));
	ck_assert(sl_eq(g.client, SL("10.9.0.1")));
	ck_assert_uint_eq(g.relay, GATEWAY_LEAST);
	ck_assert_uint_eq(g.of, GATEWAY_LEAST + 2);	/* not the stolen one */
	ck_assert_uint_eq(g.legit, 1);
	for (i = 0; i < 2; i++)
		add("198.51.100.2", NULL, C_RELAY, to);
	ck_assert(!impact_gateway(&im, site, &g));	/* under the share */
}
END_TEST

START_TEST(a_stranger_is_no_gateway)
{
	const char *const to[2] = { "a@far.example", NULL };
	struct impact_gateway g;
	size_t i;

	for (i = 0; i < 10 * GATEWAY_LEAST; i++)
		add("198.51.100.2", NULL, C_RELAY, to);
	ck_assert(!impact_gateway(&im, site, &g));
	ck_assert_int_eq(site_add(site, SITE_HOST, SL("198.51.100.2"),
	    &err), 0);
	ck_assert(impact_gateway(&im, site, &g));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("impact");
	TCase *tc = tcase_create("impact");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_recipient_is_asked_for);
	tcase_add_test(tc, the_advice_lets_wanted_mail_out_and_nothing_else);
	tcase_add_test(tc, no_network_of_the_advice_has_a_spammer_in_it);
	tcase_add_test(tc,
	    a_gateway_is_an_address_of_ours_that_brings_nearly_all);
	tcase_add_test(tc, a_stranger_is_no_gateway);
	suite_add_tcase(s, tc);
	return s;
}
