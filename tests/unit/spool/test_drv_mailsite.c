#include "spoolbox.h"

#define GOOD	"mailsite/good-spool"
#define ODD	"mailsite/odd-incoming"
#define BAD	"mailsite/bad-incoming"

static const struct expect messages[] = {
	{ GOOD, "Incoming/B000010020.msg", 0, "incoming", "zoe@example.net",
	    "bob@example.org hidden@example.org", PROV_COMPANION,
	    "Received: ", NULL },
	{ GOOD, "Domains/example.net/B000010021.msg", 0,
	    "domains/example.net", "alice@example.org", "bob@example.net",
	    PROV_COMPANION, "Received: ", NULL },
	{ ODD, "B000010022.msg", 0, ".", "zoe@example.net",
	    "bob@example.org carol@example.org", PROV_STREAM, "Received: ",
	    NULL },
	{ BAD, "B000010023.msg", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "the envelope file is missing" },
	{ BAD, "B000010024.rcp", 0, ".", NULL, NULL, PROV_NONE, "MAIL",
	    "a message that is not there" },
	{ BAD, "B000010025.msg", 0, ".", "zoe@example.net", NULL,
	    PROV_COMPANION, "Received: ", "ends within a line" },
	{ BAD, "B000010026.msg", 0, ".", NULL, NULL, PROV_NONE, "Received: ",
	    "is no text" },
};

START_TEST(a_message_has_the_envelope_of_its_rcp)
{
	check_message(&messages[_i], "mailsite");
}
END_TEST

START_TEST(companions_are_no_entries_of_their_own)
{
	check_counts(GOOD, "mailsite", 2, 2);
	check_counts(ODD, "mailsite", 1, 1);
	check_counts(BAD, "mailsite", 4, 4);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/Incoming/x", "s/Domains/x" },
	    "s", "mailsite" },
	{ { "s/1.msg", "s/1.rcp" },
	    "s", "mailsite" },
	{ { "s/1.msg", "s/2.rcp" },
	    "s", "eml" },
};

START_TEST(a_tree_is_mailsite_by_its_folders_and_pairs)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_mailsite");
	TCase *tc = tcase_create("mailsite");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, a_message_has_the_envelope_of_its_rcp, 0,
	    NITEMS(messages));
	tcase_add_test(tc, companions_are_no_entries_of_their_own);
	tcase_add_loop_test(tc, a_tree_is_mailsite_by_its_folders_and_pairs, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
