#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/slice.h"

/*
 * hdr - one header field, as it stands in the message.
 *
 * Both slices point into the message.  body keeps its folds; hdr_unfold
 * joins them.  Neither is decoded: RFC 2047 is mail/words.h.
 */
struct hdr {
	struct slice	name;	/* without the colon */
	struct slice	body;	/* trimmed */
};

/*
 * Take the next field off rest, which starts at the message or where
 * the last call left it.
 *
 * Returns 1; 0 at the blank line or the end of the bytes, rest unmoved;
 * -1 for a line that is no field: it is in body, and the walk may go on.
 * LF ends a line as well as CRLF does.  RFC 5322 2.2.
 */
int	hdr_next(struct slice *rest, struct hdr *h);

/* body without the line ends of its folds; body itself when there are none. */
struct slice	hdr_unfold(struct arena *a, struct slice body);

/* The fields somebody looks for, found by number instead of by name. */
enum hdr_id {
	H_OTHER,
	H_AUTHENTICATION_RESULTS, H_AUTO_SUBMITTED, H_BCC, H_CC, H_CONTENT_CLASS,
	H_CONTENT_DISPOSITION,
	H_CONTENT_ID, H_CONTENT_TRANSFER_ENCODING, H_CONTENT_TYPE, H_DATE,
	H_DELIVERED_TO, H_DISPOSITION_NOTIFICATION_TO, H_ENVELOPE_TO,
	H_FROM, H_IN_REPLY_TO, H_LIST_ID, H_LIST_POST, H_LIST_UNSUBSCRIBE,
	H_MESSAGE_ID, H_MIME_VERSION, H_PRECEDENCE, H_RECEIVED,
	H_REFERENCES, H_REPLY_TO, H_RESENT_FROM, H_RESENT_SENDER, H_RESENT_TO,
	H_RETURN_PATH, H_SENDER, H_SUBJECT, H_TO, H_X_AUTHENTICATED_SENDER,
	H_X_AUTOREPLY, H_X_AUTORESPOND, H_X_AUTO_RESPONSE_SUPPRESS,
	H_X_DSNCONTEXT, H_X_ENVELOPE_FROM, H_X_ENVELOPE_TO,
	H_X_FAILED_RECIPIENTS, H_X_FOREFRONT_ANTISPAM_REPORT,
	H_X_FORWARDED_TO, H_X_LOOP, H_X_MAILER,
	H_X_MS_EMBEDDED_REPORT, H_X_MS_EXCHANGE_MESSAGE_IS_NDR,
	H_X_MS_EXCHANGE_ORGANIZATION_SCL,
	H_X_ORIGINAL_TO, H_X_ORIGINATING_IP, H_X_PHP_ORIGINATING_SCRIPT,
	H_X_PHP_SCRIPT, H_X_RECEIVER, H_X_RSPAMD_ACTION, H_X_RSPAMD_SERVER, H_X_SENDER, H_X_SPAM_CHECKER_VERSION,
	H_X_SPAM_FLAG, H_X_SPAM_STATUS, H_X_SPAMD_RESULT,
	H_COUNT
};

enum hdr_id	hdr_id(struct slice name);	/* any case */

/*
 * head - all fields of one header section, in order.
 *
 * Memory is the arena's; the slices are the message's.  A line that is no
 * field, and what is beyond the limits, is counted, not kept.
 */
#define HEAD_MAX	(100 * 1024)	/* bytes; as Postfix header_size_limit */
#define HEAD_FIELDS_MAX	2000		/* a list's longest header is some 200 */

struct head {
	struct hdr	*v;
	uint8_t		*id;		/* enum hdr_id of v[i] */
	size_t		 n;
	size_t		 cap;
	int32_t		 first[H_COUNT];	/* index of the first, or -1 */
	size_t		 junk;		/* lines that are no field */
	bool		 cut;		/* a limit was reached */
	bool		 no_blank;	/* the body began without a blank line */
	bool		 bits8;		/* a byte over 0x7f */
	bool		 nul;		/* a NUL byte */
};

/*
 * Read the header section of msg; *body is what follows its blank line.
 * A "From " line in front is passed over.  A header that ends without a
 * blank line ends at the first line that is no field, when at least one
 * field stood before it and the next line is neither field nor blank.
 * No field at all: everything is body.
 */
void	head_parse(struct head *h, struct arena *a, struct slice msg,
	    struct slice *body);

/* The body of the first such field, or { NULL, 0 }. */
static inline struct slice
head_get(const struct head *h, enum hdr_id id)
{
	int32_t i = h->first[id];

	return i == -1 ? (struct slice){ NULL, 0 } : h->v[i].body;
}

/* The same by name, for fields without a number. */
struct slice	head_named(const struct head *h, const char *name);

/* The index of the next such field from i on, or -1. */
int32_t	head_next(const struct head *h, enum hdr_id id, size_t i);
#endif
