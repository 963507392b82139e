#include <stdio.h>

#include "base/lanes.h"
#include "mail/date.h"

#define DAY_SECS	86400
#define DATE_MAX	256	/* bytes of a field we look at */
#define ZONE_MAX	14	/* hours: the Line Islands */
#define YEAR_MIN	1970
#define YEAR_MAX	2100
#define SECS_MAX	INT64_C(4133980800)	/* behind its end */

#define HAVE_DAY	(1u << 0)
#define HAVE_MONTH	(1u << 1)
#define HAVE_YEAR	(1u << 2)
#define HAVE_TIME	(1u << 3)
#define HAVE_ZONE	(1u << 4)
#define HAVE_DATE	(HAVE_DAY | HAVE_MONTH | HAVE_YEAR)

/* A date while it is read: what of it we have, and what we still see. */
struct date {
	struct slice	rest;
	int64_t		year;
	unsigned	month, day, hour, min, sec;
	int		zone;		/* minutes east of Greenwich */
	unsigned	weekday;	/* 1 is Monday; 0: not named */
	unsigned	have;
	unsigned	odd;
	int64_t		days;		/* since 1970, once it is checked */
};

enum word_kind {
	W_NOISE,	/* says nothing, and is not odd */
	W_WEEKDAY,
	W_MONTH,
	W_FOREIGN,	/* a month in another language */
	W_HALF,		/* am, pm: val is the hours to add */
	W_ZONE,		/* val in minutes */
	W_VAGUE,	/* a zone whose name has several meanings */
	W_SUMMER,	/* an hour more than the zone in front of it */
};

/*
 * Words of dates, lower case.  A word may be cut short to min bytes.
 * RFC 5322 4.3 has the American zones; CST and BST have other meanings in
 * other places, but these are theirs in mail.
 */
