#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/phrases.h"
#include "mail/notice.h"

#define WORDS_SEEN	(16 * 1024)	/* bytes of text searched for words */
#define LINE_SEEN	998		/* bytes of one line looked at */
#define GAP_LINES	12	/* from a separator to the first field */
#define DIAGNOSTIC_MAX	512		/* bytes */

#define N(a)		(sizeof(a) / sizeof((a)[0]))
#define LIT(s)		{ s, sizeof(s) - 1 }

/*
 * What the text is searched for, in one pass.  Words by which a server's
 * reports are known: the first row that stands in the text names it, so the
 * narrower forms come first.  Words that say failure, or delay, in any
 * server's text.  Words of complaints that come as a notification.  Words
 * behind which the host stands that says so, the best ones first.
 */
enum says { SERVER, FAILURE, DELAY, COMPLAINT, HOST };

static const struct {
	struct slice	 words;
	enum says	 says;
	const char	*by;
} phrases[] = {
	{ LIT("hi. this is the qmail"), SERVER, "qmail" },
	{ LIT("wasn't able to deliver your message"), SERVER, "qmail" },
	{ LIT("hi. the mta program at"), SERVER, "qmail" },
	{ LIT("this is the machine generated message"), SERVER, "qmail" },
	{ LIT("mail system at host"), SERVER, "postfix" },
	{ LIT("program at host"), SERVER, "postfix" },
	{ LIT("sorry to have to inform you that"), SERVER, "postfix" },
	{ LIT("created automatically by mail delivery"), SERVER, "exim" },
	{ LIT("created automatically by the smtp"), SERVER, "exim" },
	{ LIT("contained one or more recipient addresses"), SERVER, "exim" },
	{ LIT("transcript of session follows"), SERVER, "sendmail" },
	{ LIT("following addresses had"), SERVER, "sendmail" },
	{ LIT("following addresses have delivery"), SERVER, "sendmail" },
	{ LIT("msexch:"), SERVER, "exchange-5.5" },
	{ LIT("\nhmailserver"), SERVER, "hmailserver" },
	{ LIT("did not reach the following recipient"), SERVER, "exchange" },
	{ LIT("did not reach some or all of the"), SERVER, "exchange" },
	{ LIT("diagnostic information for administrators"),
	    SERVER, "exchange" },
	{ LIT("delivery has failed to these"), SERVER, "exchange" },
	{ LIT("delivery failed to these"), SERVER, "exchange" },
	{ LIT("couldn't be delivered to"), SERVER, "exchange" },
	{ LIT("delivery to the following recipient failed"), SERVER, "gmail" },
	{ LIT("technical details of permanent failure"), SERVER, "gmail" },
	{ LIT("technical details of temporary failure"), SERVER, "gmail" },
	{ LIT("your message wasn't delivered to"), SERVER, "gmail" },
	{ LIT("delivery to the following recipients failed"), SERVER, "iis" },
	{ LIT("automatically generated delivery status"), SERVER, "iis" },
	{ LIT("------- failure reasons"), SERVER, "notes" },
	{ LIT("was not delivered to:"), SERVER, "domino" },
	{ LIT("invalid final delivery userid"), SERVER, "imail" },
	{ LIT("delivery failed 20 attempts"), SERVER, "imail" },
	{ LIT("generated following response"), SERVER, "imail" },
	{ LIT("\nunknown user: "), SERVER, "imail" },
	{ LIT("\nuser mailbox exceeds allowed size"), SERVER, "imail" },
	{ LIT("the message that you sent was undeliverable"),
	    SERVER, "groupwise" },
	{ LIT("attached message had permanent fatal"), SERVER, "mdaemon" },
	{ LIT("permanent fatal delivery errors"), SERVER, "mdaemon" },
	{ LIT("the following data may contain sections"), SERVER, "mdaemon" },
	{ LIT("failed to deliver to '"), SERVER, "communigate" },
	{ LIT("unable to deliver message to the following"), SERVER, "yahoo" },
	{ LIT("we were unable to deliver your message"), SERVER, "yahoo" },
	{ LIT("your mail to the following recipients"), SERVER, "aol" },
	{ LIT("mailer-daemon, please do not reply"), SERVER, "opensmtpd" },
	{ LIT("dragonfly mail agent"), SERVER, "dma" },
	{ LIT("----- message log follows"), SERVER, "smail" },
	{ LIT("----- failed addresses follow"), SERVER, "smail" },
	{ LIT("message from interscan"), SERVER, "interscan" },
	{ LIT("addresses had delivery problems"), SERVER, "mcafee" },
	{ LIT("non-delivery report ---"), SERVER, "x400" },
	{ LIT("\"notificationtype\\\":\\\"bounce\\\""), SERVER, "ses" },
	{ LIT("\"notificationtype\":\"bounce\""), SERVER, "ses" },
	{ LIT("\"eventtype\":\"bounce\""), SERVER, "ses" },
	{ LIT("your mail sent on:"), SERVER, "kddi" },
	{ LIT("duplicated message-id in"), SERVER, "fml" },
	{ LIT("-- failed recipients --"), SERVER, "generic" },
	{ LIT("address(es) could not be delivered"), SERVER, "generic" },
	{ LIT("could not be delivered to the following"), SERVER, "generic" },
	{ LIT("cannot be delivered to the following"), SERVER, "generic" },
	{ LIT("not delivered to the following"), SERVER, "generic" },
	{ LIT("your delivery to the following address"), SERVER, "generic" },
	{ LIT("following mail could not be delivered"), SERVER, "generic" },
	{ LIT("unable to deliver message to"), SERVER, "generic" },
	{ LIT("trouble delivering your message"), SERVER, "generic" },
	{ LIT("error delivering your mail"), SERVER, "generic" },
	{ LIT("each of the following recipients was rejected"),
	    SERVER, "generic" },

	{ LIT("could not be delivered"), FAILURE, NULL },
	{ LIT("couldn't be delivered"), FAILURE, NULL },
	{ LIT("cannot be delivered"), FAILURE, NULL },
	{ LIT("was not delivered"), FAILURE, NULL },
	{ LIT("not been delivered"), FAILURE, NULL },
	{ LIT("undeliverable"), FAILURE, NULL },
	{ LIT("unable to deliver"), FAILURE, NULL },
	{ LIT("not able to deliver"), FAILURE, NULL },
	{ LIT("delivery failed"), FAILURE, NULL },
	{ LIT("delivery has failed"), FAILURE, NULL },
	{ LIT("failed to deliver"), FAILURE, NULL },
	{ LIT("delivery failure"), FAILURE, NULL },
	{ LIT("did not reach"), FAILURE, NULL },
	{ LIT("permanent error"), FAILURE, NULL },
	{ LIT("fatal error"), FAILURE, NULL },
	{ LIT("failed permanently"), FAILURE, NULL },
	{ LIT("user unknown"), FAILURE, NULL },
	{ LIT("unknown user"), FAILURE, NULL },
	{ LIT("no such user"), FAILURE, NULL },
	{ LIT("user not known"), FAILURE, NULL },
	{ LIT("unknown local"), FAILURE, NULL },
	{ LIT("no mailbox here"), FAILURE, NULL },
	{ LIT("unknown address"), FAILURE, NULL },
	{ LIT("does not exist"), FAILURE, NULL },
	{ LIT("doesn't exist"), FAILURE, NULL },
	{ LIT("recipient not found"), FAILURE, NULL },
	{ LIT("user not found"), FAILURE, NULL },
	{ LIT("unrouteable"), FAILURE, NULL },
	{ LIT("host unknown"), FAILURE, NULL },
	{ LIT("unknown host"), FAILURE, NULL },
	{ LIT("mailbox is full"), FAILURE, NULL },
	{ LIT("mailbox full"), FAILURE, NULL },
	{ LIT("over quota"), FAILURE, NULL },
	{ LIT("quota exceeded"), FAILURE, NULL },
	{ LIT("mailbox unavailable"), FAILURE, NULL },
	{ LIT("remote host said"), FAILURE, NULL },
	{ LIT("rejected and discarded"), FAILURE, NULL },
	{ LIT("was rejected by"), FAILURE, NULL },
	{ LIT("no pudo ser entregado"), FAILURE, NULL },
	{ LIT("no se ha podido entregar"), FAILURE, NULL },
	{ LIT("n'a pas pu"), FAILURE, NULL },
	{ LIT("n'a pu \xc3\xaatre"), FAILURE, NULL },
	{ LIT("nicht zugestellt"), FAILURE, NULL },
	{ LIT("nicht zustellbar"), FAILURE, NULL },
	{ LIT("non recapitabile"), FAILURE, NULL },
	{ LIT("non \xc3\xa8 stato possibile"), FAILURE, NULL },
	{ LIT("n\xc3\xa3o p\xc3\xb4""de ser entregue"), FAILURE, NULL },
	/* Russian: cannot be delivered, was not delivered */
	{ LIT("\xd0\xb1\xd1\x8b\xd1\x82\xd1\x8c "
	    "\xd0\xb4\xd0\xbe\xd1\x81\xd1\x82\xd0\xb0\xd0\xb2"), FAILURE, NULL },
	{ LIT("\xd0\xbd\xd0\xb5 \xd0\xb4\xd0\xbe\xd1\x81\xd1\x82\xd0\xb0"
	    "\xd0\xb2\xd0\xbb\xd0\xb5\xd0\xbd\xd0\xbe"), FAILURE, NULL },
	/* Japanese: could not be sent, delivered, forwarded */
	{ LIT("\xe9\x80\x81\xe4\xbf\xa1\xe3\x81\xa7\xe3\x81\x8d\xe3\x81\xbe"),
	    FAILURE, NULL },
	{ LIT("\xe9\x85\x8d\xe4\xbf\xa1\xe3\x81\xa7\xe3\x81\x8d\xe3\x81\xbe"),
	    FAILURE, NULL },
	{ LIT("\xe9\x80\x81\xe4\xbf\xa1\xe3\x81\xa7\xe3\x81\x8d\xe3\x81\xaa"),
	    FAILURE, NULL },
	{ LIT("\xe9\x85\x8d\xe4\xbf\xa1\xe3\x81\xa7\xe3\x81\x8d\xe3\x81\xaa"),
	    FAILURE, NULL },
	{ LIT("\xe9\x80\x81\xe4\xbf\xa1\xe3\x81\xab\xe5\xa4\xb1\xe6\x95\x97"),
	    FAILURE, NULL },
	{ LIT("\xe9\x85\x8d\xe4\xbf\xa1\xe4\xb8\x8d\xe8\x83\xbd"),
	    FAILURE, NULL },
	/* Chinese: could not be delivered, returned mail */
	{ LIT("\xe6\x97\xa0\xe6\xb3\x95"), FAILURE, NULL },
	{ LIT("\xe9\x80\x80\xe4\xbf\xa1"), FAILURE, NULL },

	{ LIT("has not yet been delivered"), DELAY, NULL },
	{ LIT("has been delayed"), DELAY, NULL },
	{ LIT("message is delayed"), DELAY, NULL },
	{ LIT("warning message only"), DELAY, NULL },
	{ LIT("still being retried"), DELAY, NULL },
	{ LIT("will be retried for"), DELAY, NULL },
	{ LIT("could not send message for past"), DELAY, NULL },
	{ LIT("attempts will continue"), DELAY, NULL },
	{ LIT("will continue to try"), DELAY, NULL },
	{ LIT("will keep trying"), DELAY, NULL },
	{ LIT("been postponed"), DELAY, NULL },
	{ LIT("do not need to resend"), DELAY, NULL },
	{ LIT("delivery is delayed"), DELAY, NULL },
	{ LIT("delivery is being retried"), DELAY, NULL },

	{ LIT("\"notificationtype\\\":\\\"complaint\\\""), COMPLAINT, NULL },
	{ LIT("\"notificationtype\":\"complaint\""), COMPLAINT, NULL },
	{ LIT("\"eventtype\":\"complaint\""), COMPLAINT, NULL },

	{ LIT("system at host "), HOST, NULL },
	{ LIT("program at host "), HOST, NULL },
	{ LIT("send program at "), HOST, NULL },
	{ LIT("program at "), HOST, NULL },
	{ LIT("generating server: "), HOST, NULL },
	{ LIT("message from "), HOST, NULL },
};

