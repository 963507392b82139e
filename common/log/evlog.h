#ifndef LOG_EVLOG_H
#define LOG_EVLOG_H
#include <stdbool.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * evlog - the binary log of Windows events: .evt of NT 3 to 2003, .evtx of
 * Vista and later.  It is read by libevt and libevtx; evlog_open says when
 * this was built without.
 *
 * A record becomes a line: time, source, id, and the strings that the event's
 * text would have been made with, for the text itself is elsewhere:
 *
 *	2004-11-09 11:33:20,MSExchangeTransport,1708,|192.0.2.1|LOGIN|bob|
 *
 * No string of it holds a bar, a quote, a comma or a control byte.  Times are
 * UTC.
 */
struct evlog;
#define EVLOG_STRINGS	16	/* of a record */
#define EVLOG_STRING	512	/* bytes of each */

bool	evlog_sniff(struct slice head);		/* of 8 bytes */
int	evlog_open(struct evlog **out, int fd, struct err *err);	/* fd stays */
void	evlog_close(struct evlog *e);		/* NULL allowed */
/* As read(2), of these lines. */
ssize_t	evlog_read(struct evlog *e, char *p, size_t n, struct err *err);
#endif
