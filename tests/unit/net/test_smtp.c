#include <check.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/smtp.h"

#define COUNT(t)	((int)(sizeof(t) / sizeof((t)[0])))
#define HELLO		"220 x ESMTP\r\n250-x\r\n250-PIPELINING\r\n" \
			"250-SIZE 1000\r\n250-DSN\r\n250-SMTPUTF8\r\n" \
			"250-AUTH PLAIN CRAM-MD5\r\n250 8BITMIME\r\n"
#define BARE		"220 x\r\n250 x\r\n"

/*
 * A server that has said all it will ever say: its words wait in the socket,
 * and what the client says is read afterwards.
 */
struct box {
	struct smtp	*s;
	struct arena	*a;
	int		 far;
	struct buf	 seen;		/* what the client sent */
	struct buf	 told;		/* what the transcript got */
	struct err	 err;
};

static void
on_said(void *ctx, bool by_us, struct slice line)
{
	struct box *b = ctx;

	buf_fmt(&b->told, "%s " SL_FMT "\n", by_us ? ">" : "<", SL_ARG(line));
}

static int
box_open(struct box *b, const char *says, struct smtp_opts o)
{
	int fd[2];

	memset(b, 0, sizeof(*b));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	ck_assert(write(fd[1], says, strlen(says)) == (ssize_t)strlen(says));
	ck_assert_int_eq(shutdown(fd[1], SHUT_WR), 0);
	b->far = fd[1];
	b->a = arena_new();
	o.host = "mail.example.org";
	o.helo = "me.example.net";
	o.said = on_said;
	o.ctx = b;
	o.secs = o.data_secs = 2;
	return smtp_over(&b->s, fd[0], &o, NULL, &b->err);
}

static const char *
box_seen(struct box *b)
{
	ssize_t n;

	while ((n = recv(b->far, buf_room(&b->seen, 4096), 4096,
	    MSG_DONTWAIT)) > 0)
		b->seen.n += (size_t)n;
	buf_addc(&b->seen, '\0');
	b->seen.n--;
	return b->seen.p;
}

static void
box_close(struct box *b)
{
	smtp_free(b->s);
	arena_free(b->a);
	close(b->far);
	buf_free(&b->seen);
	buf_free(&b->told);
}

static const struct smtp_opts plain;

static const struct {
	const char	*says;
	const char	*seen;
	unsigned	 caps;
	const char	*why;	/* NULL: open */
} greetings[] = {
	{ BARE, "EHLO me.example.net\r\n", 0, NULL },
	{ "220 x\n250 x\n", "EHLO me.example.net\r\n", 0, NULL },
	{ "220-a\r\n220-b\r\n220 c\r\n250-x\r\n250-pipelining\r\n"
	    "250 AUTH=LOGIN\r\n", "EHLO me.example.net\r\n",
	    SMTP_PIPELINING | SMTP_AUTH_LOGIN, NULL },
	{ "220 x\r\n502 what\r\n250 x\r\n",
	    "EHLO me.example.net\r\nHELO me.example.net\r\n", 0, NULL },
	{ "220 x\r\n250-x\r\n250 STARTTLS\r\n", "EHLO me.example.net\r\n",
	    SMTP_STARTTLS, NULL },
	{ "", "", 0, "the server hung up" },
	{ "22", "", 0, "the server hung up" },
	{ "220-a\r\n", "", 0, "the server hung up" },
	{ "220-a\r\n250 b\r\n", "", 0, "what the server says is no SMTP "
	    "reply" },
	{ "554 go away\r\n", "", 0, "the server greets with 554" },
	{ "421 too many\r\n", "", 0, "the server greets with 421" },
	{ "SSH-2.0-x\r\n", "", 0, "what the server says is no SMTP reply" },
	{ "220x\r\n", "", 0, "what the server says is no SMTP reply" },
	{ "620 x\r\n", "", 0, "what the server says is no SMTP reply" },
	{ "099 x\r\n", "", 0, "what the server says is no SMTP reply" },
	{ "220 x\r\n500 a\r\n500 b\r\n",
	    "EHLO me.example.net\r\nHELO me.example.net\r\n", 0,
	    "the server refuses our greeting: 500" },
};

