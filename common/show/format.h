#ifndef SHOW_FORMAT_H
#define SHOW_FORMAT_H
#include "show/column.h"
#include "show/sink.h"

/*
 * format - what a sink is made of.  begin, which may be NULL, prints what
 * stands before the first entry; put appends one entry to line.
 */
struct format {
	const char	*name;
	bool		 record;	/* facts are not enough */
	bool		 lists;		/* recipients, hops ... of the record */
	const enum column_id *shown;	/* where it has columns */
	size_t		 nshown;
	void		(*begin)(struct sink *s);
	void		(*put)(struct sink *s, const struct row *r);
};
extern const struct format format_table, format_ndjson, format_csv,
    format_ecs, format_bodyfile;

/* A field of a CSV line, safe for spreadsheets; tmp is for its use. */
void	csv_field(struct buf *line, struct slice raw, struct buf *tmp);

/* s in at most w columns, at least 2; what does not fit ends in '~'. */
size_t	table_cut(struct buf *out, struct slice s, size_t w);
void	table_pad(struct buf *b, size_t used, size_t width);

/* One object of text and numbers on a line; what is empty is absent. */
void	json_line(struct buf *line, const char *const *names,
	    const bool *numbers, const struct slice *values, size_t n);

struct sink {
	FILE		*out;
	struct sink_opts o;
	const struct format *format;
	const enum column_id *shown;	/* o's, or the format's */
	size_t		 nshown;
	struct buf	 line;		/* printed after each put */
	struct buf	 cell, tmp;	/* for the format's use */
	size_t		 width[COL_COUNT];	/* table: 0 is not cut */
};
#endif
