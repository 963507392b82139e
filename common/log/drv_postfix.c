#include "log/syslog.h"

/*
 * Postfix: smtpd names client and account, cleanup the Message-ID, qmgr
 * sender, size and how many recipients, the deliveries each one; all by
 * the queue id.
 */
#define BEFORE_QUEUE	1	/* in keys: of a client, not a queue id */

static unsigned
bid(struct slice line)
{
	return syslog_by(line, SL("postfix/")) ||
	    syslog_by(line, SL("postfix-")) ? 2 : 0;
}

static struct log_open *
scratch(struct log_in *in, struct slice peer)
{
	struct log_open *o = open_get(in, in->scope);

	open_forget(o);
	o->name = o->helo = o->account = o->tried = (struct span){ 0, 0 };
	o->text.n = 0;
	o->client = (struct ip){ { 0 } };
	log_peer(o, peer);
	return o;
}

/* What stands behind word, up to the client's closing bracket. */
static struct slice
peer_behind(struct slice s, struct slice word)
{
	const char *p = sl_find(s, word), *end;

	if (p == NULL)
		return SL("");
	s = sl_from(s, (size_t)(p - s.p) + word.n);
	end = s.n == 0 ? NULL : memchr(s.p, ']', s.n);
	return end == NULL ? SL("") : sl_first(s, (size_t)(end + 1 - s.p));
}

/* "warning: host[192.0.2.1]: SASL LOGIN authentication failed: ..." */
static bool
failed(struct log_in *in, struct slice text)
{
	struct log_open *o;

	if (sl_find(text, SL(": SASL ")) == NULL ||
	    sl_find(text, SL(" authentication failed")) == NULL)
		return false;
	o = scratch(in, peer_behind(text, SL("warning: ")));
	open_set(o, &o->tried, syslog_value(text, SL("sasl_username=")));
	log_tell(in, o, LOG_FAILED);
	return true;
}

/* The last field, behind "helo=<...>", which may look like it. */
static struct slice
reject_account(struct slice text)
{
	const char *end = text.n == 0 ? NULL : memrchr(text.p, '>', text.n);

	return end == NULL ? SL("") : syslog_value(sl_from(text,
	    (size_t)(end + 1 - text.p)), SL("sasl_username="));
}

/* "reject: RCPT from host[ip]: 554 5.7.1 <x>: Relay access denied; ..." */
static void
rejected(struct log_in *in, struct slice text)
{
	struct log_open *o = scratch(in, peer_behind(text, SL(" from ")));
	struct slice why = log_between(text, SL("]: "), ';');
	struct slice more = sl_from(text, (size_t)(why.p - text.p) + why.n);

	open_set(o, &o->helo, log_between(more, SL("helo=<"), '>'));
	open_set(o, &o->account, reject_account(more));
	o->has_sender = sl_find(more, SL("from=<")) != NULL;
	open_set(o, &o->sender, log_between(more, SL("from=<"), '>'));
	if (sl_find(more, SL(" to=<")) == NULL)
		return;		/* of a connection, not of a recipient */
	log_refuse(in, o, log_between(more, SL(" to=<"), '>'), why);
}

/*
 * A filter handed back what it got: under a new queue id it is the mail of
 * him who sent it, and the first id's message goes on there.
 */
static void
take_over(struct log_open *o, struct log_open *from)
{
	o->client = from->client;
	open_copy(o, &o->name, from, from->name);
	open_copy(o, &o->helo, from, from->helo);
	open_copy(o, &o->account, from, from->account);
	open_copy(o, &o->method, from, from->method);
	from->failed = true;
}

/* What a filter got, by its first queue id; before the queue by its client. */
static struct log_open *
handed_on(struct log_in *in, const struct sysline *s, struct slice text)
{
	struct slice id, client;

	if (sl_find(text, SL(", orig_")) == NULL)
		return NULL;
	id = syslog_value(text, SL("orig_queue_id="));
	client = peer_behind(text, SL("orig_client="));
	if (id.n > 0)
		return open_find(in, log_key(s->host, id, 0));
	return client.n == 0 ? NULL :
	    open_find(in, log_key(s->host, client, BEFORE_QUEUE));
}

static void
accepted(struct log_in *in, const struct sysline *s, struct slice id,
    struct slice text)
{
	struct slice client = peer_behind(text, SL("client="));
	bool queued = !sl_eq(id, SL("NOQUEUE"));
	struct log_open *o = open_get(in, queued ? log_key(s->host, id, 0) :
	    log_key(s->host, client, BEFORE_QUEUE));
	struct log_open *from = handed_on(in, s, text);

