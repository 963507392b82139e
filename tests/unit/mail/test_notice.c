#include <check.h>
#include <stdlib.h>

#include "mail/notice.h"

Suite	*suite(void);

static struct arena *a;
static struct notice n;

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

static const struct {
	const char	*line, *addr;
} lines[] = {
	{ "<x@example.net>:", "x@example.net" },
	{ "<x@example.net>: host mx said: no", "x@example.net" },
	{ "  x@example.net", "x@example.net" },
	{ "  * x@example.net", "x@example.net" },
	{ ">>> x@example.net <x@example.net>", "x@example.net" },
	{ "\"x@example.net\":", "x@example.net" },
	{ "x@example.net on Mon, 5 Jan 2004 10:00:00 +0900", "x@example.net" },
	{ "x@example.net ... unknown host", "x@example.net" },
	{ "550 <x@example.net>... User unknown", "x@example.net" },
	{ "Unknown user: x@example.net", "x@example.net" },
	{ "Could not be delivered to: <x@example.net>", "x@example.net" },
	{ "c=US;p=Org;dda:SMTP=x@example.net; on Mon, 5 Jan 2004",
	    "x@example.net" },
	{ "x@example.net wrote to you", NULL },
	{ "for help ask help@example.org", NULL },
	{ "@example.net:", NULL },
	{ "x@:", NULL },
	{ "", NULL },
};

START_TEST(failed_address_of_a_line)
{
	struct slice v[4];
	size_t found;

	notice_read(&n, a, sl(lines[_i].line));
	found = notice_failed(&n, v, 4);
	ck_assert_msg(found == (lines[_i].addr != NULL), "%s: %zu",
	    lines[_i].line, found);
	if (found > 0)
		ck_assert_msg(sl_eq(v[0], sl(lines[_i].addr)), "%s: %.*s",
		    lines[_i].line, (int)v[0].n, v[0].p);
}
END_TEST

START_TEST(each_address_is_named_once_and_at_most_max)
{
	struct slice v[2];

	notice_read(&n, a, SL("<a@b.example>:\n<A@B.example>:\n<c@d.example>:"
	    "\n<e@f.example>:\n"));
	ck_assert_uint_eq(notice_failed(&n, v, 2), 2);
	ck_assert(sl_eq(v[1], SL("c@d.example")));
	ck_assert_uint_eq(notice_failed(&n, v, 0), 0);
}
END_TEST

START_TEST(address_near_a_word_for_failure)
{
	struct slice v[4];

	notice_read(&n, a, SL("Mail from y@example.org\n"
	    "The mailbox is full: ask x@example.net to tidy up\n"));
	ck_assert_uint_eq(notice_near(&n, v, 4), 1);
	ck_assert(sl_eq(v[0], SL("x@example.net")));
}
END_TEST

static const struct {
	const char	*text, *status, *diagnostic;
} codes[] = {
	{ "mx said: 550 5.1.1 no", "5.1.1", "mx said: 550 5.1.1 no" },
	{ "<mx.example.org #5.1.1>", "5.1.1", "<mx.example.org #5.1.1>" },
	{ "a\n<<< 552 too big\nb", "", "<<< 552 too big" },
	{ "5.1.1.1 is no status", "", "" },
	{ "version 15.1.2", "", "" },
	{ "192.0.2.5", "", "" },
	{ "call: 555 1234567", "", "" },
	{ "5.7.12345", "", "" },
};

START_TEST(status_and_reply)
{
	notice_read(&n, a, sl(codes[_i].text));
	ck_assert_msg(sl_eq(n.status, sl(codes[_i].status)), "%s: %.*s",
	    codes[_i].text, (int)n.status.n, n.status.p);
	ck_assert_msg(sl_eq(n.diagnostic, sl(codes[_i].diagnostic)),
	    "%s: %.*s", codes[_i].text, (int)n.diagnostic.n, n.diagnostic.p);
}
END_TEST

