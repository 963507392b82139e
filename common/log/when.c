#include "log/when.h"
#include "mail/date.h"

#define DAY	86400

/* ---- digits ---- */

static bool
number(struct slice *s, size_t most, unsigned *n)
{
	size_t i;

	for (*n = 0, i = 0; i < most && i < s->n && ascii_digit(s->p[i]); i++)
		*n = *n * 10 + (unsigned)(s->p[i] - '0');
	*s = sl_from(*s, i);
	return i > 0;
}

static bool
take(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = sl_from(*s, 1);
	return true;
}

static unsigned
month_of(struct slice s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	unsigned i;

	for (i = 0; s.n >= 3 && i < 12; i++)
		if (sl_ieq(sl_first(s, 3),
		    (struct slice){ names + (size_t)i * 3, 3 }))
			return i + 1;
	return 0;
}

/* "10:00:00", with a fraction of either kind. */
static bool
clock_time(struct slice *s, int64_t *secs)
{
	unsigned h, m, sec = 0, fraction;

	if (!number(s, 2, &h) || (!take(s, ':') && !take(s, '.')) ||
	    !number(s, 2, &m))
		return false;
	if ((take(s, ':') || take(s, '.')) && !number(s, 2, &sec))
		return false;
	if (take(s, '.') || take(s, ','))
		(void)number(s, 9, &fraction);
	*secs = (int64_t)h * 3600 + m * 60 + sec;
	return h < 24 && m < 60 && sec < 61;
}

