#include "mtabox.h"

#define GOOD	"qmail/good-queue"
#define BAD	"qmail/bad-queue"

static const struct queued messages[] = {
	/* QM-1, QM-2; addresses in their internal form */
	{ GOOD, "mess/7/1001", "mess: alice@example.org>"
	    " bob@example.org:done; \"john doe\"@example.org;"
	    " gone@example.net:bounced '203.0.113.7 does not like"
	    " recipient.\nRemote host said: 550 no such user\n"
	    "Giving up on 203.0.113.7.'; carol@example.net;",
	    "Received: (qmail 1 invoked from network);"
	    " 5 Jan 2004 01:02:03 -0000\n"
	    "Received: from client.example.net (203.0.113.9)\n"
	    "  by mail.example.org with SMTP; 5 Jan 2004 01:02:03 -0000\n"
	    "From: alice@example.org\nSubject: sorted\n\nx\n", NULL },
	/* QM-3: info and remote are left over */
	{ GOOD, "mess/8/1002", "mess: alice@example.org> bob@example.net;"
	    " carol@example.net; note handed in by uid 1001;", NULL, NULL },
	/* QM-4 */
	{ GOOD, "mess/9/1003", "mess: <>> alice@example.org;", NULL, NULL },
	{ GOOD, "mess/10/1004", "mess: <>> postmaster@example.org;"
	    " note a double bounce of this server;", NULL, NULL },
	/* QM-6 */
	{ GOOD, "mess/11/1005", "mess: list-return-@example.org>"
	    " bob@example.net; note its sender is another for each"
	    " recipient;", NULL, NULL },
	/* QM-1: todo in folders */
	{ GOOD, "mess/12/1006", "mess: x@example.com> bob@example.org;"
	    " note handed in by uid 0;", NULL, NULL },

	{ BAD, "mess/0/2001", "mess: nobody>", NULL, "still being received" },
	{ BAD, "mess/0/2002", "mess: x@example.com> d@example.org:done;"
	    " bob@example.org;", NULL,
	    "an envelope file ends within a record" },
	{ BAD, "mess/0/2003", "mess: x@example.com> c@example.org;", NULL,
	    "a record of a type that is none there" },
	{ BAD, "info/0/2004", "info: nobody>", NULL,
	    "what belongs to a message that is not there" },
	{ BAD, "bounce/2005", "bounce: nobody>", NULL,
	    "what belongs to a message that is not there" },
	{ BAD, "mess/0/2006", "mess: nobody>", NULL,
	    "the envelope names no recipient" },
	{ BAD, "mess/0/core", "mess: nobody>", "x", "no file of a message" },
};

START_TEST(the_files_are_envelope_and_message)
{
	check_queued(&messages[_i], "qmail");
}
END_TEST

START_TEST(the_files_of_a_message_are_one_entry)
{
	check_counts(GOOD, "qmail", 6, 6);
	check_counts(BAD, "qmail", 7, 7);
}
END_TEST

/* QM-4 */
START_TEST(it_arrived_when_info_was_written)
{
	static const struct timespec times[2] = { { 1073264523, 0 },
	    { 1073264523, 0 } };
	struct spool *sp;
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd;

	box_text("mess/0/23", "Subject: x\n\nx\n");
	box_put("info/0/23", (struct slice){ "Fa@example.org", 15 });
	box_put("remote/0/23", (struct slice){ "Tb@example.net", 15 });
	box_text("bounce/x", "");
	ck_assert_int_eq(utimensat(AT_FDCWD, box("info/0/23"), times, 0), 0);
	sp = box_one(box("."), "qmail");
	rd = load_one(sp, "mess/0/23", &e, &m);
	ck_assert_int_eq(m.arrived, 1073264523);
	ck_assert_uint_eq(e.nwith, 2);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* Half a recipient is another one: each cut, and none taken. */
START_TEST(an_envelope_cut_anywhere_has_no_half_address)
{
	static const char todo[] = "u1001\0p4242\0Falice@example.org\0"
	    "Tbob@example.net\0Tcarol@example.net";
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	size_t n, i;

	box_text("mess/0/23", "Subject: x\n\nx\n");
	box_text("info/x", "");
	box_text("local/x", "");
	for (n = 0; n < sizeof(todo); n++) {
		box_put("todo/23", (struct slice){ todo, n });
		sp = box_one(box("."), "qmail");
		rd = load_one(sp, "mess/0/23", &e, &m);
		ck_assert_uint_gt(m.nproblems + m.nrcpts, 0);
		for (i = 0; i < m.nrcpts; i++)
			ck_assert(sl_iends(m.rcpts[i].addr.spec,
			    SL("@example.net")));
		spool_entry_done(&e);
		spool_reader_free(rd);
		spool_close(sp);
		arena_reset(box_msgs);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_qmail");
	TCase *tc = tcase_create("qmail");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, the_files_are_envelope_and_message, 0,
	    NITEMS(messages));
	tcase_add_test(tc, the_files_of_a_message_are_one_entry);
	tcase_add_test(tc, it_arrived_when_info_was_written);
	tcase_add_test(tc, an_envelope_cut_anywhere_has_no_half_address);
	suite_add_tcase(s, tc);
	return s;
}
