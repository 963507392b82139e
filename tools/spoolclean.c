#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/clean.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "case/ledger.h"
#include "judge/judge.h"
#include "show/head.h"
#include "show/select.h"
#include "show/sink.h"

static const char	*case_file, *where, *format;
static struct select	 sel;
static struct opt_list	 sender_domains;
static bool		 null_sender, delete, no_archive, undo, commit, kept;
static uint64_t		 quota;

static const struct opt opts[] = {
	{ 'c', "case", "file", "the case that knows the entries",
	    .str = &case_file },
	{ 'w', "where", "condition", "SQL over the case's entries",
	    .str = &where },
	SELECT_OPTS(sel),
	{ .name = "sender-domain", .arg = "domain", .list = &sender_domains,
	    .help = "any sender in it; .example.org: and in those below it" },
	{ .name = "null-sender", .help = "bounces, and what poses as one",
	    .flag = &null_sender },
	{ 'f', "format", "name", "spool format; default: ask each driver",
	    .str = &format },
	{ .name = "delete", .help = "remove instead of moving aside; only "
	    "what a verified archive holds", .flag = &delete },
	{ .name = "no-archive-i-know", .help = "with --delete: no archive "
	    "holds it, and that is meant", .flag = &no_archive },
	{ .name = "undo", .help = "put back what was moved aside",
	    .flag = &undo },
	{ .name = "held", .help = "also what its server was told to keep: on "
	    "hold, frozen", .flag = &kept },
	{ .name = "quota", .arg = "MB", .help = "how much may lie aside; "
	    "default: what the disk has free", .num = &quota,
	    .max = UINT64_MAX >> 20 },
	{ .name = "commit", .help = "act; without it only the plan is shown",
	    .flag = &commit },
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolclean", .operands = "spool", .opts = opts,
	.what = "take entries out of a live spool, and put them back",
};

/* What is chosen, by class. */
struct tally {
	struct case_rows rows;
	size_t		 n[C_COUNT];
	uint64_t	 bytes[C_COUNT], all;
};

/*
 * Choosing.
 */

static void
add_quoted(struct buf *b, const char *s)
{
	buf_addc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_addc(b, '\'');
		buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

/* In the spool; or, to come back, in one of its turf folders. */
static void
where_it_is(struct buf *b, const struct place *p)
{
	struct buf aside = { 0 };

	buf_fmt(b, "spool IN (SELECT s.spool FROM spool s WHERE ");
	if (undo) {
		buf_fmt(&aside, "%s/%s.turf/", p->beside_path[1] == '\0' ?
		    "" : p->beside_path, p->base);
		buf_addc(&aside, '\0');
		buf_fmt(b, "substr(s.path, 1, length(");
		add_quoted(b, aside.p);
		buf_fmt(b, ")) = ");
		add_quoted(b, aside.p);
		buf_free(&aside);
	} else {
		buf_fmt(b, "s.path = ");
		add_quoted(b, p->path);
	}
	buf_addc(b, ')');
}

/* Domains and the null sender are senders in other words. */
static void
add_senders(struct arena *a)
{
	struct opt_list *l = &sel.sender;
	const char *d;
	size_t i;

	if (l->n + 2 * sender_domains.n + 1 > OPT_LIST_MAX)
		opt_usage(&cmd, "more than %d senders", OPT_LIST_MAX);
	if (null_sender)
		l->v[l->n++] = "<>";
	for (i = 0; i < sender_domains.n; i++) {
		d = sender_domains.v[i];
		if (d[0] == '.')
			l->v[l->n++] = arena_fmt(a, "*@*%s", d).p;
		l->v[l->n++] = arena_fmt(a, "*@%s", d + (d[0] == '.')).p;
	}
}

static void
count(struct tally *t, const struct case_entry *e)
{
	struct case_rows *r = &t->rows;
	enum class k = C_UNSURE;

	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 256 : r->cap * 2;
		r->v = xrealloc(r->v, r->cap, sizeof(*r->v));
	}
	r->v[r->n++] = e->row;
	(void)class_parse(e->class, &k);
	t->n[k]++;
	t->bytes[k] += e->size;
	t->all += e->size;
}

