#include <check.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/words.h"

#define FFFD	"\xef\xbf\xbd"
#define E	"\xc3\xa9"
#define A	"\xe3\x81\x82"
#define S(lit)	{ "" lit, sizeof(lit) - 1 }	/* may hold NUL */
#define N(v)	(sizeof(v) / sizeof((v)[0]))

static struct arena *a;
static struct charsets *cs;

static void
setup(void)
{
	a = arena_new();
	cs = charsets_new();
}

static void
teardown(void)
{
	charsets_free(cs);
	arena_free(a);
}

static const struct {
	struct slice	in, out;
} bodies[] = {
	/* RFC 2047 */
	{ S("=?utf-8?Q?caf=C3=A9?="), S("caf" E) },
	{ S("=?UTF-8?q?caf=c3=a9_au_lait?="), S("caf" E " au lait") },
	{ S("=?utf-8?B?Y2Fmw6k=?="), S("caf" E) },
	{ S("=?iso-8859-1?b?6Q==?="), S(E) },
	{ S("=?iso-8859-1*fr?Q?=E9?="), S(E) },
	{ S("a =?utf-8?Q?=C3=A9?= b"), S("a " E " b") },
	{ S("=?utf-8?Q?a?= =?utf-8?Q?b?="), S("ab") },
	{ S("=?utf-8?Q?a?=\r\n =?iso-8859-1?Q?=E9?="), S("a" E) },
	{ S("=?utf-8?Q?a_?=  x  =?utf-8?Q?b?="), S("a   x  b") },
	{ S("=?utf-8?Q?" "?="), S("") },
	{ S("=?utf-8?Q?" "?= x"), S(" x") },
	/* what real mail does to it */
	{ S("(=?utf-8?Q?=C3=A9?=)x=?utf-8?Q?y?=z"), S("(" E ")xyz") },
	{ S("=?utf-8?Q?=C3?= =?UTF-8?Q?=A9?="), S(E) },
	{ S("=?utf-8?B?ww==?= =?utf-8?Q?=A9?="), S(E) },
	{ S("=?utf-8?Q?=C3?= =?us-ascii?Q?x?="), S(FFFD "x") },
	{ S("=?utf-8?Q?two words = 2?="), S("two words = 2") },
	{ S("=?utf-8?Q?50=25 =3?="), S("50% =3") },
	{ S("=?utf-8?B?Y2 Fm\tw6k=?="), S("caf" E) },
	{ S("=?utf-8?B?Y2Fmw6k?="), S("caf" E) },
	{ S("=?utf-8?B?YQ==Yg==?="), S("ab") },
	{ S("=?utf-8?B?YWI=?=?="), S("ab?=") },
	{ S("=?utf-8?Q?no end=21"), S("no end!") },
	{ S("=?utf-8?Q?no end=21?"), S("no end!") },
	{ S("=?utf-8?B?YWI=?"), S("ab") },
	{ S("=?utf-8?Q?a =?utf-8?Q?b?="), S("a b") },
	{ S("=?utf-8?B?YWI= =?utf-8?B?Yw==?="), S("abc") },
	{ S("=? utf-8 ?Q?=C3=A9?="), S(E) },
	{ S("=?iso-2022-jp?B?GyRCJCIbKEI=?="), S(A) },
	{ S("=?iso-2022-jp?B?GyRCJA==?= =?iso-2022-jp?B?IhsoQg==?="), S(A) },
	{ S("=?none-such?Q?a=FFb?="), S("a" FFFD "b") },
	{ S("=?us-ascii?Q?=E9?="), S(E) },
	{ S("=?utf-8?Q?a=00b?="), S("a\0b") },
	/* not encoded, and not ASCII */
	{ S("caf\xc3\xa9"), S("caf" E) },
	{ S("caf\xe9 =?utf-8?Q?x?="), S("caf" E " x") },
	{ S("\033$B$\"\033(B"), S(A) },
	{ S("a\r\n b\n\tc\xe9"), S("a b\tc" E) },
	/* no words at all */
	{ S("=?"), S("=?") },
	{ S("=?="), S("=?=") },
	{ S("=??Q?x?="), S("=??Q?x?=") },
	{ S("=?utf-8?"), S("=?utf-8?") },
	{ S("=?utf-8?X?abc?="), S("=?utf-8?X?abc?=") },
	{ S("=?utf-8?Qx?abc?="), S("=?utf-8?Qx?abc?=") },
	{ S("=?a =?utf-8?Q?b?="), S("=?a b") },
};

START_TEST(decodes_words_as_mail_has_them)
{
	struct slice out = words_decode(a, cs, bodies[_i].in);

	ck_assert_msg(sl_eq(out, bodies[_i].out), SL_FMT " gives " SL_FMT,
	    SL_ARG(bodies[_i].in), SL_ARG(out));
}
END_TEST