/*
 * Lines behind which the original stands.  Those that are also ordinary
 * words count only where the line is marked as a separator.
 */
static const struct {
	struct slice	words;
	bool		marked;		/* needs dashes or the like in front */
} separators[] = {
	{ LIT("below this line is a copy"), false },
	{ LIT("below the next line is a copy"), false },
	{ LIT("below is a copy of the original"), false },
	{ LIT("this is a copy of the message"), false },
	{ LIT("this is a copy of your message"), false },
	{ LIT("included is a copy of the message"), false },
	{ LIT("copy of the first part of the message"), false },
	{ LIT("enclosed is a copy"), true },
	{ LIT("original message follow"), false },
	{ LIT("original mail as follows"), false },
	{ LIT("message headers follow"), false },
	{ LIT("message header follow"), false },
	{ LIT("original message headers:"), false },
	{ LIT("text of your message follows"), false },
	{ LIT("your message reads"), false },
	{ LIT("lines of your original message"), false },
	{ LIT("original message"), true },
	{ LIT("returned message"), true },
	{ LIT("returned mail"), true },
	{ LIT("unsent message"), true },
	{ LIT("undelivered message"), true },
	{ LIT("message text follows"), true },
	{ LIT("mensaje original"), true },
	{ LIT("header of the source mail"), true },
	{ LIT("non-delivered information"), true },
	{ LIT("old message:"), false },
};

