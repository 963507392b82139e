#include <assert.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "show/format.h"

#define TERM_WIDTH	80	/* when nothing tells */

static void
paths_put(struct sink *s, const struct row *r)
{
	struct slice spool = sl(r->rec->spool);

	buf_add(&s->line, spool);
	if (spool.n > 0 && spool.p[spool.n - 1] != '/')
		buf_addc(&s->line, '/');
	buf_add(&s->line, r->rec->path);
	buf_addc(&s->line, s->o.nul ? '\0' : '\n');
}

static const struct format format_paths = {
	.name = "paths", .record = true, .put = paths_put,
};

static const struct format *const formats[] = {
	[SINK_TABLE] = &format_table,
	[SINK_NDJSON] = &format_ndjson,
	[SINK_CSV] = &format_csv,
	[SINK_PATHS] = &format_paths,
};

bool
sink_parse(const char *name, enum sink_kind *k)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(name, formats[i]->name) == 0) {
			*k = (enum sink_kind)i;
			return true;
		}
	return false;
}

/* Errors are the stream's to keep: out_finish looks. */
static void
flush_line(struct sink *s)
{
	if (s->line.n > 0)
		fwrite(s->line.p, 1, s->line.n, s->out);
	s->line.n = 0;
}

struct sink *
sink_new(FILE *out, const struct sink_opts *o)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	s->out = out;
	s->o = *o;
	s->format = formats[o->kind];
	if (s->format->begin != NULL)
		s->format->begin(s);
	flush_line(s);
	return s;
}

void
sink_put(struct sink *s, const struct row *r)
{
	assert(r->rec != NULL || !s->format->record);
	s->format->put(s, r);
	flush_line(s);
}

void
sink_free(struct sink *s)
{
	if (s == NULL)
		return;
	buf_free(&s->line);
	buf_free(&s->cell);
	buf_free(&s->tmp);
	free(s);
}

bool
sink_wants_record(enum sink_kind k)
{
	return formats[k]->record;
}

bool
sink_wants_said(const struct sink_opts *o)
{
	return o->kind == SINK_NDJSON || (o->kind == SINK_TABLE && o->explain);
}

size_t
term_width(FILE *f)
{
	struct winsize ws;

	if (ioctl(fileno(f), TIOCGWINSZ, &ws) == -1 || ws.ws_col == 0)
		return TERM_WIDTH;
	return ws.ws_col;
}

/* https://no-color.org: set and not empty. */
bool
term_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || *no == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0) &&
	    isatty(fileno(f)) == 1;
}

int
out_finish(void)
{
	int flushed = fflush(stdout);

	return flushed == 0 && !ferror(stdout) ? 0 : -1;
}
