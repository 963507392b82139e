#ifndef IO_PROGRESS_H
#define IO_PROGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * progress - one line on stderr that is rewritten while long work goes on.
 * Silent unless stderr is a terminal; at most five times a second.
 */
struct progress {
	const char	*what;		/* "reading" */
	const char	*unit;		/* "files"; NULL: messages */
	uint64_t	 total;		/* bytes in all: time left; 0: unknown */
	bool		 on;
	int64_t		 began, last;	/* milliseconds, monotonic */
};

void	progress_begin(struct progress *p, const char *what);
void	progress_tell(struct progress *p, size_t entries, uint64_t bytes);
void	progress_end(struct progress *p);	/* the line is wiped */
#endif
