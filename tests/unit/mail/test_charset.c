#include <check.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/charset.h"

#define FFFD	"\xef\xbf\xbd"
#define S(lit)	{ "" lit, sizeof(lit) - 1 }	/* may hold NUL */
#define N(v)	(sizeof(v) / sizeof((v)[0]))

static struct charsets *cs;

static void
setup(void)
{
	cs = charsets_new();
}

static void
teardown(void)
{
	charsets_free(cs);
}

static const struct {
	const char	*in, *name;
} names[] = {
	{ "utf-8", "UTF-8" }, { "UTF8", "UTF-8" }, { "uft-8", "UTF-8" },
	{ " \"utf-8\" ", "UTF-8" }, { "unicode-1-1-utf-8", "UTF-8" },
	{ "us-ascii", "US-ASCII" }, { "ANSI_X3.4-1968", "US-ASCII" },
	{ "x-unknown", "US-ASCII" }, { "unknown-8bit", "US-ASCII" },
	{ "DEFAULT", "US-ASCII" },
	{ "iso-8859-1", "WINDOWS-1252" }, { "cp1252", "WINDOWS-1252" },
	{ "ISO_8859-1:1987", "WINDOWS-1252" }, { "latin1", "WINDOWS-1252" },
	{ "iso-8859-11", "WINDOWS-874" }, { "iso8859-15", "ISO-8859-15" },
	{ "iso-8859-8-i", "ISO-8859-8" }, { "iso-8859-9", "WINDOWS-1254" },
	{ "koi8-r", "KOI8-R" }, { "CP866", "IBM866" },
	{ "x-sjis", "SHIFT_JIS" }, { "Windows-31J", "SHIFT_JIS" },
	{ "MS_Kanji", "SHIFT_JIS" }, { "x-euc-jp", "EUC-JP" },
	{ "CP50222", "ISO-2022-JP" }, { "iso-2022-jp-2", "ISO-2022-JP-2" },
	{ "ks_c_5601-1987", "EUC-KR" }, { "cp949", "EUC-KR" },
	{ "gb2312", "GB18030" }, { "x-gbk", "GB18030" },
	{ "hz-gb-2312", "HZ-GB-2312" }, { "cp950", "BIG5" },
	{ "unicode-1-1-utf-7", "UTF-7" }, { "x-unicode-2-0-utf-7", "UTF-7" },
	{ "unicode", "UTF-16" }, { "x-mac-roman", "MACINTOSH" },
	{ "", NULL }, { "-", NULL }, { "x-", NULL }, { "utf-9", NULL },
	{ "iso-8859-12", NULL }, { "utf-8//TRANSLIT", NULL },
	{ "us-ascii//IGNORE", NULL }, { "../../tmp/x", NULL },
	{ "INTERNAL", NULL }, { "UTF-8 ASCII", NULL },
	{ "iso-2022-cn-ext", NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL },
};

START_TEST(knows_the_names_of_mail_and_no_other)
{
	const char *got = charset_name(sl(names[_i].in));

	if (names[_i].name == NULL)
		ck_assert_msg(got == NULL, "%s is %s", names[_i].in, got);
	else {
		ck_assert_msg(got != NULL, "%s", names[_i].in);
		ck_assert_str_eq(got, names[_i].name);
	}
}
END_TEST

