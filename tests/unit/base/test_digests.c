#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/digests.h"
#include "base/hash.h"

#define MOST	600		/* bytes of one */

Suite	*suite(void);

static char bytes[MOST * 2];
static struct sha256 *sha;
static struct digests *many;

static void
setup(void)
{
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 167 + i / 251);
	sha = sha256_new();
	many = digests_new();
}

static void
teardown(void)
{
	sha256_free(sha);
	digests_free(many);
}

static void
is_right(const struct digest *d)
{
	uint8_t want[32];

	sha256_start(sha);
	sha256_add(sha, d->bytes);
	sha256_end(sha, want);
	ck_assert_mem_eq(d->out, want, sizeof(want));
}

/* n strings, each step longer than the last, from the length first on. */
static void
try(size_t n, size_t first, size_t step)
{
	struct digest v[8] = { { .out = NULL } };
	uint8_t out[8][32];
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = (struct digest){ { bytes + i,
		    (first + i * step) % MOST }, out[i] };
	digests_make(many, v, n);
	for (i = 0; i < n; i++)
		is_right(&v[i]);
}

START_TEST(a_string_of_any_length_beside_others)
{
	size_t n;

	for (n = 0; n <= 8; n++) {
		try(n, (size_t)_i, 0);
		try(n, (size_t)_i, 1);
		try(n, (size_t)_i, 200);
	}
}
END_TEST

START_TEST(nothing_has_a_digest_too)
{
	uint8_t out[2][32];
	struct digest v[] = { { SL(""), out[0] }, { { NULL, 0 }, out[1] } };
	char hex[65];

	digests_make(many, v, 2);
	hex_str(out[0], 32, hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	ck_assert_mem_eq(out[0], out[1], 32);
}
END_TEST

START_TEST(hundreds_and_long_ones_among_them)
{
	enum { N = 700, LONG = 70000 };
	static struct digest v[N];
	static uint8_t out[N][32];
	char *all = malloc(LONG);
	size_t i;

	ck_assert_ptr_nonnull(all);
	memset(all, 'x', LONG);
	for (i = 0; i < N; i++)
		v[i] = (struct digest){ { all, i % 50 == 0 ? LONG - i :
		    i % 50 == 1 ? 65530 + i % 7 : i }, out[i] };
	digests_make(many, v, N);
	for (i = 0; i < N; i++)
		is_right(&v[i]);
	free(all);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("base/digests");
	TCase *tc = tcase_create("digests");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_string_of_any_length_beside_others, 0, 200);
	tcase_add_test(tc, nothing_has_a_digest_too);
	tcase_add_test(tc, hundreds_and_long_ones_among_them);
	suite_add_tcase(s, tc);
	return s;
}