START_TEST(a_greeting_is_understood_or_refused)
{
	struct box b;
	int r = box_open(&b, greetings[_i].says, plain);

	ck_assert_int_eq(r, greetings[_i].why == NULL ? 0 : -1);
	ck_assert_str_eq(box_seen(&b), greetings[_i].seen);
	if (greetings[_i].why == NULL)
		ck_assert_uint_eq(smtp_caps(b.s), greetings[_i].caps);
	else
		ck_assert_str_eq(b.err.msg, greetings[_i].why);
	box_close(&b);
}
END_TEST

START_TEST(endless_lines_and_replies_have_an_end)
{
	struct buf says = { 0 };
	struct box b;
	int i;

	for (i = 0; i < 3000; i++)
		buf_addc(&says, 'x');
	buf_addc(&says, '\0');
	ck_assert_int_eq(box_open(&b, says.p, plain), -1);
	ck_assert_str_eq(b.err.msg, "a reply line of more than 2048 bytes");
	box_close(&b);
	says.n = 0;
	for (i = 0; i < 1000; i++)
		buf_add(&says, SL("220-again\r\n"));
	buf_addc(&says, '\0');
	ck_assert_int_eq(box_open(&b, says.p, plain), -1);
	ck_assert_str_eq(b.err.msg, "what the server says is no SMTP reply");
	box_close(&b);
	buf_free(&says);
}
END_TEST

START_TEST(a_reply_keeps_status_and_lines_and_no_control)
{
	struct smtp_reply r;

	smtp_reply_reset(&r);
	ck_assert_int_eq(smtp_reply_line(&r, SL("550-5.7.1 a\033[2J")), 1);
	ck_assert_int_eq(smtp_reply_line(&r, SL("550")), 0);
	ck_assert_uint_eq(r.code, 550);
	ck_assert_str_eq(r.status, "5.7.1");
	ck_assert_str_eq(r.text, "5.7.1 a?[2J\n");
	smtp_reply_reset(&r);
	ck_assert_int_eq(smtp_reply_line(&r, SL("250 5.7.1 not mine")), 0);
	ck_assert_str_eq(r.status, "");
}
END_TEST

START_TEST(tls_that_is_demanded_is_not_done_without)
{
	struct smtp_opts o = { .tls = SMTP_TLS_STARTTLS };
	struct box b;

	ck_assert_int_eq(box_open(&b, BARE, o), -1);
	ck_assert_str_eq(b.err.msg, "STARTTLS is not offered");
	box_close(&b);
	ck_assert_int_eq(box_open(&b, "220 x\r\n250-x\r\n250 STARTTLS\r\n"
	    "454 not now\r\n", o), -1);
	ck_assert_str_eq(b.err.msg, "STARTTLS is refused: 454");
	box_close(&b);
	ck_assert_int_eq(box_open(&b, "220 x\r\n250-x\r\n250 STARTTLS\r\n"
	    "220 go\r\n250 injected\r\n", o), -1);
	ck_assert_str_eq(b.err.msg, "bytes in the clear behind STARTTLS");
	box_close(&b);
}
END_TEST

START_TEST(no_line_end_gets_into_a_command)
{
	struct smtp_reply r;
	struct box b;

	ck_assert_int_eq(box_open(&b, BARE "250 ok\r\n", plain), 0);
	ck_assert_int_eq(smtp_rcpt_to(b.s, SL("a@b>\r\nDATA\r\n<"), &r,
	    &b.err), -1);
	ck_assert_int_eq(b.err.code, ERR_USAGE);
	ck_assert_int_eq(smtp_rcpt_to(b.s, SL("u%d@x"), &r, &b.err), 0);
	ck_assert_uint_eq(r.code, 250);
	ck_assert_str_eq(box_seen(&b), "EHLO me.example.net\r\n"
	    "RCPT TO:<u%d@x>\r\n");
	box_close(&b);
}
END_TEST

