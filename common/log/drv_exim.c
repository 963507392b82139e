#include "log/driver.h"

/*
 * Exim's main log: "date time [zone] [pid] id <= sender H=... A=... id=...".
 */
static unsigned
bid(struct slice line)
{
	struct log_clock c = { .zone = 0 };
	int64_t at;

	if (line.n < 20 || line.p[10] != ' ' || !when_iso(&c, &line, &at))
		return 0;
	return sl_find(line, SL(" <= ")) != NULL ||
	    sl_find(line, SL(" => ")) != NULL ||
	    sl_find(line, SL(" Completed")) != NULL ||
	    sl_find(line, SL("rejected RCPT")) != NULL ||
	    sl_find(line, SL(" authenticator failed for ")) != NULL ||
	    sl_starts(line, SL("exim ")) ||
	    sl_starts(line, SL("SMTP connection from ")) ? 2 : 0;
}

/* "1wABCD-0001ab-CD", or of 4.97 and later "1wABCD-00000001abC-0123". */
static bool
is_id(struct slice w)
{
	size_t i, dashes = 0;

	for (i = 0; i < w.n; i++)
		if (w.p[i] == '-')
			dashes++;
		else if (!ascii_alnum(w.p[i]))
			return false;
	return dashes == 2 && (w.n == 16 || w.n == 23) && w.p[6] == '-';
}

/*
 * "name (helo) [ip]:port ...", each but the address may be missing.  HELO may
 * be an address in brackets, too.
 */
static void
host_of(struct log_open *o, struct slice s)
{
	struct slice name = SL("");
	const char *end;

	s = sl_trim(s);
	if (s.n > 0 && s.p[0] != '(' && s.p[0] != '[') {
		(void)sl_word(&s, &name);
		s = sl_trim(s);
	}
	if (s.n > 0 && s.p[0] == '(') {
		if ((end = sl_find(s, SL(") ["))) == NULL)
			return;
		open_set(o, &o->helo, (struct slice){ s.p + 1,
		    (size_t)(end - s.p) - 1 });
		s = sl_from(s, (size_t)(end - s.p) + 2);
	}
	if (s.n == 0 || s.p[0] != '[' ||
	    !ip_parse(log_between(s, SL("["), ']'), &o->client))
		return;
	open_set(o, &o->name, name);
	if (o->helo.n == 0)
		open_set(o, &o->helo, name);
}

/* A field " X=", to its end: the next blank, or for H= the address's. */
static struct slice
field(struct slice text, struct slice name)
{
	return log_between(text, name, ' ');
}

static struct slice
host_field(struct slice text)
{
	const char *p = sl_find(text, SL(" H="));

	return p == NULL ? SL("") : sl_from(text, (size_t)(p - text.p) + 3);
}

/* What the server itself wrote: the fields in front of one of the client's. */
static struct slice
before(struct slice text, struct slice field)
{
	const char *p = sl_find(text, field);

	return p == NULL ? text : sl_first(text, (size_t)(p - text.p));
}

/* Subject and certificate are the client's words, and quoted. */
static struct slice
unquoted(struct log_in *in, struct slice s)
{
	bool quoted = false;
	size_t i;

	in->tmp.n = 0;
	for (i = 0; i < s.n; i++)
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (quoted && s.p[i] == '\\')
			i++;
		else if (!quoted)
			buf_addc(&in->tmp, s.p[i]);
	return buf_sl(&in->tmp);
}

/* Of a quoted local part the blanks, too. */
static struct slice
take_sender(struct slice *s)
{
	bool quoted = false;
	struct slice sender;
	size_t i;

	while (s->n > 0 && s->p[0] == ' ')
		*s = sl_from(*s, 1);
	for (i = 0; i < s->n && (quoted || s->p[i] != ' '); i++)
		if (s->p[i] == '"')
			quoted = !quoted;
		else if (quoted && s->p[i] == '\\')
			i++;
	sender = sl_first(*s, i);
	*s = sl_from(*s, sender.n);
	return sender;
}

/* "A=login:bob": the authenticator, and who; options may follow. */
static void
account_of(struct log_open *o, struct slice a)
{
	struct slice method;

	if (!sl_cut(&a, ':', &method))
		return;
	open_set(o, &o->method, method);
	open_set(o, &o->account, a);
}

static void
recipients(struct log_open *o, struct slice text)
{
	const char *p = sl_find(text, SL(" for ")), *next;
	struct slice word;

	while (p != NULL) {	/* the last one: a subject may have the word */
		text = sl_from(text, (size_t)(p - text.p) + 5);
		next = sl_find(text, SL(" for "));
		p = next;
	}
	while (sl_word(&text, &word))
		open_rcpt(o, word);
}

static void
arrival(struct log_in *in, struct log_open *o, struct slice id,
    struct slice text)
{
	struct slice sender = take_sender(&text);
	uint64_t n;

