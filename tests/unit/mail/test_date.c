#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/date.h"

/* What date_parse reads, as date_str writes it. */
static const struct {
	const char	*in, *out;
	unsigned	 odd;
} dates[] = {
	/* RFC 5322 3.3 */
	{ "Mon, 05 Jan 2004 10:00:00 +0900", "2004-01-05T01:00:00Z", 0 },
	{ "Mon, 5 Jan 2004 10:00:00 +0900", "2004-01-05T01:00:00Z", 0 },
	{ "5 Jan 2004 10:00 -0500", "2004-01-05T15:00:00Z", 0 },
	{ "05 Jan 2004 01:00:00 -0000", "2004-01-05T01:00:00Z", 0 },
	{ "Mon,05 Jan 2004 10:00:00+0900", "2004-01-05T01:00:00Z", 0 },
	{ "Sun, 29 Feb 2004 23:59:60 +0000", "2004-03-01T00:00:00Z", 0 },
	{ "Thu, 1 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z", 0 },
	{ "Fri, 31 Dec 2100 23:59:59 Z", "2100-12-31T23:59:59Z", 0 },
	/* comments, folds, blanks */
	{ "Mon, 5 Jan 2004 10:00:00 +0900 (JST)", "2004-01-05T01:00:00Z", 0 },
	{ "Mon (x(\\)y)), 5 Jan 2004 10:00:00 (a) -0500 (EST)",
	    "2004-01-05T15:00:00Z", 0 },
	{ "Mon, 5 Jan\r\n 2004 10 : 00 : 00\r\n\t+0900",
	    "2004-01-05T01:00:00Z", 0 },
	{ "Mon, 5 Jan 2004 10:00:00 +0900 (JST", "2004-01-05T01:00:00Z", 0 },
	/* zones by name */
	{ "5 Jan 2004 10:00:00 UT", "2004-01-05T10:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 EST", "2004-01-05T15:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 edt", "2004-01-05T14:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 CST", "2004-01-05T16:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 PDT", "2004-01-05T17:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 JST", "2004-01-05T01:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 CEST", "2004-01-05T08:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 MET DST", "2004-01-05T08:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 NZDT", "2004-01-04T21:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 IST", "2004-01-05T04:30:00Z", DATE_ODD },
	{ "5 Jan 2004 10:00:00 Eastern Daylight Time",
	    "2004-01-05T14:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 GMT Standard Time", "2004-01-05T10:00:00Z", 0 },
	{ "5 Jan 2004 10:00:00 T", "2004-01-05T10:00:00Z", DATE_ODD },
	{ "5 Jan 2004 10:00:00 GMT+0200", "2004-01-05T08:00:00Z", DATE_ODD },
	{ "5 Jan 2004 10:00:00 GMT-9", "2004-01-05T19:00:00Z", DATE_ODD },
	/* zones that are none */
	{ "5 Jan 2004 10:00:00", "2004-01-05T10:00:00Z", DATE_NO_ZONE },
	{ "5 Jan 2004 10:00:00 (JST)", "2004-01-05T10:00:00Z", DATE_NO_ZONE },
	{ "5 Jan 2004 10:00:00 +9999", "2004-01-05T10:00:00Z", DATE_BAD_ZONE },
	{ "5 Jan 2004 10:00:00 +0960", "2004-01-05T10:00:00Z", DATE_BAD_ZONE },
	{ "5 Jan 2004 10:00:00 --0900", "2004-01-05T10:00:00Z",
	    DATE_BAD_ZONE },
	{ "5 Jan 2004 10:00:00 LOCAL", "2004-01-05T10:00:00Z",
	    DATE_BAD_ZONE | DATE_ODD },
	{ "5 Jan 2004 10:00:00 J", "2004-01-05T10:00:00Z",
	    DATE_BAD_ZONE | DATE_ODD },
	{ "5 Jan 2004 10:00:00 +900", "2004-01-05T01:00:00Z", DATE_ODD },
	{ "5 Jan 2004 10:00:00 +09", "2004-01-05T01:00:00Z", DATE_ODD },
	{ "5 Jan 2004 10:00:00 +05-30", "2004-01-05T04:30:00Z", DATE_ODD },
	/* years: RFC 5322 4.3 */
	{ "5 Jan 04 10:00:00 +0000", "2004-01-05T10:00:00Z", DATE_ODD },
	{ "5 Jan 98 10:00:00 +0000", "1998-01-05T10:00:00Z", DATE_ODD },
	{ "5 Jan 104 10:00:00 +0000", "2004-01-05T10:00:00Z", DATE_ODD },
	{ "5 Jan 0104 10:00:00 +0000", "2004-01-05T10:00:00Z", DATE_ODD },
	/* other orders */
	{ "Mon Jan  5 10:00:00 2004", "2004-01-05T10:00:00Z", DATE_NO_ZONE },
	{ "Mon Jan 5 10:00:00 EST 2004", "2004-01-05T15:00:00Z", 0 },
	{ "Mon Jan 5 10:00:00 -0500 2004", "2004-01-05T15:00:00Z", 0 },
	{ "2004-01-05T10:00:00+09:00", "2004-01-05T01:00:00Z", DATE_ODD },
	{ "2004-01-05T10:00:00.123Z", "2004-01-05T10:00:00Z", DATE_ODD },
	{ "2004-01-05 10:00:00 -0500", "2004-01-05T15:00:00Z", DATE_ODD },
	{ "05-Jan-2004 10:00:00 +0900", "2004-01-05T01:00:00Z", 0 },
	{ "1/5/2004 2:36:28 PM", "2004-01-05T14:36:28Z",
	    DATE_ODD | DATE_NO_ZONE },
	{ "25/1/2004 14:36", "2004-01-25T14:36:00Z",
	    DATE_ODD | DATE_NO_ZONE },
	{ "5.1.2004 14.36.28", "2004-01-05T14:36:28Z",
	    DATE_ODD | DATE_NO_ZONE },
	{ "05 Jan 2004 10.00.00 +0900", "2004-01-05T01:00:00Z", DATE_ODD },
	{ "Monday, January 5, 2004 9:30 PM", "2004-01-05T21:30:00Z",
	    DATE_ODD | DATE_NO_ZONE },
	{ "Mon, Jan 5, 2004 at 12:05\xe2\x80\xaf""AM", "2004-01-05T00:05:00Z",
	    DATE_ODD | DATE_NO_ZONE },
	{ "5 Jan 2004 12:05:00 p.m. EST", "2004-01-05T17:05:00Z", DATE_ODD },
	{ "Mon, 5 Jan 2004", "2004-01-05T00:00:00Z",
	    DATE_ODD | DATE_NO_ZONE },
	/* other languages */
	{ "lun. 5 d\xc3\xa9""c. 2005 10:00:00 +0000", "2005-12-05T10:00:00Z",
	    DATE_ODD },
	{ "Mo, 5 M\xe4r 2005 10:00:00 +0000", "2005-03-05T10:00:00Z",
	    DATE_ODD },
	{ "5 Okt 2005 10:00:00 +0000", "2005-10-05T10:00:00Z", DATE_ODD },
	{ "5 Sept 2005 10:00:00 +0000", "2005-09-05T10:00:00Z", 0 },
	/* days and hours beyond */
	{ "30 Feb 2004 10:00:00 +0000", "2004-03-01T10:00:00Z", DATE_ODD },
	{ "5 Jan 2004 24:00:00 +0000", "2004-01-06T00:00:00Z", DATE_ODD },
	{ "Tue, 5 Jan 2004 10:00:00 +0000", "2004-01-05T10:00:00Z",
	    DATE_ODD },
	/* what follows the date is not read */
	{ "5 Jan 2004 10:00:00 +0000,Tue, 6 Jan 2004 11:00:00 -0500",
	    "2004-01-05T10:00:00Z", 0 },
};

