#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "judge/totals.h"
#include "log/rank.h"

/*
 * Reasons of streams, and their points.
 *
 * A count is compared on a scale of doublings, log2(1 + n), by how many
 * deviations it is above the median of the others; the deviation is the
 * median one (times 1.4826 it estimates that of a normal distribution), so
 * that a third of all accounts may be stolen before it is moved.  It is one
 * doubling at least: in a small office all are alike.
 */
#define ENOUGH		20	/* recipients to say anything */
#define OTHERS_MIN	5	/* senders to compare with */
#define FAR		4.0	/* deviations */
#define HOUR_MANY	50	/* recipients: half of what a log must show */
#define HOUR_MASS	200
#define SUDDEN		8	/* times its own busiest hour */
#define NETS_MANY	4
#define FORGED_MANY	5	/* domains */
#define BOUNCED_MIN	10
#define MAILING_MAX	2000	/* recipients of what one person may mean */
#define FLAGGED_MIN	5	/* messages */
#define FLAGGED_SHARE	30	/* % of them */
#define LIST_BOUNCED	10	/* % of its issues, and it is no list */
#define CLOCK_ROUND	20	/* hours of the day */
#define CLOCK_OFFICE	14	/* that others have at most */

/* One account, client or domain: all its streams. */
struct whole {
	uint32_t	who;
	enum stream_by	by;
	uint32_t	first, n;	/* of its streams */
	uint32_t	busy;		/* of its owner, or of all */
	uint32_t	own_busy;	/* of its owner; 0: unknown */
	uint64_t	rcpts, letters, known, bounced;
	uint32_t	clock;
	bool		owner;
};

struct compared {
	const struct stream *s;
	const struct whole *w;
	double		 busy, busy_dev;	/* of the others */
	unsigned	 known, bounced;	/* %, medians */
	unsigned	 clock;			/* hours, median */
	bool		 others;		/* enough of them */
};

static double
doublings(uint64_t n)
{
	return log2(1.0 + (double)n);
}

static unsigned
bits(uint32_t v)
{
	unsigned n = 0;

	for (; v != 0; v &= v - 1)
		n++;
	return n;
}

static unsigned
percent(uint64_t n, uint64_t of)
{
	return of == 0 ? 0 : (unsigned)(n * 100 / of);
}

