#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "mail/magic.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

Suite	*suite(void);

static struct magics *mg;

static void
setup(void)
{
	mg = magics_new();
}

static void
teardown(void)
{
	magics_free(mg);
	magics_free(NULL);
}

static const struct {
	const char	*head;
	size_t		 n, zeros;	/* zeros behind it */
	const char	*type;
} files[] = {
	{ "MZ", 2, 200, "application/x-dosexec" },
	{ "%PDF-1.4\n", 9, 0, "application/pdf" },
	{ "#!/bin/sh\n:\n", 12, 0, "text/x-shellscript" },
	{ "Rar!\032\007\0", 7, 30, "application/x-rar" },
	{ "\211PNG\r\n\032\n\0\0\0\rIHDR", 16, 40, "image/png" },
	{ "\211PNG\r\n\032\n", 8, 0, "application/octet-stream" },
	{ "GIF89a\1\0\1\0", 10, 40, "image/gif" },
	{ "\377\330\377\340\0\20JFIF", 10, 40, "image/jpeg" },
	{ "\377\330\377\341\0\20Exif", 10, 40, "image/jpeg" },
	{ "plain words\n", 12, 0, "text/plain" },
	{ "\xe3\x81\x82\n", 4, 0, "text/plain" },
	{ "\377\376h\0i\0\n\0", 8, 0, "text/plain" },
	{ "\376\377\0h\0i\0\n", 8, 0, "text/plain" },
	{ "words\0", 6, 20, "application/octet-stream" },
	{ "\1\2\3\4\5", 5, 0, "application/octet-stream" },
	{ "", 0, 0, "" },
};

START_TEST(bytes_are_named_whatever_they_are_called)
{
	char b[256] = { 0 };
	size_t n = files[_i].n + files[_i].zeros;

	memcpy(b, files[_i].head, files[_i].n);
	ck_assert(sl_eq(magics_type(mg, (struct slice){ b, n }),
	    sl(files[_i].type)));
	ck_assert_ptr_null(magics_failure(mg));
}
END_TEST

/* Zeros, and behind the limit something that would be known in front. */
START_TEST(only_the_first_bytes_are_looked_at)
{
	size_t n = 8 * TYPE_BYTES_MAX;
	char *b = calloc(1, n);

	memcpy(b + TYPE_BYTES_MAX, "%PDF-1.4\n", 9);
	ck_assert(sl_eq(magics_type(mg, (struct slice){ b, n }),
	    SL("application/octet-stream")));
	free(b);
}
END_TEST

START_TEST(compressed_bytes_are_not_unpacked)
{
	/* "hello", as gzip -n has it */
	ck_assert(sl_eq(magics_type(mg, SL("\037\213\010\0\0\0\0\0\0\003"
	    "\313\110\315\311\311\007\0\206\246\020\066\005\0\0\0")),
	    SL("application/gzip")));
}
END_TEST

START_TEST(without_a_database_there_is_a_reason_and_no_type)
{
	setenv("MAGIC", "/nonexistent/magic", 1);
	ck_assert_uint_eq(magics_type(mg, SL("MZ")).n, 0);
	ck_assert_uint_eq(magics_type(mg, SL("MZ")).n, 0);
	ck_assert_ptr_nonnull(magics_failure(mg));
	ck_assert_ptr_nonnull(strstr(magics_failure(mg), "libmagic: "));
	ck_assert_ptr_null(magics_failure(NULL));
	unsetenv("MAGIC");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("magic");
	TCase *tc = tcase_create("magic");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, bytes_are_named_whatever_they_are_called, 0,
	    NITEMS(files));
	tcase_add_test(tc, only_the_first_bytes_are_looked_at);
	tcase_add_test(tc, compressed_bytes_are_not_unpacked);
	tcase_add_test(tc, without_a_database_there_is_a_reason_and_no_type);
	suite_add_tcase(s, tc);
	return s;
}