START_TEST(reads_the_dates_of_real_mail)
{
	char buf[DATE_TEXT];
	unsigned odd = 77;
	int64_t t;

	ck_assert_msg(date_parse(sl(dates[_i].in), &t, &odd), "%s",
	    dates[_i].in);
	ck_assert_str_eq(date_str(t, buf), dates[_i].out);
	ck_assert_msg(odd == dates[_i].odd, "%s: odd is %u", dates[_i].in,
	    odd);
	ck_assert(date_parse(sl(dates[_i].in), &t, NULL));
}
END_TEST

static const char *const no_dates[] = {
	"", " ", "(", ")", "Whenever", "Not supplied", "Thu,", "10:00:00",
	"5 Jan", "Jan 2004", "2004", "5 2004 10:00:00 +0000", ":::", "+++",
	"0 Jan 2004 10:00:00 +0000", "32 Jan 2004 10:00:00 +0000",
	"5 Jan 2004 24:00:01 +0000", "5 Jan 2004 25:00:00 +0000",
	"5 Jan 2004 10:60:00 +0000", "5 Jan 2004 10:00:61 +0000",
	"5 Jan 1969 10:00:00 +0000", "5 Jan 2101 10:00:00 +0000",
	"1 Jan 1970 00:00:00 +0900", "029 Apr 2004 10:00:00 +0000",
	"5 Jan 99999999999999999999 10:00:00 +0000", "0001-01-01 00:00:00",
	"2004-13-05T10:00:00Z", "2004-00-05T10:00:00Z", "5 Ja 2004 10:00",
	"\xff\xfe\x80", "\xe2\x80", "5 Jan 2004999999999999 10:00",
};

