#include "stat/alarm.h"

static const struct {
	const char	*name;
	const char	*units;
	double		 each[4];
} figures[ALARM_FIGURES] = {
	[ALARM_ENTRIES] = { "entries", "", { 0 } },
	[ALARM_BYTES] = { "bytes", "KMG",
	    { 1024., 1024. * 1024, 1024. * 1024 * 1024 } },
	[ALARM_YOUNG] = { "young", "", { 0 } },
	[ALARM_OLDEST] = { "oldest", "smhd", { 1, 60, 3600, 86400 } },
	[ALARM_OFF] = { "off", "", { 0 } },
};
#define LIMIT_MAX	1000000000000	/* before its unit */

static bool
parse_figure(struct alarm *a, struct slice name)
{
	size_t i;

	for (i = 0; i < ALARM_FIGURES; i++)
		if (sl_eq(name, sl(figures[i].name))) {
			a->figure = (enum alarm_figure)i;
			return true;
		}
	return false;
}

static bool
parse_limit(struct alarm *a, struct slice s)
{
	const char *units = figures[a->figure].units, *u;
	double unit = 1;
	uint64_t n;

	if (s.n > 0 && !ascii_digit(s.p[s.n - 1])) {
		for (u = units; *u != '\0' && *u != s.p[s.n - 1]; u++)
			;
		if (*u == '\0')
			return false;
		unit = figures[a->figure].each[u - units];
		s.n--;
	}
	if (!sl_num(s, LIMIT_MAX, &n))
		return false;
	a->limit = (double)n * unit;
	return true;
}

/* The last of c in s, or s.n. */
static size_t
last_of(struct slice s, char c)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

	return at == NULL ? s.n : (size_t)(at - s.p);
}

int
alarm_parse(struct alarm *a, struct slice text, struct err *err)
{
	size_t more = last_of(text, '>'), less = last_of(text, '<');
	size_t op = more < text.n ? more : less, colon;
	struct slice name = sl_first(text, op);

	*a = (struct alarm){ .text = text, .less = more == text.n };
	if ((colon = last_of(name, ':')) < name.n) {
		a->key = sl_first(name, colon);
		name = sl_from(name, colon + 1);
	}
	if (op == text.n || !parse_figure(a, name))
		return err_set(err, ERR_USAGE, "alarm '" SL_FMT "': want "
		    "[key:]figure>limit, figure one of entries, bytes, young, "
		    "oldest, off", SL_ARG(sl_first(text, 200)));
	if (!parse_limit(a, sl_from(text, op + 1)))
		return err_set(err, ERR_USAGE, "alarm '" SL_FMT "': the limit "
		    "is a number, with K, M, G for bytes and s, m, h, d for "
		    "oldest", SL_ARG(sl_first(text, 200)));
	return 0;
}

static bool
is_about(const struct alarm *a, const struct count_row *r)
{
	if (a->key.p == NULL)
		return r->spool.n == 0 && r->key.n == 0;
	return sl_glob(a->key, r->key) && (r->spool.n > 0 || r->key.n > 0);
}

bool
alarm_fires(const struct alarm *a, const struct count_row *r,
    const struct baseline_off *off, double *figure)
{
	if (!is_about(a, r) || (a->figure == ALARM_OFF && off == NULL))
		return false;
	switch (a->figure) {
	case ALARM_BYTES:	*figure = (double)r->bytes; break;
	case ALARM_YOUNG:	*figure = (double)r->age[0]; break;
	case ALARM_OLDEST:	*figure = (double)r->oldest; break;
	case ALARM_OFF:		*figure = off->off; break;
	default:		*figure = (double)r->entries; break;
	}
	return a->less ? *figure < a->limit : *figure > a->limit;
}
