#include "log/syslog.h"

/*
 * OpenSMTPD 6.4 and later: "smtpd[1]: 3f2a session-event words", all of one
 * connection by the number in front.  Deliveries are other sessions: the first
 * eight digits of their "evpid" are the message's number.
 */
#define MSGID_DIGITS	8
enum { OF_MESSAGE, OF_SESSION };	/* in keys */

static unsigned
bid(struct slice line)
{
	return syslog_by(line, SL("smtpd")) &&
	    (sl_find(line, SL(" smtp ")) != NULL ||
	    sl_find(line, SL(" mta ")) != NULL) ? 2 : 0;
}

/* The value of " name=value" to the next blank. */
static struct slice
value(struct slice text, struct slice name)
{
	struct slice v = log_between(text, name, ' ');

	if (v.n > 0 && v.p[0] == '<')
		return log_between(v, SL("<"), '>');
	return v;
}

static void
connected(struct log_in *in, struct log_open *o, struct slice text)
{
	struct slice host = value(text, SL(" host="));

	log_peer(o, value(text, SL(" address=")));
	if (host.n > 0 && host.p[0] != '<' && !sl_eq(host, SL("unknown")))
		open_set(o, &o->name, host);
	log_tell(in, o, LOG_SESSION);
}

/* The last word is the server's; the name before it may be anything. */
static void
authentication(struct log_in *in, struct log_open *o, struct slice text)
{
	const char *p = memrchr(text.p, ' ', text.n);
	struct slice user = p == NULL ? SL("") : log_between(sl_first(text,
	    (size_t)(p - text.p)), SL(" user="), '\0');

	if (p != NULL && sl_eq(sl_from(text, (size_t)(p - text.p)),
	    SL(" result=ok"))) {
		open_set(o, &o->account, user);
		log_tell(in, o, LOG_AUTH);
	} else {
		open_set(o, &o->tried, user);
		log_tell(in, o, LOG_FAILED);
	}
}

static void
envelope(struct log_open *o, struct slice text)
{
	o->has_sender = true;
	open_set(o, &o->sender, value(text, SL(" from=")));
	open_rcpt(o, value(text, SL(" to=")));
}

/* What the message's bounces are told of, until it has been delivered. */
static void
keep(struct log_in *in, const struct log_open *from, struct slice host)
{
	struct log_open *o = open_get(in, log_key(host, open_str(from,
	    from->queue_id), OF_MESSAGE));

	o->client = from->client;
	open_copy(o, &o->name, from, from->name);
	open_copy(o, &o->account, from, from->account);
	open_copy(o, &o->sender, from, from->sender);
	open_copy(o, &o->queue_id, from, from->queue_id);
	o->has_sender = true;
	o->told = from->told;
}

static void
message(struct log_in *in, struct log_open *o, struct slice host,
    struct slice text)
{
	uint64_t n;

	open_set(o, &o->queue_id, value(text, SL(" msgid=")));
	if (sl_num(value(text, SL(" size=")), UINT64_MAX / 2, &n))
		o->bytes = n;
	if (sl_num(value(text, SL(" nrcpt=")), UINT32_MAX, &n))
		o->told = n;
	o->at = in->at;
	o->message = true;
	if (ip_is_set(&o->client))
		keep(in, o, host);
	open_message(in, o);
}

/* "mta delivery evpid=... to=<a@b> rcpt=<-> ... result="PermFail" stat="..." */
static void
delivery(struct log_in *in, struct slice host, struct slice text)
{
	struct slice id = sl_first(value(text, SL(" evpid=")), MSGID_DIGITS);
	struct log_open *o = open_find(in, log_key(host, id, OF_MESSAGE));
	struct slice result = value(text, SL(" result="));

	if (result.n > 0 && result.p[0] == '"')
		result = log_between(result, SL("\""), '"');
	if (o == NULL || sl_eq(result, SL("TempFail")))
		return;
	if (sl_eq(result, SL("PermFail")))
		log_bounce(in, o, value(text, SL(" to=")));
	if (o->told-- <= 1)
		open_end(in, o);
}

/* 'smtp failed-command command="RCPT TO:<a@b>" result="550 ..."' */
static void
failed_command(struct log_in *in, struct log_open *o, struct slice text)
{
	struct slice cmd = log_between(text, SL("command=\""), '"');

	if (!sl_istarts(cmd, SL("RCPT")))
		return;
	log_refuse(in, o, log_path(cmd), log_between(text, SL("result=\""),
	    '"'));
}

static const struct {
	struct slice	word;
	void		(*say)(struct log_in *, struct log_open *,
			    struct slice);
} words[] = {
	{ { "smtp connected", 14 }, connected },
	{ { "smtp authentication", 19 }, authentication },
	{ { "smtp failed-command", 19 }, failed_command },
};

static bool
opensmtpd_line(struct log_in *in, struct slice line)
{
	struct sysline s;
	struct slice text, id;
	struct log_open *o;
	size_t i;

	if (!syslog_line(in, line, &s) || !sl_eq(s.prog, SL("smtpd")))
		return false;
	text = s.text;
	if (!sl_word(&text, &id) || id.n < 8 || text.n < 2)
		return false;
	text = sl_from(text, 1);
	if (sl_starts(text, SL("mta ")) || sl_starts(text, SL("mda "))) {
		if (sl_starts(sl_from(text, 4), SL("delivery")))
			delivery(in, s.host, text);
		return true;
	}
	if (!sl_starts(text, SL("smtp ")))
		return false;
	o = open_get(in, log_key(s.host, id, OF_SESSION));
	if (sl_starts(text, SL("smtp envelope")))
		envelope(o, text);
	else if (sl_starts(text, SL("smtp message")))
		message(in, o, s.host, text);
	else if (sl_starts(text, SL("smtp disconnected")))
		open_end(in, o);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sl_starts(text, words[i].word))
			words[i].say(in, o, text);
	return true;
}

const struct log_driver log_opensmtpd = {
	.name = "opensmtpd", .what = "OpenSMTPD, syslog",
	.bid = bid, .line = opensmtpd_line,
};
