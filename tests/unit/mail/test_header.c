#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/header.h"

#define S(lit)	{ "" lit, sizeof(lit) - 1 }	/* may hold NUL */
#define N(v)	(sizeof(v) / sizeof((v)[0]))

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(arena);
}

static const struct {
	struct slice	 in;
	int		 ret;
	struct slice	 name, body, left;
} fields[] = {
	{ S("To: a\nC: d"), 1, S("To"), S("a"), S("C: d") },
	{ S("To: a\r\nC: d"), 1, S("To"), S("a"), S("C: d") },
	{ S("To: a\n b\n\tc\nC: d"), 1, S("To"), S("a\n b\n\tc"), S("C: d") },
	{ S("To: a\r\n b\n c\r\nC: d"), 1, S("To"), S("a\r\n b\n c"),
	    S("C: d") },
	{ S("To:\n a\n"), 1, S("To"), S("a"), S("") },
	{ S("To: a\n \n b\nC: d"), 1, S("To"), S("a\n \n b"), S("C: d") },
	{ S("To:a"), 1, S("To"), S("a"), S("") },
	{ S("To:"), 1, S("To"), S(""), S("") },
	{ S("To: a\n "), 1, S("To"), S("a"), S("") },
	{ S("Subject : x\n"), 1, S("Subject"), S("x"), S("") },
	{ S("Subject\t : x\n"), 1, S("Subject"), S("x"), S("") },
	{ S("S: a\rb\n\n"), 1, S("S"), S("a\rb"), S("\n") },
	{ S("S: a\0b\nC: d"), 1, S("S"), S("a\0b"), S("C: d") },
	{ S("S: \xe9\xff\n"), 1, S("S"), S("\xe9\xff"), S("") },
	{ S("S: a: b:c\n"), 1, S("S"), S("a: b:c"), S("") },
	{ S("!#$%&'*+-^_`{|}~/: x\n"), 1, S("!#$%&'*+-^_`{|}~/"), S("x"),
	    S("") },
	{ S("no colon\nB: c"), -1, S(""), S("no colon"), S("B: c") },
	{ S("no colon\n: fold\nB: c"), -1, S(""), S("no colon"),
	    S(": fold\nB: c") },
	{ S("some text: more\nB: c"), -1, S(""), S("some text: more"),
	    S("B: c") },
	{ S("http://x\nB: c"), -1, S(""), S("http://x"), S("B: c") },
	{ S(": x\nB: c"), -1, S(""), S(": x"), S("B: c") },
	{ S("S\xe9t: x\nB: c"), -1, S(""), S("S\xe9t: x"), S("B: c") },
	{ S("S\0t: x\nB: c"), -1, S(""), S("S\0t: x"), S("B: c") },
	{ S("S\x7ft: x\nB: c"), -1, S(""), S("S\x7ft: x"), S("B: c") },
	{ S("S\n: x\nB: c"), -1, S(""), S("S"), S(": x\nB: c") },
	{ S(" folded: first\nB: c"), -1, S(""), S("folded: first"),
	    S("B: c") },
	{ S("\rB: c\n"), -1, S(""), S("B: c"), S("") },
	{ S("\r\nbody"), 0, S(""), S(""), S("\r\nbody") },
	{ S("\nbody"), 0, S(""), S(""), S("\nbody") },
	{ S("\r\r\nbody"), 0, S(""), S(""), S("\r\r\nbody") },
	{ S(" \t\nbody"), 0, S(""), S(""), S(" \t\nbody") },
	{ S(" "), 0, S(""), S(""), S(" ") },
	{ S(""), 0, S(""), S(""), S("") },
};

START_TEST(next_takes_one_field_or_says_why_not)
{
	struct slice rest = fields[_i].in;
	struct hdr h = { { NULL, 0 }, { NULL, 0 } };

	ck_assert_int_eq(hdr_next(&rest, &h), fields[_i].ret);
	ck_assert(sl_eq(rest, fields[_i].left));
	ck_assert(sl_eq(h.name, fields[_i].name));
	ck_assert(sl_eq(h.body, fields[_i].body));
}
END_TEST

START_TEST(next_ends_on_nothing_at_all)
{
	struct slice rest = { NULL, 0 };
	struct hdr h;

	ck_assert_int_eq(hdr_next(&rest, &h), 0);
}
END_TEST

