#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/replay.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "case/ledger.h"
#include "mail/date.h"
#include "show/live.h"
#include "show/select.h"
#include "show/sink.h"

#define NAME_MAX_BYTES	4096	/* of a file in a list */

static const char	*case_file, *where, *dots, *order, *password_file;
static bool		 commit, status, nul, verbose;
static struct select	 sel;
static struct sandbox	 box = { .files = true };
static struct replay_opts o = { .dots = -1, .max_waiting = 1000,
	.stall = 300, .tries = 3, .backoff = 60, .box = &box };

static const struct opt opts[] = {
	{ 'c', "case", "file", "the case: entries, and what was replayed",
	    .str = &case_file },
	{ 'w', "where", "condition", "SQL over entries; see spool-case(5)",
	    .str = &where },
	{ .name = "to", .arg = "profile:target", .help = "where it goes, and "
	    "in which form; see below", .str = &o.to },
	{ .name = "commit", .help = "do it; without, only the plan is shown",
	    .flag = &commit },
	{ .name = "status", .help = "how far everything came",
	    .flag = &status },
	{ 'f', "format", "name", "of the spools that files lie in",
	    .str = &o.format },
	{ '0', "null", NULL, "names on stdin end in NUL", .flag = &nul },
	SELECT_OPTS(sel),
	{ .name = "trust-headers", .help = "send to envelopes that are "
	    "guessed", .flag = &o.trust_headers },
	{ .name = "force", .arg = "id", .help = "send this one, by its id or "
	    "file, whatever it is", .list = &o.force },
	{ .name = "live", .arg = "spool", .help = "a server sends what is in "
	    "there: leave it out", .list = &o.live },
	{ .name = "retry-doubtful", .help = "send again what may have been "
	    "sent", .flag = &o.retry_doubtful },
	{ .name = "fresh", .help = "it arrives now: no server finds it too "
	    "old", .flag = &o.fresh },
	{ .name = "add-resent", .arg = "address", .help = "add Resent- lines "
	    "from this address", .str = &o.add_resent },
	{ .name = "all-to", .arg = "address", .help = "for a test: to this "
	    "address instead of all recipients", .str = &o.all_to },
	{ .name = "dots", .arg = "which", .help = "leading dots that are "
	    "doubled: none, lone, all", .str = &dots },
	{ .name = "order", .arg = "by", .help = "age (the oldest first) or "
	    "priority", .str = &order },
	{ .name = "rate", .arg = "n", .help = "messages a minute", .num =
	    &o.rate, .max = 6000000 },
	{ .name = "max-waiting", .arg = "n", .help = "files that may lie in "
	    "the folder; 0: any; default 1000", .num = &o.max_waiting },
	{ .name = "stall", .arg = "seconds", .help = "without one taken, or "
	    "an answer: stop; default 300", .num = &o.stall, .max = 86400 },
	{ .name = "max-rcpts", .arg = "n", .help = "recipients of a message; "
	    "more are split", .num = &o.max_rcpts },
	{ .name = "connections", .arg = "n", .help = "to a server at a time",
	    .num = &o.connections, .max = 64 },
	{ .name = "tries", .arg = "n", .help = "for what a server refuses "
	    "for now; default 3", .num = &o.tries, .max = 100 },
	{ .name = "backoff", .arg = "seconds", .help = "before the second "
	    "try, then twice as long; default 60", .num = &o.backoff,
	    .max = 86400 },
	{ .name = "user", .arg = "name", .help = "for AUTH",
	    .str = &o.user },
	{ .name = "password-file", .arg = "file", .help = "its first line "
	    "is the password", .str = &password_file },
	{ .name = "helo", .arg = "name", .help = "our name; default: the "
	    "host's", .str = &o.helo },
	{ .name = "tls-verify", .help = "the server's certificate has to be "
	    "good", .flag = &o.tls_verify },
	{ .name = "tls-ca", .arg = "file", .help = "of authorities; default: "
	    "the system's", .str = &o.tls_ca },
	SANDBOX_OPT(box),
	{ 'v', "verbose", NULL, "name every entry that is left out, and say "
	    "what the sandbox is made of", .flag = &verbose },
	{ .name = NULL },
};