/* The fields an original is known by. */
enum {
	F_TRACE	= 1 << 0,	/* no person types these */
	F_QUOTE	= 1 << 1,	/* stands in short quotes too */
};
static const struct {
	struct slice	name;
	unsigned	flags;
} fields[] = {
	{ LIT("received"), F_TRACE },		{ LIT("return-path"), F_TRACE },
	{ LIT("message-id"), F_TRACE },
	{ LIT("mime-version"), F_TRACE },
	{ LIT("delivered-to"), F_TRACE },
	{ LIT("content-type"), F_TRACE },
	{ LIT("dkim-signature"), F_TRACE },	{ LIT("x-mailer"), F_TRACE },
	{ LIT("x-originating-ip"), F_TRACE },	{ LIT("reply-to"), 0 },
	{ LIT("from"), F_QUOTE },		{ LIT("to"), F_QUOTE },
	{ LIT("cc"), F_QUOTE },			{ LIT("subject"), F_QUOTE },
	{ LIT("date"), F_QUOTE },		{ LIT("sent"), F_QUOTE },
	{ LIT("sender"), 0 },
};

struct run {
	const char	*begin;
	size_t		 known;		/* different fields of the table */
	size_t		 trace;
	size_t		 quote;
	unsigned	 seen;		/* bit i: fields[i] */
	bool		 indented;
};

