#include <check.h>

#include "base/utf8.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/* Good characters, and what is one bad byte after the other. RFC 3629. */
static const struct {
	struct slice	s;
	int32_t		cp;	/* -1: the first byte is bad */
} firsts[] = {
	{ { "", 0 }, -2 },		{ { NULL, 0 }, -2 },
	{ { "\0", 1 }, 0 },		{ { "\x7f", 1 }, 0x7f },
	{ { "\x80", 1 }, -1 },		{ { "\xbf", 1 }, -1 },
	{ { "\xc0\x80", 2 }, -1 },	{ { "\xc1\xbf", 2 }, -1 },
	{ { "\xc2\x80", 2 }, 0x80 },	{ { "\xdf\xbf", 2 }, 0x7ff },
	{ { "\xc2", 1 }, -1 },		{ { "\xc2\x7f", 2 }, -1 },
	{ { "\xc2\xc2", 2 }, -1 },	{ { "\xe0\xa0\x80", 3 }, 0x800 },
	{ { "\xe0\x9f\xbf", 3 }, -1 },	{ { "\xe0\xa0", 2 }, -1 },
	{ { "\xe0\xa0\x41", 3 }, -1 },	{ { "\xed\x9f\xbf", 3 }, 0xd7ff },
	{ { "\xed\xa0\x80", 3 }, -1 },	{ { "\xed\xbf\xbf", 3 }, -1 },
	{ { "\xee\x80\x80", 3 }, 0xe000 }, { { "\xef\xbf\xbf", 3 }, 0xffff },
	{ { "\xf0\x90\x80\x80", 4 }, 0x10000 },
	{ { "\xf0\x8f\xbf\xbf", 4 }, -1 },
	{ { "\xf4\x8f\xbf\xbf", 4 }, 0x10ffff },
	{ { "\xf4\x90\x80\x80", 4 }, -1 },
	{ { "\xf5\x80\x80\x80", 4 }, -1 },
	{ { "\xf0\x90\x80", 3 }, -1 },	{ { "\xf8\x88\x80\x80\x80", 5 }, -1 },
	{ { "\xfe", 1 }, -1 },		{ { "\xff", 1 }, -1 },
};

START_TEST(the_first_character_is_taken_or_one_bad_byte)
{
	struct slice rest = firsts[_i].s;
	size_t before = rest.n;
	int32_t cp = utf8_next(&rest);

	ck_assert_int_eq(cp, firsts[_i].cp);
	if (cp == -2)
		ck_assert_uint_eq(rest.n, 0);
	else if (cp == -1)
		ck_assert_uint_eq(rest.n, before - 1);
	else
		ck_assert_uint_eq(rest.n, 0);
	ck_assert(utf8_valid(firsts[_i].s) == (cp != -1));
}
END_TEST

START_TEST(every_character_reads_back_as_it_was_put)
{
	struct buf b = { 0 };
	struct slice rest;
	uint32_t cp;

	for (cp = 0; cp <= 0x10ffff; cp++) {
		if (cp == 0xd800)
			cp = 0xe000;
		b.n = 0;
		utf8_put(&b, cp);
		rest = buf_sl(&b);
		if (utf8_next(&rest) != (int32_t)cp || rest.n != 0)
			ck_abort_msg("U+%04X", cp);
		if (b.n > 1 && utf8_valid(sl_first(buf_sl(&b), b.n - 1)))
			ck_abort_msg("U+%04X cut short", cp);
	}
	buf_free(&b);
}
END_TEST

START_TEST(ascii_has_no_byte_over_127)
{
	ck_assert(sl_ascii((struct slice){ NULL, 0 }));
	ck_assert(sl_ascii(SL("\0\x01\x7f")));
	ck_assert(!sl_ascii(SL("a\x80")));
}
END_TEST

#define BAD	"\xef\xbf\xbd"		/* U+FFFD */

static const struct {
	struct slice	 in;
	const char	*out;
} cleans[] = {
	{ { NULL, 0 }, "" },
	{ { "plain", 5 }, "plain" },
	{ { "\xc3\xa4", 2 }, "\xc3\xa4" },
	{ { "a\xff" "b", 3 }, "a" BAD "b" },
	{ { "\xe4\xf6\xfc", 3 }, BAD BAD BAD },
	{ { "\xe2\x82", 2 }, BAD BAD },
	{ { "\xc0\xaf", 2 }, BAD BAD },
	{ { "\xed\xa0\xbd\xed\xb8\x80", 6 }, BAD BAD BAD BAD BAD BAD },
	{ { "\xf0\x9f\x98", 3 }, BAD BAD BAD },
	{ { "\xc3\xc3\xa4", 3 }, BAD "\xc3\xa4" },
};

