#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/blocklist.h"
#include "log/rank.h"
#include "log/when.h"
#include "mail/date.h"

/* ---- who used the server ---- */

#define HOUR	3600

static struct log_event
event(enum log_what what, int64_t at, const char *ip, const char *account)
{
	struct log_event e = { .what = what, .at = at,
	    .account = sl(account), .sender = SL("x@example.com"),
	    .has_sender = what == LOG_MESSAGE };

	ck_assert(ip_parse(sl(ip), &e.client));
	return e;
}

static void
happens(struct usage *u, enum log_what what, int64_t at, const char *ip,
    const char *account, uint64_t nrcpts)
{
	struct log_event e = event(what, at, ip, account);

	e.nrcpts = nrcpts;
	usage_add(u, &e);
}

static uint32_t
points(struct usage *u, const char *account, const char *client)
{
	const struct usage_pair *p = usage_pair(u, sl(account), sl(client));

	ck_assert_ptr_nonnull(p);
	return p->points;
}

/* The owner wrote from home, was guessed, and the thief writes to many. */
static void
day(struct usage *u, unsigned guesses, uint64_t rcpts)
{
	unsigned i;

	happens(u, LOG_AUTH, HOUR, "192.0.2.1", "bob", 0);
	happens(u, LOG_MESSAGE, HOUR, "192.0.2.1", "bob", 1);
	for (i = 0; i < guesses; i++)
		happens(u, LOG_FAILED, 5 * HOUR + i, "203.0.113.1", "Bob", 0);
	happens(u, LOG_AUTH, 6 * HOUR, "203.0.113.1", "BOB", 0);
	happens(u, LOG_MESSAGE, 6 * HOUR, "203.0.113.1", "bob", rcpts);
	rank(u);
}