static int
cmp_double(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(double *v, size_t n)
{
	if (n == 0)
		return 0;
	qsort(v, n, sizeof(*v), cmp_double);
	return n % 2 != 0 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* ---- reasons ---- */

static bool
by_account(const struct compared *c)
{
	return c->s->by == BY_ACCOUNT;
}

static bool
hourly(const struct compared *c)
{
	double x = doublings(c->s->busy);

	return c->s->busy >= HOUR_MANY && (!c->others ||
	    x - c->busy >= FAR * c->busy_dev);
}

/*
 * Where it can be told: the others have friends, or the same account has in
 * its other streams, and this one has next to none.
 */
static bool
strangers(const struct compared *c)
{
	return c->others && c->known >= 10 && (c->w->owner ||
	    by_account(c)) &&
	    (uint64_t)c->s->known * 1000 < (uint64_t)c->s->rcpts * c->known;
}

static bool
elsewhere(const struct compared *c)
{
	return by_account(c) && !c->s->owner && c->w->owner && c->known >= 10;
}

static bool
unseen(const struct compared *c)
{
	return by_account(c) && c->s->outside && !c->w->owner && !c->s->list &&
	    c->others && c->known >= 10;
}

static bool
scattered(const struct compared *c)
{
	return by_account(c) && !c->s->owner && c->s->nets >= NETS_MANY;
}

static bool
forged(const struct compared *c)
{
	return c->s->forged >= FORGED_MANY;
}

static bool
bounced(const struct compared *c)
{
	return c->s->bounced >= BOUNCED_MIN &&
	    percent(c->s->bounced, c->s->letters) >= 8 &&
	    (!c->others ||
	    percent(c->s->bounced, c->s->letters) >= 2 * c->bounced);
}

/*
 * A program on the server never sleeps, nor does one with an account of its
 * own, at one place.
 */
static bool
day_and_night(const struct compared *c)
{
	return c->others && c->s->by != BY_PROGRAM && c->clock <= CLOCK_OFFICE &&
	    (!by_account(c) || c->s->nets > 1) &&
	    bits(c->s->clock) >= CLOCK_ROUND;
}

static bool
sudden(const struct compared *c)
{
	return c->s->by != BY_PROGRAM && c->w->own_busy > 0 && !c->s->owner &&
	    c->s->busy >= HOUR_MANY &&
	    c->s->busy >= SUDDEN * c->w->own_busy;
}

/*
 * Nobody sits at it who could know them all; or the spool does not show who
 * knows whom.
 */
static bool
mass(const struct compared *c)
{
	return (c->s->by == BY_PROGRAM || !c->others || c->known < 10) &&
	    c->s->busy >= HOUR_MASS;
}

static bool
flagged(const struct compared *c)
{
	return c->s->flagged >= FLAGGED_MIN &&
	    percent(c->s->flagged, c->s->messages) >= FLAGGED_SHARE;
}

static const struct {
	bool		(*test)(const struct compared *c);
	uint32_t	 points, borrowed;	/* made as the owner's is */
} reasons[WHY_STREAMS] = {
	[WHY_HOURLY] = { hourly, 3, 3 },
	[WHY_STRANGERS] = { strangers, 1, 1 },
	[WHY_ELSEWHERE] = { elsewhere, 2, 1 },
	[WHY_UNSEEN] = { unseen, 1, 1 },
	[WHY_SCATTERED] = { scattered, 2, 1 },
	[WHY_FORGED] = { forged, 2, 2 },
	[WHY_BOUNCED] = { bounced, 2, 2 },
	[WHY_CLOCK] = { day_and_night, 1, 1 },
	[WHY_SUDDEN] = { sudden, 1, 1 },
	[WHY_FLAGGED] = { flagged, 2, 2 },
	[WHY_MASS] = { mass, 1, 1 },
};

/* Readers who want it: it does not come back. */
static bool
is_list(const struct stream *s)
{
	return s->list && percent(s->bounced, s->letters) < LIST_BOUNCED;
}

/*
 * Much at once, to strangers, from where its owner was not seen: so is a
 * letter to all customers or parents.  What such letters do not have is
 * forged senders, failures, a filter's bad word, or many networks; these
 * has a telephone, but it writes to the same people again.  And what few
 * people get is soon looked at, but once lost it is lost.
 */
static bool
may_be_meant(const struct stream *s)
{
	uint32_t never = 1u << WHY_FORGED | 1u << WHY_BOUNCED |
	    1u << WHY_FLAGGED;

	if ((uint64_t)s->letters * 2 < (uint64_t)s->rcpts * 3)
		never |= 1u << WHY_SCATTERED;
	return (s->rcpts < MAILING_MAX || s->steady * 3 >= s->rcpts) &&
	    (s->why & never) == 0;
}

static void
weigh(const struct compared *c, struct stream *s)
{
	unsigned i;

	if (s->rcpts < ENOUGH || is_list(s) || percent(s->known, s->rcpts) >= 10)
		return;
	for (i = 0; i < WHY_STREAMS; i++)
		if (reasons[i].test(c)) {
			s->why |= 1u << i;
			s->points += s->borrowed ? reasons[i].borrowed :
			    reasons[i].points;
		}
	s->meant = s->points >= STREAM_ABUSE && may_be_meant(s);
	if (s->meant)
		s->points = STREAM_MAYBE;
}

/* ---- the others ---- */

static void
whole_add(struct whole *w, const struct stream *s)
{
	w->n++;
	w->rcpts += s->rcpts;
	w->letters += s->letters;
	w->known += s->known;
	w->bounced += s->bounced;
	w->clock |= s->clock;
	w->owner |= s->owner;
	if (s->busy > w->busy)
		w->busy = s->busy;
	if (s->owner && s->busy > w->own_busy)
		w->own_busy = s->busy;
}

/* Streams of one who stand together. */
static size_t
wholes(const struct stream *v, size_t n, struct whole *w)
{
	size_t i, nw = 0;

	for (i = 0; i < n; i++) {
		if (nw == 0 || w[nw - 1].who != v[i].who ||
		    w[nw - 1].by != v[i].by)
			w[nw++] = (struct whole){ .who = v[i].who,
			    .by = v[i].by, .first = (uint32_t)i };
		whole_add(&w[nw - 1], &v[i]);
	}
	return nw;
}

static void
compare(struct compared *c, const struct whole *w, size_t n)
{
	double *v = xcalloc(n + 1, sizeof(*v));
	size_t i;

	c->others = n >= OTHERS_MIN;
	for (i = 0; i < n; i++)
		v[i] = percent(w[i].known, w[i].rcpts);
	c->known = (unsigned)median(v, n);
	for (i = 0; i < n; i++)
		v[i] = percent(w[i].bounced, w[i].letters);
	c->bounced = (unsigned)median(v, n);
	for (i = 0; i < n; i++)
		v[i] = bits(w[i].clock);
	c->clock = (unsigned)median(v, n);
	for (i = 0; i < n; i++)
		v[i] = doublings(w[i].busy);
	c->busy = median(v, n);
	for (i = 0; i < n; i++)
		v[i] = fabs(doublings(w[i].busy) - c->busy);
	c->busy_dev = 1.4826 * median(v, n);
	if (c->busy_dev < 1)
		c->busy_dev = 1;
	free(v);
}

void
unusual(struct stream *v, size_t n)
{
	struct whole *w = xcalloc(n + 1, sizeof(*w));
	struct compared c = { .s = NULL };
	size_t nw = wholes(v, n, w), i, k;

	compare(&c, w, nw);
	for (i = 0; i < nw; i++)
		for (k = w[i].first; k < w[i].first + w[i].n; k++) {
			c.s = &v[k];
			c.w = &w[i];
			weigh(&c, &v[k]);
		}
	free(w);
}

/* ---- for a person ---- */

static void
share(struct buf *out, uint64_t n, uint64_t of)
{
	uint64_t p = of == 0 ? 0 : n * 1000 / of;

	buf_fmt(out, "%llu.%llu %%", (unsigned long long)p / 10,
	    (unsigned long long)p % 10);
}

void
totals_say(const struct stream *s, struct buf *out)
{
	rank_number(out, s->rcpts);
	buf_add(out, SL(" recipients in "));
	rank_span(out, s->last - s->first);
	buf_add(out, SL(", "));
	rank_number(out, s->busy);
	buf_add(out, SL(" in the busiest hour; "));
	share(out, s->known, s->rcpts);
	buf_add(out, SL(" of them ever wrote to us, "));
	share(out, s->bounced, s->letters);
	buf_add(out, SL(" of what they were sent bounced"));
	if (s->why & (1u << WHY_ELSEWHERE | 1u << WHY_SCATTERED)) {
		buf_add(out, SL("; from "));
		rank_number(out, s->nets);
		buf_add(out, s->nets == 1 ? SL(" network") : SL(" networks"));
	}
	if (s->why & 1u << WHY_ELSEWHERE)
		buf_add(out, SL(" where its owner is not"));
	if (s->why & 1u << WHY_UNSEEN)
		buf_add(out, SL("; and nothing is seen of its owner"));
	if (s->why & 1u << WHY_FORGED) {
		buf_add(out, SL("; senders of "));
		rank_number(out, s->forged);
		buf_add(out, SL(" domains that are not ours"));
	}
	if (s->why & 1u << WHY_CLOCK)
		buf_add(out, SL("; day and night"));
	if (s->why & 1u << WHY_SUDDEN)
		buf_add(out, SL("; far above its own use before"));
	if (s->meant)
		buf_add(out, SL("; but an owner's mail can look like that"));
	if (s->why & 1u << WHY_FLAGGED) {
		buf_add(out, SL("; a filter of ours calls "));
		rank_number(out, s->flagged);
		buf_add(out, SL(" of its messages spam"));
	}
}
