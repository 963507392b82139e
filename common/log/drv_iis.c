#include "base/hash.h"
#include "log/dialogue.h"

/*
 * IIS SMTP and Exchange 2000/2003, in the three forms that it writes as
 * text.  windows-spools 2.5.  A line has the command, its argument with '+'
 * for blanks, and the status of the reply.
 */
struct iis_row {
	struct slice	client, helo, site, method, query;
	uint64_t	status, bytes;
};

static bool
iis_row(struct log_in *in, const struct iis_row *r)
{
	struct ip ip;
	struct log_open *o;
	uint64_t key;

	if (!ip_parse(r->client, &ip))
		return false;
	if (sl_starts(r->helo, SL("OutboundConnection")))
		return true;
	key = log_key(r->client, r->helo, hash64(r->site));
	o = open_find(in, key);
	if (sl_ieq(r->method, SL("HELO")) || sl_ieq(r->method, SL("EHLO"))) {
		if (o == NULL || o->message || !o->helloed) {
			o = open_get(in, key);
			o->client = ip;
			o->helloed = true;
			open_set(o, &o->helo, sl_eq(r->helo, SL("-")) ?
			    SL("") : r->helo);
			log_tell(in, o, LOG_SESSION);
		}
		return true;
	}
	if (o == NULL) {
		o = open_get(in, key);
		o->client = ip;
		open_set(o, &o->helo, r->helo);
	}
	if (sl_ieq(r->method, SL("QUIT")))
		open_end(in, o);
	else
		dialogue_row(in, o, r->method, r->query, r->status, r->bytes);
	return true;
}

/* ---- W3C, by "#Fields:" ---- */

enum field { F_DATE, F_TIME, F_CLIENT, F_HELO, F_SITE, F_METHOD, F_QUERY,
	F_STATUS, F_BYTES, FIELDS };
static const struct slice field_names[FIELDS] = {
	{ "date", 4 }, { "time", 4 }, { "c-ip", 4 }, { "cs-username", 11 },
	{ "s-sitename", 10 }, { "cs-method", 9 }, { "cs-uri-query", 12 },
	{ "sc-status", 9 }, { "cs-bytes", 8 },
};
#define COLUMNS	40

struct w3c {
	bool		known;
	uint8_t		column[COLUMNS];	/* 1 + enum field */
	char		date[12];		/* of the header, where rows have none */
};

static unsigned
w3c_bid(struct slice line)
{
	if (sl_starts(line, SL("#Fields: ")))
		return sl_find(line, SL("c-ip")) != NULL ? 100 : 0;
	return sl_starts(line, SL("#Software: Microsoft")) ? 10 : 0;
}

static bool
w3c_header(struct w3c *st, struct slice line)
{
	struct slice name;
	unsigned i, f;

	if (sl_starts(line, SL("#Date: ")) && line.n >= 17)
		memcpy(st->date, line.p + 7, 10);
	if (!sl_starts(line, SL("#Fields:")))
		return true;
	line = sl_from(line, 8);
	memset(st->column, 0, sizeof(st->column));
	for (i = 0; i < COLUMNS && sl_word(&line, &name); i++)
		for (f = 0; f < FIELDS; f++)
			if (sl_ieq(name, field_names[f]))
				st->column[i] = (uint8_t)(f + 1);
	st->known = true;
	return true;
}

static bool
w3c_time(struct log_in *in, const struct w3c *st, struct slice date,
    struct slice time)
{
	struct slice at;

	in->tmp.n = 0;
	if (date.n == 0)
		date = sl(st->date);
	buf_fmt(&in->tmp, SL_FMT " " SL_FMT "Z", SL_ARG(date), SL_ARG(time));
	at = buf_sl(&in->tmp);
	return when_iso(&in->clock, &at, &in->at);
}

static bool
w3c_line(struct log_in *in, struct slice line)
{
	struct w3c *st = in->state;
	struct slice v[FIELDS] = { { 0 } }, one;
	struct iis_row r = { .status = 0 };
	unsigned i;

	if (line.n > 0 && line.p[0] == '#')
		return w3c_header(st, line);
	if (!st->known)
		return false;
	for (i = 0; i < COLUMNS && sl_word(&line, &one); i++)
		if (st->column[i] != 0)
			v[st->column[i] - 1] = one;
	if (v[F_METHOD].n == 0 ||
	    !w3c_time(in, st, v[F_DATE], v[F_TIME]))
		return false;
	r = (struct iis_row){ .client = v[F_CLIENT], .helo = v[F_HELO],
	    .site = v[F_SITE], .method = v[F_METHOD], .query = v[F_QUERY] };
	(void)sl_num(v[F_STATUS], 999, &r.status);
	(void)sl_num(v[F_BYTES], UINT64_MAX / 2, &r.bytes);
	return iis_row(in, &r);
}

