#include <string.h>

#include "base/buf.h"
#include "base/phrases.h"
#include "mail/notice.h"
#include "mail/report.h"

#define FIELDS_MAX	(256 * 1024)	/* bytes of a machine-readable part */
#define TEXT_MAX	(24 * 1024)	/* bytes of text read: the server's
					   words, and the original's header */
#define SUBJECT_MAX	400		/* bytes of Subject looked at */
#define BY_HAND_MAX	5		/* bytes of "[fwd:", "antw:" */
#define BOUNCE_SCORE	5

#define N(a)		(sizeof(a) / sizeof((a)[0]))
#define LIT(s)		{ s, sizeof(s) - 1 }

/*
 * look - what is known while one message is looked at.
 */
struct look {
	struct report	*r;
	struct arena	*a;
	struct charsets	*cs;
	const struct head *head;	/* of what may be a report */
	struct part	*top;		/* and its part */
	unsigned	 hints;		/* HINT_*, from the header */
	struct part	*machine;	/* part with fields, or NULL */
	struct part	*message;	/* message or header section inside */
	bool		 hollow;	/* machine has no recipient in it */
	bool		 links;		/* HTML with links to follow */
	bool		 html_only;
	struct notice	 notice;
};

/* What the header alone says. */
enum {
	HINT_NULL	= 1 << 0,	/* null reverse-path */
	HINT_DAEMON	= 1 << 1,	/* From, Sender: a mail system */
	HINT_REPORT	= 1 << 2,	/* Content-Type names a report */
	HINT_FIELD	= 1 << 3,	/* a field only reports have */
	HINT_FAILURE	= 1 << 4,	/* Subject: failure */
	HINT_DELAY	= 1 << 5,	/* Subject: delay */
	HINT_AUTO	= 1 << 6,	/* Auto-Submitted, not "no" */
	HINT_REPLY	= 1 << 7,	/* a field only autoreplies have */
	HINT_AWAY	= 1 << 8,	/* Subject: automatic reply */
	HINT_ABUSE	= 1 << 9,	/* forerunners of RFC 5965 */
	HINT_LIST	= 1 << 10,	/* sent on by a list server */
	HINT_WRAPPED	= 1 << 11,	/* multipart/mixed from a list server */
	HINT_PERSON	= 1 << 12,	/* answered or forwarded by hand */
	HINT_NOTICE	= 1 << 13,	/* Subject: some notification */
};

