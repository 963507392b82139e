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
	void		(*begin)(struct sink *s);
	void		(*put)(struct sink *s, const struct row *r);
};
extern const struct format format_table, format_ndjson, format_csv;

struct sink {
	FILE		*out;
	struct sink_opts o;
	const struct format *format;
	struct buf	 line;		/* printed after each put */
	struct buf	 cell, tmp;	/* for the format's use */
	size_t		 width[COL_COUNT];	/* table: 0 is not cut */
};
#endif
