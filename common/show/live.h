#ifndef SHOW_LIVE_H
#define SHOW_LIVE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * live - a few lines on stderr that are written over while work goes on.
 * Silent unless stderr is a terminal; at most five times a second.  What is
 * said on stderr in between stays, above them.
 */
struct live {
	int64_t	 last;		/* milliseconds, monotonic; 0: never drawn */
};

bool	live_due(const struct live *l);	/* is it time to draw? */
void	live_draw(struct live *l, struct slice lines);	/* LF after each */
void	live_end(struct live *l);			/* they are wiped */
#endif
