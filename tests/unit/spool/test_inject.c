#include <check.h>
#include <stdio.h>

#include "mail/addr.h"
#include "spool/inject.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

Suite	*suite(void);

static struct arena *a;

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

/* rcpts joined by blanks; sender "<>" is null. */
static int
render(const char *profile, const char *sender, const char *rcpts,
    struct slice text, struct buf *out, struct err *err)
{
	struct spool_rcpt v[300];
	struct inject_mail mail = { .rcpts = v, .text = text };
	const struct inject *in = inject_find(sl(profile));
	struct slice rest = sl(rcpts), word;

	ck_assert_ptr_nonnull(in);
	mail.dots = in->dots;
	mail.null_sender = strcmp(sender, "<>") == 0;
	if (!mail.null_sender)
		mail.sender = sl(sender);
	while (sl_cut(&rest, ' ', &word))
		v[mail.nrcpts++] = (struct spool_rcpt){ .addr.spec = word };
	return inject_render(in, &mail, a, out, err);
}

/* The tables of windows-spools 1.4, 2.3, 3.2, 3.3 and 7, line by line. */
static const struct {
	const char	*profile, *sender, *rcpts, *text, *out;
} renders[] = {
	{ "ims55", "a@example.org", "b@example.net c@example.com",
	    "To: b@example.net\nSubject: x\n\nline\n.\n.two\n..\n",
	    "X-Sender: a@example.org\r\nX-Receiver: b@example.net\r\n"
	    "X-Receiver: c@example.com\r\nTo: b@example.net\r\n"
	    "Subject: x\r\n\r\nline\r\n..\r\n.two\r\n..\r\n" },
	{ "iis", "a@example.org", "b@example.net",
	    "Subject: x\r\n\r\n.\r\n.two\r\nx.\r\n",
	    "X-Sender: a@example.org\r\nX-Receiver: b@example.net\r\n"
	    "Subject: x\r\n\r\n..\r\n..two\r\nx.\r\n" },
	{ "ex2007-replay", "a@example.org", "b@example.net",
	    "Subject: x\n\n.\n",
	    "X-Sender: <a@example.org>\r\nX-Receiver: <b@example.net>\r\n"
	    "Subject: x\r\n\r\n.\r\n" },
	{ "ex2007-replay", "<>", "b@example.net", "Subject: x\n\ny",
	    "X-Sender: <>\r\nX-Receiver: <b@example.net>\r\n"
	    "Subject: x\r\n\r\ny\r\n" },
	{ "ims55", "<>", "b@example.net", "Subject: x\n\ny",
	    "X-Sender: <>\r\nX-Receiver: b@example.net\r\n"
	    "Subject: x\r\n\r\ny\r\n" },
	{ "ex2007-pickup", "a@example.org", "b@example.net c@example.com",
	    "From: A <a@example.org>\nTo: B <B@example.net>\n"
	    "Cc: c@example.com\n\n.x\n",
	    "From: A <a@example.org>\r\nTo: B <B@example.net>\r\n"
	    "Cc: c@example.com\r\n\r\n.x\r\n" },
	{ "ex2007-pickup", "s@example.org", "b@example.net",
	    "From: a@example.org, s@example.org\nSender: s@example.org\n"
	    "To: b@example.net\n\nx\n",
	    "From: a@example.org, s@example.org\r\nSender: s@example.org\r\n"
	    "To: b@example.net\r\n\r\nx\r\n" },
	{ "iis", "\"a,\\\";a\"@example.org", "\"b(b)\"@example.net",
	    "Subject: x\n\ny\n",
	    "X-Sender: \"a,\\\";a\"@example.org\r\n"
	    "X-Receiver: \"b(b)\"@example.net\r\nSubject: x\r\n\r\ny\r\n" },
	{ "maildir", "a@example.org", "b@example.net", "Subject: x\r\n\r\n.y",
	    "Return-Path: <a@example.org>\nDelivered-To: b@example.net\n"
	    "Subject: x\n\n.y\n" },
	{ "eml", "a@example.org", "b@example.net", "Subject: x\n\ny\n",
	    "X-Sender: <a@example.org>\r\nX-Receiver: <b@example.net>\r\n"
	    "Subject: x\r\n\r\ny\r\n" },
	{ "maildrop-command", "a@example.org", "b@example.net",
	    "Subject: x\r\n\r\ny\r\n", "Subject: x\n\ny\n" },
	/* what would set an envelope, or tell a secret, is left out */
	{ "maildrop-command", "a@example.org", "b@example.net",
	    "X-Receiver: evil@example.com\nBCC: secret@example.com,\n"
	    "\tmore@example.com\nSubject: x\nx-sender : evil@example.com\n"
	    "Return-Path: <evil@example.com>\nX-CreatedBy: MSExchange15\n"
	    "X-ExtendedProps: AA==\nX-ExtendedMessageProps: AA==\n"
	    "X-HeloDomain: x\nX-Source: y\nX-SourceIPAddress: 192.0.2.1\n"
	    "X-EndOfInjectedXHeaders: 12\nResent-Bcc: secret@example.com\n"
	    "X-Mailer: stays\n\nX-Receiver: text@example.com\n",
	    "Subject: x\nX-Mailer: stays\n\nX-Receiver: text@example.com\n" },
	{ "maildrop-command", "a@example.org", "b@example.net",
	    "From root Mon Jan  5 00:00:00 2004\nSubject: x\n\ny\n",
	    "Subject: x\n\ny\n" },
	/* a header without a blank line gets one; what looks like a line of
	   its own to a careless reader is none any more */
	{ "maildrop-command", "a@example.org", "b@example.net",
	    "Subject: x\nTo: y\nno field\nnor this\nX-Receiver: z@z.z\n",
	    "Subject: x\nTo: y\n\nno field\nnor this\nX-Receiver: z@z.z\n" },
	{ "maildrop-command", "a@example.org", "b@example.net",
	    "Subject: x\rX-Receiver: evil@example.com\n\na\rb\r\r\n.\r.\n",
	    "Subject: x X-Receiver: evil@example.com\n\na b \n. .\n" },
};

