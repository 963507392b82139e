#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "show/format.h"
#include "show/grid.h"

struct grid {
	FILE			*out;
	struct sink_opts	 o;
	const struct grid_column *v;
	size_t			 n;
	struct buf		 line, tmp;
	struct buf		 cells;		/* of a table, NUL after each */
	size_t			 width[GRID_MAX];
};

static void
flush_line(struct grid *g)
{
	if (g->line.n > 0)
		fwrite(g->line.p, 1, g->line.n, g->out);
	g->line.n = 0;
}

/* ---- csv and ndjson ---- */

static void
put_csv(struct grid *g, const struct slice *values)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (i > 0)
			buf_addc(&g->line, ',');
		csv_field(&g->line, values[i], &g->tmp);
	}
	buf_add(&g->line, SL("\r\n"));
	flush_line(g);
}

static void
put_json(struct grid *g, const struct slice *values)
{
	const char *names[GRID_MAX];
	bool numbers[GRID_MAX];
	size_t i;

	for (i = 0; i < g->n; i++) {
		names[i] = g->v[i].name;
		numbers[i] = g->v[i].number;
	}
	json_line(&g->line, names, numbers, values, g->n);
	flush_line(g);
}

/* ---- table ---- */

static size_t
last_shown(const struct grid *g)
{
	size_t i = g->n - 1;

	while (g->v[i].hidden)
		i--;
	return i;
}

static void
keep(struct grid *g, const struct slice *values)
{
	size_t last = last_shown(g), used, i;
	struct slice value;

	for (i = 0; i < g->n; i++) {
		if (g->v[i].hidden)
			continue;
		g->tmp.n = 0;
		value = values[i].n == 0 ? SL("-") : values[i];
		used = i == last ? utf8_show(&g->tmp, value, 0) :
		    table_cut(&g->tmp, value, GRID_WIDE);
		if (used > g->width[i])
			g->width[i] = used;
		buf_add(&g->cells, buf_sl(&g->tmp));
		buf_addc(&g->cells, '\0');
	}
}

static void
print_cell(struct grid *g, size_t i, struct slice cell, size_t *at)
{
	size_t width = g->width[i], room = g->o.width > *at + 2 ?
	    g->o.width - *at : 2, used;

	g->tmp.n = 0;
	if (i == last_shown(g) && g->o.width > 0 && !g->v[i].number)
		used = table_cut(&g->tmp, cell, room);
	else
		used = utf8_show(&g->tmp, cell, 0);
	if (g->v[i].number)
		table_pad(&g->line, used, width);
	buf_add(&g->line, buf_sl(&g->tmp));
	if (i != last_shown(g))
		table_pad(&g->line, g->v[i].number ? width : used, width + 2);
	*at += width + 2;
}

static void
print_table(struct grid *g)
{
	struct slice rest = buf_sl(&g->cells), cell;
	size_t i = 0, at = 0;

	while (sl_cut(&rest, '\0', &cell)) {
		while (g->v[i].hidden)
			i++;
		print_cell(g, i, cell, &at);
		if (i == last_shown(g)) {
			buf_addc(&g->line, '\n');
			flush_line(g);
			at = i = 0;
		} else
			i++;
	}
}

/* ---- */

struct grid *
grid_new(FILE *out, const struct sink_opts *o, const struct grid_column *v,
    size_t n)
{
	struct grid *g = xcalloc(1, sizeof(*g));
	struct slice names[GRID_MAX];
	size_t i;

	assert(n > 0 && n <= GRID_MAX);
	*g = (struct grid){ .out = out, .o = *o, .v = v, .n = n };
	for (i = 0; i < n; i++)
		names[i] = sl(v[i].name);
	if (o->kind != SINK_NDJSON)
		grid_put(g, names);
	return g;
}

void
grid_put(struct grid *g, const struct slice *values)
{
	if (g->o.kind == SINK_NDJSON)
		put_json(g, values);
	else if (g->o.kind == SINK_CSV)
		put_csv(g, values);
	else
		keep(g, values);
}

void
grid_flush(struct grid *g)
{
	print_table(g);
	g->cells.n = 0;
}

void
grid_free(struct grid *g)
{
	grid_flush(g);
	buf_free(&g->cells);
	buf_free(&g->line);
	buf_free(&g->tmp);
	free(g);
}
