#include "base/utf8.h"
#include "net/dialogue.h"

#define BATCH	100	/* RCPTs sent before their replies are read: the
			   replies have to fit into the socket's buffers */
#define BLOCK	65536	/* bytes of a message sent at once */

/* One transaction.  A recipient is open until something has decided. */
struct job {
	struct smtp		*s;
	struct arena		*a;
	const struct smtp_message *m;
	struct smtp_rcpt	*v;
	size_t			 n;
	bool			*accepted;	/* 2xx to its RCPT */
};

static void
decide(struct smtp_rcpt *r, enum smtp_result result, unsigned code,
    struct slice why)
{
	r->result = result;
	r->code = code;
	r->why = why;
}

static enum smtp_result
result_of(const struct smtp_reply *r)
{
	switch (smtp_reply_class(r)) {
	case 2:
		return SMTP_TAKEN;
	case 5:
		return SMTP_REFUSED;
	default:
		return SMTP_LATER;
	}
}

static void
decide_by(struct job *j, struct smtp_rcpt *to, const struct smtp_reply *r)
{
	enum smtp_result result = result_of(r);

	decide(to, result, r->code,
	    arena_dup(j->a, (struct slice){ r->text, r->n }));
}

/* All that were accepted get the same. */
static void
decide_accepted(struct job *j, const struct smtp_reply *r)
{
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->accepted[i])
			decide_by(j, &j->v[i], r);
}

static size_t
count_accepted(const struct job *j)
{
	size_t n = 0, i;

	for (i = 0; i < j->n; i++)
		n += j->accepted[i];
	return n;
}

/* ---- what SMTP can carry ---- */

/* Of a path: nothing that ends it or the line. */
static const char *
unfit(struct slice s, bool utf8)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f)
			return "a control character in the address";
		if (c > 0x7f && !utf8)
			return "the server does not offer SMTPUTF8";
	}
	return utf8_valid(s) ? NULL : "the address is not UTF-8";
}

static void
refuse_all(struct job *j, const char *why)
{
	size_t i;

	for (i = 0; i < j->n; i++)
		decide(&j->v[i], SMTP_REFUSED, 0, sl(why));
}

/* Whether there is anything to send; what cannot be carried is decided. */
static bool
fit(struct job *j)
{
	bool utf8 = (j->s->caps & SMTP_SMTPUTF8) != 0, any = false;
	const char *why;
	size_t i;

	if (j->m->utf8 && !utf8)
		why = "the server does not offer SMTPUTF8";
	else
		why = unfit(j->m->sender, utf8);
	if (why == NULL && j->s->size_max > 0 &&
	    j->m->bytes.n > j->s->size_max)
		why = "larger than the server's SIZE";
	if (why != NULL) {
		refuse_all(j, why);
		return false;
	}
	for (i = 0; i < j->n; i++) {
		if (j->v[i].address.n == 0)
			why = "no address";
		else
			why = unfit(j->v[i].address, utf8);
		if (why != NULL)
			decide(&j->v[i], SMTP_REFUSED, 0, sl(why));
		any |= why == NULL;
	}
	return any;
}

/* ---- MAIL and RCPT ---- */

/* RFC 3461 4: what is not printable, '+' and '=' as +XX. */
static void
add_xtext(struct buf *b, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > ' ' && c < 0x7f && c != '+' && c != '=')
			buf_addc(b, (char)c);
		else
			buf_fmt(b, "+%02X", c);
	}
}

static bool
has_8bit(struct slice s)
{
	return !sl_ascii(s);
}

static bool
needs_utf8(const struct job *j)
{
	size_t i;

	if (j->m->utf8 || has_8bit(j->m->sender))
		return true;
	for (i = 0; i < j->n; i++)
		if (j->v[i].result == SMTP_UNSENT &&
		    has_8bit(j->v[i].address))
			return true;
	return false;
}