static struct slice
skip(struct slice s, const char *set)
{
	if (s.n > 0 && ascii_alnum(s.p[0]))	/* none of what is skipped */
		return s;
	while (s.n > 0 && s.p[0] != '\0' && strchr(set, s.p[0]) != NULL)
		s = sl_from(s, 1);
	return s;
}

/* "Name:" at the beginning of line; its row in fields, N(fields), or -1. */
static int
field_of(struct slice line)
{
	struct slice name;
	size_t i;

	for (i = 0; i < line.n && i < 64; i++)
		if (!ascii_alnum(line.p[i]) && line.p[i] != '-' &&
		    line.p[i] != '_')
			break;
	name = sl_first(line, i);
	while (i < line.n && ascii_blank(line.p[i]))
		i++;
	if (name.n < 2 || i == line.n || line.p[i] != ':')
		return -1;
	for (i = 0; i < N(fields); i++)
		if (sl_ieq(name, fields[i].name))
			break;
	return (int)i;
}

/* One more line for the run; false when it ends the run. */
static bool
run_line(struct run *r, struct slice line)
{
	struct slice s = skip(line, " \t>|");
	int f = field_of(s);

	if (f >= 0 && (size_t)f < N(fields)) {
		if (r->begin == NULL) {
			r->begin = line.p;
			r->indented = s.p != line.p;
		}
		if ((r->seen & 1u << f) == 0) {
			r->seen |= 1u << f;
			r->known++;
			r->trace += (fields[f].flags & F_TRACE) != 0;
			r->quote += (fields[f].flags & F_QUOTE) != 0;
		}
		return true;
	}
	return r->begin != NULL && s.n > 0 && (f >= 0 || s.p != line.p);
}

static bool
run_is_header(const struct run *r)
{
	return r->known >= 3 && r->trace >= 1 && !r->indented;
}

