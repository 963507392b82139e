#ifndef MAIL_DATE_H
#define MAIL_DATE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

/* What was wrong with a date that could be read all the same. */
#define DATE_NO_ZONE	(1u << 0)	/* taken as UTC */
#define DATE_BAD_ZONE	(1u << 1)	/* a name nobody knows, +9999 */
#define DATE_ODD	(1u << 2)	/* order, year of two digits, day beyond its month ... */

/*
 * Seconds since 1970, UTC, of a date in a header: RFC 5322 3.3 with the
 * obsolete forms, and what real mail has: no weekday, asctime order, ISO
 * 8601, month in full, am/pm, dots for colons, zones by name, comments.
 * Years 1970 to 2100.  odd may be NULL.  False when there is no date.
 */
bool	date_parse(struct slice s, int64_t *t, unsigned *odd);

/* The same of "2004-01-05", "2004-01-05T01:00:00Z", "3d", "12h" (ago). */
bool	date_option(struct slice s, int64_t now, int64_t *t);

/* "2004-01-05T01:00:00Z", 21 bytes with the NUL. */
#define DATE_TEXT	21
const char *date_str(int64_t t, char buf[DATE_TEXT]);

/* Days since 1970 of a civil date; proleptic Gregorian, any month/day in range. */
int64_t	date_days(int64_t year, unsigned month, unsigned day);
#endif
