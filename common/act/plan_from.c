#include <stdlib.h>
#include <string.h>

#include "act/plan_from.h"
#include "base/sig.h"

static int
take_row(struct plan *p, struct casefile *c, struct slice tree, int64_t n,
    struct arena *a, struct err *err)
{
	struct slice spool;
	struct record rec;
	struct row row;

	if (case_envelope(c, n, a, &row, &rec, err) == -1)
		return -1;
	spool = plan_below(tree, sl(rec.spool));
	if (spool.p != NULL)		/* of another tree, else */
		plan_entry(p, spool, &row);
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
	struct arena *a = arena_new(), *step = arena_new();
	struct slice abs = case_abspath(a, tree);
	struct case_cursor *cur;
	int64_t row;
	int r = case_select(c, &want, &cur, err);

	if (r == 0) {
		while (!sig_stop() && r == 0 && case_next_row(cur, &row)) {
			r = take_row(p, c, abs, row, step, err);
			arena_reset(step);
		}
		case_cursor_free(cur);
	}
	arena_free(step);
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
			plan_entry(p, spool, &row);
		}
		arena_reset(a);
	}
	arena_free(a);
	return r;
}