static const struct word {
	const char	*name;
	size_t		 min;
	enum word_kind	 kind;
	int		 val;
} words[] = {
	{ "monday", 3, W_WEEKDAY, 1 },
	{ "tuesday", 3, W_WEEKDAY, 2 },
	{ "wednesday", 3, W_WEEKDAY, 3 },
	{ "thursday", 3, W_WEEKDAY, 4 },
	{ "friday", 3, W_WEEKDAY, 5 },
	{ "saturday", 3, W_WEEKDAY, 6 },
	{ "sunday", 3, W_WEEKDAY, 7 },
	{ "january", 3, W_MONTH, 1 },
	{ "february", 3, W_MONTH, 2 },
	{ "march", 3, W_MONTH, 3 },
	{ "april", 3, W_MONTH, 4 },
	{ "may", 3, W_MONTH, 5 },
	{ "june", 3, W_MONTH, 6 },
	{ "july", 3, W_MONTH, 7 },
	{ "august", 3, W_MONTH, 8 },
	{ "september", 3, W_MONTH, 9 },
	{ "october", 3, W_MONTH, 10 },
	{ "november", 3, W_MONTH, 11 },
	{ "december", 3, W_MONTH, 12 },
	{ "utc", 2, W_ZONE, 0 },
	{ "gmt", 3, W_ZONE, 0 },
	{ "z", 1, W_ZONE, 0 },
	{ "est", 3, W_ZONE, -300 },
	{ "edt", 3, W_ZONE, -240 },
	{ "cst", 3, W_ZONE, -360 },
	{ "cdt", 3, W_ZONE, -300 },
	{ "mst", 3, W_ZONE, -420 },
	{ "mdt", 3, W_ZONE, -360 },
	{ "pst", 3, W_ZONE, -480 },
	{ "pdt", 3, W_ZONE, -420 },
	{ "akst", 4, W_ZONE, -540 },
	{ "akdt", 4, W_ZONE, -480 },
	{ "hst", 3, W_ZONE, -600 },
	{ "ast", 3, W_ZONE, -240 },
	{ "adt", 3, W_ZONE, -180 },
	{ "brt", 3, W_ZONE, -180 },
	{ "art", 3, W_ZONE, -180 },
	{ "wet", 3, W_ZONE, 0 },
	{ "west", 4, W_ZONE, 60 },
	{ "bst", 3, W_ZONE, 60 },
	{ "cet", 3, W_ZONE, 60 },
	{ "cest", 4, W_ZONE, 120 },
	{ "met", 3, W_ZONE, 60 },
	{ "mest", 4, W_ZONE, 120 },
	{ "mez", 3, W_ZONE, 60 },
	{ "mesz", 4, W_ZONE, 120 },
	{ "eet", 3, W_ZONE, 120 },
	{ "eest", 4, W_ZONE, 180 },
	{ "sast", 4, W_ZONE, 120 },
	{ "idt", 3, W_ZONE, 180 },
	{ "msk", 3, W_ZONE, 180 },
	{ "msd", 3, W_ZONE, 240 },
	{ "pkt", 3, W_ZONE, 300 },
	{ "ist", 3, W_VAGUE, 330 },	/* India; Israel and Ireland too */
	{ "ict", 3, W_ZONE, 420 },
	{ "wib", 3, W_ZONE, 420 },
	{ "hkt", 3, W_ZONE, 480 },
	{ "sgt", 3, W_ZONE, 480 },
	{ "pht", 3, W_ZONE, 480 },
	{ "awst", 4, W_ZONE, 480 },
	{ "jst", 3, W_ZONE, 540 },
	{ "kst", 3, W_ZONE, 540 },
	{ "acst", 4, W_ZONE, 570 },
	{ "acdt", 4, W_ZONE, 630 },
	{ "aest", 4, W_ZONE, 600 },
	{ "aedt", 4, W_ZONE, 660 },
	{ "nzst", 4, W_ZONE, 720 },
	{ "nzdt", 4, W_ZONE, 780 },
	{ "eastern", 7, W_ZONE, -300 },	/* as Windows writes them */
	{ "mountain", 8, W_ZONE, -420 },
	{ "pacific", 7, W_ZONE, -480 },
	{ "tokyo", 5, W_ZONE, 540 },
	{ "daylight", 8, W_SUMMER, 60 },
	{ "dst", 3, W_SUMMER, 60 },
	{ "standard", 8, W_NOISE, 0 },
	{ "time", 4, W_NOISE, 0 },
	{ "at", 2, W_NOISE, 0 },
	{ "t", 1, W_NOISE, 0 },		/* ISO 8601, before the time */
	{ "am", 2, W_HALF, 0 },
	{ "a.m", 3, W_HALF, 0 },
	{ "pm", 2, W_HALF, 12 },
	{ "p.m", 3, W_HALF, 12 },
	{ "janvier", 4, W_FOREIGN, 1 },		/* French */
	{ "f\xc3\xa9vrier", 4, W_FOREIGN, 2 },
	{ "f\xe9vrier", 3, W_FOREIGN, 2 },
	{ "mars", 4, W_FOREIGN, 3 },
	{ "avril", 3, W_FOREIGN, 4 },
	{ "mai", 3, W_FOREIGN, 5 },
	{ "juin", 4, W_FOREIGN, 6 },
	{ "juillet", 4, W_FOREIGN, 7 },
	{ "ao\xc3\xbbt", 4, W_FOREIGN, 8 },
	{ "ao\xfbt", 3, W_FOREIGN, 8 },
	{ "septembre", 9, W_FOREIGN, 9 },
	{ "octobre", 7, W_FOREIGN, 10 },
	{ "novembre", 8, W_FOREIGN, 11 },
	{ "d\xc3\xa9""cembre", 4, W_FOREIGN, 12 },
	{ "d\xe9""cembre", 3, W_FOREIGN, 12 },
	{ "januar", 6, W_FOREIGN, 1 },		/* German, Dutch */
	{ "februar", 7, W_FOREIGN, 2 },
	{ "m\xc3\xa4rz", 4, W_FOREIGN, 3 },
	{ "m\xe4rz", 3, W_FOREIGN, 3 },
	{ "mrt", 3, W_FOREIGN, 3 },
	{ "mei", 3, W_FOREIGN, 5 },
	{ "juni", 4, W_FOREIGN, 6 },
	{ "juli", 4, W_FOREIGN, 7 },
	{ "oktober", 3, W_FOREIGN, 10 },
	{ "dezember", 3, W_FOREIGN, 12 },
	{ "enero", 3, W_FOREIGN, 1 },		/* Spanish, Italian ... */
	{ "gennaio", 3, W_FOREIGN, 1 },
	{ "fev", 3, W_FOREIGN, 2 },
	{ "abril", 3, W_FOREIGN, 4 },
	{ "mag", 3, W_FOREIGN, 5 },
	{ "giu", 3, W_FOREIGN, 6 },
	{ "lug", 3, W_FOREIGN, 7 },
	{ "ago", 3, W_FOREIGN, 8 },
	{ "set", 3, W_FOREIGN, 9 },
	{ "ott", 3, W_FOREIGN, 10 },
	{ "out", 3, W_FOREIGN, 10 },
	{ "dic", 3, W_FOREIGN, 12 },
};