START_TEST(each_profile_renders_by_its_table)
{
	struct err err = { ERR_NONE, 0, "" };
	struct buf out = { 0 };

	ck_assert_msg(render(renders[_i].profile, renders[_i].sender,
	    renders[_i].rcpts, sl(renders[_i].text), &out, &err) == 0,
	    "%s", err.msg);
	ck_assert_msg(sl_eq(buf_sl(&out), sl(renders[_i].out)),
	    "%s: " SL_FMT, renders[_i].profile, SL_ARG(buf_sl(&out)));
	buf_free(&out);
}
END_TEST

static const struct {
	const char	*profile, *sender, *rcpts, *text, *why;
} refusals[] = {
	{ "ims55", "a@example.org\rX-Receiver: x@y", "b@example.net", "",
	    "control byte" },
	{ "ims55", "a@example.org", "b@example.net\nRCPT", "",
	    "a recipient has a control byte" },
	{ "iis", "a@exa>mple.org", "b@example.net", "", "angle bracket" },
	{ "iis", "a@example.org", "<b@example.net", "", "angle bracket" },
	{ "ex2007-replay", "a@example.org", "j\303\266rg@example.net", "",
	    "not plain ASCII" },
	{ "iis", "a@example.org", "b@example.net,c@example.com", "",
	    "several addresses" },
	{ "maildrop-command", "a@example.org;b@example.org", "b@example.net",
	    "", "several addresses" },
	{ "ex2007-replay", "a@example.org", "\"b@example.net", "",
	    "several addresses" },
	{ "ims55", "", "b@example.net", "", "the sender is empty" },
	{ "ims55", "a@example.org", "", "", "no recipient" },
	{ "ex2007-pickup", "<>", "b@example.net", "To: b@example.net\n",
	    "sender is null" },
	{ "ex2007-pickup", "a@example.org", "b@example.net",
	    "From: c@example.org\nTo: b@example.net\n", "sender is not" },
	{ "ex2007-pickup", "s@example.org", "b@example.net",
	    "From: a@example.org\nSender: s@example.org\n"
	    "To: b@example.net\n", "sender is not" },
	{ "ex2007-pickup", "a@example.org", "b@example.net",
	    "From: a@example.org\nTo: list@example.net\n", "recipients are" },
	{ "ex2007-pickup", "a@example.org", "b@example.net",
	    "From: a@example.org\nTo: b@example.net, list@example.net\n",
	    "recipients are" },
	{ "ex2007-pickup", "a@example.org", "b@example.net hid@example.net",
	    "From: a@example.org\nTo: b@example.net\nBcc: hid@example.net\n",
	    "recipients are" },
};

