#include <stdlib.h>

#include "base/sig.h"
#include "judge/scan.h"
#include "site/beside.h"
#include "stat/tally.h"

static const char *const bys[COUNT_BYS] = {
	"folder", "domain", "sender", "client", "account", "class"
};

bool
count_by_parse(const char *name, enum count_by *by)
{
	size_t i;

	for (i = 0; i < COUNT_BYS; i++)
		if (sl_eq(sl(bys[i]), sl(name))) {
			*by = (enum count_by)i;
			return true;
		}
	return false;
}

const char *
count_by_name(enum count_by by)
{
	return bys[by];
}

/* ---- by reading ---- */

static void
add_domains(struct tally *t, const struct scan *s, const struct facts *f,
    const struct one *x)
{
	size_t i;

	for (i = 0; i < f->nrcpts; i++)
		if (!f->rcpts[i].done)
			tally_add(t, s->spools[f->spool], intern_str(
			    s->strings, f->rcpts[i].domain), x);
}

static struct slice
key_of(const struct count *c, const struct scan *s, const struct facts *f)
{
	switch (c->by) {
	case COUNT_SENDER:
		return f->null_sender ? SL("<>") :
		    intern_str(s->strings, f->sender_domain);
	case COUNT_CLIENT:
		return intern_str(s->strings, f->client);
	case COUNT_ACCOUNT:
		return intern_str(s->strings, f->account);
	default:
		return sl(class_name((enum class)f->class));
	}
}

/* Who handed a message to us, and with what account, the judge settles. */
static void
judge_them(struct count *c, struct scan *s)
{
	struct judge *j;

	if (c->guess) {
		site_beside(c->site, s->spools, s->formats, s->nspools,
		    &c->guessed);
		judge_guess(c->site, s->strings, s->entries, s->n,
		    &c->guessed);
	}
	j = judge_new(c->site, s->strings, s->entries, s->n);
	judge_all(j);
	judge_free(j);
}

static void
tally_scan(struct count *c, struct tally *t, const struct scan *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct facts *f = s->entries[i];
		struct one x = { f->size, f->arrived };

		t->nth++;
		if (f->unread)
			tally_unread(t, f->path, &(struct err){ .code =
			    ERR_FORMAT, .msg = "cannot be read" });
		if (c->by == COUNT_DOMAIN)
			add_domains(t, s, f, &x);
		else
			tally_add(t, s->spools[f->spool], key_of(c, s, f),
			    &x);
	}
	t->vanished += s->vanished;
}

static int
scan_paths(struct count *c, struct tally *t, char *const paths[],
    struct err *err)
{
	struct scan s = { .threads = c->threads, .format = c->format };
	int r = scan_read(&s, paths, err);

	if (r == 0 && !s.stopped) {
		if (c->by != COUNT_DOMAIN && c->by != COUNT_SENDER)
			judge_them(c, &s);
		tally_scan(c, t, &s);
	}
	scan_free(&s);
	return r;
}

/* ---- */

/* The largest first, then by name: two runs print the same. */
static int
by_size(const void *a, const void *b)
{
	const struct count_row *x = a, *y = b;
	int r;

	if (x->entries != y->entries)
		return x->entries > y->entries ? -1 : 1;
	if ((r = sl_cmp(x->spool, y->spool)) != 0)
		return r;
	return sl_cmp(x->key, y->key);
}

/* The rows point into the tally's arena, which is the count's from now on. */
static void
take(struct count *c, struct tally *t)
{
	c->a = t->a;
	c->total = t->total;
	c->n = t->rows.n;
	c->rows = arena_alloc(c->a, (c->n + 1) * sizeof(*c->rows));
	if (c->n > 0) {
		memcpy(c->rows, t->rows.rows, c->n * sizeof(*c->rows));
		qsort(c->rows, c->n, sizeof(*c->rows), by_size);
	}
	c->vanished = t->vanished;
	c->unread = t->unread;
	c->why = t->why;
	t->a = NULL;
}

int
count_spools(struct count *c, char *const paths[], struct err *err)
{
	struct tally t;
	int r;

	tally_init(&t, c->at);
	if (c->by == COUNT_FOLDER)
		r = tally_walk(&t, c->threads, paths, c->format, err);
	else
		r = scan_paths(c, &t, paths, err);
	c->stopped = sig_stop();
	take(c, &t);
	tally_free(&t);
	return r;
}

void
count_fold(struct count *c, size_t n)
{
	struct count_row rest = { .spool = SL(""), .key = SL(COUNT_OTHERS) };
	size_t i;

	if (c->n <= n)
		return;
	for (i = n; i < c->n; i++)
		row_merge(&rest, &c->rows[i]);
	c->rows[n] = rest;
	c->n = n + 1;
}

const struct count_row *
count_find(const struct count *c, struct slice spool, struct slice key)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (sl_eq(c->rows[i].spool, spool) &&
		    sl_eq(c->rows[i].key, key))
			return &c->rows[i];
	return NULL;
}

void
count_free(struct count *c)
{
	arena_free(c->a);
	buf_free(&c->guessed);
	c->a = NULL;
}