/* A header section in rest, which begins at a line; NULL: none. */
static const char *
find_header(struct slice rest, struct slice *quoted)
{
	struct run r = { 0 };
	struct slice line, s;

	while (rest.n > 0) {
		sl_line(&rest, &line);
		s = sl_first(line, LINE_SEEN);
		if (run_line(&r, s) && rest.n > 0)
			continue;
		if (run_is_header(&r))
			return r.begin;
		if (r.quote >= 2 && quoted->n == 0)
			*quoted = (struct slice){ r.begin,
			    (size_t)(line.p + line.n - r.begin) };
		r = (struct run){ 0 };
	}
	return NULL;
}

static bool
is_separator(struct slice line)
{
	static struct phrases index;
	struct slice s = sl_trim(line);
	struct phrase_set found;
	bool marked;
	size_t i;

	if (s.n < 10 || s.n > 120 ||
	    !phrases_in(PHRASES_ONCE(&index, separators), s, &found))
		return false;
	marked = strchr("-=*|#<", s.p[0]) != NULL && s.p[0] != '\0';
	for (i = phrase_next(&found, 0); i < N(separators);
	    i = phrase_next(&found, i + 1))
		if (marked || !separators[i].marked)
			return true;
	return false;
}

/*
 * The first field within a few lines behind a separator; NULL: none.
 * *indent is how far it stands from the margin.
 */
static const char *
first_field(struct slice rest, size_t *indent)
{
	struct slice line, s;
	int i;

	for (i = 0; i < GAP_LINES && sl_line(&rest, &line); i++) {
		s = skip(sl_first(line, LINE_SEEN), " \t>|");
		if (field_of(s) >= 0) {
			*indent = (size_t)(s.p - line.p);
			return line.p;
		}
	}
	return NULL;
}

/* Where the server's words end; *orig is set where the original begins. */
static const char *
find_separator(struct slice text, const char **orig, size_t *indent)
{
	struct slice rest = text, line;

	*orig = NULL;
	while (sl_line(&rest, &line))
		if (is_separator(sl_first(line, LINE_SEEN))) {
			*orig = first_field(rest, indent);
			return line.p;
		}
	return NULL;
}

/* Does anything stand behind the header section? */
static bool
has_body(struct slice s)
{
	struct slice line;

	while (sl_line(&s, &line))
		if (line.n == 0)
			return sl_trim(s).n > 0;
	return false;
}

/* Quoted fields at the left margin, so that they parse as a header. */
static struct slice
dedent(struct arena *a, struct slice quoted)
{
	struct slice line, out;
	char *p, *o;

	p = o = arena_alloc(a, quoted.n + 2);
	while (sl_line(&quoted, &line)) {
		line = sl_trim(skip(line, " \t>|"));
		if (field_of(line) < 0)
			continue;
		memcpy(o, line.p, line.n);
		o += line.n;
		*o++ = '\n';
	}
	out = (struct slice){ p, (size_t)(o - p) };
	return out;
}

/* An original that was moved to the right, moved back. */
static struct slice
outdent(struct arena *a, struct slice s, size_t indent)
{
	struct slice line;
	size_t i;
	char *p, *o;

	p = o = arena_alloc(a, s.n + 1);
	while (sl_line(&s, &line)) {
		for (i = 0; i < indent && i < line.n &&
		    (line.p[i] == '>' || line.p[i] == '|' ||
		    ascii_blank(line.p[i])); i++)
			;
		line = sl_from(line, i);
		memcpy(o, line.p, line.n);
		o += line.n;
		*o++ = '\n';
	}
	return (struct slice){ p, (size_t)(o - p) };
}

/* Part the server's words from the original. */
static void
split(struct notice *n, struct arena *a, struct slice text)
{
	const char *sep, *orig, *head;
	struct slice quoted = { NULL, 0 };
	size_t indent = 0;

	sep = find_separator(text, &orig, &indent);
	n->separator = sep != NULL;
	n->text = sep == NULL ? text :
	    sl_first(text, (size_t)(sep - text.p));
	head = find_header(n->text, &quoted);
	if (head != NULL) {
		n->text = sl_first(text, (size_t)(head - text.p));
		orig = head;
		indent = 0;
	}
	if (quoted.n > 0)
		n->quoted = dedent(a, quoted);
	if (orig == NULL)
		return;
	n->original = sl_from(text, (size_t)(orig - text.p));
	if (indent > 0)
		n->original = outdent(a, n->original, indent);
	n->body = has_body(n->original);
}