static bool
good_day(unsigned month, unsigned day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool
when_zone(struct slice s, int64_t *east)
{
	int64_t sign = 1;
	unsigned h, m = 0;

	if (sl_ieq(s, SL("Z")) || sl_ieq(s, SL("UTC"))) {
		*east = 0;
		return true;
	}
	if (s.n == 0 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	if (s.p[0] == '-')
		sign = -1;
	s = sl_from(s, 1);
	if (!number(&s, 2, &h))
		return false;
	(void)take(&s, ':');
	if (s.n > 0 && !number(&s, 2, &m))
		return false;
	*east = sign * ((int64_t)h * 3600 + m * 60);
	return s.n == 0 && h < 15 && m < 60;
}

/* Behind a time: "Z", "+0900", " +09:00"; or it is the log's own zone. */
static int64_t
zone_behind(struct log_clock *c, struct slice *rest)
{
	struct slice s = *rest, word;
	int64_t east;

	if (s.n > 1 && s.p[0] == ' ' && (s.p[1] == '+' || s.p[1] == '-') &&
	    s.n > 5 && ascii_digit(s.p[2]) && ascii_digit(s.p[5]))
		s = sl_from(s, 1);
	word = s;
	for (word.n = 0; word.n < s.n && word.n < 6 && s.p[word.n] != ' ' &&
	    s.p[word.n] != ',' && s.p[word.n] != ']'; word.n++)
		;
	if (word.n > 0 && when_zone(word, &east)) {
		*rest = sl_from(s, word.n);
		return east;
	}
	c->no_zone = true;
	return c->zone;
}

static void
blank(struct slice *rest)
{
	while (rest->n > 0 && ascii_blank(rest->p[0]))
		*rest = sl_from(*rest, 1);
}

/* ---- syslog ---- */

int64_t
when_year(int64_t written, unsigned month, unsigned day)
{
	int64_t y;

	for (y = 1970; date_days(y + 1, month, day) * DAY <= written + DAY;
	    y++)
		;
	return y;
}

/* No year: it is the last line's, or the next after a December. */
static void
turn_year(struct log_clock *c, unsigned month)
{
	c->no_year = true;
	if (c->month > 9 && month < 4)
		c->year++;
	else if (c->month != 0 && c->month < 4 && month > 9 && c->year > 1970)
		c->year--;
	c->month = month;
}

static bool
bsd_date(struct log_clock *c, struct slice *s)
{
	unsigned month, day;

	if (s->n < 15)
		return false;
	if (memcmp(s->p, c->day_text, 6) == 0) {
		*s = sl_from(*s, 7);
		return true;
	}
	memcpy(c->day_text, s->p, 6);
	if ((month = month_of(*s)) == 0)
		return false;
	*s = sl_from(*s, 3);
	blank(s);
	if (!number(s, 2, &day) || !take(s, ' ') || !good_day(month, day)) {
		c->day_text[0] = '\0';
		return false;
	}
	turn_year(c, month);
	c->day = date_days(c->year, month, day) * DAY;
	return true;
}

bool
when_syslog(struct log_clock *c, struct slice *rest, int64_t *at)
{
	struct slice s = *rest;
	int64_t secs;
	unsigned pri;

	if (take(&s, '<') && (!number(&s, 3, &pri) || !take(&s, '>')))
		return false;
	if (s.n > 0 && ascii_digit(s.p[0])) {
		if (!when_iso(c, &s, at))
			return false;
		*rest = s;
		return true;
	}
	if (!bsd_date(c, &s) || !clock_time(&s, &secs)) {
		c->day_text[0] = '\0';
		return false;
	}
	c->no_zone = true;
	*at = c->day + secs - c->zone;
	blank(&s);
	*rest = s;
	return true;
}

bool
when_iso(struct log_clock *c, struct slice *rest, int64_t *at)
{
	struct slice s = *rest;
	unsigned y, m, d;
	int64_t secs;

	if (s.n < 16 || s.p[4] != '-' || !number(&s, 4, &y) ||
	    !take(&s, '-') || !number(&s, 2, &m) || !take(&s, '-') ||
	    !number(&s, 2, &d) || !good_day(m, d) || y < 1970 ||
	    (!take(&s, 'T') && !take(&s, ' ')) || !clock_time(&s, &secs))
		return false;
	if (memcmp(c->day_text, rest->p, 10) != 0) {
		memcpy(c->day_text, rest->p, 10);
		c->day = date_days(y, m, d) * DAY;
		c->year = y;		/* of lines without one behind it */
		c->month = m;
	}
	*at = c->day + secs - zone_behind(c, &s);
	blank(&s);
	*rest = s;
	return true;
}

/* ---- locales ---- */

/* Three numbers with one and the same separator. */
static bool
three(struct slice *s, unsigned v[3], char *sep)
{
	if (!number(s, 4, &v[0]) || s->n == 0)
		return false;
	*sep = s->p[0];
	return (*sep == '/' || *sep == '.' || *sep == '-') && take(s, *sep) &&
	    number(s, 4, &v[1]) && take(s, *sep) && number(s, 4, &v[2]) &&
	    (s->n == 0 || s->p[0] != *sep);	/* four are an address */
}

static bool
ordered(enum date_order o, const unsigned v[3], int64_t *day)
{
	unsigned y = v[2], m = v[0], d = v[1];

	if (o == ORDER_YMD || v[0] > 31) {
		y = v[0];
		m = v[1];
		d = v[2];
	} else if (o == ORDER_DMY) {
		m = v[1];
		d = v[0];
	}
	if (y < 100)
		y += y < 70 ? 2000 : 1900;
	if (!good_day(m, d) || y < 1970 || y > 2100)
		return false;
	*day = date_days(y, m, d) * DAY;
	return true;
}

/* The hour of a time is counted from 12. */
static void
from_twelve(int64_t *secs, bool pm)
{
	if (*secs / 3600 == 12)
		*secs -= 12 * 3600;
	if (pm)
		*secs += 12 * 3600;
}

/* "PM", "a.m." */
static void
half_day(struct slice *s, int64_t *secs)
{
	struct slice w = *s;
	char c;

	blank(&w);
	if (w.n < 2)
		return;
	c = ascii_lower(w.p[0]);
	if ((c != 'a' && c != 'p') || (ascii_lower(w.p[1]) != 'm' &&
	    w.p[1] != '.'))
		return;
	from_twelve(secs, c == 'p');
	while (w.n > 0 && w.p[0] != ' ' && w.p[0] != ',' && w.p[0] != ':')
		w = sl_from(w, 1);
	*s = w;
}

/* "AM" and "PM" before the time, in the codings of Japan, China, Korea. */
static bool
half_before(struct slice *s, bool *pm)
{
	static const struct {
		struct slice	word;
		bool		pm;
	} words[] = {
		{ SL("\x8c\xdf\x91\x4f"), false },	/* Shift_JIS */
		{ SL("\x8c\xdf\x8c\xe3"), true },
		{ SL("\xc9\xcf\xce\xe7"), false },	/* GBK */
		{ SL("\xcf\xc2\xce\xe7"), true },
		{ SL("\xa4\x57\xa4\xc8"), false },	/* Big5 */
		{ SL("\xa4\x55\xa4\xc8"), true },
		{ SL("\xbf\xc0\xc0\xfc"), false },	/* EUC-KR */
		{ SL("\xbf\xc0\xc8\xc4"), true },
		{ SL("\u5348\u524d"), false },		/* UTF-8 */
		{ SL("\u5348\u5f8c"), true },
		{ SL("\u4e0a\u5348"), false },
		{ SL("\u4e0b\u5348"), true },
		{ SL("\uc624\uc804"), false },
		{ SL("\uc624\ud6c4"), true },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sl_starts(*s, words[i].word)) {
			*s = sl_from(*s, words[i].word.n);
			*pm = words[i].pm;
			blank(s);
			return true;
		}
	return false;
}

bool
when_numeric(struct log_clock *c, struct slice *rest, int64_t *at)
{
	struct slice s = *rest;
	int64_t day, secs;
	unsigned v[3];
	bool half, pm = false;
	char sep;

	if (!three(&s, v, &sep) || !ordered(c->order, v, &day))
		return false;
	while (s.n > 0 && (ascii_blank(s.p[0]) || s.p[0] == ','))
		s = sl_from(s, 1);
	half = half_before(&s, &pm);
	if (!clock_time(&s, &secs))
		return false;
	if (half)
		from_twelve(&secs, pm);
	else
		half_day(&s, &secs);
	c->no_zone = true;
	*at = day + secs - c->zone;
	blank(&s);
	*rest = s;
	return true;
}

/* The first date of a line: in front, or behind a comma. */
static bool
find_three(struct slice line, unsigned v[3], char *sep)
{
	struct slice s, part;

	while (sl_cut(&line, ',', &part)) {
		s = part;
		blank(&s);
		if (three(&s, v, sep))
			return true;
	}
	return false;
}

enum date_order
when_order(struct slice text, bool *sure)
{
	struct slice line;
	unsigned v[3], was[3] = { 0 };
	bool dots = false;
	char sep;

	*sure = true;
	while (sl_line(&text, &line)) {
		if (!find_three(line, v, &sep))
			continue;
		if (v[0] > 31 || v[0] == 0 ||
		    (v[0] == was[0] && v[1] == was[1] && v[2] != was[2]))
			return ORDER_YMD;
		if (v[0] > 12)
			return ORDER_DMY;
		if (v[1] > 12)
			return ORDER_MDY;
		dots |= sep == '.';
		memcpy(was, v, sizeof(was));
	}
	*sure = dots;		/* nobody writes 5.13.00 */
	return dots ? ORDER_DMY : ORDER_MDY;
}

bool
when_order_parse(struct slice s, enum date_order *o)
{
	static const struct slice names[] = { [ORDER_MDY] = SL("mdy"),
	    [ORDER_DMY] = SL("dmy"), [ORDER_YMD] = SL("ymd") };
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sl_ieq(s, names[i])) {
			*o = (enum date_order)i;
			return true;
		}
	return false;
}

bool
when_ncsa(struct log_clock *c, struct slice *rest, int64_t *at)
{
	struct slice s = *rest;
	unsigned d, m, y;
	int64_t secs;

	if (!number(&s, 2, &d) || !take(&s, '/') || (m = month_of(s)) == 0)
		return false;
	s = sl_from(s, 3);
	if (!take(&s, '/') || !number(&s, 4, &y) || y < 1970 ||
	    !good_day(m, d) || !take(&s, ':') || !clock_time(&s, &secs))
		return false;
	*at = date_days(y, m, d) * DAY + secs - zone_behind(c, &s);
	*rest = s;
	return true;
}
