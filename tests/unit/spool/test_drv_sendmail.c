#include <sys/file.h>

#include "mtabox.h"

#define GOOD	"sendmail/good-mqueue"
#define ODD	"sendmail/odd-mqueue"
#define BAD	"sendmail/bad-mqueue"
#define FAR	" client 192.0.2.33; helo far;"

static const struct queued messages[] = {
	/* SM-2, SM-5, SM-6, SM-7, SM-9, SM-11, SM-12, SM-13 */
	{ GOOD, "q1/qf/qf6AM1Jxx0000001", "q1: alice@example.org>"
	    " bob@example.net ORCPT=rfc822;bob@example.net"
	    " NOTIFY=SUCCESS,FAILURE"
	    " 'Deferred: Connection refused by mx.example.net.';"
	    " \"john doe\"@example.net NOTIFY=NEVER"
	    " '451 4.7.1 Greylisted, try later';"
	    " carol@example.net was sales@example.org;"
	    " client 203.0.113.9; name host.example.net;"
	    " helo client.example.net; ret FULL; envid QQ+2B1;"
	    " note tried 3 times, last at 2004-01-05T01:03:20Z;",
	    "Received: from client.example.net (host.example.net"
	    " [203.0.113.9])\n\tby mail.example.org (8.17.1) with ESMTP"
	    " id 6AM1Jxx000001\n\tfor <bob@example.net>;\n"
	    "\tMon, 5 Jan 2004 01:02:03 GMT\n"
	    "Date: Mon, 5 Jan 2004 01:00:00 GMT\n"
	    "From: Alice <alice@example.org>\nTo: bob@example.net\n"
	    "Subject: folded\n\tand on\nMessage-Id: <1@example.org>\n"
	    "Bcc: kept@example.net\n\none\n.two\n..\n", NULL },
	/* SM-2: the body in another group's folder; SM-6, SM-11 */
	{ GOOD, "q2/qf6AM1Jxx0000002", "q2: <>> alice@example.org;"
	    " helo localhost; note a report of this server;",
	    "Received: from localhost (localhost)\n"
	    "\tby mail.example.org (8.17.1) id 6AM1Jxx0000002;\n"
	    "\tMon, 5 Jan 2004 01:02:03 GMT\n"
	    "From: Mail Delivery Subsystem <MAILER-DAEMON>\n"
	    "Subject: Returned mail\n\nIt failed.\n", NULL },
	/* SM-1, SM-9, SM-10, SM-16 */
	{ GOOD, "q2/hf6AM1Jxx0000003", "q2: <>> bob@example.net;"
	    " client 2001:db8::7; helo pc7; note the client was"
	    " authenticated: its account is in the log only; quarantined:"
	    " looks odd;", NULL, NULL },
	/* SM-9, SM-11: its Bcc is sent empty */
	{ GOOD, "q2/qf6AM1Jxx0000004", "q2: alice@mail.example.org>"
	    " bob@example.net; note handed in by alice@localhost;",
	    "Received: (from alice@localhost)\n"
	    "\tby mail.example.org (8.17.1) id 6AM1Jxx0000004\n"
	    "\tfor bob@example.net; Mon, 5 Jan 2004 01:02:03 GMT\n"
	    "Subject: by hand\nBcc:\n\nx\n", NULL },

	/* SM-7, SM-18: before there were versions, and early ones */
	{ ODD, "qfAA12345", "odd-mqueue: x@example.com> bob@example.org;"
	    " c@example.org; client 203.0.113.9; name host.example.net;"
	    " helo host.example.net; note Deferred: Connection timed out;",
	    "Received: from host.example.net by mail.example.org (8.6.9)\n"
	    "\tid AA12345; Mon, 5 Jan 2004 01:02:03 GMT\n"
	    "Subject: of old\n\nold\n", NULL },
	{ ODD, "qfNAA12346", "odd-mqueue: root> bob@example.org; root;"
	    " note handed in by root@localhost;", "Subject: 8.9\n\nx\n",
	    NULL },
	{ ODD, "qf6AM1Jxx0000005", "odd-mqueue: x@example.com>"
	    " bob@example.org;", "Subject: newer\n\nx\n",
	    "a qf file of a version newer than those that are known" },
	{ ODD, "Qf6AM1Jxx0000006", NULL, "Subject: lost\n\nx\n",
	    "the server gave it up: it is a Qf file" },
	/* SM-4 */
	{ ODD, "df6AM1Jxx0000007", "odd-mqueue: nobody>", "cut off",
	    "being received, or cut off: it has no qf file" },
	{ ODD, "tf6AM1Jxx0000008", "odd-mqueue: x@example.com>"
	    " bob@example.org;" FAR, NULL, "still being received" },
	{ ODD, "qf6AM1Jxx0000009", "odd-mqueue: x@example.com>"
	    " bob@example.org;" FAR, "Subject: no body\n\n",
	    "its df file is missing: the body is lost" },
	{ ODD, "xf6AM1Jxx0000010", "odd-mqueue: nobody>", NULL,
	    "what belongs to a message that is not there" },

	{ BAD, "qf6AM1Jxx0000101", "bad-mqueue: nobody>", "\nx\n",
	    "the qf file ends too early" },
	{ BAD, "qf6AM1Jxx0000102", "bad-mqueue: x@example.com>"
	    " bob@example.org;", "\nx\n", "the qf file ends too early" },
	{ BAD, "qf6AM1Jxx0000103", "bad-mqueue: x@example.com>"
	    " bob@example.org;", NULL, "the time in the qf file is none" },
	{ BAD, "qf6AM1Jxx0000104", "bad-mqueue: nobody> bob@example.org;",
	    NULL, "an address of the envelope is none" },
	{ BAD, "qf6AM1Jxx0000105", "bad-mqueue: x@example.com>"
	    " bob@example.org;", "Subject: x\n\nx\n",
	    "a line of the qf file is of no type" },
	{ BAD, "qf6AM1Jxx0000106", "bad-mqueue: x@example.com>", NULL,
	    "the envelope names no recipient" },
	{ BAD, "qf6AM1Jxx0000107", "bad-mqueue: x@example.com>"
	    " bob@example.org;", "Subject: a\nX: d\n\nx\n",
	    "an address of the envelope is none" },
};

