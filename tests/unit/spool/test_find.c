#include "spool/find.h"
#include "spoolbox.h"

#define MAIL	"Subject: x\r\n\r\nbody\r\n"
#define FROM	"From zoe@example.net Mon Jan  5 10:00:00 2004\n"

static struct spool_found found;
static struct spool_msg msg;
static struct err err;

static void
setup(void)
{
	box_setup();
	memset(&found, 0, sizeof(found));
	err = (struct err){ ERR_NONE, 0, "" };
}

static void
teardown(void)
{
	spool_found_close(&found);
	box_teardown();
}

static int
find(const char *file, const char *format)
{
	if (spool_find(&found, box_arena, file, format, &err) == -1)
		return -1;
	return spool_found_load(&found, &msg, &err);
}

static void
assert_found(const char *file, const char *format, const char *path)
{
	ck_assert_msg(find(file, NULL) == 0, "%s", err.msg);
	ck_assert_str_eq(spool_format(found.sp), format);
	ck_assert_str_eq(found.e.path, path);
}

static void
assert_refused(const char *file, enum err_code code, const char *why)
{
	ck_assert_int_eq(find(file, NULL), -1);
	ck_assert_int_eq((int)err.code, (int)code);
	ck_assert_msg(strstr(err.msg, why) != NULL, "%s", err.msg);
}

START_TEST(a_file_is_found_in_the_spool_above_it)
{
	assert_found(FIXTURES "ims55/good-imcdata/Out/NQ1NQYQK", "ims55",
	    "Out/NQ1NQYQK");
	ck_assert_str_eq(found.e.folder, "out");
}
END_TEST

START_TEST(its_companion_is_read_with_it)
{
	assert_found(FIXTURES "smartermail/good-spool/1001.eml",
	    "smartermail", "1001.eml");
	ck_assert(msg.has_sender && msg.sender_prov == PROV_COMPANION);
}
END_TEST

START_TEST(a_file_in_no_spool_is_one_by_itself)
{
	box_text("a/b/x.eml", MAIL);
	assert_found(box("a/b/x.eml"), "eml", "x.eml");
	ck_assert_uint_eq(msg.size, strlen(MAIL));
}
END_TEST

START_TEST(a_format_that_is_told_is_taken)
{
	box_text("x", FROM MAIL);
	ck_assert_int_eq(find(box("x"), "eml"), 0);
	ck_assert_str_eq(spool_format(found.sp), "eml");
}
END_TEST

START_TEST(an_offset_says_which_message_of_a_file)
{
	struct slice two = SL(FROM MAIL "\n" FROM "Subject: two\n\n.\n");
	const char *file;

	box_put("box.mbox", two);
	file = arena_fmt(box_arena, "%s@%zu", box("box.mbox"),
	    strlen(FROM MAIL "\n")).p;
	ck_assert_msg(find(file, NULL) == 0, "%s", err.msg);
	ck_assert(sl_starts(msg.text, SL("Subject: two")));
	ck_assert_uint_eq(msg.offset, strlen(FROM MAIL "\n"));
}
END_TEST

START_TEST(without_one_several_messages_are_none)
{
	box_text("box.mbox", FROM MAIL "\n" FROM MAIL);
	assert_refused(box("box.mbox"), ERR_USAGE, "several messages");
}
END_TEST

START_TEST(an_offset_within_a_message_is_none)
{
	box_text("box.mbox", FROM MAIL "\n" FROM MAIL);
	assert_refused(arena_fmt(box_arena, "%s@7", box("box.mbox")).p,
	    ERR_FORMAT, "no message begins there");
}
END_TEST

START_TEST(a_name_with_an_at_sign_is_a_name)
{
	box_text("x@7", MAIL);
	assert_found(box("x@7"), "eml", "x@7");
	ck_assert(!found.has_offset);
}
END_TEST

START_TEST(a_companion_alone_is_read_as_a_file)
{
	assert_found(FIXTURES "smartermail/good-spool/1001.hdr", "eml",
	    "1001.hdr");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	box_text("d/x", MAIL);
	ck_assert_int_eq(mkfifo(box("fifo"), 0600), 0);
	assert_refused(box("d"), ERR_USAGE, "not a file");
	assert_refused(box("fifo"), ERR_USAGE, "not a file");
	assert_refused(box("none"), ERR_SYS, "cannot open");
	assert_refused(box("d/x/y"), ERR_FORMAT, "no message of that name");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("find");
	TCase *tc = tcase_create("find");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_is_found_in_the_spool_above_it);
	tcase_add_test(tc, its_companion_is_read_with_it);
	tcase_add_test(tc, a_file_in_no_spool_is_one_by_itself);
	tcase_add_test(tc, a_format_that_is_told_is_taken);
	tcase_add_test(tc, an_offset_says_which_message_of_a_file);
	tcase_add_test(tc, without_one_several_messages_are_none);
	tcase_add_test(tc, an_offset_within_a_message_is_none);
	tcase_add_test(tc, a_name_with_an_at_sign_is_a_name);
	tcase_add_test(tc, a_companion_alone_is_read_as_a_file);
	tcase_add_test(tc, what_is_no_file_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
