#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "io/broker.h"
#include "io/tree.h"
#include "mail/date.h"
#include "show/gauge.h"
#include "show/guess.h"
#include "site/beside.h"
#include "site/told.h"

#define ROWS	20		/* of what anybody can make up */

static const char	*format, *by, *output, *write_to, *baseline_file, *at;
static uint64_t		 rows = UINT64_MAX, watch, threads;
static bool		 no_learn;
static struct opt_list	 conditions;
static struct site_told	 told;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'f', "format", "name", "spool format; default: ask each driver",
	    .str = &format },
	SITE_OPTS(told),
	{ .name = "by", .arg = "what", .str = &by,
	    .help = "folder, domain, sender, client, account or class" },
	{ 'n', "rows", "n", "rows shown, 0 is all; the rest is one more",
	    .num = &rows },
	{ 'o', "output", "kind", "table, ndjson, csv or prometheus",
	    .str = &output },
	{ .name = "write", .arg = "file", .str = &write_to,
	    .help = "to this file, replaced in one step" },
	{ .name = "baseline", .arg = "file", .str = &baseline_file,
	    .help = "compare with what is normal at this hour, and learn" },
	{ .name = "no-learn", .help = "compare only", .flag = &no_learn },
	{ .name = "alarm", .arg = "condition", .list = &conditions,
	    .help = "status 1 when it holds: 'deferred:entries>5000'" },
	{ .name = "watch", .arg = "n", .num = &watch, .max = 86400,
	    .help = "count again every n seconds, until an alarm" },
	{ .name = "at", .arg = "time", .str = &at,
	    .help = "ages as of then, for a copy: 2004-01-05T01:00:00Z" },
	{ 'j', "threads", "n", "threads; default: one a processor",
	    .num = &threads, .max = 64 },
	SANDBOX_OPTS(box),
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolstat", .operands = "spool ...", .opts = opts,
	.what = "count what lies in live spools, by age",
};

struct job {
	char		**paths;
	enum count_by	 by;
	bool		 metrics;	/* -o prometheus */
	enum sink_kind	 kind;
	struct site	*site;
	int64_t		 at;		/* 0: now */
	struct baseline	*base;		/* NULL: none */
	struct alarm	 alarms[OPT_LIST_MAX];
	bool		 fired[OPT_LIST_MAX];
	struct count	 before;	/* a: NULL, none yet */
	struct broker	*writer;	/* of the files below; NULL: of none */
};

enum { WRITTEN, BASELINE };		/* what it writes */

/* ---- the baseline's file ---- */

static int
read_text(int fd, struct buf *text, struct err *err)
{
	ssize_t n = 1;

	while (n > 0 && text->n <= BASELINE_FILE) {
		n = tree_read(fd, text->n, buf_room(text, 65536), 65536, err);
		if (n > 0)
			text->n += (size_t)n;
	}
	if (n > 0)
		return err_set(err, ERR_LIMIT, "larger than any baseline");
	return (int)n;
}

