#include <jansson.h>

#include "fuzz.h"
#include "judge/judge.h"
#include "show/sink.h"

/*
 * A message all the way: read, judged, printed.  Whatever it says, what
 * comes out is valid UTF-8 without control bytes: in the table; as one line
 * of JSON that a strict reader takes; as one row of CSV with a cell for
 * each name, none of which a spreadsheet would compute.
 */

static struct slice
printed(struct arena *a, enum sink_kind kind, const struct judge *j,
    const struct facts *f, const struct record *rec)
{
	const struct sink_opts o = { .kind = kind, .explain = true };
	struct slice all;
	struct sink *s;
	struct row row;
	char *p;
	size_t n;
	FILE *out = open_memstream(&p, &n);

	HOLDS(out != NULL);
	s = sink_new(out, &o);
	row_judged(&row, a, j, f, sink_wants_record(&o) ? rec : NULL,
	    sink_wants_said(&o));
	sink_put(s, &row);
	sink_free(s);
	fclose(out);
	all = arena_dup(a, (struct slice){ p, n });
	free(p);
	HOLDS(utf8_valid(all) && sl_iends(all, SL("\n")));
	return all;
}

static void
check_table(struct slice s)
{
	struct slice line;

	while (sl_cut(&s, '\n', &line))
		HOLDS(!has_control(line));
}

static void
check_ndjson(struct slice s)
{
	json_t *o = json_loadb(s.p, s.n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	HOLDS(json_is_object(o));
	json_decref(o);
	HOLDS(!has_control(sl_first(s, s.n - 1)));
}

/* Take one cell off the row; false at its end. */
static bool
next_cell(struct slice *row, struct slice *cell)
{
	size_t i = 0;
	bool quoted = false;

	if (row->p == NULL)
		return false;
	for (; i < row->n && (quoted || row->p[i] != ','); i++)
		quoted ^= row->p[i] == '"';
	HOLDS(!quoted);
	*cell = sl_first(*row, i);
	*row = i < row->n ? sl_from(*row, i + 1) : (struct slice){ NULL, 0 };
	return true;
}

static size_t
check_row(struct slice row)
{
	struct slice cell;
	size_t n = 0;

	HOLDS(!has_control(row));
	for (; next_cell(&row, &cell); n++) {
		if (sl_starts(cell, SL("\"")))
			cell = sl_from(cell, 1);
		cell = sl_trim(cell);
		HOLDS(cell.n == 0 || memchr("=+-@", cell.p[0], 4) == NULL);
	}
	return n;
}

static void
check_csv(struct slice s)
{
	struct slice names, row;

	HOLDS(sl_line(&s, &names) && sl_line(&s, &row) && s.n == 0);
	HOLDS(check_row(names) == check_row(row));
}

/* One line, eleven fields. */
static void
check_bodyfile(struct slice s)
{
	size_t bars = 0, i;

	HOLDS(!has_control(sl_first(s, s.n - 1)));
	for (i = 0; i < s.n; i++)
		bars += s.p[i] == '|';
	HOLDS(bars == 10);
}

static struct site *
our_site(void)
{
	struct site *s = site_new();
	struct err err;

	HOLDS(site_add(s, SITE_LOCAL, SL("example.org"), &err) == 0);
	HOLDS(site_add(s, SITE_HOST, SL("mx.example.org"), &err) == 0);
	HOLDS(site_add(s, SITE_TRUSTED, SL("192.0.2.0/24"), &err) == 0);
	return s;
}

static void
judge_and_print(struct arena *a, const struct record *rec, struct site *site)
{
	struct intern *in = intern_new();
	struct facts *f = facts_make(rec, a, in, NULL);
	struct buf why = { 0 };
	struct judge *j;

	judge_guess(site, in, &f, 1, &why);
	buf_free(&why);
	j = judge_new(site, in, &f, 1);
	judge_all(j);
	HOLDS(f->class < C_COUNT && judge_reason(f) != NULL);
	check_table(printed(a, SINK_TABLE, j, f, rec));
	check_ndjson(printed(a, SINK_NDJSON, j, f, rec));
	check_ndjson(printed(a, SINK_ECS, j, f, rec));
	check_csv(printed(a, SINK_CSV, j, f, rec));
	check_bodyfile(printed(a, SINK_BODYFILE, j, f, rec));
	judge_free(j);
	intern_free(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct spool_msg m = { .text = fuzz_input(data, n), .size = n };
	struct record rec = { .spool = "spool", .format = "eml",
	    .folder = "in", .path = sl_first(m.text, 64) };
	struct arena *a = fuzz_arena();
	struct site *site = n % 2 == 0 ? our_site() : site_new();

	rec.path = sl(arena_str(a, rec.path));
	record_read(&rec, a, fuzz_charsets(), &m, RECORD_HOPS_MAX);
	judge_and_print(a, &rec, site);
	site_free(site);
	return 0;
}