static const struct {
	struct slice	in, out;
} folds[] = {
	{ S("a b"), S("a b") },
	{ S("a\n b"), S("a b") },
	{ S("a\r\n\tb\r\n  c"), S("a\tb  c") },
	{ S("a\r\r\n b"), S("a b") },
	{ S("a\rb\n c"), S("a\rb c") },
	{ S("a\0b\n \xff"), S("a\0b \xff") },
	{ S("\n\n"), S("") },
	{ S(""), S("") },
};

START_TEST(unfold_drops_the_line_ends_only)
{
	ck_assert(sl_eq(hdr_unfold(arena, folds[_i].in), folds[_i].out));
}
END_TEST

START_TEST(unfold_of_one_line_makes_no_copy)
{
	struct slice s = SL("one line");

	ck_assert_ptr_eq(hdr_unfold(arena, s).p, s.p);
}
END_TEST

static const struct {
	const char	*name;
	enum hdr_id	 id;
} ids[] = {
	{ "Auto-Submitted", H_AUTO_SUBMITTED }, { "Bcc", H_BCC },
	{ "Cc", H_CC }, { "Content-Class", H_CONTENT_CLASS },
	{ "Content-Disposition", H_CONTENT_DISPOSITION },
	{ "Content-ID", H_CONTENT_ID },
	{ "Content-Transfer-Encoding", H_CONTENT_TRANSFER_ENCODING },
	{ "Content-Type", H_CONTENT_TYPE }, { "Date", H_DATE },
	{ "Delivered-To", H_DELIVERED_TO },
	{ "Disposition-Notification-To", H_DISPOSITION_NOTIFICATION_TO },
	{ "Envelope-To", H_ENVELOPE_TO }, { "From", H_FROM },
	{ "In-Reply-To", H_IN_REPLY_TO }, { "List-ID", H_LIST_ID },
	{ "List-Post", H_LIST_POST },
	{ "List-Unsubscribe", H_LIST_UNSUBSCRIBE },
	{ "Message-ID", H_MESSAGE_ID }, { "MIME-Version", H_MIME_VERSION },
	{ "Precedence", H_PRECEDENCE }, { "Received", H_RECEIVED },
	{ "References", H_REFERENCES }, { "Reply-To", H_REPLY_TO },
	{ "Resent-From", H_RESENT_FROM },
	{ "Resent-Sender", H_RESENT_SENDER }, { "Resent-To", H_RESENT_TO },
	{ "Return-Path", H_RETURN_PATH }, { "Sender", H_SENDER },
	{ "Subject", H_SUBJECT }, { "To", H_TO },
	{ "X-Authenticated-Sender", H_X_AUTHENTICATED_SENDER },
	{ "X-Autoreply", H_X_AUTOREPLY },
	{ "X-Autorespond", H_X_AUTORESPOND },
	{ "X-Auto-Response-Suppress", H_X_AUTO_RESPONSE_SUPPRESS },
	{ "X-DSNContext", H_X_DSNCONTEXT },
	{ "X-Envelope-From", H_X_ENVELOPE_FROM },
	{ "X-Envelope-To", H_X_ENVELOPE_TO },
	{ "X-Failed-Recipients", H_X_FAILED_RECIPIENTS },
	{ "X-Forwarded-To", H_X_FORWARDED_TO }, { "X-Loop", H_X_LOOP },
	{ "X-Mailer", H_X_MAILER },
	{ "X-PHP-Originating-Script", H_X_PHP_ORIGINATING_SCRIPT },
	{ "X-PHP-Script", H_X_PHP_SCRIPT },
	{ "X-MS-Embedded-Report", H_X_MS_EMBEDDED_REPORT },
	{ "X-MS-Exchange-Message-Is-Ndr", H_X_MS_EXCHANGE_MESSAGE_IS_NDR },
	{ "X-Original-To", H_X_ORIGINAL_TO },
	{ "X-Originating-IP", H_X_ORIGINATING_IP },
	{ "X-Receiver", H_X_RECEIVER }, { "X-Sender", H_X_SENDER },
	{ "Authentication-Results", H_AUTHENTICATION_RESULTS },
	{ "X-Forefront-Antispam-Report", H_X_FOREFRONT_ANTISPAM_REPORT },
	{ "X-MS-Exchange-Organization-SCL",
	    H_X_MS_EXCHANGE_ORGANIZATION_SCL },
	{ "X-Rspamd-Action", H_X_RSPAMD_ACTION },
	{ "X-Rspamd-Server", H_X_RSPAMD_SERVER },
	{ "X-Spam-Checker-Version", H_X_SPAM_CHECKER_VERSION },
	{ "X-Spam-Flag", H_X_SPAM_FLAG },
	{ "X-Spam-Status", H_X_SPAM_STATUS },
	{ "X-Spamd-Result", H_X_SPAMD_RESULT },
};