/* ---- AUTH ---- */

static const struct {
	const char	*offer, *says;
	bool		 plain;
	int		 ret;
	const char	*seen;
} auths[] = {
	{ "250 AUTH PLAIN LOGIN\r\n", "", false, 0, "" },
	{ "250 AUTH PLAIN LOGIN\r\n", "235 ok\r\n", true, 1,
	    "AUTH PLAIN AGJvYgBwYXNz\r\n" },
	{ "250 AUTH PLAIN\r\n", "535 no\r\n", true, 0,
	    "AUTH PLAIN AGJvYgBwYXNz\r\n" },
	{ "250 AUTH=LOGIN\r\n", "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n"
	    "235 ok\r\n", true, 1, "AUTH LOGIN\r\nYm9i\r\ncGFzcw==\r\n" },
	{ "250 AUTH=LOGIN\r\n", "504 no\r\n", true, 0, "AUTH LOGIN\r\n" },
	/* RFC 2195's way: the digest of "<1@x>" under "pass" */
	{ "250 AUTH PLAIN CRAM-MD5\r\n", "334 PDFAeD4=\r\n235 ok\r\n", false,
	    1, "AUTH CRAM-MD5\r\n"
	    "Ym9iIGFhMjFhYWUwZjMxMzkwNzNiNDI5NzViYzY5ZGNkZjc0\r\n" },
	/* offered, but what it is made with is not kept there */
	{ "250 AUTH CRAM-MD5 PLAIN LOGIN\r\n", "334 PDFAeD4=\r\n535 no\r\n"
	    "235 ok\r\n", true, 1, "AUTH CRAM-MD5\r\n"
	    "Ym9iIGFhMjFhYWUwZjMxMzkwNzNiNDI5NzViYzY5ZGNkZjc0\r\n"
	    "AUTH PLAIN AGJvYgBwYXNz\r\n" },
	{ "250 AUTH CRAM-MD5 PLAIN\r\n", "334 PDFAeD4=\r\n535 no\r\n",
	    false, 0, "AUTH CRAM-MD5\r\n"
	    "Ym9iIGFhMjFhYWUwZjMxMzkwNzNiNDI5NzViYzY5ZGNkZjc0\r\n" },
	{ "250 AUTH CRAM-MD5 PLAIN LOGIN\r\n", "334 PDFAeD4=\r\n535 no\r\n"
	    "535 no\r\n", true, 0, "AUTH CRAM-MD5\r\n"
	    "Ym9iIGFhMjFhYWUwZjMxMzkwNzNiNDI5NzViYzY5ZGNkZjc0\r\n"
	    "AUTH PLAIN AGJvYgBwYXNz\r\n" },
	{ "250 AUTH CRAM-MD5\r\n", "334 ###\r\n501 aborted\r\n", false, 0,
	    "AUTH CRAM-MD5\r\n*\r\n" },
};

START_TEST(auth_takes_the_best_way_and_hides_the_secret)
{
	struct buf says = { 0 }, want = { 0 };
	struct smtp_reply r;
	struct box b;

	buf_fmt(&says, "220 x\r\n250-x\r\n%s%s", auths[_i].offer,
	    auths[_i].says);
	buf_addc(&says, '\0');
	ck_assert_int_eq(box_open(&b, says.p, plain), 0);
	ck_assert_int_eq(smtp_auth(b.s, SL("bob"), SL("pass"),
	    auths[_i].plain, &r, &b.err), auths[_i].ret);
	buf_fmt(&want, "EHLO me.example.net\r\n%s", auths[_i].seen);
	buf_addc(&want, '\0');
	ck_assert_str_eq(box_seen(&b), want.p);
	buf_addc(&b.told, '\0');
	ck_assert_ptr_null(strstr(b.told.p, "cGFz"));
	ck_assert_ptr_null(strstr(b.told.p, "AGJv"));
	ck_assert_ptr_null(strstr(b.told.p, "Ym9i"));
	buf_free(&says);
	buf_free(&want);
	box_close(&b);
}
END_TEST

