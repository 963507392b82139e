#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "spool/inject.h"

/*
 * Four bytes choose a profile, a null sender, and the lengths of sender and
 * recipient; these follow, then the message.
 */
struct input {
	const struct inject	*in;
	struct spool_rcpt	 rcpts[2];
	struct inject_mail	 mail;
};

static bool
take_input(struct slice s, struct input *x)
{
	size_t n, m, profiles = 0;

	while (inject_nth(profiles) != NULL)
		profiles++;
	if (s.n < 4)
		return false;
	n = (unsigned char)s.p[2];
	m = (unsigned char)s.p[3];
	if (n + m + 4 > s.n)
		return false;
	x->in = inject_nth((unsigned char)s.p[0] % profiles);
	x->rcpts[0].addr.spec = sl_first(sl_from(s, 4 + n), m);
	x->rcpts[1].addr.spec = SL("last@example.net");
	x->mail = (struct inject_mail){ .null_sender = (s.p[1] & 1) != 0,
	    .rcpts = x->rcpts, .nrcpts = 2, .dots = x->in->dots,
	    .text = sl_from(s, 4 + n + m) };
	if (!x->mail.null_sender)
		x->mail.sender = sl_first(sl_from(s, 4), n);
	return true;
}

static void
holds_address(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		HOLDS((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f &&
		    s.p[i] != '<' && s.p[i] != '>');
}

/* The next line, whose end is the profile's, and which has no other CR. */
static bool
next_line(const struct inject *in, struct slice *rest, struct slice *line)
{
	const char *lf;

	if (rest->n == 0)
		return false;
	HOLDS((lf = memchr(rest->p, '\n', rest->n)) != NULL);
	*line = (struct slice){ rest->p, (size_t)(lf - rest->p) };
	*rest = sl_from(*rest, line->n + 1);
	if (!in->lf) {
		HOLDS(line->n > 0 && line->p[line->n - 1] == '\r');
		line->n--;
	}
	HOLDS(memchr(line->p, '\r', line->n) == NULL);
	return true;
}

/* One line for the sender and one for each recipient, and on top only. */
static void
holds_head(const struct input *x, struct slice *rest)
{
	bool block = x->in->block == BLOCK_BARE ||
	    x->in->block == BLOCK_ANGLE;
	size_t nth = 0;
	struct slice line;

	while (next_line(x->in, rest, &line) && line.n > 0) {
		HOLDS(memchr(line.p, '\0', line.n) == NULL);
		HOLDS(sl_istarts(line, SL("X-Sender:")) ==
		    (block && nth == 0));
		HOLDS(sl_istarts(line, SL("X-Receiver:")) ==
		    (block && nth >= 1 && nth <= x->mail.nrcpts));
		HOLDS(!sl_istarts(line, SL("Bcc:")));
		nth++;
	}
	HOLDS(!block || nth > x->mail.nrcpts);
}

/* What the table says of the body, a line at a time. */
static void
expect_line(const struct input *x, struct slice line, struct buf *out)
{
	size_t i;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n > 0 && line.p[0] == '.' && (x->mail.dots == DOTS_ALL ||
	    (x->mail.dots == DOTS_LONE && line.n == 1)))
		buf_addc(out, '.');
	for (i = 0; i < line.n; i++)
		buf_addc(out, line.p[i] == '\r' ? ' ' : line.p[i]);
	buf_add(out, x->in->lf ? SL("\n") : SL("\r\n"));
}

static void
holds_body(const struct input *x, struct slice body, struct slice got)
{
	struct buf want = { 0 };
	const char *lf;
	size_t n;

	while (body.n > 0) {
		lf = memchr(body.p, '\n', body.n);
		n = lf == NULL ? body.n : (size_t)(lf - body.p);
		expect_line(x, sl_first(body, n), &want);
		body = sl_from(body, lf == NULL ? n : n + 1);
	}
	HOLDS(sl_eq(buf_sl(&want), got));
	buf_free(&want);
}

/*
 * Whatever is in the message, the block is the envelope and nothing else;
 * the body is what it was, with the profile's dots and line ends.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct input none;
	struct arena *a = fuzz_arena();
	struct input x = none;
	struct buf out = { 0 }, head = { 0 };
	struct slice body, rest;
	struct err err = { 0 };

	if (!take_input(fuzz_input(data, n), &x))
		return 0;
	if (inject_render(x.in, &x.mail, a, &out, &err) == -1) {
		HOLDS(out.n == 0 && err.code != ERR_NONE);
		return 0;
	}
	HOLDS(x.mail.null_sender || x.mail.sender.n > 0);
	holds_address(x.mail.sender);
	holds_address(x.rcpts[0].addr.spec);
	rest = buf_sl(&out);
	holds_head(&x, &rest);
	HOLDS(inject_head(x.in, &x.mail, a, &head, &body, &err) == 0);
	HOLDS(head.n + rest.n == out.n);
	holds_body(&x, body, rest);
	buf_free(&head);
	buf_free(&out);
	return 0;
}
