#include "judge/state.h"
#include "mail/vector.h"

/* ---- what the rules ask ---- */

/*
 * Came in from outside without a password: the client is no one we trust.
 * A gateway that rewrites addresses makes everybody look inside, so what
 * comes through it counts as a stranger's.
 */
static bool
stranger(const struct facts *f)
{
	return !f->authenticated && (f->client_is == CLIENT_STRANGER ||
	    f->client_is == CLIENT_DENIED || f->client_is == CLIENT_GATEWAY);
}

bool
judge_trusted(const struct facts *f)
{
	return f->authenticated || f->local ||
	    f->client_is == CLIENT_TRUSTED || f->client_is == CLIENT_OWN;
}

static bool
in_out(const struct judge *j, const struct facts *f)
{
	return sl_istarts(judge_str(j, f->folder), SL("out"));
}

const struct fact_rcpt *
judge_foreign_rcpt(const struct judge *j, const struct facts *f, bool firm)
{
	uint32_t i;

	for (i = 0; i < f->nrcpts; i++) {
		const struct fact_rcpt *r = &f->rcpts[i];

		if (firm && r->provenance == PROV_HEADERS)
			continue;
		if (judge_target(r) != 0 && !judge_ours(j, judge_target(r)))
			return r;
	}
	return NULL;
}

/* The spool itself says to whom, all of them, and in a layout that is known. */
static bool
told_rcpts(const struct facts *f)
{
	uint32_t i;

	for (i = 0; i < f->nrcpts; i++)
		if (f->rcpts[i].provenance != PROV_XBLOCK &&
		    f->rcpts[i].provenance != PROV_COMPANION &&
		    f->rcpts[i].provenance != PROV_NATIVE)
			return false;
	return f->nrcpts > 0;
}

/*
 * A server in front of ours, or a second one for a partner's domain, has
 * on its way out what is for us.
 */
static bool
leaves(const struct judge *j, const struct facts *f)
{
	return in_out(j, f) && !(told_rcpts(f) &&
	    judge_foreign_rcpt(j, f, true) == NULL);
}

/* It is on its way to somebody else. */
static bool
goes_out(const struct judge *j, const struct facts *f)
{
	return judge_foreign_rcpt(j, f, true) != NULL || leaves(j, f);
}

static bool
comes_in(const struct judge *j, const struct facts *f)
{
	return f->nrcpts > 0 && !leaves(j, f) &&
	    judge_foreign_rcpt(j, f, false) == NULL;
}

static bool
report(const struct facts *f)
{
	return kind_is_report((enum kind)f->kind);
}

static bool
answer(const struct facts *f)
{
	return f->kind == KIND_AUTOREPLY || f->kind == KIND_READ_RECEIPT;
}

/*
 * A report about what our people sent, to a sender whose domain the site does
 * not name: it was for us to send, so it is for us to get.
 */
static bool
about_sent(const struct judge *j, const struct facts *f)
{
	return report(f) && f->report != NULL &&
	    judge_sent(j, f->report->msgid);
}

/* A stranger hands us what is for others. */
static bool
passes(const struct judge *j, const struct facts *f)
{
	return stranger(f) && goes_out(j, f) && !about_sent(j, f);
}

/* ---- sentences for people ---- */

static struct slice
str(const struct judge *j, uint32_t id)
{
	struct slice s = judge_str(j, id);

	return s.n == 0 ? SL("nobody") : s;
}

static void
say_client(const struct judge *j, const struct facts *f, struct buf *out)
{
	if (f->authenticated && f->account != 0)
		buf_fmt(out, "account " SL_FMT " at ",
		    SL_ARG(str(j, f->account)));
	else if (f->authenticated)
		buf_add(out, SL("authenticated "));
	if (f->client != 0)
		buf_fmt(out, "client " SL_FMT " (%s)",
		    SL_ARG(str(j, f->client)),
		    site_client_name((enum site_client)f->client_is));
	else
		buf_add(out, f->local ? SL("submitted on this server") :
		    SL("client not told"));
}

/* ---- what totals tell: judge/totals.h ---- */

/* Mail to whom its owner hears from may be its owner's. */
static bool
to_friend(const struct judge *j, const struct facts *f)
{
	uint32_t i;

	for (i = 0; i < f->nrcpts; i++)
		if (totals_known(j->totals, f->rcpts[i].addr))
			return true;
	return false;
}

/* Is this one of a stream with so many points? */
static bool
of_stream(const struct judge *j, const struct facts *f, uint32_t points)
{
	const struct stream *s = totals_stream(j->totals, f);

	return s != NULL && s->points >= points;
}

/* The logs say so of the account at this client, or what it sent does. */
static bool
stolen_account(const struct judge *j, const struct facts *f)
{
	if (f->account == 0)
		return false;
	return f->stolen != 0 ||
	    (of_stream(j, f, STREAM_ABUSE) && !to_friend(j, f));
}

static bool
infected_client(const struct judge *j, const struct facts *f)
{
	return f->account == 0 && f->client != 0 &&
	    of_stream(j, f, STREAM_ABUSE) && !to_friend(j, f);
}

static bool
abused_program(const struct judge *j, const struct facts *f)
{
	return f->account == 0 && f->client == 0 &&
	    of_stream(j, f, STREAM_ABUSE) && !to_friend(j, f);
}

static bool
maybe_abused(const struct judge *j, const struct facts *f)
{
	return of_stream(j, f, STREAM_MAYBE) &&
	    (!of_stream(j, f, STREAM_ABUSE) || to_friend(j, f));
}

