#include <check.h>

#include "base/arena.h"
#include "show/select.h"

Suite *suite(void);

#define N(v)	(int)(sizeof(v) / sizeof((v)[0]))

/* Four entries; a case names those it wants by bits. */
#define A	1u
#define B	2u
#define C	4u
#define D	8u
#define ALL	(A | B | C | D)

#define JAN5	1073264400	/* 2004-01-05T01:00:00Z */
#define DAY	86400

static struct arena *arena;
static struct scan scan;
static struct facts entries[4];

static uint32_t
str(const char *s)
{
	return intern(scan.strings, sl(s));
}

static uint8_t
rule(const char *id)
{
	uint8_t i;

	for (i = 0; judge_rules[i].id != NULL; i++)
		if (strcmp(judge_rules[i].id, id) == 0)
			return i;
	ck_abort_msg("no rule %s", id);
	return 0;
}

static void
rcpts(struct facts *f, const char *one, const char *two)
{
	f->rcpts = arena_alloc(arena, 2 * sizeof(*f->rcpts));
	f->rcpts[0].addr = str(one);
	f->nrcpts = 1;
	if (two != NULL)
		f->rcpts[f->nrcpts++].addr = str(two);
}

static void
setup(void)
{
	arena = arena_new();
	scan = (struct scan){ .strings = intern_new() };
	entries[0] = (struct facts){ .class = C_RELAY, .kind = KIND_MAIL,
	    .rule = rule("relay/third-party"), .folder = str("out"),
	    .has_sender = true, .sender = str("x@example.org"),
	    .client = str("192.0.2.9"), .arrived = JAN5,
	    .subject = str("Cheap, very cheap") };
	rcpts(&entries[0], "y@example.net", "z@example.org");
	entries[1] = (struct facts){ .class = C_LEGIT, .kind = KIND_BOUNCE,
	    .rule = rule("legit/own-bounce"), .folder = str("in"),
	    .has_sender = true, .null_sender = true,
	    .client = str("2001:db8::1"), .arrived = JAN5 + DAY,
	    .subject = str("cheap") };
	rcpts(&entries[1], "bob@example.com", NULL);
	entries[2] = (struct facts){ .class = C_UNSURE, .rule = UINT8_MAX,
	    .folder = str("badmail"), .unread = true };
	entries[3] = (struct facts){ .class = C_SPAM, .kind = KIND_AUTOREPLY,
	    .rule = rule("spam/denied-client"), .folder = str("in/archive"),
	    .has_sender = true, .sender = str("a@example.com"),
	    .client = str("198.51.100.7"), .account = str("Bob"),
	    .arrived = JAN5 + 2 * DAY };
	rcpts(&entries[3], "c@example.net", NULL);
}

static void
teardown(void)
{
	intern_free(scan.strings);
	arena_free(arena);
}

/* Give options by name, through the rows that the tools have. */
static void
give(struct select *sel, const char *name, const char *value)
{
	const struct opt rows[] = { SELECT_OPTS(*sel) };
	int i;

	for (i = 0; i < N(rows); i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (rows[i].str != NULL)
			*rows[i].str = value;
		else
			rows[i].list->v[rows[i].list->n++] = value;
		return;
	}
	ck_abort_msg("no option --%s", name);
}

struct given {
	const char	*name, *value;
};

static int
make(struct selector **s, const struct given *g, size_t n, struct err *err)
{
	static struct select sel;
	size_t i;

	sel = (struct select){ .since = NULL };
	for (i = 0; i < n && g[i].name != NULL; i++)
		give(&sel, g[i].name, g[i].value);
	return select_new(s, &sel, err);
}

static const struct {
	struct given	 g[3];
	unsigned	 want;
} choices[] = {
	{ { { NULL, NULL } }, ALL },
	{ { { "class", "relay" } }, A },
	{ { { "class", "RELAY,legit" } }, A | B },
	{ { { "class", "relay, ,unsure" } }, A | C },
	{ { { "class", "relay" }, { "class", "spam" } }, A | D },
	{ { { "kind", "bounce,autoreply" } }, B | D },
	{ { { "kind", "mail" } }, A | C },
	{ { { "reason", "relay/*" } }, A },
	{ { { "reason", "third-party" } }, 0 },
	{ { { "reason", "unsure/*" } }, C },
	{ { { "folder", "in" } }, B },
	{ { { "folder", "IN*" } }, B | D },
	{ { { "folder", "out,badmail" } }, A | C },
	{ { { "sender", "<>" } }, B },
	{ { { "sender", "*@example.*" } }, A | D },
	{ { { "sender", "*" } }, A | B | D },
	{ { { "sender", "X@EXAMPLE.ORG" } }, A },
	{ { { "sender", "example.org" } }, 0 },
	{ { { "rcpt", "*@example.org" } }, A },
	{ { { "rcpt", "*@example.net" } }, A | D },
	{ { { "rcpt", "*" } }, A | B | D },
	{ { { "client", "192.0.2.0/24" } }, A },
	{ { { "client", "192.0.2.9" } }, A },
	{ { { "client", "192.0.2.1" } }, 0 },
	{ { { "client", "2001:db8::/32,198.51.100.0/24" } }, B | D },
	{ { { "client", "0.0.0.0/0" } }, A | D },
	{ { { "client", "::/0" } }, A | B | D },
	{ { { "account", "bob" } }, D },
	{ { { "account", "*" } }, D },
	{ { { "subject", "cheap*" } }, A | B },
	{ { { "subject", "cheap, very*" } }, A },
	{ { { "subject", "cheap" } }, B },
	{ { { "subject", "cheap" }, { "subject", "*very*" } }, A | B },
	{ { { "since", "2004-01-06" } }, B | D },
	{ { { "since", "2004-01-06T01:00:00Z" } }, B | D },
	{ { { "since", "2004-01-06T01:00:01Z" } }, D },
	{ { { "until", "2004-01-06T01:00:00Z" } }, A },
	{ { { "until", "2004-01-06T01:00:01Z" } }, A | B },
	{ { { "until", "1d" } }, A | B | D },
	{ { { "since", "1h" } }, 0 },
	{ { { "since", "2004-01-06" }, { "until", "2004-01-07" } }, B },
	{ { { "class", "legit" }, { "folder", "in*" } }, B },
	{ { { "class", "relay" }, { "folder", "in*" } }, 0 },
	{ { { "sender", "<>" }, { "rcpt", "bob@*" },
	    { "client", "2001:db8::1" } }, B },
};

