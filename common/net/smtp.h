#ifndef NET_SMTP_H
#define NET_SMTP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"
#include "net/reply.h"

/*
 * smtp - one client dialogue: SMTP (RFC 5321) or LMTP (RFC 2033).
 *
 * It blocks, and every wait has an end.  Nothing that a server says is
 * believed further than the limits of net/reply.h.  Calls are -1 when the
 * dialogue cannot go on (no answer in time, hung up, no reply but garbage):
 * err tells why, and smtp_free is all that is left to do.  A refusal is not
 * an error: it is a reply.
 */
struct smtp;

enum smtp_tls {
	SMTP_TLS_NONE,
	SMTP_TLS_OFFERED,	/* STARTTLS when the server offers it */
	SMTP_TLS_STARTTLS,	/* no dialogue without it; RFC 3207 */
	SMTP_TLS_WRAPPED,	/* from the first byte; RFC 8314 */
};

/* What was said; secrets are "***".  line has no line end, and is raw. */
typedef void smtp_said(void *ctx, bool by_us, struct slice line);

struct smtp_opts {
	const char	*host;		/* name or address; "/path": a socket
					   of the file system */
	struct ip	 ip;		/* connect to this one, and no other;
					   not set: host is looked up, and the
					   first address that answers taken */
	uint16_t	 port;
	const char	*helo;		/* our name in EHLO */
	bool		 lmtp;
	bool		 no_ehlo;	/* HELO, as old clients do */
	enum smtp_tls	 tls;
	bool		 tls_verify;	/* the certificate has to be good */
	const char	*tls_ca;	/* file of authorities; NULL: system's */
	unsigned	 secs;		/* for each reply; 0: 300 */
	unsigned	 data_secs;	/* after the final dot; 0: 600 */
	smtp_said	*said;		/* NULL: nobody listens */
	void		*ctx;
	struct smtp_place *place;	/* smtp_settle's; NULL: host is looked
					   up for each connection */
};

enum {
	SMTP_PIPELINING	= 1 << 0,	/* RFC 2920 */
	SMTP_SIZE	= 1 << 1,	/* RFC 1870 */
	SMTP_DSN	= 1 << 2,	/* RFC 3461 */
	SMTP_8BITMIME	= 1 << 3,	/* RFC 6152 */
	SMTP_SMTPUTF8	= 1 << 4,	/* RFC 6531 */
	SMTP_STARTTLS	= 1 << 5,
	SMTP_AUTH_PLAIN	= 1 << 6,	/* RFC 4616 */
	SMTP_AUTH_LOGIN	= 1 << 7,
	SMTP_AUTH_CRAM	= 1 << 8,	/* RFC 2195 */
};

/*
 * Look host up once, and have a second process (io/broker.h) connect there
 * from now on, and nowhere else: before a sandbox goes up.  Any thread may
 * open connections then.
 */
int	smtp_settle(struct smtp_opts *o, struct err *err);
void	smtp_place_free(struct smtp_place *p);		/* NULL allowed */

/*
 * Connect, read the greeting, say EHLO (HELO when that is refused), start
 * TLS as told and say EHLO again.  A server that greets with 4xx or 5xx, or
 * refuses HELO too, is an error; *reply, when not NULL, has the last reply.
 */
int	smtp_open(struct smtp **out, const struct smtp_opts *o,
	    struct smtp_reply *reply, struct err *err);
/* The same over a connected stream socket, closed by smtp_free. */
int	smtp_over(struct smtp **out, int fd, const struct smtp_opts *o,
	    struct smtp_reply *reply, struct err *err);
void	smtp_quit(struct smtp *s);	/* QUIT, its reply not waited for long */
void	smtp_free(struct smtp *s);	/* NULL allowed */

unsigned	 smtp_caps(const struct smtp *s);	/* SMTP_... offered */
const char	*smtp_name(const struct smtp *s);	/* what the greeting calls
		    the server: a name with letters, digits, dots; or "" */

/*
 * AUTH by the best mechanism that both know: CRAM-MD5, then PLAIN, or
 * LOGIN.  The last two only inside TLS, or when plain says so.  They follow
 * a CRAM-MD5 that was refused too: servers offer it that keep no password
 * to compute it with.
 * 1 when the server let us in; 0 when it did not, *r says why (code 0: no
 * mechanism that may be used).
 */
int	smtp_auth(struct smtp *s, struct slice user, struct slice password,
	    bool plain, struct smtp_reply *r, struct err *err);

/* ---- one command, one reply ---- */

/* Any line; refused (ERR_USAGE, nothing sent) when it holds CR, LF, NUL. */
int	smtp_command(struct smtp *s, struct slice line, struct smtp_reply *r,
	    struct err *err);
/* MAIL FROM:<path>, RCPT TO:<path>, as they stand: hidden routes too. */
int	smtp_mail_from(struct smtp *s, struct slice path,
	    struct smtp_reply *r, struct err *err);
int	smtp_rcpt_to(struct smtp *s, struct slice path,
	    struct smtp_reply *r, struct err *err);
int	smtp_rset(struct smtp *s, struct smtp_reply *r, struct err *err);

/* ---- one message ---- */

enum {				/* RFC 3461 4.1 */
	SMTP_NOTIFY_NEVER	= 1 << 0,
	SMTP_NOTIFY_SUCCESS	= 1 << 1,
	SMTP_NOTIFY_FAILURE	= 1 << 2,
	SMTP_NOTIFY_DELAY	= 1 << 3,
};

enum smtp_result {
	SMTP_UNSENT,		/* the server has not got it, for sure */
	SMTP_TAKEN,		/* 2xx after the final dot */
	SMTP_LATER,		/* 4xx: it may be tried again */
	SMTP_REFUSED,		/* 5xx, or what the server cannot carry */
	SMTP_DOUBTFUL,		/* the final dot may have been seen, and no
				   reply came: it must not be sent again */
};

struct smtp_rcpt {
	struct slice	 address;	/* as in the envelope, without <> */
	struct slice	 orcpt;		/* "rfc822;a@b", not yet xtext; or empty */
	unsigned	 notify;	/* SMTP_NOTIFY_..., 0: not said */
	enum smtp_result result;	/* set by smtp_send */
	unsigned	 code;		/* of the reply that decided; or 0 */
	struct slice	 why;		/* its text, or ours; in the arena */
};

struct smtp_message {
	struct slice	 sender;	/* empty: <> */
	struct slice	 envid;		/* not yet xtext; or empty */
	char		 ret;		/* 'F' full, 'H' headers, 0 not said */
	bool		 utf8;		/* needs SMTPUTF8 */
	struct slice	 bytes;		/* RFC 5322; LF or CRLF ends a line */
};

/*
 * Send m to the n recipients in one transaction; each gets its result.
 *
 * Lines end in CRLF, dots are doubled, a CR that ends no line becomes a
 * blank.  DSN parameters are left out where the server does not offer them;
 * 8-bit bytes go as they are.  An address that SMTP cannot carry (control
 * bytes, or 8-bit ones without SMTPUTF8), or a message over the server's
 * SIZE, is SMTP_REFUSED with code 0 and is not sent.
 *
 * 0 when the dialogue can go on, whatever became of the recipients (RSET
 * was said where it is needed); -1 when it cannot: the results hold.
 */
int	smtp_send(struct smtp *s, struct arena *a,
	    const struct smtp_message *m, struct smtp_rcpt *rcpts, size_t n,
	    struct err *err);
#endif
