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
	[SINK_ECS] = &format_ecs,
	[SINK_BODYFILE] = &format_bodyfile,
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

/* A name in the format's own columns means those, before all others. */
static bool
find_column(const struct format *f, struct slice name, enum column_id *id)
{
	size_t i;

	for (i = 0; i < f->nshown; i++)
		if (sl_eq(name, sl(columns[f->shown[i]].name))) {
			*id = f->shown[i];
			return true;
		}
	for (i = 0; i < COL_COUNT; i++)
		if (sl_eq(name, sl(columns[i].name))) {
			*id = (enum column_id)i;
			return true;
		}
	return false;
}

/* Each name once, in the order of a csv. */
static int
no_column(struct slice name, struct err *err)
{
	struct buf all = { 0 };
	size_t i;

	for (i = 0; i < format_csv.nshown; i++)
		buf_fmt(&all, "%s%s", i > 0 ? ", " : "",
		    columns[format_csv.shown[i]].name);
	err_set(err, ERR_USAGE, "--columns: " SL_FMT ": not one of " SL_FMT,
	    SL_ARG(sl_first(name, 40)), SL_ARG(buf_sl(&all)));
	buf_free(&all);
	return -1;
}

int
sink_columns(enum sink_kind k, const char *names, enum column_id v[COL_COUNT],
    size_t *n, struct err *err)
{
	struct slice rest = sl(names), name;

	if (formats[k]->nshown == 0)
		return err_set(err, ERR_USAGE, "--columns: a table or csv has "
		    "columns, %s has none", formats[k]->name);
	for (*n = 0; sl_cut(&rest, ',', &name); (*n)++) {
		name = sl_trim(name);
		if (*n == COL_COUNT)
			return err_set(err, ERR_USAGE, "--columns: more than "
			    "there are");
		if (!find_column(formats[k], name, &v[*n]))
			return no_column(name, err);
	}
	return *n > 0 ? 0 : err_set(err, ERR_USAGE,
	    "--columns: the value is empty");
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
	s->shown = o->columns != NULL ? o->columns : s->format->shown;
	s->nshown = o->columns != NULL ? o->ncolumns : s->format->nshown;
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
sink_wants_record(const struct sink_opts *o)
{
	return formats[o->kind]->record || o->columns != NULL;
}

bool
sink_wants_lists(const struct sink_opts *o)
{
	size_t i;

	for (i = 0; i < o->ncolumns; i++)
		if (o->columns[i] == COL_RCPTS || o->columns[i] == COL_PROBLEMS)
			return true;
	return o->columns == NULL && formats[o->kind]->lists;
}

bool
sink_wants_said(const struct sink_opts *o)
{
	return o->kind == SINK_NDJSON || o->kind == SINK_ECS ||
	    (o->kind == SINK_TABLE && o->explain);
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