/* d.d.d with class 4 or 5 at s; its length or 0.  RFC 3463. */
static size_t
status_at(struct slice s)
{
	size_t i, digits, dots = 0;

	if (s.n < 5 || (s.p[0] != '4' && s.p[0] != '5') || s.p[1] != '.')
		return 0;
	for (i = 1; i < s.n && s.p[i] == '.'; dots++) {
		for (i++, digits = 0; i < s.n && ascii_digit(s.p[i]); i++)
			digits++;
		if (digits == 0 || digits > 3)
			return 0;
		if (dots == 1)
			return i < s.n && (s.p[i] == '.' ?
			    i + 1 < s.n && ascii_digit(s.p[i + 1]) :
			    ascii_alnum(s.p[i])) ? 0 : i;
	}
	return 0;
}

/* An SMTP reply at s: 4dd or 5dd, a blank or dash, then something. */
static bool
reply_at(struct slice s)
{
	return s.n > 5 && (s.p[0] == '4' || s.p[0] == '5') &&
	    s.p[1] >= '0' && s.p[1] <= '7' && ascii_digit(s.p[2]) &&
	    (s.p[3] == ' ' || s.p[3] == '-') && s.p[4] > ' ' &&
	    !(ascii_digit(s.p[4]) && ascii_digit(s.p[5]));
}

/* The first 4 or 5 in s from byte i on; s.n when there is none. */
static size_t
next_code(struct slice s, size_t i)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t v;

	for (; i + sizeof(v) <= s.n; i += sizeof(v)) {
		memcpy(&v, s.p + i, sizeof(v));
		v = (v ^ '4' * each) & 0xfe * each;
		if (((v - each) & ~v & 0x80 * each) != 0)	/* a zero byte */
			break;
	}
	while (i < s.n && (s.p[i] & ~1) != '4')
		i++;
	return i;
}

/* Status and reply in one line of the notice. */
static bool
codes_in(struct notice *n, struct slice line)
{
	struct slice s;
	size_t i, len;
	char before;
	bool reply = false;

	for (i = 0; (i = next_code(line, i)) < line.n && n->status.n == 0;
	    i++) {
		before = i == 0 ? ' ' : line.p[i - 1];
		if (ascii_alnum(before) || before == '.' || before == '-')
			continue;
		s = sl_from(line, i);
		if ((len = status_at(s)) > 0)
			n->status = sl_first(s, len);
		else if (reply_at(s) && (i == 0 || before != ' ' ||
		    sl_find(sl_first(line, i), SL("@")) != NULL ||
		    sl_find(sl_first(line, i), SL(":")) != NULL ||
		    sl_trim(sl_first(line, i)).n <= 3))
			reply = true;
	}
	return reply || n->status.n > 0;
}

/* Move on to the next line with a 4 or 5 in it; false: there is none. */
static bool
skip_lines(struct slice *text)
{
	size_t i = next_code(*text, 0);

	if (i == text->n)
		return false;
	while (i > 0 && text->p[i - 1] != '\n')
		i--;
	*text = sl_from(*text, i);
	return true;
}

static void
find_codes(struct notice *n, struct slice text)
{
	struct slice line;

	while (n->status.n == 0 && skip_lines(&text)) {
		sl_line(&text, &line);
		line = sl_trim(sl_first(line, LINE_SEEN));
		if (codes_in(n, line) && n->diagnostic.n == 0)
			n->diagnostic = sl_first(line, DIAGNOSTIC_MAX);
	}
}

/* The host that stands behind words, where they stand first in text. */
static struct slice
host_behind(struct slice text, struct slice words)
{
	const char *at = sl_ifind(text, words);
	struct slice s;
	size_t n;

	s = skip(sl_from(text, (size_t)(at - text.p) + words.n), " \t\n");
	for (n = 0; n < s.n && (ascii_alnum(s.p[n]) || s.p[n] == '.' ||
	    s.p[n] == '-'); n++)
		;
	while (n > 0 && s.p[n - 1] == '.')
		n--;
	if (n == 0 || memchr(s.p, '.', n) == NULL)
		return (struct slice){ NULL, 0 };
	return sl_first(s, n);
}

