#include "base/lanes.h"
#include "mail/header.h"
#include "spool/driver.h"

struct xblock {
	struct arena	*a;
	struct spool_msg *m;
	size_t		 senders, receivers;
	bool		 snapshot, end;
	struct slice	 last;		/* X-Receiver's body before this one */
};

typedef void xline(struct xblock *x, struct slice body);

/* The value of "NAME=value" among the parameters; empty: not there. */
static struct slice
param(struct slice params, struct slice name)
{
	struct slice word;

	while (sl_word(&params, &word)) {
		if (word.n > 0 && word.p[word.n - 1] == ';')
			word.n--;
		if (sl_istarts(word, name))
			return sl_from(word, name.n);
	}
	return (struct slice){ NULL, 0 };
}

/* "auth=<bob@example.org>" of X-Sender.  RFC 4954 5. */
static void
take_auth(struct xblock *x, struct slice params)
{
	struct slice s = param(params, SL("auth="));

	if (s.n > 1 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = sl_first(sl_from(s, 1), s.n - 2);
	if (s.n > 0)
		x->m->account = s;
}

/* A byte that ends a line to somebody, or a string: no address is there. */
static bool
is_torn(struct slice body)
{
	size_t i = 0;
	lanes v;

	for (; i + sizeof(v) <= body.n; i += sizeof(v)) {
		v = lanes_load(body.p + i);
		if (lanes_bits(lanes_in(v, 0, 0x1f) | lanes_are(v, 0x7f)) != 0)
			break;
	}
	for (; i < body.n; i++) {
		unsigned char c = (unsigned char)body.p[i];

		if (c == '\r' && i + 1 < body.n && body.p[i + 1] == '\n')
			continue;			/* a fold */
		if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
			return true;
	}
	return false;
}

static void
take_sender(struct xblock *x, struct slice body)
{
	struct slice params;

	if (is_torn(body) || addr_path(x->a, body, &x->m->sender, &params) == -1) {
		msg_problem(x->m, "X-Sender without an address");
		return;
	}
	x->m->has_sender = true;
	x->m->sender_prov = PROV_XBLOCK;
	x->m->ret = param(params, SL("RET="));
	x->m->envid = param(params, SL("ENVID="));
	take_auth(x, params);
}

/*
 * One application writes its whole To list on each line; the same line
 * again says nothing new, and is not taken apart again.
 */
static void
take_list(struct xblock *x, struct slice body)
{
	struct addr ad;
	int r;

	while ((r = addr_next(x->a, &body, &ad)) != 0)
		if (r == 1 && !ad.null)
			msg_rcpt(x->m, x->a, &ad, PROV_XBLOCK);
	msg_problem(x->m, "several recipients on one X-Receiver line");
}

static void
take_rcpt(struct xblock *x, const struct addr *ad, struct slice params)
{
	size_t n = x->m->nrcpts;

	msg_rcpt(x->m, x->a, ad, PROV_XBLOCK);
	if (x->m->nrcpts == n)
		return;
	x->m->rcpts[n].notify = param(params, SL("NOTIFY="));
	x->m->rcpts[n].orcpt = param(params, SL("ORCPT="));
}

static void
take_receiver(struct xblock *x, struct slice body)
{
	struct slice params;
	struct addr ad;

	if (sl_eq(body, x->last))
		return;
	x->last = body;
	if (is_torn(body) || addr_path(x->a, body, &ad, &params) == -1 ||
	    ad.null)
		msg_problem(x->m, "X-Receiver without an address");
	else if (params.n > 0 && params.p[0] == ',')
		take_list(x, body);
	else
		take_rcpt(x, &ad, params);
}

static void
take_created(struct xblock *x, struct slice body)
{
	if (sl_istarts(body, SL("MessageSnapshot")))
		msg_problem(x->m,
		    "a snapshot of pipeline tracing, not a queued message");
}

static void
take_helo(struct xblock *x, struct slice body)
{
	x->m->helo = body;
}

static void
take_ip(struct xblock *x, struct slice body)
{
	static const struct ip none = {
	    { [10] = 0xff, 0xff, 0, 0, 0, 0 } };	/* 0.0.0.0: not known */
	struct ip ip;

	if (ip_parse(body, &ip) && !ip_eq(&ip, &none))
		x->m->client = ip;
}

static void
take_source(struct xblock *x, struct slice body)
{
	msg_note(x->m, x->a, body);
}

/* Properties of the transport, base64; and the end, which is no envelope. */
static void
take_nothing(struct xblock *x, struct slice body)
{
	(void)x;
	(void)body;
}

enum xname {
	X_OTHER, X_SENDER, X_RECEIVER, X_CREATED, X_HELO, X_IP, X_SOURCE,
	X_PROPS, X_MESSAGE_PROPS, X_SNAPSHOT, X_END
};

static const struct {
	const char	*name;
	xline		*take;
} lines[] = {
	[X_SENDER] = { "X-Sender", take_sender },
	[X_RECEIVER] = { "X-Receiver", take_receiver },
	[X_CREATED] = { "X-CreatedBy", take_created },
	[X_HELO] = { "X-HeloDomain", take_helo },
	[X_IP] = { "X-SourceIPAddress", take_ip },
	[X_SOURCE] = { "X-Source", take_source },
	[X_PROPS] = { "X-ExtendedProps", take_nothing },
	[X_MESSAGE_PROPS] = { "X-ExtendedMessageProps", take_nothing },
	[X_SNAPSHOT] = { "X-MessageSnapshot-", take_nothing },
	[X_END] = { "X-EndOfInjectedXHeaders", take_nothing },
};

static enum xname
xname(struct slice name)
{
	size_t i;

	if (name.n < 8 || ascii_lower(name.p[0]) != 'x')
		return X_OTHER;
	for (i = X_SENDER; i <= X_END; i++)
		if (i == X_SNAPSHOT ? sl_istarts(name, sl(lines[i].name)) :
		    sl_ieq(name, sl(lines[i].name)))
			return (enum xname)i;
	return X_OTHER;
}

/*
 * The next line of the block; X_OTHER when it is over, rest unmoved.  The
 * end mark is final: X-lines behind it are the message's own.  So is a
 * second X-Sender: a server writes one.
 */
static enum xname
next_line(struct xblock *x, struct slice *rest, struct hdr *h)
{
	struct slice was = *rest;
	enum xname name;

	if (x->end || hdr_next(rest, h) != 1 ||
	    (name = xname(h->name)) == X_OTHER ||
	    (name == X_SENDER && x->senders == 1)) {
		*rest = was;
		return X_OTHER;
	}
	x->senders += name == X_SENDER;
	x->receivers += name == X_RECEIVER;
	x->snapshot |= name == X_SNAPSHOT || (name == X_CREATED &&
	    sl_istarts(h->body, SL("MessageSnapshot")));
	x->end = name == X_END;
	return name;
}

/*
 * X-Sender alone is an ordinary header of old mail programs: it takes a
 * receiver, or the end mark, to make a block.
 */
static bool
is_block(struct slice text)
{
	struct xblock x = { .senders = 0 };
	enum xname first;
	struct hdr h;

	if (!sl_istarts(text, SL("X-")))
		return false;
	first = next_line(&x, &text, &h);
	if (first != X_SENDER && first != X_RECEIVER && first != X_CREATED)
		return false;
	while (x.receivers == 0 && next_line(&x, &text, &h) != X_OTHER)
		;
	return x.receivers > 0 || (x.end && (x.senders > 0 || x.snapshot));
}

bool
xblock_take(struct slice *text, struct arena *a, struct spool_msg *m)
{
	struct xblock x = { .a = a, .m = m };
	struct slice rest;
	enum xname name;
	struct hdr h;

	if (!is_block(*text))
		return false;
	while ((name = next_line(&x, text, &h)) != X_OTHER)
		lines[name].take(&x, hdr_unfold(a, h.body));
	rest = *text;
	if (!x.end && hdr_next(&rest, &h) == 1 && xname(h.name) == X_SENDER)
		msg_problem(m, "a second X-Sender: taken as the message's own");
	return true;
}

bool
xblock_starts(struct slice w)
{
	struct xblock x = { .senders = 0 };
	enum xname name;
	struct hdr h;

	if (next_line(&x, &w, &h) != X_SENDER)
		return false;
	while ((name = next_line(&x, &w, &h)) != X_OTHER)
		if (name == X_RECEIVER)
			return true;
	return false;
}
