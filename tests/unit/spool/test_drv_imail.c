#include "spoolbox.h"

#define GOOD	"imail/good-spool"
#define ODD	"imail/odd-spool"
#define BAD	"imail/bad-spool"

static const struct expect messages[] = {
	{ GOOD, "D0b63aa8048c.GSC", 0, ".", "alice@example.org",
	    "bob@example.net hidden@example.com", PROV_COMPANION,
	    "Received: ", NULL },
	{ GOOD, "D32c9000c0300.SMD", 0, ".", "<>", "alice@example.org",
	    PROV_COMPANION, "Received: ", NULL },
	{ ODD, "D0000000000a1.SMD", 0, ".", "zoe@example.net",
	    "bob@example.org", PROV_COMPANION, "Received: ",
	    "still being received" },
	{ ODD, "D0000000000a2.SMD", 0, ".", "zoe@example.net",
	    "bob@example.org rule@example.org", PROV_COMPANION, "Received: ",
	    "locked" },
	{ ODD, "D0000000000a2.SMD", 0, ".", "zoe@example.net",
	    "bob@example.org rule@example.org", PROV_COMPANION, "Received: ",
	    "to be deleted" },
	{ ODD, "_0000000000a3.~MD", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "locked" },
	{ BAD, "D0000000000b1.SMD", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "the envelope file is missing" },
	{ BAD, "Q0000000000b2.SMD", 0, ".", NULL, NULL, PROV_NONE, "QD:",
	    "a message that is not there" },
	{ BAD, "D0000000000b3.SMD", 0, ".", "zoe@example.net",
	    "carol@example.org", PROV_COMPANION, "Received: ",
	    "ends within a line" },
	{ BAD, "D0000000000b4.SMD", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "is no text" },
	{ BAD, "D0000000000b5.SMD", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "several senders" },
	{ BAD, "D0000000000b5.SMD", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "names no recipient" },
};

START_TEST(a_message_has_the_envelope_of_its_q_file)
{
	check_message(&messages[_i], "imail");
}
END_TEST

START_TEST(companions_are_no_entries_of_their_own)
{
	check_counts(GOOD, "imail", 2, 2);
	check_counts(ODD, "imail", 3, 3);
	check_counts(BAD, "imail", 5, 5);
}
END_TEST

START_TEST(the_session_is_told)
{
	struct spool *sp = box_one(FIXTURES GOOD, "imail");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, "D0b63aa8048c.GSC", &e, &m);
	char ip[IP_TEXT];

	ck_assert(sl_eq(m.account, SL("alice@example.org")));
	ck_assert(sl_eq(sl(ip_str(&m.client, ip)), SL("203.0.113.9")));
	ck_assert(sl_eq(m.helo, SL("desk.example.org")));
	ck_assert(sl_eq(m.queue_id, SL("0b63aa8048c")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/D0b63aa8048c.GSC", "s/Q0b63aa8048c.GSC" },
	    "s", "imail" },
	{ { "s/d0b63aa8048c.GSC", "s/q0b63aa8048c.GSC" },
	    "s", "imail" },
	{ { "s/D0b63aa8048c.GSC", "s/D10b63aa8048c.GSC" },
	    "s", "eml" },
	{ { "s/DF12345", "s/QF12345" },
	    "s", "eml" },
	{ { "s/In/D0b63aa8048c.GSC", "s/Out/Q0b63aa8048c.GSC" },
	    "s", "ims55" },
};

START_TEST(a_folder_is_imail_by_its_pairs)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_imail");
	TCase *tc = tcase_create("imail");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, a_message_has_the_envelope_of_its_q_file, 0,
	    NITEMS(messages));
	tcase_add_test(tc, companions_are_no_entries_of_their_own);
	tcase_add_test(tc, the_session_is_told);
	tcase_add_loop_test(tc, a_folder_is_imail_by_its_pairs, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
