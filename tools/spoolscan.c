#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "case/ledger.h"
#include "case/past.h"
#include "case/store.h"
#include "io/progress.h"
#include "judge/judge.h"
#include "judge/rspamd.h"
#include "judge/scan.h"
#include "show/guess.h"
#include "show/select.h"
#include "show/sink.h"
#include "show/summary.h"
#include "site/beside.h"
#include "site/told.h"
#include "spool/spool.h"

static const char	*case_file, *format, *output, *rspamd_url;
static bool		 lines, nul, explain, more, print_site, no_magic;
static bool		 folders;	/* each operand is one */
static uint64_t		 threads;
static struct site_told	 told;
static struct select	 sel;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'c', "case", "file", "keep all of it in this case", .str = &case_file },
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
	{ .name = "rspamd", .arg = "url", .help = "ask this rspamd about mail "
	    "that stays unsure", .str = &rspamd_url },
	{ 'j', "threads", "n", "threads; default: one a processor",
	    .num = &threads, .max = 64 },
	SANDBOX_OPT(box),
	{ 'v', "verbose", NULL, "longer lists, and what the sandbox is made "
	    "of", .flag = &more },
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
	.name = "spoolscan", .operands = "[spool ...]", .opts = opts,
	.what = "say what is in a mail spool, and why",
	.more = print_formats,
};

/* ---- what is ours ---- */

/* Without a file the rest is guessed, and said aloud. */
static void
guess_site(struct site *site, struct scan *scan)
{
	struct buf why = { 0 };

	if (told.file != NULL)
		return;
	site_beside(site, scan->spools, scan->formats, scan->nspools, &why);
	judge_guess(site, scan->strings, scan->entries, scan->n, &why);
	guess_say(&why);
	if (why.n > 0)
		diag_note("guessed: wrong? say it with -d, -t, -g or -s");
	buf_free(&why);
}

