#include "spoolbox.h"

#define GOOD	"smartermail/good-spool"
#define ODD	"smartermail/odd-spool"
#define BAD	"smartermail/bad-spool"

static const struct expect messages[] = {
	{ GOOD, "1001.eml", 0, ".", "alice@example.org",
	    "bob@example.net hidden@example.com", PROV_COMPANION,
	    "Received: ", NULL },
	{ GOOD, "SubSpool0/1002.eml", 0, "subspool0", "zoe@example.net",
	    "bob@example.org", PROV_COMPANION, "Received: ", NULL },
	{ GOOD, "proc/1003.EML", 0, "proc", "<>", "alice@example.org",
	    PROV_COMPANION, "Received: ", NULL },
	{ GOOD, "Drop/1004.eml", 0, "drop", NULL, NULL, PROV_NONE,
	    "From: carol", NULL },
	{ ODD, "2001.em_", 0, ".", "zoe@example.net", "bob@example.org",
	    PROV_COMPANION, "Received: ", "still being received" },
	{ ODD, "2002.eml", 0, ".", "zoe@example.net", "bob@example.org",
	    PROV_COMPANION, "Received: ", "the session was aborted" },
	{ ODD, "2003.eml", 0, ".", "<>", "bob@example.org", PROV_COMPANION,
	    "Received: ", "quarantine" },
	{ ODD, "2004.eml", 0, ".", "zoe@example.net",
	    "\"bob, the\"@example.org carol@example.org", PROV_COMPANION,
	    "Received: ", NULL },
	{ ODD, "Drop/2005.eml", 0, "drop", NULL, NULL, PROV_NONE,
	    "Received: ", "in Drop the server ignores" },
	{ BAD, "3001.eml", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "the envelope file is missing" },
	{ BAD, "3002.hdr", 0, ".", NULL, NULL, PROV_NONE, "Written",
	    "a message that is not there" },
	{ BAD, "3003.eml", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "ends within a line" },
	{ BAD, "3004.eml", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "is no text" },
	{ BAD, "3005.eml", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "empty or cannot be read" },
	{ BAD, "3006.eml", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "names no recipient" },
	{ BAD, "3007.eml", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "begins with no status word" },
	{ BAD, "3008.eml", 0, ".", "zoe@example.net",
	    "carol@example.org bob@example.org", PROV_COMPANION, "Received: ",
	    "an address of the envelope is none" },
};

START_TEST(a_message_has_the_envelope_of_its_hdr)
{
	check_message(&messages[_i], "smartermail");
}
END_TEST

START_TEST(companions_are_no_entries_of_their_own)
{
	check_counts(GOOD, "smartermail", 4, 4);
	check_counts(ODD, "smartermail", 5, 5);
	check_counts(BAD, "smartermail", 8, 8);
}
END_TEST

START_TEST(the_session_is_told)
{
	struct spool *sp = box_one(FIXTURES GOOD, "smartermail");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, "1001.eml", &e, &m);
	char ip[IP_TEXT];

	ck_assert(sl_eq(m.account, SL("alice@example.org")));
	ck_assert(sl_eq(sl(ip_str(&m.client, ip)), SL("203.0.113.9")));
	ck_assert(sl_eq(m.helo, SL("desk.example.org")));
	ck_assert(m.arrived == 1073264523);
	ck_assert(sl_eq(m.queue_id, SL("1001")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/1.eml", "s/1.hdr" },
	    "s", "smartermail" },
	{ { "s/SubSpool0/1.eml" },
	    "s", "smartermail" },
	{ { "s/proc/1.eml", "s/Drop/x" },
	    "s", "smartermail" },
	{ { "s/1.eml", "s/2.hdr" },
	    "s", "eml" },
	{ { "s/Drop/1.eml", "s/Queue/1.eml", "s/Pickup/1.eml" },
	    "s", "iis" },
};

START_TEST(a_tree_is_smartermail_by_its_pairs)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_smartermail");
	TCase *tc = tcase_create("smartermail");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, a_message_has_the_envelope_of_its_hdr, 0,
	    NITEMS(messages));
	tcase_add_test(tc, companions_are_no_entries_of_their_own);
	tcase_add_test(tc, the_session_is_told);
	tcase_add_loop_test(tc, a_tree_is_smartermail_by_its_pairs, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
