#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "show/live.h"

#define EVERY	200	/* milliseconds between two looks of a person */

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
put(struct slice s)
{
	ssize_t n = write(STDERR_FILENO, s.p, s.n);

	(void)n;	/* nowhere is left to say that stderr is gone */
}

bool
live_due(const struct live *l)
{
	return isatty(STDERR_FILENO) == 1 && now() - l->last >= EVERY;
}

/*
 * The cursor waits in an empty line above: what is said then is written
 * there, and the next table begins below it.
 */
void
live_draw(struct live *l, struct slice lines)
{
	struct buf b = { 0 };
	size_t i, n = 1;

	for (i = 0; i < lines.n; i++)
		n += lines.p[i] == '\n';
	buf_add(&b, SL("\r\033[J\n"));
	buf_add(&b, lines);
	buf_fmt(&b, "\033[%zuA", n);
	put(buf_sl(&b));
	buf_free(&b);
	l->last = now();
}

void
live_end(struct live *l)
{
	if (l->last != 0)
		put(SL("\r\033[J"));
	l->last = 0;
}