START_TEST(every_number_has_its_name_in_any_case)
{
	struct slice name = sl(ids[_i].name);
	char other[64];
	size_t i;

	ck_assert_int_eq(hdr_id(name), ids[_i].id);
	for (i = 0; i < name.n; i++)
		other[i] = ascii_alpha(name.p[i]) ? name.p[i] ^ 0x20 :
		    name.p[i];
	ck_assert_int_eq(hdr_id((struct slice){ other, name.n }), ids[_i].id);
	other[name.n / 2] = '_';
	ck_assert_int_eq(hdr_id((struct slice){ other, name.n }), H_OTHER);
	ck_assert_int_eq(hdr_id(sl_first(name, name.n - 1)), H_OTHER);
}
END_TEST

START_TEST(no_number_is_without_a_name)
{
	bool seen[H_COUNT] = { [H_OTHER] = true };
	size_t i;

	for (i = 0; i < N(ids); i++)
		seen[ids[i].id] = true;
	for (i = 0; i < H_COUNT; i++)
		ck_assert_msg(seen[i], "number %zu", i);
}
END_TEST

START_TEST(other_names_have_no_number)
{
	ck_assert_int_eq(hdr_id(SL("")), H_OTHER);
	ck_assert_int_eq(hdr_id((struct slice){ NULL, 0 }), H_OTHER);
	ck_assert_int_eq(hdr_id(SL("X-Spam")), H_OTHER);
	ck_assert_int_eq(hdr_id(SL("reply\rto")), H_OTHER);
	ck_assert_int_eq(hdr_id(SL("T\0")), H_OTHER);
	ck_assert_int_eq(hdr_id(SL("X-MS-Exchange-Organization-SCL-x")),
	    H_OTHER);
}
END_TEST

static const struct {
	struct slice	in;
	size_t		n, junk;
	bool		no_blank, bits8, nul;
	struct slice	subject, body;
} heads[] = {
	{ S("A: b\nSubject: s\n\nbody\n"), 2, 0, 0, 0, 0,
	    S("s"), S("body\n") },
	{ S("A: b\r\nSubject: s\r\n\r\nbody"), 2, 0, 0, 0, 0,
	    S("s"), S("body") },
	{ S("Subject: s\r\nA: b\n\r\n\r\nbody"), 2, 0, 0, 0, 0,
	    S("s"), S("\r\nbody") },
	{ S("Subject: s\nA: b"), 2, 0, 0, 0, 0, S("s"), S("") },
	{ S("Subject: s\n\n"), 1, 0, 0, 0, 0, S("s"), S("") },
	{ S("Subject: s\n \t\n t\n\nb"), 1, 0, 0, 0, 0, S("s\n \t\n t"),
	    S("b") },
	{ S(""), 0, 0, 0, 0, 0, S(""), S("") },
	{ S("\n"), 0, 0, 0, 0, 0, S(""), S("") },
	{ S("\nSubject: body"), 0, 0, 0, 0, 0, S(""), S("Subject: body") },
	/* mbox */
	{ S("From a@b Mon Jan  1 00:00:00 2001\nSubject: s\n\nb"), 1, 0,
	    0, 0, 0, S("s"), S("b") },
	{ S(">From a Mon Jan  1 00:00:00 2001\r\nSubject: s\r\n\r\nb"), 1, 0,
	    0, 0, 0, S("s"), S("b") },
	{ S("From a 00:00\n>From b 00:00\nSubject: s\n\nb"), 1, 0, 0, 0, 0,
	    S("s"), S("b") },
	{ S("From : a@example.org\nSubject: s\n\nb"), 2, 0, 0, 0, 0,
	    S("s"), S("b") },
	{ S("From a"), 0, 0, 0, 0, 0, S(""), S("") },
	/* lines that are no field */
	{ S("A: b\njunk\nSubject: s\n\nb"), 2, 1, 0, 0, 0, S("s"), S("b") },
	{ S("junk\njunk\nSubject: s\n\nb"), 1, 2, 0, 0, 0, S("s"), S("b") },
	{ S(" fold\nSubject: s\n\nb"), 1, 1, 0, 0, 0, S("s"), S("b") },
	{ S("Subject: s\ntorn\n\nb"), 1, 1, 0, 0, 0, S("s"), S("b") },
	/* no blank line */
	{ S("Subject: s\nHello,\nhow are you\n\nb"), 1, 0, 1, 0, 0,
	    S("s"), S("Hello,\nhow are you\n\nb") },
	{ S("Subject: s\nHello"), 1, 0, 1, 0, 0, S("s"), S("Hello") },
	{ S("Hello,\nhow are you\n\nb"), 0, 0, 1, 0, 0,
	    S(""), S("Hello,\nhow are you\n\nb") },
	{ S("From a\nHello"), 0, 0, 1, 0, 0, S(""), S("Hello") },
	/* bytes: those of the body do not count */
	{ S("Subject: \xe9\n\nb"), 1, 0, 0, 1, 0, S("\xe9"), S("b") },
	{ S("Subject: s\0t\n\nb"), 1, 0, 0, 0, 1, S("s\0t"), S("b") },
	{ S("Subject: s\n\nb\0\xff"), 1, 0, 0, 0, 0, S("s"), S("b\0\xff") },
	{ S("Subject: s\n\xff\n\0\nb"), 1, 0, 1, 0, 0, S("s"),
	    S("\xff\n\0\nb") },
	{ S("\xff\0"), 0, 0, 1, 0, 0, S(""), S("\xff\0") },
};

