#include "log/driver.h"

/*
 * Windows' application log: as text (CSV or tabs, as the event viewer and
 * dumpel write it, columns in any order), or the lines of evlog.h.
 *
 * windows-spools 1.6: the texts of 2010, 1706 and 4183 are in no public
 * material, so only what stands in every such text is used: an address, and a
 * word in quotes or behind "user".  In a record the strings of an unknown
 * text are taken for what they look like.
 */
#define GUESS	(-1)	/* the last string that is no address and no method */
static const struct {
	uint64_t	id;
	enum log_what	what;
	int		account;	/* which string it is, from 1; 0: none */
} events[] = {
	{ 2010, LOG_AUTH, GUESS },	/* Exchange 5.5 */
	{ 4183, LOG_FAILED, GUESS },
	{ 1708, LOG_AUTH, 3 },		/* Exchange 2000, 2003 */
	{ 1706, LOG_FAILED, GUESS },
	{ 1035, LOG_FAILED, 0 },	/* 2007 and later; not told */
	{ 4192, LOG_TURFED, 0 },	/* Exchange 5.5: its originator only */
};
#define EVENTS	(sizeof(events) / sizeof(events[0]))

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

static bool
is_record(struct slice text)
{
	return text.n > 0 && text.p[0] == '|';
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
		if (!is_record(e->text) && (is_record(s) ||
		    s.n > e->text.n))
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
	struct log_clock y = { .order = ORDER_YMD };
	struct buf tmp = { 0 };
	struct event e;
	bool good = read_event(&c, line, &e, &tmp) ||
	    read_event(&d, line, &e, &tmp) ||
	    read_event(&y, line, &e, &tmp);

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
		w = text.p[i] != '[' ? SL("") :
		    log_between(sl_from(text, i), SL("["), ']');
		if (ip_parse(w, &o->client))
			return;
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

/* "|192.0.2.1|LOGIN|bob|": its n-th string, from 1; empty: there is none. */
static struct slice
string_at(struct slice text, int n)
{
	struct slice s = SL("");

	for (text = sl_from(text, 1); n > 0; n--)
		if (!sl_cut(&text, '|', &s))
			return SL("");
	return sl_trim(s);
}

static bool
is_method(struct slice s)
{
	static const struct slice names[] = { { "LOGIN", 5 }, { "PLAIN", 5 },
	    { "NTLM", 4 }, { "CRAM-MD5", 8 }, { "DIGEST-MD5", 10 },
	    { "GSSAPI", 6 }, { "XOAUTH2", 7 }, { "NEGOTIATE", 9 } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sl_ieq(s, names[i]))
			return true;
	return false;
}

static struct slice
account_in(struct slice text, int which)
{
	struct slice s, best = SL("");
	struct ip ip;
	int n;

	if (which != GUESS)
		return string_at(text, which);
	for (n = 1; (s = string_at(text, n)).n > 0; n++)
		if (!ip_parse(s, &ip) && !is_method(s) &&
		    memchr(s.p, ' ', s.n) == NULL)
			best = s;
	return best;
}

/* Relaying that was refused has no id that anybody told. */
static bool
says_denied(struct slice text)
{
	static const struct slice words[] = { { "denied", 6 },
	    { "prohibited", 10 }, { "refused", 7 }, { "rejected", 8 } };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sl_ifind(text, words[i]) != NULL)
			return log_says_relay(text);
	return false;
}

static bool
is_edge(char c)
{
	return ascii_space(c) || strchr("<>\"'|,;()", c) != NULL;
}

/* The first address in it; with "<>" alone the null sender. */
static void
find_sender(struct log_open *o, struct slice text)
{
	const char *at = text.n == 0 ? NULL : memchr(text.p, '@', text.n);
	const char *from = at, *to = at, *end = text.p + text.n;

	o->has_sender = at != NULL || sl_find(text, SL("<>")) != NULL;
	if (at == NULL)
		return;
	while (from > text.p && !is_edge(from[-1]))
		from--;
	while (to < end && !is_edge(*to))
		to++;
	if (to[-1] == '.')
		to--;
	open_set(o, &o->sender, (struct slice){ from, (size_t)(to - from) });
}

static void
tell(struct log_in *in, const struct event *e, enum log_what what, int which)
{
	struct log_open *o = open_get(in, in->scope);

	open_forget(o);
	o->name = o->account = o->tried = (struct span){ 0, 0 };
	o->text.n = 0;
	o->client = (struct ip){ { 0 } };
	if (what == LOG_TURFED)
		find_sender(o, e->text);
	else
		find_client(o, e->text);
	if (what != LOG_DENIED && what != LOG_TURFED)
		open_set(o, &o->tried, is_record(e->text) ? account_in(e->text, which) :
		    which == 0 ? SL("") : user_of(e->text));
	if (what == LOG_AUTH)
		open_set(o, &o->account, open_str(o, o->tried));
	log_tell(in, o, what);
}

static bool
events_line(struct log_in *in, struct slice line)
{
	struct event e;
	size_t i;

	if (!read_event(&in->clock, line, &e, &in->tmp))
		return false;
	in->at = e.at;
	for (i = 0; i < EVENTS && events[i].id != e.id; i++)
		;
	if (i < EVENTS)
		tell(in, &e, events[i].what, events[i].account);
	else if (says_denied(e.text))
		tell(in, &e, LOG_DENIED, 0);
	return true;
}

const struct log_driver log_events = {
	.name = "events",
	.what = "Windows application log: .evt, .evtx, or exported as text",
	.bid = bid, .line = events_line, .numeric = true,
};
