#include "base/utf8.h"
#include "show/format.h"

#define DAY_COLS	10	/* 2004-01-05 */
#define MINUTE_COLS	16	/* 2004-01-05 01:00 */

static const enum column_id shown[] = {
	COL_CLASS, COL_DECISION, COL_FOLDER, COL_ARRIVED, COL_SIZE, COL_CLIENT,
	COL_SENDER, COL_RCPT, COL_SUBJECT, COL_FILE,
};

/* The last column gets what is left, and is not padded. */
static enum column_id
last(const struct sink *s)
{
	return s->shown[s->nshown - 1];
}

/*
 * What a line has beyond the least widths goes to all columns, in
 * proportion to what they lack; what they do not need, to the last one.
 */
static void
share_width(struct sink *s)
{
	size_t least = s->nshown - 1, lack = 0, left, more, get, i;

	for (i = 0; i < s->nshown; i++) {
		least += columns[s->shown[i]].least;
		lack += columns[s->shown[i]].most - columns[s->shown[i]].least;
	}
	left = s->o.width > least ? s->o.width - least : 0;
	more = left < lack ? left : lack;
	for (i = 0; i < s->nshown; i++) {
		const struct column *c = &columns[s->shown[i]];

		get = lack == 0 ? 0 : (c->most - c->least) * more / lack;
		s->width[s->shown[i]] = c->least + get;
		left -= get;
	}
	s->width[last(s)] += left;
}

size_t
table_cut(struct buf *out, struct slice s, size_t w)
{
	size_t at = out->n, used;

	/* Two more, so that a wide character beyond the end is seen. */
	used = utf8_show(out, s, w + 2);
	if (used <= w)
		return used;
	out->n = at;
	used = utf8_show(out, s, w - 1);
	buf_addc(out, '~');
	return used + 1;
}

static size_t
show_text(struct sink *s, struct slice text, size_t w)
{
	return w == 0 ? utf8_show(&s->line, text, 0) :
	    table_cut(&s->line, text, w);
}

/* "bob@example.org +12": the address is cut, not the number. */
static size_t
show_first(struct sink *s, struct slice text, size_t w)
{
	const char *blank = memrchr(text.p, ' ', text.n);
	struct slice tail;
	size_t used;

	if (blank == NULL)
		return show_text(s, text, w);
	tail = sl_from(text, (size_t)(blank - text.p));
	if (w < tail.n + 2)
		return show_text(s, text, w);
	used = show_text(s, sl_first(text, text.n - tail.n), w - tail.n);
	return used + utf8_show(&s->line, tail, 0);
}

/* Of a path that is too long the folders go first. */
static size_t
show_path(struct sink *s, struct slice text, size_t w)
{
	struct slice folder, rest = text;

	while (w != 0 && text.n > w && sl_cut(&rest, '/', &folder) &&
	    rest.n > 0)
		text = rest;
	return show_text(s, text, w);
}

/* Digits that do not fit become K, M, G ..., rounded up as du does. */
static size_t
show_size(struct sink *s, struct slice text, size_t w)
{
	static const char units[] = "KMGTPE";
	size_t at = s->line.n, unit = 0;
	uint64_t n = 0;

	if (w == 0 || text.n <= w || !sl_num(text, UINT64_MAX, &n))
		return show_text(s, text, w);
	do {
		s->line.n = at;
		n = n / 1024 + (n % 1024 != 0);
		buf_fmt(&s->line, "%llu%c", (unsigned long long)n,
		    units[unit++]);
	} while (s->line.n - at > w && units[unit] != '\0');
	return s->line.n - at;
}

/* The day and the minute, or the day. */
static size_t
show_time(struct sink *s, struct slice text, size_t w)
{
	size_t n = w == 0 || w >= MINUTE_COLS ? MINUTE_COLS : DAY_COLS, i;

	text = sl_first(text, n);
	for (i = 0; i < text.n; i++)
		buf_addc(&s->line, text.p[i] == 'T' ? ' ' : text.p[i]);
	return text.n;
}

static size_t
show_reason(struct sink *s, struct slice text, size_t w)
{
	const char *slash = memchr(text.p, '/', text.n);

	if (slash != NULL)
		text = sl_from(text, (size_t)(slash + 1 - text.p));
	return show_text(s, text, w);
}

static size_t (*const show[])(struct sink *, struct slice, size_t) = {
	[COL_TEXT] = show_text,
	[COL_UINT] = show_size,
	[COL_TIME] = show_time,
	[COL_REASON] = show_reason,
	[COL_FIRST] = show_first,
	[COL_PATH] = show_path,
};

void
table_pad(struct buf *b, size_t used, size_t width)
{
	for (; used < width; used++)
		buf_addc(b, ' ');
}

/* Put n blanks in front of what stands in the line from at on. */
static void
push_right(struct buf *b, size_t at, size_t n)
{
	buf_room(b, n);
	memmove(b->p + at + n, b->p + at, b->n - at);
	memset(b->p + at, ' ', n);
	b->n += n;
}

static void
put_cell(struct sink *s, enum column_id id, struct slice text,
    enum column_type how)
{
	size_t w = s->width[id], at = s->line.n, used;
	size_t full = w == 0 ? columns[id].most : w;

	if (text.n == 0)
		text = SL("-"), how = COL_TEXT;
	used = show[how](s, text, w);
	if (columns[id].type == COL_UINT && used < full)
		push_right(&s->line, at, full - used), used = full;
	if (id != last(s))
		table_pad(&s->line, used, full + 1);
	if (id != last(s) && used > full)
		buf_addc(&s->line, ' ');	/* not cut: still a gap */
}

static void
put_header(struct sink *s)
{
	size_t i;

	for (i = 0; i < s->nshown; i++)
		put_cell(s, s->shown[i], sl(columns[s->shown[i]].name), COL_TEXT);
	buf_addc(&s->line, '\n');
}

static void
table_begin(struct sink *s)
{
	if (s->o.width != 0)
		share_width(s);
	put_header(s);
}

static void
put_evidence(struct sink *s, const struct row *r)
{
	size_t i;

	for (i = 0; i < r->nsaid; i++) {
		buf_add(&s->line, i == 0 && r->decided ? SL("  * ") :
		    SL("    "));
		utf8_show(&s->line, r->said[i].rule, 0);
		buf_add(&s->line, SL(": "));
		utf8_show(&s->line, r->said[i].fact, 0);
		buf_addc(&s->line, '\n');
	}
}

static void
table_put(struct sink *s, const struct row *r)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < s->nshown; i++) {
		c = &columns[s->shown[i]];
		s->cell.n = 0;
		c->get(r, &s->cell);
		if (s->o.colour && s->shown[i] == COL_CLASS)
			buf_add(&s->line, sl(class_colour(r->class)));
		put_cell(s, s->shown[i], buf_sl(&s->cell), c->type);
		if (s->o.colour && s->shown[i] == COL_CLASS)
			buf_add(&s->line, SL(COLOUR_OFF));
	}
	buf_addc(&s->line, '\n');
	if (s->o.explain)
		put_evidence(s, r);
}

const struct format format_table = {
	.name = "table",
	.shown = shown, .nshown = sizeof(shown) / sizeof(shown[0]),
	.begin = table_begin, .put = table_put,
};