static const struct {
	const char	*charset;	/* NULL: nobody named it */
	struct slice	 in, out;
	int		 ret;
} texts[] = {
	{ "utf-8", S("caf\xc3\xa9"), S("caf\xc3\xa9"), 0 },
	{ "utf-8", S("a\xff\xc3" "b\xe2\x82"),
	    S("a" FFFD FFFD "b" FFFD FFFD), 1 },
	{ "utf-8", S("\xed\xa0\x80"), S(FFFD FFFD FFFD), 1 },
	{ "utf-8", S("a\0b"), S("a\0b"), 0 },
	{ "us-ascii", S("plain"), S("plain"), 0 },
	{ "us-ascii", S("caf\xe9"), S("caf\xc3\xa9"), 0 },
	{ "us-ascii", S("caf\xc3\xa9"), S("caf\xc3\xa9"), 0 },
	{ "iso-8859-1", S("\x93" "a\x94\xe9"),
	    S("\xe2\x80\x9c" "a\xe2\x80\x9d\xc3\xa9"), 0 },
	{ "iso-8859-1", S("a\x81" "b"), S("a" FFFD "b"), 1 },
	{ "iso-8859-2", S("\xb1"), S("\xc4\x85"), 0 },
	{ "windows-1251", S("\xcf\xf0"), S("\xd0\x9f\xd1\x80"), 0 },
	{ "koi8-r", S("\xf0\xd2"), S("\xd0\x9f\xd1\x80"), 0 },
	{ "macintosh", S("\x8e"), S("\xc3\xa9"), 0 },
	{ "tis-620", S("\xa1"), S("\xe0\xb8\x81"), 0 },
	/* the larger charset that the name stands for in mail */
	{ "gb2312", S("\xd6\xd0\x81\x40"), S("\xe4\xb8\xad\xe4\xb8\x82"), 0 },
	{ "shift_jis", S("\x82\xa0\x87\x40\xb1"),
	    S("\xe3\x81\x82\xe2\x91\xa0\xef\xbd\xb1"), 0 },
	{ "ks_c_5601-1987", S("\xb0\xa1\x81\x41"),
	    S("\xea\xb0\x80\xea\xb0\x82"), 0 },
	{ "big5", S("\xa4\xa4"), S("\xe4\xb8\xad"), 0 },
	{ "euc-jp", S("\xa4\xa2\x8e\xb1\xad\xa1"),
	    S("\xe3\x81\x82\xef\xbd\xb1\xe2\x91\xa0"), 0 },
	{ "shift_jis", S("\x82"), S(FFFD), 1 },
	{ "shift_jis", S("\x82\n\x82\xa0"), S(FFFD "\n\xe3\x81\x82"), 1 },
	/* ISO-2022-JP and its kin */
	{ "iso-2022-jp", S("a\033$B$\"\033(Bb"), S("a\xe3\x81\x82" "b"), 0 },
	{ "iso-2022-jp", S("\033$@$\"\033(J\\"), S("\xe3\x81\x82\\"), 0 },
	{ "iso-2022-jp", S("\033(I1\033(B1"), S("\xef\xbd\xb1" "1"), 0 },
	{ "cp50222", S("\016" "1\017" "1"), S("\xef\xbd\xb1" "1"), 0 },
	{ "iso-2022-jp", S("\033$B-!\033(B"), S("\xe2\x91\xa0"), 0 },
	{ "iso-2022-jp", S("\033$B$\"\n$\""), S("\xe3\x81\x82\n$\""), 0 },
	{ "iso-2022-jp", S("\033$B$"), S(FFFD), 1 },
	{ "iso-2022-jp", S("\033$(D0!\033(Bx"), S(FFFD "x"), 1 },
	{ "iso-2022-jp", S("\x82\xa0"), S("\xe3\x81\x82"), 0 },
	{ "iso-2022-jp", S("\033"), S("\033"), 0 },
	{ "iso-2022-jp-2", S("\033$B$\"\033(Bb"), S("\xe3\x81\x82" "b"), 0 },
	{ "iso-2022-kr", S("\033$)C\n\016" "0!\017b"),
	    S("\n\xea\xb0\x80" "b"), 0 },
	{ "hz-gb-2312", S("a~{VP~}b~~~\nc"), S("a\xe4\xb8\xad" "b~c"), 0 },
	{ "hz-gb-2312", S("~{VP\nVP~"), S("\xe4\xb8\xad\nVP~"), 0 },
	/* UTF-7, UTF-16, UTF-32 */
	{ "unicode-1-1-utf-7", S("+AOk-x+-"), S("\xc3\xa9x+"), 0 },
	{ "utf-7", S("+2AA-y"), S(FFFD "y"), 1 },
	{ "utf-16", S("\xff\xfe" "a\0\xe9\0"), S("a\xc3\xa9"), 0 },
	{ "utf-16", S("\xfe\xff\0a"), S("a"), 0 },
	{ "utf-16", S("\0a\0b"), S("ab"), 0 },
	{ "unicode", S("a\0b\0"), S("ab"), 0 },
	{ "utf-16", S("not so"), S("not so"), 0 },
	{ "utf-16be", S("\xd8\0\0a"), S(FFFD "a"), 1 },
	{ "utf-16le", S("a\0b"), S("a" FFFD), 1 },
	{ "utf-32", S("\0\0\xfe\xff\0\1\xf6\0"), S("\xf0\x9f\x98\x80"), 0 },
	/* not on the list */
	{ "x-none-such", S("a\xff\xc3\xa9"), S("a" FFFD "\xc3\xa9"), -1 },
	/* nobody said */
	{ NULL, S("caf\xc3\xa9"), S("caf\xc3\xa9"), 0 },
	{ NULL, S("caf\xe9\x80"), S("caf\xc3\xa9\xe2\x82\xac"), 0 },
	{ NULL, S("\033$B$\"\033(B"), S("\xe3\x81\x82"), 0 },
	{ NULL, S("\033[1m"), S("\033[1m"), 0 },
	{ NULL, S(""), S(""), 0 },
};

static int
convert(const char *charset, struct slice in, struct buf *out)
{
	if (charset == NULL)
		return charset_guess_utf8(cs, in, out);
	return charset_utf8(cs, sl(charset), in, out);
}

