#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "io/tarr.h"
#include "io/ustar.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))
#define TEN	"0123456789"
#define HUNDRED	TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

Suite	*suite(void);

static struct buf b;

static void
teardown(void)
{
	buf_free(&b);
}

static struct stat
plain(void)
{
	return (struct stat){ .st_mode = S_IFREG | 0640, .st_uid = 1000,
	    .st_gid = 100, .st_size = 512,
	    .st_mtim = { 1073295000, 0 } };
}

/* All bytes at once; the file's own are not there. */
static int
give(void *ctx, struct slice *bytes, struct err *err)
{
	struct slice *rest = ctx;

	(void)err;
	*bytes = *rest;
	*rest = SL("");
	return 0;
}

static void
read_back(const char *name, const struct stat *st)
{
	struct slice rest = buf_sl(&b);
	struct tarr *t = tarr_new(give, &rest, false);
	struct tarr_member m;
	struct err err;

	ck_assert_int_eq(tarr_next(t, &m, &err), 1);
	ck_assert_str_eq(m.name, name);
	ck_assert_uint_eq(m.true_name.n, 0);
	ck_assert_ptr_null(m.hard);
	ck_assert_uint_eq(m.mode, st->st_mode);
	ck_assert_uint_eq(m.uid, st->st_uid);
	ck_assert_uint_eq(m.gid, st->st_gid);
	ck_assert_uint_eq(m.size, (uint64_t)st->st_size);
	ck_assert_int_eq(m.mtime.tv_sec, st->st_mtim.tv_sec);
	ck_assert_int_eq(m.mtime.tv_nsec, st->st_mtim.tv_nsec);
	tarr_free(t);
}

static const struct {
	const char	*name;
	bool		 fits;
} names[] = {
	{ "bag/data/x", true },
	{ HUNDRED, true },
	{ HUNDRED "1", false },
	{ "a/" HUNDRED, true },
	{ "a/" HUNDRED "1", false },
	{ HUNDRED TEN TEN TEN TEN TEN "12345/" HUNDRED, true },
	{ HUNDRED TEN TEN TEN TEN TEN "123456/" HUNDRED, false },
	{ "/" HUNDRED, false },
	{ "bag/data/\303\244", false },
	{ "bag/data/\377", false },
	{ "bag/data/a b\n", true },
};

START_TEST(a_name_that_fits_is_read_as_it_was)
{
	struct stat st = plain();

	buf_add(&b, SL("x"));
	ck_assert(ustar_header(&b, names[_i].name, &st, "root", NULL) ==
	    names[_i].fits);
	ck_assert_uint_eq(b.n, names[_i].fits ? 1 + USTAR_BLOCK : 1);
	if (!names[_i].fits)
		return;
	memmove(b.p, b.p + 1, --b.n);
	read_back(names[_i].name, &st);
}
END_TEST

static const struct {
	uint64_t	uid, size;
	int64_t		sec;
	long		nsec;
	mode_t		mode;
	size_t		blocks;		/* 0: more words are needed */
} numbers[] = {
	{ 0, 0, 0, 0, 0, 1 },
	{ 07777777, 1, 1073295000, 0, 07777, 1 },
	{ 010000000, 1, 1073295000, 0, 0644, 0 },
	{ 0, 077777777777, 077777777777, 0, 0644, 1 },
	{ 0, 0100000000000, 0, 0, 0644, 0 },
	{ 0, 0, 0100000000000, 0, 0644, 0 },
	{ 0, 0, -1, 0, 0644, 0 },
	{ 0, 0, 1796071249, 880745807, 0644, 3 },
	{ 0, 0, 1796071249, 1, 0644, 3 },
	{ 0, 0, 0, 999999999, 0644, 3 },
	{ 0, 0, 077777777777, 999999999, 0644, 3 },
	{ 0, 0, -1, 999999999, 0644, 0 },
};

START_TEST(a_number_that_fits_is_read_as_it_was)
{
	struct stat st = { .st_mode = S_IFREG | numbers[_i].mode,
	    .st_uid = (uid_t)numbers[_i].uid,
	    .st_gid = (gid_t)numbers[_i].uid,
	    .st_size = (off_t)numbers[_i].size,
	    .st_mtim = { numbers[_i].sec, numbers[_i].nsec } };

	ck_assert(ustar_header(&b, "bag/data/x", &st, NULL, "wheel") ==
	    (numbers[_i].blocks > 0));
	ck_assert_uint_eq(b.n, numbers[_i].blocks * USTAR_BLOCK);
	if (b.n > 0)
		read_back("bag/data/x", &st);
}
END_TEST

START_TEST(an_owner_whose_name_does_not_fit_needs_more_words)
{
	struct stat st = plain();

	ck_assert(ustar_header(&b, "x", &st, TEN TEN TEN "1", NULL));
	ck_assert(!ustar_header(&b, "x", &st, TEN TEN TEN "12", NULL));
	ck_assert(!ustar_header(&b, "x", &st, NULL, TEN TEN TEN "12"));
	ck_assert(!ustar_header(&b, "x", &st, "\303\244", NULL));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("io/ustar");
	TCase *tc = tcase_create("ustar");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, a_name_that_fits_is_read_as_it_was, 0,
	    NITEMS(names));
	tcase_add_loop_test(tc, a_number_that_fits_is_read_as_it_was, 0,
	    NITEMS(numbers));
	tcase_add_test(tc, an_owner_whose_name_does_not_fit_needs_more_words);
	suite_add_tcase(s, tc);
	return s;
}