static void
print_profiles(void)
{
	const struct inject *in;
	size_t i;

	printf("\nprofiles:\n");
	for (i = 0; (in = inject_nth(i)) != NULL; i++)
		printf("  %-16s %s\n", in->name, in->what);
}

static const struct opt_cmd cmd = {
	.name = "spoolreplay", .operands = "[file ... | -]", .opts = opts,
	.what = "put valid mail back on its way, each message once",
	.more = print_profiles,
};

/* ---- the plan ---- */

static void
put_text(const char *s)
{
	struct buf b = { 0 };

	utf8_show(&b, sl(s), 0);
	fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
}

static void
print_left(const struct replay *r)
{
	const char *way;
	int i;

	for (i = LEAVE_NO + 1; i < LEAVE_COUNT; i++) {
		if (r->left[i] == 0)
			continue;
		way = replay_leave_way((enum replay_leave)i);
		printf("%12llu  %s%s%s%s\n", (unsigned long long)r->left[i],
		    replay_leave_what((enum replay_leave)i),
		    way[0] == '\0' ? "" : " (", way,
		    way[0] == '\0' ? "" : ")");
	}
}

static void
print_domains(const struct replay *r)
{
	size_t n = verbose || r->ndomains < 10 ? r->ndomains : 10, i;

	if (n > 0)
		printf("recipients by domain:\n");
	for (i = 0; i < n; i++) {
		printf("%12llu  ", (unsigned long long)r->domains[i].n);
		put_text(r->domains[i].name);
		printf("\n");
	}
	if (n < r->ndomains)
		printf("              and %zu more (-v)\n", r->ndomains - n);
}

static void
print_duplicates(const struct replay *r)
{
	size_t shown = 0, i;

	if (r->left[LEAVE_DUPLICATE] == 0)
		return;
	printf("folded together:\n");
	for (i = 0; i < r->n && (verbose || shown < 5); i++) {
		if (r->items[i].leave != LEAVE_DUPLICATE)
			continue;
		printf("              ");
		put_text(r->items[i].source);
		printf(" is ");
		put_text(r->items[r->items[i].same].source);
		printf("\n");
		shown++;
	}
	if (shown < r->left[LEAVE_DUPLICATE])
		printf("              and %llu more (-v)\n",
		    (unsigned long long)(r->left[LEAVE_DUPLICATE] - shown));
}

static void
print_time(const struct replay *r)
{
	uint64_t rate = o.rate != 0 ? o.rate : r->in->rate;
	uint64_t n = r->left[LEAVE_NO];

	if (rate > 0 && n > 0)
		printf("time: about %llu min at %llu messages a minute\n",
		    (unsigned long long)((n + rate - 1) / rate),
		    (unsigned long long)rate);
	else if (n > 0)
		printf("time: as fast as it is taken; --rate slows it down\n");
}

static void
print_plan(const struct replay *r)
{
	char at[DATE_TEXT];

	printf("to ");
	utf8_print(r->target);
	puts(":");
	printf("%12llu  of %zu messages go, to %llu recipients, %.1f MB",
	    (unsigned long long)r->left[LEAVE_NO], r->n,
	    (unsigned long long)r->rcpts, (double)r->bytes / 1e6);
	if (r->oldest != 0)
		printf(", the oldest of %s", date_str(r->oldest, at));
	if (r->old > 0)
		printf("\n%12llu  of them are older than the %u days that its "
		    "server tries:\n              what it cannot deliver at "
		    "once it returns to the sender (--fresh)",
		    (unsigned long long)r->old, r->in->lifetime);
	printf("\nleft out:%s\n", r->left[LEAVE_NO] == r->n ? " nothing" :
	    "");
	print_left(r);
	print_domains(r);
	print_duplicates(r);
	print_time(r);
}