static void
queue_mail(struct job *j)
{
	unsigned caps = j->s->caps;
	struct buf b = { 0 };

	buf_add(&b, SL("MAIL FROM:<"));
	buf_add(&b, j->m->sender);
	buf_addc(&b, '>');
	if ((caps & SMTP_SIZE) != 0)
		buf_fmt(&b, " SIZE=%zu", j->m->bytes.n);
	if ((caps & SMTP_8BITMIME) != 0 && has_8bit(j->m->bytes))
		buf_add(&b, SL(" BODY=8BITMIME"));
	if (needs_utf8(j))
		buf_add(&b, SL(" SMTPUTF8"));
	if ((caps & SMTP_DSN) != 0 && j->m->ret != 0)
		buf_add(&b, j->m->ret == 'H' ? SL(" RET=HDRS") :
		    SL(" RET=FULL"));
	if ((caps & SMTP_DSN) != 0 && j->m->envid.n > 0) {
		buf_add(&b, SL(" ENVID="));
		add_xtext(&b, j->m->envid);
	}
	smtp_queue(j->s, buf_sl(&b), buf_sl(&b));
	buf_free(&b);
}

static void
add_notify(struct buf *b, unsigned notify)
{
	static const char *const words[] = { "NEVER", "SUCCESS", "FAILURE",
	    "DELAY" };
	const char *sep = " NOTIFY=";
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((notify >> i & 1) == 0)
			continue;
		buf_fmt(b, "%s%s", sep, words[i]);
		if (notify & SMTP_NOTIFY_NEVER)
			return;		/* excludes the others */
		sep = ",";
	}
}

static void
queue_rcpt(struct job *j, const struct smtp_rcpt *r)
{
	struct buf b = { 0 };

	buf_add(&b, SL("RCPT TO:<"));
	buf_add(&b, r->address);
	buf_addc(&b, '>');
	if ((j->s->caps & SMTP_DSN) != 0) {
		add_notify(&b, r->notify);
		if (r->orcpt.n > 0) {
			const char *semi = memchr(r->orcpt.p, ';', r->orcpt.n);
			size_t type = semi == NULL ? 0 :
			    (size_t)(semi - r->orcpt.p) + 1;

			buf_add(&b, SL(" ORCPT="));
			buf_add(&b, sl_first(r->orcpt, type));
			add_xtext(&b, sl_from(r->orcpt, type));
		}
	}
	smtp_queue(j->s, buf_sl(&b), buf_sl(&b));
	buf_free(&b);
}

/* The next recipient from *i on that is still open; false: none is left. */
static bool
next_open(const struct job *j, size_t *i)
{
	while (*i < j->n && j->v[*i].result != SMTP_UNSENT)
		++*i;
	return *i < j->n;
}

static int
hear_rcpt(struct job *j, size_t i, struct err *err)
{
	struct smtp_reply r;

	if (smtp_hear(j->s, j->s->o.secs, &r, err) == -1)
		return -1;
	j->accepted[i] = smtp_reply_class(&r) == 2;
	if (!j->accepted[i])
		decide_by(j, &j->v[i], &r);
	return 0;
}

/* RCPTs from first on, at most max; *next is where to go on. */
static int
rcpt_batch(struct job *j, size_t first, size_t max, size_t *next,
    struct err *err)
{
	size_t i, end, n = 0;

	for (i = first; n < max && next_open(j, &i); i++, n++)
		queue_rcpt(j, &j->v[i]);
	end = i;
	if (smtp_flush(j->s, j->s->o.secs, err) == -1)
		return -1;
	for (i = first; next_open(j, &i) && i < end; i++)
		if (hear_rcpt(j, i, err) == -1)
			return -1;
	*next = end;
	return 0;
}

/* MAIL's reply.  1 when it was taken, 0 when not, -1. */
static int
hear_mail(struct job *j, struct err *err)
{
	struct smtp_reply r;
	size_t i;

	if (smtp_hear(j->s, j->s->o.secs, &r, err) == -1)
		return -1;
	if (smtp_reply_class(&r) == 2)
		return 1;
	for (i = 0; next_open(j, &i); i++)
		decide_by(j, &j->v[i], &r);
	return 0;
}