/* One that is not there yet is empty. */
static int
load_baseline(struct job *job, struct err *err)
{
	struct buf text = { 0 };
	int fd, r = 0;

	job->base = baseline_new();
	fd = open(baseline_file, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return access(baseline_file, F_OK) == -1 ? 0 :
		    err_sys(err, "%s: cannot open", baseline_file);
	if (read_text(fd, &text, err) == -1 ||
	    baseline_read(job->base, buf_sl(&text), err) == -1)
		r = err_at(err, "%s", baseline_file);
	close(fd);
	buf_free(&text);
	return r;
}

static void
learn_row(struct job *job, const struct count *c, const struct count_row *r)
{
	struct buf name = { 0 };

	baseline_name(&name, c->by, r);
	baseline_learn(job->base, buf_sl(&name), c->at, r);
	buf_free(&name);
}

/* Folders and classes are few; domains and clients anybody can make up. */
static void
learn(struct job *job, const struct count *c)
{
	size_t i;

	learn_row(job, c, &c->total);
	if (c->by != COUNT_FOLDER && c->by != COUNT_CLASS)
		return;
	for (i = 0; i < c->n; i++)
		if (c->rows[i].spool.n > 0)
			learn_row(job, c, &c->rows[i]);
}

static int
save_baseline(struct job *job, const struct count *c, struct err *err)
{
	struct buf text = { 0 };
	int r;

	learn(job, c);
	baseline_write(job->base, &text);
	r = broker_put(job->writer, BASELINE, buf_sl(&text), err);
	buf_free(&text);
	return r;
}

/* ---- alarms ---- */

/* The first row that it holds for is named. */
static bool
look(const struct gauge *g, const struct alarm *a)
{
	const struct count *c = g->c;
	struct baseline_off off;
	double figure;
	size_t i;

	for (i = 0; i <= c->n; i++) {
		const struct count_row *r = i == 0 ? &c->total :
		    &c->rows[i - 1];
		bool known = gauge_off(g, r, &off);

		if (!alarm_fires(a, r, known ? &off : NULL, &figure))
			continue;
		diag_note("alarm: " SL_FMT ": " SL_FMT " has %.*f",
		    SL_ARG(a->text), SL_ARG(r->key.n > 0 ? r->key :
		    SL("the total")), a->figure == ALARM_OFF ? 1 : 0, figure);
		return true;
	}
	return false;
}

static bool
look_all(struct job *job, const struct gauge *g)
{
	bool any = false;
	size_t i;

	for (i = 0; i < conditions.n; i++)
		any |= job->fired[i] = look(g, &job->alarms[i]);
	return any;
}

/* ---- printing ---- */

static void
print(struct job *job, const struct gauge *g, FILE *out)
{
	struct sink_opts o = { .kind = job->kind,
	    .width = isatty(fileno(out)) ? term_width(out) : 0 };

	if (job->metrics)
		gauge_metrics(out, g);
	else
		gauge_print(out, g, &o);
}

static int
print_to_file(struct job *job, const struct gauge *g, struct err *err)
{
	size_t size = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);
	int r;

	if (f == NULL)
		xalloc_die(0);
	print(job, g, f);
	if (fclose(f) != 0)
		xalloc_die(size);
	r = broker_put(job->writer, WRITTEN, (struct slice){ text, size }, err);
	free(text);
	return r;
}

static int
print_count(struct job *job, const struct gauge *g, struct err *err)
{
	static size_t times;

	if (write_to != NULL)
		return print_to_file(job, g, err);
	if (watch > 0 && isatty(STDOUT_FILENO))
		printf("\033[H\033[J");
	else if (times++ > 0 && job->kind == SINK_TABLE && !job->metrics)
		printf("\n");
	print(job, g, stdout);
	fflush(stdout);
	return 0;
}

/* ---- one count ---- */

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
say(struct count *c)
{
	if (c->guessed.n > 0)
		guess_say(&c->guessed);
	if (c->unread > 0)
		diag_warn(NULL, "%s", c->why.msg);
	if (c->unread > 1)
		diag_note("%zu more could not be read", c->unread - 1);
}

/* Compare and tell; then learn. */
static int
tell(struct job *job, struct count *c, double took, struct err *err)
{
	struct gauge g = { .c = c, .base = job->base, .took = took,
	    .alarms = job->alarms, .nalarms = conditions.n,
	    .fired = job->fired,
	    .before = job->before.a != NULL ? &job->before : NULL };
	bool fired = look_all(job, &g);

	if (rows > 0)
		count_fold(c, (size_t)rows);
	if (print_count(job, &g, err) == -1 || (job->base != NULL &&
	    !no_learn && watch == 0 && save_baseline(job, c, err) == -1))
		return STATUS_FAILED;
	if (fired)
		return STATUS_NONE;
	return c->unread > 0 ? STATUS_PART : STATUS_OK;
}

