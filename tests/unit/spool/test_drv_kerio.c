#include "spoolbox.h"

#define GOOD	"kerio/good-store/queue"
#define ODD	"kerio/odd-queue"
#define BAD	"kerio/bad-queue"

static const struct expect messages[] = {
	{ GOOD, "00/4005f1b7-00000001.eml", 0, "00", "alice@example.org",
	    "bob@example.net hidden@example.com", PROV_STREAM, "Received: ",
	    NULL },
	{ GOOD, "3f/4005f1b7-00000002.eml", 0, "3f", "zoe@example.net",
	    "bob@example.org", PROV_STREAM, "Received: ", NULL },
	{ ODD, "4005f1b7-00000003.eml", 0, ".", NULL, "bob@example.org",
	    PROV_STREAM, "Received: ", NULL },
	{ BAD, "4005f1b7-00000004.eml", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "the envelope file is missing" },
	{ BAD, "4005f1b7-00000005.env", 0, ".", NULL, NULL, PROV_NONE, "zoe",
	    "a message that is not there" },
	{ BAD, "4005f1b7-00000006.eml", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "names no recipient" },
	{ BAD, "4005f1b7-00000007.eml", 0, ".", NULL, NULL, PROV_NONE,
	    "Received: ", "empty or cannot be read" },
};

START_TEST(addresses_of_the_env_are_hints)
{
	check_message(&messages[_i], "kerio");
}
END_TEST

START_TEST(companions_are_no_entries_of_their_own)
{
	check_counts(GOOD, "kerio", 2, 2);
	check_counts(ODD, "kerio", 1, 1);
	check_counts(BAD, "kerio", 4, 4);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "queue/00/1.eml", "queue/00/1.env" },
	    "queue", "kerio" },
	{ { "s/1.eml", "s/1.env" },
	    "s", "kerio" },
	{ { "queue/00/1.eml" },
	    "queue", "eml" },
	{ { "Queue/NTFS_01.EML", "Queue/x" },
	    "Queue", "iis" },
};

START_TEST(a_tree_is_kerio_by_its_pairs)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_kerio");
	TCase *tc = tcase_create("kerio");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, addresses_of_the_env_are_hints, 0,
	    NITEMS(messages));
	tcase_add_test(tc, companions_are_no_entries_of_their_own);
	tcase_add_loop_test(tc, a_tree_is_kerio_by_its_pairs, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
