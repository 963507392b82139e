#ifndef SHOW_GAUGE_H
#define SHOW_GAUGE_H
#include "show/sink.h"
#include "stat/alarm.h"

/*
 * gauge - prints a count: a table with qshape's bands of age, the same as
 * ndjson or csv, or as metrics in Prometheus' text format.
 */
struct gauge {
	const struct count *c;
	const struct baseline *base;	/* NULL: none */
	const struct count *before;	/* of the last interval; NULL: none */
	const struct alarm *alarms;
	const bool	*fired;		/* of each */
	size_t		 nalarms;
	double		 took;		/* seconds */
};

/* o.kind: table, ndjson or csv. */
void	gauge_print(FILE *out, const struct gauge *g,
	    const struct sink_opts *o);
void	gauge_metrics(FILE *out, const struct gauge *g);

/* The row's distance from normal; false: unknown. */
bool	gauge_off(const struct gauge *g, const struct count_row *r,
	    struct baseline_off *off);
#endif
