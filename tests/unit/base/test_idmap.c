#include <check.h>

#include "base/idmap.h"

#define ROWS	5000

struct sums {
	uint32_t	id;
	uint64_t	n;
};

static uint32_t
number(uint32_t i)
{
	return i * 2654435761u | 1;	/* spread over all numbers */
}

START_TEST(an_empty_map_has_nothing)
{
	struct idmap m = { .size = sizeof(struct sums) };

	ck_assert_ptr_null(idmap_find(&m, 1));
	idmap_free(&m);
	idmap_free(&m);
}
END_TEST

START_TEST(each_number_has_one_row_that_begins_with_it)
{
	struct idmap m = { .size = sizeof(struct sums) };
	const struct sums *found;
	struct sums *row;
	uint32_t i, round;

	for (round = 1; round <= 3; round++)
		for (i = 0; i < ROWS; i++) {
			row = idmap_row(&m, number(i));
			ck_assert_uint_eq(row->id, number(i));
			ck_assert_uint_eq(row->n, round == 1 ? 0 :
			    (round - 1) * (uint64_t)i);
			row->n += i;
		}
	ck_assert_uint_eq(m.n, ROWS);
	for (i = 0; i < ROWS; i++) {
		found = idmap_find(&m, number(i));
		ck_assert_ptr_nonnull(found);
		ck_assert_uint_eq(found->n, 3 * (uint64_t)i);
	}
	ck_assert_ptr_null(idmap_find(&m, 2));	/* none is even */
	idmap_free(&m);
}
END_TEST

START_TEST(rows_lie_in_the_order_they_came)
{
	struct idmap m = { .size = sizeof(struct sums) };
	struct sums *rows;
	uint32_t i;

	for (i = 0; i < ROWS; i++)
		idmap_row(&m, number(i));
	rows = (struct sums *)(void *)m.rows;
	for (i = 0; i < ROWS; i++)
		ck_assert_uint_eq(rows[i].id, number(i));
	idmap_free(&m);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("idmap");
	TCase *tc = tcase_create("idmap");

	tcase_add_test(tc, an_empty_map_has_nothing);
	tcase_add_test(tc, each_number_has_one_row_that_begins_with_it);
	tcase_add_test(tc, rows_lie_in_the_order_they_came);
	suite_add_tcase(s, tc);
	return s;
}
