#include "mail/date.h"
#include "show/doc.h"

#define W	1080		/* of the drawing, in its own units */
#define H	250
#define LEFT	56
#define TOP	22
#define BOTTOM	26
#define PLOT_W	(W - LEFT - 8)
#define PLOT_H	(H - TOP - BOTTOM)
#define TICKS	6		/* of time */

/* The least round number that is n at least. */
static uint64_t
round_up(uint64_t n)
{
	static const uint64_t round[] = { 1, 2, 3, 4, 5, 6, 8 };
	uint64_t p;
	size_t i;

	for (p = 1; p < UINT64_MAX / 100; p *= 10)
		for (i = 0; i < sizeof(round) / sizeof(round[0]); i++)
			if (n <= round[i] * p)
				return round[i] * p;
	return n;
}

static uint64_t
sum_of(const struct doc_chart *c, size_t i)
{
	uint64_t n = 0;
	int k;

	for (k = 0; k < C_COUNT; k++)
		n += c->v[i][k];
	return n;
}

static uint64_t
largest(const struct doc_chart *c)
{
	uint64_t most = 1;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (sum_of(c, i) > most)
			most = sum_of(c, i);
	return most;
}

static void
draw_grid(struct buf *out, uint64_t top, struct arena *a)
{
	uint64_t parts = top % 4 == 0 ? 4 : top % 3 == 0 ? 3 :
	    top % 5 == 0 ? 5 : top, i;

	for (i = 0; i <= parts; i++) {
		double y = TOP + PLOT_H - (double)i * PLOT_H / (double)parts;
		struct slice n = doc_count(a, top / parts * i);

		buf_fmt(out, "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" "
		    "x2=\"%d\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" "
		    "text-anchor=\"end\">" SL_FMT "</text>\n", LEFT, y,
		    W - 8, y, LEFT - 8, y + 4, SL_ARG(n));
	}
}

static void
draw_bar(struct buf *out, const struct doc_chart *c, size_t i, uint64_t top)
{
	double w = (double)PLOT_W / (double)c->n, y = TOP + PLOT_H, h;
	int k;

	for (k = 0; k < C_COUNT; k++) {
		if (c->v[i][k] == 0)
			continue;
		h = (double)c->v[i][k] * PLOT_H / (double)top;
		y -= h;
		buf_fmt(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
		    "width=\"%.1f\" height=\"%.1f\"/>\n",
		    class_name((enum class)k), LEFT + (double)i * w + w * .08,
		    y, w * .84, h);
	}
}

static double
place(const struct doc_chart *c, int64_t at)
{
	return LEFT + (double)(at - c->start) * PLOT_W /
	    ((double)c->n * (double)c->step);
}

/* 2004-01-05, and the hour where a bar is less than a day. */
static void
draw_times(struct buf *out, const struct doc_chart *c)
{
	size_t every = (c->n + TICKS - 1) / TICKS, i;
	char at[DATE_TEXT];

	for (i = 0; i < c->n; i += every) {
		date_str(c->start + (int64_t)i * c->step, at);
		at[10] = ' ';
		at[c->step >= 86400 ? 10 : 16] = '\0';
		buf_fmt(out, "<text x=\"%.1f\" y=\"%d\">%s</text>\n",
		    place(c, c->start + (int64_t)i * c->step), H - 8, at);
	}
}

/* Those within the time shown; all are named below. */
static void
draw_events(struct buf *out, const struct doc_chart *c)
{
	int64_t end = c->start + (int64_t)c->n * c->step;
	double x;
	size_t i;

	for (i = 0; i < c->nevents; i++) {
		if (c->events[i].at < c->start || c->events[i].at >= end)
			continue;
		x = place(c, c->events[i].at);
		buf_fmt(out, "<line class=\"mark\" x1=\"%.1f\" y1=\"%d\" "
		    "x2=\"%.1f\" y2=\"%d\"/><rect class=\"flag\" x=\"%.1f\" "
		    "y=\"2\" width=\"18\" height=\"16\" rx=\"3\"/>"
		    "<text class=\"flagtext\" x=\"%.1f\" y=\"14\">%zu</text>\n",
		    x, TOP - 4, x, TOP + PLOT_H, x - 9, x, i + 1);
	}
}

void
chart_svg(const struct doc_chart *c, struct buf *out)
{
	struct arena *a = arena_new();
	uint64_t top = round_up(largest(c));
	size_t i;

	buf_fmt(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" "
	    "aria-labelledby=\"chart-t\"><title id=\"chart-t\">Messages over "
	    "time, by class</title>\n", W, H);
	draw_grid(out, top, a);
	for (i = 0; i < c->n; i++)
		draw_bar(out, c, i, top);
	draw_times(out, c);
	draw_events(out, c);
	buf_add(out, SL("</svg>\n"));
	arena_free(a);
}