/* What could not be read or carried is told one by one. */
static size_t
warn_left(const struct replay *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++) {
		const struct replay_item *x = &r->items[i];

		if (x->leave == LEAVE_UNREAD || x->leave == LEAVE_REFUSED) {
			diag_warn(x->source, "%s", x->why);
			n++;
		} else if (verbose && x->leave != LEAVE_NO)
			diag_note("%s: %s", x->source, replay_leave_what(
			    (enum replay_leave)x->leave));
	}
	return n;
}

/* ---- while it runs ---- */

static struct live live;
static int64_t	   acting;		/* since when; 0: it is planned yet */

static void
put_count(struct buf *b, uint64_t n, const char *what)
{
	buf_fmt(b, "%12llu  %s\n", (unsigned long long)n, what);
}

/* So many of those that go; and when the last one will, at this pace. */
static void
put_sent(struct buf *b, const struct replay *r, uint64_t sent)
{
	uint64_t all = r->left[LEAVE_NO], ms = (uint64_t)(replay_clock() -
	    acting), left;

	buf_fmt(b, "%12llu  of %llu messages sent", (unsigned long long)sent,
	    (unsigned long long)all);
	if (sent > 0 && sent < all && ms > 1000) {
		left = (all - sent) * ms / sent / 1000;
		buf_fmt(b, ", %llu a minute, %llu:%02llu left",
		    (unsigned long long)(sent * 60000 / ms),
		    (unsigned long long)left / 60,
		    (unsigned long long)left % 60);
	}
	buf_addc(b, '\n');
}

static void
show_progress(void *ctx, const struct replay *r)
{
	const struct replay_tally *d = &r->did;
	bool folder = r->in->way == WAY_FOLDER;
	struct buf b = { 0 };
	uint64_t read = 0;
	size_t i;

	(void)ctx;
	if (!live_due(&live))
		return;
	for (i = 0; i < LEAVE_COUNT; i++)
		read += r->left[i];
	if (acting == 0) {
		buf_fmt(&b, "%12llu  of %zu messages read\n",
		    (unsigned long long)read, r->n);
	} else {
		put_sent(&b, r, folder ? d->published : d->taken +
		    d->refused + d->returned + d->doubtful);
		if (folder)
			put_count(&b, d->waiting, "waiting");
		put_count(&b, d->taken, "taken");
		put_count(&b, d->refused, "refused");
		put_count(&b, d->returned, "returned");
		put_count(&b, d->doubtful, "doubtful");
	}
	live_draw(&live, buf_sl(&b));
	buf_free(&b);
}

/* What cannot be known any more is no note only: somebody has to look. */
static void
tell_recovered(const struct replay *r)
{
	const uint64_t *n = r->recovered;
	char told[200];

	if (n[REPLAY_INTENT] + n[REPLAY_PUBLISHED] + n[REPLAY_DOUBTFUL] +
	    r->removed == 0)
		return;
	snprintf(told, sizeof(told), "an earlier run was killed: %llu begun "
	    "again, %llu published, %llu doubtful, %llu files removed that "
	    "no row knew", (unsigned long long)n[REPLAY_INTENT],
	    (unsigned long long)n[REPLAY_PUBLISHED],
	    (unsigned long long)n[REPLAY_DOUBTFUL],
	    (unsigned long long)r->removed);
	if (n[REPLAY_DOUBTFUL] > 0)
		diag_warn(NULL, "%s", told);
	else
		diag_note("%s", told);
}

