#include "mail/date.h"
#include "show/doc.h"

/*
 * Marks that could mean something, or make a link of an address, get a
 * backslash: CommonMark 2.4, and the tables and links of GitHub.
 */
void
markdown_text(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (strchr("\\`*_[]<>#+!|~&$@{}", c) != NULL ||
		    (c == ':' && i + 1 < s.n && s.p[i + 1] == '/') ||
		    (c == '.' && i >= 3 && sl_ieq(SL("www"),
		    (struct slice){ s.p + i - 3, 3 })))
			buf_addc(out, '\\');
		buf_addc(out, c);
	}
}

static void
put_row(struct buf *out, const struct slice *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_add(out, SL("| "));
		markdown_text(out, v[i]);
		buf_addc(out, ' ');
	}
	buf_add(out, SL("|\n"));
}

static void
put_table(struct buf *out, const struct doc_block *b)
{
	struct slice titles[DOC_COLUMNS];
	size_t i;

	buf_fmt(out, "**%s**\n\n", b->title);
	for (i = 0; i < b->ncolumns; i++)
		titles[i] = sl(b->columns[i].title);
	put_row(out, titles, b->ncolumns);
	for (i = 0; i < b->ncolumns; i++)
		buf_fmt(out, "| %s ", b->columns[i].number ? "--:" : "---");
	buf_add(out, SL("|\n"));
	for (i = 0; i < b->n; i += b->ncolumns)
		put_row(out, b->cells + i, b->ncolumns);
	buf_addc(out, '\n');
}

static void
put_list(struct buf *out, const struct doc_block *b)
{
	size_t i;

	buf_fmt(out, "**%s**\n\n", b->title);
	for (i = 0; i < b->n; i++) {
		buf_add(out, SL("    "));
		buf_add(out, b->cells[i]);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
}

static void
put_chart(struct buf *out, const struct doc_chart *c)
{
	char at[DATE_TEXT];
	size_t i;

	markdown_text(out, c->said);
	buf_add(out, SL("\n\n"));
	for (i = 0; i < c->nevents; i++) {
		buf_fmt(out, "%zu. %s ", i + 1, date_str(c->events[i].at, at));
		markdown_text(out, c->events[i].what);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
}

static void
put_block(struct buf *out, const struct doc_block *b)
{
	switch (b->kind) {
	case DOC_TEXT:
		markdown_text(out, b->text);
		buf_add(out, SL("\n\n"));
		break;
	case DOC_TABLE:		put_table(out, b); break;
	case DOC_LIST:		put_list(out, b); break;
	case DOC_CHART:		put_chart(out, b->chart); break;
	case DOC_ENTRIES:	break;	/* spoollist prints them */
	}
}

void
doc_markdown(const struct doc *d, struct buf *out)
{
	size_t i, k;

	buf_add(out, SL("# "));
	markdown_text(out, d->title);
	buf_add(out, SL("\n\n"));
	markdown_text(out, d->when);
	buf_add(out, SL("\n\n"));
	for (i = 0; i < d->n; i++) {
		if (d->sections[i].title != NULL)
			buf_fmt(out, "## %s\n\n", d->sections[i].title);
		for (k = 0; k < d->sections[i].n; k++)
			put_block(out, &d->sections[i].blocks[k]);
	}
}
