#ifndef SHOW_SINK_H
#define SHOW_SINK_H
#include <stdbool.h>
#include <stdio.h>
#include "show/column.h"

/*
 * sink - prints entries one by one in one format.
 *
 *	table	for people: fixed widths, nothing raw, colour on a terminal
 *	ndjson	one object a line: spool-json(5) is the promise
 *	csv	RFC 4180 with a header line, safe for spreadsheets
 *	ecs	one object a line, with the names of the Elastic Common Schema
 *	bodyfile	for mactime(1) of the Sleuth Kit
 *	paths	spool/path of each, NUL (or LF) after it, raw bytes
 */
enum sink_kind {
	SINK_TABLE, SINK_NDJSON, SINK_CSV, SINK_ECS, SINK_BODYFILE, SINK_PATHS
};
bool	sink_parse(const char *name, enum sink_kind *k);

struct sink;
struct sink_opts {
	enum sink_kind	 kind;
	bool		 nul;		/* paths end in NUL, not in LF */
	bool		 explain;	/* table: the rules that spoke, below */
	size_t		 width;		/* of a terminal line; 0: as wide as needed */
	bool		 colour;
	const enum column_id *columns;	/* of table and csv; NULL: their own */
	size_t		 ncolumns;
};

/*
 * The columns that names means, "id,class,path", of a kind that has some.
 * -1 and err: which one there is not.
 */
int	sink_columns(enum sink_kind k, const char *names,
	    enum column_id v[COL_COUNT], size_t *n, struct err *err);

struct sink	*sink_new(FILE *out, const struct sink_opts *o);
void		 sink_put(struct sink *s, const struct row *r);
void		 sink_free(struct sink *s);	/* NULL allowed; does not close out */

/*
 * Does it need the record, or are facts enough (rec is NULL then)?  And of
 * the record the lists (recipients, hops, parts ...)?
 */
bool		 sink_wants_record(const struct sink_opts *o);
bool		 sink_wants_lists(const struct sink_opts *o);

/* Does it print what the rules say? */
bool		 sink_wants_said(const struct sink_opts *o);

/* What stdout is: its width (80 when unknown), and whether colour is welcome. */
size_t		 term_width(FILE *f);
bool		 term_colour(FILE *f);		/* a terminal, and no NO_COLOR */

/* Flush and look: 0, or -1 when something could not be written. */
int		 out_finish(void);
#endif