/* What the text says, into n. */
static void
read_phrases(struct notice *n, struct slice text)
{
	static struct phrases index;
	struct phrase_set found;
	size_t i;

	if (!phrases_in(PHRASES_ONCE(&index, phrases), text, &found))
		return;
	for (i = phrase_next(&found, 0); i < N(phrases);
	    i = phrase_next(&found, i + 1)) {
		if (phrases[i].says == SERVER && n->by == NULL)
			n->by = phrases[i].by;
		n->failures += phrases[i].says == FAILURE;
		n->delay |= phrases[i].says == DELAY;
		n->complaint |= phrases[i].says == COMPLAINT;
		if (phrases[i].says == HOST && n->mta.n == 0)
			n->mta = host_behind(text, phrases[i].words);
	}
}

void
notice_read(struct notice *n, struct arena *a, struct slice text)
{
	struct slice seen;

	*n = (struct notice){ 0 };
	if (text.n == 0)
		return;
	split(n, a, text);
	seen = sl_first(n->text, WORDS_SEEN);
	read_phrases(n, seen);
	find_codes(n, seen);
}

/* The address at the beginning of s, which may be in <> or quotes. */
static struct slice
address_at(struct slice s)
{
	struct slice none = { NULL, 0 }, ad;
	const char *at;
	size_t i;

	s = skip(s, "<\"'(");
	for (i = 0; i < s.n && i < 320; i++)
		if (s.p[i] <= ' ' || strchr("<>\"'(),;:", s.p[i]) != NULL)
			break;
	ad = sl_first(s, i);
	while (ad.n > 0 && (ad.p[ad.n - 1] == '.' || ad.p[ad.n - 1] == ':'))
		ad.n--;
	at = memchr(ad.p == NULL ? "" : ad.p, '@', ad.n);
	if (at == NULL || at == ad.p || at + 1 == ad.p + ad.n)
		return none;
	return ad;
}

/*
 * The failed address in a line of the notice.  What is behind it must be
 * nothing, or one of the things servers put there.
 */
static struct slice
failed_in(struct slice line)
{
	static const struct slice before[] = {
		LIT("unknown user: "), LIT("delivery userid: "),
		LIT("attempts: "), LIT("address: "), LIT("recipient: "),
		LIT("recipients: "), LIT("deliver message to "),
		LIT("undeliverable to "), LIT("failed to deliver to "),
		LIT("deliver to "), LIT("message to "), LIT("mail to "),
		LIT("delivery failed: "), LIT("addressed to "),
		LIT("mailbox is full: "), LIT("rcpt to:"),
		LIT("could not be delivered to "), LIT("delivered to: "),
		LIT("message to: "), LIT("smtp="),
	};
	struct slice ad, rest;
	const char *p;
	size_t i;

	if (line.n == 0 || memchr(line.p, '@', line.n) == NULL)
		return (struct slice){ NULL, 0 };
	line = skip(sl_trim(line), " \t*>-");
	if (reply_at(line))		/* 550 <a@b>... */
		line = skip(sl_from(line, 4), " ");
	ad = address_at(line);
	if (ad.n > 0) {
		rest = sl_from(line, (size_t)(ad.p + ad.n - line.p));
		rest = skip(rest, ">\"'");
		if (rest.n == 0 || strchr(":;,.([", rest.p[0]) != NULL ||
		    sl_starts(rest, SL(" on ")) || sl_starts(rest, SL("...")) ||
		    sl_starts(rest, SL(" ...")) || sl_starts(rest, SL(" (")) ||
		    sl_starts(rest, SL(" [")) || sl_starts(rest, SL(" <")) ||
		    line.p[0] == '<')
			return ad;
		return (struct slice){ NULL, 0 };
	}
	for (i = 0; i < N(before); i++)
		if ((p = sl_ifind(line, before[i])) != NULL) {
			ad = address_at(sl_from(line,
			    (size_t)(p - line.p) + before[i].n));
			if (ad.n > 0)
				return ad;
		}
	return (struct slice){ NULL, 0 };
}

/* The first address in a line that says failure, or has an SMTP reply. */
static struct slice
address_near(struct slice line)
{
	struct notice n = { 0 };
	struct slice word, ad;
	const char *p;

	read_phrases(&n, line);
	if (n.failures == 0 && !codes_in(&n, sl_trim(line)))
		return (struct slice){ NULL, 0 };
	while (sl_word(&line, &word)) {
		if ((p = memchr(word.p, '<', word.n)) != NULL)
			word = sl_from(word, (size_t)(p - word.p));
		ad = address_at(word);
		if (ad.n > 0)
			return ad;
	}
	return (struct slice){ NULL, 0 };
}