/* What was done, on stdout and in the ledger; and the ledger's head. */
static int
tell_done(struct replay *r, char *argv[], struct err *err)
{
	const struct replay_tally *d = &r->did;
	struct arena *a = arena_new();
	struct slice result = arena_fmt(a, "%llu published, %llu taken, "
	    "%llu refused, %llu returned, %llu doubtful, %llu waiting",
	    (unsigned long long)d->published, (unsigned long long)d->taken,
	    (unsigned long long)d->refused, (unsigned long long)d->returned,
	    (unsigned long long)d->doubtful, (unsigned long long)d->waiting);
	struct ledger_row row = { .verb = SL("replay"),
	    .args = ledger_args(a, argv), .what = sl(r->target) };
	uint8_t hash[32];
	char hex[65];
	int64_t id;
	int x = -1;

	if (d->some_refused + d->some_returned > 0)
		result = arena_fmt(a, SL_FMT "; of those taken %llu "
		    "recipients refused, %llu returned", SL_ARG(result),
		    (unsigned long long)d->some_refused,
		    (unsigned long long)d->some_returned);
	printf("done: " SL_FMT "\n", SL_ARG(result));
	row.result = result;
	if (ledger_add(r->c, &row, err) == 0 &&
	    ledger_head(r->c, &id, hash, err) == 0) {
		hex_str(hash, sizeof(hash), hex);
		printf("ledger: row %lld, %s\n", (long long)id, hex);
		x = 0;
	}
	arena_free(a);
	return x;
}

static int
act(struct replay *r, char *argv[], struct err *err)
{
	struct err later = { 0 };
	int result;

	acting = replay_clock();
	result = replay_act(r, err);
	live_end(&live);
	if (tell_done(r, argv, &later) == -1 && result == 0) {
		*err = later;
		result = -1;
	}
	if (result == -1)
		return STATUS_FAILED;
	if (r->did.stalled)
		diag_warn(r->target, "nothing was taken for %llu seconds: is "
		    "the server running?  The same command goes on",
		    (unsigned long long)o.stall);
	if (r->did.stopped)
		diag_note("stopped, and what was in hand is done.  The same "
		    "command goes on");
	if (r->did.full)
		diag_warn(r->target, "%llu messages lie there, as many as "
		    "may (--max-waiting).  The same command goes on",
		    (unsigned long long)r->did.waiting);
	return diag_count() > 0 ? STATUS_PART : STATUS_OK;
}

static int
plan_and_act(struct replay *r, char *argv[], struct err *err)
{
	bool any;
	int x;

	if (commit && replay_recover(r, err) == -1)
		return STATUS_FAILED;
	tell_recovered(r);
	x = replay_plan(r, err);
	live_end(&live);
	if (x == -1)
		return STATUS_FAILED;
	print_plan(r);
	warn_left(r);
	any = r->left[LEAVE_NO] > 0;
	if (!commit) {
		printf("nothing was done; --commit does it\n");
		return diag_count() > 0 ? STATUS_PART : any ? STATUS_OK :
		    STATUS_NONE;
	}
	fflush(stdout);
	return act(r, argv, err) == STATUS_FAILED ? STATUS_FAILED :
	    diag_count() > 0 ? STATUS_PART : any ? STATUS_OK : STATUS_NONE;
}

/* ---- what is wanted ---- */

static int
choose_all(struct replay *r, struct case_cursor *cur, struct err *err)
{
	struct case_entry e;
	int x;

	while ((x = case_next(cur, &e, err)) == 1)
		replay_choose_entry(r, &e);
	case_cursor_free(cur);
	return x;
}

/* What spoolclean deleted cannot be read, but an archive may have it. */
static int
tell_deleted(struct casefile *c, const char *filter, struct err *err)
{
	struct buf b = { 0 };
	struct case_want want = { .where = where, .gone = true };
	struct case_rows rows = { 0 };
	int x;

	buf_fmt(&b, "%s%sgone IS NOT NULL AND row IN (SELECT entry"
	    " FROM turf_entry WHERE state = 'deleted')",
	    filter != NULL ? filter : "", filter != NULL ? " AND " : "");
	buf_addc(&b, '\0');
	want.filter = b.p;
	x = case_select_rows(c, &want, &rows, err);
	if (rows.n > 0)
		diag_note("%zu more that were chosen have been deleted: "
		    "spoolscan -c of an archive that has them brings them "
		    "back", rows.n);
	case_rows_free(&rows);
	buf_free(&b);
	return x;
}