START_TEST(converts_what_mail_is_written_in)
{
	struct buf b = { 0 };
	int ret;

	buf_addc(&b, '<');
	ret = convert(texts[_i].charset, texts[_i].in, &b);
	ck_assert_int_eq(ret, texts[_i].ret);
	ck_assert_msg(sl_eq(sl_from(buf_sl(&b), 1), texts[_i].out),
	    "%s: " SL_FMT, texts[_i].charset, SL_ARG(buf_sl(&b)));
	ck_assert_int_eq(b.p[0], '<');
	buf_free(&b);
}
END_TEST

START_TEST(one_call_leaves_no_state_for_the_next)
{
	static const char *const v[] = { "iso-2022-jp", "iso-2022-jp-2",
	    "iso-2022-kr", "iso-2022-cn", "utf-7", "hz" };
	static const struct slice open[] = { S("\033$B"), S("\033$B"),
	    S("\033$)C\016"), S("\033$)A\016"), S("+AOk"), S("~{") };
	struct buf b = { 0 };

	convert(v[_i], open[_i], &b);
	b.n = 0;
	ck_assert_int_eq(convert(v[_i], SL("0!0!"), &b), 0);
	ck_assert(sl_eq(buf_sl(&b), SL("0!0!")));
	buf_free(&b);
}
END_TEST

/* Any bytes, whatever they are called: valid UTF-8, bounded, in time. */
START_TEST(writes_valid_utf8_whatever_comes)
{
	static const char *const v[] = { "utf-8", "us-ascii", "iso-8859-1",
	    "iso-2022-jp", "iso-2022-jp-2", "iso-2022-kr", "iso-2022-cn",
	    "shift_jis", "euc-jp", "euc-kr", "gb2312", "hz", "big5",
	    "big5-hkscs", "euc-tw", "utf-7", "utf-16", "utf-16le",
	    "utf-16be", "utf-32", "viscii", "tcvn", "windows-1258",
	    "windows-1255", "armscii-8", "x-mac-greek", "foo" };
	struct buf in = { 0 }, out = { 0 };
	uint32_t seed = 1;
	size_t i, j;

	for (i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		buf_addc(&in, (char)(seed >> 16));
		if (seed >> 28 == 0)
			buf_add(&in, SL("\033$B"));
		if (seed >> 28 == 1)
			buf_add(&in, SL("\033$)C\016"));
	}
	for (j = 0; j < N(v); j++) {
		out.n = 0;
		convert(v[j], buf_sl(&in), &out);
		ck_assert_msg(utf8_valid(buf_sl(&out)), "%s", v[j]);
		ck_assert_msg(out.n >= in.n / 4 && out.n <= in.n * 6, "%s",
		    v[j]);
	}
	buf_free(&in);
	buf_free(&out);
}
END_TEST

START_TEST(cuts_no_character_between_its_chunks)
{
	struct buf in = { 0 }, out = { 0 };
	size_t i;

	buf_addc(&in, 'x');
	for (i = 0; i < 30000; i++)
		buf_add(&in, SL("\xd6\xd0"));
	ck_assert_int_eq(convert("gb2312", buf_sl(&in), &out), 0);
	ck_assert_uint_eq(out.n, 1 + 3 * 30000);
	ck_assert(sl_eq(sl_from(buf_sl(&out), out.n - 3), SL("\xe4\xb8\xad")));
	buf_free(&in);
	buf_free(&out);
}
END_TEST

/* Kana of half width, two bytes, two of UTF-8, and one that is none. */
START_TEST(an_answer_that_is_kept_is_the_same)
{
	const struct slice in = SL("\xb1" "a\x82\xa0\x81\x98\x81\xad"
	    "\x93\xfa\x81");
	const struct slice want = SL("\xef\xbd\xb1" "a\xe3\x81\x82\xc2\xa7"
	    "\xef\xbf\xbd");
	struct buf first = { 0 }, out = { 0 };
	int i, r;

	r = convert("shift_jis", in, &first);
	ck_assert_int_eq(r, 1);
	ck_assert(sl_starts(buf_sl(&first), want));
	for (i = 0; i < 3; i++) {
		out.n = 0;
		ck_assert_int_eq(convert("shift_jis", in, &out), r);
		ck_assert(sl_eq(buf_sl(&first), buf_sl(&out)));
	}
	buf_free(&first);
	buf_free(&out);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("mail/charset");
	TCase *tc = tcase_create("charset");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, knows_the_names_of_mail_and_no_other, 0,
	    N(names));
	tcase_add_loop_test(tc, converts_what_mail_is_written_in, 0,
	    N(texts));
	tcase_add_loop_test(tc, one_call_leaves_no_state_for_the_next, 0, 6);
	tcase_add_test(tc, writes_valid_utf8_whatever_comes);
	tcase_add_test(tc, cuts_no_character_between_its_chunks);
	tcase_add_test(tc, an_answer_that_is_kept_is_the_same);
	suite_add_tcase(s, tc);
	return s;
}
