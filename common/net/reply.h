#ifndef NET_REPLY_H
#define NET_REPLY_H
#include <stdbool.h>
#include <stddef.h>
#include "base/slice.h"

/*
 * smtp_reply - what a server said, one line or many.  RFC 5321 4.2.
 *
 * text holds the lines without code and hyphen, joined by '\n', control
 * bytes replaced by '?'; what does not fit is left out.  It is hostile:
 * bytes over 0x7f are as they came, and sinks make it safe.
 */
#define SMTP_LINE_MAX	2048	/* bytes of a reply line; RFC 5321 says 512 */
#define SMTP_LINES_MAX	128	/* lines of one reply */
#define SMTP_TEXT_MAX	2048	/* bytes of one reply that are kept */

struct smtp_reply {
	unsigned	code;		/* 200 to 599; 0: none came */
	char		status[12];	/* "5.7.1" of RFC 2034, or "" */
	char		text[SMTP_TEXT_MAX];
	size_t		n;		/* bytes of text; NUL follows */
	size_t		lines;
};

void	smtp_reply_reset(struct smtp_reply *r);

/*
 * The next line of a reply, without its line end.  1 when more must follow,
 * 0 when it was the last, -1 when it is no reply line, its code is another
 * one than that of the line before, or there are too many.
 */
int	smtp_reply_line(struct smtp_reply *r, struct slice line);

/* Line i of the text. */
struct slice	smtp_reply_text(const struct smtp_reply *r, size_t i);

static inline unsigned
smtp_reply_class(const struct smtp_reply *r)	/* 2, 3, 4, 5; 0 */
{
	return r->code / 100;
}
#endif
