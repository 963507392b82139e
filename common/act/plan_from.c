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
	struct plan_given given = { plan_below(f->tree, sl(row->rec->spool)),
	    row->path, row->folder, row->size, row->campaign };

	(void)err;
	if (given.spool.p != NULL) {		/* of another tree, else */
		plan_entry(f->p, nth, &given);
		plan_line(f->p, nth, row);
	}
	return 0;
}

int
plan_from_case(struct plan *p, struct casefile *c, const char *tree,
    const char *where, struct err *err)
{
	struct case_want want = { .where = where };
	struct case_rows rows = { 0 };
	struct arena *a = arena_new();
	struct from_case f = { p, case_abspath(a, tree) };
	int r;

	if (where == NULL)
		case_ahead(c);
	r = case_select_rows(c, &want, &rows, err);
	if (r == 0)
		r = case_envelopes(c, &rows, take_row, &f, err);
	plan_sort(p);
	case_rows_free(&rows);
	arena_free(a);
	return r;
}

void
plan_from_scan(struct plan *p, struct scan *scan, const struct judge *j,
    const char *tree)
{
	struct plan_given given;
	const struct facts *f;
	size_t i;

	for (i = 0; i < scan->n; i++) {
		f = scan->entries[i];
		given = (struct plan_given){ plan_below(sl(tree),
		    sl(scan->spools[f->spool])), sl(f->path),
		    judge_str(j, f->folder), f->size, f->campaign };
		if (given.spool.p != NULL)
			plan_entry(p, i, &given);
	}
	plan_sort(p);
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