static int
choose_entries(struct replay *r, struct casefile *c, const char *filter,
    struct err *err)
{
	struct case_want want = { .where = where, .filter = filter };
	struct case_cursor *cur;

	return case_select(c, &want, &cur, err) == -1 ||
	    choose_all(r, cur, err) == -1 ? -1 : tell_deleted(c, filter, err);
}

/* A file; or an entry of the case, where no file has that name. */
static int
choose_named(struct replay *r, struct casefile *c, const char *name,
    struct err *err)
{
	struct case_rows rows = { 0 };
	struct case_cursor *cur;
	struct err none;
	int x = 0;

	if (c == NULL || access(name, F_OK) == 0 ||
	    case_ids(c, sl(name), &rows, &none) == -1)
		replay_choose_file(r, name);
	else if (case_entries(c, &rows, &cur, err) == -1)
		x = -1;
	else
		x = choose_all(r, cur, err);
	case_rows_free(&rows);
	return x;
}

/* Names on stdin, ended by LF or NUL. */
static int
choose_listed(struct replay *r, struct casefile *c, struct err *err)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int x = 0;

	while (x == 0 && (n = getdelim(&line, &cap, nul ? '\0' : '\n',
	    stdin)) != -1) {
		if (n > 0 && line[n - 1] == (nul ? '\0' : '\n'))
			line[--n] = '\0';
		if (n >= NAME_MAX_BYTES)
			x = err_set(err, ERR_LIMIT, "stdin: a name of %zd "
			    "bytes: -0 for a list that ends in NUL", n);
		else if (n > 0)
			x = choose_named(r, c, line, err);
	}
	if (x == 0 && ferror(stdin))
		x = err_sys(err, "stdin");
	free(line);
	return x;
}

static int
choose_files(struct replay *r, struct casefile *c, char *files[],
    struct err *err)
{
	int x = 0;

	for (; x == 0 && *files != NULL; files++)
		x = strcmp(*files, "-") == 0 ? choose_listed(r, c, err) :
		    choose_named(r, c, *files, err);
	return x;
}

/* ---- how far it came ---- */

static int
print_one(void *ctx, const struct replay_left *x, struct err *err)
{
	struct buf b = { 0 };

	(void)ctx;
	(void)err;
	buf_fmt(&b, "%s\t" SL_FMT "\t" SL_FMT, replay_state_name(x->state),
	    SL_ARG(x->source), SL_ARG(x->address));
	if (x->n > 1)
		buf_fmt(&b, " and %llu more", (unsigned long long)(x->n - 1));
	buf_fmt(&b, "\t" SL_FMT, SL_ARG(x->why));
	buf_addc(&b, '\0');
	put_text(b.p);
	printf("\n");
	buf_free(&b);
	return 0;
}

/* Counts by state; then, one by one, what somebody has to look at. */
static int
print_status(struct replays *rows, const char *target, struct err *err)
{
	uint64_t n[REPLAY_STATES], all = 0;
	size_t i;

	if (replays_count(rows, target, n, err) == -1)
		return STATUS_FAILED;
	for (i = 0; i < REPLAY_STATES; i++) {
		all += n[i];
		if (n[i] > 0)
			printf("%12llu  %s\n", (unsigned long long)n[i],
			    replay_state_name((enum replay_state)i));
	}
	if (replays_left(rows, target, print_one, NULL, err) == -1)
		return STATUS_FAILED;
	return all == 0 ? STATUS_NONE : STATUS_OK;
}

static int
status_of_case(struct err *err)
{
	struct casefile *c;
	struct replays *rows;
	int x = STATUS_FAILED;

	if (case_open(&c, case_file, CASE_READ, err) == -1)
		return STATUS_FAILED;
	if (replays_open(&rows, c, err) == 0) {
		x = print_status(rows, NULL, err);
		replays_free(rows);
	}
	case_close(c, err);
	return x;
}

