#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "show/cells.h"

/* ---- table ---- */

static void
put_cell(FILE *out, struct slice text, size_t width, bool last)
{
	struct buf b = { 0 };
	size_t cols = utf8_show(&b, text, last ? 0 : width);

	while (!last && cols++ < width + 2)
		buf_addc(&b, ' ');
	fwrite(b.p == NULL ? "" : b.p, 1, b.n, out);
	buf_free(&b);
}

static bool
is_last(const struct cell *c, size_t n, size_t i)
{
	for (i++; i < n; i++)
		if (c[i].width > 0)
			return false;
	return true;
}

static void
table_put(FILE *out, const struct cell *c, size_t n, bool head)
{
	char digits[24];
	struct slice text;
	size_t i;

	for (i = 0; i < n; i++) {
		if (c[i].width == 0)
			continue;
		snprintf(digits, sizeof(digits), "%" PRIu64, c[i].n);
		if (head)
			text = sl(c[i].name);
		else if (c[i].type == CELL_TEXT)
			text = c[i].text;
		else if (c[i].type == CELL_UINT)
			text = sl(digits);
		else
			text = c[i].n ? SL("yes") : SL("-");
		put_cell(out, text, c[i].width, is_last(c, n, i));
	}
	putc('\n', out);
}

/* ---- ndjson ---- */

static json_t *
value(const struct cell *c)
{
	struct buf b = { 0 };
	json_t *v;

	if (c->type == CELL_UINT)
		return json_integer((json_int_t)c->n);
	if (c->type == CELL_TRUTH)
		return json_boolean(c->n != 0);
	if (c->text.n == 0)
		return NULL;
	utf8_clean(&b, c->text);
	v = json_stringn_nocheck(b.p, b.n);
	buf_free(&b);
	return v;
}

static void
json_put(FILE *out, const struct cell *c, size_t n)
{
	json_t *o = json_object(), *v;
	char *text;
	size_t i;

	json_object_set_new_nocheck(o, "v", json_integer(1));
	for (i = 0; i < n; i++)
		if ((v = value(&c[i])) != NULL)
			json_object_set_new_nocheck(o, c[i].name, v);
	if ((text = json_dumps(o, JSON_COMPACT)) == NULL)
		xalloc_die(n);
	fprintf(out, "%s\n", text);
	free(text);
	json_decref(o);
}

void
cells_head(FILE *out, enum sink_kind kind, const struct cell *c, size_t n)
{
	if (kind == SINK_TABLE)
		table_put(out, c, n, true);
}

void
cells_put(FILE *out, enum sink_kind kind, const struct cell *c, size_t n)
{
	if (kind == SINK_TABLE)
		table_put(out, c, n, false);
	else
		json_put(out, c, n);
}
