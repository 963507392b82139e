#include <time.h>

#include "base/sig.h"
#include "net/relay.h"

#define LOST_MAX	3	/* connections in a row that bring nothing */
#define REFUSALS_MAX	8	/* of one connection: servers slow down after 10 */

const char *
relay_verdict_name(enum relay_verdict v)
{
	static const char *const names[] = {
		[RELAY_CLOSED] = "closed",
		[RELAY_AUTH] = "needs authentication",
		[RELAY_UNKNOWN] = "unknown",
		[RELAY_ACCEPTED] = "accepted (not proof)",
		[RELAY_OPEN] = "open",
	};

	return names[v];
}

static bool
asks_for_auth(const struct smtp_reply *r)
{
	return r->code == 530 || sl_ifind((struct slice){ r->text, r->n },
	    SL("authenticat")) != NULL;
}

enum relay_verdict
relay_judge(const struct vector *v, const struct smtp_reply *r)
{
	switch (smtp_reply_class(r)) {
	case 2:
		return vector_proves(v) ? RELAY_OPEN : RELAY_ACCEPTED;
	case 5:
		return asks_for_auth(r) ? RELAY_AUTH : RELAY_CLOSED;
	default:
		return RELAY_UNKNOWN;
	}
}

/* A run: the connection, and how it has been going. */
struct run {
	const struct relay_test	*t;
	struct arena		*a;
	struct smtp		*s;
	size_t			 served;	/* transactions of s */
	size_t			 refused;	/* of them */
	size_t			 lost;		/* connections in a row */
};

static void
hang_up(struct run *r, bool politely)
{
	if (r->s != NULL && politely)
		smtp_quit(r->s);
	smtp_free(r->s);
	r->s = NULL;
	r->served = r->refused = 0;
}

static void
settle(struct run *r, struct relay_try *t, enum relay_verdict verdict,
    const struct smtp_reply *reply)
{
	t->verdict = verdict;
	t->code = reply->code;
	memcpy(t->status, reply->status, sizeof(t->status));
	t->why = arena_dup(r->a, (struct slice){ reply->text, reply->n });
}

static void
lose(struct run *r, struct relay_try *t, const struct err *err)
{
	t->verdict = RELAY_UNKNOWN;
	t->code = 0;
	t->why = arena_dup(r->a, sl(err->msg));
	hang_up(r, false);
}

static int
call(struct run *r, struct relay_try *t)
{
	struct err err = { 0 };

	if (r->s != NULL)
		return 0;
	if (smtp_open(&r->s, &r->t->o, NULL, &err) == 0)
		return 0;
	r->lost++;
	lose(r, t, &err);
	return -1;
}

static struct slice
path(struct arena *a, const char *pattern, const struct vector_words *w)
{
	struct buf b = { 0 };
	struct slice s;

	vector_path(&b, pattern, w);
	s = arena_dup(a, buf_sl(&b));
	buf_free(&b);
	return s;
}

static struct slice
message(struct run *r, const struct relay_try *t)
{
	struct slice id = relay_message_id(r->t, r->a, t->v);
	char date[64];
	struct tm tm;
	time_t now = time(NULL);

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	return arena_fmt(r->a, "From: <postmaster@" SL_FMT ">\r\n"
	    "To: <" SL_FMT "@" SL_FMT ">\r\nSubject: relay test %s\r\n"
	    "Date: %s\r\nMessage-ID: <" SL_FMT ">\r\n\r\n"
	    "A test whether %s relays for strangers (%s, %s).\r\n"
	    "Where this message arrives, it does.\r\n",
	    SL_ARG(r->t->w.local), SL_ARG(r->t->w.user),
	    SL_ARG(r->t->w.domain), t->v->id, date, SL_ARG(id),
	    r->t->o.host, t->v->id, t->v->what);
}

