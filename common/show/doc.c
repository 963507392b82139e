#include <stdio.h>

#include "show/doc.h"

struct doc_section *
doc_section(struct doc *d, const char *id, const char *title)
{
	struct doc_section *s = arena_more(d->a, &d->sections, &d->n, &d->cap,
	    sizeof(*s));

	*s = (struct doc_section){ .id = id, .title = title };
	return s;
}

static struct doc_block *
add(struct doc *d, struct doc_block b)
{
	struct doc_section *s = &d->sections[d->n - 1];
	struct doc_block *to = arena_more(d->a, &s->blocks, &s->n, &s->cap,
	    sizeof(*to));

	*to = b;
	return to;
}

void
doc_text(struct doc *d, struct slice text)
{
	add(d, (struct doc_block){ .kind = DOC_TEXT, .text = text });
}

struct doc_block *
doc_table(struct doc *d, const char *name, const char *title,
    const struct doc_column *columns, size_t n)
{
	return add(d, (struct doc_block){ .kind = DOC_TABLE, .name = name,
	    .title = title, .columns = columns, .ncolumns = n });
}

void
doc_row(struct doc *d, struct doc_block *table, const struct slice *cells)
{
	size_t i;

	for (i = 0; i < table->ncolumns; i++)
		*(struct slice *)arena_more(d->a, &table->cells, &table->n,
		    &table->cap, sizeof(*cells)) = cells[i];
}

struct doc_block *
doc_list(struct doc *d, const char *name, const char *title)
{
	return add(d, (struct doc_block){ .kind = DOC_LIST, .name = name,
	    .title = title });
}

void
doc_line(struct doc *d, struct doc_block *list, struct slice line)
{
	*(struct slice *)arena_more(d->a, &list->cells, &list->n, &list->cap,
	    sizeof(line)) = line;
}

void
doc_chart(struct doc *d, struct doc_chart *chart)
{
	add(d, (struct doc_block){ .kind = DOC_CHART, .name = "timeline",
	    .chart = chart });
}

struct doc_block *
doc_entries(struct doc *d, const struct doc_column *columns, size_t n)
{
	return add(d, (struct doc_block){ .kind = DOC_ENTRIES,
	    .name = "entries", .columns = columns, .ncolumns = n });
}

struct slice
doc_count(struct arena *a, uint64_t n)
{
	char text[32], out[48];
	size_t len = (size_t)snprintf(text, sizeof(text), "%llu",
	    (unsigned long long)n), i, k = 0;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = text[i];
	}
	return arena_dup(a, (struct slice){ out, k });
}
