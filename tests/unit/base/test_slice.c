#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

static const struct slice absent = { NULL, 0 };

static const struct {
	struct slice	a, b;
	bool		eq, ieq;
	int		cmp;
} pairs[] = {
	{ { NULL, 0 }, { NULL, 0 },	true, true, 0 },
	{ { NULL, 0 }, { "x", 0 },	true, true, 0 },
	{ { NULL, 0 }, { "x", 1 },	false, false, -1 },
	{ { "x", 1 }, { NULL, 0 },	false, false, 1 },
	{ { "abc", 3 }, { "abc", 3 },	true, true, 0 },
	{ { "abc", 3 }, { "ABC", 3 },	false, true, 1 },
	{ { "ab", 2 }, { "abc", 3 },	false, false, -1 },
	{ { "b", 1 }, { "abc", 3 },	false, false, 1 },
	{ { "a\0b", 3 }, { "a\0b", 3 },	true, true, 0 },
	{ { "a\0b", 3 }, { "a\0c", 3 },	false, false, -1 },
	{ { "\xff", 1 }, { "a", 1 },	false, false, 1 },
	{ { "\xc4", 1 }, { "\xe4", 1 },	false, false, -1 },
	{ { "@[`{", 4 }, { "`{@[", 4 },	false, false, -1 },
	{ { "@", 1 }, { "`", 1 },	false, false, -1 },
	{ { "[", 1 }, { "{", 1 },	false, false, -1 },
};

START_TEST(slices_compare_by_bytes)
{
	struct slice a = pairs[_i].a, b = pairs[_i].b;
	int r = sl_cmp(a, b);

	ck_assert(sl_eq(a, b) == pairs[_i].eq);
	ck_assert(sl_ieq(a, b) == pairs[_i].ieq);
	ck_assert_int_eq((r > 0) - (r < 0), pairs[_i].cmp);
	r = sl_cmp(b, a);
	ck_assert_int_eq((r > 0) - (r < 0), -pairs[_i].cmp);
}
END_TEST

START_TEST(only_a_to_z_are_folded)
{
	int c;

	for (c = 0; c < 256; c++)
		ck_assert_int_eq(ascii_lower((char)c), c >= 'A' && c <= 'Z' ?
		    (char)(c + 32) : (char)c);
}
END_TEST

START_TEST(bytes_over_127_have_no_class)
{
	int c;

	for (c = 128; c < 256; c++) {
		ck_assert(!ascii_alpha((char)c) && !ascii_digit((char)c));
		ck_assert(!ascii_alnum((char)c) && !ascii_space((char)c));
		ck_assert(!ascii_blank((char)c));
		ck_assert_int_eq(ascii_hex((char)c), -1);
	}
	ck_assert(!ascii_alpha('@') && !ascii_alpha('[') && !ascii_alpha('`'));
	ck_assert(!ascii_alpha('{') && ascii_alpha('a') && ascii_alpha('Z'));
	ck_assert_int_eq(ascii_hex('F'), 15);
	ck_assert_int_eq(ascii_hex('g'), -1);
	ck_assert_int_eq(ascii_hex('/'), -1);
}
END_TEST

START_TEST(heads_and_tails)
{
	ck_assert(sl_starts(SL("abc"), SL("ab")));
	ck_assert(!sl_starts(SL("abc"), SL("Ab")));
	ck_assert(!sl_starts(SL("ab"), SL("abc")));
	ck_assert(sl_starts(SL("ab"), absent));
	ck_assert(sl_starts(absent, absent));
	ck_assert(!sl_starts(absent, SL("a")));
	ck_assert(sl_istarts(SL("abc"), SL("AB")));
	ck_assert(!sl_istarts(SL("ab"), SL("ABC")));
	ck_assert(sl_iends(SL("abc"), SL("BC")));
	ck_assert(sl_iends(SL("abc"), SL("ABC")));
	ck_assert(!sl_iends(SL("bc"), SL("abc")));
	ck_assert(sl_iends(absent, absent));
}
END_TEST

