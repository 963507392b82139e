#include <check.h>
#include <errno.h>

#include "base/buf.h"
#include "base/err.h"

static char path[2000];		/* longer than any message */

static void
setup(void)
{
	memset(path, 'p', sizeof(path) - 1);
}

START_TEST(buf_num_writes_decimal_digits)
{
	struct buf b = { 0 };

	buf_num(&b, 0, 1);
	buf_addc(&b, ' ');
	buf_num(&b, 42, 9);
	buf_addc(&b, ' ');
	buf_num(&b, UINT64_MAX, 1);
	ck_assert(sl_eq(buf_sl(&b), SL("0 000000042 18446744073709551615")));
	buf_free(&b);
}
END_TEST

START_TEST(an_empty_buf_is_an_empty_slice_and_may_be_freed_twice)
{
	struct buf b = { 0 };

	ck_assert_uint_eq(buf_sl(&b).n, 0);
	buf_add(&b, (struct slice){ NULL, 0 });
	buf_fmt(&b, "%s", "");
	ck_assert_uint_eq(b.n, 0);
	buf_free(&b);
	buf_free(&b);
	ck_assert_ptr_null(b.p);
}
END_TEST

START_TEST(a_buf_keeps_every_byte_in_order)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 100000; i++) {
		switch (i % 3) {
		case 0:
			buf_addc(&b, (char)i);
			break;
		case 1:
			buf_add(&b, (struct slice){ (const char[]){ (char)i },
			    1 });
			break;
		default:
			*buf_room(&b, 1 + i % 1000) = (char)i;
			b.n++;
		}
		if (b.n != i + 1 || b.cap < b.n)
			ck_abort_msg("%zu: %zu of %zu", i, b.n, b.cap);
	}
	for (i = 0; i < b.n; i++)
		if (b.p[i] != (char)i)
			ck_abort_msg("%zu: %d", i, b.p[i]);
	buf_free(&b);
}
END_TEST

START_TEST(room_for_no_byte_is_a_place_too)
{
	struct buf b = { 0 };

	ck_assert_ptr_nonnull(buf_room(&b, 0));
	ck_assert_uint_eq(b.n, 0);
	buf_free(&b);
}
END_TEST

START_TEST(a_formatted_text_of_any_length_fits)
{
	struct buf b = { 0 };
	size_t n, at;

	for (n = 0; n < 700; n++) {
		at = b.n;
		buf_fmt(&b, "%.*s|%d", (int)n, path, 7);
		ck_assert_uint_eq(b.n, at + n + 2);
		ck_assert_int_eq(memcmp(b.p + at, path, n), 0);
		ck_assert_int_eq(memcmp(b.p + at + n, "|7", 2), 0);
	}
	buf_free(&b);
}
END_TEST

START_TEST(all_setters_return_minus_1_so_that_they_can_be_returned)
{
	struct err e = { .code = ERR_NONE };

	ck_assert_int_eq(err_set(&e, ERR_LIMIT, "%d of %d", 3, 2), -1);
	ck_assert_str_eq(e.msg, "3 of 2");
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_int_eq(e.sys, 0);
	ck_assert_int_eq(err_at(&e, "%s:%d", "a", 1), -1);
	ck_assert_str_eq(e.msg, "a:1: 3 of 2");
	ck_assert_int_eq(e.code, ERR_LIMIT);
	errno = ENOENT;
	ck_assert_int_eq(err_sys(&e, "%s", "b"), -1);
	ck_assert_str_eq(e.msg, "b: No such file or directory");
	ck_assert_int_eq(e.code, ERR_SYS);
	ck_assert_int_eq(e.sys, ENOENT);
	ck_assert_int_eq(err_at(&e, "c"), -1);
	ck_assert_str_eq(e.msg, "c: b: No such file or directory");
	ck_assert_int_eq(e.sys, ENOENT);
}
END_TEST

START_TEST(an_unknown_errno_has_a_message_too)
{
	struct err e;

	errno = 99999;
	err_sys(&e, "x");
	ck_assert_str_eq(e.msg, "x: unknown error");
}
END_TEST

START_TEST(a_long_message_is_cut)
{
	struct err e;

	err_set(&e, ERR_FORMAT, "%s", path);
	ck_assert_uint_eq(strlen(e.msg), sizeof(e.msg) - 1);
}
END_TEST

/* A path of any length leaves room for the reason. */
START_TEST(the_reason_is_kept_when_the_path_is_long)
{
	static const char why[] = ": No such file or directory";
	struct err e;
	size_t n;

	for (n = 0; n < sizeof(path); n++) {
		errno = ENOENT;
		err_sys(&e, "%.*s", (int)n, path);
		ck_assert_uint_lt(strlen(e.msg), sizeof(e.msg));
		ck_assert_ptr_nonnull(strstr(e.msg, why));
		err_at(&e, "%.*s", (int)n, path);
		err_at(&e, "there");
		ck_assert(sl_starts(sl(e.msg), SL("there: ")));
		if (n <= 220) {
			ck_assert_uint_eq(strlen(e.msg),
			    7 + n + 2 + n + sizeof(why) - 1);
			ck_assert_ptr_nonnull(strstr(e.msg, why));
		}
	}
}
END_TEST

START_TEST(where_and_what_share_the_room)
{
	struct err e;
	size_t w, n;

	for (w = 0; w < 600; w += 7)
		for (n = 0; n < 600; n += 5) {
			err_set(&e, ERR_FORMAT, "%.*s!", (int)n, path);
			err_at(&e, "%.*s", (int)w, path);
			ck_assert_uint_lt(strlen(e.msg), sizeof(e.msg));
			if (w + 2 + n + 1 < sizeof(e.msg))
				ck_assert_uint_eq(strlen(e.msg), w + 2 + n + 1);
			else
				ck_assert_uint_ge(strlen(e.msg), 400);
			if (n < 300)
				ck_assert_int_eq(e.msg[strlen(e.msg) - 1], '!');
			ck_assert_ptr_nonnull(strstr(e.msg, ": "));
		}
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("buf_err");
	TCase *t = tcase_create("buf_err");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t,
	    an_empty_buf_is_an_empty_slice_and_may_be_freed_twice);
	tcase_add_test(t, buf_num_writes_decimal_digits);
	tcase_add_test(t, a_buf_keeps_every_byte_in_order);
	tcase_add_test(t, room_for_no_byte_is_a_place_too);
	tcase_add_test(t, a_formatted_text_of_any_length_fits);
	tcase_add_test(t,
	    all_setters_return_minus_1_so_that_they_can_be_returned);
	tcase_add_test(t, an_unknown_errno_has_a_message_too);
	tcase_add_test(t, a_long_message_is_cut);
	tcase_add_test(t, the_reason_is_kept_when_the_path_is_long);
	tcase_add_test(t, where_and_what_share_the_room);
	suite_add_tcase(s, t);
	return s;
}