static void
say_stolen(const struct judge *j, const struct facts *f, struct buf *out)
{
	const struct stream *s = totals_stream(j->totals, f);

	say_client(j, f, out);
	buf_add(out, SL(": "));
	if (f->stolen != 0)
		buf_add(out, str(j, f->stolen));
	if (f->stolen != 0 && of_stream(j, f, STREAM_MAYBE))
		buf_add(out, SL("; in the spool "));
	if (of_stream(j, f, STREAM_MAYBE))
		totals_say(s, out);
}

static void
say_script(const struct judge *j, const struct facts *f, struct buf *out)
{
	say_stolen(j, f, out);
	if (f->account == 0 && f->client == 0 && f->mailer != 0) {
		buf_add(out, SL("; written by "));
		buf_add(out, str(j, f->mailer));
	}
}

/* A report about what somebody sent who is none of our users. */
static bool
about_abuse(const struct judge *j, const struct facts *f)
{
	const struct stream *s = f->report == NULL ? NULL :
	    totals_sent(j->totals, f->report->msgid);

	return s != NULL && s->points >= STREAM_ABUSE;
}

static void
say_foreign(const struct judge *j, const struct facts *f, struct buf *out)
{
	const struct fact_rcpt *r = judge_foreign_rcpt(j, f, false);

	if (r != NULL)
		buf_fmt(out, "to " SL_FMT " (from %s), not ours",
		    SL_ARG(str(j, r->addr)),
		    provenance_name((enum provenance)r->provenance));
	else
		buf_add(out, SL("lies in the outbound queue"));
	buf_add(out, SL("; "));
	say_client(j, f, out);
}

static void
say_spoofed(const struct judge *j, const struct facts *f, struct buf *out)
{
	buf_fmt(out, "sender " SL_FMT " is ours, ",
	    SL_ARG(str(j, f->sender)));
	say_client(j, f, out);
	buf_add(out, SL(" is not; "));
	say_foreign(j, f, out);
}

static void
say_ours(const struct judge *j, const struct facts *f, struct buf *out)
{
	if (f->nrcpts > 0)
		buf_fmt(out, "to " SL_FMT "%s, ours (from %s)",
		    SL_ARG(str(j, f->rcpts[0].addr)),
		    f->nrcpts > 1 ? " and others" : "",
		    provenance_name((enum provenance)f->rcpts[0].provenance));
	else
		buf_add(out, SL("no recipient told"));
	buf_add(out, SL("; "));
	say_client(j, f, out);
}

/*
 * No trace inside, but a Message-ID with the name of one of our servers:
 * a program there made it.  Forged mail has the sender's domain there.
 */
static bool
server_id(const struct judge *j, const struct facts *f)
{
	return site_is_host(j->site, judge_str(j, f->reply_domain));
}

static void
say_origin(const struct judge *j, const struct facts *f, struct buf *out)
{
	static const char *const said[] = {
		[ORIGIN_UNKNOWN] = "has no trace",
		[ORIGIN_OURS] = "came in from our own users",
		[ORIGIN_STRANGER] = "came in here from a stranger",
		[ORIGIN_ELSEWHERE] = "entered at another server, not here",
	};

	if (f->report == NULL || f->report->original == ORIG_NONE) {
		buf_add(out, SL("no original inside"));
		return;
	}
	buf_fmt(out, "the original (%s)",
	    original_name((enum original)f->report->original));
	if (f->report->sender != 0)
		buf_fmt(out, " from " SL_FMT,
		    SL_ARG(str(j, f->report->sender)));
	buf_fmt(out, " %s", said[judge_origin(j, f)]);
	if (about_abuse(j, f))
		buf_fmt(out, ", but not by one of them: " SL_FMT,
		    SL_ARG(str(j, totals_sent(j->totals,
		    f->report->msgid)->who)));
	if (judge_sent(j, f->report->msgid))
		buf_add(out, SL("; it is in this spool as sent by us"));
	if (judge_origin(j, f) == ORIGIN_UNKNOWN && server_id(j, f))
		buf_fmt(out, "; its Message-ID is of " SL_FMT,
		    SL_ARG(str(j, f->reply_domain)));
	if (f->tag == TAG_BATV || f->tag == TAG_SRS)
		buf_add(out, SL("; the recipient carries a sender tag"));
}

/* ---- damaged ---- */

static bool
unreadable(const struct judge *j, const struct facts *f)
{
	(void)j;
	return f->unread;
}

static void
say_unreadable(const struct judge *j, const struct facts *f, struct buf *out)
{
	(void)j;
	(void)f;
	buf_add(out, SL("nothing of it could be read; see problems"));
}

static bool
no_header(const struct judge *j, const struct facts *f)
{
	(void)j;
	return f->no_header;
}

static void
say_no_header(const struct judge *j, const struct facts *f, struct buf *out)
{
	(void)j;
	buf_fmt(out, "%llu bytes without one header field that tells",
	    (unsigned long long)f->size);
}

/* ---- relay ---- */

static const struct fact_rcpt *
routed(const struct judge *j, const struct facts *f)
{
	uint32_t i;

	for (i = 0; i < f->nrcpts; i++)
		if (vector_like((enum addr_route)f->rcpts[i].route) != NULL &&
		    f->rcpts[i].provenance != PROV_HEADERS &&
		    !judge_ours(j, f->rcpts[i].target))
			return &f->rcpts[i];
	return NULL;
}

static bool
routed_recipient(const struct judge *j, const struct facts *f)
{
	return !judge_trusted(f) && routed(j, f) != NULL;
}

