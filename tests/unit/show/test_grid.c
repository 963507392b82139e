#include <check.h>
#include <stdlib.h>

#include "show/grid.h"

Suite	*suite(void);

static const struct grid_column three[] = {
	{ "who", false, false }, { "n", true, false },
	{ "hash", false, true }, { "what", false, false },
};

/* Two rows, the second one hostile. */
static const char *
printed(enum sink_kind kind, size_t width)
{
	static char *p;
	struct grid *g;
	size_t n;
	FILE *f;

	free(p);
	f = open_memstream(&p, &n);
	g = grid_new(f, &(struct sink_opts){ .kind = kind, .width = width },
	    three, 4);
	grid_put(g, (struct slice[]){ SL("bob"), SL("7"), SL("ab"),
	    SL("a long tale of many words") });
	grid_put(g, (struct slice[]){ SL("=x\033[2J"), SL("12345"), SL(""),
	    SL("") });
	grid_free(g);
	fclose(f);
	return p;
}

START_TEST(a_table_is_as_wide_as_its_values)
{
	ck_assert_str_eq(printed(SINK_TABLE, 0),
	    "who         n  what\n"
	    "bob         7  a long tale of many words\n"
	    "=x?[2J  12345  -\n");
}
END_TEST

START_TEST(on_a_terminal_the_last_column_is_cut)
{
	ck_assert_str_eq(printed(SINK_TABLE, 24),
	    "who         n  what\n"
	    "bob         7  a long t~\n"
	    "=x?[2J  12345  -\n");
}
END_TEST

START_TEST(csv_has_all_columns_and_no_formula)
{
	ck_assert_str_eq(printed(SINK_CSV, 0), "who,n,hash,what\r\n"
	    "bob,7,ab,a long tale of many words\r\n"
	    "'=x?[2J,12345,,\r\n");
}
END_TEST

START_TEST(json_has_numbers_and_leaves_out_what_is_absent)
{
	ck_assert_str_eq(printed(SINK_NDJSON, 0),
	    "{\"v\":1,\"who\":\"bob\",\"n\":7,\"hash\":\"ab\","
	    "\"what\":\"a long tale of many words\"}\n"
	    "{\"v\":1,\"who\":\"=x\\u001B[2J\",\"n\":12345}\n");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("grid");
	TCase *tc = tcase_create("grid");

	tcase_add_test(tc, a_table_is_as_wide_as_its_values);
	tcase_add_test(tc, on_a_terminal_the_last_column_is_cut);
	tcase_add_test(tc, csv_has_all_columns_and_no_formula);
	tcase_add_test(tc, json_has_numbers_and_leaves_out_what_is_absent);
	suite_add_tcase(s, tc);
	return s;
}
