#include <stdlib.h>
#include <string.h>

#include "act/plan_from.h"
#include "base/sig.h"

struct from_case {
	struct plan	*p;
	struct slice	 tree;
};

static int
take_row(void *ctx, size_t nth, const struct row *row, struct err *err)
{
	const struct from_case *f = ctx;
	struct slice spool = plan_below(f->tree, sl(row->rec->spool));

	(void)err;
	if (spool.p != NULL)		/* of another tree, else */
		plan_entry(f->p, nth, spool, row);
	return 0;
}

/*
 * What is alike lies together: the fields of one format, the parts of one
 * template.  Messages of a campaign that have one size are often the same but
 * for a name.
 */
int
plan_from_case(struct plan *p, struct casefile *c, const char *tree,
    const char *where, struct err *err)
{
	struct case_want want = { .where = where,
	    .order = "campaign IS NULL, campaign, spool, folder, size, row" };
	struct arena *a = arena_new();
	struct from_case f = { p, case_abspath(a, tree) };
	int r = case_envelopes(c, &want, take_row, &f, err);

	arena_free(a);
	return r;
}

/* The same order; campaign 0, of those in none, is the last. */
static int
by_likeness(const void *a, const void *b, void *ctx)
{
	const struct judge *j = ctx;
	const struct facts *x = *(struct facts *const *)a;
	const struct facts *y = *(struct facts *const *)b;
	uint32_t m = x->campaign - 1, n = y->campaign - 1;
	int c = 0;

	if (m != n)
		return m < n ? -1 : 1;
	if (x->spool != y->spool)
		return x->spool < y->spool ? -1 : 1;
	if (x->folder != y->folder && (c = sl_cmp(judge_str(j, x->folder),
	    judge_str(j, y->folder))) != 0)
		return c;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return strcmp(x->path, y->path);
}

int
plan_from_scan(struct plan *p, struct scan *scan, const struct judge *j,
    const char *tree, struct err *err)
{
	struct arena *a = arena_new();
	struct record rec;
	struct slice spool;
	struct row row;
	size_t i;
	int r = 0;

	if (scan->n > 0)
		qsort_r(scan->entries, scan->n, sizeof(struct facts *),
		    by_likeness, (void *)(uintptr_t)j);
	for (i = 0; r == 0 && i < scan->n && !sig_stop(); i++) {
		spool = plan_below(sl(tree),
		    sl(scan->spools[scan->entries[i]->spool]));
		if (spool.p == NULL)
			continue;
		if (!scan_record(scan, scan->entries[i], a, &rec, err))
			r = -1;
		else {
			row_judged(&row, a, j, scan->entries[i], &rec, false);
			plan_entry(p, i, spool, &row);
		}
		arena_reset(a);
	}
	arena_free(a);
	return r;
}
