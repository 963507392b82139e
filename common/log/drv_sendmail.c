#include "log/syslog.h"

/*
 * sendmail: the account stands in a line "AUTH=server" without a queue id;
 * the next from= line of the same process is its mail (unix-spools SM-10).
 */
static unsigned
bid(struct slice line)
{
	return syslog_by(line, SL("sendmail")) ||
	    syslog_by(line, SL("sm-mta")) ||
	    syslog_by(line, SL("sm-msp-queue")) ? 2 : 0;
}

static uint64_t
process_key(const struct sysline *s)
{
	return log_key(s->host, SL("process"), s->pid);
}

/* The process's session: a new one for another client. */
static struct log_open *
session(struct log_in *in, const struct sysline *s, struct slice relay)
{
	uint64_t key = process_key(s);
	struct log_open *o = open_find(in, key);
	struct log_open *fresh;
	struct ip ip;

	if (o != NULL && ip_parse(log_between(relay, SL("["), ']'), &ip) &&
	    ip_eq(&ip, &o->client))
		return o;
	if (o != NULL)
		open_end(in, o);
	fresh = open_get(in, key);
	log_peer(fresh, relay);
	log_tell(in, fresh, LOG_SESSION);
	return fresh;
}

/* "AUTH failure (LOGIN): ... , user=bob, relay=host [ip]" */
static bool
failed(struct log_in *in, const struct sysline *s, struct slice text)
{
	struct log_open *o;

	if (sl_find(text, SL("AUTH failure")) == NULL)
		return false;
	o = session(in, s, syslog_value(text, SL("relay=")));
	open_set(o, &o->tried, syslog_value(text, SL("user=")));
	log_tell(in, o, LOG_FAILED);
	return true;
}

static bool
authenticated(struct log_in *in, const struct sysline *s)
{
	struct log_open *o = session(in, s, syslog_value(s->text,
	    SL("relay=")));

	open_set(o, &o->account, syslog_value(s->text, SL("authid=")));
	open_set(o, &o->method, syslog_value(s->text, SL("mech=")));
	log_tell(in, o, LOG_AUTH);
	return true;
}

static void
taken(struct log_in *in, const struct sysline *s, struct slice id,
    struct slice text)
{
	struct log_open *who = session(in, s, syslog_last(text,
	    SL("relay=")));
	struct log_open *o = open_get(in, log_key(s->host, id, 0));
	uint64_t n;

	o->at = in->at;
	o->client = who->client;
	open_copy(o, &o->name, who, who->name);
	open_copy(o, &o->account, who, who->account);
	open_copy(o, &o->method, who, who->method);
	o->has_sender = true;
	open_set(o, &o->sender, syslog_value(text, SL("from=")));
	open_set(o, &o->queue_id, id);
	open_set(o, &o->message_id, log_path(syslog_value(text,
	    SL("msgid="))));
	if (sl_num(syslog_value(text, SL("size=")), UINT64_MAX / 2, &n))
		o->bytes = n;
	if (sl_num(syslog_value(text, SL("nrcpts=")), UINT32_MAX, &n))
		o->told = n;
	o->message = o->told > 0 && ip_is_set(&o->client);
}

/* "to=<a@b>,<c@d>, delay=..., dsn=5.1.1, stat=User unknown" */
static void
delivered(struct log_in *in, struct log_open *o, struct slice text)
{
	bool bounced = o->message &&
	    sl_starts(syslog_value(text, SL("dsn=")), SL("5."));
	struct slice rest = sl_from(text, 3), addr;

	while (rest.n > 0 && rest.p[0] == '<') {
		addr = log_between(rest, SL("<"), '>');
		open_rcpt(o, addr);
		if (bounced)
			log_bounce(in, o, addr);
		rest = sl_from(rest, addr.n + 2);
		if (rest.n == 0 || rest.p[0] != ',')
			break;
		rest = sl_from(rest, 1);
	}
}

/* "arg1=<a@b>", a quoted local part and all; text goes on behind it. */
static struct slice
take_arg(struct slice *text)
{
	const char *p = sl_find(*text, SL("arg1="));
	bool quoted = false;
	struct slice arg;
	size_t i;

	if (p == NULL)
		return SL("");
	*text = sl_from(*text, (size_t)(p - text->p) + 5);
	for (i = 0; i < text->n && (quoted || text->p[i] != ','); i++)
		if (text->p[i] == '"')
			quoted = !quoted;
		else if (quoted && text->p[i] == '\\')
			i++;
	arg = sl_first(*text, i);
	*text = sl_from(*text, arg.n);
	if (arg.n > 1 && arg.p[0] == '<' && arg.p[arg.n - 1] == '>')
		arg = (struct slice){ arg.p + 1, arg.n - 2 };
	return arg;
}

/* "ruleset=check_rcpt, arg1=<x>, relay=host [ip], reject=550 5.7.1 ..." */
static void
rejected(struct log_in *in, const struct sysline *s, struct slice text)
{
	bool rcpt = sl_starts(text, SL("ruleset=check_rcpt"));
	struct slice arg = take_arg(&text);
	struct log_open *o = session(in, s, syslog_value(text,
	    SL("relay=")));
	const char *why = sl_find(text, SL("reject="));

	if (rcpt && why != NULL)
		log_refuse(in, o, arg, sl_from(text, (size_t)(why - text.p)));
}

static bool
queue_line(struct log_in *in, const struct sysline *s, struct slice id,
    struct slice text)
{
	struct log_open *o = open_find(in, log_key(s->host, id, 0));

	if (sl_starts(text, SL("from=")) &&
	    sl_find(text, SL("relay=")) != NULL)
		taken(in, s, id, text);
	else if (sl_starts(text, SL("to=<")) && o != NULL)
		delivered(in, o, text);
	else if (sl_starts(text, SL("ruleset=")))
		rejected(in, s, text);
	else
		return failed(in, s, text) || o != NULL;
	return true;
}

static bool
sendmail_line(struct log_in *in, struct slice line)
{
	struct slice text, id;
	struct sysline s;

	if (!syslog_line(in, line, &s) || (!sl_eq(s.prog, SL("sendmail")) &&
	    !sl_starts(s.prog, SL("sm-m"))))
		return false;
	if (sl_starts(s.text, SL("AUTH=server")))
		return authenticated(in, &s);
	text = s.text;
	if (syslog_id(&text, &id) && !sl_eq(id, SL("STARTTLS")))
		return queue_line(in, &s, id, text);
	if (sl_starts(s.text, SL("ruleset="))) {
		rejected(in, &s, s.text);
		return true;
	}
	return failed(in, &s, s.text);
}

const struct log_driver log_sendmail = {
	.name = "sendmail", .what = "sendmail, syslog",
	.bid = bid, .line = sendmail_line,
};