/* The words of a Subject; after "Re:", list tags and the like are gone. */
static const struct {
	struct slice	 words;
	bool		 front;		/* only at the front */
	unsigned	 hint;
} subjects[] = {
	{ LIT("undeliver"), false, HINT_FAILURE },
	{ LIT("undelivered mail"), false, HINT_FAILURE },
	{ LIT("returned mail"), false, HINT_FAILURE },
	{ LIT("mail delivery fail"), false, HINT_FAILURE },
	{ LIT("mail delivery problem"), false, HINT_FAILURE },
	{ LIT("mail delivery error"), false, HINT_FAILURE },
	{ LIT("mail not delivered"), false, HINT_FAILURE },
	{ LIT("mail system error"), true, HINT_FAILURE },
	{ LIT("mail error"), true, HINT_FAILURE },
	{ LIT("mail failure"), true, HINT_FAILURE },
	{ LIT("mail failed"), true, HINT_FAILURE },
	{ LIT("failed mail"), true, HINT_FAILURE },
	{ LIT("failed delivery"), true, HINT_FAILURE },
	{ LIT("failure notice"), false, HINT_FAILURE },
	{ LIT("failure delivery"), true, HINT_FAILURE },
	{ LIT("delivery failure"), false, HINT_FAILURE },
	{ LIT("delivery_failure"), true, HINT_FAILURE },
	{ LIT("delivery failed"), false, HINT_FAILURE },
	{ LIT("delivery error"), true, HINT_FAILURE },
	{ LIT("delivery problem"), true, HINT_FAILURE },
	{ LIT("delivery has failed"), false, HINT_FAILURE },
	{ LIT("delivery report"), true, HINT_NOTICE },
	{ LIT("delivery status"), false, HINT_NOTICE },
	{ LIT("(failure)"), false, HINT_FAILURE },
	{ LIT("non-delivery"), true, HINT_FAILURE },
	{ LIT("non delivery"), true, HINT_FAILURE },
	{ LIT("nondeliverable"), true, HINT_FAILURE },
	{ LIT("could not be delivered"), false, HINT_FAILURE },
	{ LIT("error sending your mail"), false, HINT_FAILURE },
	{ LIT("error during delivery"), false, HINT_FAILURE },
	{ LIT("returned to sender"), false, HINT_FAILURE },
	{ LIT("returning message to sender"), false, HINT_FAILURE },
	{ LIT("message status - undeliv"), false, HINT_FAILURE },
	{ LIT("user unknown"), false, HINT_FAILURE },
	{ LIT("unknown user"), false, HINT_FAILURE },
	{ LIT("unzustellbar"), true, HINT_FAILURE },
	{ LIT("nicht zugestellt"), false, HINT_FAILURE },
	{ LIT("non remis"), true, HINT_FAILURE },
	{ LIT("non recapitabile"), true, HINT_FAILURE },
	{ LIT("no se puede entregar"), false, HINT_FAILURE },
	{ LIT("onbestelbaar"), true, HINT_FAILURE },
	{ LIT("niedostarczal"), true, HINT_FAILURE },
	{ LIT("mail could not"), false, HINT_FAILURE },
	{ LIT("bounce notification"), false, HINT_FAILURE },
	{ LIT("inbound mail failure"), false, HINT_FAILURE },
	{ LIT("outbound mail failure"), false, HINT_FAILURE },
	{ LIT("smtp server: errors from"), false, HINT_NOTICE },
	{ LIT("aws notification message"), true, HINT_NOTICE },
	{ LIT("loop alert"), true, HINT_FAILURE },
	/* ja: mail error, in UTF-8 and in ISO-2022-JP */
	{ LIT("\xe3\x83\xa1\xe3\x83\xbc\xe3\x83\xab\xe3\x82\xa8\xe3\x83"
	    "\xa9\xe3\x83\xbc"), false, HINT_FAILURE },
	{ LIT("%a!<%k%(%i!<"), false, HINT_FAILURE },
	/* ja: cannot be delivered */
	{ LIT("\xe9\x85\x8d\xe4\xbf\xa1\xe4\xb8\x8d\xe8\x83\xbd"), false,
	    HINT_FAILURE },
	{ LIT("G[?.ITG="), false, HINT_FAILURE },
	{ LIT("\xe9\x85\x8d\xe4\xbf\xa1\xe3\x81\xa7\xe3\x81\x8d"), false,
	    HINT_FAILURE },
	{ LIT("G[?.$G$-"), false, HINT_FAILURE },
	{ LIT("warning: message"), false, HINT_DELAY },
	{ LIT("warning: could not send"), false, HINT_DELAY },
	{ LIT("still being retried"), false, HINT_DELAY },
	{ LIT("(delay)"), false, HINT_DELAY },
	{ LIT("delayed mail"), false, HINT_DELAY },
	{ LIT("notification: delayed"), false, HINT_DELAY },
	{ LIT("delivery delayed"), true, HINT_DELAY },
	{ LIT("mail delivery warning"), false, HINT_DELAY },
	{ LIT("autoreply"), false, HINT_AWAY },
	{ LIT("auto reply"), false, HINT_AWAY },
	{ LIT("auto-reply"), false, HINT_AWAY },
	{ LIT("auto:"), true, HINT_AWAY },
	{ LIT("auto response"), false, HINT_AWAY },
	{ LIT("autoresponse"), false, HINT_AWAY },
	{ LIT("automatic reply"), false, HINT_AWAY },
	{ LIT("automatic response"), false, HINT_AWAY },
	{ LIT("automated response"), false, HINT_AWAY },
	{ LIT("automated reply"), false, HINT_AWAY },
	{ LIT("out of office"), true, HINT_AWAY },
	{ LIT("out of the office"), false, HINT_AWAY },
	{ LIT("out-of-office"), false, HINT_AWAY },
	{ LIT("away from my mail"), true, HINT_AWAY },
	{ LIT("vacation reply"), false, HINT_AWAY },
	{ LIT("on vacation"), true, HINT_AWAY },
	{ LIT("abwesenheit"), true, HINT_AWAY },
	{ LIT("automatische antwort"), true, HINT_AWAY },
	{ LIT("ponse automatique"), false, HINT_AWAY },
	{ LIT("absence du bureau"), false, HINT_AWAY },
	{ LIT("respuesta autom"), false, HINT_AWAY },
	{ LIT("fuera de la oficina"), true, HINT_AWAY },
	{ LIT("risposta automatica"), false, HINT_AWAY },
	{ LIT("fuori sede"), true, HINT_AWAY },
	{ LIT("resposta autom"), false, HINT_AWAY },
	{ LIT("automatisch antwoord"), true, HINT_AWAY },
	{ LIT("afwezigheid"), true, HINT_AWAY },
	{ LIT("automatyczna odpowied"), false, HINT_AWAY },
	{ LIT("autosvar"), true, HINT_AWAY },
	{ LIT("automaattinen vastaus"), true, HINT_AWAY },
	{ LIT("\xd0\xb0\xd0\xb2\xd1\x82\xd0\xbe\xd0\xbe\xd1\x82\xd0\xb2\xd0"
	    "\xb5\xd1\x82"), false, HINT_AWAY },
	/* ja: automatic answer, automatic reply, absent */
	{ LIT("\xe8\x87\xaa\xe5\x8b\x95\xe5\xbf\x9c\xe7\xad\x94"), false,
	    HINT_AWAY },
	{ LIT("\xe8\x87\xaa\xe5\x8b\x95\xe8\xbf\x94\xe4\xbf\xa1"), false,
	    HINT_AWAY },
	{ LIT("\xe8\x87\xaa\xe5\x8b\x95\xe5\x9b\x9e\xe5\xa4\x8d"), false,
	    HINT_AWAY },
	{ LIT("<+F01~Ez"), false, HINT_AWAY },
	{ LIT("<+F0JV?."), false, HINT_AWAY },
	/* challenges */
	{ LIT("please confirm your message"), false, HINT_AWAY },
	{ LIT("confirm your message"), true, HINT_AWAY },
	{ LIT("your message awaits confirmation"), false, HINT_AWAY },
	{ LIT("complaint about message from"), true, HINT_ABUSE },
};

/* Local parts that mail systems write from. */
static const struct slice daemons[] = {
	LIT("mailer-daemon"), LIT("postmaster"), LIT("mdaemon"),
	LIT("mailerdaemon"), LIT("mail-daemon"), LIT("maildaemon"),
	LIT("postoffice"),
	LIT("microsoftexchange329e71ec88ae4615bbc36ab6ce41109e"),
};

