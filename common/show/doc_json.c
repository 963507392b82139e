#include "base/json.h"
#include "mail/date.h"
#include "show/doc.h"

/* Markup in a script element ends it: so does "</", "<!--" opens a comment. */
void
script_string(struct buf *out, struct slice s)
{
	struct buf tmp = { 0 };
	size_t i;

	json_string(&tmp, s);
	for (i = 0; i < tmp.n; i++) {
		char c = tmp.p[i];

		if (c == '<' || c == '>' || c == '&')
			buf_fmt(out, "\\u%04x", (unsigned)c);
		else
			buf_addc(out, c);
	}
	buf_free(&tmp);
}

static void
key(struct buf *out, const char *name, bool *first)
{
	buf_fmt(out, "%s\"%s\":", *first ? "" : ",", name);
	*first = false;
}

/* "12,345" is a number here; what is none stays text. */
static void
value(struct buf *out, struct slice s, bool number)
{
	size_t i, digits = 0;

	for (i = 0; i < s.n && (ascii_digit(s.p[i]) || s.p[i] == ','); i++)
		digits += s.p[i] != ',';
	if (!number || i < s.n || digits == 0 || digits > 18) {
		json_string(out, s);
		return;
	}
	for (i = 0; i < s.n; i++)
		if (s.p[i] != ',')
			buf_addc(out, s.p[i]);
}

static void
put_rows(struct buf *out, const struct doc_block *b)
{
	size_t i, k;
	bool first;

	buf_addc(out, '[');
	for (i = 0; i < b->n; i += b->ncolumns) {
		buf_add(out, i == 0 ? SL("\n{") : SL(",\n{"));
		for (k = 0, first = true; k < b->ncolumns; k++) {
			if (b->cells[i + k].n == 0)
				continue;	/* absent */
			key(out, b->columns[k].name, &first);
			value(out, b->cells[i + k], b->columns[k].number);
		}
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

static void
put_lines(struct buf *out, const struct doc_block *b)
{
	size_t i;

	buf_addc(out, '[');
	for (i = 0; i < b->n; i++) {
		if (i > 0)
			buf_addc(out, ',');
		json_string(out, b->cells[i]);
	}
	buf_addc(out, ']');
}

static void
put_times(struct buf *out, const struct doc_chart *c)
{
	char at[DATE_TEXT];
	size_t i;
	int k;

	buf_fmt(out, "{\"step_seconds\":%lld,\"times\":[", (long long)c->step);
	for (i = 0; i < c->n; i++) {
		buf_fmt(out, "%s\n{\"at\":\"%s\"", i > 0 ? "," : "",
		    date_str(c->start + (int64_t)i * c->step, at));
		for (k = 0; k < C_COUNT; k++)
			buf_fmt(out, ",\"%s\":%llu", class_name((enum class)k),
			    (unsigned long long)c->v[i][k]);
		buf_addc(out, '}');
	}
	buf_add(out, SL("],\"events\":["));
	for (i = 0; i < c->nevents; i++) {
		buf_fmt(out, "%s\n{\"at\":\"%s\",\"what\":", i > 0 ? "," : "",
		    date_str(c->events[i].at, at));
		json_string(out, c->events[i].what);
		buf_addc(out, '}');
	}
	buf_add(out, SL("]}"));
}

/* A section's paragraphs are "text"; everything else has a name. */
static void
put_section(struct buf *out, const struct doc_section *s)
{
	bool first = true, any = false;
	size_t i;

	buf_fmt(out, ",\n\"%s\":{\"text\":[", s->id);
	for (i = 0; i < s->n; i++)
		if (s->blocks[i].kind == DOC_TEXT) {
			if (any)
				buf_addc(out, ',');
			json_string(out, s->blocks[i].text);
			any = true;
		}
	buf_addc(out, ']');
	for (i = 0, first = false; i < s->n; i++) {
		const struct doc_block *b = &s->blocks[i];

		if (b->kind == DOC_TEXT)
			continue;
		key(out, b->name, &first);
		if (b->kind == DOC_CHART)
			put_times(out, b->chart);
		else if (b->kind == DOC_LIST)
			put_lines(out, b);
		else
			put_rows(out, b);
	}
	buf_addc(out, '}');
}

void
doc_json(const struct doc *d, struct buf *out)
{
	size_t i;

	buf_add(out, SL("{\"v\":1,\"title\":"));
	json_string(out, d->title);
	buf_add(out, SL(",\"made\":"));
	json_string(out, d->when);
	for (i = 0; i < d->n; i++)
		put_section(out, &d->sections[i]);
	buf_add(out, SL("}\n"));
}