static const struct {
	struct slice	hay, needle;
	int		at, iat;	/* -1: not there */
} finds[] = {
	{ { "abcabc", 6 }, { "ca", 2 },		2, 2 },
	{ { "abcabc", 6 }, { "CA", 2 },		-1, 2 },
	{ { "abc", 3 }, { "abcd", 4 },		-1, -1 },
	{ { "abc", 3 }, { "", 0 },		0, 0 },
	{ { NULL, 0 }, { "a", 1 },		-1, -1 },
	{ { "a\0b\0c", 5 }, { "\0c", 2 },	3, 3 },
	{ { "aab", 3 }, { "AB", 2 },		-1, 1 },
	{ { "abc", 3 }, { "C", 1 },		-1, 2 },
};

START_TEST(find_tells_where)
{
	struct slice h = finds[_i].hay;
	const char *p = sl_find(h, finds[_i].needle);
	const char *ip = sl_ifind(h, finds[_i].needle);

	ck_assert_int_eq(p == NULL ? -1 : p - h.p, finds[_i].at);
	ck_assert_int_eq(ip == NULL ? -1 : ip - h.p, finds[_i].iat);
}
END_TEST

static const struct {
	const char	*in, *out;
} trims[] = {
	{ "", "" },		{ " ", "" },		{ "\r\n\t ", "" },
	{ " a b\r\n", "a b" },	{ "a", "a" },		{ "\va\f", "\va\f" },
	{ "\ta", "a" },		{ "a \t", "a" },
};

START_TEST(trim_takes_blanks_and_line_ends_off_both_ends)
{
	struct slice s = sl_trim(sl(trims[_i].in));

	ck_assert(sl_eq(s, sl(trims[_i].out)));
	ck_assert_uint_eq(sl_trim(absent).n, 0);
}
END_TEST

START_TEST(parts_stay_inside_the_slice)
{
	struct slice s = SL("abc"), t;
	size_t i;

	for (i = 0; i < 6; i++) {
		t = sl_from(s, i);
		ck_assert_uint_eq(t.n, i < 3 ? 3 - i : 0);
		ck_assert(t.p >= s.p && t.p + t.n <= s.p + s.n);
		t = sl_first(s, i);
		ck_assert_uint_eq(t.n, i < 3 ? i : 3);
		ck_assert_ptr_eq(t.p, s.p);
	}
	ck_assert_uint_eq(sl_from(s, SIZE_MAX).n, 0);
	ck_assert_uint_eq(sl_first(s, SIZE_MAX).n, 3);
	ck_assert_ptr_null(sl_from(absent, 5).p);
	ck_assert_uint_eq(sl_first(absent, 5).n, 0);
	ck_assert_uint_eq(sl(NULL).n, 0);
}
END_TEST

/* The pieces of in, each in (), as one of the three walks gives them. */
static const struct {
	const char	*in, *cut, *lines, *words;
} walks[] = {
	{ "", "", "", "" },
	{ "a", "(a)", "(a)", "(a)" },
	{ ",", "()", "(,)", "(,)" },
	{ "a,", "(a)", "(a,)", "(a,)" },
	{ ",a", "()(a)", "(,a)", "(,a)" },
	{ "a,,b", "(a)()(b)", "(a,,b)", "(a,,b)" },
	{ "a\nb\r\nc", "(a\nb\r\nc)", "(a)(b)(c)", "(a\nb\r\nc)" },
	{ "\n\r\n", "(\n\r\n)", "()()", "(\n\r\n)" },
	{ "a\r", "(a\r)", "(a)", "(a\r)" },
	{ "a\r\r\nb", "(a\r\r\nb)", "(a\r)(b)", "(a\r\r\nb)" },
	{ " \t", "( \t)", "( \t)", "" },
	{ "  a \tb ", "(  a \tb )", "(  a \tb )", "(a)(b)" },
};

static bool
cut_comma(struct slice *rest, struct slice *head)
{
	return sl_cut(rest, ',', head);
}

static void
walk(const char *in, bool (*next)(struct slice *, struct slice *),
    const char *want)
{
	struct slice rest = sl(in), piece, left;
	char out[100] = "";
	size_t n = 0;

	for (left = rest; next(&rest, &piece); left = rest) {
		ck_assert_uint_lt(rest.n, left.n);	/* forward */
		ck_assert_ptr_eq(rest.p + rest.n, left.p + left.n);
		out[n++] = '(';
		memcpy(out + n, piece.p, piece.n);
		n += piece.n;
		out[n++] = ')';
	}
	ck_assert_uint_eq(rest.n, 0);
	out[n] = '\0';
	ck_assert_str_eq(out, want);
}