/* Display names, too, where the address says nothing. */
static const struct slice daemon_names[] = {
	LIT("mail delivery s"), LIT("mailer-daemon"), LIT("mailer daemon"),
	LIT("system administrator"), LIT("internet mail delivery"),
	LIT("mail system"), LIT("postmaster"),
};

static struct slice
get(const struct head *h, enum hdr_id id)
{
	return head_get(h, id);
}

static bool
has(struct slice s, struct slice words)
{
	return sl_ifind(s, words) != NULL;
}

/*
 * The bytes of one encoded word, "charset?Q?text?=..." at s.  The charset
 * is left alone: what we look for is ASCII, UTF-8 or ISO-2022-JP.
 */
static struct slice
add_word(struct slice s, struct buf *out)
{
	struct slice set, how, code;
	struct part p = { .enc = ENC_NONE };
	size_t i, from = out->n;

	if (!sl_cut(&s, '?', &set) || !sl_cut(&s, '?', &how) ||
	    !sl_cut(&s, '?', &code))
		return (struct slice){ NULL, 0 };
	p.enc = sl_ieq(how, SL("b")) ? ENC_BASE64 : ENC_QP;
	p.body = code;
	mime_decode(&p, SUBJECT_MAX, out);
	for (i = from; i < out->n; i++)
		if (p.enc == ENC_QP && out->p[i] == '_')
			out->p[i] = ' ';
	s = sl_from(s, sl_starts(s, SL("=")) ? 1 : 0);
	/* Blanks between two words are not there. */
	for (i = 0; i < s.n && ascii_space(s.p[i]); i++)
		;
	return sl_starts(sl_from(s, i), SL("=?")) ? sl_from(s, i) : s;
}

/* Subject with encoded words undone and folds as blanks. */
static void
subject_bytes(struct slice s, struct buf *out)
{
	struct slice after;

	s = sl_first(s, SUBJECT_MAX * 4);
	while (s.n > 0 && out->n < SUBJECT_MAX) {
		if (sl_starts(s, SL("=?")) &&
		    (after = add_word(sl_from(s, 2), out)).p != NULL) {
			s = after;
			continue;
		}
		if (s.p[0] == '\t' || s.p[0] == '\n')
			buf_addc(out, ' ');
		else if (s.p[0] != '\r')
			buf_addc(out, s.p[0]);
		s = sl_from(s, 1);
	}
}

/*
 * Subject without what lists and people put in front: "[tag]", "Re:",
 * "Fwd:".  *person is set when one of the latter stood there.
 */
static struct slice
bare_subject(struct slice s, bool *person)
{
	static const struct slice by_hand[] = {
		LIT("re:"), LIT("fw:"), LIT("fwd:"), LIT("aw:"), LIT("wg:"),
		LIT("sv:"), LIT("vs:"), LIT("tr:"), LIT("rv:"), LIT("r:"),
		LIT("[fwd:"), LIT("antw:"), LIT("rif:"),
	};
	const char *p;
	size_t i;

	*person = false;
	for (;;) {
		s = sl_trim(s);
		i = N(by_hand);
		if (s.n > 0 && memchr(s.p, ':', s.n < BY_HAND_MAX ? s.n :
		    BY_HAND_MAX) != NULL)
			for (i = 0; i < N(by_hand); i++)
				if (sl_istarts(s, by_hand[i]))
					break;
		if (i < N(by_hand)) {
			*person = true;
			s = sl_from(s, by_hand[i].n);
		} else if (s.n > 0 && s.p[0] == '[' && (p = memchr(s.p, ']',
		    s.n)) != NULL)
			s = sl_from(s, (size_t)(p + 1 - s.p));
		else
			return s;
	}
}

static unsigned
subject_hints(const struct head *h)
{
	struct slice s = get(h, H_SUBJECT), bare;
	static struct phrases index;
	struct phrase_set found;
	struct buf b = { 0 };
	unsigned hints = 0;
	bool person;
	size_t i;

	if (sl_find(s, SL("=?")) != NULL) {
		subject_bytes(s, &b);
		s = buf_sl(&b);
	}
	bare = bare_subject(sl_first(s, SUBJECT_MAX), &person);
	if (phrases_in(PHRASES_ONCE(&index, subjects), s, &found))
		for (i = phrase_next(&found, 0); i < N(subjects);
		    i = phrase_next(&found, i + 1))
			if (!subjects[i].front ||
			    sl_istarts(bare, subjects[i].words))
				hints |= subjects[i].hint;
	buf_free(&b);
	return hints | (person ? HINT_PERSON : 0);
}

/* Each of daemons begins with one of these. */
static bool
may_be_daemon(struct slice ad)
{
	return ad.n > 0 && (ascii_lower(ad.p[0]) == 'm' ||
	    ascii_lower(ad.p[0]) == 'p');
}