START_TEST(what_cannot_go_this_way_is_refused_and_why)
{
	struct err err = { ERR_NONE, 0, "" };
	struct buf out = { 0 };

	ck_assert_int_eq(render(refusals[_i].profile, refusals[_i].sender,
	    refusals[_i].rcpts, sl(refusals[_i].text), &out, &err), -1);
	ck_assert_msg(strstr(err.msg, refusals[_i].why) != NULL, "%s",
	    err.msg);
	ck_assert_uint_eq(out.n, 0);
	buf_free(&out);
}
END_TEST

START_TEST(a_nul_in_an_address_is_refused)
{
	const struct inject *in = inject_find(SL("ims55"));

	ck_assert_ptr_nonnull(inject_bad_address(in, SL("a\0b@example.org")));
	ck_assert_ptr_null(inject_bad_address(in, SL("a@example.org")));
}
END_TEST

START_TEST(pickup_takes_100_recipients_and_64_kib_of_header)
{
	struct err err = { ERR_NONE, 0, "" };
	struct buf to = { 0 }, rcpts = { 0 }, out = { 0 };
	size_t i;

	buf_add(&to, SL("From: a@example.org\nTo: "));
	for (i = 0; i < 100; i++) {
		buf_fmt(&to, "%sr%zu@example.net", i ? ",\n " : "", i);
		buf_fmt(&rcpts, "%sr%zu@example.net", i ? " " : "", i);
	}
	buf_addc(&rcpts, '\0');
	buf_add(&to, SL("\n\nx\n"));
	ck_assert_int_eq(render("ex2007-pickup", "a@example.org", rcpts.p,
	    buf_sl(&to), &out, &err), 0);
	rcpts.n--;
	buf_add(&rcpts, SL(" r100@example.net"));
	buf_addc(&rcpts, '\0');
	out.n = 0;
	ck_assert_int_eq(render("ex2007-pickup", "a@example.org", rcpts.p,
	    buf_sl(&to), &out, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "100 recipients"));
	ck_assert_int_eq(render("ex2007-replay", "a@example.org", rcpts.p,
	    buf_sl(&to), &out, &err), 0);
	/* exactly as much as it takes, with CRLF and the empty line */
	for (i = 0; i < 2; i++) {
		to.n = out.n = 0;
		buf_add(&to, SL("From: a@example.org\nTo: r@example.net\n"
		    "X-Long: "));
		memset(buf_room(&to, 65536), 'x', 65536);
		to.n = 65536 - 6 + i;
		buf_add(&to, SL("\n\nx\n"));
		ck_assert_int_eq(render("ex2007-pickup", "a@example.org",
		    "r@example.net", buf_sl(&to), &out, &err), i ? -1 : 0);
		ck_assert_uint_eq(out.n, i ? 65537 : 65539);
	}
	ck_assert_ptr_nonnull(strstr(err.msg, "longer than the 65536 bytes"));
	buf_free(&to);
	buf_free(&rcpts);
	buf_free(&out);
}
END_TEST

START_TEST(parameters_go_with_an_address_only_where_they_are_known)
{
	struct spool_rcpt v = { .addr.spec = SL("b@example.net"),
	    .notify = SL("NEVER"), .orcpt = SL("rfc822;b@example.net") };
	struct spool_rcpt bad = { .addr.spec = SL("c@example.net"),
	    .notify = SL("NEVER\r\nX-Receiver: evil@example.com") };
	struct spool_rcpt two[2] = { v, bad };
	struct inject_mail mail = { .sender = SL("a@example.org"),
	    .ret = SL("HDRS"), .envid = SL("q1"), .rcpts = two, .nrcpts = 2,
	    .text = SL("Subject: x\n\ny\n") };
	struct err err;
	struct buf out = { 0 };

	ck_assert_int_eq(inject_render(inject_find(SL("ex2007-replay")),
	    &mail, a, &out, &err), 0);
	ck_assert_msg(sl_starts(buf_sl(&out),
	    SL("X-Sender: <a@example.org> RET=HDRS ENVID=q1\r\n"
	    "X-Receiver: <b@example.net> NOTIFY=NEVER "
	    "ORCPT=rfc822;b@example.net\r\n"
	    "X-Receiver: <c@example.net>\r\nSubject")),
	    SL_FMT, SL_ARG(buf_sl(&out)));
	out.n = 0;
	ck_assert_int_eq(inject_render(inject_find(SL("iis")), &mail, a, &out,
	    &err), 0);
	ck_assert(sl_starts(buf_sl(&out), SL("X-Sender: a@example.org\r\n"
	    "X-Receiver: b@example.net\r\nX-Receiver: c@example.net\r\n")));
	buf_free(&out);
}
END_TEST