static void
say_routed(const struct judge *j, const struct facts *f, struct buf *out)
{
	const struct fact_rcpt *r = routed(j, f);

	buf_fmt(out, "recipient " SL_FMT " hides a route (%s) to " SL_FMT "; ",
	    SL_ARG(str(j, r->addr)),
	    addr_route_name((enum addr_route)r->route),
	    SL_ARG(str(j, r->target)));
	say_client(j, f, out);
}

/*
 * A guess knows inside addresses by RFC 1918 only.  A client that calls
 * itself by a name below our domain, not by the domain as forgers do, may
 * be a machine of ours with a public address.
 */
static bool
maybe_inside(const struct judge *j, const struct facts *f)
{
	return site_is_guessed(j->site) && stranger(f) && goes_out(j, f) &&
	    judge_ours(j, f->sender_domain) && judge_ours(j, f->helo) &&
	    f->helo != f->sender_domain &&
	    !site_is_host(j->site, judge_str(j, f->helo));
}

static void
say_maybe_inside(const struct judge *j, const struct facts *f,
    struct buf *out)
{
	say_client(j, f, out);
	buf_fmt(out, " calls itself " SL_FMT "; trusted networks are only "
	    "guessed: say -t if it is ours", SL_ARG(str(j, f->helo)));
}

static bool
spoofed_sender(const struct judge *j, const struct facts *f)
{
	return stranger(f) && goes_out(j, f) &&
	    judge_ours(j, f->sender_domain);
}

/*
 * Resent by one of us, or taken in for one of us: our own hop says so.
 * Resent-From can be forged; who forges it relays more than that.
 */
static bool
forward_shown(const struct judge *j, const struct facts *f)
{
	const char *at;
	struct slice to;
	size_t i;

	if (judge_ours(j, f->resent_domain))
		return true;
	for (i = 0; i < f->nhops; i++) {
		if (f->hops[i].by != 0 && !judge_host(j, f->hops[i].by))
			break;
		to = judge_str(j, f->hops[i].for_);
		at = to.n == 0 ? NULL : memrchr(to.p, '@', to.n);
		if (at != NULL && site_is_ours(j->site,
		    sl_from(to, (size_t)(at + 1 - to.p))))
			return true;
		if (f->hops[i].ip == f->client)
			break;
	}
	return false;
}

/*
 * Always the same address outside for the same user, whoever wrote: an
 * alias.  When the user is named in much else that goes out, the address
 * must stand out from the rest by far.
 */
#define FORWARD_FEW	2	/* addresses outside that one user may have */
#define FORWARD_OUT	3	/* times the average of that user's others */

static size_t
clients_of(const struct pair *p)
{
	size_t n = 0;

	while (n < PAIR_WHO && p->who[n] != 0)
		n++;
	return n;
}

static bool
forward_steady(const struct judge *j, const struct facts *f)
{
	const struct pair *p = judge_pair(j, f);
	uint32_t local = judge_names_us(j, f);
	const struct addr_sums *sums = judge_addr_sums(j, local);

	if (p == NULL || local == 0 || p->local != local)
		return false;
	if (sums->targets <= FORWARD_FEW)
		return clients_of(p) >= 2;
	return clients_of(p) == PAIR_WHO &&
	    (uint64_t)p->n * (sums->targets - 1) >=
	    (uint64_t)FORWARD_OUT * (sums->named - p->n);
}

/* It also hands us mail for strangers that names nobody of ours. */
#define RELAYS_MANY	3

static bool
spam_client(const struct judge *j, const struct facts *f)
{
	return judge_client_sums(j, judge_who(f))->relayed >= RELAYS_MANY;
}

static bool
forwarded(const struct judge *j, const struct facts *f)
{
	return passes(j, f) && !spam_client(j, f) &&
	    (forward_shown(j, f) || forward_steady(j, f));
}

static void
say_forwarded(const struct judge *j, const struct facts *f, struct buf *out)
{
	const struct pair *p = judge_pair(j, f);

	buf_fmt(out, "it names " SL_FMT " and goes on to " SL_FMT,
	    SL_ARG(str(j, judge_names_us(j, f))),
	    SL_ARG(str(j, f->nrcpts > 0 ? f->rcpts[0].addr : 0)));
	if (p != NULL)
		buf_fmt(out, "; messages from the one to the other: %u, "
		    "clients: %zu%s", p->n, clients_of(p),
		    clients_of(p) == PAIR_WHO ? " or more" : "");
}

/*
 * Names one of us, but seen too seldom to tell, or the spool does not say
 * where it goes.
 */
static bool
maybe_forward(const struct judge *j, const struct facts *f)
{
	uint32_t local = judge_names_us(j, f);
	const struct pair *p;

	if (!passes(j, f) || local == 0 ||
	    spam_client(j, f))
		return false;
	if (judge_foreign_rcpt(j, f, true) == NULL)
		return true;
	p = judge_pair(j, f);
	return p != NULL && p->local == local &&
	    (judge_addr_sums(j, local)->targets <= FORWARD_FEW ||
	    clients_of(p) > 1);
}

static bool
third_party(const struct judge *j, const struct facts *f)
{
	return passes(j, f);
}

/* ---- reports ---- */

static bool
abuse_report(const struct judge *j, const struct facts *f)
{
	return f->kind == KIND_ABUSE_REPORT &&
	    !(stranger(f) && judge_foreign_rcpt(j, f, true) != NULL);
}

