#ifndef STAT_ALARM_H
#define STAT_ALARM_H
#include "stat/baseline.h"

/*
 * alarm - a condition on a row: "[KEY:]FIGURE>LIMIT", or <.
 *
 * FIGURE is entries, bytes, young (entries of the last 5 minutes), oldest
 * (age of the oldest) or off (how far from the baseline).  LIMIT is a
 * number, with K, M or G (1024) for bytes and s, m, h or d for oldest.
 * Without KEY it is about the total; KEY is a shell pattern over rows.
 */
enum alarm_figure {
	ALARM_ENTRIES, ALARM_BYTES, ALARM_YOUNG, ALARM_OLDEST, ALARM_OFF,
	ALARM_FIGURES
};

struct alarm {
	struct slice	 text;		/* as it was given */
	struct slice	 key;		/* p NULL: the total */
	enum alarm_figure figure;
	bool		 less;
	double		 limit;
};

/* -1 and err says what is wrong with it.  a points into text. */
int	alarm_parse(struct alarm *a, struct slice text, struct err *err);

/* Does it hold for the row?  off NULL: nothing is known of what is normal. */
bool	alarm_fires(const struct alarm *a, const struct count_row *r,
	    const struct baseline_off *off, double *figure);
#endif
