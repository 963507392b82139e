#include "base/utf8.h"
#include "show/gauge.h"
#include "show/grid.h"

#define LABEL_MAX	256	/* bytes of a metric's label */

/* How the bands are called: where each ends, in minutes. */
static const char *const bands[COUNT_BANDS] = {
	"5m", "10m", "20m", "40m", "80m", "160m", "320m", "640m", "1280m",
	"older"
};

bool
gauge_off(const struct gauge *g, const struct count_row *r,
    struct baseline_off *off)
{
	struct buf name = { 0 };
	bool known;

	if (g->base == NULL)
		return false;
	baseline_name(&name, g->c->by, r);
	known = baseline_ask(g->base, buf_sl(&name), g->c->at, r, off);
	buf_free(&name);
	return known;
}

static struct slice
name_of(const struct count_row *r)
{
	if (r->key.n > 0)
		return r->key;
	return r->spool.n == 0 ? SL("total") : SL("(none)");
}

/* ---- table, ndjson, csv ---- */

enum { G_KEY, G_SPOOL, G_ENTRIES, G_BYTES, G_BAND, G_OLDEST = G_BAND +
    COUNT_BANDS, G_NORMAL, G_OFF, G_CHANGE, G_COLUMNS };

static void
name_columns(const struct gauge *g, struct grid_column v[G_COLUMNS])
{
	bool spools = false;
	size_t i;

	for (i = 1; i < g->c->n; i++)
		spools |= !sl_eq(g->c->rows[i].spool, g->c->rows[0].spool) &&
		    g->c->rows[i].spool.n > 0;
	for (i = 0; i < G_COLUMNS; i++)
		v[i] = (struct grid_column){ NULL, i > G_SPOOL, false };
	v[G_KEY].name = count_by_name(g->c->by);
	v[G_SPOOL] = (struct grid_column){ "spool", false, !spools };
	v[G_ENTRIES].name = g->c->by == COUNT_DOMAIN ? "recipients" :
	    "entries";
	v[G_BYTES].name = "bytes";
	for (i = 0; i < COUNT_BANDS; i++)
		v[G_BAND + i].name = bands[i];
	v[G_OLDEST].name = "oldest";
	v[G_NORMAL] = (struct grid_column){ "normal", true, g->base == NULL };
	v[G_OFF] = (struct grid_column){ "off", true, g->base == NULL };
	v[G_CHANGE] = (struct grid_column){ "change", true,
	    g->before == NULL };
}

/* 90 s, 12 min, 5 h, 3 d: for a table. */
static struct slice
age_text(struct arena *a, uint64_t s)
{
	if (s < 120)
		return arena_fmt(a, "%llus", (unsigned long long)s);
	if (s < 120 * 60)
		return arena_fmt(a, "%llum", (unsigned long long)s / 60);
	if (s < 48 * 3600)
		return arena_fmt(a, "%lluh", (unsigned long long)s / 3600);
	return arena_fmt(a, "%llud", (unsigned long long)s / 86400);
}

/* Nothing is a dash in a table. */
static struct slice
number(struct arena *a, uint64_t n, bool table)
{
	if (n == 0 && table)
		return (struct slice){ NULL, 0 };
	return arena_fmt(a, "%llu", (unsigned long long)n);
}

static void
fill_change(const struct gauge *g, const struct count_row *r,
    struct arena *a, struct slice *out)
{
	const struct count_row *was;

	if (g->before == NULL)
		return;
	was = r == &g->c->total ? &g->before->total :
	    count_find(g->before, r->spool, r->key);
	*out = arena_fmt(a, "%+lld", (long long)r->entries -
	    (was == NULL ? 0 : (long long)was->entries));
}

static void
put_row(struct grid *out, const struct gauge *g, const struct count_row *r,
    struct arena *a, bool table)
{
	struct slice v[G_COLUMNS] = { [G_KEY] = name_of(r),
	    [G_SPOOL] = r->spool };
	struct baseline_off off;
	size_t i;

	v[G_ENTRIES] = number(a, r->entries, false);
	v[G_BYTES] = number(a, r->bytes, false);
	for (i = 0; i < COUNT_BANDS; i++)
		v[G_BAND + i] = number(a, r->age[i], table);
	v[G_OLDEST] = table ? age_text(a, r->oldest) :
	    number(a, r->oldest, false);
	if (gauge_off(g, r, &off)) {
		v[G_NORMAL] = arena_fmt(a, "%.0f", off.normal);
		v[G_OFF] = arena_fmt(a, "%.1f", off.off);
	}
	fill_change(g, r, a, &v[G_CHANGE]);
	grid_put(out, v);
	arena_reset(a);
}

