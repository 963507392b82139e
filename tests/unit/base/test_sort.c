#include <check.h>
#include <stdlib.h>

#include "base/sort.h"

#define MANY	3000

static uint64_t
next(uint64_t *x)
{
	return *x = *x * UINT64_C(6364136223846793005) + 1;
}

static int
by_key(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* Keys of few bits have many equals, keys of many have all their digits. */
static const struct {
	size_t		n;
	uint64_t	mask;
} sorts[] = {
	{ 0, 0 }, { 1, UINT64_MAX }, { 2, 1 }, { 32, UINT64_MAX },
	{ 33, UINT64_MAX }, { 32, 3 }, { 33, 3 }, { MANY, 0 }, { MANY, 7 },
	{ MANY, UINT64_C(0xff00ff0000000000) }, { MANY, UINT64_MAX },
	{ MANY, 0xffff }, { MANY, UINT64_C(1) << 63 },
};

START_TEST(keys_are_sorted_and_equals_keep_their_order)
{
	static struct sort_key v[MANY], want[MANY];
	size_t n = sorts[_i].n, i;
	uint64_t x = 1;

	for (i = 0; i < n; i++)
		v[i] = want[i] = (struct sort_key){
		    (next(&x) ^ x >> 29) & sorts[_i].mask, (uint32_t)i };
	sort_keys(v, n);
	qsort(want, n, sizeof(*want), by_key);
	for (i = 0; i < n; i++)
		ck_assert(v[i].key == want[i].key && v[i].i == want[i].i);
}
END_TEST

START_TEST(a_run_ends_where_the_key_changes)
{
	const struct sort_key v[] = { { 5, 0 }, { 5, 1 }, { 7, 2 } };

	ck_assert_uint_eq(sort_run(v, 0), 0);
	ck_assert_uint_eq(sort_run(v, 3), 2);
	ck_assert_uint_eq(sort_run(v, 1), 1);
	ck_assert_uint_eq(sort_run(v + 2, 1), 1);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("sort");
	TCase *tc = tcase_create("sort");

	tcase_add_loop_test(tc, keys_are_sorted_and_equals_keep_their_order,
	    0, (int)(sizeof(sorts) / sizeof(sorts[0])));
	tcase_add_test(tc, a_run_ends_where_the_key_changes);
	suite_add_tcase(s, tc);
	return s;
}
