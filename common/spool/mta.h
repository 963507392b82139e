#ifndef SPOOL_MTA_H
#define SPOOL_MTA_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "mail/addr.h"

/*
 * What the queues of Unix mail servers share: addresses as they keep them,
 * and RFC 3461 in other words.  Memory is the arena's.
 */

/*
 * An address in its internal form, without quotes: split at the last @, and
 * quoted where RFC 5321 wants it.  Empty: null.  False: it is none.
 */
bool	addr_internal(struct arena *a, struct slice s, struct addr *out);

/* RFC 3461 4: the xtext of s; the words of NOTIFY ("" when none is set). */
struct slice	xtext_of(struct arena *a, struct slice s);
struct slice	notify_words(bool never, bool success, bool failure,
		    bool delay);

/* The other way: an address without quotes, xtext as it was, appended. */
void	addr_bare(struct buf *out, struct slice spec);
void	xtext_decode(struct buf *out, struct slice s);

/*
 * A report that the server made itself has the message that it is about in
 * it: the queue id in the first Received behind the report's own header, when
 * the same host wrote both.  Empty: it does not tell.
 */
struct slice	report_about(struct arena *a, struct slice text);

/* Say so, with the id of the message that it is about, or an empty one. */
struct spool_msg;
void	msg_report(struct spool_msg *m, struct arena *a, struct slice about);

/* NOTIFY as a server's number, 0 where nothing was said. */
struct notify_bits {
	unsigned	never, success, failure, delay;
};
unsigned notify_number(struct slice words, const struct notify_bits *bits);
#endif
