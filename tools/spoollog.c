#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "case/ledger.h"
#include "case/logs.h"
#include "io/progress.h"
#include "log/rank.h"
#include "mail/date.h"
#include "show/guess.h"
#include "show/head.h"
#include "show/history.h"
#include "show/who.h"
#include "site/told.h"

static const char	*case_file, *kind, *output, *list, *deny, *zone, *since, *until,
			*blocked, *dates;
static bool		 nul, lock, more;
static uint64_t		 year;
static struct opt_list	 geo_files;
static struct site_told	 told;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'c', "case", "file", "tell its entries what the logs say, and judge again",
	    .str = &case_file },
	{ 'f', "format", "name", "kind of log; default: ask each reader",
	    .str = &kind },
	SITE_OPTS(told),
	{ 'o', "output", "kind", "table, ndjson or csv, of --list",
	    .str = &output },
	{ .name = "list", .arg = "what", .str = &list,
	    .help = "stolen, accounts, clients, pairs, guesses, relays or "
	    "history" },
	{ .name = "lock", .flag = &lock,
	    .help = "accounts to lock, one a line" },
	{ .name = "deny", .arg = "form", .str = &deny,
	    .help = "clients to deny: cidr, ims55, postfix or nft" },
	{ '0', "null", NULL, "lists end in NUL", .flag = &nul },
	{ .name = "blocklist", .arg = "file", .str = &blocked,
	    .help = "addresses of ill fame, to be told of clients" },
	{ .name = "geo", .arg = "file", .list = &geo_files,
	    .help = "MaxMind database: countries, networks; may be repeated" },
	{ .name = "since", .arg = "time", .str = &since,
	    .help = "at or after: 2004-01-05, ...T01:00:00Z, 12h (ago)" },
	{ .name = "until", .arg = "time", .str = &until, .help = "before" },
	{ .name = "zone", .arg = "zone", .str = &zone,
	    .help = "of times without one: +0900; default: UTC" },
	{ .name = "dates", .arg = "order", .str = &dates,
	    .help = "of dates in numbers: mdy, dmy or ymd; default: found" },
	{ .name = "year", .arg = "n", .num = &year, .max = 2100,
	    .help = "of a file's first line; default: by the file's date" },
	SANDBOX_OPT(box),
	{ 'v', "verbose", NULL, "longer lists, and what the sandbox is made "
	    "of", .flag = &more },
	{ .name = NULL },
};

static void
print_kinds(void)
{
	const struct log_driver *const *d;

	printf("\nlogs:\n");
	for (d = log_drivers(); *d != NULL; d++)
		printf("  %-11s %s\n", log_driver_name(*d),
		    log_driver_what(*d));
}

static const struct opt_cmd cmd = {
	.name = "spoollog", .operands = "log ...", .opts = opts,
	.what = "say from a server's logs who used it: accounts and clients",
	.more = print_kinds,
};

struct job {
	struct site	*site;
	struct slice	 args;			/* for the ledger */
	struct casefile	*cf;			/* NULL: none */
	struct case_logs *logs;
	struct blocklist *list_of;		/* --blocklist; NULL: none */
	struct geo	*geo;			/* --geo; NULL: none */
	struct usage	*usage;
	struct history	*history;		/* NULL: not asked for */
	struct log_sum	 sum;
	int64_t		 since, until;		/* 0: no limit */
	enum sink_kind	 kind;
	enum who_list	 list;
	enum who_form	 form;
	struct progress	 progress;
};

static bool
is_ours(void *ctx, struct slice domain)
{
	char low[256];

	if (domain.n > sizeof(low))
		return false;
	ascii_lower_copy(low, domain);
	return site_is_ours(ctx, (struct slice){ low, domain.n });
}

static bool
is_trusted(void *ctx, const struct ip *ip)
{
	enum site_client c = site_client(ctx, ip);

	return c == CLIENT_TRUSTED || c == CLIENT_OWN;
}

static bool
is_gateway(void *ctx, const struct ip *ip)
{
	return site_client(ctx, ip) == CLIENT_GATEWAY;
}

/* ---- while reading ---- */

static void
on_event(void *ctx, const struct log_event *e)
{
	struct job *job = ctx;

	if ((job->since != 0 && e->at < job->since) ||
	    (job->until != 0 && e->at >= job->until))
		return;
	usage_add(job->usage, e);
	if (job->history != NULL)
		history_add(job->history, e);
	if (job->logs != NULL)
		case_logs_add(job->logs, e);
}

static void
on_file(void *ctx, const char *path, const char *said)
{
	struct job *job = ctx;

	progress_end(&job->progress);
	diag_note("%s: %s", path, said);
	progress_begin(&job->progress, "reading");
}