START_TEST(original_begins_at_its_first_field)
{
	notice_read(&n, a, SL("Sorry.\n\n--- Original message follows ---\n\n"
	    "Received: x\nSubject: y\n\nbody\n"));
	ck_assert(sl_eq(n.text, SL("Sorry.\n\n")));
	ck_assert(sl_starts(n.original, SL("Received: x\n")));
	ck_assert(n.body && n.separator);

	notice_read(&n, a,
	    SL("Sorry.\n\nReceived: x\n by z\nFrom: a\nTo: b\n"));
	ck_assert(sl_starts(n.original, SL("Received: x\n")));
	ck_assert(!n.body && !n.separator);
}
END_TEST

START_TEST(fields_quoted_in_the_text_are_no_original)
{
	notice_read(&n, a, SL("Your message\n\n  To:\tx@example.net\n"
	    "  Subject: y\n\ndid not reach anybody\n"));
	ck_assert_uint_eq(n.original.n, 0);
	ck_assert(sl_eq(n.quoted, SL("To:\tx@example.net\nSubject: y\n")));
	ck_assert(sl_ifind(n.text, SL("anybody")) != NULL);
}
END_TEST

START_TEST(server_names_itself)
{
	notice_read(&n, a, SL("This is the mail system at host "
	    "mx.example.org.\n"));
	ck_assert_str_eq(n.by, "postfix");
	ck_assert(sl_eq(n.mta, SL("mx.example.org")));
	ck_assert_uint_eq(n.failures, 0);
	notice_read(&n, a, SL("will be retried for 2 days"));
	ck_assert(n.delay);
}
END_TEST

#define EXIM	"This message was created automatically by mail delivery " \
		"software.\n\nThe following address(es) failed:\n\n"

static const struct {
	const char	*text, *why;
} reasons[] = {
	{ EXIM "  a@b.example\n    (generated from c@b.example)\n"
	    "    lines too long for transport\n    more\n",
	    "lines too long for transport" },
	{ EXIM "  a@b.example\n    (generated from c@b.example)\n", "" },
	{ EXIM "    indented, below nothing\n", "" },
	{ EXIM, "" },
	{ "The following address(es) failed:\n\n  a@b.example\n    no\n",
	    "" },
	{ "", "" },
};

START_TEST(exim_says_why_below_the_address)
{
	notice_read(&n, a, sl(reasons[_i].text));
	ck_assert(sl_eq(notice_reason(&n), sl(reasons[_i].why)));
}
END_TEST

static const struct {
	const char	*html, *text;
} pages[] = {
	{ "<p>a<br>b</p>", "\na\nb\n" },
	{ "a\nb &lt;x@example.net&gt;&nbsp;c", "a b <x@example.net> c" },
	{ "<pre>a\nb</pre>", "\na\nb\n" },
	{ "<style>p { }</style>a", "a" },
	{ "<!-- <p> -->a", "a" },
	{ "1 < 2 & 3 &unknown;", "1 < 2 & 3 &unknown;" },
	{ "a<b", "a" },
	{ "a<!--", "a" },
	{ "a<", "a<" },
	{ "", "" },
};

START_TEST(html_becomes_text)
{
	struct buf b = { 0 };

	notice_html(sl(pages[_i].html), &b);
	ck_assert_msg(sl_eq(buf_sl(&b), sl(pages[_i].text)), "%s: %.*s",
	    pages[_i].html, (int)b.n, b.p == NULL ? "" : b.p);
	buf_free(&b);
}
END_TEST

#define N(v)	((int)(sizeof(v) / sizeof((v)[0])))

Suite *
suite(void)
{
	Suite *s = suite_create("mail/notice");
	TCase *t = tcase_create("notice");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, failed_address_of_a_line, 0, N(lines));
	tcase_add_test(t, each_address_is_named_once_and_at_most_max);
	tcase_add_test(t, address_near_a_word_for_failure);
	tcase_add_loop_test(t, status_and_reply, 0, N(codes));
	tcase_add_test(t, original_begins_at_its_first_field);
	tcase_add_test(t, fields_quoted_in_the_text_are_no_original);
	tcase_add_test(t, server_names_itself);
	tcase_add_loop_test(t, exim_says_why_below_the_address, 0, N(reasons));
	tcase_add_loop_test(t, html_becomes_text, 0, N(pages));
	suite_add_tcase(s, t);
	return s;
}
