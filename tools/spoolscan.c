#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "io/progress.h"
#include "judge/judge.h"
#include "judge/scan.h"
#include "show/select.h"
#include "show/sink.h"
#include "show/summary.h"
#include "site/told.h"
#include "spool/spool.h"

static const char	*format, *output;
static bool		 lines, nul, explain, more, print_site, no_magic;
static uint64_t		 threads;
static struct site_told	 told;
static struct select	 sel;

static const struct opt opts[] = {
	{ 'f', "format", "name", "spool format; default: ask each driver",
	    .str = &format },
	SITE_OPTS(told),
	{ 'l', "list", NULL, "a line for each entry", .flag = &lines },
	{ 'o', "output", "kind", "table, ndjson, csv, ecs or bodyfile",
	    .str = &output },
	{ '0', "null", NULL, "paths, each ended by NUL", .flag = &nul },
	{ 'x', "explain", NULL, "with -l: every rule that spoke, and why",
	    .flag = &explain },
	SELECT_OPTS(sel),
	{ .name = "print-site", .help = "the site in use, as a site.conf(5)",
	    .flag = &print_site },
	{ .name = "no-magic", .help = "do not look up the types of files and "
	    "attachments", .flag = &no_magic },
	{ 'j', "threads", "n", "threads; default: one a processor",
	    .num = &threads, .max = 64 },
	{ 'v', "verbose", NULL, "longer lists", .flag = &more },
	{ .name = NULL },
};

static void
print_formats(void)
{
	const struct spool_driver *const *d;

	printf("\nformats:\n");
	for (d = spool_drivers(); *d != NULL; d++)
		printf("  %-11s %s\n", spool_driver_name(*d),
		    spool_driver_what(*d));
}

static const struct opt_cmd cmd = {
	.name = "spoolscan", .operands = "spool ...", .opts = opts,
	.what = "say what is in a mail spool, and why",
	.more = print_formats,
};

/* ---- what is ours ---- */

/* Without a file the rest is guessed, and said aloud. */
static void
guess_site(struct site *site, struct scan *scan)
{
	struct buf why = { 0 };
	struct slice rest, line;

	if (told.file != NULL)
		return;
	judge_guess(site, scan->strings, scan->entries, scan->n, &why);
	rest = buf_sl(&why);
	while (sl_cut(&rest, '\n', &line))
		diag_note("guessed: " SL_FMT, SL_ARG(line));
	if (why.n > 0)
		diag_note("guessed: wrong? say it with -d, -t, -g or -s");
	buf_free(&why);
}

/* ---- what is shown ---- */

static int
show_entries(struct scan *scan, const struct judge *j,
    struct facts *const *v, size_t n, enum sink_kind kind)
{
	struct sink_opts o = { .kind = kind, .nul = nul, .explain = explain,
	    .width = isatty(STDOUT_FILENO) ? term_width(stdout) : 0,
	    .colour = term_colour(stdout) };
	struct sink *sink = sink_new(stdout, &o);
	struct arena *a = arena_new();
	struct record rec, *r = sink_wants_record(&o) ? &rec : NULL;
	bool said = sink_wants_said(&o);
	struct err err = { 0 };
	struct row row;
	size_t i;

	for (i = 0; i < n && !sig_stop(); i++) {
		if (r != NULL && !scan_record(scan, v[i], a, r, &err))
			break;
		row_judged(&row, a, j, v[i], r, said);
		sink_put(sink, &row);
		arena_reset(a);
	}
	sink_free(sink);
	arena_free(a);
	if (err.code != ERR_NONE) {
		diag_warn(NULL, "%s", err.msg);
		return -1;
	}
	return 0;
}

static bool
utf8_terminal(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((v = getenv(names[i])) != NULL && v[0] != '\0')
			return sl_ifind(sl(v), SL("utf-8")) != NULL ||
			    sl_ifind(sl(v), SL("utf8")) != NULL;
	return false;
}

static void
add_args(struct buf *b, const char *option, const char *const *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_fmt(b, "%s ", option);
		quote_arg(b, v[i]);
		buf_addc(b, ' ');
	}
}

/* What told the site, as it has to be typed again. */
static void
site_args(struct buf *b)
{
	if (told.file != NULL)
		add_args(b, "-s", &told.file, 1);
	if (format != NULL)
		add_args(b, "-f", &format, 1);
	add_args(b, "-d", told.domains.v, told.domains.n);
	add_args(b, "-t", told.networks.v, told.networks.n);
	add_args(b, "-g", told.gateways.v, told.gateways.n);
	buf_addc(b, '\0');
}

/*
 * The operands, to be typed again.  Of very many the first few, and dots
 * that no shell and no spool has: better no command than half of one.
 */
static void
spool_args(struct buf *b, char *const paths[])
{
	size_t n = 0, i;
	bool dash = false;

	for (; paths[n] != NULL; n++)
		dash |= paths[n][0] == '-';
	if (dash)
		buf_add(b, SL(" --"));
	for (i = 0; i < n && (n <= 8 || i < 4); i++) {
		buf_addc(b, ' ');
		quote_arg(b, paths[i]);
	}
	if (i < n)
		buf_add(b, SL(" ..."));
	buf_addc(b, '\0');
}