static void
on_lost(void *ctx, const char *path, const char *why)
{
	(void)ctx;
	diag_warn(sl_starts(sl(why), sl(path)) ? NULL : path, "%s", why);
}

static void
on_progress(void *ctx, uint64_t lines, uint64_t bytes)
{
	struct job *job = ctx;

	progress_tell(&job->progress, (size_t)lines, bytes);
}

static int
read_logs(struct job *job, char *const paths[], struct err *err)
{
	struct log_opts o = { .kind = kind, .zone = zone,
	    .dates = dates, .year = (unsigned)year, .each = on_event, .file = on_file,
	    .lost = on_lost, .progress = on_progress, .ctx = job };
	int r;

	progress_begin(&job->progress, "reading");
	job->progress.unit = "lines";
	r = log_read(&o, paths, &job->sum, err);
	progress_end(&job->progress);
	return r;
}

/* ---- what is shown ---- */

/*
 * What has to be typed again to be told the same: how the logs are read, and
 * what is ours; of many operands the first few.
 */
static void
add_args(struct buf *b, char *const paths[])
{
	size_t i;

	buf_addc(b, ' ');
	if (kind != NULL)
		site_told_arg(b, "-f", &kind, 1);
	if (zone != NULL)
		site_told_arg(b, "--zone", &zone, 1);
	if (dates != NULL)
		site_told_arg(b, "--dates", &dates, 1);
	if (year != 0)
		buf_fmt(b, "--year %u ", (unsigned)year);
	if (since != NULL)
		site_told_arg(b, "--since", &since, 1);
	if (until != NULL)
		site_told_arg(b, "--until", &until, 1);
	site_told_args(&told, b);
	b->n--;			/* each path has its own blank */
	for (i = 0; paths[i] != NULL && i < 4; i++) {
		buf_addc(b, ' ');
		quote_arg(b, paths[i]);
	}
	if (paths[i] != NULL)
		buf_add(b, SL(" ..."));
	buf_addc(b, '\0');
}

static struct sink_opts
sink_of(const struct job *job)
{
	return (struct sink_opts){ .kind = job->kind,
	    .width = isatty(STDOUT_FILENO) ? term_width(stdout) : 0 };
}

static size_t
show(struct job *job, char *const paths[])
{
	struct who_opts o = { .width = term_width(stdout),
	    .rows = more ? 30 : 8, .colour = term_colour(stdout),
	    .site = site_has(job->site, SITE_LOCAL),
	    .joined = job->cf != NULL,
	    .geo = job->geo, .blocked = job->list_of };
	struct sink_opts so = sink_of(job);
	const struct usage_totals *t;
	struct buf args = { 0 };

	if (list != NULL)
		return who_list(stdout, &so, job->usage, job->list, &o);
	if (lock)
		return who_lock(stdout, job->usage, nul ? '\0' : '\n');
	if (deny != NULL)
		return who_deny(stdout, job->usage, job->form,
		    nul ? '\0' : '\n');
	add_args(&args, paths);
	o.args = args.p;
	who_print(stdout, job->usage, &job->sum, &o);
	buf_free(&args);
	t = usage_totals(job->usage);
	return t->messages + t->sessions + t->failed + t->turfed;
}

/* ---- the case ---- */

static void
say_moved(const struct case_logs_sums *s)
{
	unsigned from, to;

	for (from = 0; from < C_COUNT; from++)
		for (to = 0; to < C_COUNT; to++)
			if (from == to && s->moved[from][to] > 0)
				diag_note("%s: %zu are %s for another reason",
				    case_file, s->moved[from][to],
				    class_name((enum class)to));
			else if (s->moved[from][to] > 0)
				diag_note("%s: %zu were %s and are %s now",
				    case_file, s->moved[from][to],
				    class_name((enum class)from),
				    class_name((enum class)to));
}

static int
tell_case(struct job *job, struct err *err)
{
	struct case_logs_sums s;
	struct buf why = { 0 };

	if (case_logs_judge(job->logs, job->site, told.file == NULL, &why,
	    job->usage, job->args, &s, err) == -1) {
		buf_free(&why);
		return -1;
	}
	guess_say(&why);
	buf_free(&why);
	diag_note("%s: of %zu entries the logs tell %zu: %zu by queue id, "
	    "%zu by message id, %zu by envelope; %zu more not for sure",
	    case_file, s.entries, s.queue_id + s.message_id + s.envelope,
	    s.queue_id, s.message_id, s.envelope, s.unclear);
	say_moved(&s);
	return head_print(stderr, job->cf, err);
}

static int
load_blocklist(struct job *job, struct err *err)
{
	size_t odd;

	if (blocked == NULL)
		return 0;
	if (blocklist_load(&job->list_of, blocked, &odd, err) == -1)
		return -1;
	if (odd > 0)
		diag_note("%s: %zu lines are no address", blocked, odd);
	return 0;
}

