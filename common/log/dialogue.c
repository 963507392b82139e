#include "log/dialogue.h"

/* ---- what the client says ---- */

static void
wait_reply(struct log_open *o, char what, struct slice arg)
{
	struct pending *p;

	if (o->waits == PENDING) {	/* replies are missing: the oldest's */
		o->first = (uint8_t)((o->first + 1) % PENDING);
		o->waits--;
	}
	p = &o->wait[(o->first + o->waits++) % PENDING];
	p->what = what;
	p->arg = (struct span){ 0, 0 };
	open_set(o, &p->arg, arg);
}

static const struct {
	struct slice	name;
	char		mech;
	uint8_t		step;	/* what comes next */
} mechs[] = {
	{ { "LOGIN", 5 }, 'L', AUTH_USER },
	{ { "PLAIN", 5 }, 'P', AUTH_BLOB },
	{ { "NTLM", 4 }, 'N', AUTH_BLOB },
	{ { "CRAM-MD5", 8 }, 'C', AUTH_BLOB },
	{ { "XOAUTH2", 7 }, 'X', AUTH_BLOB },
	{ { "OAUTHBEARER", 11 }, 'X', AUTH_BLOB },
};

/* "AUTH LOGIN [name]", "AUTH PLAIN [blob]"; the rest of it is secret. */
static void
begin_auth(struct log_open *o, struct slice arg)
{
	struct slice mech, blob = SL("");
	size_t i;

	o->tried.n = 0;
	o->step = AUTH_BLOB;
	o->mech = '?';
	if (!sl_word(&arg, &mech))
		return;
	(void)sl_word(&arg, &blob);
	for (i = 0; i < sizeof(mechs) / sizeof(mechs[0]); i++)
		if (sl_ieq(mech, mechs[i].name)) {
			o->mech = mechs[i].mech;
			o->step = mechs[i].step;
			open_set(o, &o->method, mechs[i].name);
		}
	auth_name(o, o->mech, blob);
	if (o->step == AUTH_USER && blob.n > 0)
		o->step = AUTH_PASS;
}

/* A line that answers 334: a name, a password, or both in one. */
static void
go_on_auth(struct log_open *o, struct slice line)
{
	if (o->step == AUTH_USER) {
		auth_name(o, 'L', line);
		o->step = AUTH_PASS;
	} else if (o->step == AUTH_BLOB) {
		auth_name(o, o->mech, line);
	}
}

static void
header_line(struct log_open *o, struct slice line)
{
	if (sl_trim(line).n == 0)
		o->in_body = true;
	else if (!o->in_body && o->message_id.n == 0 &&
	    sl_istarts(line, SL("Message-ID:")))
		open_set(o, &o->message_id, log_path(line));
}

static void
data_line(struct log_open *o, struct slice line)
{
	if (sl_eq(line, SL("."))) {
		o->data = false;
		wait_reply(o, '.', SL(""));
		return;
	}
	o->bytes += line.n + 2;
	header_line(o, line);
}

static uint64_t
size_of(struct slice arg)
{
	const char *p = sl_ifind(arg, SL("SIZE="));
	struct slice s = p == NULL ? SL("") :
	    sl_from(arg, (size_t)(p - arg.p) + 5);
	uint64_t n;

	for (n = 0; n < s.n && ascii_digit(s.p[n]); n++)
		;
	return sl_num(sl_first(s, n), UINT64_MAX / 2, &n) ? n : 0;
}

static const struct {
	struct slice	verb;
	char		what;
} verbs[] = {
	{ { "HELO", 4 }, 'H' }, { { "EHLO", 4 }, 'H' },
	{ { "MAIL", 4 }, 'M' }, { { "RCPT", 4 }, 'R' },
	{ { "DATA", 4 }, 'D' }, { { "BDAT", 4 }, '.' },
	{ { "AUTH", 4 }, 'A' }, { { "RSET", 4 }, 'Z' },
};

static char
verb_of(struct slice verb)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (sl_ieq(verb, verbs[i].verb))
			return verbs[i].what;
	return '?';
}

