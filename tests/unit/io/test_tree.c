#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "io/tree.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

Suite	*suite(void);

/* Each test works in a folder of its own: names in it are relative. */
static char root[64];
static int home;

static void
setup(void)
{
	snprintf(root, sizeof(root), "/tmp/tree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	home = open(".", O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(chdir(root), 0);
}

static void
teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", root);
	ck_assert_int_eq(fchdir(home), 0);
	close(home);
	ck_assert_int_eq(system(cmd), 0);
}

static void
put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)),
	    (ssize_t)strlen(text));
	close(fd);
}

static struct tree *
open_tree(const char *path)
{
	struct err err = { ERR_NONE, 0, "" };
	struct tree *t = NULL;

	ck_assert_msg(tree_open(&t, path, &err) == 0, "%s", err.msg);
	return t;
}

static enum tree_type
type_in(struct tree_dir *d, const char *name)
{
	ssize_t i = tree_dir_find(d, name);

	ck_assert_int_ne(i, -1);
	return d->v[i].type;
}

START_TEST(the_walk_gives_parents_before_children)
{
	static const char *const want[] = { "", "a", "a/b" };
	struct tree_dir *d;
	struct tree *t;
	struct err err;
	size_t n = 0;

	mkdir("s", 0700);
	mkdir("s/a", 0700);
	mkdir("s/a/b", 0700);
	t = open_tree("s");
	for (; tree_next(t, &d, &err) == 1; n++) {
		ck_assert_uint_lt(n, NITEMS(want));
		ck_assert_str_eq(d->path, want[n]);
	}
	ck_assert_uint_eq(n, NITEMS(want));
	tree_close(t);
}
END_TEST