static bool
is_letter(char c)
{
	return ascii_alpha(c) || (unsigned char)c > 0x7f;
}

static void
skip_blanks(struct slice *s)
{
	while (s->n > 0 && ascii_space(s->p[0]))
		*s = sl_from(*s, 1);
}

/* c, blanks allowed before it, is next: take it. */
static bool
take(struct slice *s, char c)
{
	struct slice t = *s;

	skip_blanks(&t);
	if (t.n == 0 || t.p[0] != c)
		return false;
	*s = sl_from(t, 1);
	return true;
}

/* Digits that are next, blanks allowed before them: returns how many. */
static size_t
take_digits(struct slice *s, unsigned *val)
{
	struct slice t = *s;
	size_t n = 0;

	skip_blanks(&t);
	for (*val = 0; n < t.n && ascii_digit(t.p[n]); n++)
		if (*val < 100000)
			*val = *val * 10 + (unsigned)(t.p[n] - '0');
	if (n > 0)
		*s = sl_from(t, n);
	return n;
}

static void
skip_comment(struct slice *s)
{
	size_t depth = 0;

	do {
		if (s->p[0] == '\\')
			*s = sl_from(*s, 1);
		else if (s->p[0] == '(')
			depth++;
		else if (s->p[0] == ')')
			depth--;
		*s = sl_from(*s, 1);
	} while (s->n > 0 && depth > 0);
}

static bool
has(const struct date *d, unsigned what)
{
	return (d->have & what) == what;
}

static void
set_month(struct date *d, unsigned month)
{
	if (has(d, HAVE_MONTH))
		return;
	d->month = month;
	d->have |= HAVE_MONTH;
}

static void
set_day(struct date *d, unsigned day)
{
	d->day = day;
	d->have |= HAVE_DAY;
}

/*
 * RFC 5322 4.3: years of two digits, and those that count from 1900 (102,
 * and 0102 too) as programs wrote them after 1999.
 */
static void
set_year(struct date *d, unsigned year, size_t digits)
{
	d->year = year;
	if (digits < 3)
		d->year += year < 50 ? 2000 : 1900;
	else if (year >= 100 && year < 1000)
		d->year += 1900;
	if (d->year != year)
		d->odd |= DATE_ODD;
	d->have |= HAVE_YEAR;
}

static void
set_zone(struct date *d, int minutes)
{
	d->zone = minutes;
	d->have |= HAVE_ZONE;
}

static void
bad_zone(struct date *d)
{
	set_zone(d, 0);
	d->odd |= DATE_BAD_ZONE;
}

