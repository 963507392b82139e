#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "case/case.h"
#include "case/check.h"
#include "case/ledger.h"
#include "io/progress.h"
#include "show/grid.h"
#include "show/select.h"

static const char	*case_file, *where, *output, *columns_named, *by, *sort,
			*head;
static bool		 nul, explain, gone, ledger, verify;
static uint64_t		 top;
static struct select	 sel;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'c', "case", "file", "the case", .str = &case_file },
	{ 'w', "where", "condition", "SQL over entries; see spool-case(5)",
	    .str = &where },
	{ 'o', "output", "kind", "table, ndjson, csv, ecs or bodyfile",
	    .str = &output },
	{ .name = "columns", .arg = "a,b", .help = "of table or csv, in this "
	    "order", .str = &columns_named },
	{ '0', "null", NULL, "paths, each ended by NUL", .flag = &nul },
	{ 'x', "explain", NULL, "every rule that spoke, and why",
	    .flag = &explain },
	{ .name = "by", .arg = "what", .help = "totals by client, account, "
	    "sender, campaign, class or hour", .str = &by },
	{ .name = "sort", .arg = "column", .help = "smallest first; -column: "
	    "largest first", .str = &sort },
	{ 'n', "top", "n", "so many, no more", .num = &top,
	    .max = 1000000000 },
	{ .name = "gone", .help = "also what a scan did not find any more",
	    .flag = &gone },
	SELECT_OPTS(sel),
	{ .name = "ledger", .help = "what was done, by whom and when",
	    .flag = &ledger },
	{ .name = "verify", .help = "ledger, schema, and the files as they "
	    "are now", .flag = &verify },
	{ .name = "head", .arg = "hash", .help = "with --verify: must be in "
	    "the ledger", .str = &head },
	SANDBOX_OPTS(box),
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoollist", .operands = "", .opts = opts,
	.what = "choose entries of a case, and print them",
};

/* What main has made of the options. */
struct list {
	struct casefile	*c;
	struct case_want want;
	struct sink_opts o;
	enum column_id	 columns[COL_COUNT];
	struct buf	 filter, order;
	size_t		 n;		/* printed so far */
};

/* ---- entries ---- */

static int
put_entry(struct list *l, struct sink *sink, const struct case_entry *e,
    struct arena *a, struct err *err)
{
	struct record rec = { 0 };
	struct row row;

	if (!sink_wants_lists(&l->o) && !sink_wants_said(&l->o))
		case_glance(e, a, &row);
	else if (case_row(l->c, e->row, a, &row, &rec, err) == -1)
		return -1;
	sink_put(sink, &row);
	arena_reset(a);
	l->n++;
	return 0;
}

static int
list_entries(struct list *l, struct err *err)
{
	struct case_cursor *cur;
	struct case_entry e;
	struct arena *a;
	struct sink *sink;
	int r;

	if (case_select(l->c, &l->want, &cur, err) == -1)
		return -1;
	a = arena_new();
	sink = sink_new(stdout, &l->o);
	while (!sig_stop() && (r = case_next(cur, &e, err)) != 0)
		if (r == -1 || (r = put_entry(l, sink, &e, a, err)) == -1)
			break;
	sink_free(sink);
	arena_free(a);
	case_cursor_free(cur);
	return r;
}

/* ---- totals ---- */

static bool
parse_by(const char *name, enum case_by *out)
{
	int i;

	for (i = 0; i < CASE_BYS; i++)
		if (strcmp(name, case_by_name((enum case_by)i)) == 0) {
			*out = (enum case_by)i;
			return true;
		}
	return false;
}

struct totals {
	struct list	*l;
	struct grid	*g;
};

static int
put_total(void *ctx, const struct case_total *t, struct err *err)
{
	const uint64_t n[] = { t->entries, t->relay, t->backscatter, t->spam,
	    t->legit, t->unsure, t->bytes, t->recipients, t->clients,
	    t->accounts, t->senders };
	struct totals *to = ctx;
	struct slice d[11];
	char digits[11][24];
	size_t i;

	(void)err;
	for (i = 0; i < 11; i++) {
		snprintf(digits[i], sizeof(digits[i]), "%llu",
		    (unsigned long long)n[i]);
		d[i] = sl(digits[i]);
	}
	grid_put(to->g, (struct slice[]){ t->key, d[0], d[1], d[2], d[3],
	    d[4], d[5], d[6], t->first, t->last, d[7], d[8], d[9], d[10],
	    t->sample, t->label });
	to->l->n++;
	return 0;
}