static void
command(struct log_in *in, struct log_open *o, struct slice line)
{
	struct slice rest = line, verb;
	char what;

	if (!sl_word(&rest, &verb))
		return;
	what = verb_of(verb);
	rest = sl_trim(rest);
	if (what == 'H')
		open_set(o, &o->helo, rest);
	else if (what == 'A')
		begin_auth(o, rest);
	else if (what == 'M' && !o->message)
		o->at = in->at;
	wait_reply(o, what, what == 'M' || what == 'R' ? rest : SL(""));
}

void
dialogue_client(struct log_in *in, struct log_open *o, struct slice line)
{
	if (o->data)
		data_line(o, line);
	else if (o->step != AUTH_NO && o->waits == 0) {
		go_on_auth(o, line);	/* "*" gives it up: the reply says so */
		wait_reply(o, 'A', SL(""));
	} else
		command(in, o, line);
}

/* ---- what the server says ---- */

/* "250 mail.example.com Hello [192.0.2.1]" */
static void
greeted(struct log_open *o, struct slice reply)
{
	struct ip ip;

	if (!ip_is_set(&o->client) &&
	    ip_parse(log_between(reply, SL("["), ']'), &ip))
		o->client = ip;
}

static void
mail_taken(struct log_in *in, struct log_open *o, struct slice arg)
{
	int64_t at = o->at;

	if (o->message)
		open_forget(o);
	o->at = at == 0 ? in->at : at;
	o->has_sender = true;
	open_set(o, &o->sender, log_path(arg));
	o->bytes = size_of(arg);
}

static void
auth_said(struct log_in *in, struct log_open *o, unsigned code)
{
	if (code == 334)
		return;
	o->step = AUTH_NO;
	if (code == 235) {
		open_set(o, &o->account, open_str(o, o->tried));
		log_tell(in, o, LOG_AUTH);
	} else if (code >= 400) {
		o->method.n = 0;
		log_tell(in, o, LOG_FAILED);
	}
}

static void
replied(struct log_in *in, struct log_open *o, char what, struct slice arg,
    unsigned code, struct slice reply)
{
	bool good = code >= 200 && code < 300;

	if (what == 'A')
		auth_said(in, o, code);
	else if (what == 'H' && good)
		greeted(o, reply);
	else if (what == 'M' && good)
		mail_taken(in, o, arg);
	else if (what == 'R' && good)
		open_rcpt(o, log_path(arg));
	else if (what == 'R' && code >= 400)
		log_refuse(in, o, log_path(arg), reply);
	else if (what == 'D' && code == 354)
		o->data = true, o->in_body = false, o->bytes = 0;
	else if (what == '.' && good) {
		o->message = true;
		open_message(in, o);
	} else if (what == '.' || what == 'Z')
		open_forget(o);
}

void
dialogue_server(struct log_in *in, struct log_open *o, struct slice line)
{
	struct pending p;
	struct buf arg = { 0 };
	uint64_t code;

	if (!sl_num(sl_first(line, 3), 999, &code) || line.n < 3)
		return;
	if (line.n > 3 && line.p[3] == '-') {
		greeted(o, line);
		return;
	}
	if (o->waits == 0)
		return;		/* the banner */
	p = o->wait[o->first];
	o->first = (uint8_t)((o->first + 1) % PENDING);
	o->waits--;
	buf_add(&arg, open_str(o, p.arg));	/* the text may move */
	replied(in, o, p.what, buf_sl(&arg), (unsigned)code, line);
	buf_free(&arg);
}

/* ---- both in one line ---- */

void
dialogue_row(struct log_in *in, struct log_open *o, struct slice method,
    struct slice query, uint64_t status, uint64_t bytes)
{
	char what = verb_of(method);
	struct slice word;

	while (query.n > 0 && query.p[0] == '+')
		query = sl_from(query, 1);
	if (what == 'M')
		o->at = in->at;
	if (what == 'A') {
		for (word.n = 0; word.n < query.n && query.p[word.n] != '+';
		    word.n++)
			;
		open_set(o, &o->method, sl_first(query, word.n));
		o->tried.n = 0;
	} else if (what == 'D') {
		what = '.';
		status = status == 354 || status == 0 ? 250 : status;
		if (o->nrcpts == 0)
			return;
		o->bytes = bytes;
	}
	replied(in, o, what, query, (unsigned)status, SL(""));
}
