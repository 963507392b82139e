#include "io/members.h"
#include "tarbox.h"

Suite	*suite(void);

static struct tree *
open_tree(const char *path)
{
	struct err err = { ERR_NONE, 0, "" };
	struct tree *t = NULL;

	ck_assert_msg(tree_open(&t, path, &err) == 0, "%s", err.msg);
	return t;
}

static const struct tree_name *
name_in(struct tree *t, const char *folder, const char *name)
{
	static struct tree_name none;
	struct tree_dir *d;
	struct err err;
	ssize_t i;

	if (tree_list(t, folder, &d, &err) == -1)
		return &none;
	i = tree_dir_find(d, name);
	none = i == -1 ? (struct tree_name){ NULL, 0, NULL, TREE_FILE } :
	    d->v[i];
	tree_dir_drop(d);
	return &none;
}

START_TEST(an_archive_is_a_tree)
{
	static const char *const want[] = { "", "s", "s/In" };
	FILE *f = fopen("x.tar", "w");
	struct tree_dir *d;
	struct tree *t;
	struct err err;
	size_t n = 0;

	tar_file(f, "./s/In/a", "x");
	tar_file(f, "./s/b", "x");
	tar_header(f, "./s/link", '2', "/etc/passwd", 0);
	tar_header(f, "./s/fifo", '6', NULL, 0);
	tar_end(f);
	t = open_tree("x.tar");
	ck_assert(tree_members(t) != NULL && !tree_is_file(t));
	ck_assert_str_eq(tree_base(t), "x");
	for (; tree_next(t, &d, &err) == 1; n++)
		ck_assert_str_eq(d->path, want[n]);
	ck_assert_uint_eq(n, NITEMS(want));
	ck_assert_int_eq(name_in(t, "s", "In")->type, TREE_DIR);
	ck_assert_int_eq(name_in(t, "s", "link")->type, TREE_LINK);
	ck_assert_int_eq(name_in(t, "s", "fifo")->type, TREE_OTHER);
	ck_assert_str_eq(name_in(t, "s/In", "a")->name, "a");
	tree_close(t);
	t = open_tree("x.tar/s/In/");
	ck_assert_str_eq(tree_base(t), "In");
	ck_assert_str_eq(name_in(t, "", "a")->name, "a");
	tree_close(t);
	ck_assert_int_eq(tree_open(&t, "x.tar/s/Out", &err), -1);
	ck_assert_int_eq(tree_open(&t, "x.tar/../x.tar", &err), -1);
}
END_TEST

static const char *const hostile[] = {
	"../x", "/etc/passwd", "a/../b", "a//b", "s/./b", "..", "/", "./",
	"s/..",
};

START_TEST(hostile_names_have_no_place_in_the_tree)
{
	FILE *f = fopen("x.tar", "w");
	const struct tree_name *odd;
	struct tree_dir *d;
	struct tree *t;
	struct err err;

	tar_file(f, hostile[_i], "x");
	tar_file(f, "good", "x");
	tar_end(f);
	t = open_tree("x.tar");
	ck_assert_int_eq(tree_list(t, "", &d, &err), 0);
	ck_assert_uint_eq(d->n, 1);
	ck_assert_str_eq(d->v[0].name, "good");
	tree_dir_drop(d);
	/* a folder's name with a slash at its end is one, to libarchive */
	if (hostile[_i][strlen(hostile[_i]) - 1] != '/') {
		ck_assert_uint_eq(members_odd(tree_members(t), &odd), 1);
		ck_assert_str_eq(odd[0].name, hostile[_i]);
		ck_assert_ptr_nonnull(odd[0].refused);
	}
	tree_close(t);
}
END_TEST

/* A folder so many folders down, its name in front as GNU tar has it. */
static void
deep_folder(FILE *f, size_t depth)
{
	char path[512] = "";
	size_t i;

	for (i = 0; i < depth; i++)
		memcpy(path + 2 * i, "d/", 3);
	tar_header(f, "././@LongLink", 'L', NULL, sizeof(path));
	fwrite(path, 1, sizeof(path), f);
	tar_header(f, "d/", '5', NULL, 0);
}

START_TEST(folders_nested_too_deep_are_told_once)
{
	FILE *f = fopen("x.tar", "w");
	const struct tree_name *odd;
	struct tree *t;
	size_t i;

	for (i = 1; i <= TREE_DEPTH_MAX + 40; i++)
		deep_folder(f, i);
	tar_end(f);
	t = open_tree("x.tar");
	ck_assert_uint_eq(members_odd(tree_members(t), &odd), 1);
	ck_assert_uint_eq(strlen(odd[0].name), 2 * TREE_DEPTH_MAX + 1);
	ck_assert_str_eq(odd[0].refused,
	    "folders nested deeper than the limit");
	tree_close(t);
}
END_TEST