START_TEST(parse_finds_fields_and_body)
{
	struct head h;
	struct slice body;

	head_parse(&h, arena, heads[_i].in, &body);
	ck_assert_uint_eq(h.n, heads[_i].n);
	ck_assert_uint_eq(h.junk, heads[_i].junk);
	ck_assert_int_eq(h.no_blank, heads[_i].no_blank);
	ck_assert_int_eq(h.bits8, heads[_i].bits8);
	ck_assert_int_eq(h.nul, heads[_i].nul);
	ck_assert(!h.cut);
	ck_assert(sl_eq(head_get(&h, H_SUBJECT), heads[_i].subject));
	ck_assert(sl_eq(body, heads[_i].body));
}
END_TEST

START_TEST(fields_are_found_by_number_and_by_name)
{
	struct head h;
	struct slice body;

	head_parse(&h, arena, SL("Received: 1\nX-Foo: 2\nTo: 3\n"
	    "RECEIVED: 4\nx-foo: 5\nreceived : 6\n\n"), &body);
	ck_assert_int_eq(h.first[H_RECEIVED], 0);
	ck_assert_int_eq(h.first[H_TO], 2);
	ck_assert_int_eq(h.first[H_CC], -1);
	ck_assert_int_eq(h.id[1], H_OTHER);
	ck_assert(sl_eq(head_get(&h, H_RECEIVED), SL("1")));
	ck_assert(head_get(&h, H_CC).p == NULL);
	ck_assert(sl_eq(head_named(&h, "X-FOO"), SL("2")));
	ck_assert(head_named(&h, "X-Bar").p == NULL);
	ck_assert_int_eq(head_next(&h, H_RECEIVED, 0), 0);
	ck_assert_int_eq(head_next(&h, H_RECEIVED, 1), 3);
	ck_assert_int_eq(head_next(&h, H_RECEIVED, 4), 5);
	ck_assert_int_eq(head_next(&h, H_RECEIVED, 6), -1);
	ck_assert_int_eq(head_next(&h, H_RECEIVED, 99), -1);
	ck_assert_int_eq(head_next(&h, H_CC, 0), -1);
}
END_TEST

START_TEST(an_empty_head_has_nothing)
{
	struct head h;
	struct slice body;

	head_parse(&h, arena, (struct slice){ NULL, 0 }, &body);
	ck_assert_uint_eq(h.n + body.n, 0);
	ck_assert_int_eq(head_next(&h, H_TO, 0), -1);
	ck_assert(head_get(&h, H_TO).p == NULL);
	ck_assert(head_named(&h, "To").p == NULL);
}
END_TEST

static struct slice
repeat(const char *s, size_t times, const char *tail)
{
	size_t n = strlen(s), i;
	char *p = arena_alloc(arena, n * times + strlen(tail));

	for (i = 0; i < times; i++)
		memcpy(p + i * n, s, n);
	memcpy(p + i * n, tail, strlen(tail));
	return (struct slice){ p, n * times + strlen(tail) };
}

START_TEST(a_million_fields_are_walked_and_few_kept)
{
	struct slice msg = repeat("A: b\n", 1000000, "\nbody"), body;
	struct head h;

	head_parse(&h, arena, msg, &body);
	ck_assert_uint_eq(h.n, HEAD_FIELDS_MAX);
	ck_assert(h.cut);
	ck_assert(sl_eq(body, SL("body")));
}
END_TEST

