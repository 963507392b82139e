#include "spoolbox.h"

#define GOOD	"maildir/good-maildir"
#define ODD	"maildir/odd-names"
#define BAD	"maildir/bad-maildir"
#define HOST	".mail.example.org"

static const struct expect messages[] = {
	{ GOOD, "new/1073264400.M1P2" HOST, 0, "new", NULL, NULL, PROV_NONE,
	    "Return-Path: ", NULL },
	{ GOOD, "cur/1073264401.M2P3" HOST ":2,S", 0, "cur", NULL, NULL,
	    PROV_NONE, "Return-Path: ", NULL },
	{ GOOD, ".Sent/cur/1073264402.M3P4" HOST ":2,S", 0, ".Sent/cur",
	    NULL, NULL, PROV_NONE, "Return-Path: ", NULL },
	{ BAD, "cur/1073264404.empty", 0, "cur", NULL, NULL, PROV_NONE, "",
	    "the file is empty" },
	{ BAD, "new/1073264405.nul", 0, "new", NULL, NULL, PROV_NONE,
	    "From: ", NULL },
};

START_TEST(maildir_entries_are_read_as_they_are)
{
	check_message(&messages[_i], "maildir");
}
END_TEST

START_TEST(unfinished_files_and_indexes_are_no_entries)
{
	check_counts(GOOD, "maildir", 3, 3);
	check_counts(ODD, "maildir", 2, 2);
	check_counts(BAD, "maildir", 2, 2);
}
END_TEST

static const struct {
	const char	*spool, *path, *id;
	int64_t		 arrived;
} names[] = {
	{ GOOD, "new/1073264400.M1P2" HOST, "1073264400.M1P2" HOST,
	    1073264400 },
	{ GOOD, "cur/1073264401.M2P3" HOST ":2,S", "1073264401.M2P3" HOST,
	    1073264401 },
	{ ODD, "cur/letter", "letter", 0 },
	{ ODD, "new/99999999999999999999.x", "99999999999999999999.x", 0 },
};

START_TEST(the_name_says_when_a_message_came)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	char path[256];

	snprintf(path, sizeof(path), FIXTURES "%s", names[_i].spool);
	sp = box_one(path, "maildir");
	ck_assert(box_find(sp, names[_i].path, &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert(sl_eq(m.queue_id, sl(names[_i].id)));
	ck_assert_int_eq(m.arrived, names[_i].arrived);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* As a program numbers them: the file's own time is what there is. */
START_TEST(a_small_number_is_no_time)
{
	static const struct {
		const char	*name;
		int64_t		 arrived;
	} v[] = { { "new/17.a", 0 }, { "new/788918399.a", 0 },
	    { "new/788918400.a", 788918400 } };
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	size_t i;

	box_folders("s/cur/x");
	box_text("s/new/17.a", "From: a\n\n");
	box_text("s/new/788918399.a", "From: b\n\n");
	box_text("s/new/788918400.a", "From: c\n\n");
	for (i = 0; i < NITEMS(v); i++) {
		sp = box_one(box("s"), "maildir");
		ck_assert(box_find(sp, v[i].name, &e));
		ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
		ck_assert_int_eq(spool_load(rd, &m, &err), 1);
		ck_assert_int_eq(m.arrived, v[i].arrived);
		spool_entry_done(&e);
		spool_close(sp);
	}
	spool_reader_free(rd);
}
END_TEST

START_TEST(a_link_among_the_messages_is_refused)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool *sp;
	struct err err;

	box_text("s/cur/1.a", "From: a\n\n");
	box_folders("s/new/x");
	ck_assert_int_eq(symlink("/etc/passwd", box("s/new/2.b")), 0);
	sp = box_one(box("s"), "maildir");
	ck_assert(box_find(sp, "new/2.b", &e));
	ck_assert_str_eq(e.refused, "a link");
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_maildir");
	TCase *tc = tcase_create("maildir");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, maildir_entries_are_read_as_they_are, 0,
	    NITEMS(messages));
	tcase_add_test(tc, unfinished_files_and_indexes_are_no_entries);
	tcase_add_loop_test(tc, the_name_says_when_a_message_came, 0,
	    NITEMS(names));
	tcase_add_test(tc, a_small_number_is_no_time);
	tcase_add_test(tc, a_link_among_the_messages_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