START_TEST(walks_move_forward_and_miss_nothing)
{
	walk(walks[_i].in, cut_comma, walks[_i].cut);
	walk(walks[_i].in, sl_line, walks[_i].lines);
	walk(walks[_i].in, sl_word, walks[_i].words);
}
END_TEST

START_TEST(a_nul_is_a_byte_like_any_other)
{
	struct slice rest = SL("a\0b,c"), head;

	ck_assert(sl_cut(&rest, ',', &head));
	ck_assert(sl_eq(head, SL("a\0b")));
	ck_assert(sl_eq(rest, SL("c")));
	rest = SL("a\0b");
	ck_assert(sl_cut(&rest, '\0', &head));
	ck_assert(sl_eq(head, SL("a")));
}
END_TEST

#define MAX	UINT64_MAX

static const struct {
	const char	*in;
	uint64_t	 max;
	bool		 good;
	uint64_t	 n;
} nums[] = {
	{ "0", MAX, true, 0 },		{ "", MAX, false, 0 },
	{ "007", 7, true, 7 },		{ "-1", MAX, false, 0 },
	{ "+1", MAX, false, 0 },	{ " 1", MAX, false, 0 },
	{ "1 ", MAX, false, 0 },	{ "1x", MAX, false, 0 },
	{ "0x1", MAX, false, 0 },	{ "\xd9\xa1", MAX, false, 0 },
	{ "0", 0, true, 0 },		{ "1", 0, false, 0 },
	{ "5", 5, true, 5 },		{ "6", 5, false, 0 },
	{ "9", 5, false, 0 },		{ "10", 9, false, 0 },
	{ "64", 64, true, 64 },		{ "65", 64, false, 0 },
	{ "70", 64, false, 0 },		{ "640", 64, false, 0 },
	{ "18446744073709551615", MAX, true, MAX },
	{ "18446744073709551616", MAX, false, 0 },
	{ "18446744073709551620", MAX, false, 0 },
	{ "99999999999999999999999", MAX, false, 0 },
	{ "18446744073709551615", MAX - 1, false, 0 },
	{ "000000000000000000000000000001", MAX, true, 1 },
};

START_TEST(a_number_is_digits_and_at_most_max)
{
	uint64_t n = 42;

	ck_assert_msg(sl_num(sl(nums[_i].in), nums[_i].max, &n) ==
	    nums[_i].good, "%s", nums[_i].in);
	ck_assert_uint_eq(n, nums[_i].good ? nums[_i].n : 42);
}
END_TEST

START_TEST(every_small_number_is_held_against_every_small_max)
{
	char text[8];
	uint64_t max, v, n;

	for (max = 0; max < 130; max++)
		for (v = 0; v < 130; v++) {
			snprintf(text, sizeof(text), "%ju", (uintmax_t)v);
			ck_assert(sl_num(sl(text), max, &n) == (v <= max));
		}
	ck_assert(!sl_num(absent, 10, &n));
	ck_assert(!sl_num(SL("1\0"), 10, &n));
}
END_TEST