static void
say_kind(const struct judge *j, const struct facts *f, struct buf *out)
{
	buf_fmt(out, "kind %s; ", kind_name((enum kind)f->kind));
	say_ours(j, f, out);
}

static bool
report_outbound(const struct judge *j, const struct facts *f)
{
	return f->kind == KIND_BOUNCE && !stranger(f) &&
	    (f->local || f->client_is == CLIENT_OWN) &&
	    (goes_out(j, f) || judge_foreign_rcpt(j, f, false) != NULL);
}

static void
say_outbound(const struct judge *j, const struct facts *f, struct buf *out)
{
	buf_add(out, SL("this server made it, and it goes "));
	say_foreign(j, f, out);
}

static bool
own_bounce(const struct judge *j, const struct facts *f)
{
	enum origin o;

	if (!report(f) || about_abuse(j, f))
		return false;
	if (about_sent(j, f))
		return comes_in(j, f) || stranger(f);
	if (!comes_in(j, f))
		return false;
	o = judge_origin(j, f);
	return o == ORIGIN_OURS || (o == ORIGIN_UNKNOWN && (server_id(j, f) ||
	    f->tag == TAG_BATV || f->tag == TAG_SRS));
}

static bool
report_inbound(const struct judge *j, const struct facts *f)
{
	enum origin o;

	if (!report(f) || !comes_in(j, f))
		return false;
	o = judge_origin(j, f);
	return o == ORIGIN_STRANGER || o == ORIGIN_ELSEWHERE ||
	    about_abuse(j, f);
}

/*
 * Many reports to one address, and what could be judged of them is about
 * mail that it did not send: the rest of them is too.
 */
#define STORM_MIN	10	/* false reports to one address */
#define STORM_SHARE	20	/* and that many for each true one */

static bool
report_storm(const struct judge *j, const struct facts *f)
{
	const struct addr_sums *to;

	if (!j->counted || f->kind != KIND_BOUNCE || !comes_in(j, f) ||
	    f->nrcpts != 1)
		return false;
	to = judge_addr_sums(j, f->rcpts[0].addr);
	return to->false_reports >= STORM_MIN &&
	    to->false_reports / STORM_SHARE >= to->true_reports;
}

static void
say_storm(const struct judge *j, const struct facts *f, struct buf *out)
{
	uint32_t to = f->rcpts[0].addr;

	buf_fmt(out, SL_FMT " gets %u reports about mail that entered "
	    "elsewhere, %u about its own", SL_ARG(str(j, to)),
	    judge_addr_sums(j, to)->false_reports,
	    judge_addr_sums(j, to)->true_reports);
}

static bool
local_report(const struct judge *j, const struct facts *f)
{
	return report(f) && f->local && comes_in(j, f);
}

static bool
answers_foreign(const struct judge *j, const struct facts *f)
{
	return answer(f) && comes_in(j, f) && !judge_trusted(f) &&
	    f->in_reply_to != 0 && !judge_sent(j, f->in_reply_to) &&
	    !judge_host(j, f->reply_domain);
}

static bool
answers_us(const struct judge *j, const struct facts *f)
{
	return answer(f) && comes_in(j, f) && f->in_reply_to != 0 &&
	    (judge_sent(j, f->in_reply_to) || judge_host(j, f->reply_domain));
}

static void
say_answer(const struct judge *j, const struct facts *f, struct buf *out)
{
	buf_fmt(out, "it answers a message of " SL_FMT "%s",
	    SL_ARG(str(j, f->reply_domain)),
	    judge_sent(j, f->in_reply_to) ? ", which is in this spool" : "");
}

/* ---- spam to our own users ---- */

static bool
unknown_recipients(const struct judge *j, const struct facts *f)
{
	uint32_t i;

	if (f->kind != KIND_MAIL || !stranger(f) || !comes_in(j, f))
		return false;
	for (i = 0; i < f->nrcpts; i++)
		if (site_rcpt(j->site, judge_str(j, f->rcpts[i].addr)) !=
		    RCPT_UNKNOWN)
			return false;
	return true;
}

/*
 * Much of what this client hands us is relayed, and more of that than of
 * mail for us: what it sends to our own users is from the same source.
 */
#define RELAY_CLIENT_MIN	10

static bool
relay_client(const struct judge *j, const struct facts *f)
{
	const struct client_sums *sums = judge_client_sums(j, judge_who(f));

	return f->kind == KIND_MAIL && stranger(f) && comes_in(j, f) &&
	    sums->relayed >= RELAY_CLIENT_MIN &&
	    sums->relayed >= sums->inbound;
}

static void
say_relay_client(const struct judge *j, const struct facts *f,
    struct buf *out)
{
	const struct client_sums *sums = judge_client_sums(j, judge_who(f));

	say_client(j, f, out);
	buf_fmt(out, " hands us %u messages for strangers, %u for us",
	    sums->relayed, sums->inbound);
}

/* A list of names is tried, and ours are in it by chance. */
static bool
dictionary(const struct judge *j, const struct facts *f)
{
	uint32_t i;

	if (f->kind != KIND_MAIL || !stranger(f) || !comes_in(j, f))
		return false;
	if (totals_guesses(j->totals, totals_tries(j->totals, judge_who(f))))
		return true;
	for (i = 0; i < f->nrcpts; i++)
		if (!totals_dead(j->totals, f->rcpts[i].addr))
			return false;
	return true;
}

static void
say_dictionary(const struct judge *j, const struct facts *f,
    struct buf *out)
{
	const struct tries *c = totals_tries(j->totals, judge_who(f));