/* What follows a sign: hhmm, and the odd hh:mm, hh-mm, hmm, hh. */
static void
read_zone(struct date *d, int sign)
{
	unsigned val, min = 0;
	size_t n;

	if (d->rest.n == 0 || !ascii_digit(d->rest.p[0])) {
		bad_zone(d);
		return;
	}
	n = take_digits(&d->rest, &val);
	if (n > 2) {
		min = val % 100;
		val /= 100;
	} else if (take(&d->rest, ':') || take(&d->rest, '-'))
		take_digits(&d->rest, &min);
	if (n > 4 || val > ZONE_MAX || min > 59) {
		bad_zone(d);
		return;
	}
	if (n != 4)
		d->odd |= DATE_ODD;
	set_zone(d, sign * (int)(val * 60 + min));
}

/* The hour is read; sep stands before the minutes. */
static void
read_time(struct date *d, unsigned hour, char sep)
{
	unsigned fraction;

	if (take_digits(&d->rest, &d->min) == 0) {
		d->odd |= DATE_ODD;
		return;
	}
	d->hour = hour;
	d->have |= HAVE_TIME;
	if (take(&d->rest, sep))
		take_digits(&d->rest, &d->sec);
	if (sep == '.')
		d->odd |= DATE_ODD;
	else if (take(&d->rest, '.'))
		take_digits(&d->rest, &fraction);
}

/*
 * A date in three numbers.  A year in front is ISO 8601; with slashes it
 * is the American order, else the European one, unless the numbers say
 * that it is not.
 */
static void
read_numeric(struct date *d, unsigned a, size_t digits, char sep)
{
	unsigned b, c;
	size_t n;

	take_digits(&d->rest, &b);
	n = take(&d->rest, sep) ? take_digits(&d->rest, &c) : 0;
	if (n == 0)
		return;
	d->odd |= DATE_ODD;
	if (digits == 4) {
		set_year(d, a, digits);
		set_month(d, b);
		set_day(d, c);
		return;
	}
	set_year(d, c, n);
	if (sep == '/' ? a > 12 : b <= 12) {
		set_day(d, a);
		set_month(d, b);
	} else {
		set_month(d, a);
		set_day(d, b);
	}
}

/* Whether a number and c, a separator, begin a date in numbers. */
static bool
is_numeric(const struct date *d, char *c)
{
	if ((d->have & HAVE_DATE) != 0 || d->rest.n < 2)
		return false;
	*c = d->rest.p[0];
	return (*c == '-' || *c == '/' || *c == '.') &&
	    ascii_digit(d->rest.p[1]);
}

static bool
is_dotted_time(const struct date *d)
{
	return has(d, HAVE_DATE) && !has(d, HAVE_TIME) && d->rest.n > 1 &&
	    d->rest.p[0] == '.' && ascii_digit(d->rest.p[1]);
}

static void
read_number(struct date *d)
{
	unsigned val;
	size_t n = take_digits(&d->rest, &val);
	char sep;

	if (!has(d, HAVE_TIME) && take(&d->rest, ':'))
		read_time(d, val, ':');
	else if (is_dotted_time(d)) {
		d->rest = sl_from(d->rest, 1);
		read_time(d, val, '.');
	} else if (is_numeric(d, &sep)) {
		d->rest = sl_from(d->rest, 1);
		read_numeric(d, val, n, sep);
	} else if (!has(d, HAVE_DAY) && n <= 2)
		set_day(d, val);
	else if (!has(d, HAVE_YEAR) && n <= 4)
		set_year(d, val, n);
	else if (has(d, HAVE_TIME) && !has(d, HAVE_ZONE))
		bad_zone(d);
	else
		d->odd |= DATE_ODD;
}

static const struct word *
find_word(struct slice s)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (s.n >= words[i].min &&
		    sl_istarts(sl(words[i].name), s))
			return &words[i];
	return NULL;
}

