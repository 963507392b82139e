#ifndef SHOW_GRID_H
#define SHOW_GRID_H
#include <stdio.h>
#include "show/sink.h"

/*
 * grid - prints rows of plain values, such as totals or the ledger, in the
 * formats of a sink that have columns: table, ndjson, csv.
 *
 * A table waits in memory until grid_free, since its widths are those of
 * its values; the last column is cut at the end of a terminal's line.
 */
struct grid_column {
	const char	*name;
	bool		 number;
	bool		 hidden;	/* not in a table */
};
#define GRID_MAX	20	/* columns */
#define GRID_WIDE	48	/* of a column in a table, but for the last */

struct grid;

struct grid	*grid_new(FILE *out, const struct sink_opts *o,
		    const struct grid_column *v, size_t n);
void		 grid_put(struct grid *g, const struct slice *values);
/* Print what waits; rows that follow are as wide, where that is enough. */
void		 grid_flush(struct grid *g);
void		 grid_free(struct grid *g);	/* prints what waits */
#endif