START_TEST(tells_what_is_no_date)
{
	int64_t t = 42;
	unsigned odd = 77;

	ck_assert_msg(!date_parse(sl(no_dates[_i]), &t, &odd), "%s",
	    no_dates[_i]);
	ck_assert_int_eq(t, 42);
	ck_assert_uint_eq(odd, 77);
}
END_TEST

/* In memory of its own size, so that a sanitizer sees one byte too many. */
START_TEST(reads_any_part_of_a_date_and_nothing_beyond)
{
	struct slice s = sl(dates[_i].in);
	size_t n;
	char *p;
	int64_t t;

	for (n = 0; n <= s.n; n++) {
		p = malloc(n + 1);
		memcpy(p + 1, s.p, n);
		date_parse((struct slice){ p + 1, n }, &t, NULL);
		free(p);
	}
}
END_TEST

START_TEST(passes_nul_bytes_and_stops_at_its_limit)
{
	static char many[100000];
	int64_t t;

	ck_assert(date_parse(SL("5 Jan\0 2004 10:00:00 +0000"), &t, NULL));
	ck_assert_int_eq(t, 1073296800);
	memset(many, '(', sizeof(many));
	ck_assert(!date_parse((struct slice){ many, sizeof(many) }, &t, NULL));
	memset(many, ' ', sizeof(many));
	memcpy(many + 90000, "5 Jan 2004 10:00", 16);
	ck_assert(!date_parse((struct slice){ many, sizeof(many) }, &t, NULL));
}
END_TEST

static const struct {
	const char	*in;
	int64_t		 t;	/* -1: refused */
} options[] = {
	{ "2004-01-05", 1073260800 },
	{ "2004-01-05T01:00:00Z", 1073264400 },
	{ "2004-02-29", 1078012800 },
	{ "3d", 1000000000 - 3 * 86400 },
	{ "12h", 1000000000 - 12 * 3600 },
	{ "0d", 1000000000 },
	{ "", -1 }, { "d", -1 }, { "3", -1 }, { "3m", -1 }, { "-3d", -1 },
	{ "99999999999999999999d", -1 }, { "2003-02-29", -1 },
	{ "2004-13-01", -1 }, { "2004-01-00", -1 }, { "2004-1-5", -1 },
	{ "2004-01-05 01:00:00Z", -1 }, { "2004-01-05T01:00:00", -1 },
	{ "2004-01-05T24:00:00Z", -1 }, { "2004-01-05T01:60:00Z", -1 },
};

START_TEST(options_have_four_forms_and_no_other)
{
	int64_t t = -1;
	bool ok = date_option(sl(options[_i].in), 1000000000, &t);

	ck_assert_msg(ok == (options[_i].t != -1), "%s", options[_i].in);
	ck_assert_int_eq(t, options[_i].t);
}
END_TEST