/* Letters, and dots between letters. */
static struct slice
take_word(struct slice *s)
{
	struct slice w = { s->p, 0 };

	while (w.n < s->n && (is_letter(s->p[w.n]) || (s->p[w.n] == '.' &&
	    w.n + 1 < s->n && is_letter(s->p[w.n + 1]))))
		w.n++;
	*s = sl_from(*s, w.n);
	return w;
}

/* A name of a zone: GMT+0200 means what the number says. */
static void
name_zone(struct date *d, int minutes)
{
	int sign;

	if (!has(d, HAVE_TIME) || has(d, HAVE_ZONE))
		return;
	set_zone(d, minutes);
	if (d->rest.n < 2 || !ascii_digit(d->rest.p[1]))
		return;
	sign = d->rest.p[0] == '+' ? 1 : d->rest.p[0] == '-' ? -1 : 0;
	if (sign != 0) {
		d->rest = sl_from(d->rest, 1);
		read_zone(d, sign);
		d->odd |= DATE_ODD;
	}
}

/*
 * A word that is not in the table.  Before the time it may be a weekday in
 * any language, behind it a zone; a single letter is a military one, which
 * RFC 5322 4.3 wants taken as -0000 (there is no J).
 */
static void
other_word(struct date *d, struct slice w)
{
	d->odd |= DATE_ODD;
	if (!has(d, HAVE_TIME) || has(d, HAVE_ZONE))
		return;
	if (w.n == 1 && ascii_alpha(w.p[0]) && ascii_lower(w.p[0]) != 'j')
		set_zone(d, 0);
	else
		bad_zone(d);
}

/* Twelve o'clock is the first hour of its half. */
static void
half_day(struct date *d, unsigned add)
{
	d->odd |= DATE_ODD;
	if (has(d, HAVE_TIME) && d->hour <= 12)
		d->hour = d->hour % 12 + add;
}

static void
read_word(struct date *d)
{
	struct slice s = take_word(&d->rest);
	const struct word *w = find_word(s);

	if (w == NULL || (w->kind == W_NOISE && s.n == 1 &&
	    has(d, HAVE_TIME))) {
		other_word(d, s);
		return;
	}
	switch (w->kind) {
	case W_NOISE:
		break;
	case W_WEEKDAY:
		d->weekday = (unsigned)w->val;
		break;
	case W_FOREIGN:
		d->odd |= DATE_ODD;
		/* FALLTHROUGH */
	case W_MONTH:
		set_month(d, (unsigned)w->val);
		break;
	case W_HALF:
		half_day(d, (unsigned)w->val);
		break;
	case W_VAGUE:
		d->odd |= DATE_ODD;
		/* FALLTHROUGH */
	case W_ZONE:
		name_zone(d, w->val);
		break;
	case W_SUMMER:
		if (has(d, HAVE_ZONE))
			d->zone += w->val;
		break;
	}
}

/* Other bytes.  A sign begins a zone once there is a time; else a dash. */
static void
read_mark(struct date *d)
{
	const struct slice nnbsp = SL("\xe2\x80\xaf");	/* newer macOS */
	char c = d->rest.p[0];

	if (c == '(') {
		skip_comment(&d->rest);
		return;
	}
	if (sl_starts(d->rest, nnbsp)) {
		d->rest = sl_from(d->rest, nnbsp.n);
		return;
	}
	d->rest = sl_from(d->rest, 1);
	if ((c == '+' || c == '-') && !has(d, HAVE_ZONE) &&
	    has(d, HAVE_DAY | HAVE_MONTH | HAVE_TIME))
		read_zone(d, c == '-' ? -1 : 1);
}

