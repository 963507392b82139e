#include <stdlib.h>
#include <string.h>

#include "act/plan_from.h"
#include "base/sig.h"

struct from_case {
	struct plan	*p;
	struct slice	 tree;
};

static int
take_path(void *ctx, size_t nth, struct slice spool, struct slice path,
    struct err *err)
{
	const struct from_case *f = ctx;

	(void)err;
	spool = plan_below(f->tree, spool);
	if (spool.p != NULL)		/* of another tree, else */
		plan_entry(f->p, nth, spool, path);
	return 0;
}

static int
take_row(void *ctx, size_t nth, const struct row *row, struct err *err)
{
	(void)err;
	plan_line(ctx, nth, row);
	return 0;
}

/*
 * What is alike lies together: the fields of one format, the parts of one
 * template.  Messages of a campaign that have one size are often the same but
 * for a name.
 */
int
plan_from_case(struct plan *p, struct casefile *c, const char *tree,
    const char *where, struct case_rows *rows, struct err *err)
{
	struct case_want want = { .where = where,
	    .order = "campaign IS NULL, campaign, spool, folder, size, row" };
	struct arena *a = arena_new();
	struct from_case f = { p, case_abspath(a, tree) };
	int r = case_select_rows(c, &want, rows, err);

	if (r == 0)
		r = case_paths(c, rows, take_path, &f, err);
	arena_free(a);
	return r;
}

int
plan_lines_from_case(struct plan *p, struct casefile *c,
    const struct case_rows *rows, struct err *err)
{
	return case_envelopes(c, rows, take_row, p, err);
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

void
plan_from_scan(struct plan *p, struct scan *scan, const struct judge *j,
    const char *tree)
{
	const struct facts *f;
	struct slice spool;
	size_t i;

	if (scan->n > 0)
		qsort_r(scan->entries, scan->n, sizeof(struct facts *),
		    by_likeness, (void *)(uintptr_t)j);
	for (i = 0; i < scan->n; i++) {
		f = scan->entries[i];
		spool = plan_below(sl(tree), sl(scan->spools[f->spool]));
		if (spool.p != NULL)
			plan_entry(p, i, spool, sl(f->path));
	}
}

int
plan_lines_from_scan(struct plan *p, struct scan *scan,
    const struct judge *j, struct err *err)
{
	struct arena *a = arena_new();
	struct record rec;
	struct row row;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < scan->n && !sig_stop(); i++) {
		if (!scan_record(scan, scan->entries[i], a, &rec, err))
			r = -1;
		else {
			row_judged(&row, a, j, scan->entries[i], &rec, false);
			plan_line(p, i, &row);
		}
		arena_reset(a);
	}
	arena_free(a);
	return r;
}
