#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "stat/baseline.h"

#define HOURS		168
#define TIMES_MAX	1000000000	/* of one hour that a file may say */
#define VALUE_MAX	1e15
#define NAME_LONGEST	2048	/* bytes, in a file */
#define NAME_MAX_PART	256	/* of a key or a path that names one */
#define CLIP		3.0	/* spreads that one count can teach */

/* One figure of one hour. */
struct figure {
	double	mean, var;
};
struct hour {
	uint64_t	n;	/* counts so far */
	struct figure	entries, young;
};
struct known {
	struct slice	 name;
	struct hour	 v[HOURS];
};

struct baseline {
	struct arena	*a;
	struct known	*v[BASELINE_NAMES];
	size_t		 n;
};

struct baseline *
baseline_new(void)
{
	struct baseline *b = xcalloc(1, sizeof(*b));

	b->a = arena_new();
	return b;
}

void
baseline_free(struct baseline *b)
{
	if (b == NULL)
		return;
	arena_free(b->a);
	free(b);
}

static const struct known *
find(const struct baseline *b, struct slice name)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (sl_eq(b->v[i]->name, name))
			return b->v[i];
	return NULL;
}

/* NULL: there are too many. */
static struct known *
make(struct baseline *b, struct slice name)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (sl_eq(b->v[i]->name, name))
			return b->v[i];
	if (b->n == BASELINE_NAMES)
		return NULL;
	b->v[b->n] = arena_alloc(b->a, sizeof(struct known));
	b->v[b->n]->name = arena_dup(b->a, name);
	return b->v[b->n++];
}

/* ---- the file ---- */

static bool
read_number(struct slice *rest, double *x)
{
	struct slice word;
	char s[32], *end;

	if (!sl_word(rest, &word) || word.n >= sizeof(s))
		return false;
	memcpy(s, word.p, word.n);
	s[word.n] = '\0';
	*x = strtod(s, &end);
	return end == s + word.n && *x >= 0 && *x <= VALUE_MAX;
}

static bool
read_figure(struct slice *rest, struct figure *f)
{
	double spread;

	if (!read_number(rest, &f->mean) || !read_number(rest, &spread))
		return false;
	f->var = spread * spread;
	return true;
}

static bool
is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f;
}

/* As baseline_name makes them: it is written again as it was. */
static bool
is_name(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_plain((unsigned char)s.p[i]))
			return false;
	return s.n <= NAME_LONGEST;
}

static int
read_line(struct baseline *b, struct slice line)
{
	struct slice name, hour, times, more;
	struct hour h = { 0 };
	struct known *k;
	uint64_t at;

	if (!sl_word(&line, &name) || !is_name(name) ||
	    !sl_word(&line, &hour) ||
	    !sl_num(hour, HOURS - 1, &at) || !sl_word(&line, &times) ||
	    !sl_num(times, TIMES_MAX, &h.n) ||
	    !read_figure(&line, &h.entries) ||
	    !read_figure(&line, &h.young) || sl_word(&line, &more) ||
	    (k = make(b, name)) == NULL)
		return -1;
	k->v[at] = h;
	return 0;
}

int
baseline_read(struct baseline *b, struct slice text, struct err *err)
{
	struct slice line;
	size_t n = 1;

	if (text.n == 0)
		return 0;
	if (!sl_line(&text, &line) ||
	    !sl_eq(line, SL("spoolkit-baseline 1")))
		return err_set(err, ERR_FORMAT, "not a baseline: it begins "
		    "otherwise");
	while (n++, sl_line(&text, &line))
		if (read_line(b, line) == -1)
			return err_set(err, ERR_FORMAT, "line %zu is no line "
			    "of a baseline", n);
	return 0;
}

static void
write_hour(struct buf *out, const struct known *k, size_t i)
{
	const struct hour *h = &k->v[i];

	if (h->n > 0)
		buf_fmt(out, SL_FMT " %zu %llu %.3f %.3f %.3f %.3f\n",
		    SL_ARG(k->name), i, (unsigned long long)h->n,
		    h->entries.mean, sqrt(h->entries.var), h->young.mean,
		    sqrt(h->young.var));
}

void
baseline_write(const struct baseline *b, struct buf *out)
{
	size_t i, hour;

	buf_add(out, SL("spoolkit-baseline 1\n"));
	for (i = 0; i < b->n; i++)
		for (hour = 0; hour < HOURS; hour++)
			write_hour(out, b->v[i], hour);
}

