#ifndef LOG_WHEN_H
#define LOG_WHEN_H
#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * when - the times of logs, which leave out the year, the zone, or say
 * 2/3/04 and mean one of three things.
 */
enum date_order { ORDER_MDY, ORDER_DMY, ORDER_YMD };

struct log_clock {
	int64_t		zone;		/* seconds east, of times without one */
	int64_t		year;		/* of the last line */
	unsigned	month;		/* of the last line; 0: no line yet */
	enum date_order	order;
	bool		no_year, no_zone;	/* such times were read */
	int64_t		day;		/* the last date, worked out */
	char		day_text[16];
};

/*
 * A time at the beginning of rest, taken off it with the blank behind it.
 *	when_syslog	"Nov 21 10:00:00", "2026-11-21T10:00:00.5+09:00"
 *	when_iso	"2026-11-21 10:00:00[.5][ +0900]", also T and Z
 *	when_numeric	"5/13/00 2:36:27 PM", "13.05.2000 14:36:27",
 *			"00/05/13 14:36:27"; AM and PM of East Asia before it
 *	when_ncsa	"09/Oct/2006:05:00:16 +0000"
 * False: there is none, rest is unmoved.
 */
bool	when_syslog(struct log_clock *c, struct slice *rest, int64_t *at);
bool	when_iso(struct log_clock *c, struct slice *rest, int64_t *at);
bool	when_numeric(struct log_clock *c, struct slice *rest, int64_t *at);
bool	when_ncsa(struct log_clock *c, struct slice *rest, int64_t *at);

/*
 * In which order the numbers of the dates stand in these lines: a number
 * over 12 is no month, and the day changes before the year does.  Where
 * nothing tells it is the American one; *sure says so.
 */
enum date_order when_order(struct slice text, bool *sure);
bool	when_order_parse(struct slice s, enum date_order *o);	/* "mdy" ... */

/* The year of month/day when the file was written at: not after it. */
int64_t	when_year(int64_t written, unsigned month, unsigned day);

/* "+0900", "-03:30", "UTC" */
bool	when_zone(struct slice s, int64_t *east);
#endif