	say_client(j, f, out);
	buf_fmt(out, " writes to %u addresses of ours: %u are in use, %u were "
	    "reported unknown", c->rcpts, c->live, c->dead);
}

static bool
denied_client(const struct judge *j, const struct facts *f)
{
	return f->client_is == CLIENT_DENIED && !f->authenticated &&
	    comes_in(j, f);
}

static bool
brings(const struct judge *j, const struct facts *f, enum runs what)
{
	return f->sketch != NULL && f->sketch->runs == what && stranger(f) &&
	    comes_in(j, f);
}

static bool
worm(const struct judge *j, const struct facts *f)
{
	return brings(j, f, RUNS_HIDDEN);
}

static bool
program(const struct judge *j, const struct facts *f)
{
	return brings(j, f, RUNS_OPENLY);
}

static void
say_program(const struct judge *j, const struct facts *f, struct buf *out)
{
	say_client(j, f, out);
	buf_fmt(out, " sends a program for Windows%s",
	    f->sketch->runs == RUNS_HIDDEN ? " that hides what it is" : "");
}

/* ---- what a filter said that was asked ---- */

static bool
asked_relay(const struct judge *j, const struct facts *f)
{
	return f->answer != NULL && f->answer->bad && goes_out(j, f);
}

static bool
asked_spam(const struct judge *j, const struct facts *f)
{
	return f->answer != NULL && f->answer->bad && !goes_out(j, f);
}

static bool
asked(const struct judge *j, const struct facts *f)
{
	(void)j;
	return f->answer != NULL && !f->answer->bad;
}

static void
say_asked(const struct judge *j, const struct facts *f, struct buf *out)
{
	char score[VERDICT_NUMBER], limit[VERDICT_NUMBER];
	const struct answer *a = f->answer;

	(void)j;
	buf_fmt(out, "rspamd, which was asked, says " SL_FMT ", %s of %s",
	    SL_ARG(a->action), verdict_number(a->score, score),
	    verdict_number(a->limit, limit));
	if (a->symbols.n > 0)
		buf_fmt(out, " (" SL_FMT ")", SL_ARG(a->symbols));
}

/* ---- what filters wrote into the header ---- */

/*
 * It names a host of ours, or its field stands where the client could not
 * write.  Who forges a bad word forges it against his own mail; results of
 * an authentication are of use only from a host we know (RFC 8601 5).
 */
static bool
our_filter(const struct judge *j, const struct facts *f,
    const struct fact_verdict *v)
{
	return judge_host(j, v->host) || (v->filter != FILTER_AUTH &&
	    f->nhops > 0 && v->above <= f->ours_above);
}

bool
judge_flagged(const struct judge *j, const struct facts *f)
{
	uint8_t i;

	for (i = 0; i < f->nverdicts; i++)
		if (f->verdicts[i].bad &&
		    f->verdicts[i].filter != FILTER_AUTH &&
		    our_filter(j, f, &f->verdicts[i]))
			return true;
	return false;
}

static bool
flagged(const struct judge *j, const struct facts *f)
{
	return f->kind == KIND_MAIL && stranger(f) && comes_in(j, f) &&
	    judge_flagged(j, f);
}

/* What others say is worth a word when it is bad. */
static bool
is_told(const struct judge *j, const struct facts *f,
    const struct fact_verdict *v)
{
	return our_filter(j, f, v) || (v->bad && v->filter != FILTER_AUTH);
}

static bool
has_verdict(const struct judge *j, const struct facts *f)
{
	uint8_t i;

	for (i = 0; i < f->nverdicts; i++)
		if (is_told(j, f, &f->verdicts[i]))
			return true;
	return false;
}

static void
say_verdict(const struct judge *j, const struct facts *f,
    const struct fact_verdict *v, struct buf *out)
{
	char score[VERDICT_NUMBER], limit[VERDICT_NUMBER];

	buf_add(out, sl(filter_name((enum filter)v->filter)));
	if (v->host != 0)
		buf_fmt(out, " on " SL_FMT, SL_ARG(str(j, v->host)));
	if (!our_filter(j, f, v))
		buf_add(out, SL(", no filter of ours,"));
	buf_add(out, SL(" says "));
	if (v->filter == FILTER_AUTH)
		buf_add(out, str(j, v->text));
	else
		buf_add(out, v->bad ? SL("spam") : SL("no spam"));
	if (v->scored)
		buf_fmt(out, ", %s of %s", verdict_number(v->score, score),
		    verdict_number(v->limit, limit));
}

static void
say_verdicts(const struct judge *j, const struct facts *f, struct buf *out)
{
	size_t start = out->n;
	uint8_t i;

	for (i = 0; i < f->nverdicts; i++) {
		if (!is_told(j, f, &f->verdicts[i]))
			continue;
		if (out->n > start)
			buf_add(out, SL("; "));
		say_verdict(j, f, &f->verdicts[i], out);
	}
}

/* ---- legit ---- */

/* A report that we relayed or made is judged above; these are messages. */
static bool
submitted(const struct judge *j, const struct facts *f)
{
	(void)j;
	return judge_trusted(f) && !(report(f) && comes_in(j, f)) &&
	    f->nrcpts > 0;
}

/*
 * A list or newsletter: it names itself, comes from one place under one
 * domain, and came before.
 */
#define BULK_MIN	5	/* messages */
#define BULK_SPAN	(12 * 3600)	/* seconds from first to last */

