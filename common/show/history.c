#include <stdlib.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "log/usage.h"
#include "mail/date.h"
#include "show/grid.h"
#include "show/history.h"

#define PAGE_ROWS	500	/* of a table that wait for its widths */

enum { HIST_TIME, HIST_WHAT, HIST_CLIENT, HIST_HELO, HIST_STATION,
	HIST_ACCOUNT, HIST_METHOD, HIST_SENDER, HIST_RCPTS, HIST_BYTES,
	HIST_QUEUE_ID, HIST_MESSAGE_ID, HIST_RCPT, HIST_COLUMNS };
static const struct grid_column history_columns[HIST_COLUMNS] = {
	{ "time", false, false }, { "what", false, false },
	{ "client", false, false }, { "helo", false, true },
	{ "workstation", false, true },
	{ "account", false, false }, { "method", false, true },
	{ "sender", false, false }, { "recipients", true, false },
	{ "bytes", true, true }, { "queue_id", false, true },
	{ "message_id", false, true }, { "recipient", false, false },
};

struct history {
	struct grid	*g;
	struct arena	*a;
	size_t		 n;
};

struct history *
history_new(FILE *out, const struct sink_opts *o)
{
	struct history *h = xcalloc(1, sizeof(*h));

	h->g = grid_new(out, o, history_columns, HIST_COLUMNS);
	h->a = arena_new();
	return h;
}

static struct slice
number(struct arena *a, uint64_t n)
{
	return n == 0 ? SL("") : arena_fmt(a, "%llu", (unsigned long long)n);
}

void
history_add(struct history *h, const struct log_event *e)
{
	static const char *const what[] = {
		[LOG_SESSION] = "session",
		[LOG_AUTH] = "password",
		[LOG_FAILED] = "wrong password",
		[LOG_REFUSED] = "refused",
		[LOG_DENIED] = "denied",
		[LOG_TURFED] = "turfed",
		[LOG_BOUNCED] = "bounced",
		[LOG_MESSAGE] = "message",
	};
	char ip[IP_TEXT], date[DATE_TEXT];
	struct slice v[HIST_COLUMNS] = {
		[HIST_TIME] = e->at == 0 ? SL("") : sl(date_str(e->at, date)),
		[HIST_WHAT] = sl(what[e->what]),
		[HIST_CLIENT] = usage_client_text(e, ip),
		[HIST_HELO] = e->helo, [HIST_STATION] = e->workstation,
		[HIST_ACCOUNT] = e->account, [HIST_METHOD] = e->method,
		[HIST_SENDER] = e->has_sender && e->sender.n == 0 ? SL("<>") :
		    e->sender,
		[HIST_RCPTS] = number(h->a, e->nrcpts),
		[HIST_BYTES] = number(h->a, e->bytes),
		[HIST_QUEUE_ID] = e->queue_id, [HIST_MESSAGE_ID] = e->message_id,
		[HIST_RCPT] = e->nknown > 0 ? e->rcpts[0] : SL(""),
	};

	grid_put(h->g, v);
	if (++h->n % PAGE_ROWS == 0)
		grid_flush(h->g);
	arena_reset(h->a);
}

size_t
history_free(struct history *h)
{
	size_t n = h == NULL ? 0 : h->n;

	if (h == NULL)
		return 0;
	grid_free(h->g);
	arena_free(h->a);
	free(h);
	return n;
}
