#ifndef SHOW_CELLS_H
#define SHOW_CELLS_H
#include <stdio.h>
#include "show/sink.h"

/*
 * cells - a line of a list that is not one of entries: a test, a rule, a
 * count.  The same cells as a table, or as one JSON object a line with
 * "v":1 first.  Values may be hostile; what is printed is not.
 */
enum cell_type {
	CELL_TEXT,		/* empty: absent in JSON */
	CELL_UINT,
	CELL_TRUTH,		/* n: true or false; a table says yes or - */
};

struct cell {
	const char	*name;
	size_t		 width;		/* in a table; 0: not there */
	enum cell_type	 type;
	struct slice	 text;
	uint64_t	 n;
};

/* The names as a table's head; nothing for ndjson. */
void	cells_head(FILE *out, enum sink_kind kind, const struct cell *c,
	    size_t n);
void	cells_put(FILE *out, enum sink_kind kind, const struct cell *c,
	    size_t n);
#endif
