#include "stat/tally.h"

void
tally_init(struct tally *t, int64_t at)
{
	*t = (struct tally){ .at = at, .a = arena_new(),
	    .keys = intern_new(),
	    .rows = { .size = sizeof(struct count_row) } };
}

void
tally_free(struct tally *t)
{
	idmap_free(&t->rows);
	intern_free(t->keys);
	buf_free(&t->tmp);
	arena_free(t->a);
}

static struct count_row *
row_at(const struct tally *t, size_t i)
{
	return &((struct count_row *)(void *)t->rows.rows)[i];
}

static struct count_row *
find_row(struct tally *t, struct slice spool, struct slice key)
{
	struct count_row *r;
	struct slice kept;

	t->tmp.n = 0;
	buf_add(&t->tmp, spool);
	buf_addc(&t->tmp, '\0');
	buf_add(&t->tmp, key);
	r = idmap_row(&t->rows, intern(t->keys, buf_sl(&t->tmp)));
	if (r->spool.p == NULL) {
		kept = arena_dup(t->a, buf_sl(&t->tmp));
		r->spool = sl_first(kept, spool.n);
		r->key = sl_from(kept, spool.n + 1);
	}
	return r;
}

/* Mostly it is the one that was added to last. */
static struct count_row *
row_of(struct tally *t, struct slice spool, struct slice key)
{
	struct count_row *r;

	if (t->rows.n > 0) {
		r = row_at(t, t->last_row);
		if (sl_eq(r->key, key) && sl_eq(r->spool, spool))
			return r;
	}
	r = find_row(t, spool, key);
	t->last_row = (size_t)(r - row_at(t, 0));
	return r;
}

static size_t
band(uint64_t age)
{
	uint64_t end = COUNT_TICK;
	size_t i;

	for (i = 0; i < COUNT_BANDS - 1 && age >= end; i++)
		end *= 2;
	return i;
}

static void
add(struct count_row *r, const struct one *x, int64_t at, size_t nth)
{
	uint64_t age = x->arrived < at ? (uint64_t)(at - x->arrived) : 0;

	r->entries++;
	r->age[band(age)]++;
	if (r->last != nth)		/* a message has its bytes once */
		r->bytes += x->bytes;
	r->last = nth;
	if (age > r->oldest)
		r->oldest = age;
}

void
tally_add(struct tally *t, const char *spool, struct slice key,
    const struct one *x)
{
	add(row_of(t, sl(spool), key), x, t->at, t->nth);
	add(&t->total, x, t->at, t->nth);
}

void
tally_unread(struct tally *t, const char *path, const struct err *err)
{
	if (t->unread++ > 0)
		return;
	t->why = *err;
	err_at(&t->why, "%s", path);
}

void
row_merge(struct count_row *to, const struct count_row *from)
{
	size_t i;

	to->entries += from->entries;
	to->bytes += from->bytes;
	for (i = 0; i < COUNT_BANDS; i++)
		to->age[i] += from->age[i];
	if (from->oldest > to->oldest)
		to->oldest = from->oldest;
}

void
tally_merge(struct tally *to, const struct tally *from)
{
	size_t i;

	for (i = 0; i < from->rows.n; i++) {
		const struct count_row *r = row_at(from, i);

		row_merge(find_row(to, r->spool, r->key), r);
	}
	row_merge(&to->total, &from->total);
	to->vanished += from->vanished;
	if (to->unread == 0)
		to->why = from->why;
	to->unread += from->unread;
}