static int
count_once(struct job *job, struct err *err)
{
	struct count c = { .by = job->by, .format = format,
	    .site = job->site, .guess = told.file == NULL,
	    .threads = (size_t)threads,
	    .at = job->at != 0 ? job->at : (int64_t)time(NULL) };
	double began = seconds();
	int status = STATUS_FAILED;

	if (count_spools(&c, job->paths, err) == -1) {
		if (err->code == ERR_USAGE)
			status = STATUS_USAGE;
	} else if (!c.stopped) {
		say(&c);
		status = tell(job, &c, seconds() - began, err);
	}
	count_free(&job->before);
	job->before = c;
	return status;
}

static int
count_all(struct job *job)
{
	struct err err = { 0 };
	struct timespec nap = { .tv_sec = (time_t)watch };
	int status;

	do {
		status = count_once(job, &err);
		if (watch == 0 || status == STATUS_NONE ||
		    status == STATUS_FAILED || status == STATUS_USAGE)
			break;
		nanosleep(&nap, NULL);
	} while (!sig_stop());
	if (err.code != ERR_NONE)
		diag_warn(NULL, "%s", err.msg);
	return status;
}

/*
 * What is read and written is known: no more than that from here on.  While
 * a spool is watched another may take its name, as rotation has it: then all
 * that lies beside it can be read.
 */
static int
confine(struct job *job, struct arena *a, struct err *err)
{
	const struct broker_out outs[] = {
		[WRITTEN] = { write_to, 0644 },
		[BASELINE] = { baseline_file, 0644 },
	};
	size_t i;

	if ((write_to != NULL || baseline_file != NULL) &&
	    broker_writer(&job->writer, outs, 2, err) == -1)
		return -1;
	for (i = 0; job->paths[i] != NULL; i++) {
		sandbox_path(&box, job->paths[i]);
		if (told.file == NULL)
			site_beside_allow(&box, a, job->paths[i]);
		if (watch > 0)
			sandbox_path(&box, arena_fmt(a, "%s/..",
			    job->paths[i]).p);
	}
	sandbox_enter(&box);
	return 0;
}

/* ---- options ---- */

static void
read_kind(struct job *job)
{
	static const char wrong[] = "-o %s: one of table, ndjson, csv, "
	    "prometheus";

	job->metrics = output != NULL && sl_eq(sl(output), SL("prometheus"));
	if (output == NULL || job->metrics)
		return;
	if (!sink_parse(output, &job->kind) || (job->kind != SINK_TABLE &&
	    job->kind != SINK_NDJSON && job->kind != SINK_CSV))
		opt_usage(&cmd, wrong, output);
}

static void
read_options(struct job *job)
{
	struct err err = { 0 };
	size_t i;

	if (by != NULL && !count_by_parse(by, &job->by))
		opt_usage(&cmd, "--by %s: one of folder, domain, sender, "
		    "client, account, class", by);
	if (at != NULL && !date_option(sl(at), (int64_t)time(NULL), &job->at))
		opt_usage(&cmd, "--at %s: want 2004-01-05, or "
		    "2004-01-05T01:00:00Z, or 12h", at);
	for (i = 0; i < conditions.n; i++)
		if (alarm_parse(&job->alarms[i], sl(conditions.v[i]),
		    &err) == -1)
			opt_usage(&cmd, "%s", err.msg);
	read_kind(job);
	if (rows == UINT64_MAX)
		rows = job->by == COUNT_FOLDER || job->by == COUNT_CLASS ?
		    0 : ROWS;
	if (site_tell(job->site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
}

int
main(int argc, char *argv[])
{
	struct job job = { .kind = SINK_TABLE, .site = site_new() };
	struct arena *a = arena_new();
	struct err err = { 0 };
	int status = STATUS_FAILED;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL)
		opt_usage(&cmd, "which spool?");
	read_options(&job);
	job.paths = argv;
	if ((baseline_file != NULL && load_baseline(&job, &err) == -1) ||
	    confine(&job, a, &err) == -1)
		diag_warn(NULL, "%s", err.msg);
	else
		status = count_all(&job);
	baseline_free(job.base);
	count_free(&job.before);
	broker_free(job.writer);
	site_free(job.site);
	arena_free(a);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
