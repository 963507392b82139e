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

/* "61 %, 0:12 left", once that can be told. */
static void
put_left(const struct progress *p, uint64_t bytes, int64_t ms, char *s,
    size_t n)
{
	uint64_t left;

	s[0] = '\0';
	if (p->total == 0 || bytes == 0 || bytes > p->total)
		return;
	left = (uint64_t)((double)ms / 1000 * (double)(p->total - bytes) /
	    (double)bytes);
	snprintf(s, n, ", %.0f %%, %llu:%02llu left", 100 * (double)bytes /
	    (double)p->total, (unsigned long long)left / 60,
	    (unsigned long long)left % 60);
}

void
progress_tell(struct progress *p, size_t entries, uint64_t bytes)
{
	char line[160], left[48];
	int64_t t;

	if (!p->on || (t = now()) - p->last < EVERY)
		return;
	p->last = t;
	put_left(p, bytes, t - p->began, left, sizeof(left));
	snprintf(line, sizeof(line), "\r\033[K%s: %zu %s, %.1f MB, "
	    "%.0f a second%s", p->what, entries,
	    p->unit == NULL ? "messages" : p->unit, (double)bytes / 1e6,
	    (double)entries * 1000 / (double)(t - p->began), left);
	put(line);
}

void
progress_end(struct progress *p)
{
	if (p->on && p->last > p->began + AFTER - EVERY)
		put("\r\033[K");
	p->on = false;
}
