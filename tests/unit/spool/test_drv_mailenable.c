#include "spoolbox.h"

#define GOOD	"mailenable/good-queues"
#define ODD	"mailenable/odd-outgoing"
#define BAD	"mailenable/bad-outgoing"

static const struct expect messages[] = {
	{ GOOD, "SMTP/Outgoing/Messages/0A1B2C3D4E5F.MAI", 0, "outgoing",
	    "alice@example.org", "bob@example.net", PROV_COMPANION,
	    "Received: ", NULL },
	{ GOOD, "SMTP/Outgoing/Messages/1A1B2C3D4E5F.MAI", 0, "outgoing",
	    "<>", "zoe@example.net", PROV_COMPANION, "From: postmaster",
	    NULL },
	{ GOOD, "SMTP/Inbound/Messages/2A1B2C3D4E5F.MAI", 0, "inbound",
	    "zoe@example.net", "bob@example.org hidden@example.org",
	    PROV_COMPANION, "Received: ", NULL },
	{ ODD, "Messages/3A1B2C3D4E5F.MAI", 0, ".", "alice@example.org",
	    "carol@example.net", PROV_COMPANION, "Received: ",
	    "not one of SMTP" },
	{ ODD, "Messages/4A1B2C3D4E5F.MAI", 0, ".", "alice@example.org",
	    "carol@example.net", PROV_COMPANION, "Received: ", NULL },
	{ BAD, "5A1B2C3D4E5F.MAI", 0, ".", NULL, NULL, PROV_NONE,
	    "DomainName=", "a message that is not there" },
	{ BAD, "Messages/6A1B2C3D4E5F.MAI", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "the envelope file is missing" },
	{ BAD, "Messages/7A1B2C3D4E5F.MAI", 0, ".", "alice@example.org", NULL,
	    PROV_COMPANION, "Received: ", "ends within a line" },
	{ BAD, "Messages/8A1B2C3D4E5F.MAI", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "is no text" },
};

START_TEST(a_message_has_the_envelope_of_its_command)
{
	check_message(&messages[_i], "mailenable");
}
END_TEST

START_TEST(companions_are_no_entries_of_their_own)
{
	check_counts(GOOD, "mailenable", 3, 3);
	check_counts(ODD, "mailenable", 2, 2);
	check_counts(BAD, "mailenable", 4, 4);
}
END_TEST

/* The root is Messages itself: what is above it is out of reach. */
START_TEST(nothing_above_the_root_is_opened)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;

	box_text("Outgoing/1.MAI", "Sender=[SMTP:a@example.org]\n");
	box_text("Outgoing/Messages/1.MAI", "From: b\n\n");
	sp = box_one(box("Outgoing/Messages"), "mailenable");
	ck_assert(box_find(sp, "1.MAI", &e));
	ck_assert_str_eq(e.folder, "messages");
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert(!m.has_sender);
	ck_assert(has_problem(&m, "the envelope file is missing"));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/SMTP/Inbound/x", "s/SMTP/Outgoing/x" },
	    "s", "mailenable" },
	{ { "s/Inbound/x", "s/Outgoing/x" },
	    "s", "mailenable" },
	{ { "Messages/1.MAI" },
	    "Messages", "mailenable" },
	{ { "s/1.mai", "s/Messages/1.mai" },
	    "s", "mailenable" },
	{ { "s/Inbound/x.eml" },
	    "s", "eml" },
};

START_TEST(a_tree_is_mailenable_by_its_folders)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_mailenable");
	TCase *tc = tcase_create("mailenable");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, a_message_has_the_envelope_of_its_command, 0,
	    NITEMS(messages));
	tcase_add_test(tc, companions_are_no_entries_of_their_own);
	tcase_add_test(tc, nothing_above_the_root_is_opened);
	tcase_add_loop_test(tc, a_tree_is_mailenable_by_its_folders, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
