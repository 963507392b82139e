#include "mtabox.h"

#define GOOD	"haraka/good-queue"
#define BAD	"haraka/bad-queue"
#define FIRST	"1073264523456_1073264523456_0_4242_aB3xYz_1_mail.example.org"
#define BADNAME	"1073264523456_1073264523456_0_1_a_"

static const struct queued messages[] = {
	/* HK-1, HK-2 */
	{ GOOD, FIRST, ".: alice@example.org> bob@example.net;"
	    " \"john doe\"@example.net; account alice;",
	    "Received: from client.example.net (host.example.net"
	    " [203.0.113.9])\n\tby mail.example.org (Haraka) with ESMTPA id"
	    " 5A1B.1; Mon, 05 Jan 2004 01:02:03 +0000\n"
	    "From: alice@example.org\nSubject: two\n\n"
	    ".one dot\nbare \r here\n..two\n", NULL },
	{ GOOD, "1073264523456_1073268123000_3_4242_aB3xYz_2_"
	    "mail\\137a.example.org", ".: alice@example.org>"
	    " zoe@example.com; note tried 3 times, again at"
	    " 2004-01-05T02:02:03Z;", NULL, NULL },
	{ GOOD, "1073264523456_1073264523456_0_4242_aB3xYz_3_"
	    "mail.example.org", ".: <>> bob@example.org;", NULL, NULL },
	{ GOOD, "1073264523456_0_4242_77.mail.example.org",
	    ".: x@example.com> bob@example.org;", NULL, NULL },

	{ BAD, BADNAME "2_mail", ".: nobody>", NULL,
	    "the envelope is longer than its file" },
	{ BAD, BADNAME "3_mail", ".: nobody>", "Subject: no JSON\n\n",
	    "the envelope is no JSON" },
	{ BAD, BADNAME "4_mail", ".: nobody> bob@example.org;",
	    "Subject: odd types\n\n",
	    "an address of the envelope is none" },
	{ BAD, BADNAME "5_mail", ".: nobody>", "",
	    "the envelope is longer than its file" },
	{ BAD, "__tmp__." BADNAME "6_mail", ".: x@example.com>"
	    " bob@example.org;", "Subject: ha", "still being received" },
	{ BAD, "error." BADNAME "7_mail", ".: x@example.com>"
	    " bob@example.org;", "Subject: aside\n\n",
	    "the server set it aside as damaged" },
	{ BAD, "notes.txt", ".: nobody>", "x", "no file of a message" },
};

START_TEST(a_file_is_envelope_and_message)
{
	check_queued(&messages[_i], "haraka");
}
END_TEST

START_TEST(each_file_is_an_entry)
{
	check_counts(GOOD, "haraka", 4, 4);
	check_counts(BAD, "haraka", 8, 8);
}
END_TEST

/* HK-1, HK-2: milliseconds, in the envelope or else in the name. */
START_TEST(the_time_of_arrival_and_the_id_are_told)
{
	struct spool *sp = box_one(FIXTURES GOOD, "haraka");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, FIRST, &e, &m);

	ck_assert_int_eq(m.arrived, 1073264523);
	ck_assert(sl_eq(m.queue_id, SL("5A1B.1.1")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* A cut within the message cannot be seen: it has no end of its own. */
START_TEST(a_file_cut_anywhere_gives_what_is_left)
{
	char bytes[4096];
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	int fd = open(FIXTURES GOOD "/" FIRST, O_RDONLY);
	ssize_t n, at, json;

	ck_assert_int_ne(fd, -1);
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	ck_assert_int_gt(n, 256);
	json = 4 + (unsigned char)bytes[2] * 256 + (unsigned char)bytes[3];
	box_put("1073264523456_1073264523456_0_1_a_9_mail",
	    (struct slice){ bytes, (size_t)n });
	for (at = 0; at < n; at += 64) {
		box_put(FIRST, (struct slice){ bytes, (size_t)at });
		sp = box_one(box("."), "haraka");
		rd = load_one(sp, FIRST, &e, &m);
		ck_assert_int_eq(m.nproblems > 0, at < json);
		check_bytes(rd, &m);
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
	Suite *s = suite_create("drv_haraka");
	TCase *tc = tcase_create("haraka");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, a_file_is_envelope_and_message, 0,
	    NITEMS(messages));
	tcase_add_test(tc, each_file_is_an_entry);
	tcase_add_test(tc, the_time_of_arrival_and_the_id_are_told);
	tcase_add_test(tc, a_file_cut_anywhere_gives_what_is_left);
	suite_add_tcase(s, tc);
	return s;
}
