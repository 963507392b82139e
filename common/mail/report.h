#ifndef MAIL_REPORT_H
#define MAIL_REPORT_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/slice.h"
#include "mail/addr.h"
#include "mail/charset.h"
#include "mail/header.h"
#include "mail/mime.h"

/* What a message is, before anyone judges it. */
enum kind {
	KIND_MAIL,
	KIND_BOUNCE,		/* non-delivery: something failed for good */
	KIND_DELAY,		/* still trying */
	KIND_DELIVERED,		/* delivered, relayed, expanded: RFC 3464 */
	KIND_READ_RECEIPT,	/* RFC 8098 */
	KIND_AUTOREPLY,		/* vacation, challenge: RFC 3834 */
	KIND_ABUSE_REPORT,	/* RFC 5965 and its forerunners */
	KIND_COUNT
};
const char	*kind_name(enum kind k);		/* "read-receipt" */
bool		 kind_parse(struct slice s, enum kind *k);
static inline bool
kind_is_report(enum kind k)
{
	return k == KIND_BOUNCE || k == KIND_DELAY || k == KIND_DELIVERED;
}

/* How much of the original message a report carries. */
enum original {
	ORIG_NONE,
	ORIG_TEXT,	/* a few lines quoted in the text: To, Subject ... */
	ORIG_HEADERS,	/* its header section */
	ORIG_MESSAGE,	/* headers and body, perhaps cut */
};
const char	*original_name(enum original o);

/*
 * report - what a report says, in the words of RFC 3464.
 *
 * Every slice points into the message or the arena; empty when not told.
 * Addresses are hostile text until addr_path accepted them.
 */
#define REPORT_RCPT_MAX	64	/* failed recipients kept; n counts all */

struct report {
	enum kind	 kind;
	const char	*by;		/* what recognised it: "rfc3464", "qmail", ... */
	struct slice	 reporting_mta;
	struct slice	 action;	/* "failed", lower case */
	struct slice	 status;	/* "5.1.1" */
	struct slice	 diagnostic;
	struct slice	*failed;	/* addresses; of a delay or delivery:
					   those it is about */
	size_t		 nfailed;	/* kept in failed */

	struct slice	 orig_id;	/* Original-Message-ID, with its <> */
	unsigned	 mime;		/* MIME_DEEP ... when the tree was made */
	enum original	 original;
	struct slice	 orig_raw;	/* where it begins: header section first */
	struct head	 orig_head;	/* parsed, when original is not ORIG_NONE */
};

/*
 * Settle the kind of a message, and read the report if it is one.
 *
 * By structure first (multipart/report and its parts, also inside a
 * multipart/mixed that a list server wrapped round it), then by the marks
 * of the servers that write other forms (windows-spools 1.8, 2.6, 5.3).
 * A top Content-Type alone proves nothing: a report without a
 * machine-readable part or an original is not one.
 * sender is the envelope sender (.null for <>), NULL when nobody knows it.
 *
 * The MIME tree is made only when the header gives a reason to look inside;
 * most mail is settled by its header.
 */
void	report_read(struct report *r, struct arena *a, struct charsets *cs,
	    const struct head *head, struct slice body,
	    const struct addr *sender);

/* Whether report_read would have to see the body: decided by the header. */
bool	report_wants_body(const struct head *head, const struct addr *sender);
#endif