static int
load_geo(struct job *job, struct err *err)
{
	size_t i;

	if (geo_files.n > 0)
		job->geo = geo_new();
	for (i = 0; i < geo_files.n; i++)
		if (geo_add(job->geo, geo_files.v[i], err) == -1)
			return -1;
	return 0;
}

/* What is read and written is known: no more than that from here on. */
static int
confine(struct job *job, char *const paths[], struct err *err)
{
	if (job->cf != NULL && case_confine(job->cf, &box, err) == -1)
		return -1;
	for (; *paths != NULL; paths++)
		sandbox_path(&box, *paths);
	box.tell = more;
	sandbox_enter(&box);
	return 0;
}

static int
run(struct job *job, char *const paths[])
{
	struct usage_opts uo = { .trusted = is_trusted,
	    .gateway = is_gateway, .ctx = job->site };
	struct sink_opts so;
	struct err err = { 0 };
	size_t shown;

	if (site_has(job->site, SITE_LOCAL))
		uo.ours = is_ours;
	job->usage = usage_new(&uo);
	if (list != NULL && job->list == WHO_HISTORY) {
		so = sink_of(job);
		job->history = history_new(stdout, &so);
	}
	if (load_blocklist(job, &err) == -1 || load_geo(job, &err) == -1 ||
	    confine(job, paths, &err) == -1 || read_logs(job, paths, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
	}
	if (job->sum.stopped) {
		diag_warn(NULL, "stopped after %llu lines",
		    (unsigned long long)job->sum.lines);
		return STATUS_FAILED;
	}
	if (job->sum.files == 0 && job->sum.lost == 0) {
		diag_note("not one line in what was given");
		return STATUS_NONE;
	}
	if (job->sum.files == 0)
		return STATUS_FAILED;
	rank(job->usage);
	if (job->history != NULL) {
		shown = history_free(job->history);
		job->history = NULL;
	} else
		shown = show(job, paths);
	if (job->logs != NULL && tell_case(job, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		return STATUS_FAILED;
	}
	if (job->sum.lost > 0)
		return STATUS_PART;
	return shown > 0 ? STATUS_OK : STATUS_NONE;
}

/* The case is opened first: who cannot have it is told before the work. */
static int
run_with_case(struct job *job, char *const paths[])
{
	struct err err = { 0 };
	int status;

	if (case_file == NULL)
		return run(job, paths);
	if (case_open(&job->cf, case_file, CASE_WRITE, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		return STATUS_FAILED;
	}
	if (case_logs_new(&job->logs, job->cf, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		status = STATUS_FAILED;
	} else {
		status = run(job, paths);
	}
	case_logs_free(job->logs);
	if (case_close(job->cf, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		status = STATUS_FAILED;
	}
	return status;
}

/* ---- the command line ---- */

static void
check_options(struct job *job)
{
	int64_t now = (int64_t)time(NULL);

	if (output != NULL && (!sink_parse(output, &job->kind) ||
	    job->kind > SINK_CSV))
		opt_usage(&cmd, "-o %s: one of table, ndjson, csv", output);
	if (output != NULL && list == NULL)
		opt_usage(&cmd, "-o goes with --list");
	if (list != NULL && !who_list_parse(list, &job->list))
		opt_usage(&cmd, "--list %s: one of stolen, accounts, clients, "
		    "pairs, guesses, relays, history", list);
	if (deny != NULL && !who_form_parse(deny, &job->form))
		opt_usage(&cmd, "--deny %s: one of cidr, ims55, postfix, nft",
		    deny);
	if ((list != NULL) + (deny != NULL) + lock > 1)
		opt_usage(&cmd, "--list, --lock and --deny are for one at a "
		    "time");
	if (nul && !lock && deny == NULL)
		opt_usage(&cmd, "-0 goes with --lock and --deny");
	if (since != NULL && !date_option(sl(since), now, &job->since))
		opt_usage(&cmd, "--since %s: no time", since);
	if (until != NULL && !date_option(sl(until), now, &job->until))
		opt_usage(&cmd, "--until %s: no time", until);
}

int
main(int argc, char *argv[])
{
	struct job job = { .kind = SINK_TABLE, .site = site_new() };
	struct arena *a = arena_new();
	struct err err = { 0 };
	int status;

	diag_init(argv[0]);
	sig_init();
	job.args = ledger_args(a, argv);
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL)
		opt_usage(&cmd, "which log?");
	check_options(&job);
	if (site_tell(job.site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	status = run_with_case(&job, argv);
	arena_free(a);
	usage_free(job.usage);
	history_free(job.history);
	blocklist_free(job.list_of);
	geo_free(job.geo);
	site_free(job.site);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