const struct log_driver log_w3c = {
	.name = "w3c", .what = "IIS SMTP, Exchange 2000 and 2003: W3C extended",
	.bid = w3c_bid, .line = w3c_line, .state = sizeof(struct w3c),
};

/* ---- commas: 15 fields, local time ---- */

enum { I_CLIENT, I_HELO, I_DATE, I_TIME, I_SITE, I_IN = 8, I_STATUS = 10,
	I_METHOD = 12, I_QUERY = 14, I_FIELDS };

static unsigned
iis_split(struct slice line, struct slice v[I_FIELDS])
{
	unsigned n = 0;
	struct slice one;

	while (n < I_FIELDS && sl_cut(&line, ',', &one))
		v[n++] = sl_trim(one);
	return n;
}

static unsigned
iis_bid(struct slice line)
{
	struct slice v[I_FIELDS];
	struct ip ip;

	return iis_split(line, v) == I_FIELDS && ip_parse(v[I_CLIENT], &ip) &&
	    sl_starts(v[I_SITE], SL("SMTPSVC")) ? 3 : 0;
}

static bool
iis_line(struct log_in *in, struct slice line)
{
	struct slice v[I_FIELDS], at;
	struct iis_row r = { .status = 0 };

	if (iis_split(line, v) != I_FIELDS)
		return false;
	in->tmp.n = 0;
	buf_fmt(&in->tmp, SL_FMT " " SL_FMT, SL_ARG(v[I_DATE]),
	    SL_ARG(v[I_TIME]));
	at = buf_sl(&in->tmp);
	if (!when_numeric(&in->clock, &at, &in->at))
		return false;
	r = (struct iis_row){ .client = v[I_CLIENT], .helo = v[I_HELO],
	    .site = v[I_SITE], .method = v[I_METHOD], .query = v[I_QUERY] };
	(void)sl_num(v[I_STATUS], 999, &r.status);
	(void)sl_num(v[I_IN], UINT64_MAX / 2, &r.bytes);
	return iis_row(in, &r);
}

const struct log_driver log_iis = {
	.name = "iis", .what = "IIS SMTP, comma separated",
	.bid = iis_bid, .line = iis_line, .numeric = true,
};

/* ---- NCSA: 'ip - name [time] "MAIL -?+FROM:<a@b> SMTP" 250 57' ---- */

static bool
ncsa_cut(struct log_clock *c, struct slice line, struct iis_row *r,
    int64_t *at)
{
	struct slice dash, when, request, word;

	*r = (struct iis_row){ .status = 0 };
	if (!sl_word(&line, &r->client) || !sl_word(&line, &dash) ||
	    !sl_word(&line, &r->helo))
		return false;
	when = log_between(line, SL("["), ']');
	if (!when_ncsa(c, &when, at))
		return false;
	request = log_between(line, SL("\""), '"');
	line = sl_from(line, (size_t)(request.p - line.p) + request.n + 1);
	if (sl_word(&line, &word))
		(void)sl_num(word, 999, &r->status);
	if (sl_word(&line, &word))
		(void)sl_num(word, UINT64_MAX / 2, &r->bytes);
	if (!sl_word(&request, &r->method))
		return false;
	r->query = log_between(request, SL("?"), ' ');
	return true;
}

static unsigned
ncsa_bid(struct slice line)
{
	struct log_clock c = { .zone = 0 };
	struct iis_row r;
	struct ip ip;
	int64_t at;

	return ncsa_cut(&c, line, &r, &at) && ip_parse(r.client, &ip) &&
	    sl_find(line, SL("SMTP")) != NULL ? 3 : 0;
}

static bool
ncsa_line(struct log_in *in, struct slice line)
{
	struct iis_row r;

	return ncsa_cut(&in->clock, line, &r, &in->at) && iis_row(in, &r);
}

const struct log_driver log_ncsa = {
	.name = "ncsa", .what = "IIS SMTP, NCSA common log",
	.bid = ncsa_bid, .line = ncsa_line,
};