/* Does a mail system write from this From, Sender or Return-Path? */
static bool
is_daemon(struct slice body)
{
	static struct phrases index;
	struct slice name = { NULL, 0 }, ad = body;
	struct phrase_set found;
	const char *p;
	size_t i;

	if (body.n == 0)
		return false;
	if ((p = memrchr(body.p, '<', body.n)) != NULL) {
		name = sl_first(body, (size_t)(p - body.p));
		ad = sl_from(body, (size_t)(p + 1 - body.p));
	} else if ((p = memchr(body.p, '(', body.n)) != NULL)
		name = sl_from(body, (size_t)(p - body.p));
	ad = sl_trim(ad);
	for (i = 0; i < N(daemons) && may_be_daemon(ad); i++)
		if (sl_istarts(ad, daemons[i]) && (ad.n == daemons[i].n ||
		    !ascii_alnum(ad.p[daemons[i].n])))
			return true;
	return phrases_in(PHRASES_ONCE(&index, daemon_names), name, &found);
}

/* The null path, and what becomes of it on some ways. */
static bool
is_null(struct slice path)
{
	path = sl_trim(path);
	if (sl_eq(path, SL("<>")))
		return true;
	return sl_istarts(path, SL("<mailer-daemon")) ||
	    sl_istarts(path, SL("mailer-daemon"));
}

/* Whoever passes on complaints of his customers writes from one of these. */
static bool
is_complainer(struct slice from)
{
	static const struct slice words[] = {
		LIT("<staff@hotmail.com>"), LIT("scomp@aol."),
		LIT("@email-abuse.amazonses.com"),
	};
	static struct phrases index;
	struct phrase_set found;
	struct slice rest = from, head;

	if (sl_ieq(from, SL("staff@hotmail.com")))
		return true;
	while (sl_cut(&rest, '@', &head))
		if (rest.n > 0 && memchr("hHaAeE", rest.p[0], 6) != NULL)
			return phrases_in(PHRASES_ONCE(&index, words), from,
			    &found);
	return false;
}

/* What the sender and From fields say. */
static unsigned
sender_hints(const struct head *h, const struct addr *sender)
{
	struct slice from = get(h, H_FROM), path = get(h, H_RETURN_PATH);
	unsigned hints = 0;

	if (sender != NULL ? sender->null || is_null(sender->spec) :
	    is_null(path) || is_null(get(h, H_X_ENVELOPE_FROM)))
		hints |= HINT_NULL;
	if (is_daemon(from) || is_null(from) || is_daemon(get(h, H_SENDER)))
		hints |= HINT_DAEMON;
	if (is_complainer(from))
		hints |= HINT_ABUSE;
	return hints;
}

static unsigned
list_hints(const struct head *h)
{
	struct slice prec = get(h, H_PRECEDENCE), type = get(h, H_CONTENT_TYPE);

	if (get(h, H_LIST_ID).p == NULL && get(h, H_LIST_POST).p == NULL &&
	    get(h, H_LIST_UNSUBSCRIBE).p == NULL && !sl_ieq(prec, SL("list")))
		return 0;
	return HINT_LIST | (sl_istarts(type, SL("multipart/mixed")) ||
	    sl_istarts(type, SL("message/rfc822")) ? HINT_WRAPPED : 0);
}

/* "(qmail 123 invoked for bounce)" */
static bool
qmail_bounce(const struct head *h)
{
	int32_t i;

	for (i = head_next(h, H_RECEIVED, 0); i != -1;
	    i = head_next(h, H_RECEIVED, (size_t)i + 1))
		if (sl_starts(h->v[i].body, SL("(qmail ")) &&
		    has(h->v[i].body, SL("for bounce")))
			return true;
	return false;
}

/* What fields say that only machines write. */
static unsigned
field_hints(const struct head *h)
{
	static const enum hdr_id reports[] = {
		H_X_FAILED_RECIPIENTS, H_X_MS_EMBEDDED_REPORT, H_X_DSNCONTEXT,
		H_X_MS_EXCHANGE_MESSAGE_IS_NDR,
	};
	struct slice s;
	unsigned hints = 0;
	size_t i;

	for (i = 0; i < N(reports); i++)
		if (h->first[reports[i]] != -1)
			hints |= HINT_FIELD;
	s = get(h, H_CONTENT_CLASS);
	if (qmail_bounce(h) || has(s, SL("content-classes:dsn")))
		hints |= HINT_FIELD;
	s = get(h, H_CONTENT_TYPE);
	if (has(s, SL("report")) || has(s, SL("delivery-status")))
		hints |= HINT_REPORT;
	s = get(h, H_AUTO_SUBMITTED);
	if (s.n > 0 && !sl_istarts(s, SL("no")))
		hints |= HINT_AUTO;
	if (sl_istarts(s, SL("auto-replied")) ||
	    h->first[H_X_AUTOREPLY] != -1 || h->first[H_X_AUTORESPOND] != -1 ||
	    sl_ieq(get(h, H_PRECEDENCE), SL("auto_reply")) ||
	    has(get(h, H_X_MAILER), SL("vacation")))
		hints |= HINT_REPLY;
	if (sl_ieq(get(h, H_X_LOOP), SL("scomp")))
		hints |= HINT_ABUSE;
	if (get(h, H_IN_REPLY_TO).n > 0 &&
	    head_named(h, "User-Agent").n > 0)
		hints |= HINT_PERSON;
	return hints;
}

static unsigned
header_hints(const struct head *h, const struct addr *sender)
{
	return sender_hints(h, sender) | field_hints(h) | subject_hints(h) |
	    list_hints(h);
}

/* A list server's message is looked into only when it wraps another. */
static bool
wants_body(unsigned hints)
{
	return (hints & ~(unsigned)(HINT_LIST | HINT_PERSON)) != 0;
}

/*
 * Structure.  Parts of the report itself are those that are not inside an
 * embedded message: whoever forwards a report embeds it.
 */
