#include "base/xalloc.h"
#include "fuzz.h"
#include "log/driver.h"
#include "log/journal.h"
#include "log/usage.h"

/*
 * The first byte names the reader, the rest is a log.  What it tells is
 * bounded and of the log: never more messages or recipients than bytes, no
 * time beyond the calendar.  That passwords stay out of it is a matter of
 * whole dialogues: tests/e2e/0400-log.sh.
 */
struct told {
	struct usage	*u;
	uint64_t	 events, rcpts;
	size_t		 n;
};

static void
each(void *ctx, const struct log_event *e)
{
	struct told *t = ctx;
	size_t i;

	HOLDS(++t->events <= t->n + LOG_OPEN_MAX);
	HOLDS(e->nknown <= LOG_RCPTS && e->what <= LOG_MESSAGE);
	HOLDS(e->at >= -86400 && e->at < INT64_C(86400) * 366 * 8100);
	HOLDS(e->account.n <= SPAN_MAX && e->helo.n <= SPAN_MAX);
	for (i = 0; i < e->nknown; i++)
		HOLDS(e->rcpts[i].n <= SPAN_MAX);
	usage_add(t->u, e);
}

static void
one_line(struct log_in *in, const struct log_driver *d, struct slice line)
{
	(void)d->bid(line);
	if (line.n > 0)
		(void)d->line(in, line);
}

/* As it is, and what is JSON as what is in it: one line too. */
static void
each_line(struct log_in *in, const struct log_driver *d, struct slice log)
{
	struct buf text = { 0 };
	struct slice line;

	while (sl_line(&log, &line)) {
		text.n = 0;
		if (sl_starts(line, SL("{"))) {
			journal_line(line, &text);
			line = sl_first(buf_sl(&text), text.n - 1);
			HOLDS(memchr(line.p, '\n', line.n) == NULL);
		}
		one_line(in, d, line);
	}
	buf_free(&text);
	open_end_all(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct log_driver *const *d = log_drivers();
	struct usage_opts uo = { .ours = NULL };
	struct told t = { .n = n };
	struct log_opts o = { .each = each, .ctx = &t };
	struct log_sum sum = { 0 };
	struct log_in in = { .o = &o, .sum = &sum, .scope = 1 };
	size_t kinds = 0;

	while (d[kinds] != NULL)
		kinds++;
	if (n == 0)
		return 0;
	d += data[0] % kinds;
	t.u = usage_new(&uo);
	in.clock.year = 2004;
	in.open = openings_new();
	in.state = xcalloc(1, (*d)->state + 1);
	each_line(&in, *d, fuzz_input(data + 1, n - 1));
	openings_free(in.open);
	buf_free(&in.tmp);
	free(in.state);
	usage_free(t.u);
	return 0;
}
