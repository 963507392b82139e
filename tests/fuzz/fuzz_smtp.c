#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "net/smtp.h"

static bool
is_answered(const struct smtp_rcpt *r)
{
	if (r->result == SMTP_REFUSED && r->code == 0)
		return r->why.n > 0;	/* by us: it cannot be carried */
	return r->result == SMTP_UNSENT || r->result == SMTP_DOUBTFUL ||
	    (r->code >= 200 && r->code <= 599);
}

static void
holds_reply(const struct smtp_reply *r)
{
	size_t i;

	HOLDS(r->n < SMTP_TEXT_MAX && r->text[r->n] == '\0');
	HOLDS(r->lines <= SMTP_LINES_MAX);
	for (i = 0; i < r->n; i++)
		HOLDS(r->text[i] == '\n' || !has_control(
		    (struct slice){ r->text + i, 1 }));
}

/*
 * The bytes are all that a server says.  The dialogue ends, replies are
 * clean, and nobody is said to have got the message without an answer.
 */
static void
talk(struct smtp *s, bool lmtp)
{
	struct arena *a = fuzz_arena();
	struct smtp_message m = { .sender = SL("a@example.org"),
	    .bytes = SL("S: t\n\n.\nx\n") };
	struct smtp_rcpt to[2] = { { .address = SL("x@example.net") },
	    { .address = SL("y@example.net") } };
	struct smtp_reply r;
	struct err err = { 0 };
	int ret;

	ret = smtp_auth(s, SL("bob"), SL("pass"), true, &r, &err);
	holds_reply(&r);
	if (ret == -1)
		return;
	ret = smtp_send(s, a, &m, to, 2, &err);
	HOLDS(is_answered(&to[0]) && is_answered(&to[1]));
	HOLDS(ret == -1 || (to[0].result != SMTP_UNSENT &&
	    to[0].result != SMTP_DOUBTFUL));
	HOLDS(lmtp || to[0].result != SMTP_TAKEN ||
	    to[1].result != SMTP_DOUBTFUL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct smtp_opts o = { .host = "mail.example.org", .helo = "me",
	    .secs = 1, .data_secs = 1, .lmtp = n > 0 && data[0] == 'L' };
	struct smtp_reply r;
	struct err err = { 0 };
	struct smtp *s;
	size_t skip = o.lmtp ? 1 : 0;
	int fd[2];

	if (n > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		return 0;
	if (n > skip)
		HOLDS(write(fd[1], data + skip, n - skip) ==
		    (ssize_t)(n - skip));
	shutdown(fd[1], SHUT_WR);
	if (smtp_over(&s, fd[0], &o, &r, &err) == 0) {
		holds_reply(&r);
		talk(s, o.lmtp);
		smtp_free(s);
	} else
		HOLDS(err.code != ERR_NONE && s == NULL);
	close(fd[1]);
	return 0;
}