/* ---- messages ---- */

#define FROM	"MAIL FROM:<a@example.org>"

static const struct {
	const char	*hello, *says;
	bool		 lmtp;
	int		 ret;
	enum smtp_result x, y;
	const char	*seen;		/* behind the greeting */
} sends[] = {
	{ BARE, "250 a\r\n250 b\r\n250 c\r\n354 d\r\n250 e\r\n", false, 0,
	    SMTP_TAKEN, SMTP_TAKEN, FROM "\r\nRCPT TO:<x@example.net>\r\n"
	    "RCPT TO:<y@example.net>\r\nDATA\r\nS: t\r\n\r\n..b\r\n.\r\n" },
	{ HELLO, "250 a\r\n250 b\r\n550-5.1.1 c\r\n550 no\r\n354 d\r\n"
	    "250 e\r\n", false, 0, SMTP_TAKEN, SMTP_REFUSED,
	    FROM " SIZE=10 RET=HDRS ENVID=a+2Bb\r\nRCPT TO:<x@example.net> "
	    "NOTIFY=FAILURE,DELAY ORCPT=rfc822;o+3Dx@example.com\r\n"
	    "RCPT TO:<y@example.net> NOTIFY=NEVER\r\nDATA\r\n"
	    "S: t\r\n\r\n..b\r\n.\r\n" },
	{ BARE, "250 a\r\n450 b\r\n550 c\r\n250 reset\r\n", false, 0,
	    SMTP_LATER, SMTP_REFUSED, FROM "\r\nRCPT TO:<x@example.net>\r\n"
	    "RCPT TO:<y@example.net>\r\nRSET\r\n" },
	{ BARE, "530 log in\r\n250 reset\r\n", false, 0, SMTP_REFUSED,
	    SMTP_REFUSED, FROM "\r\nRSET\r\n" },
	{ BARE, "250 a\r\n250 b\r\n", false, -1, SMTP_UNSENT, SMTP_UNSENT,
	    FROM "\r\nRCPT TO:<x@example.net>\r\nRCPT TO:<y@example.net>"
	    "\r\n" },
	{ BARE, "250 a\r\n250 b\r\n421 bye\r\n", false, -1, SMTP_UNSENT,
	    SMTP_LATER, FROM "\r\nRCPT TO:<x@example.net>\r\n"
	    "RCPT TO:<y@example.net>\r\nDATA\r\n" },
	{ BARE, "250 a\r\n250 b\r\n250 c\r\n451 d\r\n", false, 0, SMTP_LATER,
	    SMTP_LATER, NULL },
	{ BARE, "250 a\r\n250 b\r\n250 c\r\n250 d\r\n", false, -1,
	    SMTP_UNSENT, SMTP_UNSENT, NULL },
	{ BARE, "250 a\r\n250 b\r\n550 c\r\n354 d\r\n", false, -1,
	    SMTP_DOUBTFUL, SMTP_REFUSED, NULL },
	{ BARE, "250 a\r\n250 b\r\n250 c\r\n354 d\r\n25", false, -1,
	    SMTP_DOUBTFUL, SMTP_DOUBTFUL, NULL },
	{ BARE, "250 a\r\n250 b\r\n250 c\r\n354 d\r\n554 spam\r\n", false, 0,
	    SMTP_REFUSED, SMTP_REFUSED, NULL },
	/* LMTP: a reply for each recipient */
	{ BARE, "250 a\r\n250 b\r\n250 c\r\n354 d\r\n250 e\r\n452 f\r\n",
	    true, 0, SMTP_TAKEN, SMTP_LATER, NULL },
	{ BARE, "250 a\r\n250 b\r\n250 c\r\n354 d\r\n250 e\r\n", true, -1,
	    SMTP_TAKEN, SMTP_DOUBTFUL, NULL },
	{ BARE, "250 a\r\n250 b\r\n550 c\r\n354 d\r\n250 e\r\n", true, 0,
	    SMTP_TAKEN, SMTP_REFUSED, NULL },
};