START_TEST(a_later_member_replaces_an_earlier_one)
{
	FILE *f = fopen("x.tar", "w");
	const struct tree_name *odd;
	struct tree *t;

	tar_file(f, "s/a", "old");
	tar_file(f, "s/b", "x");
	tar_file(f, "s/a", "new");
	tar_end(f);
	t = open_tree("x.tar");
	ck_assert_uint_eq(name_in(t, "s", "a")->ino, 2);
	ck_assert_uint_eq(members_odd(tree_members(t), &odd), 1);
	ck_assert_str_eq(odd[0].name, "s/a");
	ck_assert_uint_eq(odd[0].ino, 0);
	tree_close(t);
}
END_TEST

START_TEST(a_folder_stands_where_a_file_or_link_was)
{
	FILE *f = fopen("x.tar", "w");
	const struct tree_name *odd;
	struct tree *t;

	tar_header(f, "a", '2', "/etc", 0);
	tar_file(f, "a/passwd", "x");
	tar_file(f, "b/c", "x");
	tar_file(f, "b", "x");
	tar_end(f);
	t = open_tree("x.tar");
	ck_assert_int_eq(name_in(t, "", "a")->type, TREE_DIR);
	ck_assert_int_eq(name_in(t, "", "b")->type, TREE_DIR);
	ck_assert_str_eq(name_in(t, "a", "passwd")->name, "passwd");
	ck_assert_uint_eq(members_odd(tree_members(t), &odd), 2);
	ck_assert_str_eq(odd[0].name, "a");
	ck_assert_str_eq(odd[1].name, "b");
	tree_close(t);
}
END_TEST

START_TEST(a_hard_link_is_the_file_it_names)
{
	FILE *f = fopen("x.tar", "w");
	struct tree *t;

	tar_file(f, "s/a", "x");
	tar_header(f, "s/good", '1', "./s/a", 0);
	tar_header(f, "s/out", '1', "../../etc/passwd", 0);
	tar_header(f, "s/none", '1', "s/b", 0);
	tar_header(f, "s/self", '1', "s/self", 0);
	tar_header(f, "s/dir", '1', "s", 0);
	tar_end(f);
	t = open_tree("x.tar");
	ck_assert_uint_eq(name_in(t, "s", "good")->ino, 0);
	ck_assert_ptr_null(name_in(t, "s", "good")->refused);
	ck_assert_ptr_nonnull(name_in(t, "s", "out")->refused);
	ck_assert_ptr_nonnull(name_in(t, "s", "none")->refused);
	ck_assert_ptr_nonnull(name_in(t, "s", "self")->refused);
	ck_assert_ptr_nonnull(name_in(t, "s", "dir")->refused);
	tree_close(t);
}
END_TEST

START_TEST(links_that_bring_the_bytes_are_the_first_ones_too)
{
	FILE *f = fopen("x.cpio", "w");
	struct tree *t;

	cpio_file(f, "a", 7, 3, "");
	cpio_file(f, "b", 7, 3, "");
	cpio_file(f, "c", 7, 3, "hello");
	cpio_file(f, "TRAILER!!!", 0, 1, "");
	ck_assert_int_eq(fclose(f), 0);
	t = open_tree("x.cpio");
	ck_assert_uint_eq(name_in(t, "", "a")->ino, 2);
	ck_assert_uint_eq(name_in(t, "", "b")->ino, 2);
	ck_assert_uint_eq(name_in(t, "", "c")->ino, 2);
	tree_close(t);
}
END_TEST

START_TEST(a_member_that_is_too_large_is_refused)
{
	FILE *f = fopen("x.tar", "w");
	struct tree *t;

	tar_header(f, "huge", '0', NULL, MEMBER_SIZE_MAX + 1u);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(truncate("x.tar", 1024 + MEMBER_SIZE_MAX + 512), 0);
	t = open_tree("x.tar");
	ck_assert_ptr_nonnull(name_in(t, "", "huge")->refused);
	tree_close(t);
}
END_TEST