static const struct {
	int64_t		 t;
	const char	*text;
} texts[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ -1, "1969-12-31T23:59:59Z" },
	{ 951782400, "2000-02-29T00:00:00Z" },
	{ 4107542399, "2100-02-28T23:59:59Z" },
	{ 4107542400, "2100-03-01T00:00:00Z" },
	{ 253402300799, "9999-12-31T23:59:59Z" },
	{ 253402300800, "9999-12-31T23:59:59Z" },
	{ INT64_MAX, "9999-12-31T23:59:59Z" },
	{ -62167219200, "0000-01-01T00:00:00Z" },
	{ -62167219201, "0000-01-01T00:00:00Z" },
	{ INT64_MIN, "0000-01-01T00:00:00Z" },
};

START_TEST(writes_any_number_as_a_date)
{
	char buf[DATE_TEXT];

	ck_assert_str_eq(date_str(texts[_i].t, buf), texts[_i].text);
}
END_TEST

/* Day by day over four centuries and more, by the rule of leap years. */
START_TEST(days_follow_each_other)
{
	static const unsigned len[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31 };
	int64_t want = date_days(1599, 12, 31), year;
	unsigned m, d, leap;

	for (year = 1600; year <= 2110; year++) {
		leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		for (m = 1; m <= 12; m++)
			for (d = 1; d <= len[m - 1] + (m == 2 && leap); d++)
				ck_assert_int_eq(date_days(year, m, d),
				    ++want);
	}
	ck_assert_int_eq(date_days(1970, 1, 1), 0);
	ck_assert_int_eq(date_days(0, 1, 1), -719528);
}
END_TEST

/* A comment in front keeps the short way from being taken. */
START_TEST(the_usual_form_reads_as_any_other_does)
{
	static const char *const ends[] = { "", " (GMT)", "x", " x", "0",
	    ")", " (", " +0100", ", 2" };
	static const char usual[] = "Mon, 05 Jan 2004 01:00:00 +0130";
	static const char bytes[] = " 09:,+-aMT(\t";
	char text[64], longer[72];
	unsigned x = 2004, odd, odd2;
	int64_t t, u;
	bool a, b;
	int round;

	for (round = 0; round < 20000; round++) {
		x = x * 1103515245 + 12345;
		snprintf(text, sizeof(text), "%s%s", usual,
		    ends[(x >> 16) % 9]);
		if (round % 2 == 0)	/* a day of one digit */
			memmove(text + 5, text + 6, strlen(text + 5));
		if (round % 4 < 2)
			text[(x >> 8) % 31] = bytes[(x >> 20) % 12];
		text[5 + x % 2] = (char)('0' + (x >> 4) % 10);
		snprintf(longer, sizeof(longer), "()%s", text);
		t = u = 0;
		odd = odd2 = 0;
		a = date_parse(sl(text), &t, &odd);
		b = date_parse(sl(longer), &u, &odd2);
		ck_assert_msg(a == b && t == u && odd == odd2,
		    "\"%s\": %d %lld %x, %d %lld %x", text, a, (long long)t,
		    odd, b, (long long)u, odd2);
	}
}
END_TEST

#define N(v)	(sizeof(v) / sizeof((v)[0]))

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("mail/date");
	TCase *tc = tcase_create("date");

	tcase_add_loop_test(tc, reads_the_dates_of_real_mail, 0, N(dates));
	tcase_add_loop_test(tc, tells_what_is_no_date, 0, N(no_dates));
	tcase_add_loop_test(tc, reads_any_part_of_a_date_and_nothing_beyond,
	    0, N(dates));
	tcase_add_test(tc, passes_nul_bytes_and_stops_at_its_limit);
	tcase_add_loop_test(tc, options_have_four_forms_and_no_other, 0,
	    N(options));
	tcase_add_loop_test(tc, writes_any_number_as_a_date, 0, N(texts));
	tcase_add_test(tc, days_follow_each_other);
	tcase_add_test(tc, the_usual_form_reads_as_any_other_does);
	suite_add_tcase(s, tc);
	return s;
}