/* ---- the run ---- */

static int
run_open(struct replay *r, struct casefile *c, char *files[],
    const char *filter, char *argv[], struct err *err)
{
	if (status)
		return r->rows == NULL ? STATUS_NONE :
		    print_status(r->rows, r->target, err);
	if ((files[0] == NULL ? choose_entries(r, c, filter, err) :
	    choose_files(r, c, files, err)) == -1)
		return STATUS_FAILED;
	return plan_and_act(r, argv, err);
}

static int
run(char *files[], const char *filter, char *argv[], struct err *err)
{
	enum case_mode mode = !commit ? CASE_READ :
	    files[0] != NULL ? CASE_CREATE : CASE_WRITE;
	struct casefile *c = NULL;
	struct replay *r;
	struct err later = { 0 };
	int x = STATUS_FAILED;

	if (status && o.to == NULL)
		return status_of_case(err);
	if (case_file != NULL && (commit || files[0] == NULL ||
	    access(case_file, F_OK) == 0) &&
	    case_open(&c, case_file, mode, err) == -1)
		return STATUS_FAILED;
	o.act = commit && !status;
	if (replay_open(&r, &o, c, err) == 0) {
		x = run_open(r, c, files, filter, argv, err);
		replay_free(r);
	} else if (err->code == ERR_USAGE)
		x = STATUS_USAGE;
	if (case_close(c, &later) == -1 && x != STATUS_FAILED) {
		*err = later;
		x = STATUS_FAILED;
	}
	return x;
}

static int
one_of(const char *name, const char *const *names)
{
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

static void
parse_words(void)
{
	static const char *const dot_names[] = { "none", "lone", "all", NULL };
	static const char *const orders[] = { "age", "priority", NULL };
	int i;

	if (dots != NULL && (o.dots = one_of(dots, dot_names)) == -1)
		opt_usage(&cmd, "--dots %s: one of none, lone, all", dots);
	if (order == NULL)
		return;
	if ((i = one_of(order, orders)) == -1)
		opt_usage(&cmd, "--order %s: age or priority", order);
	o.order = (enum replay_order)i;
}

static void
read_password(void)
{
	static char line[1024];
	FILE *f;

	if ((o.user == NULL) != (password_file == NULL))
		opt_usage(&cmd, "--user and --password-file belong together");
	if (password_file == NULL)
		return;
	if ((f = fopen(password_file, "re")) == NULL ||
	    fgets(line, sizeof(line), f) == NULL)
		opt_usage(&cmd, "%s: cannot read a password", password_file);
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	o.password = line;
}

int
main(int argc, char *argv[])
{
	struct err err = { 0 };
	struct selector *want = NULL;
	struct buf filter = { 0 };
	char **files;
	int x;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	files = argv + opt_parse(&cmd, argc, argv);
	parse_words();
	read_password();
	if (select_new(&want, &sel, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	select_sql(want, &filter);
	buf_addc(&filter, '\0');
	if (o.to == NULL && !(status && case_file != NULL))
		opt_usage(&cmd, "where to? --to profile:target");
	if (!status && files[0] == NULL && case_file == NULL)
		opt_usage(&cmd, "which messages? a case (-c), files, or - for "
		    "a list on stdin");
	if (!status && files[0] == NULL && where == NULL &&
	    !select_any(want))
		opt_usage(&cmd, "which entries? -w \"class='legit'\", or a "
		    "filter");
	if (files[0] != NULL && (where != NULL || select_any(want)))
		opt_usage(&cmd, "-w and filters choose from a case; files are "
		    "named one by one");
	o.progress = show_progress;
	x = run(files, select_any(want) ? filter.p : NULL, argv, &err);
	if (err.code != ERR_NONE)
		diag_warn(NULL, "%s", err.msg);
	select_free(want);
	buf_free(&filter);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		x = STATUS_FAILED;
	}
	sig_finish();
	return x;
}
