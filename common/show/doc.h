#ifndef SHOW_DOC_H
#define SHOW_DOC_H
#include "base/arena.h"
#include "base/buf.h"
#include "judge/facts.h"

/*
 * doc - a report before it has a form: sections of paragraphs, tables, lists
 * and a chart, printed as one HTML page, as Markdown, or as JSON.
 *
 * Text in it is UTF-8 in which nothing hides (utf8_visible), and otherwise as
 * hostile as the mail it comes from: the three that print it escape it.
 * Memory is the arena's.
 */
struct doc_column {
	const char	*name;		/* in JSON */
	const char	*title;
	bool		 number;
};
#define DOC_COLUMNS	12

struct doc_event {
	int64_t		 at;
	struct slice	 what;
};

/* Messages over time, stacked by class; v[i] is from start + i * step on. */
struct doc_chart {
	int64_t		 start, step;
	size_t		 n;
	uint64_t	(*v)[C_COUNT];
	struct doc_event *events;
	size_t		 nevents;
	struct slice	 said;		/* the same in words */
};

enum doc_kind { DOC_TEXT, DOC_TABLE, DOC_LIST, DOC_CHART, DOC_ENTRIES };
struct doc_block {
	enum doc_kind	 kind;
	const char	*name;		/* in JSON; of all but text */
	const char	*title;
	struct slice	 text;
	const struct doc_column *columns;
	size_t		 ncolumns;
	struct slice	*cells;		/* rows one behind the other */
	size_t		 n, cap;	/* of cells, or lines of a list */
	struct doc_chart *chart;
};

struct doc_section {
	const char	*id, *title;
	struct doc_block *blocks;
	size_t		 n, cap;
};

struct doc {
	struct arena	*a;
	struct slice	 title, when;
	struct doc_section *sections;
	size_t		 n, cap;
};

struct doc_section *doc_section(struct doc *d, const char *id,
	    const char *title);
void	doc_text(struct doc *d, struct slice text);
struct doc_block *doc_table(struct doc *d, const char *name,
	    const char *title, const struct doc_column *columns, size_t n);
/* A row, of so many slices as the table has columns. */
void	doc_row(struct doc *d, struct doc_block *table,
	    const struct slice *cells);
struct doc_block *doc_list(struct doc *d, const char *name,
	    const char *title);
void	doc_line(struct doc *d, struct doc_block *list, struct slice line);
void	doc_chart(struct doc *d, struct doc_chart *chart);
/* Entries are rows of a table that a browser shows in a way of its own. */
struct doc_block *doc_entries(struct doc *d, const struct doc_column *columns,
	    size_t n);

/* "12,345", in the arena. */
struct slice	doc_count(struct arena *a, uint64_t n);

void	doc_html(const struct doc *d, struct buf *out);
void	doc_markdown(const struct doc *d, struct buf *out);
void	doc_json(const struct doc *d, struct buf *out);

/* Text within an element or a quoted attribute. */
void	html_text(struct buf *out, struct slice s);
void	markdown_text(struct buf *out, struct slice s);
/* A string of JSON that may stand in a script element, too. */
void	script_string(struct buf *out, struct slice s);

/* The chart as inline SVG. */
void	chart_svg(const struct doc_chart *c, struct buf *out);
#endif