START_TEST(options_choose_what_they_say)
{
	struct err err = { 0 };
	struct selector *s;
	unsigned got = 0, i;

	ck_assert_msg(make(&s, choices[_i].g, 3, &err) == 0, "%s", err.msg);
	for (i = 0; i < 4; i++)
		if (select_match(s, &scan, &entries[i]))
			got |= 1u << i;
	ck_assert_uint_eq(got, choices[_i].want);
	ck_assert(select_any(s) == (choices[_i].g[0].name != NULL));
	select_free(s);
}
END_TEST

static const struct {
	const char	*name, *value;
	const char	*say;		/* stands in the message */
} wrong[] = {
	{ "class", "relai", "--class: relai: not one of relay, backscatter, "
	    "spam, legit, unsure" },
	{ "class", "spam,relai,legit", "--class: relai: " },
	{ "class", "", "--class: the value is empty" },
	{ "class", ",", "--class: the value is empty" },
	{ "kind", "ham", "--kind: ham: not one of mail, bounce, delay, "
	    "delivered, read-receipt, autoreply, abuse-report" },
	{ "sender", "", "--sender: the value is empty" },
	{ "subject", " ", "--subject: the value is empty" },
	{ "client", "192.0.2.0/33", "--client: 192.0.2.0/33: neither" },
	{ "client", "192.0.2.1,mail.example.org",
	    "--client: mail.example.org: neither" },
	{ "since", "yesterday", "--since: yesterday: not a time" },
	{ "since", "", "--since: : not a time" },
	{ "until", "2004-13-01", "--until: 2004-13-01: not a time" },
};

START_TEST(a_wrong_value_is_named)
{
	struct given g = { wrong[_i].name, wrong[_i].value };
	struct selector *s = NULL;
	struct err err = { 0 };

	ck_assert_int_eq(make(&s, &g, 1, &err), -1);
	ck_assert_ptr_null(s);
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_msg(strncmp(err.msg, wrong[_i].say,
	    strlen(wrong[_i].say)) == 0, "%s", err.msg);
}
END_TEST

START_TEST(a_span_of_time_that_holds_nothing_is_refused)
{
	struct given g[] = { { "since", "2004-01-06" },
	    { "until", "2004-01-06" } };
	struct selector *s;
	struct err err = { 0 };

	ck_assert_int_eq(make(&s, g, 2, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "--until"));
}
END_TEST

START_TEST(a_long_wrong_value_does_not_hide_what_is_allowed)
{
	static char value[5000];
	struct given g = { "class", value };
	struct selector *s;
	struct err err = { 0 };

	memset(value, 'x', sizeof(value) - 1);
	ck_assert_int_eq(make(&s, &g, 1, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "unsure"));
}
END_TEST

START_TEST(hostile_bytes_in_an_entry_are_only_bytes)
{
	struct given g = { "sender", "*@example.org" };
	struct slice s = SL("a\0\033\xff@example.org");
	struct selector *sel;
	struct err err = { 0 };

	entries[0].sender = intern(scan.strings, s);
	entries[0].client = str("not an address");
	ck_assert_int_eq(make(&sel, &g, 1, &err), 0);
	ck_assert(select_match(sel, &scan, &entries[0]));
	select_free(sel);
	g = (struct given){ "client", "::/0" };
	ck_assert_int_eq(make(&sel, &g, 1, &err), 0);
	ck_assert(!select_match(sel, &scan, &entries[0]));
	select_free(sel);
	select_free(NULL);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("select");
	TCase *tc = tcase_create("select");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, options_choose_what_they_say, 0, N(choices));
	tcase_add_loop_test(tc, a_wrong_value_is_named, 0, N(wrong));
	tcase_add_test(tc, a_span_of_time_that_holds_nothing_is_refused);
	tcase_add_test(tc, a_long_wrong_value_does_not_hide_what_is_allowed);
	tcase_add_test(tc, hostile_bytes_in_an_entry_are_only_bytes);
	suite_add_tcase(s, tc);
	return s;
}
