#ifndef LOG_SYSLOG_H
#define LOG_SYSLOG_H
#include "log/driver.h"

/*
 * syslog - "Nov 21 10:00:00 host prog[123]: text", RFC 3164, or the same
 * with a date of RFC 3339; "<22>1 2026-11-21T10:00:00Z host prog 123 - - text",
 * RFC 5424.
 */
struct sysline {
	struct slice	host, prog, text;
	uint64_t	pid;		/* 0: none */
};

/* False: the line is not of syslog.  in->at is its time. */
bool	syslog_line(struct log_in *in, struct slice line, struct sysline *s);

/* For a bid: is the line of this program?  "postfix/": of any such. */
bool	syslog_by(struct slice line, struct slice prog);

/* "ID: text" is taken apart; false: there is no id in front. */
bool	syslog_id(struct slice *text, struct slice *id);

/* The value of "name=value, ..." ; name with its '='. */
struct slice syslog_value(struct slice text, struct slice name);

/* The same of the last such name: a value before it may be anybody's words. */
struct slice syslog_last(struct slice text, struct slice name);
#endif
