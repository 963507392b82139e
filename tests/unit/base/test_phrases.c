#include <check.h>
#include <stdlib.h>

#include "base/phrases.h"

static const struct {
	struct slice	words;
	int		other;
} table[] = {
	{ SL("could not be delivered"), 1 },
	{ SL("could not"), 2 },
	{ SL("user unknown"), 3 },
	{ SL("(failure)"), 4 },
	{ SL("\xe9\x85\x8d\xe4\xbf\xa1"), 5 },
	{ SL("not be"), 6 },
};

static const struct {
	const char	*text;
	const char	*rows;		/* a digit for each that stands in it */
} texts[] = {
	{ "", "" },
	{ "n", "" },
	{ "NOT BE", "5" },
	{ "It COULD NOT be delivered: User Unknown", "0125" },
	{ "could not b", "1" },
	{ "Delivery Status (Failure)", "3" },
	{ "(failure", "" },
	{ "x\xe9\x85\x8d\xe4\xbf\xa1", "4" },
	{ "could not be delivere", "15" },
};

START_TEST(every_row_that_stands_in_the_text_is_found)
{
	struct phrases p;
	struct phrase_set found;
	struct slice text = sl(texts[_i].text);
	size_t i;
	bool any;

	PHRASES_INIT(&p, table);
	any = phrases_in(&p, text, &found);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(phrase_found(&found, i) ==
		    (sl_ifind(text, table[i].words) != NULL),
		    "row %zu in \"%s\"", i, texts[_i].text);
	ck_assert_int_eq(any, texts[_i].rows[0] != '\0');
}
END_TEST

/* Two ways to ask one question must agree, on random text of few letters. */
/* The shortest row has _i bytes more than it must. */
START_TEST(it_agrees_with_a_search_for_each_row)
{
	static struct slice rows[PHRASES_MAX];
	static char bytes[PHRASES_MAX][PHRASE_MIN + 7], text[512];
	struct phrases p;
	struct phrase_set found;
	unsigned x = 12345;
	size_t i, k, round;

	for (i = 0; i < PHRASES_MAX; i++) {
		for (k = 0; k < sizeof(bytes[i]); k++)
			bytes[i][k] = "abc-"[(x = x * 1103515245 + 12345) >>
			    16 & 3];
		rows[i] = (struct slice){ bytes[i],
		    PHRASE_MIN + (size_t)_i + i % 5 };
	}
	PHRASES_INIT(&p, rows);
	for (round = 0; round < 200; round++) {
		for (k = 0; k < sizeof(text); k++)
			text[k] = "aAbBcC--"[(x = x * 1103515245 + 12345) >>
			    16 & 7];
		phrases_in(&p, (struct slice){ text, round * 2 }, &found);
		for (i = 0, k = phrase_next(&found, 0); i < PHRASES_MAX; i++) {
			ck_assert_int_eq(phrase_found(&found, i),
			    sl_ifind((struct slice){ text, round * 2 },
			    rows[i]) != NULL);
			ck_assert_int_eq(phrase_found(&found, i), k == i);
			if (k == i)
				k = phrase_next(&found, i + 1);
		}
	}
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("phrases");
	TCase *tc = tcase_create("phrases");

	tcase_add_loop_test(tc, every_row_that_stands_in_the_text_is_found, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_loop_test(tc, it_agrees_with_a_search_for_each_row, 0, 4);
	suite_add_tcase(s, tc);
	return s;
}
