#ifndef MAIL_NOTICE_H
#define MAIL_NOTICE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"

/*
 * notice - what a mail server says to people in a report: UTF-8 text.
 *
 * All slices point into the text or the arena.  What stands here proves
 * nothing alone, anyone can write the same words: mail/report.h weighs it.
 */
struct notice {
	struct slice	 text;		/* before the original */
	struct slice	 original;	/* from its first header field on */
	bool		 body;		/* original goes on behind its header */
	bool		 separator;	/* a line announces the original */
	struct slice	 quoted;	/* a few fields (To, Subject ...) */
	const char	*by;		/* who writes like this, or NULL */
	size_t		 failures;	/* different words for failure */
	bool		 delay;		/* words for: still trying */
	bool		 complaint;	/* a feedback loop's notification */
	struct slice	 mta;		/* where it names itself */
	struct slice	 status;	/* "5.1.1", the first one */
	struct slice	 diagnostic;	/* the line with the reply */
};

void	notice_read(struct notice *n, struct arena *a, struct slice text);

/*
 * The addresses that the text names as failed: "<a@b>:", "a@b on DATE",
 * an address alone on its line, "Unknown user: a@b".  Each once, at most
 * max; returns how many.
 */
size_t	notice_failed(const struct notice *n, struct slice *v, size_t max);

/* The same for addresses anywhere in a line that says failure. */
size_t	notice_near(const struct notice *n, struct slice *v, size_t max);

/*
 * Why, where Exim says it without a reply of SMTP: the first line below an
 * address.  Empty: it does not, or somebody else wrote the text.
 */
struct slice	notice_reason(const struct notice *n);

/* HTML as text: tags gone, a line for each block.  Appended to out. */
void	notice_html(struct slice html, struct buf *out);
#endif