/* The lines of text, that comes in three pieces. */
static void
lines(const struct inject_lines *how, struct slice text, size_t i, size_t k,
    struct buf *out)
{
	struct inject_lines l = *how;

	out->n = 0;
	inject_lines(&l, sl_first(text, i), out);
	inject_lines(&l, sl_from(sl_first(text, k), i), out);
	inject_lines(&l, sl_from(text, k), out);
	inject_end(&l, out);
}

/* Any cut of the bytes gives the same lines. */
START_TEST(lines_do_not_depend_on_where_pieces_end)
{
	static const char *const names[] = { "ims55", "iis", "maildir" };
	const struct slice text = SL(".\r\n..\r.x\n\r\n.\r\r\n\n.x\r\n"
	    "...\r\n..\n.");
	struct inject_lines l = { .in = inject_find(sl(names[_i % 3])),
	    .undo = (enum inject_dots)(_i / 3) };
	struct buf whole = { 0 }, cut = { 0 };
	size_t i, k;

	l.dots = l.in->dots;
	lines(&l, text, 0, 0, &whole);
	for (i = 0; i <= text.n; i++)
		for (k = i; k <= text.n; k++) {
			lines(&l, text, i, k, &cut);
			ck_assert(sl_eq(buf_sl(&whole), buf_sl(&cut)));
		}
	buf_free(&whole);
	buf_free(&cut);
}
END_TEST

static const struct {
	enum inject_dots undo, dots;
	const char	*in, *out;
} undone[] = {
	{ DOTS_ALL, DOTS_NONE, "..\n..x\n...\nx.\n", ".\n.x\n..\nx.\n" },
	{ DOTS_ALL, DOTS_ALL, "..\n..x\n...\nx.\n", "..\n..x\n...\nx.\n" },
	{ DOTS_ALL, DOTS_LONE, "..\n..x\n...\nx.\n", "..\n.x\n..\nx.\n" },
	{ DOTS_LONE, DOTS_NONE, "..\n.x\n...\n..x\n", ".\n.x\n...\n..x\n" },
	{ DOTS_LONE, DOTS_LONE, "..\n.x\n...\n..x\n", "..\n.x\n...\n..x\n" },
	{ DOTS_LONE, DOTS_ALL, "..\n.x\n...\n..x\n", "..\n..x\n....\n...x\n" },
	{ DOTS_LONE, DOTS_NONE, "x\n..", "x\n.\n" },
};

START_TEST(doubled_dots_are_undone_before_they_are_doubled)
{
	struct inject_lines l = { .in = inject_find(SL("maildir")),
	    .undo = undone[_i].undo, .dots = undone[_i].dots };
	struct buf out = { 0 };

	lines(&l, sl(undone[_i].in), 0, 0, &out);
	ck_assert_msg(sl_eq(buf_sl(&out), sl(undone[_i].out)), SL_FMT,
	    SL_ARG(buf_sl(&out)));
	buf_free(&out);
}
END_TEST

START_TEST(only_a_pickup_has_doubled_dots)
{
	ck_assert_int_eq(inject_dots_of(SL("iis"), SL("pickup")), DOTS_ALL);
	ck_assert_int_eq(inject_dots_of(SL("ims55"), SL("pickup")), DOTS_LONE);
	ck_assert_int_eq(inject_dots_of(SL("iis"), SL("drop")), DOTS_NONE);
	ck_assert_int_eq(inject_dots_of(SL("ex2007"), SL("pickup")), DOTS_NONE);
	ck_assert_int_eq(inject_dots_of(SL("qmail"), SL("mess")), DOTS_NONE);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("inject");
	TCase *t = tcase_create("inject");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_profile_renders_by_its_table, 0,
	    NITEMS(renders));
	tcase_add_loop_test(t, what_cannot_go_this_way_is_refused_and_why, 0,
	    NITEMS(refusals));
	tcase_add_test(t, a_nul_in_an_address_is_refused);
	tcase_add_test(t, pickup_takes_100_recipients_and_64_kib_of_header);
	tcase_add_test(t,
	    parameters_go_with_an_address_only_where_they_are_known);
	tcase_add_loop_test(t, lines_do_not_depend_on_where_pieces_end, 0, 9);
	tcase_add_loop_test(t,
	    doubled_dots_are_undone_before_they_are_doubled, 0,
	    NITEMS(undone));
	tcase_add_test(t, only_a_pickup_has_doubled_dots);
	suite_add_tcase(s, t);
	return s;
}