START_TEST(the_files_are_envelope_and_message)
{
	check_queued(&messages[_i], "sendmail");
}
END_TEST

START_TEST(the_files_of_a_message_are_one_entry)
{
	check_counts(GOOD, "sendmail", 4, 4);
	check_counts(ODD, "sendmail", 8, 8);
	check_counts(BAD, "sendmail", 7, 7);
}
END_TEST

START_TEST(what_belongs_to_a_message_is_listed)
{
	struct spool *sp = box_one(FIXTURES GOOD, "sendmail");
	struct spool_entry e;

	ck_assert(box_find(sp, "q1/qf/qf6AM1Jxx0000001", &e));
	ck_assert_uint_eq(e.nwith, 2);
	ck_assert_str_eq(e.with[0].dir->path, "q1/df");
	ck_assert_str_eq(e.with[1].dir->path, "q1/xf");
	spool_entry_done(&e);
	spool_close(sp);
	sp = box_one(FIXTURES GOOD, "sendmail");	/* in any order */
	ck_assert(box_find(sp, "q2/qf6AM1Jxx0000002", &e));
	ck_assert_uint_eq(e.nwith, 1);
	ck_assert_str_eq(e.with[0].dir->path, "q1/df");
	spool_entry_done(&e);
	spool_close(sp);
}
END_TEST

/* T of the qf: its own time is that of the last attempt. */
START_TEST(a_glance_tells_when_it_came)
{
	struct spool *sp = box_one(FIXTURES GOOD, "sendmail");
	struct spool_glance g;
	struct spool_entry e;
	struct err err;

	ck_assert(box_find(sp, "q1/qf/qf6AM1Jxx0000001", &e));
	ck_assert_int_eq(spool_glance(sp, &e, &g, &err), 1);
	ck_assert_int_eq(g.arrived, 1073264523);
	spool_entry_done(&e);
	spool_close(sp);
}
END_TEST

/* SM-3: both queues are found where their folders lie. */
START_TEST(two_queues_side_by_side_are_two_spools)
{
	struct spool **set;
	size_t n;

	box_text("mqueue/qf6AM1Jxx0000001", "V8\n.\n");
	box_text("clientmqueue/qf6AM1Jxx0000002", "V8\n.\n");
	box_text("log/mail.log", "x\n");
	set = box_open(box("."), NULL, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(spool_format(set[0]), "sendmail");
	ck_assert_str_eq(spool_format(set[1]), "sendmail");
	spool_close(set[0]);
	spool_close(set[1]);
}
END_TEST

/* SM-14: the server writes a new qf under its name, and has it locked. */
START_TEST(a_cut_file_that_is_locked_is_still_being_written)
{
	static const char *const says[] = { "the qf file ends too early",
	    "still being received" };
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	int fd;

	box_text("q1/df6AM1Jxx0000001", "x\n");
	box_text("q1/qf6AM1Jxx0000001", _i < 2 ? "V8\nT1073264523\n" : "");
	box_text("q1/qf6AM1Jxx0000002", "V8\n.\n");
	fd = open(box("q1/qf6AM1Jxx0000001"), O_WRONLY);
	ck_assert_int_ne(fd, -1);
	if (_i > 0)
		ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	sp = box_one(box("."), "sendmail");
	rd = load_one(sp, "q1/qf6AM1Jxx0000001", &e, &m);
	ck_assert_str_eq(m.problems[0], says[_i > 0]);
	close(fd);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(a_file_cut_anywhere_gives_what_is_left)
{
	static const char *const beside[] = { "q1/df6AM1Jxx0000001", NULL };

	box_text("q1/qf6AM1Jxx0000002", "V8\n.\n");
	check_cuts(FIXTURES GOOD "/q1/qf/qf6AM1Jxx0000001", "q1",
	    "qf6AM1Jxx0000001", beside, "sendmail");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_sendmail");
	TCase *tc = tcase_create("sendmail");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, the_files_are_envelope_and_message, 0,
	    NITEMS(messages));
	tcase_add_test(tc, the_files_of_a_message_are_one_entry);
	tcase_add_test(tc, what_belongs_to_a_message_is_listed);
	tcase_add_test(tc, a_glance_tells_when_it_came);
	tcase_add_test(tc, two_queues_side_by_side_are_two_spools);
	tcase_add_loop_test(tc,
	    a_cut_file_that_is_locked_is_still_being_written, 0, 3);
	tcase_add_test(tc, a_file_cut_anywhere_gives_what_is_left);
	suite_add_tcase(s, tc);
	return s;
}