static size_t
collect(struct slice text, struct slice (*find)(struct slice),
    struct slice *v, size_t max)
{
	struct slice line, ad;
	size_t i, found = 0;

	while (found < max && sl_line(&text, &line)) {
		ad = find(sl_first(line, LINE_SEEN));
		for (i = 0; i < found && !sl_ieq(v[i], ad); i++)
			;
		if (ad.n > 0 && i == found)
			v[found++] = ad;
	}
	return found;
}

size_t
notice_failed(const struct notice *n, struct slice *v, size_t max)
{
	return collect(sl_first(n->text, WORDS_SEEN), failed_in, v, max);
}

size_t
notice_near(const struct notice *n, struct slice *v, size_t max)
{
	return collect(sl_first(n->text, WORDS_SEEN), address_near, v, max);
}

/* "  a@b", and below it "    (generated from c@d)", "    the reason" */
struct slice
notice_reason(const struct notice *n)
{
	struct slice rest = sl_first(n->text, WORDS_SEEN), line;
	bool below = false;

	if (n->by == NULL || strcmp(n->by, "exim") != 0)
		return SL("");
	while (sl_line(&rest, &line)) {
		if (!sl_starts(line, SL("    "))) {
			below = sl_starts(line, SL("  ")) &&
			    address_at(sl_trim(line)).n > 0;
			continue;
		}
		line = sl_trim(line);
		if (below && line.n > 0 && line.p[0] != '(')
			return sl_first(line, DIAGNOSTIC_MAX);
	}
	return SL("");
}

/* The character an entity stands for; 0: none we know. */
static char
entity(struct slice name)
{
	static const struct {
		struct slice	name;
		char		c;
	} v[] = {
		{ LIT("lt"), '<' }, { LIT("gt"), '>' }, { LIT("amp"), '&' },
		{ LIT("quot"), '"' }, { LIT("nbsp"), ' ' },
		{ LIT("#39"), '\'' }, { LIT("apos"), '\'' },
		{ LIT("#64"), '@' },
	};
	size_t i;

	for (i = 0; i < N(v); i++)
		if (sl_ieq(name, v[i].name))
			return v[i].c;
	return 0;
}

/* One tag at s: its effect on out.  Returns the bytes it takes. */
static size_t
tag(struct slice s, struct buf *out)
{
	static const struct slice blocks[] = {
		LIT("<br"), LIT("<p"), LIT("</p"), LIT("<div"), LIT("</div"),
		LIT("<tr"), LIT("<li"), LIT("<h"), LIT("</h"), LIT("<pre"),
	};
	static const struct slice hidden[][2] = {
		{ LIT("<style"), LIT("</style") },
		{ LIT("<script"), LIT("</script") },
		{ LIT("<!--"), LIT("-->") },
	};
	const char *p;
	size_t i;

	for (i = 0; i < N(hidden); i++)
		if (sl_istarts(s, hidden[i][0]))
			return (p = sl_ifind(s, hidden[i][1])) == NULL ? s.n :
			    (size_t)(p - s.p) + (*p == '-' ? 3 : 0);
	for (i = 0; i < N(blocks); i++)
		if (sl_istarts(s, blocks[i])) {
			buf_addc(out, '\n');
			break;
		}
	p = memchr(s.p, '>', s.n);
	return p == NULL ? s.n : (size_t)(p - s.p) + 1;
}

void
notice_html(struct slice s, struct buf *out)
{
	const char *semi;
	bool pre = false;
	char c;

	while (s.n > 0) {
		if (s.p[0] == '<' && s.n > 1 && (ascii_alpha(s.p[1]) ||
		    s.p[1] == '/' || s.p[1] == '!')) {
			if (sl_istarts(s, SL("<pre")))
				pre = true;
			else if (sl_istarts(s, SL("</pre")))
				pre = false;
			s = sl_from(s, tag(s, out));
			continue;
		}
		if (s.p[0] == '&' && (semi = memchr(s.p, ';',
		    s.n < 8 ? s.n : 8)) != NULL &&
		    (c = entity((struct slice){ s.p + 1,
		    (size_t)(semi - s.p) - 1 })) != 0) {
			buf_addc(out, c);
			s = sl_from(s, (size_t)(semi - s.p) + 1);
			continue;
		}
		buf_addc(out, s.p[0] == '\n' && !pre ? ' ' : s.p[0]);
		s = sl_from(s, 1);
	}
}
