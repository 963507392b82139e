#ifndef SHOW_HISTORY_H
#define SHOW_HISTORY_H
#include <stdio.h>
#include "log/log.h"
#include "show/sink.h"

/*
 * history - what happened, by a log: each session, password, refusal and
 * message, printed as it becomes known.  Memory does not grow with it.
 */
struct history;

struct history	*history_new(FILE *out, const struct sink_opts *o);
void		 history_add(struct history *h, const struct log_event *e);
/* Prints what waits.  How many there were; NULL allowed. */
size_t		 history_free(struct history *h);
#endif