static void
show_summary(struct scan *scan, const struct judge *j,
    struct facts *const *v, size_t n, bool filtered, char *const paths[])
{
	struct summary_opts o = { .width = term_width(stdout),
	    .rows = more ? 20 : 5, .colour = term_colour(stdout),
	    .utf8 = utf8_terminal(), .filtered = filtered };
	struct buf args = { 0 }, spools = { 0 };

	site_args(&args);
	o.site_args = args.p;
	spool_args(&spools, paths);
	o.spool_args = spools.p;
	summary_print(stdout, scan, j, v, n, &o);
	buf_free(&args);
	buf_free(&spools);
}

/* Each skipped entry on stderr; how many. */
static size_t
warn_unread(const struct scan *scan)
{
	struct buf where = { 0 };
	size_t n = 0, i;

	for (i = 0; i < scan->n; i++) {
		const struct facts *f = scan->entries[i];

		if (!f->unread)
			continue;
		where.n = 0;
		buf_fmt(&where, "%s/%s", scan->spools[f->spool], f->path);
		buf_addc(&where, '\0');
		diag_warn(where.p, SL_FMT,
		    SL_ARG(intern_str(scan->strings, f->problem)));
		n++;
	}
	buf_free(&where);
	return n;
}

static int
show(struct scan *scan, const struct judge *j, const struct selector *want,
    enum sink_kind kind, bool summary, char *const paths[])
{
	struct facts **v = xcalloc(scan->n, sizeof(*v));
	size_t n = 0, i;
	int status;

	for (i = 0; i < scan->n; i++)
		if (select_match(want, scan, scan->entries[i]))
			v[n++] = scan->entries[i];
	status = n > 0 ? STATUS_OK : STATUS_NONE;
	if (summary)
		show_summary(scan, j, v, n, select_any(want), paths);
	else if (show_entries(scan, j, v, n, kind) == -1)
		status = STATUS_FAILED;
	free(v);
	if (!summary && scan->vanished > 0)
		diag_note("%zu files went away while we looked: the spool is "
		    "live", scan->vanished);
	if (warn_unread(scan) > 0 && status != STATUS_FAILED)
		status = STATUS_PART;
	return status;
}

/* ---- the run ---- */

static void
on_progress(void *ctx, size_t entries, uint64_t bytes)
{
	progress_tell(ctx, entries, bytes);
}

static int
read_all(struct scan *scan, char *paths[], struct err *err)
{
	struct progress p;
	int r;

	progress_begin(&p, "reading");
	scan->progress = on_progress;
	scan->progress_ctx = &p;
	r = scan_read(scan, paths, err);
	progress_end(&p);
	return r;
}

static int
run(char *paths[], struct site *site, const struct selector *want,
    enum sink_kind kind, bool summary)
{
	struct scan scan = { .threads = (size_t)threads, .format = format,
	    .records = !summary && sink_wants_record(
	    &(struct sink_opts){ .kind = kind }) };
	struct err err = { 0 };
	struct judge *j;
	struct buf conf = { 0 };
	int status = STATUS_FAILED;

	scan.digests = scan.records && kind != SINK_PATHS;
	scan.contents = scan.digests;
	scan.types = !no_magic;
	if (read_all(&scan, paths, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		if (err.code == ERR_USAGE)
			status = STATUS_USAGE;
	} else if (scan.stopped) {
		diag_warn(NULL, "stopped after %zu messages", scan.n);
	} else {
		if (scan.no_types[0] != '\0')
			diag_note("%s", scan.no_types);
		guess_site(site, &scan);
		if (print_site) {
			site_print(site, &conf);
			fwrite(conf.p, 1, conf.n, stdout);
			buf_free(&conf);
			status = warn_unread(&scan) > 0 ? STATUS_PART :
			    STATUS_OK;
		} else {
			j = judge_new(site, scan.strings, scan.entries,
			    scan.n);
			judge_all(j);
			status = show(&scan, j, want, kind, summary, paths);
			judge_free(j);
		}
	}
	scan_free(&scan);
	return status;
}

int
main(int argc, char *argv[])
{
	struct err err = { 0 };
	struct site *site = site_new();
	struct selector *want = NULL;
	enum sink_kind kind = SINK_TABLE;
	int status;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL)
		opt_usage(&cmd, "which spool?");
	if (output != NULL && !sink_parse(output, &kind))
		opt_usage(&cmd, "-o %s: one of table, ndjson, csv, ecs, "
		    "bodyfile", output);
	if (nul)
		kind = SINK_PATHS;
	if (select_new(&want, &sel, &err) == -1 ||
	    site_tell(site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);

	status = run(argv, site, want, kind,
	    !lines && !nul && !explain && output == NULL);
	select_free(want);
	site_free(site);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
