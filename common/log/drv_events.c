#include "log/driver.h"

/*
 * Windows' application log as text: CSV or tabs, as the event viewer and
 * dumpel write it, columns in any order.  windows-spools 1.6; the texts of
 * 2010 and 4183 are in no public material, so only what stands in every
 * such text is used: an address, and a word in quotes or behind "user".
 */
static const struct {
	uint64_t	id;
	enum log_what	what;
	bool		known;		/* what is told */
} events[] = {
	{ 2010, LOG_AUTH, true }, { 1708, LOG_AUTH, true },
	{ 4183, LOG_FAILED, true }, { 1706, LOG_FAILED, true },
	{ 4192, LOG_DENIED, false },	/* turfed: somebody's filter did it */
};

struct event {
	int64_t		at;
	uint64_t	id;
	bool		exchange;	/* its source is a mail server's */
	struct slice	text;		/* the longest column */
};

static bool
is_source(struct slice s)
{
	return sl_istarts(s, SL("MSExchange")) || sl_istarts(s,
	    SL("Exchange")) || sl_istarts(s, SL("SMTPSVC"));
}

static struct slice
column(struct slice *rest, char sep)
{
	struct slice out;
	const char *end;

	if (rest->n == 0 || rest->p[0] != '"') {
		if (!sl_cut(rest, sep, &out))
			out = SL("");
		return sl_trim(out);
	}
	*rest = sl_from(*rest, 1);
	for (end = rest->p; end < rest->p + rest->n; end++)
		if (*end == '"') {
			if (end + 1 == rest->p + rest->n || end[1] != '"')
				break;
			end++;
		}
	out = sl_first(*rest, (size_t)(end - rest->p));
	*rest = sl_from(*rest, out.n + 2);
	return out;
}

static bool
date_of(struct log_clock *c, struct slice s, int64_t *at)
{
	return when_iso(c, &s, at) || when_numeric(c, &s, at);
}

/* Date and time in one column, or in two beside each other. */
static bool
read_event(struct log_clock *c, struct slice line, struct event *e,
    struct buf *tmp)
{
	char sep = line.n > 0 && memchr(line.p, '\t', line.n) != NULL ?
	    '\t' : ',';
	struct slice last = SL(""), s;
	bool dated = false;

	*e = (struct event){ .id = 0 };
	while (line.n > 0) {
		s = column(&line, sep);
		tmp->n = 0;
		buf_fmt(tmp, SL_FMT " " SL_FMT, SL_ARG(last), SL_ARG(s));
		dated = dated || date_of(c, s, &e->at) ||
		    date_of(c, buf_sl(tmp), &e->at);
		if (e->id == 0)
			(void)sl_num(s, 65535, &e->id);
		e->exchange |= is_source(s);
		if (s.n > e->text.n)
			e->text = s;
		last = s;
	}
	return dated && e->exchange;
}

static unsigned
bid(struct slice line)
{
	struct log_clock c = { .order = ORDER_MDY };
	struct log_clock d = { .order = ORDER_DMY };
	struct buf tmp = { 0 };
	struct event e;
	bool good = read_event(&c, line, &e, &tmp) ||
	    read_event(&d, line, &e, &tmp);

	buf_free(&tmp);
	return good ? 2 : 0;
}

/* In CSV the quotes are doubled. */
static struct slice
quoted(struct slice s)
{
	const char *dq = s.n == 0 ? NULL : memchr(s.p, '"', s.n);

	if (dq == NULL)
		return log_between(s, SL("'"), '\'');
	s = sl_from(s, (size_t)(dq + 1 - s.p));
	if (s.n > 0 && s.p[0] == '"')
		s = sl_from(s, 1);
	dq = s.n == 0 ? NULL : memchr(s.p, '"', s.n);
	return dq == NULL ? s : sl_first(s, (size_t)(dq - s.p));
}

/* The name behind the word "user" or "account", in quotes or not. */
static struct slice
user_of(struct slice text)
{
	static const struct slice words[] = { { "username", 8 },
	    { "user name", 9 }, { "user", 4 }, { "account", 7 } };
	struct slice s, w;
	const char *p;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((p = sl_ifind(text, words[i])) == NULL)
			continue;
		s = sl_from(text, (size_t)(p - text.p) + words[i].n);
		if ((w = quoted(s)).n > 0)
			return w;
		while (sl_word(&s, &w) && (sl_eq(w, SL("is")) ||
		    sl_eq(w, SL("was")) || sl_eq(w, SL(":"))))
			;
		while (w.n > 0 && (w.p[w.n - 1] == '.' ||
		    w.p[w.n - 1] == ',' || w.p[w.n - 1] == ':'))
			w.n--;
		return w;
	}
	return SL("");
}

static void
find_client(struct log_open *o, struct slice text)
{
	struct slice w;
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (!ascii_digit(text.p[i]))
			continue;
		w = sl_from(text, i);
		for (w.n = 0; i + w.n < text.n && w.n < IP_TEXT &&
		    (ascii_digit(w.p[w.n]) || w.p[w.n] == '.'); w.n++)
			;
		i += w.n;
		while (w.n > 0 && w.p[w.n - 1] == '.')
			w.n--;
		if (ip_parse(w, &o->client))
			return;
	}
}

static bool
events_line(struct log_in *in, struct slice line)
{
	struct log_open *o;
	struct event e;
	size_t i;

	if (!read_event(&in->clock, line, &e, &in->tmp))
		return false;
	in->at = e.at;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].id == e.id)
			break;
	if (i == sizeof(events) / sizeof(events[0]) || !events[i].known)
		return true;
	o = open_get(in, in->scope);
	open_forget(o);
	o->name = o->account = o->tried = (struct span){ 0, 0 };
	o->text.n = 0;
	o->client = (struct ip){ { 0 } };
	find_client(o, e.text);
	open_set(o, &o->tried, user_of(e.text));
	open_set(o, &o->account, open_str(o, o->tried));
	log_tell(in, o, events[i].what);
	return true;
}

const struct log_driver log_events = {
	.name = "events", .what = "Windows application log, exported as text",
	.bid = bid, .line = events_line, .numeric = true,
};