START_TEST(a_million_lines_of_junk_are_walked)
{
	struct slice msg = repeat("j\nA: b\n", 1000000, "\nbody"), body;
	struct head h;

	head_parse(&h, arena, msg, &body);
	ck_assert_uint_eq(h.junk, 1000000);
	ck_assert(sl_eq(body, SL("body")));
}
END_TEST

START_TEST(the_field_that_fills_the_limit_is_kept)
{
	struct slice msg, body;
	struct head h;

	msg = repeat("x", HEAD_MAX - 1, "");
	memcpy((char *)msg.p, "A:", 2);		/* name and body: one less */
	head_parse(&h, arena, msg, &body);
	ck_assert_uint_eq(h.n, 1);
	ck_assert(!h.cut);

	msg = repeat("x", HEAD_MAX + 2, "\nTo: a\n\nbody");
	memcpy((char *)msg.p, "A:", 2);
	head_parse(&h, arena, msg, &body);
	ck_assert_uint_eq(h.n, 1);
	ck_assert(h.cut);
	ck_assert(sl_eq(head_get(&h, H_TO), SL("a")));
	ck_assert(sl_eq(body, SL("body")));
}
END_TEST

START_TEST(one_field_of_many_folds_is_one_field)
{
	struct slice msg = repeat(" x\r\n", 10000, "\r\nbody"), body;
	struct head h;

	memcpy((char *)msg.p, "A:", 2);
	head_parse(&h, arena, msg, &body);
	ck_assert_uint_eq(h.n, 1);
	ck_assert(sl_eq(body, SL("body")));
	ck_assert(memchr(hdr_unfold(arena, h.v[0].body).p, '\n',
	    hdr_unfold(arena, h.v[0].body).n) == NULL);
}
END_TEST

START_TEST(every_8bit_byte_is_seen_wherever_it_stands)
{
	char text[32] = "A: bbbbbbbbbbbbbbbbbbbbbbbbbbb";
	struct slice body;
	struct head h;
	size_t i;

	for (i = 3; i < 30; i++) {
		text[i] = (char)0x80;
		head_parse(&h, arena, (struct slice){ text, 30 }, &body);
		ck_assert_msg(h.bits8, "byte %zu", i);
		text[i] = 'b';
	}
	head_parse(&h, arena, (struct slice){ text, 30 }, &body);
	ck_assert(!h.bits8);
}
END_TEST

/* Each prefix in memory of its own, so that a read too far shows. */
START_TEST(a_message_cut_anywhere_is_read_within_its_bytes)
{
	static const char text[] =
	    "From a\r\nA : b\r\n c\r\njunk\nSubject: \xe9\0\n\tx\r\n\r\nbody";
	struct slice body;
	struct head h;
	char *copy;
	size_t n;

	for (n = 0; n < sizeof(text); n++) {
		copy = malloc(n == 0 ? 1 : n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, n);
		head_parse(&h, arena, (struct slice){ copy, n }, &body);
		ck_assert_uint_le(h.n, 3);
		ck_assert(body.n == 0 || body.p + body.n == copy + n);
		free(copy);
	}
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("mail/header");
	TCase *t = tcase_create("header");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, next_takes_one_field_or_says_why_not, 0,
	    N(fields));
	tcase_add_test(t, next_ends_on_nothing_at_all);
	tcase_add_loop_test(t, unfold_drops_the_line_ends_only, 0, N(folds));
	tcase_add_test(t, unfold_of_one_line_makes_no_copy);
	tcase_add_loop_test(t, every_number_has_its_name_in_any_case, 0,
	    N(ids));
	tcase_add_test(t, no_number_is_without_a_name);
	tcase_add_test(t, other_names_have_no_number);
	tcase_add_loop_test(t, parse_finds_fields_and_body, 0, N(heads));
	tcase_add_test(t, fields_are_found_by_number_and_by_name);
	tcase_add_test(t, an_empty_head_has_nothing);
	tcase_add_test(t, a_million_fields_are_walked_and_few_kept);
	tcase_add_test(t, a_million_lines_of_junk_are_walked);
	tcase_add_test(t, the_field_that_fills_the_limit_is_kept);
	tcase_add_test(t, one_field_of_many_folds_is_one_field);
	tcase_add_test(t, every_8bit_byte_is_seen_wherever_it_stands);
	tcase_add_test(t, a_message_cut_anywhere_is_read_within_its_bytes);
	suite_add_tcase(s, t);
	return s;
}