START_TEST(the_thief_is_told_from_the_owner)
{
	struct usage *u = usage_new(&(struct usage_opts){ .ours = NULL });
	struct stolen *v;
	struct buf b = { 0 };
	size_t n;

	day(u, GUESSES_MANY, BULK_HOUR);
	ck_assert_uint_ge(points(u, "bob", "203.0.113.1"), RANK_STOLEN);
	ck_assert_uint_eq(points(u, "bob", "192.0.2.1"), 0);
	v = rank_stolen(u, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert(sl_eq(usage_str(u, v[0].account), SL("bob")));
	rank_say(&b, &v[0]);
	buf_addc(&b, '\0');
	ck_assert_msg(strstr(b.p, "100 recipients") != NULL &&
	    strstr(b.p, "after 20 failed guesses") != NULL, "%s", b.p);
	buf_free(&b);
	free(v);
	usage_free(u);
}
END_TEST

static const struct {
	unsigned	guesses;
	uint64_t	rcpts;
} innocent[] = {
	{ GUESSES_MANY - 1, BULK_HOUR - 1 },	/* a forgotten password */
	{ 0, BULK_HOUR },			/* a newsletter, on the way */
};

START_TEST(what_a_person_does_is_not_enough)
{
	struct usage *u = usage_new(&(struct usage_opts){ .ours = NULL });
	size_t n;

	day(u, innocent[_i].guesses, innocent[_i].rcpts);
	free(rank_stolen(u, &n));
	ck_assert_uint_eq(n, 0);
	usage_free(u);
}
END_TEST

/* Mail of bob, under bob's own name, of which so many in ten bounce. */
static void
mails(struct usage *u, int64_t at, const char *ip, unsigned n, unsigned lost)
{
	struct log_event e = event(LOG_MESSAGE, at, ip, "bob");
	unsigned i;

	happens(u, LOG_AUTH, at, ip, "bob", 0);
	e.sender = SL("bob@example.org");
	e.nrcpts = 1;
	for (i = 0; i < n; i++) {
		usage_add(u, &e);
		if (i % 10 < lost)
			happens(u, LOG_BOUNCED, at, ip, "bob", 1);
	}
}

/* From forty machines at once, each with the owner's name and little mail. */
static void
many_machines(struct usage *u, unsigned lost)
{
	char ip[32];
	unsigned i;

	mails(u, HOUR, "192.0.2.1", 1, 0);
	for (i = 1; i <= 40; i++) {
		snprintf(ip, sizeof(ip), "203.0.%u.7", i);
		mails(u, 6 * HOUR, ip, 20, lost);
	}
	rank(u);
}

START_TEST(machines_under_the_owners_name_are_told_by_what_bounces)
{
	struct usage *u = usage_new(&(struct usage_opts){ .ours = NULL });

	many_machines(u, 3);
	ck_assert_uint_ge(points(u, "bob", "203.0.9.7"), RANK_STOLEN);
	ck_assert_uint_lt(points(u, "bob", "192.0.2.1"), RANK_STOLEN);
	usage_free(u);
	u = usage_new(&(struct usage_opts){ .ours = NULL });
	many_machines(u, 0);
	ck_assert_uint_lt(points(u, "bob", "203.0.9.7"), RANK_STOLEN);
	usage_free(u);
}
END_TEST

START_TEST(bulk_of_which_a_quarter_bounces_is_no_newsletter)
{
	struct usage *u = usage_new(&(struct usage_opts){ .ours = NULL });

	mails(u, HOUR, "203.0.113.1", 2 * BULK_HOUR, 3);
	rank(u);
	ck_assert_uint_ge(points(u, "bob", "203.0.113.1"), RANK_STOLEN);
	usage_free(u);
	u = usage_new(&(struct usage_opts){ .ours = NULL });
	mails(u, HOUR, "203.0.113.1", 2 * BULK_HOUR, 2);
	rank(u);
	ck_assert_uint_lt(points(u, "bob", "203.0.113.1"), RANK_STOLEN);
	usage_free(u);
}
END_TEST

static bool
trusts(void *ctx, const struct ip *ip)
{
	(void)ctx;
	(void)ip;
	return true;
}

START_TEST(a_trusted_client_is_never_called_so)
{
	struct usage *u = usage_new(&(struct usage_opts){ .trusted = trusts });
	size_t n;

	day(u, 1000, 100000);
	free(rank_stolen(u, &n));
	ck_assert_uint_eq(n, 0);
	usage_free(u);
}
END_TEST

START_TEST(totals_are_sums)
{
	struct usage *u = usage_new(&(struct usage_opts){ .ours = NULL });
	const struct usage_totals *t;
	const struct usage_who *w;
	size_t n;

	happens(u, LOG_SESSION, 10, "192.0.2.1", "", 0);
	happens(u, LOG_SESSION, 20, "192.0.2.1", "", 0);
	happens(u, LOG_REFUSED, 30, "192.0.2.1", "", 1);
	happens(u, LOG_DENIED, 40, "192.0.2.1", "", 1);
	happens(u, LOG_MESSAGE, 2 * HOUR, "192.0.2.1", "", 3);
	happens(u, LOG_BOUNCED, 2 * HOUR, "192.0.2.1", "", 1);
	happens(u, LOG_MESSAGE, 2 * HOUR, "2001:db8::1", "", 5);
	t = usage_totals(u);
	ck_assert_uint_eq(t->sessions, 2);
	ck_assert_uint_eq(t->messages, 2);
	ck_assert_uint_eq(t->rcpts, 8);
	ck_assert_uint_eq(t->refused, 2);
	ck_assert_uint_eq(t->denied, 1);
	ck_assert_uint_eq(t->bounced, 1);
	w = usage_clients(u, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(w[0].s.sessions, 2);
	ck_assert_uint_eq(usage_lost(&w[0].s), 60);	/* 2 and 1 of 5 */
	ck_assert_int_eq(w[0].s.first, 10);
	ck_assert_int_eq(w[0].s.last, 2 * HOUR);
	ck_assert_uint_eq(w[0].s.hours[2], 1);
	usage_free(u);
}
END_TEST

/* ---- times ---- */

static const struct {
	bool		(*read)(struct log_clock *, struct slice *, int64_t *);
	const char	*in, *out;	/* NULL: it is none */
	enum date_order	 order;
} times[] = {
	{ when_syslog, "Nov 21 10:00:00 mx", "2026-11-21T10:00:00Z", 0 },
	{ when_syslog, "Nov  1 10:00:00 mx", "2026-11-01T10:00:00Z", 0 },
	{ when_syslog, "<22>Nov 21 10:00:00 mx", "2026-11-21T10:00:00Z", 0 },
	{ when_syslog, "<22>2026-11-21T10:00:00Z mx", "2026-11-21T10:00:00Z",
	    0 },
	{ when_syslog, "2026-11-21T10:00:00.5+09:00 mx",
	    "2026-11-21T01:00:00Z", 0 },
	{ when_syslog, "Nov 32 10:00:00 mx", NULL, 0 },
	{ when_syslog, "Nox 21 10:00:00 mx", NULL, 0 },
	{ when_syslog, "Nov 21 25:00:00 mx", NULL, 0 },
	{ when_iso, "2026-11-21 10:00:00 +0900 x", "2026-11-21T01:00:00Z", 0 },
	{ when_iso, "2026-11-21T10:00:00.123Z,x", "2026-11-21T10:00:00Z", 0 },
	{ when_iso, "2026-13-21 10:00:00", NULL, 0 },
	{ when_iso, "2026-11-21", NULL, 0 },
	{ when_numeric, "5/13/00 2:36:27 PM : x", "2000-05-13T14:36:27Z",
	    ORDER_MDY },
	{ when_numeric, "5/13/00 12:00:01 AM : x", "2000-05-13T00:00:01Z",
	    ORDER_MDY },
	{ when_numeric, "13.05.2000 14:36:27", "2000-05-13T14:36:27Z",
	    ORDER_DMY },
	{ when_numeric, "00-5-13 14:36:27", "2000-05-13T14:36:27Z",
	    ORDER_YMD },
	{ when_numeric, "00/05/13 \x8c\xdf\x8c\xe3 2:36:27",
	    "2000-05-13T14:36:27Z", ORDER_YMD },
	{ when_numeric, "00/05/13 \xe5\x8d\x88\xe5\x89\x8d 12:36:27",
	    "2000-05-13T00:36:27Z", ORDER_YMD },
	{ when_numeric, "13/13/00 14:36:27", NULL, ORDER_MDY },
	{ when_numeric, "192.0.2.1 14:36:27", NULL, ORDER_DMY },
	{ when_ncsa, "09/Oct/2006:05:00:16 +0100]", "2006-10-09T04:00:16Z",
	    0 },
	{ when_ncsa, "09/Oct/06:05:00:16 +0100]", NULL, 0 },
};

START_TEST(times_are_read_in_all_their_forms)
{
	struct log_clock c = { .year = 2026, .order = times[_i].order };
	struct slice rest = sl(times[_i].in);
	char text[DATE_TEXT];
	int64_t at = 0;
	bool good = times[_i].read(&c, &rest, &at);

	ck_assert_int_eq(good, times[_i].out != NULL);
	if (good)
		ck_assert_str_eq(date_str(at, text), times[_i].out);
	else
		ck_assert_ptr_eq(rest.p, times[_i].in);
}
END_TEST

START_TEST(a_year_turns_at_its_end_and_back)
{
	static const char *const lines[] = { "Dec 31 23:59:59 mx",
	    "Jan  1 00:00:00 mx", "Dec 31 23:59:59 mx" };
	static const int64_t years[] = { 2003, 2004, 2003 };
	struct log_clock c = { .year = 2003 };
	struct slice rest;
	int64_t at;
	size_t i;

	for (i = 0; i < 3; i++) {
		rest = sl(lines[i]);
		ck_assert(when_syslog(&c, &rest, &at));
		ck_assert_int_eq(c.year, years[i]);
	}
	ck_assert(c.no_year && c.no_zone);
}
END_TEST

START_TEST(the_year_is_the_last_in_which_it_was_written_after)
{
	int64_t written = date_days(2011, 1, 2) * 86400;

	ck_assert_int_eq(when_year(written, 1, 2), 2011);
	ck_assert_int_eq(when_year(written, 1, 3), 2011);  /* zones */
	ck_assert_int_eq(when_year(written, 1, 4), 2010);
	ck_assert_int_eq(when_year(written, 12, 31), 2010);
}
END_TEST

static const struct {
	const char	*lines;
	enum date_order	 order;
	bool		 sure;
} orders[] = {
	{ "5/6/00 1:00:00\n5/13/00 1:00:00\n", ORDER_MDY, true },
	{ "5/6/00 1:00:00\n13/5/00 1:00:00\n", ORDER_DMY, true },
	{ "5/6/00 1:00:00\n", ORDER_MDY, false },
	{ "5.6.00 1:00:00\n", ORDER_DMY, true },
	{ "2000-6-5 1:00:00\n", ORDER_YMD, true },
	{ "x,y,13/5/2000 1:00:00\n", ORDER_DMY, true },
	{ "00/05/06 1:00:00\n", ORDER_YMD, true },
	{ "03/05/06 1:00:00\n03/05/07 1:00:00\n", ORDER_YMD, true },
	{ "12/31/03 1:00:00\n1/1/04 1:00:00\n", ORDER_MDY, true },
	{ "1/12/03 1:00:00\n1/1/04 1:00:00\n", ORDER_MDY, false },
	{ "nothing\n", ORDER_MDY, false },
};

START_TEST(the_order_of_a_date_is_found)
{
	bool sure;

	ck_assert_int_eq(when_order(sl(orders[_i].lines), &sure),
	    orders[_i].order);
	ck_assert_int_eq(sure, orders[_i].sure);
}
END_TEST

/* ---- a block list ---- */

START_TEST(a_block_list_has_networks_ranges_and_exceptions)
{
	static const char list[] = "# x\n:127.0.0.2:y\n192.0.2.1\n"
	    "192.0.2.4/31 :2:why\n192.0.2.8-192.0.2.10\n192.0.2.12-14\n"
	    "!192.0.2.9\n2001:db8::/32\nrubbish\n";
	static const char *const in[] = { "192.0.2.1", "192.0.2.5",
	    "192.0.2.8", "192.0.2.10", "192.0.2.14", "2001:db8:9::1" };
	static const char *const out[] = { "192.0.2.2", "192.0.2.6",
	    "192.0.2.9", "192.0.2.11", "192.0.2.15", "2001:db9::1" };
	char path[] = "/tmp/test_usage.XXXXXX";
	int fd = mkstemp(path);
	struct blocklist *b;
	struct err err;
	struct ip ip;
	size_t odd, i;

	ck_assert_int_eq(write(fd, list, sizeof(list) - 1),
	    (ssize_t)sizeof(list) - 1);
	close(fd);
	ck_assert_int_eq(blocklist_load(&b, path, &odd, &err), 0);
	unlink(path);
	ck_assert_uint_eq(odd, 1);
	for (i = 0; i < 6; i++) {
		ck_assert(ip_parse(sl(in[i]), &ip));
		ck_assert_msg(blocklist_has(b, &ip), "%s", in[i]);
		ck_assert(ip_parse(sl(out[i]), &ip));
		ck_assert_msg(!blocklist_has(b, &ip), "%s", out[i]);
	}
	blocklist_free(b);
}
END_TEST

#define COUNT(v)	((int)(sizeof(v) / sizeof((v)[0])))

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("usage");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, the_thief_is_told_from_the_owner);
	tcase_add_test(tc,
	    machines_under_the_owners_name_are_told_by_what_bounces);
	tcase_add_test(tc, bulk_of_which_a_quarter_bounces_is_no_newsletter);
	tcase_add_loop_test(tc, what_a_person_does_is_not_enough, 0,
	    COUNT(innocent));
	tcase_add_test(tc, a_trusted_client_is_never_called_so);
	tcase_add_test(tc, totals_are_sums);
	tcase_add_loop_test(tc, times_are_read_in_all_their_forms, 0,
	    COUNT(times));
	tcase_add_test(tc, a_year_turns_at_its_end_and_back);
	tcase_add_test(tc, the_year_is_the_last_in_which_it_was_written_after);
	tcase_add_loop_test(tc, the_order_of_a_date_is_found, 0,
	    COUNT(orders));
	tcase_add_test(tc, a_block_list_has_networks_ranges_and_exceptions);
	suite_add_tcase(s, tc);
	return s;
}
