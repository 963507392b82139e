#include "base/utf8.h"
#include "show/format.h"

static const enum column_id shown[] = {
	COL_ID, COL_CLASS, COL_RULE, COL_KIND, COL_FOLDER, COL_FORMAT,
	COL_SIZE, COL_ARRIVED, COL_DATE, COL_SENDER, COL_SENDER_PROV,
	COL_NRCPTS, COL_RCPTS, COL_CLIENT, COL_ACCOUNT, COL_HELO,
	COL_MESSAGE_ID, COL_FROM, COL_SUBJECT, COL_SHA256, COL_SPOOL,
	COL_FILE, COL_PROBLEMS, COL_JUDGED, COL_MARKED_BY, COL_BECAUSE,
	COL_CAMPAIGN,
};

/*
 * Text that a spreadsheet would compute.  Blanks in front do not protect:
 * some importers drop them.
 */
static bool
is_formula(struct slice raw, struct slice visible)
{
	if (raw.n > 0 && memchr("\t\r\n", raw.p[0], 3) != NULL)
		return true;
	visible = sl_trim(visible);
	return visible.n > 0 && memchr("=+-@", visible.p[0], 4) != NULL;
}

static bool
wants_quotes(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == ',')
			return true;
	return s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
}

/* RFC 4180 2; line ends inside a field are blanks by now. */
static void
put_field(struct buf *out, struct slice s)
{
	bool quoted = wants_quotes(s);
	size_t i;

	if (!quoted) {
		buf_add(out, s);
		return;
	}
	buf_addc(out, '"');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_addc(out, '"');
		buf_addc(out, s.p[i]);
	}
	buf_addc(out, '"');
}

void
csv_field(struct buf *line, struct slice raw, struct buf *tmp)
{
	tmp->n = 0;
	utf8_show(tmp, raw, 0);
	if (is_formula(raw, buf_sl(tmp))) {
		tmp->n = 0;
		buf_addc(tmp, '\'');
		utf8_show(tmp, raw, 0);
	}
	put_field(line, buf_sl(tmp));
}

static void
csv_begin(struct sink *s)
{
	size_t i;

	for (i = 0; i < s->nshown; i++) {
		if (i > 0)
			buf_addc(&s->line, ',');
		buf_add(&s->line, sl(columns[s->shown[i]].name));
	}
	buf_add(&s->line, SL("\r\n"));
}

static void
csv_put(struct sink *s, const struct row *r)
{
	size_t i;

	for (i = 0; i < s->nshown; i++) {
		if (i > 0)
			buf_addc(&s->line, ',');
		s->cell.n = 0;
		columns[s->shown[i]].get(r, &s->cell);
		csv_field(&s->line, buf_sl(&s->cell), &s->tmp);
	}
	buf_add(&s->line, SL("\r\n"));
}

const struct format format_csv = {
	.name = "csv", .record = true, .lists = true,
	.shown = shown, .nshown = sizeof(shown) / sizeof(shown[0]),
	.begin = csv_begin, .put = csv_put,
};