/* 1 when some recipient was accepted, 0 when none, -1. */
static int
envelope(struct job *j, struct err *err)
{
	size_t max = (j->s->caps & SMTP_PIPELINING) != 0 ? BATCH : 1, i = 0;
	int r;

	queue_mail(j);
	if (smtp_flush(j->s, j->s->o.secs, err) == -1 ||
	    (r = hear_mail(j, err)) == -1)
		return -1;
	if (r == 0)
		return 0;
	while (next_open(j, &i))
		if (rcpt_batch(j, i, max, &i, err) == -1)
			return -1;
	return count_accepted(j) > 0;
}

/* ---- DATA ---- */

/* One piece of the message as it stands on the wire. */
static void
stuff(struct buf *out, struct slice s, char *last, char before_end)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];
		char next = i + 1 < s.n ? s.p[i + 1] : before_end;

		if (c == '\n') {
			if (*last != '\r')
				buf_addc(out, '\r');
		} else if (c == '\r' && next != '\n')
			c = ' ';
		else if (c == '.' && *last == '\n')
			buf_addc(out, '.');
		buf_addc(out, c);
		*last = c;
	}
}

static int
body(struct job *j, struct err *err)
{
	struct slice rest = j->m->bytes, piece;
	char last = '\n';

	while (rest.n > 0) {
		piece = sl_first(rest, BLOCK);
		rest = sl_from(rest, piece.n);
		stuff(&j->s->out, piece, &last, rest.n > 0 ? rest.p[0] : '\0');
		if (smtp_flush(j->s, j->s->o.secs, err) == -1)
			return -1;
	}
	if (last != '\n')
		buf_add(&j->s->out, SL("\r\n"));
	return 0;
}

/* The final dot may have got there: nobody may send these again. */
static void
doubt(struct job *j, const struct err *err)
{
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->accepted[i] && j->v[i].result == SMTP_UNSENT)
			decide(&j->v[i], SMTP_DOUBTFUL, 0,
			    arena_dup(j->a, sl(err->msg)));
}

static int
hear_end(struct job *j, struct err *err)
{
	struct smtp_reply r;
	size_t i;

	for (i = 0; i < j->n; i++) {
		if (!j->accepted[i])
			continue;
		if (smtp_hear(j->s, j->s->o.data_secs, &r, err) == -1)
			return -1;
		if (!j->s->o.lmtp) {
			decide_accepted(j, &r);
			return 0;
		}
		decide_by(j, &j->v[i], &r);	/* RFC 2033 4.2 */
	}
	return 0;
}

static int
data(struct job *j, struct err *err)
{
	struct smtp_reply r;

	if (smtp_command(j->s, SL("DATA"), &r, err) == -1)
		return -1;
	if (r.code != 354) {
		if (smtp_reply_class(&r) == 2)	/* out of step: not taken */
			return err_set(err, ERR_FORMAT,
			    "DATA is answered with %u", r.code);
		decide_accepted(j, &r);
		return 0;
	}
	if (body(j, err) == -1)
		return -1;
	smtp_queue(j->s, SL("."), SL("."));
	if (smtp_flush(j->s, j->s->o.data_secs, err) == -1 ||
	    hear_end(j, err) == -1) {
		doubt(j, err);
		return -1;
	}
	return 0;
}

int
smtp_send(struct smtp *s, struct arena *a, const struct smtp_message *m,
    struct smtp_rcpt *rcpts, size_t n, struct err *err)
{
	struct job j = { .s = s, .a = a, .m = m, .v = rcpts, .n = n,
	    .accepted = arena_alloc(a, n * sizeof(bool)) };
	struct smtp_reply r;
	size_t i;
	int any;

	for (i = 0; i < n; i++)
		decide(&rcpts[i], SMTP_UNSENT, 0, (struct slice){ NULL, 0 });
	if (!fit(&j))
		return 0;
	if ((any = envelope(&j, err)) == -1)
		return -1;
	if (any == 0)
		return smtp_rset(s, &r, err);
	return data(&j, err);
}