/* One message for a vector that was accepted.  -1: the connection is lost. */
static int
deliver(struct run *r, struct relay_try *t, struct err *err)
{
	struct smtp_message m = { .sender = t->from,
	    .bytes = message(r, t) };
	struct smtp_rcpt to = { .address = t->rcpt };
	int ret = smtp_send(r->s, r->a, &m, &to, 1, err);

	t->sent = to.result == SMTP_TAKEN || to.result == SMTP_DOUBTFUL;
	if (to.result == SMTP_TAKEN || to.result == SMTP_DOUBTFUL)
		return ret;
	t->verdict = to.result == SMTP_REFUSED ? RELAY_CLOSED : RELAY_UNKNOWN;
	t->code = to.code;
	t->status[0] = '\0';
	t->why = to.code != 0 ? to.why : arena_dup(r->a,
	    ret == -1 ? sl(err->msg) : to.why);
	return ret;
}

/*
 * Where the recipient is the trick, a server that refuses the sender has not
 * been tried: again from a foreign one.
 */
static int
ask_sender(struct run *r, struct relay_try *t, struct smtp_reply *reply,
    struct err *err)
{
	if (smtp_mail_from(r->s, t->from, reply, err) == -1)
		return -1;
	if (smtp_reply_class(reply) != 5 || t->v->form == ROUTE_NONE)
		return 0;
	t->from = path(r->a, "x@$f", &r->t->w);
	return smtp_mail_from(r->s, t->from, reply, err);
}

/*
 * MAIL and RCPT.  1 when both were answered, 0 when the server hung up or
 * is about to (421), -1 when it never answered.
 */
static int
ask(struct run *r, struct relay_try *t, struct smtp_reply *reply,
    struct err *err)
{
	if (ask_sender(r, t, reply, err) == -1)
		return -1;
	if (smtp_reply_class(reply) == 2 &&
	    smtp_rcpt_to(r->s, t->rcpt, reply, err) == -1)
		return -1;
	return reply->code != 421;
}

/* The rest of a transaction that has its verdict. */
static void
finish(struct run *r, struct relay_try *t)
{
	struct smtp_reply reply;
	struct err err = { 0 };

	r->served++;
	r->lost = 0;
	if (t->verdict < RELAY_ACCEPTED)
		r->refused++;
	if (smtp_rset(r->s, &reply, &err) == -1 || (r->t->deliver &&
	    t->verdict >= RELAY_ACCEPTED && deliver(r, t, &err) == -1))
		hang_up(r, false);
	else if (r->refused >= REFUSALS_MAX)
		hang_up(r, true);
}

/* Again on a new connection, once, when an old one breaks. */
static void
try(struct run *r, struct relay_try *t)
{
	struct smtp_reply reply = { 0 };
	struct err err = { 0 };
	bool old;
	int ret;

	do {
		if (call(r, t) == -1)
			return;
		old = r->served > 0;
		ret = ask(r, t, &reply, &err);
		if (ret == 1) {
			settle(r, t, relay_judge(t->v, &reply), &reply);
			finish(r, t);
			return;
		}
		if (ret == -1)
			lose(r, t, &err);
		else
			hang_up(r, false);
	} while (old && !sig_stop());
	r->lost++;
	if (ret == 0)
		settle(r, t, RELAY_UNKNOWN, &reply);
}

static void
rest(unsigned ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);		/* a signal ends it */
}

void
relay_none(const struct relay_test *t, struct arena *a, struct relay_try *v,
    size_t n, struct slice why)
{
	size_t i;

	for (i = 0; i < n; i++) {
		v[i].from = path(a, v[i].v->from, &t->w);
		v[i].rcpt = path(a, v[i].v->rcpt, &t->w);
		v[i].verdict = RELAY_UNKNOWN;
		v[i].why = why;
	}
}

void
relay_run(const struct relay_test *t, struct arena *a, struct relay_try *v,
    size_t n)
{
	struct run r = { .t = t, .a = a };
	size_t i;

	relay_none(t, a, v, n, SL("not tried"));
	for (i = 0; i < n; i++) {
		if (t->begins != NULL)
			t->begins(t->ctx, &v[i]);
		if (i > 0 && !sig_stop())
			rest(t->pause);
		if (r.lost < LOST_MAX && !sig_stop())
			try(&r, &v[i]);
		if (t->ends != NULL)
			t->ends(t->ctx, &v[i]);
	}
	hang_up(&r, true);
}

struct slice
relay_message_id(const struct relay_test *t, struct arena *a,
    const struct vector *v)
{
	return arena_fmt(a, "%s.%s@%s", v->id, t->tag, t->o.helo);
}