static bool
inside(const struct part *p, const struct part *top)
{
	for (; p != NULL && p != top; p = p->parent)
		if (p->embedded)
			return false;
	return p == top;
}

/* The next part of the report after p. */
static struct part *
own_part(const struct part *p, const struct part *top)
{
	struct part *q = mime_walk(p);

	while (q != NULL && !inside(q, top))
		q = mime_walk(q);
	return q;
}

static bool
is_message(const struct part *p)
{
	return sl_eq(p->type, SL("message/rfc822")) ||
	    sl_eq(p->type, SL("message/global"));
}

/* What a machine-readable part is about. */
static const struct {
	struct slice	 type;
	enum kind	 kind;
	const char	*by;
} machine_parts[] = {
	{ LIT("message/feedback-report"), KIND_ABUSE_REPORT, "rfc5965" },
	{ LIT("message/delivery-status"), KIND_BOUNCE, "rfc3464" },
	{ LIT("message/global-delivery-status"), KIND_BOUNCE, "rfc6533" },
	{ LIT("message/disposition-notification"), KIND_READ_RECEIPT,
	    "rfc8098" },
	{ LIT("message/global-disposition-notification"), KIND_READ_RECEIPT,
	    "rfc6533" },
};

static struct slice
part_text(struct look *l, const struct part *p, size_t max)
{
	struct buf b = { 0 };
	struct slice s;

	mime_text(p, l->cs, max, &b);
	s = arena_dup(l->a, buf_sl(&b));
	buf_free(&b);
	return s;
}

/* Does a text part consist of the fields of RFC 3464 3.? */
static bool
has_status_fields(struct slice s)
{
	struct slice line;
	bool rcpt = false, action = false, mta = false;
	int i;

	for (i = 0; i < 40 && sl_line(&s, &line); i++) {
		rcpt |= sl_istarts(line, SL("final-recipient:"));
		action |= sl_istarts(line, SL("action:"));
		mta |= sl_istarts(line, SL("reporting-mta:"));
	}
	return action && (rcpt || mta);
}

/* The part with fields, by its type or, where the type is lost, its text. */
static const char *
find_machine(struct look *l, enum kind *kind)
{
	struct part *p;
	struct slice body;
	size_t i;

	for (p = l->top; p != NULL; p = own_part(p, l->top))
		for (i = 0; i < N(machine_parts); i++)
			if (sl_eq(p->type, machine_parts[i].type)) {
				l->machine = p;
				*kind = machine_parts[i].kind;
				return machine_parts[i].by;
			}
	for (p = l->top; p != NULL; p = own_part(p, l->top)) {
		body = sl_first(p->body, 4096);
		if (p->child == NULL && (p->depth > l->top->depth ||
		    (l->hints & HINT_REPORT)) && has_status_fields(body)) {
			l->machine = p;
			*kind = KIND_BOUNCE;
			return "rfc3464";
		}
	}
	return NULL;
}

