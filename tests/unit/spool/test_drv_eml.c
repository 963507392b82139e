#include "spoolbox.h"

static const struct expect messages[] = {
	{ "eml", "good-plain.eml", 0, ".", NULL, NULL, PROV_NONE,
	    "Return-Path: ", NULL },
	{ "eml", "odd-bare-cr.eml", 0, ".", NULL, NULL, PROV_NONE,
	    "Return-Path: <zoe@example.net>\nReceived: ",
	    "line ends are bare CR" },
	{ "eml", "odd-xblock.eml", 0, ".", "alice@example.org",
	    "bob@example.net carol@example.com", PROV_XBLOCK, "From: ",
	    "several recipients on one" },
	{ "eml", "odd-from-line.eml", 0, ".", "zoe@example.net", NULL,
	    PROV_NATIVE, "Return-Path: ", NULL },
	{ "eml", "bad-empty.eml", 0, ".", NULL, NULL, PROV_NONE, "",
	    "the file is empty" },
	{ "eml", "bad-second-sender.eml", 0, ".", "alice@example.org",
	    "bob@example.net", PROV_XBLOCK, "X-Sender: forged@example.com",
	    "a second X-Sender" },
};

START_TEST(any_file_is_a_message)
{
	check_message(&messages[_i], "eml");
}
END_TEST

START_TEST(every_regular_file_is_an_entry)
{
	check_counts("eml", "eml", 7, 7);	/* README is one */
}
END_TEST

START_TEST(one_file_is_one_message_whatever_lines_are_in_it)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;

	box_text("s/a.eml", "Subject: a\n\n");	/* so it is no mbox */
	box_text("s/c.eml", "Subject: c\n\n");
	box_text("s/b", "From a Mon Jan  5 01:00:00 2004\nSubject: b\n\n\n"
	    "From c Mon Jan  5 02:00:00 2004\nSubject: c\n\n");
	sp = box_one(box("s"), "eml");
	ck_assert(box_find(sp, "b", &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert_uint_eq(m.part, 0);
	ck_assert(sl_eq(m.sender.spec, SL("a")));
	ck_assert(sl_find(m.text, SL("\nFrom c Mon")) != NULL);
	ck_assert_int_eq(spool_load(rd, &m, &err), 0);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_eml");
	TCase *tc = tcase_create("eml");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, any_file_is_a_message, 0, NITEMS(messages));
	tcase_add_test(tc, every_regular_file_is_an_entry);
	tcase_add_test(tc, one_file_is_one_message_whatever_lines_are_in_it);
	suite_add_tcase(s, tc);
	return s;
}
