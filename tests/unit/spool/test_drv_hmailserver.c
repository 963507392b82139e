#include "spoolbox.h"

#define GOOD	"hmailserver/good-data"
#define ODD	"hmailserver/odd-data"
#define BAD	"hmailserver/bad-data"

static const struct expect messages[] = {
	{ GOOD, "{0A1B2C3D-0000-4000-8000-00000000000A}.eml", 0, ".", NULL,
	    NULL, PROV_NONE, "Received: ",
	    "the envelope is in the server's database" },
	{ GOOD, "{0A1B2C3D-0000-4000-8000-00000000000B}.eml", 0, ".", NULL,
	    NULL, PROV_NONE, "Received: ",
	    "the envelope is in the server's database" },
	{ ODD, "{0a1b2c3d-0000-4000-8000-00000000000c}.EML", 0, ".", NULL,
	    NULL, PROV_NONE, "Received: ",
	    "the envelope is in the server's database" },
	{ ODD,
	    "example.org/bob/0A/{0A1B2C3D-0000-4000-8000-00000000000D}.eml",
	    0, "example.org/bob/0a", NULL, NULL, PROV_NONE, "Received: ",
	    "the envelope is in the server's database" },
	{ BAD, "{0A1B2C3D-0000-4000-8000-00000000000E}.eml", 0, ".", NULL,
	    NULL, PROV_NONE, "", "the file is empty" },
	{ BAD, "{0A1B2C3D-0000-4000-8000-00000000000F}.eml", 0, ".", NULL,
	    NULL, PROV_NONE, "", "the envelope is in the server's database" },
};

START_TEST(each_message_says_where_its_envelope_is)
{
	check_message(&messages[_i], "hmailserver");
}
END_TEST

START_TEST(every_message_is_an_entry)
{
	check_counts(GOOD, "hmailserver", 2, 2);
	check_counts(ODD, "hmailserver", 2, 2);
	check_counts(BAD, "hmailserver", 2, 2);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/{0A1B2C3D-0000-4000-8000-00000000000A}.eml" },
	    "s", "hmailserver" },
	{ { "s/{0A1B2C3D-0000-4000-8000-00000000000}.eml" },
	    "s", "eml" },
	{ { "s/{0A1B2C3D-0000-4000-8000-00000000000A}.eml", "s/a.eml",
	    "s/b.eml" },
	    "s", "eml" },
};

START_TEST(a_folder_is_hmailserver_by_its_names)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_hmailserver");
	TCase *tc = tcase_create("hmailserver");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, each_message_says_where_its_envelope_is, 0,
	    NITEMS(messages));
	tcase_add_test(tc, every_message_is_an_entry);
	tcase_add_loop_test(tc, a_folder_is_hmailserver_by_its_names, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
