#ifndef LOG_LOG_H
#define LOG_LOG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"

/*
 * log - what a mail server's logs say of who used it.
 *
 * Lines are read as a stream, in any number of files; sessions are put
 * together from them, and what happened is told to one function, as it
 * becomes known.  Memory does not depend on the length of the logs.
 *
 * A password is dropped where it is read: no event holds one, nor any part
 * of a line that may have been one.
 */
enum log_what {
	LOG_SESSION,	/* somebody connected */
	LOG_AUTH,	/* a password was right */
	LOG_FAILED,	/* or wrong; account may be empty */
	LOG_REFUSED,	/* a recipient was not taken */
	LOG_DENIED,	/* the same, because it would be relaying */
	LOG_TURFED,	/* a filter of the server put a message aside */
	LOG_BOUNCED,	/* a recipient of a message that was taken did not
			   exist, or its server did not want it */
	LOG_MESSAGE,	/* one was taken; at: when its sender was given */
};

/* Slices live until the function returns; they are as hostile as mail. */
struct log_event {
	enum log_what	 what;
	int64_t		 at;		/* seconds since 1970; 0: not told */
	struct ip	 client;	/* all zero: not told */
	struct slice	 client_name, helo;
	struct slice	 workstation;	/* as NTLM told it */
	struct slice	 account, method;	/* empty: without a password */
	struct slice	 sender;
	bool		 has_sender;	/* and "" is the null one */
	const struct slice *rcpts;	/* at most LOG_RCPTS of them; of a
					   refusal or a bounce, that one */
	size_t		 nknown;	/* how many these are */
	uint64_t	 nrcpts;	/* how many the message had */
	uint64_t	 bytes;		/* 0: not told */
	struct slice	 message_id, queue_id;	/* without <> */
};

#define LOG_RCPTS	64		/* recipients kept of a message */
#define LOG_OPEN_MAX	100000		/* messages and sessions unfinished;
					   then the oldest one is told */
#define LOG_LINE_MAX	65536		/* bytes looked at of a line */

struct log_driver;
const struct log_driver *const *log_drivers(void);	/* NULL at the end */
const char	*log_driver_name(const struct log_driver *d);
const char	*log_driver_what(const struct log_driver *d);

struct log_opts {
	const char	*kind;		/* a driver's name; NULL: find out */
	const char	*zone;		/* "+0900", of times without one */
	const char	*dates;		/* "mdy", "dmy", "ymd": of dates in
					   numbers; NULL: work it out */
	unsigned	 year;		/* of the first line; 0: work it out */
	void		(*each)(void *ctx, const struct log_event *e);
	void		*ctx;
	/* How a file was read, when its end is reached. */
	void		(*file)(void *ctx, const char *path, const char *said);
	/* A file, or a line's beginning, that could not be read. */
	void		(*lost)(void *ctx, const char *path, const char *why);
	void		(*progress)(void *ctx, uint64_t lines, uint64_t bytes);
};

struct log_sum {
	uint64_t	 files, lines, bytes;
	uint64_t	 unknown;	/* lines that say nothing to us */
	uint64_t	 lost;		/* files that were not read */
	int64_t		 first, last;
	bool		 stopped;	/* by a signal */
};

/*
 * Read files, folders of them, archives; "-" is stdin.  Files are read in
 * the order of their first lines' times, so that a rotated set is one log.
 * -1 and err: the options make no sense.
 */
int	log_read(const struct log_opts *o, char *const paths[],
	    struct log_sum *sum, struct err *err);
#endif
