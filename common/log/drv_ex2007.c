#include "log/dialogue.h"

/*
 * Exchange 2007 and later, protocol logs: CSV by "#Fields", UTC.  RECV is
 * read; SEND is what the server did itself.  windows-spools 3.6.
 */
enum field { F_AT, F_SESSION, F_REMOTE, F_EVENT, F_DATA, F_CONTEXT, FIELDS };
static const struct slice field_names[FIELDS] = {
	{ "date-time", 9 }, { "session-id", 10 }, { "remote-endpoint", 15 },
	{ "event", 5 }, { "data", 4 }, { "context", 7 },
};
#define COLUMNS	16

struct recv {
	bool	known;			/* by the file's own header */
	bool	send;
	uint8_t	column[COLUMNS];	/* 1 + enum field */
};

static unsigned
bid(struct slice line)
{
	struct log_clock c = { .zone = 0 };
	struct slice at;
	int64_t t;

	if (sl_starts(line, SL("#Fields: date-time,connector-id,session-id")))
		return 100;
	if (sl_find(line, SL("Protocol Log")) != NULL && line.p[0] == '#')
		return 50;
	return sl_cut(&line, ',', &at) && at.n > 20 && at.p[10] == 'T' &&
	    when_iso(&c, &at, &t) && t != 0 ? 1 : 0;
}

/* One field of RFC 4180, unquoted into tmp where it has to be. */
static bool
csv_cut(struct slice *rest, struct slice *out)
{
	const char *p;

	if (rest->n == 0)
		return false;
	if (rest->p[0] != '"')
		return sl_cut(rest, ',', out);
	*rest = sl_from(*rest, 1);
	for (p = rest->p; p < rest->p + rest->n; p++)
		if (*p == '"') {
			if (p + 1 == rest->p + rest->n || p[1] != '"')
				break;
			p++;
		}
	*out = sl_first(*rest, (size_t)(p - rest->p));
	*rest = sl_from(*rest, out->n + 1);
	if (rest->n > 0 && rest->p[0] == ',')
		*rest = sl_from(*rest, 1);
	return true;
}

static bool
header(struct recv *st, struct slice line)
{
	struct slice name;
	unsigned i, f;

	if (sl_starts(line, SL("#Log-type: ")))
		st->send = sl_find(line, SL("Send")) != NULL;
	if (!sl_starts(line, SL("#Fields: ")))
		return true;
	line = sl_from(line, 9);
	memset(st->column, 0, sizeof(st->column));
	for (i = 0; i < COLUMNS && sl_cut(&line, ',', &name); i++)
		for (f = 0; f < FIELDS; f++)
			if (sl_ieq(sl_trim(name), field_names[f]))
				st->column[i] = (uint8_t)(f + 1);
	st->known = true;
	return true;
}

/* Without a header, as in the rest of a file that was cut. */
static void
usual(struct recv *st)
{
	(void)header(st, SL("#Fields: date-time,connector-id,session-id,"
	    "sequence-number,local-endpoint,remote-endpoint,event,data,"
	    "context"));
}

/* "192.0.2.1:25", "[2001:db8::1]:25" */
static void
endpoint(struct log_open *o, struct slice s)
{
	const char *colon = s.n == 0 ? NULL : memrchr(s.p, ':', s.n);

	if (s.n > 0 && s.p[0] == '[')
		s = log_between(s, SL("["), ']');
	else if (colon != NULL)
		s = sl_first(s, (size_t)(colon - s.p));
	(void)ip_parse(s, &o->client);
}

/* A row '*' of an account: its name is in data, the word in context. */
static void
remark(struct log_in *in, struct log_open *o, const struct slice v[FIELDS])
{
	if (sl_ieq(v[F_CONTEXT], SL("authenticated"))) {
		open_set(o, &o->account, v[F_DATA]);
		log_tell(in, o, LOG_AUTH);
	}
}

static bool
row(struct log_in *in, const struct slice v[FIELDS])
{
	struct slice at = v[F_AT];
	struct log_open *o;

	if (v[F_SESSION].n == 0 || v[F_EVENT].n != 1 ||
	    !when_iso(&in->clock, &at, &in->at))
		return false;
	o = open_get(in, log_key(v[F_SESSION], SL(""), 0));
	switch (v[F_EVENT].p[0]) {
	case '+':
		endpoint(o, v[F_REMOTE]);
		log_tell(in, o, LOG_SESSION);
		return true;
	case '<':
		if (o->account.n > 0 && o->step != AUTH_NO)
			o->step = AUTH_NO;
		if (!ip_is_set(&o->client))
			endpoint(o, v[F_REMOTE]);
		dialogue_client(in, o, v[F_DATA]);
		return true;
	case '>':
		if (o->data) {		/* the text itself is not logged */
			o->data = false;
			dialogue_client(in, o, SL("BDAT"));
		}
		dialogue_server(in, o, v[F_DATA]);
		return true;
	case '*':
		remark(in, o, v);
		return true;
	case '-':
		open_end(in, o);
		return true;
	default:
		return false;
	}
}

static bool
ex2007_line(struct log_in *in, struct slice line)
{
	struct recv *st = in->state;
	struct slice v[FIELDS] = { { 0 } }, one;
	unsigned i;

	if (line.n > 2 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
		line = sl_from(line, 3);
	if (line.n > 0 && line.p[0] == '#')
		return header(st, line);
	if (!st->known)
		usual(st);
	for (i = 0; i < COLUMNS && csv_cut(&line, &one); i++)
		if (st->column[i] != 0)
			v[st->column[i] - 1] = one;
	return st->send || row(in, v);
}

const struct log_driver log_ex2007 = {
	.name = "ex2007", .what = "Exchange 2007 and later, protocol log (RECV)",
	.bid = bid, .line = ex2007_line, .state = sizeof(struct recv),
};