static unsigned
month_days(int64_t year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
	    30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* All is read: does it make a date?  Tell what of it was odd. */
static bool
date_check(struct date *d)
{
	if (!has(d, HAVE_DATE) || d->year < YEAR_MIN || d->year > YEAR_MAX ||
	    d->month < 1 || d->month > 12 || d->day < 1 || d->day > 31 ||
	    d->hour > 24 || d->min > 59 || d->sec > 60 ||
	    (d->hour == 24 && (d->min != 0 || d->sec != 0)))
		return false;
	if (!has(d, HAVE_ZONE))
		d->odd |= DATE_NO_ZONE;
	d->days = date_days(d->year, d->month, d->day);
	if (!has(d, HAVE_TIME) || d->hour == 24 ||
	    d->day > month_days(d->year, d->month) ||
	    (d->weekday != 0 && (d->days + 3) % 7 + 1 != d->weekday))
		d->odd |= DATE_ODD;
	return true;
}

static int64_t
date_secs(const struct date *d)
{
	return d->days * DAY_SECS +
	    (int64_t)d->hour * 3600 + d->min * 60 + d->sec - d->zone * 60;
}

/* Nothing is missing, and what is next is not the rest of a zone's name. */
static bool
date_done(const struct date *d)
{
	return d->rest.n == 0 ||
	    (has(d, HAVE_DATE | HAVE_TIME | HAVE_ZONE) &&
	    !ascii_space(d->rest.p[0]) && !is_letter(d->rest.p[0]));
}

static unsigned
two(const char *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* Three letters at p: their place in names, from 1; 0: none of them. */
static unsigned
three(const char *p, const char *names)
{
	unsigned i;

	for (i = 1; *names != '\0'; names += 3, i++)
		if (memcmp(p, names, 3) == 0)
			return i;
	return 0;
}

/* Sixteen bytes, each between those that stand in its place in low and high. */
static inline bool
between(const char *p, const char *low, const char *high)
{
	lanes v = lanes_load(p);

	return lanes_bits((lanes)(v >= lanes_load(low)) &
	    (lanes)(v <= lanes_load(high))) == 0xffff;
}

/*
 * The form that nearly all mail has: "Mon, 05 Jan 2004 01:00:00 +0000", the
 * day in one digit or two, perhaps a comment behind.  Each byte lies between
 * those that stand in its place in low and high.
 * False for anything else: the words of the table decide then.
 */
static bool
read_plain(struct date *d)
{
	static const char low[] = "AAA, 00 AAA 0000 00:00:00 +0000";
	static const char high[] = "zzz, 99 zzz 9999 99:99:99 -9999";
	const size_t n = sizeof(low) - 1;
	struct slice s = d->rest;
	char p[sizeof(low)];
	bool short_day;

	skip_blanks(&s);
	short_day = s.n > 6 && s.p[6] == ' ';
	if (s.n + short_day < n)
		return false;
	memcpy(p, s.p, 5);
	p[5] = '0';
	if (short_day)
		memcpy(p + 6, s.p + 5, n - 6);
	else
		memcpy(p + 5, s.p + 5, n - 5);
	p[n] = '\0';
	if (!between(p, low, high) || !between(p + 16, low + 16, high + 16))
		return false;
	s = sl_from(s, n - short_day);
	if ((s.n > 0 && !sl_starts(s, SL(" ("))) || p[26] == ',' ||
	    two(p + 27) > ZONE_MAX || two(p + 29) > 59)
		return false;
	d->weekday = three(p, "MonTueWedThuFriSatSun");
	d->day = two(p + 5);
	d->month = three(p + 8, "JanFebMarAprMayJunJulAugSepOctNovDec");
	d->year = two(p + 12) * 100 + two(p + 14);
	d->hour = two(p + 17);
	d->min = two(p + 20);
	d->sec = two(p + 23);
	d->zone = (int)(two(p + 27) * 60 + two(p + 29));
	if (p[26] == '-')
		d->zone = -d->zone;
	d->have = HAVE_DATE | HAVE_TIME | HAVE_ZONE;
	return d->weekday != 0 && d->month != 0 && d->year >= YEAR_MIN;
}

static void
read_words(struct date *d)
{
	while (!date_done(d)) {
		if (ascii_digit(d->rest.p[0]))
			read_number(d);
		else if (is_letter(d->rest.p[0]) && d->rest.p[0] != '\xe2')
			read_word(d);
		else
			read_mark(d);
	}
}

bool
date_parse(struct slice s, int64_t *t, unsigned *odd)
{
	struct date d = { .rest = sl_first(s, DATE_MAX) };
	int64_t secs;

	if (!read_plain(&d)) {
		d = (struct date){ .rest = d.rest };
		read_words(&d);
	}
	if (!date_check(&d) || (secs = date_secs(&d)) < 0 || secs >= SECS_MAX)
		return false;
	*t = secs;
	if (odd != NULL)
		*odd = d.odd;
	return true;
}

/* The whole of s looks like pattern, where digit i is one of v[i]'s. */
static bool
match_digits(struct slice s, const char *pattern, unsigned *v)
{
	size_t i;

	if (s.n != strlen(pattern))
		return false;
	for (i = 0; i < s.n; i++) {
		if (pattern[i] >= '0' && pattern[i] <= '5') {
			if (!ascii_digit(s.p[i]))
				return false;
			v[pattern[i] - '0'] = v[pattern[i] - '0'] * 10 +
			    (unsigned)(s.p[i] - '0');
		} else if (s.p[i] != pattern[i])
			return false;
	}
	return true;
}

static bool
option_ago(struct slice s, int64_t now, int64_t *t)
{
	uint64_t n;
	char unit;

	if (s.n < 2 || !sl_num(sl_first(s, s.n - 1), 1000000, &n))
		return false;
	unit = s.p[s.n - 1];
	if (unit != 'd' && unit != 'h')
		return false;
	*t = now - (int64_t)n * (unit == 'd' ? DAY_SECS : 3600);
	return true;
}

bool
date_option(struct slice s, int64_t now, int64_t *t)
{
	unsigned v[6] = { 0 };

	if (option_ago(s, now, t))
		return true;
	if (!match_digits(s, "0000-11-22", v) &&
	    !match_digits(s, "0000-11-22T33:44:55Z", v))
		return false;
	if (v[1] < 1 || v[1] > 12 || v[2] < 1 ||
	    v[2] > month_days(v[0], v[1]) || v[3] > 23 || v[4] > 59 ||
	    v[5] > 60)
		return false;
	*t = date_days(v[0], v[1], v[2]) * DAY_SECS +
	    (int64_t)v[3] * 3600 + v[4] * 60 + v[5];
	return true;
}

const char *
date_str(int64_t t, char buf[DATE_TEXT])
{
	const int64_t min = date_days(0, 1, 1) * DAY_SECS;
	const int64_t max = date_days(10000, 1, 1) * DAY_SECS - 1;
	int64_t days, secs, year;
	unsigned month = 1;

	t = t < min ? min : t > max ? max : t;
	secs = t % DAY_SECS;
	secs += secs < 0 ? DAY_SECS : 0;
	days = (t - secs) / DAY_SECS;

	year = 1970 + days / 366;	/* near, and then the rest of the way */
	while (year > 0 && date_days(year, 1, 1) > days)
		year--;
	while (date_days(year + 1, 1, 1) <= days)
		year++;
	while (month < 12 && date_days(year, month + 1, 1) <= days)
		month++;
	snprintf(buf, DATE_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ",
	    (unsigned)year % 10000, month % 100,
	    (unsigned)(days - date_days(year, month, 1) + 1) % 100,
	    (unsigned)(secs / 3600) % 100, (unsigned)(secs / 60 % 60),
	    (unsigned)(secs % 60));
	return buf;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
date_days(int64_t year, unsigned month, unsigned day)
{
	/* From March on, so that the leap day is the last of its year. */
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = (month + 9) % 12;
	int64_t epoch = 719468;		/* 1 March 0000 to 1 January 1970 */

	return 365 * y + floor_div(y, 4) - floor_div(y, 100) +
	    floor_div(y, 400) + (153 * m + 2) / 5 + day - 1 - epoch;
}