static bool
bulk(const struct judge *j, const struct facts *f)
{
	const struct stream *s = totals_stream(j->totals, f);
	const struct list_sums *l = judge_list_sums(j, f->list_id);

	if (f->kind != KIND_MAIL || f->list_id == 0)
		return false;
	if (judge_trusted(f))
		return s != NULL && s->list;
	return comes_in(j, f) && !l->mixed && l->messages >= BULK_MIN &&
	    l->last - l->first >= BULK_SPAN;
}

static void
say_bulk(const struct judge *j, const struct facts *f, struct buf *out)
{
	const struct stream *s = totals_stream(j->totals, f);
	const struct list_sums *l = judge_list_sums(j, f->list_id);

	buf_fmt(out, "list " SL_FMT ": ", SL_ARG(str(j, f->list_id)));
	if (s != NULL)
		buf_fmt(out, "%u readers, %u of them on several days, %u "
		    "reports came back", s->rcpts, s->steady, s->bounced);
	else
		buf_fmt(out, "%u messages to us, all from one client and one "
		    "domain", l->messages);
}

static bool
inbound(const struct judge *j, const struct facts *f)
{
	return !report(f) && !answer(f) && comes_in(j, f);
}

bool
judge_is_weak(const struct facts *f)
{
	return f->rule < judge_nrules() &&
	    judge_rules[f->rule].test == inbound;
}

/* ---- campaigns ---- */

/*
 * A campaign is bad when enough of it was decided to be, far more than was
 * found to be good.  Good is what has a reason of its own to be legit.
 */
#define BAD_MIN		3	/* mails */
#define BAD_SHARE	8	/* for each good one */

static uint32_t
good_in(const struct campaign *c)
{
	return c->classes[C_LEGIT] - c->weak;
}

static const struct campaign *
pulled_by(const struct judge *j, const struct facts *f)
{
	if (!j->pulling || f->kind != KIND_MAIL || judge_trusted(f) ||
	    (f->class != C_UNSURE && !judge_is_weak(f)))
		return NULL;
	return campaign_of(j->campaigns, f);
}

static bool
relay_campaign(const struct judge *j, const struct facts *f)
{
	const struct campaign *c = pulled_by(j, f);

	return c != NULL && !comes_in(j, f) &&
	    c->classes[C_RELAY] >= BAD_MIN &&
	    c->classes[C_RELAY] / BAD_SHARE >= good_in(c) &&
	    campaign_is_bad_like(c, f);
}

/* Here good is also what is for us and nothing speaks against. */
static bool
spam_campaign(const struct judge *j, const struct facts *f)
{
	const struct campaign *c = pulled_by(j, f);
	uint32_t bad;

	if (c == NULL || !comes_in(j, f))
		return false;
	bad = c->classes[C_RELAY] + c->classes[C_SPAM];
	return bad >= BAD_MIN && bad >= c->weak &&
	    bad / BAD_SHARE >= good_in(c) && campaign_is_bad_like(c, f);
}

static void
say_campaign(const struct judge *j, const struct facts *f, struct buf *out)
{
	const struct campaign *c = campaign_of(j->campaigns, f);

	if (c == NULL)
		return;
	buf_fmt(out, "one of %u mails of campaign %u, of which %u are relay, "
	    "%u spam, %u legit; ", c->n, c->number, c->classes[C_RELAY],
	    c->classes[C_SPAM], c->classes[C_LEGIT]);
	campaign_say(c, j->in, out);
}

/* ---- what only speaks ---- */

static bool
through_gateway(const struct judge *j, const struct facts *f)
{
	(void)j;
	return f->client_is == CLIENT_GATEWAY;
}

/* A password was used for an account that the site does not list. */
static bool
unknown_account(const struct judge *j, const struct facts *f)
{
	(void)j;
	return f->account != 0 && !f->authenticated;
}

static void
say_account(const struct judge *j, const struct facts *f, struct buf *out)
{
	buf_fmt(out, "account " SL_FMT " is not on the site's list",
	    SL_ARG(str(j, f->account)));
}

static bool
envelope_hinted(const struct judge *j, const struct facts *f)
{
	(void)j;
	return f->nrcpts > 0 && f->rcpts[0].provenance == PROV_STREAM;
}

static void
say_hinted(const struct judge *j, const struct facts *f, struct buf *out)
{
	(void)j;
	buf_fmt(out, "%u recipients read from bytes whose layout is unknown",
	    f->nrcpts);
}

static bool
envelope_unlike_header(const struct judge *j, const struct facts *f)
{
	uint32_t i;
	size_t k;

	(void)j;
	if (f->nrcpts == 0 || f->nheader_rcpts == 0 ||
	    f->rcpts[0].provenance == PROV_HEADERS)
		return false;
	for (i = 0; i < f->nrcpts; i++)
		for (k = 0; k < f->nheader_rcpts; k++)
			if (f->rcpts[i].addr == f->header_rcpts[k])
				return false;
	return true;
}

static void
say_unlike(const struct judge *j, const struct facts *f, struct buf *out)
{
	buf_fmt(out, "the header says to " SL_FMT ", the envelope " SL_FMT,
	    SL_ARG(str(j, f->header_rcpts[0])),
	    SL_ARG(str(j, f->rcpts[0].addr)));
}

static bool
no_envelope(const struct judge *j, const struct facts *f)
{
	(void)j;
	return !f->unread && (f->nrcpts == 0 ||
	    f->rcpts[0].provenance == PROV_HEADERS);
}

static void
say_no_envelope(const struct judge *j, const struct facts *f,
    struct buf *out)
{
	(void)j;
	buf_add(out, f->nrcpts == 0 ? SL("nothing names a recipient") :
	    SL("recipients only from headers: lists and Bcc do not show"));
}