static const struct {
	const char	*pat, *s;
	bool		 hit;
} globs[] = {
	{ "", "", true },		{ "", "a", false },
	{ "a", "", false },		{ "*", "", true },
	{ "***", "", true },		{ "*", "anything", true },
	{ "?", "", false },		{ "?", "a", true },
	{ "??", "a", false },		{ "abc", "ABC", true },
	{ "ABC", "abc", true },		{ "abc", "abcd", false },
	{ "abc*", "abc", true },	{ "*abc", "xxabc", true },
	{ "*abc", "abcx", false },	{ "a*c", "abcbc", true },
	{ "a*b*c", "axxbyyc", true },	{ "a*b*c", "axxcyyb", false },
	{ "*a?c*", "xxabcxx", true },	{ "*.example.com",
	    "mail.example.com", true },
	{ "*.example.com", "example.com", false },
	{ "[abc]", "b", true },		{ "[abc]", "d", false },
	{ "[a-c]x", "bx", true },	{ "[A-C]", "b", true },
	{ "[a-c]", "B", true },		{ "[!a-c]", "b", false },
	{ "[!a-c]", "d", true },	{ "[^a]", "b", true },
	{ "[]a]", "]", true },		{ "[]a]", "a", true },
	{ "[!]]", "]", false },		{ "[!]]", "a", true },
	{ "[a-]", "-", true },		{ "[-a]", "-", true },
	{ "[c-a]", "b", false },	{ "[a", "[a", true },
	{ "[a", "a", false },		{ "x[", "x[", true },
	{ "[]", "[]", true },		{ "[!]", "[!]", true },
	{ "*[0-9]", "ab7", true },	{ "*[0-9]", "ab7x", false },
	{ "*[0-9]x", "7a7x", true },	{ "a\\*", "a\\xyz", true },
	{ "\xc3\xa4*", "\xc3\xa4x", true }, { "[\xe0-\xef]", "\xe4", true },
	{ "*a*a*a*b", "aaaaaaaab", true }, { "[*]", "*", true },
	{ "[*]", "a", false },		{ "[?]*", "?x", true },
};

START_TEST(a_pattern_matches_the_whole)
{
	ck_assert_msg(sl_glob(sl(globs[_i].pat), sl(globs[_i].s)) ==
	    globs[_i].hit, "%s %s", globs[_i].pat, globs[_i].s);
}
END_TEST

/* Each of these takes for ever when stars nest. */
START_TEST(a_pattern_of_many_stars_is_not_exponential)
{
	static const char *const pats[] = { "*a", "*?", "*[a-z]", "*a?",
	    "*[!b]a", "**a" };
	size_t n = 20000, i, j, k;
	char *s = malloc(n), pat[400];

	ck_assert_ptr_nonnull(s);
	memset(s, 'a', n);
	for (i = 0; i < NITEMS(pats); i++) {
		k = strlen(pats[i]);
		for (j = 0; j < 40; j++)
			memcpy(pat + j * k, pats[i], k);
		pat[j * k] = 'b';
		ck_assert(!sl_glob((struct slice){ pat, j * k + 1 },
		    (struct slice){ s, n }));
		s[n - 1] = 'b';
		ck_assert(sl_glob((struct slice){ pat, j * k + 1 },
		    (struct slice){ s, n }));
		s[n - 1] = 'a';
	}
	free(s);
}
END_TEST

/* What it says is what the plain definition says, over a small alphabet. */
static bool
slow_glob(const char *p, const char *s)
{
	if (*p == '\0')
		return *s == '\0';
	if (*p == '*')
		return slow_glob(p + 1, s) || (*s != '\0' &&
		    slow_glob(p, s + 1));
	return *s != '\0' && (*p == '?' || *p == *s) && slow_glob(p + 1, s + 1);
}

static void
spell(char *out, size_t n, const char *letters, unsigned code)
{
	size_t i, base = strlen(letters) + 1;

	for (i = 0; i < n && code % base != 0; i++, code /= (unsigned)base)
		*out++ = letters[code % base - 1];
	*out = '\0';
}

START_TEST(stars_mean_what_they_mean)
{
	char pat[8], s[8];
	unsigned p, t;

	for (p = 0; p < 5 * 5 * 5 * 5 * 5; p++)
		for (t = 0; t < 3 * 3 * 3 * 3 * 3; t++) {
			spell(pat, 5, "ab*?", p);
			spell(s, 5, "ab", t);
			if (sl_glob(sl(pat), sl(s)) != slow_glob(pat, s))
				ck_abort_msg("%s %s", pat, s);
		}
}
END_TEST

/* Eight bytes are folded at a time: none must change another. */
START_TEST(a_word_is_folded_like_its_bytes)
{
	static const char beside[] = { '\0', '@', 'A', 'Z', '[', 'z', '\x7f',
	    '\x80', '\xc1', '\xff' };
	char text[11], low[11];
	size_t b, k, i;
	int c;

	for (b = 0; b < NITEMS(beside); b++)
		for (k = 0; k < sizeof(text); k++)
			for (c = 0; c < 256; c++) {
				memset(text, beside[b], sizeof(text));
				text[k] = (char)c;
				ascii_lower_copy(low, (struct slice){ text,
				    sizeof(text) });
				for (i = 0; i < sizeof(text); i++)
					ck_assert_int_eq(low[i],
					    ascii_lower(text[i]));
				ck_assert(sl_ieq_bytes(text, low,
				    sizeof(text)));
				low[k] ^= 1;
				ck_assert(!sl_ieq_bytes(text, low,
				    sizeof(text)));
			}
}
END_TEST