START_TEST(clean_puts_a_mark_for_each_bad_byte)
{
	struct buf b = { 0 };

	utf8_clean(&b, cleans[_i].in);
	ck_assert(sl_eq(buf_sl(&b), sl(cleans[_i].out)));
	ck_assert(utf8_valid(buf_sl(&b)));
	buf_free(&b);
}
END_TEST

static const struct {
	struct slice	 in;
	size_t		 cols;
	const char	*out;
	size_t		 used;
} shows[] = {
	{ { NULL, 0 }, 0, "", 0 },
	{ { "abc", 3 }, 0, "abc", 3 },
	{ { "abc", 3 }, 2, "ab", 2 },
	{ { "abc", 3 }, 3, "abc", 3 },
	{ { "a\tb\r\nc", 6 }, 0, "a b  c", 6 },
	{ { "a\0b", 3 }, 0, "a?b", 3 },
	/* escape sequences: 7-bit, and 8-bit as U+009B and as a bare byte */
	{ { "\033[31mx", 6 }, 0, "?[31mx", 6 },
	{ { "\033]0;x\007", 6 }, 0, "?]0;x?", 6 },
	{ { "\xc2\x9b" "31mx", 6 }, 0, "?31mx", 5 },
	{ { "\x9b" "31mx", 5 }, 0, "?31mx", 5 },
	{ { "a\bb\x7f", 4 }, 0, "a?b?", 4 },
	/* not UTF-8 */
	{ { "\xe4\xf6", 2 }, 0, "??", 2 },
	{ { "\xe2\x82", 2 }, 0, "??", 2 },
	{ { "\xc0\x9b", 2 }, 0, "??", 2 },
	/* what turns a line round or hides in it */
	{ { "a\xe2\x80\xae" "b", 5 }, 0, "a?b", 3 },
	{ { "a\xe2\x81\xa6" "b", 5 }, 0, "a?b", 3 },
	{ { "a\xe2\x80\x8b" "b", 5 }, 0, "a?b", 3 },
	{ { "a\xe2\x80\xa8" "b", 5 }, 0, "a?b", 3 },
	{ { "\xef\xbb\xbf" "b", 4 }, 0, "?b", 2 },
	{ { "a\xc2\xad" "b", 4 }, 0, "a?b", 3 },
	{ { "a\xcd\x8f" "b", 4 }, 0, "a?b", 3 },
	{ { "a\xd8\x9c" "b", 4 }, 0, "a?b", 3 },
	{ { "a\xe3\x85\xa4" "b", 5 }, 0, "a?b", 3 },
	{ { "a\xef\xbe\xa0" "b", 5 }, 0, "a?b", 3 },
	{ { "\xf3\xa0\x81\x81", 4 }, 0, "?", 1 },
	{ { "\xee\x80\x80", 3 }, 0, "?", 1 },
	{ { "\xef\xbf\xbf", 3 }, 0, "?", 1 },
	/* letters of all kinds stay */
	{ { "\xc3\xa4\xd0\xb6\xce\xa9", 6 }, 0, "\xc3\xa4\xd0\xb6\xce\xa9",
	    3 },
	{ { BAD, 3 }, 0, BAD, 1 },
	/* two columns each; half of one is not shown */
	{ { "\xe4\xb8\xad\xe6\x96\x87", 6 }, 0, "\xe4\xb8\xad\xe6\x96\x87",
	    4 },
	{ { "\xe4\xb8\xad\xe6\x96\x87", 6 }, 3, "\xe4\xb8\xad", 2 },
	{ { "\xe4\xb8\xad", 3 }, 1, "", 0 },
	{ { "\xf0\x9f\x98\x80" "a", 5 }, 2, "\xf0\x9f\x98\x80", 2 },
	/* marks take no column, and stay with their letter */
	{ { "e\xcc\x81" "a", 4 }, 1, "e\xcc\x81", 1 },
	{ { "e\xcc\x81" "a", 4 }, 2, "e\xcc\x81" "a", 2 },
};

START_TEST(show_is_what_a_terminal_may_see)
{
	struct buf b = { 0 };
	size_t used;

	buf_add(&b, SL("before"));
	used = utf8_show(&b, shows[_i].in, shows[_i].cols);
	ck_assert(sl_starts(buf_sl(&b), SL("before")));
	ck_assert_msg(sl_eq(sl_from(buf_sl(&b), 6), sl(shows[_i].out)),
	    SL_FMT, SL_ARG(buf_sl(&b)));
	ck_assert_uint_eq(used, shows[_i].used);
	buf_free(&b);
}
END_TEST