	text = unquoted(in, text);
	o->has_sender = true;
	o->at = in->at;
	open_set(o, &o->sender, sl_eq(sender, SL("<>")) ? SL("") : sender);
	open_set(o, &o->queue_id, id);
	host_of(o, host_field(text));
	account_of(o, field(before(text, SL(" S=")), SL(" A=")));
	open_set(o, &o->message_id, field(text, SL(" id=")));
	if (sl_num(field(text, SL(" S=")), UINT64_MAX / 2, &n))
		o->bytes = n;
	if (sl_find(text, SL(" for ")) != NULL)
		recipients(o, text);
	o->message = ip_is_set(&o->client) || o->account.n > 0;
	if (!o->message)
		return;
	log_tell(in, o, LOG_SESSION);
	if (o->account.n > 0)
		log_tell(in, o, LOG_AUTH);
}

static bool
message_line(struct log_in *in, struct slice id, struct slice text)
{
	uint64_t key = log_key(SL("exim"), id, 0);
	struct slice flag, addr;
	struct log_open *o;

	if (sl_starts(text, SL("Completed"))) {
		if ((o = open_find(in, key)) != NULL)
			open_end(in, o);
		return true;
	}
	if (!sl_word(&text, &flag))
		return false;
	if (text.n > 0 && text.p[0] == ' ')
		text = sl_from(text, 1);
	if (sl_eq(flag, SL("<=")) && text.n > 0) {
		arrival(in, open_get(in, key), id, text);
		return true;
	}
	if (flag.n != 2 || (flag.p[1] != '>' && !sl_eq(flag, SL("**")) &&
	    !sl_eq(flag, SL("=="))) || !sl_word(&text, &addr))
		return true;	/* some other word about a message */
	if (addr.p[addr.n - 1] == ':')	/* "** a@b: Unrouteable address" */
		addr.n--;
	if ((o = open_find(in, key)) != NULL && flag.p[0] != '>') {
		struct slice in_brackets = log_between(text, SL("<"), '>');

		if (text.n > 1 && text.p[1] == '<' && in_brackets.n > 0)
			addr = in_brackets;
		open_rcpt(o, addr);
		if (o->message && flag.p[0] == '*')
			log_bounce(in, o, addr);
	}
	return true;
}

static struct log_open *
scratch(struct log_in *in)
{
	struct log_open *o = open_get(in, in->scope);

	open_forget(o);
	o->name = o->helo = o->account = o->tried = (struct span){ 0, 0 };
	o->text.n = 0;
	o->client = (struct ip){ { 0 } };
	return o;
}

/* "H=(helo) [ip] F=<a> rejected RCPT <b>: relay not permitted" */
static bool
rejected(struct log_in *in, struct slice text)
{
	const char *p = sl_find(text, SL(" rejected RCPT "));
	struct log_open *o;
	struct slice rest;

	if (p == NULL)
		return false;
	rest = sl_from(text, (size_t)(p - text.p) + 15);
	o = scratch(in);
	host_of(o, host_field(text));
	account_of(o, field(before(text, SL(" F=<")), SL(" A=")));
	o->has_sender = sl_find(text, SL(" F=<")) != NULL;
	open_set(o, &o->sender, log_between(text, SL(" F=<"), '>'));
	log_refuse(in, o, rest.n > 0 && rest.p[0] == '<' ?
	    log_between(rest, SL("<"), '>') : log_between(rest, SL(""), ':'),
	    rest);
	return true;
}

/* "login authenticator failed for host (helo) [ip]: 535 ... (set_id=bob)" */
static bool
failed(struct log_in *in, struct slice text)
{
	const char *p = sl_find(text, SL(" authenticator failed for "));
	struct log_open *o;

	if (p == NULL)
		return false;
	o = scratch(in);
	host_of(o, sl_from(text, (size_t)(p - text.p) + 26));
	open_set(o, &o->tried, log_between(text, SL("(set_id="), ')'));
	log_tell(in, o, LOG_FAILED);
	return true;
}

static bool
exim_line(struct log_in *in, struct slice line)
{
	struct slice rest = line, word, after;

	if (!when_iso(&in->clock, &rest, &in->at))
		return false;
	if (rest.n > 0 && rest.p[0] == '[')	/* the pid */
		(void)sl_word(&rest, &word);
	if (rest.n > 0 && rest.p[0] == ' ')
		rest = sl_from(rest, 1);
	after = rest;
	if (sl_word(&after, &word) && is_id(word) && after.n > 1) {
		after = sl_from(after, 1);
		if (sl_find(after, SL(" rejected RCPT ")) == NULL)
			return message_line(in, word, after);
	}
	/* Fields begin with a blank, and the date ended in one. */
	rest.p--;
	rest.n++;
	return rejected(in, rest) || failed(in, rest);
}

const struct log_driver log_exim = {
	.name = "exim", .what = "Exim, main log",
	.bid = bid, .line = exim_line,
};