START_TEST(plain_text_is_not_copied)
{
	struct slice in = SL("Re: nothing = special?");

	ck_assert_ptr_eq(words_decode(a, cs, in).p, in.p);
	ck_assert_uint_eq(words_decode(a, cs, in).n, in.n);
	ck_assert_uint_eq(words_decode(a, cs, (struct slice){ NULL, 0 }).n, 0);
}
END_TEST

START_TEST(a_long_body_is_cut_between_characters)
{
	struct buf b = { 0 };
	struct slice out;

	buf_addc(&b, 'x');
	while (b.n < 3 * WORDS_MAX)
		buf_add(&b, SL(A));
	out = words_decode(a, cs, buf_sl(&b));
	ck_assert_uint_gt(out.n, WORDS_MAX - 4);
	ck_assert_uint_le(out.n, WORDS_MAX);
	ck_assert(sl_eq(sl_from(out, out.n - 3), SL(A)));
	buf_free(&b);
}
END_TEST

/* Each would take minutes if a scan began again from every place. */
START_TEST(hostile_bodies_take_linear_time)
{
	static const char *const v[] = { "=?", "=?a?q?", "=?a?q?=", "?=",
	    "=?a?b?\xff", "=?iso-2022-jp?q?=1B$B?= ", "=?utf-7?q?+2AA?= " };
	struct buf b = { 0 };
	size_t i;

	while (b.n < 1000000)
		buf_add(&b, sl(v[_i]));
	for (i = 0; i < 20; i++)
		ck_assert(utf8_valid(words_decode(a, cs, buf_sl(&b))));
	buf_free(&b);
}
END_TEST

START_TEST(reads_any_part_of_a_body_and_nothing_beyond)
{
	struct slice s = bodies[_i].in;
	size_t n;
	char *p;

	for (n = 0; n <= s.n; n++) {
		p = malloc(n + 1);
		memcpy(p + 1, s.p, n);
		ck_assert(utf8_valid(words_decode(a, cs,
		    (struct slice){ p + 1, n })));
		param_get(a, cs, (struct slice){ p + 1, n }, "x");
		free(p);
	}
}
END_TEST

static const struct {
	const char	*in, *name, *out;	/* out NULL: not there */
} params[] = {
	{ "text/plain; charset=utf-8", "charset", "utf-8" },
	{ "text/plain; CHARSET=utf-8", "charset", "utf-8" },
	{ "text/plain;charset = utf-8 ;x=y", "charset", "utf-8" },
	{ "text/plain; charset=\"utf-8\"", "charset", "utf-8" },
	{ "text/plain;\r\n\tcharset=us-ascii\r\n\t;x=y", "charset",
	    "us-ascii" },
	{ "text/plain; charset=us-ascii (Plain text)", "charset",
	    "us-ascii" },
	{ "text/plain; (a;b=c) charset=(d)us-ascii", "charset", "us-ascii" },
	{ "text/plain (; charset=a); charset=b", "charset", "b" },
	{ "text/plain", "charset", NULL },
	{ "text/plain; xcharset=a; charsetx=b", "charset", NULL },
	{ "", "charset", NULL },
	{ "text/plain; charset", "charset", NULL },
	{ "text/plain; charset=", "charset", NULL },
	{ "text/plain; charset=a; charset=b", "charset", "a" },
	{ "text/plain; charset=\"\"; charset=b", "charset", "" },
	{ "text/plain;;; ; =x; y; charset=a", "charset", "a" },
	/* quotes */
	{ "x; boundary=\"a;b=c\"; y=z", "boundary", "a;b=c" },
	{ "x; boundary=\"a;b=c\"; y=z", "y", "z" },
	{ "x; boundary=\"a;b=c\"; y=z", "b", NULL },
	{ "x; name=\"a\\\"b\\\\c\"", "name", "a\"b\\c" },
	{ "x; name=\"C:\\temp\\x.txt\"", "name", "C:\\temp\\x.txt" },
	{ "x; name=\"a (b).txt\"", "name", "a (b).txt" },
	{ "x; name=\"a.txt; charset=b", "name", "a.txt" },
	{ "x; name=\"a.txt; charset=b", "charset", "b" },
	{ "x; name=\"a\\", "name", "a\\" },
	{ "x; name=\"a\" y=\"b\"", "y", "b" },
	{ "x; name=\"a\"junk; y=b", "y", "b" },
	/* quotes and semicolons that are missing */
	{ "x; name=two words.txt; y=z", "name", "two words.txt" },
	{ "x; name=copy (2).txt", "name", "copy (2).txt" },
	{ "x; name=copy (2", "name", "copy (2" },
	{ "text/plain charset=a", "charset", "a" },
	{ "multipart/mixed boundary=\"a b\"", "boundary", "a b" },
	/* RFC 2231 */
	{ "x; name*=utf-8''caf%C3%A9.txt", "name", "caf" E ".txt" },
	{ "x; name*=iso-8859-1'fr'caf%e9", "name", "caf" E },
	{ "x; name*=\"utf-8''caf%C3%A9\"", "name", "caf" E },
	{ "x; name*=''caf%e9", "name", "caf" E },
	{ "x; name*=caf%C3%A9", "name", "caf" E },
	{ "x; name*=utf-8'caf%C3%A9", "name", "utf-8'caf" E },
	{ "x; name*=none-such''a%FFb", "name", "a" FFFD "b" },
	{ "x; name*=utf-8''100%;", "name", "100%" },
	{ "x; name*=utf-8''%zz%4", "name", "%zz%4" },
	{ "x; name*0=\"a b\"; name*1=c; name*2=\".txt\"", "name",
	    "a bc.txt" },
	{ "x; name*0*=utf-8''%C3; name*1*=%A9; name*2=\"%41\"", "name",
	    E "%41" },
	{ "x; name*2=c; name*0=a; name*1=b", "name", "abc" },
	{ "x; name*0=a; name*2=c", "name", "ac" },
	{ "x; name*1=b", "name", "b" },
	{ "x; name*0=a; name*0=b", "name", "a" },
	{ "x; name*99=a", "name", "a" },
	{ "x; name*100=a", "name", NULL },
	{ "x; name*99999999999999999999=a", "name", NULL },
	{ "x; name*x=a; name*-1=b", "name", NULL },
	{ "x; name=plain; name*=utf-8''%C3%A9", "name", E },
	/* RFC 2047 where it should not be, and raw 8-bit */
	{ "x; name=\"=?utf-8?Q?caf=C3=A9?=\"", "name", "caf" E },
	{ "x; name==?utf-8?B?Y2Fmw6k=?=", "name", "caf" E },
	{ "x; name*0=\"=?utf-8?Q?caf\"; name*1=\"=C3=A9?=\"", "name",
	    "caf" E },
	{ "x; name=\"caf\xe9\"", "name", "caf" E },
	{ "x; name=\"caf\xc3\xa9\"", "name", "caf" E },
	{ "x; name=\"a\r\n b\"", "name", "a b" },
	/* parentheses and quotes that stay open */
	{ "x; (charset=a", "charset", NULL },
	{ "x (; charset=a", "charset", NULL },
};