START_TEST(each_recipient_gets_its_result)
{
	struct smtp_opts o = { .lmtp = sends[_i].lmtp };
	struct smtp_message m = { .sender = SL("a@example.org"), .ret = 'H',
	    .envid = SL("a+b"), .bytes = SL("S: t\n\n.b\r\n") };
	struct smtp_rcpt to[2] = {
		{ .address = SL("x@example.net"),
		    .orcpt = SL("rfc822;o=x@example.com"),
		    .notify = SMTP_NOTIFY_FAILURE | SMTP_NOTIFY_DELAY },
		{ .address = SL("y@example.net"),
		    .notify = SMTP_NOTIFY_NEVER | SMTP_NOTIFY_DELAY },
	};
	struct buf says = { 0 };
	const char *seen;
	struct box b;

	buf_fmt(&says, "%s%s", sends[_i].hello, sends[_i].says);
	buf_addc(&says, '\0');
	ck_assert_int_eq(box_open(&b, says.p, o), 0);
	ck_assert_int_eq(smtp_send(b.s, b.a, &m, to, 2, &b.err),
	    sends[_i].ret);
	ck_assert_int_eq(to[0].result, sends[_i].x);
	ck_assert_int_eq(to[1].result, sends[_i].y);
	seen = strchr(box_seen(&b), '\n') + 1;
	if (sends[_i].seen != NULL)
		ck_assert_str_eq(seen, sends[_i].seen);
	buf_free(&says);
	box_close(&b);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*wire;
} bodies[] = {
	{ SL(""), ".\r\n" },
	{ SL("."), "..\r\n.\r\n" },
	{ SL(".\r\n.\r\nQUIT\r\n"), "..\r\n..\r\nQUIT\r\n.\r\n" },
	{ SL("a\r\n.\r\n"), "a\r\n..\r\n.\r\n" },
	{ SL("a\n.\n"), "a\r\n..\r\n.\r\n" },
	{ SL("a\r.\rb"), "a . b\r\n.\r\n" },
	{ SL("a\r"), "a \r\n.\r\n" },
	{ SL("a\r\r\nb\n"), "a \r\nb\r\n.\r\n" },
	{ SL("a.b\n"), "a.b\r\n.\r\n" },
};

START_TEST(a_body_cannot_end_the_message_early)
{
	struct smtp_message m = { .bytes = bodies[_i].in };
	struct smtp_rcpt to = { .address = SL("x@example.net") };
	const char *seen;
	struct box b;

	ck_assert_int_eq(box_open(&b, BARE "250 a\r\n250 b\r\n354 c\r\n"
	    "250 d\r\n", plain), 0);
	ck_assert_int_eq(smtp_send(b.s, b.a, &m, &to, 1, &b.err), 0);
	ck_assert_int_eq(to.result, SMTP_TAKEN);
	ck_assert_ptr_nonnull(seen = strstr(box_seen(&b), "DATA\r\n"));
	ck_assert_str_eq(seen + 6, bodies[_i].wire);
	box_close(&b);
}
END_TEST

/* A dot at the head of the second block of 64 KB is still doubled. */
START_TEST(dots_are_doubled_across_blocks)
{
	struct buf in = { 0 };
	struct smtp_message m = { .ret = 0 };
	struct smtp_rcpt to = { .address = SL("x@example.net") };
	const char *seen;
	struct box b;

	while (in.n < 65534)
		buf_addc(&in, 'x');
	buf_add(&in, SL("\r\n.\r\nend\r\n"));
	m.bytes = buf_sl(&in);
	ck_assert_int_eq(box_open(&b, BARE "250 a\r\n250 b\r\n354 c\r\n"
	    "250 d\r\n", plain), 0);
	ck_assert_int_eq(smtp_send(b.s, b.a, &m, &to, 1, &b.err), 0);
	ck_assert_ptr_nonnull(seen = strstr(box_seen(&b), "xx\r\n"));
	ck_assert_str_eq(seen + 4, "..\r\nend\r\n.\r\n");
	buf_free(&in);
	box_close(&b);
}
END_TEST

