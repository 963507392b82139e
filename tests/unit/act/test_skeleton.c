#include <dirent.h>
#include <sys/xattr.h>

#include "../spool/spoolbox.h"
#include "act/place.h"
#include "act/skeleton.h"

static const char *const must[] = { "In", "In/Archive", "Out", NULL };

static int
box_fd(const char *name)
{
	int fd = open(box(name), O_RDONLY | O_DIRECTORY);

	ck_assert_int_ne(fd, -1);
	return fd;
}

static unsigned
mode_of(const char *name)
{
	struct stat st;

	ck_assert_msg(lstat(box(name), &st) == 0, "%s: %s", name,
	    strerror(errno));
	return st.st_mode;
}

static size_t
build(const char *from, const char *to)
{
	struct err err = { 0 };
	int f = box_fd(from), t = box_fd(to);
	size_t n = 0;

	ck_assert_msg(skeleton_build(f, t, must, &n, &err) == 0, "%s",
	    err.msg);
	close(f);
	close(t);
	return n;
}

START_TEST(folders_come_with_their_modes_and_files_do_not)
{
	box_text("old/in/Archive/x", "x");
	box_text("old/Out/a/b/c/y", "y");
	box_text("old/queue.dat", "q");
	box_folders("new/");
	ck_assert_int_eq(chmod(box("old/Out/a"), 02750), 0);
	ck_assert_int_eq(chmod(box("old"), 0751), 0);
	ck_assert_uint_eq(build("old", "new"), 6);
	ck_assert_uint_eq(mode_of("new"), S_IFDIR | 0751);
	ck_assert_uint_eq(mode_of("new/Out/a"), S_IFDIR | 02750);
	ck_assert_uint_eq(mode_of("new/Out/a/b/c"), S_IFDIR | 0700);
	ck_assert_int_eq(access(box("new/Out/a/b/c/y"), F_OK), -1);
	ck_assert_int_eq(access(box("new/queue.dat"), F_OK), -1);
	/* "in" is the In that must be there */
	ck_assert_int_eq(access(box("new/In"), F_OK), -1);
}
END_TEST

START_TEST(what_a_fresh_spool_must_have_is_made)
{
	box_text("old/In/x", "x");
	box_folders("new/");
	ck_assert_int_eq(chmod(box("old/In"), 0770), 0);
	ck_assert_uint_eq(build("old", "new"), 1);
	ck_assert_uint_eq(mode_of("new/In/Archive"), S_IFDIR | 0770);
	ck_assert_uint_eq(mode_of("new/Out"), S_IFDIR | 0700);
	ck_assert_uint_eq(build("old", "new"), 1);	/* again: no error */
}
END_TEST

/* user::rwx user:65534:r-x group::--- mask::r-x other::---, version 2 */
static const unsigned char acl[] = {
	2, 0, 0, 0,  1, 0, 7, 0, 255, 255, 255, 255,
	2, 0, 5, 0, 254, 255, 0, 0,  4, 0, 0, 0, 255, 255, 255, 255,
	16, 0, 5, 0, 255, 255, 255, 255,  32, 0, 0, 0, 255, 255, 255, 255
};
#define ACL	"system.posix_acl_access"
#define DEFAULT	"system.posix_acl_default"

START_TEST(acls_and_attributes_are_those_of_the_old_folder)
{
	char v[64];

	box_text("old/In/x", "x");
	box_folders("new/");
	if (setxattr(box("old/In"), "user.a", "1\0002", 3, 0) == -1 ||
	    setxattr(box("old/In"), ACL, acl, sizeof(acl), 0) == -1) {
		puts("# no attributes or ACLs on this file system");
		return;
	}
	/* the new root's default must not reach the folders in it */
	ck_assert_int_eq(setxattr(box("new"), DEFAULT, acl, sizeof(acl), 0),
	    0);
	build("old", "new");
	ck_assert_int_eq(getxattr(box("new/In"), "user.a", v, sizeof(v)), 3);
	ck_assert_int_eq(memcmp(v, "1\0002", 3), 0);
	ck_assert_int_eq(getxattr(box("new/In"), ACL, v, sizeof(v)),
	    sizeof(acl));
	ck_assert_int_eq(memcmp(v, acl, sizeof(acl)), 0);
	ck_assert_int_eq(getxattr(box("new/Out"), ACL, v, sizeof(v)), -1);
	ck_assert_int_eq(getxattr(box("new/In"), DEFAULT, v, sizeof(v)), -1);
	ck_assert_int_eq(getxattr(box("new"), DEFAULT, v, sizeof(v)), -1);
}
END_TEST

START_TEST(only_empty_folders_are_removed)
{
	struct err err = { 0 };
	int at = box_fd("");

	box_folders("a/b/c/");
	box_folders("a/d/");
	ck_assert_int_eq(skeleton_remove(at, "a", &err), 0);
	ck_assert_int_eq(access(box("a"), F_OK), -1);
	ck_assert_int_eq(skeleton_remove(at, "a", &err), 0);
	box_text("a/b/x", "x");
	ck_assert_int_eq(skeleton_remove(at, "a", &err), -1);
	ck_assert_int_eq(access(box("a/b/x"), F_OK), 0);
	ck_assert_int_eq(symlink("a", box("l")), 0);
	ck_assert_int_eq(skeleton_remove(at, "l", &err), -1);
	close(at);
}
END_TEST

START_TEST(a_link_in_the_spool_is_not_followed)
{
	box_text("out/deep/x", "x");
	box_text("old/In/x", "x");
	box_folders("new/");
	ck_assert_int_eq(symlink("../../out", box("old/In/link")), 0);
	build("old", "new");
	ck_assert_int_eq(access(box("new/In/link"), F_OK), -1);
}
END_TEST

START_TEST(the_place_is_beside_the_spool_and_locked)
{
	struct err err = { 0 };
	struct place a, b;

	box_text("s/In/x", "x");
	ck_assert_int_eq(symlink("s", box("link")), 0);
	ck_assert_int_eq(place_open(&a, box("link/"), "spoolclean", &err), 0);
	ck_assert_str_eq(a.base, "s");
	ck_assert_str_eq(a.beside_path, box_dir);
	ck_assert(!a.mount);
	ck_assert_int_eq(place_open(&b, box("s"), "spoolarchive", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "in use by spoolclean"));
	ck_assert_int_eq(place_open(&b, box("s"), NULL, &err), 0);
	place_close(&b);
	place_close(&a);
	ck_assert_int_eq(place_open(&b, box("s"), "spoolarchive", &err), 0);
	place_close(&b);
	ck_assert_int_eq(place_open(&b, box("none"), NULL, &err), 0);
	ck_assert_int_eq(b.root, -1);
	place_close(&b);
	ck_assert_int_eq(place_open(&b, box("none/s"), NULL, &err), -1);
	ck_assert_int_eq(place_open(&b, "/", NULL, &err), -1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("skeleton");
	TCase *tc = tcase_create("skeleton");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_test(tc, folders_come_with_their_modes_and_files_do_not);
	tcase_add_test(tc, what_a_fresh_spool_must_have_is_made);
	tcase_add_test(tc, acls_and_attributes_are_those_of_the_old_folder);
	tcase_add_test(tc, only_empty_folders_are_removed);
	tcase_add_test(tc, a_link_in_the_spool_is_not_followed);
	tcase_add_test(tc, the_place_is_beside_the_spool_and_locked);
	suite_add_tcase(s, tc);
	return s;
}