/* "rfc822; <a@b>" without its type. */
static struct slice
typed_value(struct slice s)
{
	const char *p = s.n == 0 ? NULL : memchr(s.p, ';', s.n);

	if (p != NULL)
		s = sl_from(s, (size_t)(p + 1 - s.p));
	s = sl_trim(s);
	if (s.n > 1 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = (struct slice){ s.p + 1, s.n - 2 };
	return s;
}

/* One block of message/delivery-status: fields up to a blank line. */
struct block {
	struct slice	mta, final, orig, action, status, diagnostic, msgid;
};

static const struct {
	struct slice	name;
	size_t		offset;		/* in struct block */
} block_fields[] = {
	{ LIT("reporting-mta"), offsetof(struct block, mta) },
	{ LIT("final-recipient"), offsetof(struct block, final) },
	{ LIT("original-recipient"), offsetof(struct block, orig) },
	{ LIT("action"), offsetof(struct block, action) },
	{ LIT("status"), offsetof(struct block, status) },
	{ LIT("diagnostic-code"), offsetof(struct block, diagnostic) },
	{ LIT("original-message-id"), offsetof(struct block, msgid) },
};

static bool
next_block(struct look *l, struct slice *rest, struct block *b)
{
	struct slice line, *v;
	struct hdr h;
	size_t i;
	int r;

	*b = (struct block){ 0 };
	while (rest->n > 0 && ascii_space(rest->p[0]))
		*rest = sl_from(*rest, 1);
	if (rest->n == 0)
		return false;
	while ((r = hdr_next(rest, &h)) != 0)
		for (i = 0; r == 1 && i < N(block_fields); i++) {
			v = (struct slice *)(void *)
			    ((char *)b + block_fields[i].offset);
			if (v->p == NULL && sl_ieq(h.name,
			    block_fields[i].name))
				*v = hdr_unfold(l->a, h.body);
		}
	sl_line(rest, &line);
	return true;
}

static enum kind
action_kind(struct slice action, struct slice status)
{
	static const struct {
		struct slice	word;
		enum kind	kind;
	} actions[] = {
		{ LIT("fail"), KIND_BOUNCE },
		{ LIT("expired"), KIND_BOUNCE },
		{ LIT("error"), KIND_BOUNCE },
		{ LIT("delay"), KIND_DELAY },
		{ LIT("deliver"), KIND_DELIVERED },
		{ LIT("relayed"), KIND_DELIVERED },
		{ LIT("expanded"), KIND_DELIVERED },
	};
	size_t i;

	for (i = 0; i < N(actions); i++)
		if (sl_istarts(action, actions[i].word))
			return actions[i].kind;
	if (sl_starts(status, SL("2")))
		return KIND_DELIVERED;
	return sl_starts(status, SL("4")) ? KIND_DELAY : KIND_BOUNCE;
}

static void
add_failed(struct look *l, struct slice ad)
{
	struct report *r = l->r;
	size_t i;

	ad = sl_trim(ad);
	if (ad.n == 0 || ad.n > ADDR_MAX || r->nfailed == REPORT_RCPT_MAX)
		return;
	for (i = 0; i < r->nfailed; i++)
		if (sl_ieq(r->failed[i], ad))
			return;
	if (r->failed == NULL)
		r->failed = arena_alloc(l->a,
		    REPORT_RCPT_MAX * sizeof(*r->failed));
	r->failed[r->nfailed++] = ad;
}

static struct slice
lower(struct arena *a, struct slice s)
{
	char *p = arena_str(a, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		p[i] = ascii_lower(p[i]);
	return (struct slice){ p, s.n };
}

static struct slice
first_word(struct slice s)
{
	struct slice word;

	return sl_word(&s, &word) ? word : s;
}

/* The worst outcome of a report is the report's. */
static void
take_block(struct look *l, const struct block *b, bool *found)
{
	static const int rank[KIND_COUNT] = {
		[KIND_BOUNCE] = 3, [KIND_DELAY] = 2, [KIND_DELIVERED] = 1,
	};
	struct report *r = l->r;
	struct slice who;
	enum kind k;

	if (r->reporting_mta.n == 0)
		r->reporting_mta = typed_value(b->mta);
	if (r->orig_id.n == 0)
		r->orig_id = b->msgid;
	if (b->final.p == NULL && b->orig.p == NULL && b->action.p == NULL)
		return;
	k = action_kind(b->action, b->status);
	if (!*found || rank[k] > rank[r->kind]) {
		r->kind = k;
		r->action = lower(l->a, first_word(b->action));
		r->status = first_word(b->status);
		r->diagnostic = b->diagnostic;
		r->nfailed = 0;
		*found = true;
	}
	who = typed_value(b->final);
	if (memchr(who.p == NULL ? "" : who.p, '@', who.n) == NULL &&
	    b->orig.n > 0)
		who = typed_value(b->orig);
	if (k == r->kind)
		add_failed(l, who);
}

/*
 * Read message/delivery-status, of which there may be more than one.
 * False when no recipient stands in any.
 */
static bool
read_status(struct look *l)
{
	struct slice rest;
	struct part *p;
	struct block b;
	bool found = false;

	for (p = l->machine; p != NULL; p = own_part(p, l->top)) {
		if (p != l->machine && !sl_eq(p->type, l->machine->type))
			continue;
		rest = part_text(l, p, FIELDS_MAX);
		while (next_block(l, &rest, &b))
			take_block(l, &b, &found);
	}
	return found;
}

/* A read receipt says which message was read, and by whom.  RFC 8098 3.2. */
static void
read_receipt(struct look *l)
{
	struct slice rest = part_text(l, l->machine, FIELDS_MAX);
	struct block b;

	while (next_block(l, &rest, &b)) {
		if (l->r->orig_id.n == 0)
			l->r->orig_id = b.msgid;
		if (l->r->reporting_mta.n == 0)
			l->r->reporting_mta = typed_value(b.mta);
	}
}

/* The human text: text/plain parts, or text/html where there are none. */
static struct slice
human_text(struct look *l)
{
	struct buf plain = { 0 }, raw = { 0 }, html = { 0 };
	struct slice s;
	struct part *p;

	buf_addc(&plain, '\n');	/* the first line is one like the others */
	for (p = l->top; p != NULL; p = own_part(p, l->top)) {
		if (p == l->machine || p == l->message || p->child != NULL)
			continue;
		if (sl_eq(p->type, SL("text/plain")) && plain.n < TEXT_MAX) {
			mime_text(p, l->cs, TEXT_MAX - plain.n, &plain);
			buf_addc(&plain, '\n');
		} else if (sl_eq(p->type, SL("text/html")) &&
		    raw.n < TEXT_MAX)
			mime_text(p, l->cs, TEXT_MAX - raw.n, &raw);
	}
	l->links = has(buf_sl(&raw), SL("href=\"http")) ||
	    has(buf_sl(&raw), SL("href='http")) ||
	    has(buf_sl(&raw), SL("href=http"));
	l->html_only = sl_trim(buf_sl(&plain)).n == 0 && raw.n > 0;
	if (l->html_only) {
		buf_addc(&html, '\n');
		notice_html(buf_sl(&raw), &html);
	}
	s = arena_dup(l->a, buf_sl(l->html_only ? &html : &plain));
	buf_free(&plain);
	buf_free(&raw);
	buf_free(&html);
	return s;
}

/* The part that has the original: a message, or only its header section. */
static void
find_message(struct look *l)
{
	static const struct slice heads[] = {
		LIT("text/rfc822-headers"), LIT("message/global-headers"),
		LIT("message/rfc822-headers"), LIT("text/rfc822-header"),
		LIT("text/rfc822"),
	};
	struct part *p, *found = NULL;
	size_t i;

	for (p = l->top; p != NULL; p = own_part(p, l->top)) {
		if (is_message(p) && p->child != NULL && p != l->top) {
			l->message = p;
			return;
		}
		for (i = 0; found == NULL && i < N(heads); i++)
			if (sl_eq(p->type, heads[i]))
				found = p;
	}
	l->message = found;
}

static void
set_original(struct look *l, enum original kind, struct slice raw,
    const struct head *h)
{
	if (h->n == 0)
		return;
	l->r->original = kind;
	l->r->orig_raw = raw;
	l->r->orig_head = *h;
}

static void
parse_original(struct look *l, enum original kind, struct slice raw)
{
	struct slice body;
	struct head h;

	head_parse(&h, l->a, raw, &body);
	set_original(l, kind, raw, &h);
}

/* A blank line ends it: nothing behind it can belong to it. */
static bool
is_ended(struct slice head)
{
	return sl_iends(head, SL("\n\n")) || sl_iends(head, SL("\n\r\n"));
}

/* A message part, which was parsed with the report. */
static void
embedded_original(struct look *l, const struct part *c)
{
	enum original kind = sl_trim(c->body).n > 0 ? ORIG_MESSAGE :
	    ORIG_HEADERS;
	struct slice raw = c->head_raw;

	raw.n = (size_t)(c->body.p + c->body.n - raw.p);
	if (is_ended(c->head_raw))
		set_original(l, kind, raw, &c->head);
	else
		parse_original(l, kind, raw);
}

/* Put the original, wherever it was found, into the report. */
static void
take_original(struct look *l)
{
	const struct notice *n = &l->notice;
	struct part *c;
	struct slice raw;

	if (l->message != NULL && (c = l->message->child) != NULL &&
	    c->embedded)	/* else a file in its text */
		embedded_original(l, c);
	else if (l->message != NULL) {
		raw = part_text(l, l->message, FIELDS_MAX);
		while (raw.n > 0 && (raw.p[0] == '\n' || raw.p[0] == '\r'))
			raw = sl_from(raw, 1);
		parse_original(l, ORIG_HEADERS, raw);
	}
	if (l->r->original == ORIG_NONE && n->original.n > 0)
		parse_original(l, n->body ? ORIG_MESSAGE : ORIG_HEADERS,
		    n->original);
	if (l->r->original == ORIG_NONE && n->quoted.n > 0)
		parse_original(l, ORIG_TEXT, n->quoted);
}

/* Recipients that the header names, or else the text. */
static void
take_failed(struct look *l)
{
	struct slice rest, ad, v[REPORT_RCPT_MAX];
	size_t i, n;

	rest = hdr_unfold(l->a, get(l->head, H_X_FAILED_RECIPIENTS));
	while (sl_cut(&rest, ',', &ad))
		add_failed(l, ad);
	if (l->r->nfailed > 0)
		return;
	n = notice_failed(&l->notice, v, REPORT_RCPT_MAX);
	for (i = 0; i < n; i++)
		add_failed(l, v[i]);
	if (n > 0)
		return;
	/* The text may speak to the sender by address. */
	n = notice_near(&l->notice, v, REPORT_RCPT_MAX);
	for (i = 0; i < n; i++)
		if (!has(get(l->head, H_TO), v[i]))
			add_failed(l, v[i]);
}

static void
take_notice(struct look *l)
{
	struct report *r = l->r;

	if (r->nfailed == 0 && r->kind != KIND_DELIVERED)
		take_failed(l);
	if (r->reporting_mta.n == 0)
		r->reporting_mta = l->notice.mta;
	if (r->status.n == 0)
		r->status = l->notice.status;
	if (r->diagnostic.n == 0)
		r->diagnostic = l->notice.diagnostic.n > 0 ?
		    l->notice.diagnostic : notice_reason(&l->notice);
}

/*
 * How much speaks for a bounce in words: windows-spools 5.3.  People and
 * phishers can write the same words, so that somebody's own mail must show
 * more, and a page of links instead of an original counts against it.
 */
static int
bounce_score(const struct look *l)
{
	const struct notice *n = &l->notice;
	bool original = l->message != NULL || n->original.n > 0;
	int score = 0;

	score += l->hints & HINT_NULL ? 3 : 0;
	score += l->hints & HINT_DAEMON ? 2 : 0;
	score += l->hints & HINT_FIELD ? 3 : 0;
	score += l->hints & (HINT_FAILURE | HINT_DELAY | HINT_NOTICE) ? 1 : 0;
	score += l->hints & HINT_AUTO ? 1 : 0;
	score += n->by != NULL ? 3 : 0;
	score += n->failures > 0 || n->delay;
	score += n->status.n > 0 || n->diagnostic.n > 0;
	score += original || n->separator;
	score += l->hollow ? 3 : 0;
	score -= l->hints & HINT_LIST && !(l->hints & HINT_WRAPPED) ? 2 : 0;
	score -= l->links && !original ? 4 : 0;
	score -= l->hints & HINT_PERSON ? 4 : 0;
	return score;
}

/* Something must say failure or delay, not only who sent it. */
static bool
says_bounce(const struct look *l)
{
	const struct notice *n = &l->notice;

	return n->by != NULL || n->failures > 0 || n->delay ||
	    n->diagnostic.n > 0 ||
	    (l->hints & (HINT_FIELD | HINT_FAILURE | HINT_DELAY));
}

static bool
is_autoreply(const struct look *l)
{
	if (l->hints & HINT_REPLY)
		return true;
	if (l->hints & HINT_LIST && !(l->hints & HINT_AUTO))
		return false;
	return (l->hints & HINT_AWAY) != 0;
}

/* A report in words. */
static bool
read_words(struct look *l)
{
	struct report *r = l->r;
	const struct notice *n = &l->notice;

	if (bounce_score(l) < BOUNCE_SCORE || !says_bounce(l))
		return false;
	if (is_autoreply(l) && n->by == NULL && !(l->hints & HINT_FAILURE))
		return false;
	r->kind = n->delay || (l->hints & HINT_DELAY) ? KIND_DELAY :
	    KIND_BOUNCE;
	r->by = n->by != NULL ? n->by : "words";
	r->action = r->kind == KIND_DELAY ? SL("delayed") : SL("failed");
	return true;
}

/*
 * A list server may hand on a report as the only message in a wrapper of
 * its own, perhaps with a footer.  Then that message is the one to look at.
 * A person who forwards a report to a list is not such a server.
 */
static void
unwrap(struct look *l)
{
	struct part *p = l->top;

	if (!(l->hints & HINT_WRAPPED) || l->hints & HINT_PERSON ||
	    (!(l->hints & (HINT_NULL | HINT_DAEMON)) &&
	    !has(get(l->head, H_FROM), SL(" via "))))
		return;
	if (!is_message(p))
		p = p->child;
	if (p == NULL || !is_message(p) || p->child == NULL)
		return;
	if (p->next != NULL && (p->next->next != NULL ||
	    !sl_eq(p->next->type, SL("text/plain"))))
		return;
	l->top = p->child;
	l->head = &l->top->head;
	l->hints = header_hints(l->head, NULL);
}

/* A machine-readable part settles the kind.  False: there is none. */
static bool
read_machine(struct look *l)
{
	struct report *r = l->r;
	enum kind kind;

	r->by = find_machine(l, &kind);
	if (r->by == NULL)
		return false;
	r->kind = kind;
	/* Sieve's reject says so in a receipt: RFC 5429 2.2. */
	if (kind == KIND_READ_RECEIPT)
		read_receipt(l);
	if (kind == KIND_READ_RECEIPT &&
	    has(get(l->head, H_AUTO_SUBMITTED), SL("rejected")))
		r->kind = KIND_BOUNCE;
	if (kind != KIND_BOUNCE || read_status(l))
		return true;
	l->hollow = true;
	r->kind = KIND_MAIL;
	r->by = NULL;
	return false;
}

/* The kind, where nothing machine-readable says it. */
static void
read_text(struct look *l)
{
	struct report *r = l->r;

	if (l->notice.complaint ||
	    (l->hints & HINT_ABUSE && l->message != NULL)) {
		r->kind = KIND_ABUSE_REPORT;
		r->by = "complaint";
	} else if (!read_words(l) && is_autoreply(l)) {
		r->kind = KIND_AUTOREPLY;
		r->by = l->hints & HINT_REPLY ? "rfc3834" : "subject";
	}
}

/* The fields and the original are there: no need of the human text. */
static bool
says_all(const struct report *r)
{
	return r->original != ORIG_NONE && (!kind_is_report(r->kind) ||
	    (r->nfailed > 0 && r->reporting_mta.n > 0 && r->status.n > 0 &&
	    r->diagnostic.n > 0));
}

static void
look_inside(struct look *l)
{
	bool machine;

	unwrap(l);
	find_message(l);
	machine = read_machine(l);
	if (machine)
		take_original(l);
	if (!machine || !says_all(l->r))
		notice_read(&l->notice, l->a, human_text(l));
	if (!machine)
		read_text(l);
	if (l->r->kind == KIND_MAIL || l->r->kind == KIND_AUTOREPLY)
		return;
	if (l->r->original == ORIG_NONE)
		take_original(l);
	if (kind_is_report(l->r->kind))
		take_notice(l);
}

static const char *const kinds[KIND_COUNT] = {
	[KIND_MAIL] = "mail",
	[KIND_BOUNCE] = "bounce",
	[KIND_DELAY] = "delay",
	[KIND_DELIVERED] = "delivered",
	[KIND_READ_RECEIPT] = "read-receipt",
	[KIND_AUTOREPLY] = "autoreply",
	[KIND_ABUSE_REPORT] = "abuse-report",
};

const char *
kind_name(enum kind k)
{
	return kinds[k];
}

bool
kind_parse(struct slice s, enum kind *k)
{
	size_t i;

	for (i = 0; i < N(kinds); i++)
		if (sl_ieq(s, sl(kinds[i]))) {
			*k = (enum kind)i;
			return true;
		}
	return false;
}

const char *
original_name(enum original o)
{
	static const char *const names[] = {
		[ORIG_NONE] = "none",
		[ORIG_TEXT] = "text",
		[ORIG_HEADERS] = "headers",
		[ORIG_MESSAGE] = "message",
	};

	return names[o];
}

void
report_read(struct report *r, struct arena *a, struct charsets *cs,
    const struct head *head, struct slice body, const struct addr *sender)
{
	struct look l = { .r = r, .a = a, .cs = cs, .head = head };
	struct mime m;

	*r = (struct report){ .kind = KIND_MAIL };
	l.hints = header_hints(head, sender);
	if (!wants_body(l.hints))
		return;
	mime_parse(&m, a, cs, head, body);
	l.top = m.root;
	r->mime = m.problems;
	look_inside(&l);
}

bool
report_wants_body(const struct head *head, const struct addr *sender)
{
	return wants_body(header_hints(head, sender));
}
