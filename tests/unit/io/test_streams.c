#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/streams.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))
#define MAX	1000

Suite	*suite(void);

static char path[64];
static int fd;
static struct arena *a;
static struct stream v[TREE_STREAMS_MAX];
static bool more;

static void
setup(void)
{
	snprintf(path, sizeof(path), "/tmp/streams.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ne(fd, -1);
	a = arena_new();
}

static void
teardown(void)
{
	arena_free(a);
	close(fd);
	unlink(path);
}

/* False: this file system keeps no attributes of users. */
static bool
set(const char *name, const char *value, size_t n)
{
	if (fsetxattr(fd, name, value, n, 0) == 0)
		return true;
	if (errno == ENOTSUP) {
		fputs("skipped streams: no user xattrs on /tmp\n", stderr);
		return false;
	}
	ck_abort_msg("%s: %s", name, strerror(errno));
}

static size_t
list(void)
{
	return tree_streams(fd, a, MAX, v, &more);
}

START_TEST(a_plain_file_has_none)
{
	ck_assert_uint_eq(list(), 0);
	ck_assert(!more);
}
END_TEST

static const struct {
	const char	*attr, *name;	/* NULL: it is no stream */
} names[] = {
	{ "user.PROPERTIES", "PROPERTIES" },
	{ "user.DosStream.PROPERTIES:$DATA", "PROPERTIES" },
	{ "user.DosStream.x", "x" },
	{ "user.dosstream.x:$data", "x" },
	{ "user.a\nb\033", "a\nb\033" },
	{ "user.DOSATTRIB", NULL },
	{ "user.SAMBA_PAI", NULL },
	{ "user.DosStream.:$DATA", NULL },
};

START_TEST(an_attribute_is_listed_by_the_name_that_ntfs_has)
{
	if (!set(names[_i].attr, "\0b", 2))
		return;
	ck_assert_uint_eq(list(), names[_i].name != NULL);
	if (names[_i].name == NULL)
		return;
	ck_assert(sl_eq(v[0].name, sl(names[_i].name)));
	ck_assert_uint_eq(v[0].size, 2);
	ck_assert(sl_eq(v[0].bytes, SL("\0b")));
}
END_TEST

START_TEST(no_more_bytes_are_given_than_asked_for)
{
	static char big[MAX + 500];

	if (!set("user.big", big, sizeof(big)) || !set("user.none", "", 0))
		return;
	ck_assert_uint_eq(list(), 2);
	ck_assert_uint_eq(v[0].size, sizeof(big));
	ck_assert_uint_eq(v[0].bytes.n, MAX);
	ck_assert_uint_eq(v[1].size, 0);
	ck_assert_uint_eq(v[1].bytes.n, 0);
}
END_TEST

/* Their names do not fit into what is tried first. */
START_TEST(many_are_cut_off_and_come_in_the_order_of_names)
{
	char name[128];
	size_t i;

	for (i = 0; i < TREE_STREAMS_MAX + 1; i++) {
		if (i == TREE_STREAMS_MAX) {
			ck_assert_uint_eq(list(), TREE_STREAMS_MAX);
			ck_assert(!more);
		}
		snprintf(name, sizeof(name), "user.%080zu", 99 - i);
		if (!set(name, "x", 1))
			return;
	}
	ck_assert_uint_eq(list(), TREE_STREAMS_MAX);
	ck_assert(more);
	for (i = 1; i < TREE_STREAMS_MAX; i++)
		ck_assert_int_lt(sl_cmp(v[i - 1].name, v[i].name), 0);
}
END_TEST

START_TEST(what_cannot_be_asked_has_none)
{
	ck_assert_uint_eq(tree_streams(-1, a, MAX, v, &more), 0);
	ck_assert(!more);
}
END_TEST

START_TEST(held_attributes_are_the_streams_of_a_file)
{
	struct buf held = { 0 };
	char attr[32];
	int i;

	streams_hold(&held, SL("security.selinux"), SL("x"));
	streams_hold(&held, SL("user.DOSATTRIB"), SL("x"));
	ck_assert_uint_eq(held.n, 0);
	streams_hold(&held, SL("user.b"), SL("second"));
	streams_hold(&held, SL("user.DosStream.a:$DATA"), SL("first"));
	streams_hold(&held, SL("user.b"), SL("twice"));
	ck_assert_uint_eq(streams_held(buf_sl(&held), a, 3, v, &more), 2);
	ck_assert(!more && sl_eq(v[0].name, SL("a")));
	ck_assert(sl_eq(v[0].bytes, SL("fir")) && v[0].size == 5);
	ck_assert(sl_eq(v[1].bytes, SL("sec")) && v[1].size == 6);
	for (i = 0; i < 100; i++) {
		snprintf(attr, sizeof(attr), "user.%d", i);
		streams_hold(&held, sl(attr), SL("x"));
	}
	ck_assert_uint_eq(streams_held(buf_sl(&held), a, 3, v, &more),
	    TREE_STREAMS_MAX);
	ck_assert(more && held.n < 1024);
	buf_free(&held);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("streams");
	TCase *tc = tcase_create("streams");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_plain_file_has_none);
	tcase_add_loop_test(tc,
	    an_attribute_is_listed_by_the_name_that_ntfs_has, 0,
	    NITEMS(names));
	tcase_add_test(tc, no_more_bytes_are_given_than_asked_for);
	tcase_add_test(tc, many_are_cut_off_and_come_in_the_order_of_names);
	tcase_add_test(tc, what_cannot_be_asked_has_none);
	tcase_add_test(tc, held_attributes_are_the_streams_of_a_file);
	suite_add_tcase(s, tc);
	return s;
}
