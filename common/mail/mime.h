#ifndef MAIL_MIME_H
#define MAIL_MIME_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "mail/charset.h"
#include "mail/header.h"

/*
 * part - one node of the MIME tree.  RFC 2045, 2046.
 *
 * Slices point into the message or the arena.  A message/rfc822 (or
 * message/global) part has one child: the message inside.  An encoded
 * message/rfc822 (not allowed, but real) is decoded into the arena first.
 * uuencoded files inside a text part become children of it.
 */
struct part {
	struct part	*parent, *child, *next;
	struct slice	 type;		/* lower case: "text/plain" */
	struct slice	 charset;	/* as given, or empty */
	struct slice	 filename;	/* UTF-8, from either field; hostile */
	struct slice	 disposition;	/* lower case: "attachment" */
	struct slice	 report_type;	/* of multipart/report, lower case */
	struct slice	 head_raw;	/* the part's header section */
	struct slice	 body;		/* still encoded */
	struct head	 head;
	enum mime_enc { ENC_NONE, ENC_QP, ENC_BASE64, ENC_UU, ENC_UNKNOWN } enc;
	unsigned	 depth;		/* 0: the message itself */
	unsigned	 number;	/* from 1, in order of the message */
	bool		 cut;		/* its end is missing */
	bool		 embedded;	/* child of message/rfc822: a message of its own */
};

#define MIME_DEPTH_MAX	100	/* levels; as Postfix mime_nesting_limit */
#define MIME_PARTS_MAX	1000	/* beyond that the rest is one opaque body */

/* What was odd about the tree; names in mime_problem. */
#define MIME_DEEP	(1u << 0)	/* depth limit reached */
#define MIME_MANY	(1u << 1)	/* part limit reached */
#define MIME_CUT	(1u << 2)	/* a closing boundary is missing */
#define MIME_NO_BOUNDARY (1u << 3)	/* multipart without one, or never found */
#define MIME_BAD_CODE	(1u << 4)	/* base64 or quoted-printable that is not */

struct mime {
	struct part	*root;
	unsigned	 parts;
	unsigned	 problems;
};

/*
 * The tree of a message whose header is parsed.  head must live as long as
 * the tree.  Always moves forward: linear in the bytes times the number of
 * open multiparts at most MIME_DEPTH_MAX; parts that share one boundary
 * with their parent end together with it.
 */
void	mime_parse(struct mime *m, struct arena *a, struct charsets *cs,
	    const struct head *head, struct slice body);

/* The next part in order of the message, or NULL. */
struct part *mime_walk(const struct part *p);

/*
 * Append the body, transfer encoding removed, at most max bytes.
 * Returns 0, or 1 when the code was damaged (what could be read is there).
 */
int	mime_decode(const struct part *p, size_t max, struct buf *out);

/* The same as UTF-8 text (charset converted), LF line ends. */
int	mime_text(const struct part *p, struct charsets *cs, size_t max,
	    struct buf *out);

enum mime_enc	mime_enc(struct slice body);	/* of Content-Transfer-Encoding */
#endif
