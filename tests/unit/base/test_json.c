#include <check.h>
#include <stdlib.h>

#include "base/json.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))
#define MOST	40		/* bytes of a text */

Suite	*suite(void);

static struct buf b;

static void
teardown(void)
{
	buf_free(&b);
}

static const struct {
	const char	*in, *out;
} specials[] = {
	{ "\"", "\\\"" },
	{ "\\", "\\\\" },
	{ "\n", "\\u000a" },
	{ "\037", "\\u001f" },
	{ "\177", "\\u007f" },
	{ "\302\237", "\\u009f" },
	{ "\303\244", "\303\244" },
	{ "\342\200\250", "\\u2028" },
	{ "\377", "\357\277\275" },
	{ " ", " " },
	{ "~", "~" },
};

/* n letters, and after so many of them what is special. */
static void
text(struct buf *t, size_t n, size_t at, const char *special)
{
	size_t i;

	for (i = 0; i <= n; i++) {
		if (i == at)
			buf_add(t, sl(special));
		if (i < n)
			buf_addc(t, (char)('a' + i % 26));
	}
}

START_TEST(what_is_special_is_escaped_wherever_it_stands)
{
	struct buf in = { 0 }, want = { 0 };
	size_t n, at;

	for (n = 0; n <= MOST; n++)
		for (at = 0; at <= n; at++) {
			in.n = want.n = b.n = 0;
			text(&in, n, at, specials[_i].in);
			buf_addc(&want, '"');
			text(&want, n, at, specials[_i].out);
			buf_addc(&want, '"');
			json_string(&b, buf_sl(&in));
			ck_assert(sl_eq(buf_sl(&b), buf_sl(&want)));
		}
	buf_free(&in);
	buf_free(&want);
}
END_TEST

START_TEST(nothing_is_an_empty_text)
{
	json_string(&b, (struct slice){ NULL, 0 });
	ck_assert(sl_eq(buf_sl(&b), SL("\"\"")));
	b.n = 0;
	json_string(&b, (struct slice){ "\0", 1 });
	ck_assert(sl_eq(buf_sl(&b), SL("\"\\u0000\"")));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("base/json");
	TCase *tc = tcase_create("json");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, what_is_special_is_escaped_wherever_it_stands,
	    0, NITEMS(specials));
	tcase_add_test(tc, nothing_is_an_empty_text);
	suite_add_tcase(s, tc);
	return s;
}