START_TEST(what_smtp_cannot_carry_is_not_sent)
{
	static char big[1001];
	struct smtp_message m = { .sender = SL("a@example.org") };
	struct smtp_rcpt to[3] = {
		{ .address = SL("x\n@example.net") },
		{ .address = SL("") },
		{ .address = SL("\xff@example.net") },
	};
	struct box b;

	ck_assert_int_eq(box_open(&b, HELLO, plain), 0);
	ck_assert_int_eq(smtp_send(b.s, b.a, &m, to, 3, &b.err), 0);
	ck_assert_int_eq(to[0].result, SMTP_REFUSED);
	ck_assert_uint_eq(to[0].code, 0);
	ck_assert_int_eq(to[1].result, SMTP_REFUSED);
	ck_assert_int_eq(to[2].result, SMTP_REFUSED);
	memset(big, 'x', sizeof(big));
	m.bytes = (struct slice){ big, sizeof(big) };
	to[0].address = SL("x@example.net");
	ck_assert_int_eq(smtp_send(b.s, b.a, &m, to, 1, &b.err), 0);
	ck_assert_int_eq(to[0].result, SMTP_REFUSED);
	ck_assert(sl_eq(to[0].why, SL("larger than the server's SIZE")));
	ck_assert_str_eq(box_seen(&b), "EHLO me.example.net\r\n");
	box_close(&b);
}
END_TEST

/* More recipients than a batch: all are asked, in order. */
START_TEST(many_recipients_go_in_batches)
{
	struct buf says = { 0 };
	struct smtp_rcpt *to;
	struct smtp_message m = { .bytes = SL("x\n") };
	struct box b;
	size_t i, n = 250;

	buf_add(&says, SL(HELLO "250 mail\r\n"));
	for (i = 0; i < n; i++)
		buf_add(&says, i % 3 == 0 ? SL("550 no\r\n") :
		    SL("250 ok\r\n"));
	buf_add(&says, SL("354 go\r\n250 taken\r\n"));
	buf_addc(&says, '\0');
	ck_assert_int_eq(box_open(&b, says.p, plain), 0);
	to = arena_alloc(b.a, n * sizeof(*to));
	for (i = 0; i < n; i++)
		to[i].address = arena_fmt(b.a, "u%zu@example.net", i);
	ck_assert_int_eq(smtp_send(b.s, b.a, &m, to, n, &b.err), 0);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(to[i].result,
		    i % 3 == 0 ? SMTP_REFUSED : SMTP_TAKEN);
	buf_free(&says);
	box_close(&b);
}
END_TEST

Suite *	suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("smtp");
	TCase *tc = tcase_create("smtp");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_greeting_is_understood_or_refused, 0,
	    COUNT(greetings));
	tcase_add_test(tc, endless_lines_and_replies_have_an_end);
	tcase_add_test(tc, a_reply_keeps_status_and_lines_and_no_control);
	tcase_add_test(tc, tls_that_is_demanded_is_not_done_without);
	tcase_add_test(tc, no_line_end_gets_into_a_command);
	tcase_add_loop_test(tc, auth_takes_the_best_way_and_hides_the_secret,
	    0, COUNT(auths));
	tcase_add_loop_test(tc, each_recipient_gets_its_result, 0,
	    COUNT(sends));
	tcase_add_loop_test(tc, a_body_cannot_end_the_message_early, 0,
	    COUNT(bodies));
	tcase_add_test(tc, dots_are_doubled_across_blocks);
	tcase_add_test(tc, what_smtp_cannot_carry_is_not_sent);
	tcase_add_test(tc, many_recipients_go_in_batches);
	return s;
}