	log_peer(o, client);
	open_set(o, &o->queue_id, id);
	open_set(o, &o->method, syslog_value(text, SL("sasl_method=")));
	open_set(o, &o->account, syslog_value(text, SL("sasl_username=")));
	o->message = queued;
	o->at = in->at;
	if (o->account.n > 0)
		log_tell(in, o, LOG_AUTH);
	if (from != NULL && from != o)
		take_over(o, from);
}

static bool
smtpd(struct log_in *in, const struct sysline *s)
{
	struct slice text = s->text, id;

	if (sl_starts(text, SL("connect from "))) {
		log_tell(in, scratch(in, sl_from(text, 13)), LOG_SESSION);
		return true;
	}
	if (sl_starts(text, SL("warning: ")))
		return failed(in, text);
	if (syslog_id(&text, &id)) {
		if (sl_starts(text, SL("client=")))
			accepted(in, s, id, text);
		else if (sl_starts(text, SL("reject: ")))
			rejected(in, text);
		return true;
	}
	return sl_starts(text, SL("disconnect from ")) ||
	    sl_starts(text, SL("lost connection ")) ||
	    sl_starts(text, SL("timeout "));
}

static void
queued(struct log_open *o, struct slice text)
{
	uint64_t n;

	o->has_sender = true;
	open_set(o, &o->sender, log_between(text, SL("from=<"), '>'));
	if (sl_num(syslog_value(text, SL("size=")), UINT64_MAX / 2, &n))
		o->bytes = n;
	if (sl_num(log_between(text, SL("nrcpt="), ' '), UINT32_MAX, &n))
		o->told = n;
}

/* "relay=127.0.0.1[127.0.0.1]:10024, status=sent (250 ... queued as ID)" */
static void
filtered(struct log_in *in, const struct sysline *s, struct log_open *o,
    struct slice text)
{
	struct slice id = log_between(text, SL(" queued as "), ')');
	struct log_open *next;
	struct ip ip;

	if (!o->message || id.n == 0 || !ip_parse(log_between(syslog_value(
	    text, SL("relay=")), SL("["), ']'), &ip) || !ip_is_loopback(&ip))
		return;
	next = open_find(in, log_key(s->host, id, 0));
	if (next != NULL && next != o && ip_is_loopback(&next->client))
		take_over(next, o);
}

/* "to=<a@b>, relay=..., dsn=5.1.1, status=bounced (...)" */
static void
delivered(struct log_in *in, const struct sysline *s, struct log_open *o,
    struct slice text)
{
	struct slice to = log_between(text, SL("to=<"), '>');

	open_rcpt(o, to);
	filtered(in, s, o, text);
	if (o->message && sl_find(text, SL(", status=bounced ")) != NULL)
		log_bounce(in, o, to);
}

/* Lines that go on with a message whose beginning was seen. */
static bool
queue_line(struct log_in *in, const struct sysline *s)
{
	struct slice text = s->text, id;
	struct log_open *o;

	if (!syslog_id(&text, &id))
		return false;
	if ((o = open_find(in, log_key(s->host, id, 0))) == NULL)
		return true;
	if (sl_starts(text, SL("message-id=")))
		open_set(o, &o->message_id, log_path(sl_from(text, 11)));
	else if (sl_starts(text, SL("from=<")))
		queued(o, text);
	else if (sl_starts(text, SL("to=<")))
		delivered(in, s, o, text);
	else if (sl_eq(text, SL("removed")))
		open_end(in, o);
	else if (sl_starts(text, SL("milter-reject: ")))
		o->failed = true;
	return true;
}

static bool
postfix_line(struct log_in *in, struct slice line)
{
	struct sysline s;
	const char *slash;
	struct slice part;

	if (!syslog_line(in, line, &s) || !sl_starts(s.prog, SL("postfix")))
		return false;
	slash = memrchr(s.prog.p, '/', s.prog.n);
	part = slash == NULL ? s.prog :
	    sl_from(s.prog, (size_t)(slash + 1 - s.prog.p));
	return sl_eq(part, SL("smtpd")) ? smtpd(in, &s) : queue_line(in, &s);
}

const struct log_driver log_postfix = {
	.name = "postfix", .what = "Postfix, syslog or maillog_file",
	.bid = bid, .line = postfix_line,
};
