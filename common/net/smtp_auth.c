#include <string.h>

#include "base/hash.h"
#include "net/dialogue.h"

/* b is wiped and freed: it held a secret. */
static void
forget(struct buf *b)
{
	if (b->n > 0)
		explicit_bzero(b->p, b->n);
	buf_free(b);
}

/* head and the base64 of secret as one line; the transcript gets "***". */
static int
say(struct smtp *s, const char *head, struct slice secret,
    struct smtp_reply *r, struct err *err)
{
	struct buf line = { 0 }, shown = { 0 };
	int ret = -1;

	buf_add(&line, sl(head));
	base64_add(&line, secret);
	buf_fmt(&shown, "%s***", head);
	smtp_queue(s, buf_sl(&line), buf_sl(&shown));
	if (smtp_flush(s, s->o.secs, err) == 0)
		ret = smtp_hear(s, s->o.secs, r, err);
	if (s->out.cap > 0)
		explicit_bzero(s->out.p, s->out.cap);
	forget(&line);
	buf_free(&shown);
	return ret;
}

static int
auth_plain(struct smtp *s, struct slice user, struct slice password,
    struct smtp_reply *r, struct err *err)
{
	struct buf b = { 0 };
	int ret;

	buf_addc(&b, '\0');
	buf_add(&b, user);
	buf_addc(&b, '\0');
	buf_add(&b, password);
	ret = say(s, "AUTH PLAIN ", buf_sl(&b), r, err);
	forget(&b);
	return ret;
}

static int
auth_login(struct smtp *s, struct slice user, struct slice password,
    struct smtp_reply *r, struct err *err)
{
	if (smtp_command(s, SL("AUTH LOGIN"), r, err) == -1)
		return -1;
	if (r->code == 334 && say(s, "", user, r, err) == -1)
		return -1;
	if (r->code == 334 && say(s, "", password, r, err) == -1)
		return -1;
	return 0;
}

static int
auth_cram(struct smtp *s, struct slice user, struct slice password,
    struct smtp_reply *r, struct err *err)
{
	struct buf text = { 0 }, answer = { 0 };
	uint8_t mac[16];
	char hex[2 * sizeof(mac) + 1];
	int ret;

	if (smtp_command(s, SL("AUTH CRAM-MD5"), r, err) == -1)
		return -1;
	if (r->code != 334)
		return 0;
	if (!base64_read(&text, smtp_reply_text(r, 0)) ||
	    !hmac_md5(password, buf_sl(&text), mac)) {
		buf_free(&text);
		return smtp_command(s, SL("*"), r, err);
	}
	hex_str(mac, sizeof(mac), hex);
	buf_fmt(&answer, SL_FMT " %s", SL_ARG(user), hex);
	ret = say(s, "", buf_sl(&answer), r, err);
	buf_free(&text);
	forget(&answer);
	return ret;
}

static const struct {
	unsigned	cap;
	bool		bare;	/* the password itself goes over the wire */
	int		(*run)(struct smtp *, struct slice, struct slice,
			    struct smtp_reply *, struct err *);
} ways[] = {
	{ SMTP_AUTH_CRAM, false, auth_cram },
	{ SMTP_AUTH_PLAIN, true, auth_plain },
	{ SMTP_AUTH_LOGIN, true, auth_login },
};

int
smtp_auth(struct smtp *s, struct slice user, struct slice password,
    bool plain, struct smtp_reply *r, struct err *err)
{
	bool safe = plain || wire_is_tls(s->w);
	size_t i;

	smtp_reply_reset(r);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if ((s->caps & ways[i].cap) == 0 || (ways[i].bare && !safe))
			continue;
		if (ways[i].run(s, user, password, r, err) == -1)
			return -1;
		if (r->code == 235)
			return 1;
		if (ways[i].bare)
			break;		/* it has seen the password */
	}
	return 0;
}
