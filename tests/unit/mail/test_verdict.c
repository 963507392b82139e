#include <check.h>

#include "base/buf.h"
#include "mail/verdict.h"

Suite	*suite(void);

static struct arena *a;
static struct verdict *v;
static size_t n;

static void
setup(void)
{
	a = arena_new();
}

static void
teardown(void)
{
	arena_free(a);
}

static void
look(const char *msg)
{
	struct slice body;
	struct head head;

	head_parse(&head, a, sl(msg), &body);
	verdicts_read(a, &head, &v, &n);
}

static const struct {
	const char	*header;
	enum filter	 filter;
	bool		 bad, scored;
	int32_t		 score, limit;
	const char	*host, *text;
} fields[] = {
	{ "X-Spam-Status: Yes, score=15.3 required=5.0 tests=A,\n B\n"
	    "X-Spam-Checker-Version: SpamAssassin 3.4.2 (2018-09-13) on\n"
	    "\tmx.example.com\n", FILTER_SPAMASSASSIN, true, true, 1530, 500,
	    "mx.example.com", "" },
	{ "X-Spam-Status: No, hits=-2.51 required=5.0\n",
	    FILTER_SPAMASSASSIN, false, true, -251, 500, "", "" },
	{ "X-Spam-Status: YES\n", FILTER_SPAMASSASSIN, true, false, 0, 0, "",
	    "" },
	{ "X-Spam-Flag: YES\n", FILTER_SPAMASSASSIN, true, false, 0, 0, "",
	    "" },
	{ "X-Spamd-Result: default: False [-0.10 / 15.00];\n A(1.00)[x]\n"
	    "X-Rspamd-Server: mx.example.com\n", FILTER_RSPAMD, false, true,
	    -10, 1500, "mx.example.com", "" },
	{ "X-Spamd-Result: default: False [7.2 / 15.00]\n"
	    "X-Rspamd-Action: add header\n", FILTER_RSPAMD, true, true, 720,
	    1500, "", "" },
	{ "X-Spamd-Result: default: True [15.00 / 15.00]\n", FILTER_RSPAMD,
	    true, true, 1500, 1500, "", "" },
	{ "X-Rspamd-Action: reject\n", FILTER_RSPAMD, true, false, 0, 0, "",
	    "" },
	{ "X-Rspamd-Action: no action\n", FILTER_RSPAMD, false, false, 0, 0,
	    "", "" },
	{ "X-MS-Exchange-Organization-SCL: 6\n", FILTER_SCL, true, true, 600,
	    500, "", "" },
	{ "X-MS-Exchange-Organization-SCL: -1\n", FILTER_SCL, false, true,
	    -100, 500, "", "" },
	{ "X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:;LANG:en;SCL:5;\n",
	    FILTER_SCL, true, true, 500, 500, "", "" },
	{ "Authentication-Results: mx.example.com 1; spf=Fail (a;b)\n"
	    "\tsmtp.mailfrom=x@example.net; dkim=none; dmarc=fail\n"
	    " reason=\"x; y\" header.from=example.net\n", FILTER_AUTH, true,
	    false, 0, 0, "mx.example.com", "spf=fail dkim=none dmarc=fail" },
	{ "Authentication-Results: mx.example.com;\n spf=fail; dkim=pass\n",
	    FILTER_AUTH, false, false, 0, 0, "mx.example.com",
	    "spf=fail dkim=pass" },
	{ "Authentication-Results: mx.example.com; spf=pass; dmarc=pass\n",
	    FILTER_AUTH, false, false, 0, 0, "mx.example.com",
	    "spf=pass dmarc=pass" },
};

START_TEST(each_field_tells_its_verdict)
{
	look(fields[_i].header);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(v[0].filter, fields[_i].filter);
	ck_assert_int_eq(v[0].bad, fields[_i].bad);
	ck_assert_int_eq(v[0].scored, fields[_i].scored);
	ck_assert_int_eq(v[0].score, fields[_i].score);
	ck_assert_int_eq(v[0].limit, fields[_i].limit);
	ck_assert(sl_eq(v[0].host, sl(fields[_i].host)));
	ck_assert(sl_eq(v[0].text, sl(fields[_i].text)));
}
END_TEST

static const char *const none[] = {
	"", "X-Spam-Status: perhaps\n", "X-Spam-Status:\n",
	"X-Spamd-Result: default: False\n",
	"X-Spamd-Result: default: False [/ 15]\n",
	"X-Spamd-Result: default: False [1 15]\n",
	"X-MS-Exchange-Organization-SCL: high\n",
	"X-Forefront-Antispam-Report: CTRY:;LANG:en\n",
	"Authentication-Results:\n", "Authentication-Results: mx.example.com\n",
	"Authentication-Results: mx.example.com; none\n",
	"X-Spam-Score: 12\n",
};

START_TEST(what_cannot_be_read_is_no_verdict)
{
	look(none[_i]);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_verdict_knows_the_hops_over_it_and_the_checker_beside_it)
{
	look("X-Spam-Status: No, score=1 required=5\n"
	    "Received: from a by b; x\n"
	    "Received: from c by d; x\n"
	    "X-Spam-Checker-Version: SpamAssassin 3 on far.example.net\n"
	    "X-Spam-Flag: NO\n"
	    "X-Spam-Status: Yes, score=9 required=5\n");
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(v[0].above, 0);
	ck_assert_uint_eq(v[0].host.n, 0);
	ck_assert_uint_eq(v[1].above, 2);
	ck_assert(v[1].bad);
	ck_assert(sl_eq(v[1].host, SL("far.example.net")));
}
END_TEST

START_TEST(a_flood_of_verdicts_is_bounded)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 1500; i++)
		buf_add(&b, SL("X-Spam-Status: Yes\n"));
	buf_addc(&b, '\0');
	look(b.p);
	ck_assert_uint_eq(n, VERDICTS_MAX);
	buf_free(&b);
}
END_TEST

START_TEST(numbers_are_for_people)
{
	char to[VERDICT_NUMBER];

	ck_assert_str_eq(verdict_number(1530, to), "15.3");
	ck_assert_str_eq(verdict_number(500, to), "5");
	ck_assert_str_eq(verdict_number(-251, to), "-2.51");
	ck_assert_str_eq(verdict_number(-5, to), "-0.05");
	look("X-Spam-Status: Yes, score=99999999999999 required=-0.999\n");
	ck_assert_uint_eq(n, 1);
	ck_assert_int_gt(v[0].score, 0);
	ck_assert_int_eq(v[0].limit, -99);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("verdict");
	TCase *t = tcase_create("verdict");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_field_tells_its_verdict, 0,
	    sizeof(fields) / sizeof(fields[0]));
	tcase_add_loop_test(t, what_cannot_be_read_is_no_verdict, 0,
	    sizeof(none) / sizeof(none[0]));
	tcase_add_test(t,
	    a_verdict_knows_the_hops_over_it_and_the_checker_beside_it);
	tcase_add_test(t, a_flood_of_verdicts_is_bounded);
	tcase_add_test(t, numbers_are_for_people);
	suite_add_tcase(s, t);
	return s;
}