START_TEST(links_and_fifos_are_seen_and_never_followed)
{
	struct tree_dir *d;
	struct stat st;
	struct tree *t;
	struct err err;

	mkdir("s", 0700);
	mkdir("out", 0700);
	put("out/secret", "x");
	ck_assert_int_eq(symlink("../out", "s/dir"), 0);
	ck_assert_int_eq(symlink("../out/secret", "s/file"), 0);
	ck_assert_int_eq(mkfifo("s/fifo", 0600), 0);
	t = open_tree("s");
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	ck_assert_int_eq(type_in(d, "dir"), TREE_LINK);
	ck_assert_int_eq(type_in(d, "file"), TREE_LINK);
	ck_assert_int_eq(type_in(d, "fifo"), TREE_OTHER);
	ck_assert_int_eq(tree_file(d, "file", &st, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	ck_assert_int_eq(tree_file(d, "fifo", &st, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	ck_assert_int_eq(tree_next(t, &d, &err), 0);
	tree_close(t);
}
END_TEST

START_TEST(a_folder_that_became_a_link_is_refused)
{
	struct tree_dir *d;
	struct tree *t;
	struct err err;

	mkdir("s", 0700);
	mkdir("s/a", 0700);
	mkdir("out", 0700);
	t = open_tree("s");
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	ck_assert_int_eq(rmdir("s/a"), 0);
	ck_assert_int_eq(symlink("../out", "s/a"), 0);
	ck_assert_int_eq(tree_next(t, &d, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	ck_assert_int_eq(tree_next(t, &d, &err), 0);
	tree_close(t);
}
END_TEST

static const char *const ways_out[] = {
	"..", ".", "a/..", "a/../..", "/a", "a//b", "../out", "link", "absent"
};

START_TEST(no_path_leads_out_of_the_tree)
{
	struct tree *t, *below;
	struct tree_dir *d;
	struct err err;

	mkdir("s", 0700);
	mkdir("s/a", 0700);
	mkdir("out", 0700);
	ck_assert_int_eq(symlink("../out", "s/link"), 0);
	t = open_tree("s");
	ck_assert_int_eq(tree_list(t, ways_out[_i], &d, &err), -1);
	ck_assert_int_eq(tree_below(&below, t, ways_out[_i], &err), -1);
	tree_close(t);
}
END_TEST

static const char *const bad_names[] = {
	"../out", "a/b", "/etc/passwd", "", ".", "..", "a"
};

START_TEST(a_name_is_one_file_of_the_folder)
{
	struct tree_dir *d;
	struct stat st;
	struct tree *t;
	struct err err;

	mkdir("s", 0700);
	mkdir("s/a", 0700);
	put("s/a/b", "x");
	put("out", "x");
	t = open_tree("s");
	ck_assert_int_eq(tree_list(t, "", &d, &err), 0);
	ck_assert_int_eq(tree_file(d, bad_names[_i], &st, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	tree_dir_drop(d);
	tree_close(t);
}
END_TEST

START_TEST(any_bytes_make_a_name)
{
	static const char *const names[] = { "a\nb", "\x1b[31m", "\xff\xfe",
	    " ", "-rf", "a:b", "..." };
	struct tree_dir *d;
	struct stat st;
	struct tree *t;
	struct err err;
	size_t i;
	int fd;

	mkdir("s", 0700);
	ck_assert_int_eq(chdir("s"), 0);
	for (i = 0; i < NITEMS(names); i++)
		put(names[i], names[i]);
	ck_assert_int_eq(chdir(".."), 0);
	t = open_tree("s");
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	ck_assert_uint_eq(d->n, NITEMS(names));
	for (i = 0; i < NITEMS(names); i++) {
		ck_assert_int_eq(type_in(d, names[i]), TREE_FILE);
		fd = tree_file(d, names[i], &st, &err);
		ck_assert_int_ne(fd, -1);
		ck_assert_int_eq(st.st_size, (off_t)strlen(names[i]));
		close(fd);
	}
	tree_close(t);
}
END_TEST

START_TEST(a_vanished_file_is_told_by_errno)
{
	struct tree_dir *d;
	struct stat st;
	struct tree *t;
	struct err err;

	mkdir("s", 0700);
	put("s/a", "x");
	t = open_tree("s");
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	ck_assert_int_eq(unlink("s/a"), 0);
	ck_assert_int_eq(tree_file(d, "a", &st, &err), -1);
	ck_assert_int_eq(err.code, ERR_SYS);
	ck_assert_int_eq(err.sys, ENOENT);
	tree_close(t);
}
END_TEST

START_TEST(folders_beyond_the_depth_limit_are_told_once)
{
	struct tree_dir *d;
	struct tree *t;
	struct err err;
	size_t i, n = 0, told = 0;
	int r;

	mkdir("s", 0700);
	ck_assert_int_eq(chdir("s"), 0);
	for (i = 0; i < TREE_DEPTH_MAX + 5; i++) {
		ck_assert_int_eq(mkdir("d", 0700), 0);
		ck_assert_int_eq(chdir("d"), 0);
	}
	ck_assert_int_eq(chdir(root), 0);
	t = open_tree("s");
	while ((r = tree_next(t, &d, &err)) != 0) {
		n += r == 1;
		told += r == -1;
	}
	ck_assert_uint_eq(n, TREE_DEPTH_MAX + 1);
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	tree_close(t);
}
END_TEST

/* A path that no message has room for: why still stands in it. */
START_TEST(a_path_beyond_the_limit_is_told_once)
{
	char name[201];
	struct tree_dir *d;
	struct tree *t;
	struct err err;
	size_t i, n = 0, told = 0;
	int r;

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	mkdir("s", 0700);
	ck_assert_int_eq(chdir("s"), 0);
	for (i = 0; i < TREE_PATH_MAX / 201 + 3; i++) {
		ck_assert_int_eq(mkdir(name, 0700), 0);
		ck_assert_int_eq(chdir(name), 0);
	}
	ck_assert_int_eq(chdir(root), 0);
	t = open_tree("s");
	while ((r = tree_next(t, &d, &err)) != 0) {
		n += r == 1;
		told += r == -1;
		if (r == -1)
			ck_assert_uint_gt(strlen(tree_where(t)),
			    TREE_PATH_MAX - 201);
	}
	ck_assert_uint_eq(n, TREE_PATH_MAX / 201 + 1);
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_str_eq(err.msg, "folders with a path of more than 4096 "
	    "bytes are not visited");
	tree_close(t);
}
END_TEST

/* Siblings come in order, whatever lies below those before them. */
START_TEST(each_folder_is_visited_once)
{
	static const char *const made[] = { "s", "s/a", "s/a/x", "s/a/x/y",
	    "s/a/z", "s/b", "s/b/x", "s/c" };
	bool seen[NITEMS(made)] = { false };
	struct tree_dir *d;
	struct tree *t;
	struct err err;
	size_t i, n = 0;

	for (i = 0; i < NITEMS(made); i++)
		ck_assert_int_eq(mkdir(made[i], 0700), 0);
	t = open_tree("s");
	for (; tree_next(t, &d, &err) == 1; n++) {
		ck_assert_str_eq(tree_where(t),
		    d->path[0] == '\0' ? "." : d->path);
		for (i = 0; i < NITEMS(made); i++)
			if (strcmp(d->path, i == 0 ? "" : made[i] + 2) == 0) {
				ck_assert(!seen[i]);
				seen[i] = true;
			}
	}
	ck_assert_uint_eq(n, NITEMS(made));
	for (i = 0; i < NITEMS(made); i++)
		ck_assert(seen[i]);
	tree_close(t);
}
END_TEST

/* The root is a file: as it stands, through a link, in a closed folder. */
static const struct {
	const char	*path, *base;
} files[] = {
	{ "s/x", "x" },
	{ "./s/x", "x" },
	{ "link", "x" },
	{ "closed/y", "y" },
};

START_TEST(a_root_that_is_a_file_holds_this_file_alone)
{
	struct tree_dir *d;
	struct stat st;
	struct tree *t;
	struct err err;
	int fd;

	mkdir("s", 0700);
	put("s/x", "xx");
	put("s/other", "x");
	ck_assert_int_eq(symlink("s/x", "link"), 0);
	mkdir("closed", 0700);
	put("closed/y", "yy");
	ck_assert_int_eq(chmod("closed", 0100), 0);
	t = open_tree(files[_i].path);
	ck_assert(tree_is_file(t));
	ck_assert_str_eq(tree_base(t), files[_i].base);
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	ck_assert_uint_eq(d->n, 1);
	ck_assert_str_eq(d->v[0].name, files[_i].base);
	fd = tree_file(d, d->v[0].name, &st, &err);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(st.st_size, 2);
	close(fd);
	ck_assert_int_eq(tree_next(t, &d, &err), 0);
	tree_close(t);
	ck_assert_int_eq(chmod("closed", 0700), 0);
}
END_TEST

static const struct {
	const char	*path;
	enum err_code	 code;
} refused[] = {
	{ "absent", ERR_SYS },
	{ "", ERR_SYS },
	{ "fifo", ERR_UNSAFE },
	{ "/dev/null", ERR_UNSAFE },
	{ "dangling", ERR_SYS },
	{ "file/", ERR_SYS },
};

START_TEST(other_roots_are_refused)
{
	struct tree *t;
	struct err err;

	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
	put("file", "x");
	ck_assert_int_eq(tree_open(&t, refused[_i].path, &err), -1);
	ck_assert_int_eq(err.code, refused[_i].code);
}
END_TEST

static const struct {
	const char	*path, *base;
} bases[] = {
	{ "s", "s" }, { "s/", "s" }, { "s//", "s" }, { "./s", "s" },
	{ "s/a/..", "s" }, { "s/.", "s" }, { "s/a", "a" },
};

START_TEST(the_base_is_the_last_part)
{
	struct tree *t;

	mkdir("s", 0700);
	mkdir("s/a", 0700);
	t = open_tree(bases[_i].path);
	ck_assert_str_eq(tree_base(t), bases[_i].base);
	ck_assert_str_eq(tree_path(t), bases[_i].path);
	ck_assert(!tree_is_file(t));
	tree_close(t);
}
END_TEST

START_TEST(names_with_one_beginning_are_found_together)
{
	static const char *const names[] = { "a", "a.x", "a:1", "a:2", "b",
	    "aa" };
	struct tree_dir *d;
	const uint32_t *v;
	struct tree *t;
	struct err err;
	size_t i;

	for (i = 0; i < NITEMS(names); i++)
		put(names[i], "x");
	t = open_tree(".");
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	ck_assert_uint_eq(tree_dir_heads(d, "a:", &v), 2);
	ck_assert_str_eq(d->v[v[0]].name, "a:1");
	ck_assert_str_eq(d->v[v[1]].name, "a:2");
	ck_assert_uint_eq(tree_dir_heads(d, "", &v), 6);
	ck_assert_uint_eq(tree_dir_heads(d, "c", &v), 0);
	ck_assert_int_eq(tree_dir_find(d, "a."), -1);
	ck_assert_int_ne(tree_dir_find(d, "b"), -1);
	tree_close(t);
}
END_TEST

START_TEST(a_folder_lives_as_long_as_it_is_kept)
{
	struct tree_dir *d;
	struct stat st;
	struct tree *t;
	struct err err;
	char buf[8];
	int fd;

	mkdir("s", 0700);
	put("s/a", "hello");
	t = open_tree("s");
	ck_assert_int_eq(tree_next(t, &d, &err), 1);
	tree_dir_keep(d);
	ck_assert_int_eq(tree_next(t, &d, &err), 0);
	tree_close(t);
	fd = tree_file(d, "a", &st, &err);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(tree_read(fd, 1, buf, sizeof(buf), &err), 4);
	ck_assert_int_eq(memcmp(buf, "ello", 4), 0);
	ck_assert_int_eq(tree_read(fd, 100, buf, sizeof(buf), &err), 0);
	close(fd);
	tree_dir_drop(d);
}
END_TEST

START_TEST(a_tree_below_is_walked_from_there)
{
	struct tree *t, *below;
	struct tree_dir *d;
	struct err err;

	mkdir("s", 0700);
	mkdir("s/a", 0700);
	mkdir("s/a/b", 0700);
	put("s/a/b/c", "x");
	t = open_tree("s/");
	ck_assert_int_eq(tree_below(&below, t, "a/b", &err), 0);
	tree_close(t);
	ck_assert_str_eq(tree_path(below), "s/a/b");
	ck_assert_str_eq(tree_base(below), "b");
	ck_assert_int_eq(tree_next(below, &d, &err), 1);
	ck_assert_str_eq(d->path, "");
	ck_assert_int_eq(type_in(d, "c"), TREE_FILE);
	tree_close(below);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tree");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_walk_gives_parents_before_children);
	tcase_add_test(tc, links_and_fifos_are_seen_and_never_followed);
	tcase_add_test(tc, a_folder_that_became_a_link_is_refused);
	tcase_add_loop_test(tc, no_path_leads_out_of_the_tree, 0,
	    NITEMS(ways_out));
	tcase_add_loop_test(tc, a_name_is_one_file_of_the_folder, 0,
	    NITEMS(bad_names));
	tcase_add_test(tc, any_bytes_make_a_name);
	tcase_add_test(tc, a_vanished_file_is_told_by_errno);
	tcase_add_test(tc, folders_beyond_the_depth_limit_are_told_once);
	tcase_add_test(tc, a_path_beyond_the_limit_is_told_once);
	tcase_add_test(tc, each_folder_is_visited_once);
	tcase_add_loop_test(tc, a_root_that_is_a_file_holds_this_file_alone,
	    0, NITEMS(files));
	tcase_add_loop_test(tc, other_roots_are_refused, 0, NITEMS(refused));
	tcase_add_loop_test(tc, the_base_is_the_last_part, 0, NITEMS(bases));
	tcase_add_test(tc, names_with_one_beginning_are_found_together);
	tcase_add_test(tc, a_folder_lives_as_long_as_it_is_kept);
	tcase_add_test(tc, a_tree_below_is_walked_from_there);
	suite_add_tcase(s, tc);
	return s;
}