void
gauge_print(FILE *out, const struct gauge *g, const struct sink_opts *o)
{
	struct arena *a = arena_new();
	struct grid_column v[G_COLUMNS];
	struct grid *grid;
	bool table = o->kind == SINK_TABLE;
	size_t i;

	name_columns(g, v);
	grid = grid_new(out, o, v, G_COLUMNS);
	for (i = 0; i < g->c->n; i++)
		put_row(grid, g, &g->c->rows[i], a, table);
	put_row(grid, g, &g->c->total, a, table);
	grid_free(grid);
	arena_free(a);
}

/* ---- metrics ---- */

/* A label's value: valid UTF-8 on one line, as the format wants it. */
static void
add_label(struct buf *b, const char *name, struct slice s)
{
	struct buf clean = { 0 };
	size_t i;

	utf8_show(&clean, sl_first(s, LABEL_MAX), 0);
	buf_fmt(b, "%s=\"", name);
	for (i = 0; i < clean.n; i++) {
		if (clean.p[i] == '"' || clean.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, clean.p[i]);
	}
	buf_addc(b, '"');
	buf_free(&clean);
}

static void
add_labels(struct buf *b, const struct gauge *g, const struct count_row *r)
{
	add_label(b, "spool", r->spool);
	buf_addc(b, ',');
	add_label(b, count_by_name(g->c->by), name_of(r));
}

/* What is told of a row, but for the bands. */
enum metric { M_BYTES, M_OLDEST, M_NORMAL, M_OFF, METRICS };
static const struct {
	const char	*name, *help;
} metrics[METRICS] = {
	[M_BYTES] = { "bytes", "Bytes of these messages' files." },
	[M_OLDEST] = { "oldest_seconds", "Age of the oldest message." },
	[M_NORMAL] = { "normal_entries",
	    "What the baseline expects at this hour of the week." },
	[M_OFF] = { "off",
	    "Distance from normal, in spreads of the baseline." },
};

static bool
value_of(const struct gauge *g, const struct count_row *r, enum metric m,
    double *value)
{
	struct baseline_off off;

	if (m == M_BYTES || m == M_OLDEST) {
		*value = (double)(m == M_BYTES ? r->bytes : r->oldest);
		return true;
	}
	if (!gauge_off(g, r, &off))
		return false;
	*value = m == M_NORMAL ? off.normal : off.off;
	return true;
}

static void
add_head(struct buf *b, const char *name, const char *help)
{
	buf_fmt(b, "# HELP spoolkit_%s %s\n# TYPE spoolkit_%s gauge\n",
	    name, help, name);
}

static void
add_bands(struct buf *b, const struct gauge *g)
{
	size_t i, k;

	add_head(b, "entries", "Messages (by domain: recipients) in spools, "
	    "by age.");
	for (i = 0; i < g->c->n; i++)
		for (k = 0; k < COUNT_BANDS; k++) {
			buf_add(b, SL("spoolkit_entries{"));
			add_labels(b, g, &g->c->rows[i]);
			buf_fmt(b, ",age=\"%s\"} %llu\n", bands[k],
			    (unsigned long long)g->c->rows[i].age[k]);
		}
}

static void
add_metric(struct buf *b, const struct gauge *g, enum metric m)
{
	double value;
	size_t i;

	if (m >= M_NORMAL && g->base == NULL)
		return;
	add_head(b, metrics[m].name, metrics[m].help);
	for (i = 0; i <= g->c->n; i++) {
		const struct count_row *r = i < g->c->n ? &g->c->rows[i] :
		    &g->c->total;

		/* a sum that rows give already is not said twice */
		if ((r == &g->c->total && m < M_NORMAL) ||
		    !value_of(g, r, m, &value))
			continue;
		buf_fmt(b, "spoolkit_%s{", metrics[m].name);
		add_labels(b, g, r);
		buf_fmt(b, "} %.*f\n", m == M_OFF ? 2 : 0, value);
	}
}

static void
add_alarms(struct buf *b, const struct gauge *g)
{
	size_t i;

	if (g->nalarms > 0)
		add_head(b, "alarm", "1 while the condition holds.");
	for (i = 0; i < g->nalarms; i++) {
		buf_add(b, SL("spoolkit_alarm{"));
		add_label(b, "condition", g->alarms[i].text);
		buf_fmt(b, "} %d\n", g->fired[i]);
	}
}

void
gauge_metrics(FILE *out, const struct gauge *g)
{
	struct buf b = { 0 };
	int m;

	add_bands(&b, g);
	for (m = 0; m < METRICS; m++)
		add_metric(&b, g, (enum metric)m);
	add_alarms(&b, g);
	add_head(&b, "unread", "Folders and files that could not be read.");
	buf_fmt(&b, "spoolkit_unread %zu\n", g->c->unread);
	add_head(&b, "counted_time_seconds", "When this was counted.");
	buf_fmt(&b, "spoolkit_counted_time_seconds %lld\n",
	    (long long)g->c->at);
	add_head(&b, "counting_seconds", "How long that took.");
	buf_fmt(&b, "spoolkit_counting_seconds %.3f\n", g->took);
	fwrite(b.p, 1, b.n, out);
	buf_free(&b);
}
