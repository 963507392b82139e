#include "spoolbox.h"

#define GOOD	"ims55/good-imcdata"
#define ODD	"ims55/odd-lone-folder/In"
#define BAD	"ims55/bad-imcdata"

static const struct expect messages[] = {
	{ GOOD, "In/3SW32JRP", 0, "in", "bounce@example.net",
	    "bob@example.org carol@example.com", PROV_STREAM, "Received: ",
	    NULL },
	{ GOOD, "In/PBF3S5YB", 0, "in", "alice@example.net",
	    "erin@example.org", PROV_STREAM, "Received: ", NULL },
	{ GOOD, "In/Archive/VMS95LCZ", 0, "in/archive", NULL, NULL, PROV_NONE,
	    "Received: ", NULL },
	{ GOOD, "Out/NQ1NQYQK", 0, "out", NULL, NULL, PROV_NONE,
	    "From: System", NULL },
	{ GOOD, "Pickup/replay.txt", 0, "pickup", "alice@example.org",
	    "bob@example.net carol@example.com", PROV_XBLOCK,
	    "From: Alice", NULL },
	{ GOOD, "Work/HBWK2Q2P", 0, "work", NULL, NULL, PROV_NONE,
	    "Received: ", "still being received" },
	{ ODD, "TG45CLP6", 0, "in", NULL, NULL, PROV_NONE, "Received: ",
	    NULL },
	{ ODD, "KPFYMCMQB", 0, "in", NULL, NULL, PROV_NONE, "From: ", NULL },
	{ BAD, "In/J9QXJV0J", 0, "in", NULL, NULL, PROV_NONE, "",
	    "no header found" },
	{ BAD, "Out/WXJXSG2D", 0, "out", NULL, NULL, PROV_NONE,
	    "Received: ", NULL },
	{ BAD, "Out/EMPTY123", 0, "out", NULL, NULL, PROV_NONE, "",
	    "the file is empty" },
};

START_TEST(imcdata_entries_are_read_with_what_they_say)
{
	check_message(&messages[_i], "ims55");
}
END_TEST

START_TEST(logs_and_the_queue_index_are_no_entries)
{
	check_counts(GOOD, "ims55", 6, 6);
	check_counts(ODD, "ims55", 2, 2);
	check_counts(BAD, "ims55", 3, 3);
}
END_TEST

/* Bytes in Out/AAAAAAAA, and where its header begins and its text ends. */
static const struct {
	struct slice	 bytes;
	size_t		 at, trailer;
	bool		 found;
} headers[] = {
	{ SL("From: a\nTo: b\n\nx\n"), 0, 0, true },
	{ SL("From: a\n\nx\n"), 0, 0, true },
	{ SL("\1\2\0From: a\nTo: b\n\nx\n"), 3, 0, true },
	{ SL("\xff" "AReceived: x\nTo: b\n\nx\n"), 2, 0, true },
	{ SL("\1X-Odd: a\nReceived: b\n\nx\n"), 1, 0, true },
	{ SL("\1Reply-To: a\nReceived: b\n\n"), 1, 0, true },
	{ SL("note to self: x\nFrom: a\nTo: b\n\n"), 16, 0, true },
	{ SL("\0\n\0\nReceived: a\n by b\nTo: c\n\n"), 4, 0, true },
	{ SL("A-B: a\nC-D: b\n\nx\n"), 0, 0, false },
	{ SL("hello\nFrom: a\n\nx\n"), 0, 0, false },
	{ SL("From: a\0b\nTo: b\nDate: c\n\n"), 10, 0, true },
	{ SL("From: a\nTo: b\n\nx\n\0\1\0"), 0, 3, true },
	{ SL("From: a\nTo: b\n\nx\n\x1a"), 0, 0, true },
	{ SL("From: a\nTo: b\n\nx\n\1\2\3\4\5"), 0, 5, true },
	{ SL("From: a\nTo: b\n\nx\nno line end"), 0, 0, true },
	{ SL("\0\0\0\0::::\0::\n:\n::\n"), 0, 0, false },
};

START_TEST(the_header_begins_where_a_run_of_fields_does)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	size_t at = headers[_i].at, trailer = headers[_i].trailer;
	struct slice all = headers[_i].bytes;

	box_folders("s/In/x");
	box_put("s/Out/AAAAAAAA", all);
	sp = box_one(box("s"), "ims55");
	ck_assert(box_find(sp, "Out/AAAAAAAA", &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert_int_eq(has_problem(&m, "no header found"),
	    !headers[_i].found);
	if (headers[_i].found) {
		ck_assert_uint_eq(m.preamble.n, at);
		ck_assert_uint_eq(m.trailer.n, trailer);
		ck_assert(sl_eq(m.text,
		    sl_first(sl_from(all, at), all.n - at - trailer)));
	} else {
		ck_assert_uint_eq(m.text.n, 0);
		ck_assert(sl_eq(m.preamble, all));
	}
	ck_assert_uint_eq(m.size, all.n);
	ck_assert(sl_eq(m.queue_id, SL("AAAAAAAA")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(a_long_file_is_cut_and_its_trailer_still_searched)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct buf b = { 0 };
	struct err err;

	buf_add(&b, SL("Received: a\nFrom: zoe@example.net\n\n"));
	while (b.n < SPOOL_READ_MAX + 100)
		buf_add(&b, SL("a line of a long body\n"));
	buf_add(&b, SL("\0\1bob@example.org\0"));
	box_folders("s/In/x");
	box_put("s/Out/BBBBBBBB", buf_sl(&b));
	sp = box_one(box("s"), "ims55");
	ck_assert(box_find(sp, "Out/BBBBBBBB", &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert(m.cut);
	ck_assert_uint_eq(m.size, b.n);
	ck_assert_uint_eq(m.text.n, SPOOL_READ_MAX);
	ck_assert_uint_eq(m.nhints, 1);
	ck_assert(sl_eq(m.hints[0], SL("bob@example.org")));
	ck_assert_int_eq(spool_load(rd, &m, &err), 0);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
	buf_free(&b);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/in/x", "s/OUT/y" }, "s", "ims55" },
	{ { "Imcdata_old/In/ABCDEFGH" }, "Imcdata_old", "ims55" },
	{ { "s/In/x", "s/Pickup/y" }, "s", "ims55" },
	{ { "out/ABCDEFGH", "out/abcd1234" }, "out", "ims55" },
	{ { "out/hello.txt", "out/x" }, "out", "eml" },
	{ { "s/In/x" }, "s", "eml" },
};

START_TEST(a_tree_is_imcdata_by_its_folders)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_ims55");
	TCase *tc = tcase_create("ims55");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, imcdata_entries_are_read_with_what_they_say,
	    0, NITEMS(messages));
	tcase_add_test(tc, logs_and_the_queue_index_are_no_entries);
	tcase_add_loop_test(tc, the_header_begins_where_a_run_of_fields_does,
	    0, NITEMS(headers));
	tcase_add_test(tc, a_long_file_is_cut_and_its_trailer_still_searched);
	tcase_add_loop_test(tc, a_tree_is_imcdata_by_its_folders, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