static int
list_totals(struct list *l, enum case_by key, struct err *err)
{
	const struct grid_column v[] = { { .name = by },
	    { "entries", true, false }, { "relay", true, false },
	    { "backscatter", true, false }, { "spam", true, false },
	    { "legit", true, false }, { "unsure", true, false },
	    { "bytes", true, false }, { "first", false, false },
	    { "last", false, false }, { "recipients", true, false },
	    { "clients", true, false }, { "accounts", true, false },
	    { "senders", true, false }, { "sample", false, false },
	    { "what", false, false } };
	struct totals to = { l, grid_new(stdout, &l->o, v,
	    key == CASE_BY_CAMPAIGN ? 16 : 11) };
	int r = case_totals(l->c, &l->want, key, put_total, &to, err);

	grid_free(to.g);
	return r;
}

/* ---- the ledger ---- */

static int
put_done(void *ctx, const struct ledger_row *row, struct err *err)
{
	struct totals *to = ctx;
	char id[24], hash[2 * sizeof(row->hash) + 1];

	(void)err;
	snprintf(id, sizeof(id), "%lld", (long long)row->id);
	hex_str(row->hash, sizeof(row->hash), hash);
	grid_put(to->g, (struct slice[]){ sl(id), row->at, row->who, row->host,
	    row->tool, row->version, row->verb, row->what, row->result,
	    row->args, sl(hash) });
	to->l->n++;
	return 0;
}

static int
list_ledger(struct list *l, struct err *err)
{
	static const struct grid_column v[] = { { "id", true, false },
	    { "at", false, false }, { "who", false, false },
	    { "host", false, true }, { "tool", false, false },
	    { "version", false, true }, { "verb", false, false },
	    { "what", false, false }, { "result", false, false },
	    { "args", false, true }, { "hash", false, true } };
	struct totals to = { l, grid_new(stdout, &l->o, v,
	    sizeof(v) / sizeof(v[0])) };
	int r = ledger_read(l->c, put_done, &to, err);

	grid_free(to.g);
	return r;
}

/* ---- is it as it was? ---- */

static bool
parse_head(const char *hex, uint8_t out[32])
{
	size_t i;

	if (strlen(hex) != 64)
		return false;
	for (i = 0; i < 64; i++)
		if (ascii_hex(hex[i]) == -1)
			return false;
	for (i = 0; i < 32; i++)
		out[i] = (uint8_t)(ascii_hex(hex[2 * i]) << 4 |
		    ascii_hex(hex[2 * i + 1]));
	return true;
}

static void
on_differing(void *ctx, const char *why)
{
	(void)ctx;
	diag_warn(NULL, "%s", why);
}

static void
on_progress(void *ctx, size_t entries, uint64_t bytes)
{
	progress_tell(ctx, entries, bytes);
}

static int
verify_files(struct list *l, bool *same, struct err *err)
{
	struct case_check check = { .differs = on_differing };
	struct progress p;
	int r;

	progress_begin(&p, "comparing");
	check.progress = on_progress;
	check.progress_ctx = &p;
	r = case_check_files(l->c, &l->want, &check, err);
	progress_end(&p);
	if (r == 0)
		printf("entries: %zu as they were scanned, %zu changed, %zu "
		    "gone, %zu never read\n", check.same, check.changed,
		    check.gone, check.unread);
	*same = check.changed == 0;
	return r;
}

static int
verify_ledger(struct list *l, bool *good, struct err *err)
{
	uint8_t want[32], hash[32];
	char hex[2 * sizeof(hash) + 1];
	int64_t rows, id;
	int r = ledger_verify(l->c, head != NULL && parse_head(head, want) ?
	    want : NULL, &rows, err);

	if ((*good = r == 1) == false)
		return r;
	if (ledger_head(l->c, &id, hash, err) == -1)
		return -1;
	hex_str(hash, sizeof(hash), hex);
	printf("ledger: %lld rows, head %s\n", (long long)rows, hex);
	return 0;
}

/* Each that differs is told; all are looked at. */
static int
verify_all(struct list *l, bool *good, struct err *err)
{
	bool same;
	int r;

	if (verify_ledger(l, good, err) == -1)
		return -1;
	if (!*good)
		diag_warn(NULL, "%s", err->msg);
	if ((r = case_check_schema(l->c, err)) == -1)
		return -1;
	if (r == 0)
		diag_warn(NULL, "%s", err->msg);
	else
		printf("schema: as it should be\n");
	*good &= r == 1;
	r = verify_files(l, &same, err);
	*good &= same;
	return r;
}

