#ifndef NET_RELAY_H
#define NET_RELAY_H
#include "mail/vector.h"
#include "net/smtp.h"

/*
 * relay - try the vectors of mail/vector.h against a server, each in a
 * transaction of its own.
 *
 * What a server says to RCPT makes the verdict (windows-spools 4):
 *	closed		5xx
 *	auth		530, or a refusal that asks for authentication
 *	unknown		4xx, no connection, no reply
 *	accepted	2xx to a form that a server may take for a user of its
 *			own: no proof until a message arrives or bounces
 *	open		2xx to a plain foreign recipient or a source route
 * A sender that is refused closes the door on its own, but tells nothing of
 * a recipient that hides a route: that one is tried from a foreign sender.
 */
enum relay_verdict {		/* the worse, the higher */
	RELAY_CLOSED,
	RELAY_AUTH,
	RELAY_UNKNOWN,
	RELAY_ACCEPTED,
	RELAY_OPEN,
};
const char	*relay_verdict_name(enum relay_verdict v);

enum relay_verdict relay_judge(const struct vector *v,
		    const struct smtp_reply *r);

struct relay_try {
	const struct vector	*v;
	struct slice		 from, rcpt;	/* without <>; in the arena */
	enum relay_verdict	 verdict;
	unsigned		 code;		/* 0: no reply */
	char			 status[12];	/* "5.7.1", or "" */
	struct slice		 why;		/* the reply's text, or ours */
	bool			 sent;		/* a message was taken */
};

struct relay_test {
	struct smtp_opts	 o;		/* o.ip is set */
	struct vector_words	 w;
	const char		*tag;		/* of the messages' ids */
	bool			 deliver;	/* a message for each 2xx */
	unsigned		 pause;		/* ms between transactions */
	/* May be NULL: a try begins, a try has its verdict. */
	void			(*begins)(void *ctx, const struct relay_try *t);
	void			(*ends)(void *ctx, const struct relay_try *t);
	void			*ctx;
};

/*
 * Try them all.  A server that hangs up is called again, at most a few
 * times in a row; the pace is bounded by pause.  Always fills each try;
 * stops at a signal (the rest is unknown).
 */
void	relay_run(const struct relay_test *t, struct arena *a,
	    struct relay_try *v, size_t n);

/* None of them could be tried: each is unknown, and why. */
void	relay_none(const struct relay_test *t, struct arena *a,
	    struct relay_try *v, size_t n, struct slice why);

/* Message-ID of a vector's message: "M6.TAG@HELO". */
struct slice	relay_message_id(const struct relay_test *t,
		    struct arena *a, const struct vector *v);
#endif