static int
choose(struct casefile *c, const struct place *p,
    const struct selector *f, struct tally *t, struct err *err)
{
	struct case_want want = { .where = where };
	struct case_cursor *cur;
	struct case_entry e;
	struct buf b = { 0 };
	int r;

	where_it_is(&b, p);
	select_sql(f, &b);
	buf_addc(&b, '\0');
	want.filter = b.p;
	r = case_select(c, &want, &cur, err);
	buf_free(&b);
	if (r == -1)
		return -1;
	while (!sig_stop() && (r = case_next(cur, &e, err)) == 1)
		count(t, &e);
	case_cursor_free(cur);
	if (sig_stop())
		return err_set(err, ERR_SYS, "stopped: nothing was changed");
	return r == -1 ? -1 : 0;
}

/* Say so if nothing here was ever scanned into the case. */
static int
check_known(struct casefile *c, const struct place *p, struct err *err)
{
	struct case_want want = { .gone = true, .most = 1 };
	struct case_cursor *cur;
	struct buf b = { 0 };
	int r;

	where_it_is(&b, p);
	buf_addc(&b, '\0');
	want.filter = b.p;
	r = case_select(c, &want, &cur, err);
	buf_free(&b);
	if (r == -1)
		return -1;
	if (case_count(cur) == 0)
		diag_warn(p->path, undo ? "nothing of it was moved aside" :
		    "the case knows nothing of it: spoolscan -c first");
	case_cursor_free(cur);
	return 0;
}

/*
 * Saying.
 */

static const char *
verb(bool past)
{
	if (undo)
		return past ? "put back" : "come back";
	if (delete)
		return past ? "deleted" : "be deleted";
	return past ? "moved aside" : "be moved aside";
}

static void
print_plan(const struct place *p, const struct tally *t)
{
	enum class k;

	utf8_print(p->path);
	printf(": %zu entries, %llu bytes, would %s\n", t->rows.n,
	    (unsigned long long)t->all, verb(false));
	for (k = 0; k < C_COUNT; k++)
		if (t->n[k] > 0)
			printf("  %-12s %10zu %16llu\n", class_name(k),
			    t->n[k], (unsigned long long)t->bytes[k]);
	if (t->rows.n > 0)
		puts("Nothing was changed: --commit does it.");
}

static void
warn_left(void *ctx, const char *path, const char *why)
{
	(void)ctx;
	diag_warn(path, "left where it is: %s", why);
}

static void
print_done(const struct clean *k)
{
	utf8_print(k->place->path);
	printf(": %zu entries %s", k->done, verb(true));
	if (k->aside != NULL) {
		printf(", to ");
		utf8_print(k->aside);
	}
	if (k->left_over > 0)
		printf("; %zu left", k->left_over);
	if (sig_stop())
		printf("; stopped");
	putchar('\n');
}

/*
 * Acting.
 */

static int
write_down(struct casefile *c, struct arena *a, const struct clean *k,
    struct slice args, const struct err *failed, struct err *err)
{
	struct ledger_row row = { .args = args, .what = sl(k->place->path),
	    .verb = undo ? SL("undo") : delete ? SL("delete") : SL("turf") };

	row.result = arena_fmt(a, "%zu entries%s%s, %zu left%s%s", k->done,
	    k->aside != NULL ? " to " : "", k->aside != NULL ? k->aside : "",
	    k->left_over, failed->code != ERR_NONE ? "; " : "", failed->msg);
	return ledger_add(c, &row, err);
}

/*
 * What may be deleted: only what an archive, verified now, holds.  One that
 * does not verify holds nothing.
 */
