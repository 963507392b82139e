#include <check.h>

#include "mail/vector.h"

static const struct vector_words words = {
	.user = SL("u"), .domain = SL("remote.example.net"),
	.local = SL("example.org"), .host = SL("mail.example.org"),
	.address = SL("192.0.2.1"), .foreign = SL("foreign.example.com"),
};

/* What relaytest sends is what the judge finds in a spool: one table. */
START_TEST(the_judge_sees_through_each_recipient)
{
	const struct vector *v = &vectors[_i];
	struct arena *a = arena_new();
	struct buf path = { 0 };
	struct addr ad, to = { .spec = SL("?") };
	struct slice rest;

	vector_path(&path, v->rcpt, &words);
	ck_assert_int_eq(addr_path(a, buf_sl(&path), &ad, &rest), 0);
	ck_assert_str_eq(addr_route_name(addr_route(a, &ad, &to)),
	    addr_route_name(v->form));
	if (v->form != ROUTE_NONE)
		ck_assert_msg(sl_eq(to.spec, SL("u@remote.example.net")),
		    "%s: " SL_FMT, v->id, SL_ARG(to.spec));
	buf_free(&path);
	arena_free(a);
}
END_TEST

START_TEST(each_way_to_hide_a_route_has_a_row)
{
	int form;

	for (form = ROUTE_NONE + 1; form <= ROUTE_DOUBLE_AT; form++)
		ck_assert_ptr_nonnull(vector_like((enum addr_route)form));
	ck_assert_ptr_null(vector_like(ROUTE_NONE));
	ck_assert_str_eq(vector_like(ROUTE_PERCENT)->id, "M6");
}
END_TEST

START_TEST(rows_have_ids_of_their_own)
{
	size_t i;

	for (i = 0; i < vectors_n; i++)
		ck_assert_ptr_eq(vector_find(sl(vectors[i].id)), &vectors[i]);
	ck_assert_ptr_eq(vector_find(SL("m6")), vector_like(ROUTE_PERCENT));
	ck_assert_ptr_null(vector_find(SL("M8")));
}
END_TEST

Suite *	suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("vector");
	TCase *tc = tcase_create("vector");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, the_judge_sees_through_each_recipient, 0,
	    (int)vectors_n);
	tcase_add_test(tc, each_way_to_hide_a_route_has_a_row);
	tcase_add_test(tc, rows_have_ids_of_their_own);
	return s;
}
