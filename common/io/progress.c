#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/progress.h"

#define AFTER	500	/* ms before the first line: short work shows none */
#define EVERY	200	/* ms between lines */

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
put(const char *s)
{
	ssize_t n = write(STDERR_FILENO, s, strlen(s));

	(void)n;	/* a terminal that is gone needs no progress */
}

void
progress_begin(struct progress *p, const char *what)
{
	p->what = what;
	p->on = isatty(STDERR_FILENO) == 1;
	p->began = now();
	p->last = p->began + AFTER - EVERY;
}

void
progress_tell(struct progress *p, size_t entries, uint64_t bytes)
{
	char line[128];
	int64_t t;

	if (!p->on || (t = now()) - p->last < EVERY)
		return;
	p->last = t;
	snprintf(line, sizeof(line), "\r\033[K%s: %zu messages, %.1f MB, "
	    "%.0f a second", p->what, entries, (double)bytes / 1e6,
	    (double)entries * 1000 / (double)(t - p->began));
	put(line);
}

void
progress_end(struct progress *p)
{
	if (p->on && p->last > p->began + AFTER - EVERY)
		put("\r\033[K");
	p->on = false;
}
