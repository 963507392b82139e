#include "spoolbox.h"

#define GOOD	"xmail/good-spool"
#define ODD	"xmail/odd-spool"
#define BAD	"xmail/bad-spool"

static const struct expect messages[] = {
	{ GOOD, "0/1/mess/1073264400000.7892.mail", 0, "mess",
	    "alice@example.org", "bob@example.net", PROV_NATIVE, "Received: ",
	    NULL },
	{ GOOD, "0/1/rsnd/1073264400001.7892.mail", 0, "rsnd",
	    "zoe@example.net", "bob@example.org hidden@example.org",
	    PROV_NATIVE, "Received: ", NULL },
	{ GOOD, "2/0/froz/1073264400002.7892.mail", 0, "froz", "<>",
	    "zoe@example.net", PROV_NATIVE, "From: postmaster", NULL },
	{ GOOD, "local/1073264400-001.7892.mail", 0, "local",
	    "carol@example.org", "bob@example.net", PROV_NATIVE,
	    "From: carol", NULL },
	{ ODD, "0/0/mess/a", 0, "mess", "zoe@example.net", "bob@example.org",
	    PROV_NATIVE, "Received: ", NULL },
	{ ODD, "0/0/mess/b", 0, "mess", "zoe@example.net", "bob@example.org",
	    PROV_NATIVE, "Received: ", NULL },
	{ ODD, "0/0/froz/c", 0, "froz", "zoe@example.net", "postmaster",
	    PROV_NATIVE, "Received: ", NULL },
	{ ODD, "temp/d", 0, "temp", "carol@example.org", "bob@example.net",
	    PROV_NATIVE, "From: carol", "still being received" },
	{ BAD, "0/0/mess/a", 0, "mess", NULL, NULL, PROV_NONE, "Received: ",
	    "no envelope in front" },
	{ BAD, "0/0/mess/b", 0, "mess", NULL, NULL, PROV_NONE, "",
	    "ends within the envelope" },
	{ BAD, "0/0/froz/c", 0, "froz", "zoe@example.net", NULL, PROV_NATIVE,
	    "Received: ", "an address of the envelope is none" },
};

START_TEST(the_lines_on_top_are_the_envelope)
{
	check_message(&messages[_i], "xmail");
}
END_TEST

START_TEST(every_message_is_an_entry)
{
	check_counts(GOOD, "xmail", 4, 4);
	check_counts(ODD, "xmail", 4, 4);
	check_counts(BAD, "xmail", 3, 3);
}
END_TEST

START_TEST(the_session_is_told)
{
	struct spool *sp = box_one(FIXTURES GOOD, "xmail");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp,
	    "0/1/mess/1073264400000.7892.mail", &e, &m);
	char ip[IP_TEXT];

	ck_assert(sl_eq(sl(ip_str(&m.client, ip)), SL("203.0.113.9")));
	ck_assert(m.arrived == 1073264523);
	ck_assert(sl_eq(m.queue_id, SL("1073264400000.7892.mail")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(a_lone_folder_is_known_by_what_is_on_top_of_its_files)
{
	box_text("mess/a", "x\nMAIL FROM:<a@example.org>\n"
	    "RCPT TO:<b@example.net>\n"
	    "<<MAIL-DATA>>\nSubject: x\n\n");
	spool_close(box_one(box("mess"), "xmail"));
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/0/0/mess/x", "s/0/0/rsnd/x" },
	    "s", "xmail" },
	{ { "0/0/mess/x", "0/0/froz/x" },
	    "0", "xmail" },
	{ { "s/mess/x", "s/froz/x" },
	    "s", "xmail" },
	{ { "queue/mess/0/1", "queue/info/0/1", "queue/local/0/1",
	    "queue/remote/0/1" },
	    "queue", "qmail" },
	{ { "mess/x" },
	    "mess", "eml" },
};

START_TEST(a_tree_is_xmail_by_its_folders)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_xmail");
	TCase *tc = tcase_create("xmail");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, the_lines_on_top_are_the_envelope, 0,
	    NITEMS(messages));
	tcase_add_test(tc, every_message_is_an_entry);
	tcase_add_test(tc, the_session_is_told);
	tcase_add_test(tc,
	    a_lone_folder_is_known_by_what_is_on_top_of_its_files);
	tcase_add_loop_test(tc, a_tree_is_xmail_by_its_folders, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