/* ---- asking ---- */

/* Monday 00:00 is 0.  1 January 1970 was a Thursday. */
static size_t
hour_of(int64_t at)
{
	int64_t h = (at / 3600 + 3 * 24) % HOURS;

	return (size_t)(h < 0 ? h + HOURS : h);
}

/* The hours i, i + step, ... together, where there is anything. */
static uint64_t
pool(const struct known *k, size_t i, size_t step, struct hour *out)
{
	uint64_t n = 0;
	double sum = 0;

	*out = (struct hour){ 0 };
	for (; i < HOURS; i += step) {
		const struct hour *h = &k->v[i];
		double w = h->n > 0 ? 1 : 0;

		n += h->n;
		sum += w;
		out->entries.mean += w * h->entries.mean;
		out->young.mean += w * h->young.mean;
		out->entries.var += w * (h->entries.var +
		    h->entries.mean * h->entries.mean);
		out->young.var += w * (h->young.var +
		    h->young.mean * h->young.mean);
	}
	if (sum == 0)
		return 0;
	out->entries.mean /= sum;
	out->young.mean /= sum;
	out->entries.var = out->entries.var / sum -
	    out->entries.mean * out->entries.mean;
	out->young.var = out->young.var / sum -
	    out->young.mean * out->young.mean;
	return n;
}

static bool
settle(const struct known *k, int64_t at, struct hour *out)
{
	size_t hour = hour_of(at);

	*out = k->v[hour];
	return out->n >= BASELINE_LEAST ||
	    pool(k, hour % 24, 24, out) >= BASELINE_LEAST ||
	    pool(k, 0, 1, out) >= BASELINE_LEAST;
}

/*
 * No less than chance makes of so many (a square root), a tenth, and three:
 * a queue of always 2 is not odd with 4.
 */
static double
spread(const struct figure *f)
{
	double s = f->var > 0 ? sqrt(f->var) : 0;

	s = fmax(s, sqrt(f->mean));
	s = fmax(s, f->mean / 10);
	return fmax(s, 3);
}

static double
distance(const struct figure *f, uint64_t x)
{
	return ((double)x - f->mean) / spread(f);
}

bool
baseline_ask(const struct baseline *b, struct slice name, int64_t at,
    const struct count_row *r, struct baseline_off *out)
{
	const struct known *k = find(b, name);
	double entries, young;
	struct hour h;

	if (k == NULL || !settle(k, at, &h))
		return false;
	entries = distance(&h.entries, r->entries);
	young = distance(&h.young, r->age[0]);
	*out = (struct baseline_off){ .normal = h.entries.mean,
	    .young = h.young.mean,
	    .off = fabs(young) > fabs(entries) ? young : entries };
	return true;
}

/* ---- learning ---- */

/* A mean that forgets, and its variance; known: what x is clipped by. */
static void
learn(struct figure *f, double x, double weight, const struct figure *known)
{
	double d, most;

	if (known != NULL) {
		most = CLIP * spread(known);
		x = fmin(x, known->mean + most);
		x = fmax(x, known->mean - most);
	}
	d = x - f->mean;
	f->mean += weight * d;
	f->var = (1 - weight) * (f->var + weight * d * d);
}

void
baseline_learn(struct baseline *b, struct slice name, int64_t at,
    const struct count_row *r)
{
	struct known *k = make(b, name);
	struct hour *h, was;
	double weight;
	bool told;

	if (k == NULL)
		return;
	told = settle(k, at, &was);
	h = &k->v[hour_of(at)];
	if (h->n < TIMES_MAX)
		h->n++;
	weight = 1 / fmin((double)h->n, BASELINE_MEMORY);
	learn(&h->entries, (double)r->entries, weight,
	    told ? &was.entries : NULL);
	learn(&h->young, (double)r->age[0], weight,
	    told ? &was.young : NULL);
}

static void
add_plain(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && i < NAME_MAX_PART; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_plain(c) && c != '%')
			buf_addc(out, (char)c);
		else
			buf_fmt(out, "%%%02X", c);
	}
}

void
baseline_name(struct buf *out, enum count_by by, const struct count_row *r)
{
	if (r->spool.n == 0) {
		buf_add(out, SL("total"));
		return;
	}
	buf_fmt(out, "%s:", count_by_name(by));
	add_plain(out, r->key);
	buf_addc(out, '@');
	add_plain(out, r->spool);
}