/* Behind so many false beginnings that another way to look takes over. */
static void
find_among(const char *needle, const char *other)
{
	static char text[20000];
	struct slice s = { text, sizeof(text) }, n = sl(needle);
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = other[i % 3];
	ck_assert_ptr_null(sl_find(s, n));
	for (i = 0; i + n.n <= sizeof(text); i += 997) {
		memcpy(text + i, n.p, n.n);
		ck_assert_ptr_eq(sl_find(s, n), text + i);
		memset(text + i, 'y', n.n);
	}
}

START_TEST(find_is_not_led_astray)
{
	find_among("--boundary", "--x");
	find_among("\nbegin ", "\n\nx");
	find_among("\nbegin ", "\nx ");
	find_among("\n", "xyz");
}
END_TEST

/* Wherever it stands, up to the last byte, and not beyond it. */
START_TEST(find_sees_every_place)
{
	static const char lines[] = "\nbegin \nbegin \nbegin \nbegin \nbegin "
	    "\nbegin \nbegin ";
	char text[sizeof(lines)];
	size_t at, n;

	for (n = 7; n < sizeof(text); n++)
		for (at = 0; at + 7 <= n; at++) {
			memset(text, '\n', sizeof(text));
			memcpy(text + at, lines, sizeof(text) - at);
			ck_assert_ptr_eq(sl_find((struct slice){ text, n },
			    SL("\nbegin ")), text + at);
			ck_assert_ptr_null(sl_find((struct slice){ text,
			    at + 6 }, SL("\nbegin ")));
		}
}
END_TEST

START_TEST(words_of_any_length_are_folded)
{
	static const char low[] = "abcdefghijklmnopqrst";
	char up[sizeof(low)];
	size_t n, k;

	for (n = 0; n < sizeof(low); n++)
		for (k = 0; k < n; k++) {
			memcpy(up, low, sizeof(low));
			up[k] = (char)(low[k] & ~0x20);
			ck_assert(sl_ieq_bytes(up, low, n));
			up[k] = '-';
			ck_assert(!sl_ieq_bytes(up, low, n));
			ck_assert(sl_ieq_bytes(up, low, k));
		}
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("slice");
	TCase *t = tcase_create("slice");

	tcase_add_loop_test(t, slices_compare_by_bytes, 0, NITEMS(pairs));
	tcase_add_test(t, only_a_to_z_are_folded);
	tcase_add_test(t, bytes_over_127_have_no_class);
	tcase_add_test(t, heads_and_tails);
	tcase_add_loop_test(t, find_tells_where, 0, NITEMS(finds));
	tcase_add_loop_test(t, trim_takes_blanks_and_line_ends_off_both_ends,
	    0, NITEMS(trims));
	tcase_add_test(t, parts_stay_inside_the_slice);
	tcase_add_loop_test(t, walks_move_forward_and_miss_nothing, 0,
	    NITEMS(walks));
	tcase_add_test(t, a_nul_is_a_byte_like_any_other);
	tcase_add_loop_test(t, a_number_is_digits_and_at_most_max, 0,
	    NITEMS(nums));
	tcase_add_test(t, every_small_number_is_held_against_every_small_max);
	tcase_add_loop_test(t, a_pattern_matches_the_whole, 0, NITEMS(globs));
	tcase_add_test(t, a_pattern_of_many_stars_is_not_exponential);
	tcase_add_test(t, stars_mean_what_they_mean);
	tcase_add_test(t, a_word_is_folded_like_its_bytes);
	tcase_add_test(t, find_is_not_led_astray);
	tcase_add_test(t, find_sees_every_place);
	tcase_add_test(t, words_of_any_length_are_folded);
	suite_add_tcase(s, t);
	return s;
}