START_TEST(bytes_are_there_from_load_to_the_last_release)
{
	FILE *f = fopen("x.tar", "w");
	struct members *ms;
	struct tree_dir *d;
	struct stat st;
	struct err err = { ERR_NONE, 0, "" };
	struct tree *t;
	uint64_t number;
	char p[8];
	int fd;

	tar_file(f, "a", "hello");
	tar_file(f, "b", "");
	tar_end(f);
	t = open_tree("x.tar");
	ms = tree_members(t);
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	tree_dir_keep(d);
	ck_assert_uint_eq(tree_head(d, 0, p, sizeof(p)), 5);
	ck_assert_uint_eq(tree_head(d, 0, p, 2), 2);
	ck_assert_int_eq(members_pass(ms, &err), 0);
	ck_assert_int_eq(tree_file(d, "a", &st, &err), -1);
	ck_assert_int_eq(members_next(ms, &number, &err), 1);
	ck_assert_int_eq(members_load(ms, 2, &err), 0);
	tree_release(d, number);
	fd = tree_file(d, "a", &st, &err);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(st.st_size, 5);
	ck_assert_int_eq(st.st_mtime, 1073295000);
	tree_release(d, number);
	ck_assert(!members_loaded(ms, number));
	ck_assert_int_eq(tree_read(fd, 0, p, 8, &err), 5);
	ck_assert_mem_eq(p, "hello", 5);
	close(fd);
	ck_assert_int_eq(members_next(ms, &number, &err), 1);
	ck_assert_int_eq(members_load(ms, 1, &err), 0);
	ck_assert(members_loaded(ms, number));
	ck_assert_int_eq(members_next(ms, &number, &err), 0);
	tree_close(t);
	tree_dir_drop(d);
}
END_TEST

START_TEST(a_large_member_has_its_bytes_too)
{
	FILE *f = fopen("x.tar", "w");
	struct members *ms;
	struct tree_dir *d;
	struct stat st;
	struct err err = { ERR_NONE, 0, "" };
	struct tree *t;
	uint64_t number;
	char p[8];
	int fd;

	tar_header(f, "a", '0', NULL, 3 * 1024 * 1024 + 8);
	fseek(f, 512 + 3 * 1024 * 1024, SEEK_SET);
	fwrite("the end.", 1, 8, f);
	fseek(f, 504, SEEK_CUR);
	tar_end(f);
	t = open_tree("x.tar");
	ms = tree_members(t);
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	ck_assert_int_eq(members_pass(ms, &err), 0);
	ck_assert_int_eq(members_next(ms, &number, &err), 1);
	ck_assert_int_eq(members_load(ms, 1, &err), 0);
	fd = tree_file(d, "a", &st, &err);
	ck_assert_int_eq(st.st_size, 3 * 1024 * 1024 + 8);
	ck_assert_int_eq(tree_read(fd, 3 * 1024 * 1024, p, 8, &err), 8);
	ck_assert_mem_eq(p, "the end.", 8);
	close(fd);
	tree_release(d, number);
	tree_close(t);
}
END_TEST

START_TEST(a_cut_archive_keeps_what_comes_before)
{
	FILE *f = fopen("x.tar", "w");
	struct err err = { ERR_NONE, 0, "" };
	struct tree *t;

	tar_file(f, "a", "hello");
	tar_header(f, "b", '0', NULL, 1000);
	ck_assert_int_eq(fclose(f), 0);
	t = open_tree("x.tar");
	ck_assert_str_eq(name_in(t, "", "a")->name, "a");
	ck_assert(members_broken(tree_members(t), &err));
	ck_assert_int_eq(err.code, ERR_FORMAT);
	tree_close(t);
}
END_TEST

START_TEST(an_archive_that_changes_is_noticed)
{
	FILE *f = fopen("x.tar", "w");
	struct err err = { ERR_NONE, 0, "" };
	struct tree *t;
	uint64_t number;

	tar_file(f, "a", "hello");
	tar_end(f);
	t = open_tree("x.tar");
	f = fopen("x.tar", "r+");
	tar_file(f, "b", "hello");
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(members_pass(tree_members(t), &err), 0);
	ck_assert_int_eq(members_next(tree_members(t), &number, &err), -1);
	tree_close(t);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("members");
	TCase *tc = tcase_create("members");

	tcase_add_checked_fixture(tc, tarbox_setup, tarbox_teardown);
	tcase_add_test(tc, an_archive_is_a_tree);
	tcase_add_loop_test(tc, hostile_names_have_no_place_in_the_tree, 0,
	    NITEMS(hostile));
	tcase_add_test(tc, folders_nested_too_deep_are_told_once);
	tcase_add_test(tc, a_later_member_replaces_an_earlier_one);
	tcase_add_test(tc, a_folder_stands_where_a_file_or_link_was);
	tcase_add_test(tc, a_hard_link_is_the_file_it_names);
	tcase_add_test(tc, links_that_bring_the_bytes_are_the_first_ones_too);
	tcase_add_test(tc, a_member_that_is_too_large_is_refused);
	tcase_add_test(tc, bytes_are_there_from_load_to_the_last_release);
	tcase_add_test(tc, a_large_member_has_its_bytes_too);
	tcase_add_test(tc, a_cut_archive_keeps_what_comes_before);
	tcase_add_test(tc, an_archive_that_changes_is_noticed);
	suite_add_tcase(s, tc);
	return s;
}