static void
beside_say(const struct scan *scan)
{
	struct slice rest = buf_sl(&scan->beside), line;

	while (sl_cut(&rest, '\n', &line))
		diag_note(SL_FMT, SL_ARG(line));
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

/* What told the site, as it has to be typed again. */
static void
site_args(struct buf *b)
{
	if (format != NULL)
		site_told_arg(b, "-f", &format, 1);
	site_told_args(&told, b);
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
	    .utf8 = utf8_terminal(), .filtered = filtered,
	    .folders = folders };
	struct buf args = { 0 }, spools = { 0 }, kept = { 0 };

	if (case_file != NULL) {
		quote_arg(&kept, case_file);
		buf_addc(&kept, '\0');
	}
	o.case_arg = kept.p;
	site_args(&args);
	o.site_args = args.p;
	spool_args(&spools, paths);
	o.spool_args = spools.p;
	summary_print(stdout, scan, j, v, n, &o);
	buf_free(&args);
	buf_free(&spools);
	buf_free(&kept);
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

/* What is asked for, beside the options. */
struct job {
	char		**paths;
	struct slice	 args;		/* the command line, for the ledger */
	struct site	*site;
	const struct selector *want;
	enum sink_kind	 kind;
	bool		 summary;
	struct casefile	*cf;		/* NULL: nothing is kept */
	struct rspamd	*rspamd;	/* NULL: nobody is asked */
	struct progress	 progress;
};

static void
on_progress(void *ctx, size_t entries, uint64_t bytes)
{
	progress_tell(ctx, entries, bytes);
}

/* What is read and written is known: no more than that from here on. */
static int
confine(struct scan *scan, struct job *job, struct err *err)
{
	struct arena *a = arena_new();
	size_t i;
	int r = 0;

	if (scan_ready(scan, err) == -1 || (job->cf != NULL &&
	    case_confine(job->cf, &box, err) == -1) || (rspamd_url != NULL &&
	    rspamd_new(&job->rspamd, rspamd_url, !box.off, err) == -1))
		r = -1;
	for (i = 0; r == 0 && job->paths[i] != NULL; i++) {
		sandbox_path(&box, job->paths[i]);
		if (told.file == NULL)
			site_beside_allow(&box, a, job->paths[i]);
	}
	box.tell = more;
	if (r == 0)
		sandbox_enter(&box);
	arena_free(a);
	return r;
}

static int
read_all(struct scan *scan, struct job *job, struct err *err)
{
	int r;

	if (confine(scan, job, err) == -1)
		return -1;
	progress_begin(&job->progress, "reading");
	scan->progress = on_progress;
	scan->progress_ctx = &job->progress;
	r = scan_read(scan, job->paths, err);
	progress_end(&job->progress);
	beside_say(scan);
	return r;
}

static int
keep(struct scan *scan, const struct judge *j,
    const struct case_campaigns *known, struct job *job)
{
	struct case_changes n;
	struct err err = { 0 };
	int r;

	progress_begin(&job->progress, "keeping");
	r = case_store(job->cf, scan, j, known, job->args, &n, &err);
	progress_end(&job->progress);
	if (r == -1)
		diag_warn(NULL, "%s", err.msg);
	else
		diag_note("%s: %zu new, %zu changed, %zu moved, %zu gone, "
		    "%zu as before", case_path(job->cf), n.fresh, n.changed,
		    n.moved, n.gone, n.same);
	if (r == 0 && n.marked > 0)
		diag_note("%s: %zu are marked otherwise than judged here: "
		    "spoollist has both", case_path(job->cf), n.marked);
	return r;
}

static int
print_conf(const struct site *site, const struct scan *scan)
{
	struct buf conf = { 0 };

	site_print(site, &conf);
	fwrite(conf.p, 1, conf.n, stdout);
	buf_free(&conf);
	return warn_unread(scan) > 0 ? STATUS_PART : STATUS_OK;
}

/* What stays unsure is asked about; -1: not all of it was answered. */
static int
ask(struct scan *scan, struct judge *j, struct job *job)
{
	struct rspamd_sums n;

	if (job->rspamd == NULL)
		return 0;
	progress_begin(&job->progress, "asking rspamd");
	rspamd_ask(job->rspamd, scan, j, &n);
	progress_end(&job->progress);
	diag_note("rspamd: %zu asked about, %zu of them spam", n.asked,
	    n.bad);
	if (n.packed > 0)
		diag_warn(NULL, "rspamd: %zu messages of an archive were not "
		    "asked about", n.packed);
	if (n.failed > 0)
		diag_warn(NULL, "rspamd: no answer about %zu messages: %s",
		    n.failed, n.why);
	return n.packed + n.failed > 0 ? -1 : 0;
}

/* What the case knows, and the judge has to; past.v NULL: nothing. */
static int
read_case(struct scan *scan, const struct job *job, struct case_past *past,
    struct case_campaigns *known, struct err *err)
{
	if (job->cf == NULL)
		return 0;
	if (case_past_read(job->cf, scan, past, err) == -1 ||
	    case_campaigns_read(job->cf, scan, known, err) == -1)
		return -1;
	case_past_known(past, known);
	return 0;
}

static int
judge_and_show(struct scan *scan, struct job *job)
{
	struct case_campaigns known = { 0 };
	struct case_past past = { 0 };
	struct err err = { 0 };
	struct judge *j;
	int status, asked;

	if (scan->no_types[0] != '\0')
		diag_note("%s", scan->no_types);
	guess_site(job->site, scan);
	if (print_site)
		return print_conf(job->site, scan);
	if (read_case(scan, job, &past, &known, &err) == -1)
		diag_warn(NULL, "%s", err.msg);
	if (past.v != NULL && err.msg[0] == '\0')
		j = judge_new(job->site, scan->strings, past.v, past.n);
	else
		j = judge_new(job->site, scan->strings, scan->entries,
		    scan->n);
	judge_known(j, known.v, known.n, known.used);
	judge_threads(j, scan->threads);
	judge_all(j);
	if (scan->n > 0 && !site_has(job->site, SITE_LOCAL))
		diag_note("nothing tells what is ours: say it with -d and -t, "
		    "or -s");
	else if (judge_misses_us(j))
		diag_note("no address in it is of a local domain: are -d and "
		    "-s right?");
	asked = ask(scan, j, job);
	if (err.msg[0] != '\0' ||
	    (job->cf != NULL && keep(scan, j, &known, job) == -1))
		status = STATUS_FAILED;
	else
		status = show(scan, j, job->want, job->kind, job->summary,
		    job->paths);
	if (asked == -1 && status != STATUS_FAILED)
		status = STATUS_PART;
	case_campaigns_free(&known);
	judge_free(j);
	case_past_free(&past);
	return status;
}

static int
run(struct job *job)
{
	bool shown = !job->summary && sink_wants_record(
	    &(struct sink_opts){ .kind = job->kind });
	struct scan scan = { .threads = (size_t)threads, .format = format,
	    .records = shown || job->cf != NULL };
	struct err err = { 0 };
	int status = STATUS_FAILED;

	scan.digests = scan.records && (job->cf != NULL ||
	    job->kind != SINK_PATHS);
	scan.contents = scan.digests;
	scan.types = !no_magic;
	if (read_all(&scan, job, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		if (err.code == ERR_USAGE)
			status = STATUS_USAGE;
	} else if (scan.stopped) {
		diag_warn(NULL, "stopped after %zu messages", scan.n);
	} else {
		status = judge_and_show(&scan, job);
	}
	rspamd_free(job->rspamd);
	scan_free(&scan);
	return status;
}

static bool
all_folders(char *const paths[])
{
	struct stat st;

	for (; *paths != NULL; paths++)
		if (stat(*paths, &st) == -1 || !S_ISDIR(st.st_mode))
			return false;
	return true;
}

/* The case is opened first: who cannot have it is told before the work. */
static int
run_with_case(struct job *job)
{
	struct err err = { 0 };
	int status;

	if (case_file == NULL || print_site)
		return run(job);
	if (case_open(&job->cf, case_file, CASE_CREATE, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		return STATUS_FAILED;
	}
	status = run(job);
	if (case_close(job->cf, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		status = STATUS_FAILED;
	}
	return status;
}

/* ---- without an operand ---- */

/* A spool of this machine; no server is asked.  false: there is none. */
static bool
tell_usual(const struct spool_usual *u)
{
	struct err err;
	int bid;

	if (access(u->path, F_OK) == -1)
		return false;
	if ((bid = spool_bid(u->path, NULL, &err)) == -1) {
		diag_warn(NULL, "%s", err.msg);
		return false;
	}
	if (bid > 0)
		printf("%s\t%s\n", u->path, u->server);
	return bid > 0;
}

static int
tell_spools(void)
{
	const struct spool_usual *u;
	size_t n = 0;

	for (u = spool_usual(); u->path != NULL; u++)
		n += tell_usual(u);
	if (n == 0)
		diag_note("no spool where servers keep theirs: name one");
	else
		diag_note("name one of them, to see what is in it");
	return diag_count() > 0 ? STATUS_PART : n > 0 ? STATUS_OK :
	    STATUS_NONE;
}

int
main(int argc, char *argv[])
{
	struct err err = { 0 };
	struct arena *a = arena_new();
	struct selector *want = NULL;
	struct job job = { .kind = SINK_TABLE, .site = site_new() };
	int status;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	job.args = ledger_args(a, argv);
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL && argc > 1)
		opt_usage(&cmd, "which spool?");
	if (output != NULL && !sink_parse(output, &job.kind))
		opt_usage(&cmd, "-o %s: one of table, ndjson, csv, ecs, "
		    "bodyfile", output);
	if (nul)
		job.kind = SINK_PATHS;
	if (select_new(&want, &sel, &err) == -1 ||
	    site_tell(job.site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	job.paths = argv;
	folders = all_folders(argv);
	job.want = want;
	job.summary = !lines && !nul && !explain && output == NULL;
	status = argv[0] == NULL ? tell_spools() : run_with_case(&job);
	select_free(want);
	site_free(job.site);
	arena_free(a);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