/* Neither control bytes, C1 ones as characters included, nor bad bytes. */
static bool
is_harmless(struct slice s)
{
	int32_t cp;

	while ((cp = utf8_next(&s)) != -2)
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xfeff ||
		    (cp >= 0x200b && cp <= 0x200f) ||
		    (cp >= 0x2028 && cp <= 0x202e) ||
		    (cp >= 0x2060 && cp <= 0x206f))
			return false;
	return true;
}

START_TEST(any_two_bytes_are_shown_harmless)
{
	struct buf b = { 0 };
	char pair[5] = "x__y";
	unsigned i;

	for (i = 0; i < 65536; i++) {
		pair[1] = (char)(i >> 8);
		pair[2] = (char)i;
		b.n = 0;
		utf8_show(&b, (struct slice){ pair, 4 }, 0);
		if (!is_harmless(buf_sl(&b)) || b.p[0] != 'x' ||
		    b.p[b.n - 1] != 'y')
			ck_abort_msg("%04x", i);
	}
	buf_free(&b);
}
END_TEST

START_TEST(every_character_is_shown_harmless)
{
	struct buf in = { 0 }, b = { 0 };
	uint32_t cp;
	size_t used;

	for (cp = 0; cp <= 0x10ffff; cp++) {
		if (cp == 0xd800)
			cp = 0xe000;
		in.n = b.n = 0;
		utf8_put(&in, cp);
		used = utf8_show(&b, buf_sl(&in), 0);
		if (!is_harmless(buf_sl(&b)) || b.n == 0 || used > 2)
			ck_abort_msg("U+%04X", cp);
	}
	buf_free(&in);
	buf_free(&b);
}
END_TEST

START_TEST(hostile_bytes_of_any_kind_stay_within_the_columns)
{
	static const char bytes[] = "a\xcc\x80\xff\xe4\xb8\xad\xf0\x9f\x98\x80"
	    "\033\xe2\x80\xae\n\xc2\x9b";
	struct buf b = { 0 };
	struct slice s;
	char text[300];
	unsigned seed = 1;
	size_t i, j, cols, used;

	for (i = 0; i < 20000; i++) {
		s = (struct slice){ text, i % sizeof(text) };
		for (j = 0; j < s.n; j++) {
			seed = seed * 1103515245 + 12345;
			text[j] = bytes[(seed >> 16) % (sizeof(bytes) - 1)];
		}
		cols = i % 40;
		b.n = 0;
		used = utf8_show(&b, s, cols);
		if ((cols != 0 && used > cols) || !is_harmless(buf_sl(&b)))
			ck_abort_msg("%zu: %zu columns of %zu", i, used, cols);
	}
	buf_free(&b);
}
END_TEST

START_TEST(a_pile_of_marks_is_cut)
{
	struct buf in = { 0 }, b = { 0 };
	size_t i;

	buf_addc(&in, 'e');
	for (i = 0; i < 100000; i++)
		utf8_put(&in, 0x301);
	buf_addc(&in, 'x');
	ck_assert_uint_eq(utf8_show(&b, buf_sl(&in), 10), 2);
	ck_assert_uint_le(b.n, 2 + 8 * 2);
	ck_assert_int_eq(b.p[b.n - 1], 'x');
	buf_free(&in);
	buf_free(&b);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("utf8");
	TCase *t = tcase_create("utf8");

	tcase_set_timeout(t, 30);	/* a loaded machine is no fault */
	tcase_add_loop_test(t, the_first_character_is_taken_or_one_bad_byte,
	    0, NITEMS(firsts));
	tcase_add_test(t, every_character_reads_back_as_it_was_put);
	tcase_add_test(t, ascii_has_no_byte_over_127);
	tcase_add_loop_test(t, clean_puts_a_mark_for_each_bad_byte, 0,
	    NITEMS(cleans));
	tcase_add_loop_test(t, show_is_what_a_terminal_may_see, 0,
	    NITEMS(shows));
	tcase_add_test(t, any_two_bytes_are_shown_harmless);
	tcase_add_test(t, every_character_is_shown_harmless);
	tcase_add_test(t, hostile_bytes_of_any_kind_stay_within_the_columns);
	tcase_add_test(t, a_pile_of_marks_is_cut);
	suite_add_tcase(s, t);
	return s;
}
