#include <stdlib.h>

#include "base/xalloc.h"
#include "net/dial.h"
#include "net/dialogue.h"

#define REPLY_SECS	300	/* RFC 5321 4.5.3.2 */
#define DATA_SECS	600
#define QUIT_SECS	2	/* nothing depends on the answer */

void
smtp_tell(struct smtp *s, bool by_us, struct slice line)
{
	if (s->o.said != NULL)
		s->o.said(s->o.ctx, by_us, line);
}

bool
smtp_is_torn(struct slice line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (line.p[i] == '\r' || line.p[i] == '\n' ||
		    line.p[i] == '\0')
			return true;
	return false;
}

/* ---- lines ---- */

/* More bytes behind those that wait.  1, 0 at the end of the stream, -1. */
static int
fill(struct smtp *s, struct err *err)
{
	ssize_t n;

	memmove(s->in, s->in + s->from, s->to - s->from);
	s->to -= s->from;
	s->from = 0;
	n = wire_read(s->w, s->in + s->to, sizeof(s->in) - s->to, err);
	if (n > 0)
		s->to += (size_t)n;
	return n > 0 ? 1 : (int)n;
}

/* The next line, without its end, in s->in until the next call. */
static int
read_line(struct smtp *s, struct slice *line, struct err *err)
{
	struct slice rest;
	int r;

	for (;;) {
		rest = (struct slice){ s->in + s->from, s->to - s->from };
		if (rest.n > 0 && memchr(rest.p, '\n', rest.n) != NULL) {
			sl_line(&rest, line);
			s->from = s->to - rest.n;
			return 0;
		}
		if (rest.n >= SMTP_LINE_MAX)
			return err_set(err, ERR_LIMIT,
			    "a reply line of more than %d bytes",
			    SMTP_LINE_MAX);
		if ((r = fill(s, err)) == -1)
			return -1;
		if (r == 0)
			return err_set(err, ERR_SYS, "the server hung up");
	}
}

int
smtp_hear(struct smtp *s, unsigned secs, struct smtp_reply *r,
    struct err *err)
{
	struct slice line;
	int more;

	smtp_reply_reset(r);
	wire_within(s->w, secs);
	do {
		if (read_line(s, &line, err) == -1)
			break;
		smtp_tell(s, false, line);
		more = smtp_reply_line(r, line);
		if (more == 0)
			return 0;
		if (more == -1) {
			err_set(err, ERR_FORMAT, "what the server says is "
			    "no SMTP reply");
			break;
		}
	} while (more == 1);
	r->code = 0;		/* half a reply is none; its text may tell */
	return -1;
}

void
smtp_queue(struct smtp *s, struct slice line, struct slice said)
{
	buf_add(&s->out, line);
	buf_add(&s->out, SL("\r\n"));
	smtp_tell(s, true, said);
}

int
smtp_flush(struct smtp *s, unsigned secs, struct err *err)
{
	int r;

	wire_within(s->w, secs);
	r = wire_write(s->w, buf_sl(&s->out), err);
	s->out.n = 0;
	return r;
}

int
smtp_command(struct smtp *s, struct slice line, struct smtp_reply *r,
    struct err *err)
{
	smtp_reply_reset(r);
	if (smtp_is_torn(line))
		return err_set(err, ERR_USAGE,
		    "a line end or NUL inside an SMTP command");
	smtp_queue(s, line, line);
	if (smtp_flush(s, s->o.secs, err) == -1)
		return -1;
	return smtp_hear(s, s->o.secs, r, err);
}

static int
path_command(struct smtp *s, const char *verb, struct slice path,
    struct smtp_reply *r, struct err *err)
{
	struct buf b = { 0 };
	int ret;

	buf_add(&b, sl(verb));
	buf_addc(&b, '<');
	buf_add(&b, path);
	buf_addc(&b, '>');
	ret = smtp_command(s, buf_sl(&b), r, err);
	buf_free(&b);
	return ret;
}

int
smtp_mail_from(struct smtp *s, struct slice path, struct smtp_reply *r,
    struct err *err)
{
	return path_command(s, "MAIL FROM:", path, r, err);
}

int
smtp_rcpt_to(struct smtp *s, struct slice path, struct smtp_reply *r,
    struct err *err)
{
	return path_command(s, "RCPT TO:", path, r, err);
}

int
smtp_rset(struct smtp *s, struct smtp_reply *r, struct err *err)
{
	return smtp_command(s, SL("RSET"), r, err);
}

/* ---- greeting ---- */