/* ---- options ---- */

static void
read_columns(struct list *l)
{
	struct err err;

	if (columns_named == NULL)
		return;
	if (sink_columns(l->o.kind, columns_named, l->columns,
	    &l->o.ncolumns, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	l->o.columns = l->columns;
}

/* A column's name as an ORDER BY; the view has some by other names. */
static void
read_sort(struct list *l)
{
	enum column_id v[COL_COUNT];
	const char *name = sort;
	struct err err;
	size_t n;

	if (sort == NULL)
		return;
	name += name[0] == '-';
	if (sink_columns(SINK_CSV, name, v, &n, &err) == -1 || n != 1 ||
	    v[0] == COL_PROBLEMS)
		opt_usage(&cmd, "--sort: %s: not a column to sort by", name);
	buf_fmt(&l->order, "%s%s", v[0] == COL_FROM ? "header_from" :
	    columns[v[0]].name, name == sort ? "" : " DESC");
	buf_addc(&l->order, '\0');
	l->want.order = l->order.p;
}

static void
read_filter(struct list *l)
{
	struct selector *s;
	struct err err;

	if (select_new(&s, &sel, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	select_sql(s, &l->filter);
	buf_addc(&l->filter, '\0');
	l->want.filter = l->filter.p;
	select_free(s);
}

static void
read_options(struct list *l, enum case_by *key)
{
	uint8_t hash[32];

	if (case_file == NULL)
		opt_usage(&cmd, "which case? -c case.db");
	if (output != NULL && !sink_parse(output, &l->o.kind))
		opt_usage(&cmd, "-o %s: one of table, ndjson, csv, ecs, "
		    "bodyfile", output);
	if (nul)
		l->o.kind = SINK_PATHS;
	if (by != NULL && !parse_by(by, key))
		opt_usage(&cmd, "--by %s: one of client, account, sender, "
		    "campaign, class, hour", by);
	if ((by != NULL || ledger) && l->o.kind > SINK_CSV)
		opt_usage(&cmd, "--by and --ledger: -o table, ndjson or csv");
	if (head != NULL && !parse_head(head, hash))
		opt_usage(&cmd, "--head: not 64 hexadecimal digits");
	read_columns(l);
	read_sort(l);
	read_filter(l);
	l->want.where = where;
	l->want.gone = gone;
	l->want.most = (size_t)top;
}

/* Files of the spools are read to be verified only. */
static int
confine(struct list *l, struct err *err)
{
	if (case_confine(l->c, &box, err) == -1 ||
	    (verify && case_places(l->c, &box, err) == -1))
		return -1;
	sandbox_enter(&box);
	return 0;
}

static int
run(struct list *l, enum case_by key)
{
	struct err err = { 0 }, closing;
	bool good = true;
	int r = case_open(&l->c, case_file, CASE_READ, &err);

	if (r == 0)
		r = confine(l, &err);
	if (r == 0 && verify)
		r = verify_all(l, &good, &err);
	else if (r == 0 && ledger)
		r = list_ledger(l, &err);
	else if (r == 0 && by != NULL)
		r = list_totals(l, key, &err);
	else if (r == 0)
		r = list_entries(l, &err);
	if (l->c != NULL && case_close(l->c, &closing) == -1 && r == 0) {
		r = -1;
		err = closing;
	}
	if (r == -1) {
		diag_warn(NULL, "%s", err.msg);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
	}
	if (verify)
		return good ? STATUS_OK : STATUS_NONE;
	return l->n > 0 ? STATUS_OK : STATUS_NONE;
}

int
main(int argc, char *argv[])
{
	enum case_by key = CASE_BY_CLIENT;
	struct list l = { .n = 0 };
	int status;

	diag_init(argv[0]);
	sig_init();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] != NULL)
		opt_usage(&cmd, "no operands: -w chooses");
	l.o = (struct sink_opts){ .kind = SINK_TABLE, .nul = nul,
	    .explain = explain, .colour = term_colour(stdout),
	    .width = isatty(STDOUT_FILENO) ? term_width(stdout) : 0 };
	read_options(&l, &key);
	status = run(&l, key);
	buf_free(&l.filter);
	buf_free(&l.order);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
