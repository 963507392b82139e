#include "base/buf.h"
#include "io/archive.h"
#include "tarbox.h"

Suite	*suite(void);

static int
file(const char *text, size_t n, size_t at)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, text, n, (off_t)at), (ssize_t)n);
	return fd;
}

#define BYTES(s)	s, sizeof(s) - 1
static const struct {
	const char	*text;
	size_t		 n, at;
	bool		 is;
} begins[] = {
	{ BYTES("\x1f\x8b\x08"), 0, true },
	{ BYTES("\x28\xb5\x2f\xfd"), 0, true },
	{ BYTES("\xfd" "7zXZ\0"), 0, true },
	{ BYTES("BZh9"), 0, true },
	{ BYTES("PK\3\4"), 0, true },
	{ BYTES("7z\xbc\xaf\x27\x1c"), 0, true },
	{ BYTES("070701"), 0, true },
	{ BYTES("\1CD001\1"), 32768, true },
	{ BYTES("From: a@example.org\n\nx\n"), 0, false },
	{ BYTES("From a@example.org Mon Jan  5 01:00:00 2004\n"), 0, false },
	{ BYTES("Subject: x\n\nPK\3\4 PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	    0, false },
	{ BYTES("07070: x\n"), 0, false },
	{ BYTES("\0"), 10239, false },
	{ "", 0, 0, false },
};

START_TEST(only_what_no_message_begins_with_is_an_archive)
{
	int fd = file(begins[_i].text, begins[_i].n, begins[_i].at);

	ck_assert(arc_sniff(fd) == begins[_i].is);
	ck_assert(arc_is(begins[_i].at == 0 ?
	    (struct slice){ begins[_i].text, begins[_i].n } :
	    SL("\0boot"), fd) == begins[_i].is);
	close(fd);
}
END_TEST

START_TEST(a_tar_is_known_by_its_checksum)
{
	FILE *f = fopen("x.tar", "w");
	int fd;

	tar_file(f, "a", "x");
	tar_end(f);
	fd = open("x.tar", O_RDWR);
	ck_assert(arc_sniff(fd));
	ck_assert_int_eq(pwrite(fd, "b", 1, 0), 1);
	ck_assert(!arc_sniff(fd));
	close(fd);
}
END_TEST

static const struct {
	const char	*name, *stem;
} stems[] = {
	{ "Imcdata.tar.gz", "Imcdata" }, { "Imcdata.TAR", "Imcdata" },
	{ "In.tgz", "In" }, { "x.7z", "x" }, { "x", "x" }, { ".tar", ".tar" },
	{ "a.zip.tar", "a" }, { "mail.mbox.xz", "mail.mbox" },
};

START_TEST(the_stem_is_the_name_of_what_was_packed)
{
	struct slice s = arc_stem(sl(stems[_i].name));

	ck_assert(sl_eq(s, sl(stems[_i].stem)));
}
END_TEST

static struct arc *
open_arc(int fd)
{
	struct err err = { ERR_NONE, 0, "" };
	struct arc *a = NULL;

	ck_assert_msg(arc_open(&a, fd, &err) == 0, "%s", err.msg);
	return a;
}

START_TEST(members_come_in_order_with_their_bytes)
{
	FILE *f = fopen("x.tar", "w");
	struct arc_member m;
	struct err err = { ERR_NONE, 0, "" };
	struct arc *a;
	char p[16];
	int fd;

	tar_header(f, "d/", '5', NULL, 0);
	tar_file(f, "d/a\xff", "hello");
	tar_header(f, "d/l", '2', "/etc/passwd", 0);
	tar_header(f, "d/h", '1', "d/a\xff", 0);
	tar_end(f);
	a = open_arc(fd = open("x.tar", O_RDONLY));
	ck_assert_int_eq(arc_next(a, &m, &err), 1);
	ck_assert_int_eq(m.type, ARC_DIR);
	ck_assert_int_eq(arc_next(a, &m, &err), 1);
	ck_assert_int_eq(m.type, ARC_FILE);
	ck_assert_str_eq(m.name, "d/a\xff");
	ck_assert_uint_eq(m.size, 5);
	ck_assert_int_eq(m.mtime, 1073295000);
	ck_assert_int_eq(arc_read(a, p, sizeof(p), &err), 5);
	ck_assert_mem_eq(p, "hello", 5);
	ck_assert_int_eq(arc_read(a, p, sizeof(p), &err), 0);
	ck_assert_int_eq(arc_next(a, &m, &err), 1);
	ck_assert_int_eq(m.type, ARC_LINK);
	ck_assert_int_eq(arc_next(a, &m, &err), 1);
	ck_assert_int_eq(m.type, ARC_HARD);
	ck_assert_str_eq(m.link, "d/a\xff");
	ck_assert_int_eq(arc_next(a, &m, &err), 0);
	arc_close(a);
	close(fd);
}
END_TEST

START_TEST(what_is_cut_off_is_an_error_and_the_end)
{
	FILE *f = fopen("x.tar", "w");
	struct arc_member m;
	struct err err = { ERR_NONE, 0, "" };
	struct arc *a;
	int fd, i, r = 1;

	tar_file(f, "a", "hello");
	tar_header(f, "b", '0', NULL, 1000000);
	ck_assert_int_eq(fclose(f), 0);
	a = open_arc(fd = open("x.tar", O_RDONLY));
	for (i = 0; i < 10 && r == 1; i++)
		r = arc_next(a, &m, &err);
	ck_assert_int_eq(r, -1);
	ck_assert_int_eq(err.code, ERR_FORMAT);
	arc_close(a);
	close(fd);
}
END_TEST

START_TEST(other_files_are_refused)
{
	struct err err = { ERR_NONE, 0, "" };
	int fd = file(BYTES("From: a@example.org\n\nx\n"), 0);
	struct arc *a;

	ck_assert_int_eq(arc_open(&a, fd, &err), -1);
	ck_assert_int_eq(err.code, ERR_FORMAT);
	close(fd);
}
END_TEST

START_TEST(a_bomb_is_much_out_of_little)
{
	ck_assert(!arc_is_bomb(ARC_FREE, 0));
	ck_assert(arc_is_bomb(ARC_FREE + 1, 0));
	ck_assert(!arc_is_bomb(UINT64_C(10000000000), 20000000));
	ck_assert(arc_is_bomb(UINT64_C(10000000000), 19000000));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("archive");
	TCase *tc = tcase_create("archive");

	tcase_add_checked_fixture(tc, tarbox_setup, tarbox_teardown);
	tcase_add_loop_test(tc, only_what_no_message_begins_with_is_an_archive,
	    0, NITEMS(begins));
	tcase_add_test(tc, a_tar_is_known_by_its_checksum);
	tcase_add_loop_test(tc, the_stem_is_the_name_of_what_was_packed, 0,
	    NITEMS(stems));
	tcase_add_test(tc, members_come_in_order_with_their_bytes);
	tcase_add_test(tc, what_is_cut_off_is_an_error_and_the_end);
	tcase_add_test(tc, other_files_are_refused);
	tcase_add_test(tc, a_bomb_is_much_out_of_little);
	suite_add_tcase(s, tc);
	return s;
}
