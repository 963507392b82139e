#include "spoolbox.h"

#define GOOD	"mdaemon/good-queues"
#define ODD	"mdaemon/odd-raw"
#define BAD	"mdaemon/bad-remote"

static const struct expect messages[] = {
	{ GOOD, "Remote/pd50000000001.msg", 0, "remote", "alice@example.org",
	    "bob@example.net", PROV_STREAM, "Received: ", NULL },
	{ GOOD, "Local/md50000000002.msg", 0, "local", "zoe@example.net",
	    "hidden@example.org", PROV_STREAM, "Received: ", NULL },
	{ GOOD, "BadMsg/md50000000003.msg", 0, "badmsg", "<>",
	    "alice@example.org", PROV_STREAM, "Received: ", NULL },
	{ GOOD, "Raw/report.raw", 0, "raw", "carol@example.org",
	    "bob@example.net dave@example.com", PROV_NATIVE,
	    "From: carol@example.org\nTo: bob@example.net, dave@example.com"
	    "\nSubject: a report\nX-Origin: nightly job\n\n"
	    "Text of", NULL },
	{ ODD, "one.raw", 0, ".", "carol@example.org", "bob@example.net",
	    PROV_NATIVE, "From: carol@example.org",
	    "a line in front of the text" },
	{ BAD, "pd50000000006.msg", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "contradict each other" },
	{ BAD, "pd50000000007.msg", 0, ".", "zoe@example.net",
	    "bob@example.com", PROV_STREAM, "Received: ",
	    "knows of no password" },
	{ BAD, "pd50000000008.msg", 0, ".", "zoe@example.net",
	    "bob@example.com", PROV_STREAM, "Received: ",
	    "is not the client" },
};

START_TEST(a_message_has_the_envelope_of_its_fields)
{
	check_message(&messages[_i], "mdaemon");
}
END_TEST

START_TEST(every_message_is_an_entry)
{
	check_counts(GOOD, "mdaemon", 4, 4);
	check_counts(ODD, "mdaemon", 1, 1);
	check_counts(BAD, "mdaemon", 3, 3);
}
END_TEST

START_TEST(the_session_is_told)
{
	struct spool *sp = box_one(FIXTURES GOOD, "mdaemon");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp,
	    "Remote/pd50000000001.msg", &e, &m);
	char ip[IP_TEXT];

	ck_assert(sl_eq(m.account, SL("alice@example.org")));
	ck_assert(sl_eq(sl(ip_str(&m.client, ip)), SL("203.0.113.9")));
	ck_assert(sl_eq(m.helo, SL("desk.example.org")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* Anybody can write such a field: the newest Received has to agree. */
START_TEST(an_account_that_received_does_not_know_is_not_taken)
{
	static const char *const paths[] = {
		"pd50000000006.msg", "pd50000000007.msg", "pd50000000008.msg"
	};
	struct spool *sp = box_one(FIXTURES BAD, "mdaemon");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, paths[_i], &e, &m);

	ck_assert_uint_eq(m.account.n, 0);
	ck_assert_int_eq(ip_is_set(&m.client), _i != 2);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/Remote/x", "s/Local/x", "s/Raw/x" },
	    "s", "mdaemon" },
	{ { "Queues/Remote/x", "Queues/Inbound/x" },
	    "Queues", "mdaemon" },
	{ { "s/remote/1", "s/local/1", "s/bad/1", "s/mess/1" },
	    "s", "eml" },
	{ { "s/1.msg" },
	    "s", "eml" },
};

START_TEST(a_tree_is_mdaemon_by_its_folders)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_mdaemon");
	TCase *tc = tcase_create("mdaemon");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, a_message_has_the_envelope_of_its_fields, 0,
	    NITEMS(messages));
	tcase_add_test(tc, every_message_is_an_entry);
	tcase_add_test(tc, the_session_is_told);
	tcase_add_loop_test(tc,
	    an_account_that_received_does_not_know_is_not_taken, 0, 3);
	tcase_add_loop_test(tc, a_tree_is_mdaemon_by_its_folders, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
