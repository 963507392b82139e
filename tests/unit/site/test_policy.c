#include <check.h>

#include "site/policy.h"

#define COUNT(t)	((int)(sizeof(t) / sizeof((t)[0])))

static struct site *
a_site(void)
{
	struct site *s = site_new();
	struct err err;

	site_add(s, SITE_LOCAL, SL("example.org"), &err);
	site_add(s, SITE_RELAY, SL("=partner.example.net"), &err);
	return s;
}

static const struct {
	const char	*rules, *client;
	bool		 auth;
	const char	*rcpt;
	enum policy_answer answer;	/* true: permits */
	size_t		 rule;
} asks[] = {
#define USUAL	"permit client !192.0.2.66 192.0.2.0/24 2001:db8::/32 " \
		"permit authenticated permit recipient ours not routed refuse"
	{ USUAL, "192.0.2.1", false, "a@example.com", true, 0 },
	{ USUAL, "192.0.2.66", false, "a@example.com", false, 3 },
	{ USUAL, "192.0.2.66", true, "a@example.com", true, 1 },
	{ USUAL, "203.0.113.1", false, "a@EXAMPLE.org", true, 2 },
	{ USUAL, "203.0.113.1", false, "a@sub.example.org", true, 2 },
	{ USUAL, "203.0.113.1", false, "a@partner.example.net", true, 2 },
	{ USUAL, "203.0.113.1", false, "a@x.partner.example.net", false, 3 },
	{ USUAL, "203.0.113.1", false, "postmaster", true, 2 },
	{ USUAL, "2001:db8::1", false, "a@example.com", true, 0 },
	{ "permit client ::/0 refuse", "192.0.2.1", false, "a@b.example",
	    false, 1 },
	{ "permit client 0.0.0.0/0 refuse", "2001:db8::1", false,
	    "a@b.example", false, 1 },
	{ "refuse not client 192.0.2.0/24 permit", "198.51.100.1", false,
	    "a@b.example", false, 0 },
	{ "permit recipient =b.example a@c.example refuse", "192.0.2.1",
	    false, "A@C.example", true, 0 },
	{ "permit recipient =b.example refuse", "192.0.2.1", false,
	    "a@x.b.example", false, 1 },
	{ "permit recipient .b.example refuse", "192.0.2.1", false,
	    "a@b.example", false, 1 },
	{ "permit recipient b.example refuse", "192.0.2.1", false,
	    "a@xb.example", false, 1 },
	/* two lists: both have to let it through */
	{ "refuse client 203.0.113.0/24 permit then permit recipient ours "
	    "refuse", "203.0.113.1", false, "a@example.org", false, 0 },
	{ "permit client 192.0.2.0/24 refuse client 203.0.113.0/24 permit "
	    "then permit recipient ours refuse", "192.0.2.1", false,
	    "a@example.com", false, 4 },
	{ "permit port 587 authenticated refuse port 587 permit", "192.0.2.1",
	    false, "a@b.example", true, 2 },
	{ "permit name example.net refuse", "192.0.2.1", false,
	    "a@b.example", true, 0 },
	{ "permit connected 192.0.2.2 refuse", "192.0.2.1", true,
	    "a@b.example", false, 1 },
	{ "refuse sender <> permit", "192.0.2.1", true, "a@b.example", true,
	    1 },
	/* a table that nobody read: undecided, unless it makes no odds */
#define OPEN	"permit client 192.0.2.0/24 maybe permit name example.net " \
		"refuse"
	{ OPEN, "192.0.2.1", false, "a@b.example", true, 0 },
	{ OPEN, "203.0.113.1", false, "a@b.example", POLICY_UNDECIDED, 1 },
	{ "maybe permit permit", "192.0.2.1", false, "a@b.example", true, 1 },
	{ "maybe refuse recipient c.example refuse", "192.0.2.1", false,
	    "a@c.example", false, 1 },
	{ "maybe refuse not recipient c.example permit", "192.0.2.1", false,
	    "a@c.example", true, 1 },
	{ "maybe refuse not recipient c.example permit", "192.0.2.1", false,
	    "a@b.example", POLICY_UNDECIDED, 0 },
	{ "maybe permit maybe refuse permit then permit client 192.0.2.0/24 "
	    "refuse", "192.0.2.1", false, "a@b.example", POLICY_UNDECIDED, 1 },
	{ "maybe permit maybe refuse permit then permit client 192.0.2.0/24 "
	    "refuse", "203.0.113.1", false, "a@b.example", false, 4 },
};