const struct rule judge_rules[] = {
	{ "unsure/unreadable", C_UNSURE, DECIDES, unreadable, say_unreadable,
	    "The file could not be opened or read.", "design" },
	{ "unsure/no-header", C_UNSURE, DECIDES, no_header, say_no_header,
	    "No header field was found that tells anything: damaged, or not "
	    "a message.", "windows-spools 1.3" },

	{ "relay/rspamd", C_RELAY, DECIDES, asked_relay, say_asked,
	    "All else left it unsure, it goes out, and an rspamd that was "
	    "asked (spoolscan --rspamd) takes it for spam.", "design" },
	{ "spam/rspamd", C_SPAM, DECIDES, asked_spam, say_asked,
	    "The same, but nothing tells that it goes out.", "design" },
	{ "relay/routed-recipient", C_RELAY, DECIDES, routed_recipient,
	    say_routed,
	    "A recipient hides a route to a foreign domain (a%b@us, "
	    "\"a@b\"@us, @us:a@b, b!a@us, a@b@us), and the client is no one "
	    "we trust.", "KB304897 tests 6 and 7; RFC 2505" },
	{ "legit/abuse-report", C_LEGIT, DECIDES, abuse_report, say_kind,
	    "Somebody complains about abuse.  Never spam: read these first.",
	    "RFC 5965" },
	{ "relay/stolen-account", C_RELAY, DECIDES, stolen_account,
	    say_stolen,
	    "Somebody used an account of ours from where its owner does not: "
	    "the server's logs say so (spoollog(1) has the reasons), or what "
	    "was sent in its name does: very many recipients who never wrote "
	    "to us, networks that were not used for it else, forged senders, "
	    "failures, what a filter of ours wrote, by points; one of these alone is never enough.",
	    "KB836500" },
	{ "relay/infected-client", C_RELAY, DECIDES, infected_client,
	    say_stolen,
	    "A machine of ours sends what its user did not write: the same "
	    "points as for stolen accounts, for what comes from one inside "
	    "address and is made in one way.", "KB836500" },
	{ "relay/abused-program", C_RELAY, DECIDES, abused_program,
	    say_script,
	    "A program on the server itself, as a web form or a site that "
	    "somebody broke into, sends what nobody asked for: by points "
	    "as for stolen accounts, for mail without account and client, of "
	    "one sender domain and one text.  Where a field of its header names a "
	    "script of PHP or a program, that is said.", "KB836500" },
	{ "unsure/maybe-abused", C_UNSURE, DECIDES, maybe_abused,
	    say_script,
	    "As relay/stolen-account and the two after it, but one point "
	    "too few; or it is, and this message goes to somebody who writes "
	    "to us; or to less than 2,000 recipients, or again and again to "
	    "the same, with nothing of what a mailing of its owner does not "
	    "have: forged senders, many networks, failures.", "design" },
	{ "relay/campaign", C_RELAY, DECIDES, relay_campaign, say_campaign,
	    "Nothing else decides, it is not for our users, and it is of a "
	    "campaign that is relay: the same mail with other words filled "
	    "in.", "design" },
	{ "spam/campaign", C_SPAM, DECIDES, spam_campaign, say_campaign,
	    "Nothing else decides, it is for our own users, and the same "
	    "mail, with other words filled in, was relayed through us or is "
	    "spam, more of it than there is of this.  Other words are less "
	    "than all that is said: it is like most of that mail.",
	    "KB836500" },
	{ "unsure/maybe-inside", C_UNSURE, DECIDES, maybe_inside,
	    say_maybe_inside,
	    "As relay/spoofed-sender, but nobody told the trusted networks, "
	    "and the client calls itself by a name below a domain of ours.",
	    "design" },
	{ "relay/spoofed-sender", C_RELAY, DECIDES, spoofed_sender,
	    say_spoofed,
	    "A stranger uses a sender address of ours to reach a foreign "
	    "domain.", "KB304897 test 4; KB324281" },
	{ "legit/forward", C_LEGIT, DECIDES, forwarded, say_forwarded,
	    "Mail from outside for one of our users, which goes on to this "
	    "user's address elsewhere: our own hop took it in for a local "
	    "address, or the same pair of addresses is seen from several "
	    "clients that relay nothing else.", "RFC 5321 3.9.1" },
	{ "unsure/maybe-forward", C_UNSURE, DECIDES, maybe_forward,
	    say_forwarded,
	    "As legit/forward, but seen too seldom to tell it from relayed "
	    "spam that names a local user.", "RFC 5321 3.9.1" },
	{ "relay/third-party", C_RELAY, DECIDES, third_party, say_foreign,
	    "A recipient is not ours, and the client is neither trusted nor "
	    "authenticated.", "RFC 2505; KB836500; KB324281" },

	{ "backscatter/outbound", C_BACKSCATTER, DECIDES, report_outbound,
	    say_outbound,
	    "A non-delivery report that this server made, on its way to a "
	    "stranger.", "KB836500; RFC 3464" },
	{ "legit/own-bounce", C_LEGIT, DECIDES, own_bounce, say_origin,
	    "A report about mail of our own users: the original came in from "
	    "a trusted or authenticated client, is in this spool as such, has "
	    "no trace but a Message-ID of one of our servers, or the "
	    "recipient carries a sender tag (BATV, SRS).",
	    "RFC 3464; windows-spools 5.2" },
	{ "backscatter/inbound", C_BACKSCATTER, DECIDES, report_inbound,
	    say_origin,
	    "A report about mail that we did not send: the original entered "
	    "the net elsewhere, or was itself relayed through us by a "
	    "stranger.", "RFC 3464; KB836500" },
	{ "backscatter/storm", C_BACKSCATTER, DECIDES, report_storm,
	    say_storm,
	    "A report without a usable original, to an address that gets a "
	    "storm of reports about mail it did not send.", "KB836500" },
	{ "legit/local-report", C_LEGIT, DECIDES, local_report, say_origin,
	    "A report that this server made for one of our own users.",
	    "RFC 3464" },
	{ "backscatter/autoreply", C_BACKSCATTER, DECIDES, answers_foreign,
	    say_answer,
	    "An automatic answer to one of our users, about a message that "
	    "was not ours.", "RFC 3834" },
	{ "legit/autoreply", C_LEGIT, DECIDES, answers_us, say_answer,
	    "An automatic answer or read receipt to mail of ours.",
	    "RFC 3834; RFC 8098" },

	{ "spam/unknown-recipients", C_SPAM, DECIDES, unknown_recipients,
	    say_ours,
	    "From a stranger, and none of the recipients is on the list of "
	    "valid ones: a dictionary attack.", "site.conf valid_recipients" },
	{ "spam/dictionary", C_SPAM, DECIDES, dictionary, say_dictionary,
	    "From a client that tries names: most of its recipients neither "
	    "write nor are listed, or this server reported them unknown; or "
	    "all recipients were reported unknown, among very many.",
	    "KB836500" },
	{ "spam/relay-client", C_SPAM, DECIDES, relay_client,
	    say_relay_client,
	    "To our own users, from a client that relays through us, and "
	    "relays more than it has mail for us.", "KB836500" },
	{ "spam/denied-client", C_SPAM, DECIDES, denied_client, say_client,
	    "From a network that the site denies.", "site.conf denied" },

	{ "legit/bulk", C_LEGIT, DECIDES, bulk, say_bulk,
	    "A mailing list or newsletter that names itself, with a history "
	    "in this spool: one client, one domain, more than one issue; or "
	    "ours, to readers who got more than one.", "RFC 2919" },
	{ "legit/submitted", C_LEGIT, DECIDES, submitted, say_client,
	    "Came in from a trusted client, with a password, or was made on "
	    "the server.", "RFC 6409; RFC 2505" },
	{ "spam/verdict", C_SPAM, DECIDES, flagged, say_verdicts,
	    "To our own users, and a filter of ours wrote into the header "
	    "that it is spam: SpamAssassin, rspamd or Exchange (SCL 5 and "
	    "more).  The filter names a host of ours, or its field stands "
	    "above what the client could write.", "mail in use" },
	{ "spam/worm", C_SPAM, DECIDES, worm, say_program,
	    "From outside to our own users, with a program for Windows that "
	    "hides what it is: letter.txt.exe, letter.scr, a program called "
	    "anything else, or such a name in front of a zip.",
	    "mail in use" },
	{ "unsure/program", C_UNSURE, DECIDES, program, say_program,
	    "The same with a program or script that looks like one: a person "
	    "looks before it is sent on.", "mail in use" },
	{ "legit/inbound", C_LEGIT, DECIDES, inbound, say_ours,
	    "All recipients are ours, or of a domain that we relay for.",
	    "RFC 5321" },

	{ "note/gateway", C_UNSURE, SPEAKS, through_gateway, say_client,
	    "The client is a gateway that rewrites source addresses; its "
	    "address proves nothing.", "KB324281" },
	{ "note/unknown-account", C_UNSURE, SPEAKS, unknown_account,
	    say_account,
	    "An account is named that the site does not list: it grants "
	    "nothing.", "site.conf accounts" },
	{ "note/rspamd", C_UNSURE, SPEAKS, asked, say_asked,
	    "An rspamd that was asked does not take it for spam, which proves "
	    "nothing.", "design" },
	{ "note/verdict", C_UNSURE, SPEAKS, has_verdict, say_verdicts,
	    "What filters on the way wrote into the header: those of ours, "
	    "Authentication-Results of a host of ours, and others where they "
	    "say spam, which only speaks.", "RFC 8601" },
	{ "note/envelope-hint", C_UNSURE, SPEAKS, envelope_hinted,
	    say_hinted,
	    "The envelope was read from a binary preamble or stream whose "
	    "layout is not documented: good enough to judge by, not to "
	    "replay.", "windows-spools 1.3, 2.2" },
	{ "note/envelope-unlike-header", C_UNSURE, SPEAKS,
	    envelope_unlike_header, say_unlike,
	    "No recipient of the envelope stands in the header.",
	    "KB306043" },
	{ "note/no-envelope", C_UNSURE, SPEAKS, no_envelope,
	    say_no_envelope,
	    "The spool does not tell the recipients; they were taken from "
	    "the header or are unknown.", "windows-spools 0" },
	{ NULL, C_UNSURE, SPEAKS, NULL, NULL, NULL, NULL },
};

_Static_assert(sizeof(judge_rules) / sizeof(judge_rules[0]) - 1 <= 64,
    "facts.spoke has a bit for each rule");

size_t
judge_nrules(void)
{
	return sizeof(judge_rules) / sizeof(judge_rules[0]) - 1;
}

const char *
judge_reason(const struct facts *f)
{
	return f->rule < judge_nrules() ? judge_rules[f->rule].id :
	    "unsure/nothing-decides";
}