START_TEST(finds_parameters_as_mail_has_them)
{
	struct slice got = param_get(a, cs, sl(params[_i].in),
	    params[_i].name);

	if (params[_i].out == NULL)
		ck_assert_msg(got.p == NULL && got.n == 0,
		    "%s gives " SL_FMT, params[_i].in, SL_ARG(got));
	else
		ck_assert_msg(got.p != NULL && sl_eq(got, sl(params[_i].out)),
		    "%s gives " SL_FMT, params[_i].in, SL_ARG(got));
}
END_TEST

START_TEST(hostile_parameters_take_linear_time)
{
	static const char *const v[] = { "(", ";", "\"", "a=\"", "a=\"\\\";",
	    "a*1=", "a*0*=%", "a=(", "a=x (", "\\", "(\\)", "a=\xff;",
	    "a*5=x;", " (a)" };
	struct buf b = { 0 };
	size_t i;

	buf_add(&b, SL("x/y;"));
	while (b.n < 1000000)
		buf_add(&b, sl(v[_i]));
	for (i = 0; i < 20; i++) {
		ck_assert(utf8_valid(param_get(a, cs, buf_sl(&b), "a")));
		ck_assert(sl_eq(param_value(a, buf_sl(&b)), SL("x/y")));
	}
	buf_free(&b);
}
END_TEST

static const struct {
	const char	*in, *out;
} values[] = {
	{ "text/plain", "text/plain" },
	{ " Text/Plain ; charset=x", "Text/Plain" },
	{ "text/plain (a;b) ; x=y", "text/plain" },
	{ "(a) text/(b)plain", "text/plain" },
	{ "text/plain charset=x; y=z", "text/plain" },
	{ "auto-replied", "auto-replied" },
	{ "two words; x=y", "two words" },
	{ "text/plain (open", "text/plain" },
	{ "; x=y", "" },
	{ "", "" },
};

START_TEST(the_value_stands_before_the_parameters)
{
	struct slice got = param_value(a, sl(values[_i].in));

	ck_assert_msg(sl_eq(got, sl(values[_i].out)), "%s gives " SL_FMT,
	    values[_i].in, SL_ARG(got));
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("mail/words");
	TCase *tc = tcase_create("words");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, decodes_words_as_mail_has_them, 0, N(bodies));
	tcase_add_test(tc, plain_text_is_not_copied);
	tcase_add_test(tc, a_long_body_is_cut_between_characters);
	tcase_add_loop_test(tc, hostile_bodies_take_linear_time, 0, 7);
	tcase_add_loop_test(tc, reads_any_part_of_a_body_and_nothing_beyond,
	    0, N(bodies));
	tcase_add_loop_test(tc, finds_parameters_as_mail_has_them, 0,
	    N(params));
	tcase_add_loop_test(tc, hostile_parameters_take_linear_time, 0, 14);
	tcase_add_loop_test(tc, the_value_stands_before_the_parameters, 0,
	    N(values));
	suite_add_tcase(s, tc);
	return s;
}