START_TEST(the_first_rule_that_holds_decides)
{
	struct site *s = a_site();
	struct policy *p;
	struct err err = { 0 };
	struct policy_ask q = { .authenticated = asks[_i].auth,
	    .name = SL("host.example.net"), .sender = SL("x@y.example"),
	    .recipient = sl(asks[_i].rcpt) };
	size_t rule;

	ck_assert(ip_parse(sl(asks[_i].client), &q.client));
	ck_assert_msg(policy_parse(&p, sl(asks[_i].rules), s, &err) == 0,
	    "%s", err.msg);
	ck_assert_int_eq(policy_answer(p, &q, &rule), asks[_i].answer);
	ck_assert_uint_eq(rule, asks[_i].rule);
	policy_free(p);
	site_free(s);
}
END_TEST

static const struct {
	const char	*rules, *why;
} bads[] = {
	{ "", "policy: the last rule of a list has no condition: end it with "
	    "refuse, or permit" },
	{ "permit client 192.0.2.0/24", "policy: the last rule of a list has "
	    "no condition: end it with refuse, or permit" },
	{ "permit recipient ours then refuse", "policy: the last rule of a "
	    "list has no condition: end it with refuse, or permit" },
	{ "allow client 192.0.2.1 refuse",
	    "policy rule 1: 'allow' is not permit or refuse" },
	{ "permit clients 192.0.2.1 refuse",
	    "policy rule 1: 'clients' is not a condition" },
	{ "permit client 192.0.2.0/33 refuse",
	    "policy rule 1: '192.0.2.0/33' is not a network or address" },
	{ "refuse client 192.0.2.0/255.0.255.0 permit",
	    "policy rule 1: '192.0.2.0/255.0.255.0' is not a network or "
	    "address" },
	{ "permit client ! refuse",
	    "policy rule 1: '!' is not a network or address" },
	{ "permit port 0 refuse", "policy rule 1: '0' is not a port" },
	{ "permit recipient exa*mple refuse",
	    "policy rule 1: 'exa*mple' is not a domain or address" },
	{ "refuse not", "policy rule 1: '' is not a condition" },
};

START_TEST(what_is_not_understood_is_told)
{
	struct site *s = a_site();
	struct policy *p;
	struct err err = { 0 };

	ck_assert_int_eq(policy_parse(&p, sl(bads[_i].rules), s, &err), -1);
	ck_assert_ptr_null(p);
	ck_assert_str_eq(err.msg, bads[_i].why);
	site_free(s);
}
END_TEST

START_TEST(a_policy_reads_back_what_it_prints)
{
	struct site *s = a_site();
	struct policy *p, *q;
	struct buf out = { 0 }, again = { 0 };
	struct err err = { 0 };

	ck_assert_int_eq(policy_parse(&p, SL("permit client 192.0.2.0/24 "
	    "# main.cf:3: mynetworks\nrefuse not recipient ours, routed\n"
	    "permit\nthen refuse"), s, &err), 0);
	policy_print(p, &out);
	buf_addc(&out, '\0');
	ck_assert_str_eq(out.p, "[policy]\nrules =\n"
	    "\tpermit client 192.0.2.0/24\t# main.cf:3: mynetworks\n"
	    "\trefuse not recipient ours, routed\n\tpermit\n\tthen\n"
	    "\trefuse\n");
	ck_assert_int_eq(policy_parse(&q, sl(out.p + 17), s, &err), 0);
	policy_print(q, &again);
	ck_assert(sl_eq(buf_sl(&again), sl(out.p)));
	policy_free(p);
	policy_free(q);
	site_free(s);
	buf_free(&out);
	buf_free(&again);
}
END_TEST

Suite *	suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("policy");
	TCase *tc = tcase_create("policy");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, the_first_rule_that_holds_decides, 0,
	    COUNT(asks));
	tcase_add_loop_test(tc, what_is_not_understood_is_told, 0,
	    COUNT(bads));
	tcase_add_test(tc, a_policy_reads_back_what_it_prints);
	return s;
}