static int
open_held(struct casefile *c, struct arena *a, const struct place *p,
    const struct case_rows *rows, struct held *held, struct err *err)
{
	struct case_archive *v;
	size_t n, i, good = 0;

	if (case_archives(c, p->path, rows, a, &v, &n, err) == -1)
		return -1;
	if (n == 0)
		return err_set(err, ERR_USAGE, "--delete: no archive of %.200s "
		    "is known: make one with spoolarchive -c, or say "
		    "--no-archive-i-know", p->path);
	for (i = 0; i < n; i++)
		if (held_add(held, v[i].path, v[i].inside, err) == 0)
			good++;
		else if (i < n - 1 || good > 0)
			diag_warn(NULL, "%s", err->msg);
	return good > 0 ? 0 : -1;
}

static int
act(struct casefile *c, struct arena *a, struct place *p,
    const struct tally *t, struct slice args)
{
	struct clean k = { .place = p, .format = format, .rows = &t->rows,
	    .quota = quota << 20, .delete = delete, .kept = kept,
	    .left = warn_left };
	struct err err = { 0 }, written = { 0 }, bad = { 0 };
	struct held *held = delete && !no_archive ? held_new() : NULL;
	int r = 0;

	if (held != NULL && open_held(c, a, p, &t->rows, held, &bad) == -1) {
		err = bad;
		r = -1;
	}
	k.held = held;
	if (r == 0)
		r = (undo ? clean_undo : clean_out)(c, a, &k, &err);
	held_free(held);
	if (r == -1)
		diag_warn(NULL, "%s", err.msg);
	if (r == -1 && err.code == ERR_USAGE)
		return STATUS_USAGE;
	if (write_down(c, a, &k, args, &err, &written) == -1 ||
	    (print_done(&k), head_print(stdout, c, &written)) == -1) {
		diag_warn(NULL, "%s", written.msg);
		return STATUS_FAILED;
	}
	if (r == -1)
		return STATUS_FAILED;
	return k.left_over > 0 ? STATUS_PART : k.done > 0 ? STATUS_OK :
	    STATUS_NONE;
}

static int
run(struct casefile *c, struct place *p, struct slice args)
{
	struct arena *a = arena_new();
	struct tally t = { 0 };
	struct selector *f;
	struct err err = { 0 };
	size_t settled;
	int status;

	add_senders(a);
	if (select_new(&f, &sel, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	if (where == NULL && !select_any(f) && !undo)
		opt_usage(&cmd, "which entries? -w, --class, --sender, "
		    "--sender-domain, --null-sender, --client ...; -w 1 "
		    "means all");
	if ((commit && clean_settle(c, a, p, &settled, &err) == -1) ||
	    choose(c, p, f, &t, &err) == -1 ||
	    (t.rows.n == 0 && check_known(c, p, &err) == -1)) {
		diag_warn(NULL, "%s", err.msg);
		status = err.code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
	} else if (!commit) {
		print_plan(p, &t);
		status = t.rows.n > 0 ? STATUS_OK : STATUS_NONE;
	} else
		status = act(c, a, p, &t, args);
	case_rows_free(&t.rows);
	select_free(f);
	arena_free(a);
	return status;
}

static int
open_and_run(const char *spool, struct slice args)
{
	struct casefile *c = NULL;
	struct place p;
	struct err err = { 0 };
	int status = STATUS_FAILED;

	if (place_open(&p, spool, commit ? diag_tool() : NULL, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		return STATUS_FAILED;
	}
	if (p.root == -1)
		diag_warn(spool, "there is no such spool");
	else if (case_open(&c, case_file, commit ? CASE_WRITE : CASE_READ,
	    &err) == -1)
		diag_warn(NULL, "%s", err.msg);
	else
		status = run(c, &p, args);
	if (case_close(c, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		status = STATUS_FAILED;
	}
	place_close(&p);
	return status;
}

int
main(int argc, char *argv[])
{
	struct arena *a = arena_new();
	struct slice args = ledger_args(a, argv);
	int status;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL || argv[1] != NULL)
		opt_usage(&cmd, "one spool directory, please");
	if (case_file == NULL)
		opt_usage(&cmd, "-c: which case? spoolscan -c makes one");
	if (delete && undo)
		opt_usage(&cmd, "--undo: what was deleted does not come back");
	status = open_and_run(argv[0], args);
	arena_free(a);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