static const struct {
	struct slice	word;
	unsigned	cap;
} keywords[] = {
	{ SL("PIPELINING"), SMTP_PIPELINING },
	{ SL("SIZE"), SMTP_SIZE },
	{ SL("DSN"), SMTP_DSN },
	{ SL("8BITMIME"), SMTP_8BITMIME },
	{ SL("SMTPUTF8"), SMTP_SMTPUTF8 },
	{ SL("STARTTLS"), SMTP_STARTTLS },
}, mechanisms[] = {
	{ SL("PLAIN"), SMTP_AUTH_PLAIN },
	{ SL("LOGIN"), SMTP_AUTH_LOGIN },
	{ SL("CRAM-MD5"), SMTP_AUTH_CRAM },
};

static void
take_mechanisms(struct smtp *s, struct slice rest)
{
	struct slice word;
	size_t i;

	while (sl_word(&rest, &word))
		for (i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
			if (sl_ieq(word, mechanisms[i].word))
				s->caps |= mechanisms[i].cap;
}

/* A line of EHLO's reply.  Old servers say "AUTH=LOGIN". */
static void
take_keyword(struct smtp *s, struct slice line)
{
	struct slice word = { NULL, 0 };
	size_t i;

	if (sl_istarts(line, SL("AUTH ")) || sl_istarts(line, SL("AUTH="))) {
		take_mechanisms(s, sl_from(line, 5));
		return;
	}
	sl_word(&line, &word);
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (sl_ieq(word, keywords[i].word))
			s->caps |= keywords[i].cap;
	if (sl_ieq(word, SL("SIZE")) &&
	    !sl_num(sl_trim(line), UINT64_MAX, &s->size_max))
		s->size_max = 0;
}

static int
greet(struct smtp *s, const char *verb, struct smtp_reply *r,
    struct err *err)
{
	struct buf b = { 0 };
	size_t i;
	int ret;

	s->caps = 0;
	s->size_max = 0;
	buf_fmt(&b, "%s %s", verb, s->o.helo);
	ret = smtp_command(s, buf_sl(&b), r, err);
	buf_free(&b);
	if (ret == 0 && smtp_reply_class(r) == 2 && verb[0] != 'H')
		for (i = 1; i < r->lines; i++)
			take_keyword(s, smtp_reply_text(r, i));
	return ret;
}

/* EHLO; HELO for a server that does not know it, or when told. */
static int
hello(struct smtp *s, struct smtp_reply *r, struct err *err)
{
	if (s->o.lmtp || !s->o.no_ehlo) {
		if (greet(s, s->o.lmtp ? "LHLO" : "EHLO", r, err) == -1)
			return -1;
		if (smtp_reply_class(r) == 2)
			return 0;
	}
	if (!s->o.lmtp && greet(s, "HELO", r, err) == -1)
		return -1;
	if (smtp_reply_class(r) == 2)
		return 0;
	return err_set(err, ERR_FORMAT, "the server refuses our greeting: %u",
	    r->code);
}

static int
start_tls(struct smtp *s, struct err *err)
{
	struct wire_tls t = { .name = s->o.host, .verify = s->o.tls_verify,
	    .ca = s->o.tls_ca };

	wire_within(s->w, s->o.secs);
	return wire_tls(s->w, &t, err);
}

/*
 * STARTTLS, where it is wanted.  What the server sent behind its reply came
 * in the clear, and is no part of the session.
 */
static int
upgrade(struct smtp *s, struct smtp_reply *r, struct err *err)
{
	bool must = s->o.tls == SMTP_TLS_STARTTLS;

	if (!must && (s->o.tls != SMTP_TLS_OFFERED ||
	    (s->caps & SMTP_STARTTLS) == 0))
		return 0;
	if ((s->caps & SMTP_STARTTLS) == 0)
		return err_set(err, ERR_UNSAFE, "STARTTLS is not offered");
	if (smtp_command(s, SL("STARTTLS"), r, err) == -1)
		return -1;
	if (smtp_reply_class(r) != 2)
		return must ? err_set(err, ERR_UNSAFE,
		    "STARTTLS is refused: %u", r->code) : 0;
	if (s->from != s->to)
		return err_set(err, ERR_UNSAFE,
		    "bytes in the clear behind STARTTLS");
	if (start_tls(s, err) == -1)
		return -1;
	return hello(s, r, err);
}

static void
take_name(struct smtp *s, struct slice text)
{
	struct slice word = { NULL, 0 };
	size_t i;

	sl_word(&text, &word);
	if (word.n >= sizeof(s->name))
		return;
	for (i = 0; i < word.n; i++)
		if (!ascii_alnum(word.p[i]) && word.p[i] != '-' &&
		    word.p[i] != '.')
			return;
	if (word.n > 0)
		memcpy(s->name, word.p, word.n);
	s->name[word.n] = '\0';
}

static int
begin(struct smtp *s, struct smtp_reply *r, struct err *err)
{
	if (s->o.tls == SMTP_TLS_WRAPPED && start_tls(s, err) == -1)
		return -1;
	if (smtp_hear(s, s->o.secs, r, err) == -1)
		return -1;
	if (smtp_reply_class(r) != 2)
		return err_set(err, ERR_FORMAT,
		    "the server greets with %u", r->code);
	take_name(s, smtp_reply_text(r, 0));
	return hello(s, r, err) == -1 || upgrade(s, r, err) == -1 ? -1 : 0;
}

/* ---- open and close ---- */

static struct smtp *
make(const struct smtp_opts *o)
{
	struct smtp *s = xcalloc(1, sizeof(*s));

	s->o = *o;
	if (s->o.secs == 0)
		s->o.secs = REPLY_SECS;
	if (s->o.data_secs == 0)
		s->o.data_secs = DATA_SECS;
	return s;
}

static int
start(struct smtp **out, struct smtp *s, struct smtp_reply *r,
    struct err *err)
{
	struct smtp_reply mine;

	*out = NULL;
	if (r == NULL)
		r = &mine;
	smtp_reply_reset(r);
	if (smtp_is_torn(sl(s->o.helo)) || s->o.helo[0] == '\0') {
		smtp_free(s);
		return err_set(err, ERR_USAGE, "no name for EHLO");
	}
	if (begin(s, r, err) == -1) {
		smtp_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

/* Where host is, and who connects. */
struct smtp_place {
	struct broker_address	 to[DIAL_MAX];
	size_t			 n;
	struct broker		*broker;	/* NULL: we do */
};

static int
find_place(struct smtp_place *p, const struct smtp_opts *o, struct err *err)
{
	struct dial d = { .ip = { o->ip }, .n = 1 };

	p->n = 1;
	if (o->host[0] == '/')
		return wire_unix(&p->to[0], o->host, err);
	if (!ip_is_set(&o->ip) &&
	    dial_find(&d, o->host, DIAL_ANY, err) == -1)
		return -1;
	for (p->n = 0; p->n < d.n; p->n++)
		wire_tcp(&p->to[p->n], &d.ip[p->n], o->port);
	return 0;
}

int
smtp_settle(struct smtp_opts *o, struct err *err)
{
	struct smtp_place *p = xcalloc(1, sizeof(*p));

	if (find_place(p, o, err) == 0 &&
	    broker_new(&p->broker, NULL, p->to, p->n, err) == 0) {
		o->place = p;
		return 0;
	}
	free(p);
	return -1;
}

void
smtp_place_free(struct smtp_place *p)
{
	if (p == NULL)
		return;
	broker_free(p->broker);
	free(p);
}

static int
connect_any(struct smtp *s, struct err *err)
{
	struct smtp_place now = { .broker = NULL }, *p = s->o.place;
	size_t i;

	if (p == NULL && find_place(p = &now, &s->o, err) == -1)
		return -1;
	for (i = 0; i < p->n; i++)
		if (wire_dial(&s->w, &p->to[i], p->broker, s->o.secs,
		    err) == 0)
			return 0;
	return -1;
}

int
smtp_open(struct smtp **out, const struct smtp_opts *o,
    struct smtp_reply *reply, struct err *err)
{
	struct smtp *s = make(o);
	struct err mine = { 0 };

	*out = NULL;
	if (reply != NULL)
		smtp_reply_reset(reply);
	if (connect_any(s, &mine) == -1) {
		*err = mine;
		free(s);
		return -1;
	}
	return start(out, s, reply, err);
}

int
smtp_over(struct smtp **out, int fd, const struct smtp_opts *o,
    struct smtp_reply *reply, struct err *err)
{
	struct smtp *s = make(o);

	s->w = wire_over(fd);
	return start(out, s, reply, err);
}

void
smtp_quit(struct smtp *s)
{
	struct smtp_reply r;
	struct err err = { 0 };

	smtp_queue(s, SL("QUIT"), SL("QUIT"));
	if (smtp_flush(s, QUIT_SECS, &err) == 0)
		(void)smtp_hear(s, QUIT_SECS, &r, &err);
}

void
smtp_free(struct smtp *s)
{
	if (s == NULL)
		return;
	wire_free(s->w);
	buf_free(&s->out);
	free(s);
}

unsigned
smtp_caps(const struct smtp *s)
{
	return s->caps;
}

const char *
smtp_name(const struct smtp *s)
{
	return s->name;
}
