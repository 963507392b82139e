#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/operands.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "case/case.h"
#include "show/guess.h"
#include "show/sink.h"
#include "show/whole.h"
#include "site/beside.h"
#include "site/told.h"

static const char	*format, *case_file;
static bool		 raw, headers, no_magic, nul;
static uint64_t		 part;
static struct site_told	 told;
static struct sandbox	 box;
static struct site	*given;		/* by -s, which is read once */

static const struct opt opts[] = {
	{ 'c', "case", "file", "the messages are of this case",
	    .str = &case_file },
	{ 'f', "format", "name", "spool format; default: ask each driver",
	    .str = &format },
	SITE_OPTS(told),
	{ .name = "headers", .help = "the header alone, decoded",
	    .flag = &headers },
	{ .name = "part", .arg = "n", .help = "one part alone, decoded",
	    .num = &part, .max = MIME_PARTS_MAX },
	{ .name = "raw", .help = "bytes as they are; not to a terminal",
	    .flag = &raw },
	{ .name = "no-magic", .help = "do not look up the types of parts",
	    .flag = &no_magic },
	{ '0', "null", NULL, "names from stdin end in NUL", .flag = &nul },
	SANDBOX_OPTS(box),
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolshow", .operands = "message ...", .opts = opts,
	.what = "show one message whole: envelope, verdict, way, parts, text",
};

static void
print_raw_header(struct single *msg)
{
	struct slice head = whole_header_raw(msg);

	fwrite(head.p, 1, head.n, stdout);
}

static void
say_guess(const struct buf *why)
{
	guess_say(why);
	if (why->n > 0)
		diag_note("guessed: wrong? say it with -d, -t, -g or -s");
}

static void
print_page(struct single *msg, struct site *site)
{
	struct buf why = { 0 };
	struct whole w = { .msg = msg, .site = site, .alone = true,
	    .colour = term_colour(stdout) };
	struct row row;

	single_judge(msg, site, told.file == NULL ? &why : NULL);
	say_guess(&why);
	buf_free(&why);
	row_judged(&row, msg->arena, msg->judge, msg->facts, &msg->rec, true);
	w.row = &row;
	whole_print(stdout, &w);
}

/* What is wanted of the bytes alone; false: it is the page. */
static bool
print_bytes(struct single *msg, int *r, struct err *err)
{
	*r = 0;
	if (part > 0)
		*r = whole_part(stdout, msg, (unsigned)part, raw, err);
	else if (headers && raw)
		print_raw_header(msg);
	else if (headers)
		whole_header(stdout, msg);
	else if (raw)
		*r = whole_raw(stdout, msg, err);
	else
		return false;
	return true;
}

static struct site *
new_site(void)
{
	struct site *site = site_new();
	struct err err;

	if (site_tell(site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	return site;
}

/* That of a file never changes; others learn from each message. */
static struct site *
site_for_one(void)
{
	return given != NULL ? given : new_site();
}

static void
site_done(struct site *site)
{
	if (site != given)
		site_free(site);
}

/* ---- a file ---- */

/* Each is judged by what was told, not by what another one's guess was. */
static int
show_file(const char *file)
{
	struct single *msg = single_new(!no_magic);
	struct site *site = site_for_one();
	struct err err = { 0 };
	int r = single_open(msg, file, format, &err);

	if (r == 0 && !print_bytes(msg, &r, &err))
		print_page(msg, site);
	else if (err.code != ERR_NONE && r == -1 && msg->read != NULL)
		err_at(&err, "%s", file);
	if (r == -1)
		diag_warn(NULL, "%s", err.msg);
	single_free(msg);
	site_done(site);
	return r;
}

/* ---- an entry of a case ---- */

struct entry {
	struct casefile	*c;
	int64_t		 row;
};

static int
read_entry(void *from, single_piece *piece, void *ctx, struct err *err)
{
	const struct entry *e = from;

	return case_bytes(e->c, e->row, piece, ctx, err);
}

static int
read_entry_text(void *from, single_text_piece *piece, void *ctx,
    struct err *err)
{
	const struct entry *e = from;

	return case_text(e->c, piece, ctx, err);
}

/* The verdict is the case's; the site says whose hops are ours. */
static int
print_entry(struct entry *e, struct single *msg, const char *absent,
    struct err *err)
{
	struct site *site = site_for_one();
	struct whole w = { .site = site, .absent = absent,
	    .msg = absent == NULL ? msg : NULL,
	    .colour = term_colour(stdout) };
	struct case_mark *marks;
	struct buf why = { 0 };
	struct row row;
	int r = case_row(e->c, e->row, msg->arena, &row, &msg->rec, err) ||
	    case_marks(e->c, e->row, msg->arena, &marks, &w.nmarks, err) ?
	    -1 : 0;

	if (r == 0) {
		single_judge(msg, site, told.file == NULL ? &why : NULL);
		buf_free(&why);
		w.row = &row;
		w.marks = marks;
		whole_print(stdout, &w);
	}
	site_done(site);
	return r;
}

static int
show_entry(struct casefile *c, int64_t row)
{
	struct single *msg = single_new(!no_magic);
	struct entry e = { c, row };
	struct err err = { 0 }, why = { 0 };
	int loaded = case_load(c, row, &msg->msg, &why), r = loaded;

	msg->read = read_entry;
	msg->read_text = read_entry_text;
	msg->from = &e;
	if (loaded == -1 && (raw || headers || part > 0))
		err = why;
	else if (loaded == -1 || !print_bytes(msg, &r, &err))
		r = print_entry(&e, msg, loaded == -1 ? why.msg : NULL, &err);
	if (r == -1)
		diag_warn(NULL, "%s", err.msg);
	single_free(msg);
	return r;
}

static int
show_named(struct casefile *c, const char *name, bool gap)
{
	struct case_rows rows = { 0 };
	struct err err;
	int r = case_ids(c, sl(name), &rows, &err);
	size_t i;

	if (r == -1)
		diag_warn(NULL, "%s", err.msg);
	if (raw && rows.n > 1)
		rows.n = 1;		/* copies: the same bytes */
	for (i = 0; i < rows.n && !sig_stop(); i++) {
		if ((gap || i > 0) && !raw)
			putchar('\n');
		if (show_entry(c, rows.v[i]) == -1)
			r = -1;
	}
	case_rows_free(&rows);
	return r;
}

/* ---- all ---- */

static int
show_one(struct casefile *c, const char *name, bool gap)
{
	if (c != NULL)
		return show_named(c, name, gap);
	if (gap && !raw)
		putchar('\n');
	return show_file(name);
}

static int
show_all(struct casefile *c, char *const names[])
{
	size_t shown = 0, failed = 0;

	for (; *names != NULL && !sig_stop(); names++)
		if (show_one(c, *names, shown > 0) == -1)
			failed++;
		else
			shown++;
	if (failed > 0)
		return shown > 0 ? STATUS_PART : STATUS_FAILED;
	return shown > 0 ? STATUS_OK : STATUS_NONE;
}

/* All of them before any is read: a sandbox cannot be opened for one more. */
static char **
take_names(struct arena *a, char *const argv[])
{
	struct operands o;
	const char *name;
	char **v = NULL;
	size_t n = 0;

	operands_init(&o, argv, stdin, nul);
	do {
		if ((n & (n - 1)) == 0)
			v = xrealloc(v, n == 0 ? 1 : 2 * n, sizeof(*v));
		name = sig_stop() ? NULL : operands_next(&o);
		v[n++] = name == NULL ? NULL : arena_str(a, sl(name));
	} while (name != NULL);
	operands_free(&o);
	return v;
}

/* Do both lie in the same folder? */
static bool
side_by_side(const char *a, const char *b)
{
	const char *end = strrchr(a, '/');
	size_t n = end == NULL ? 0 : (size_t)(end - a) + 1;

	return strncmp(a, b, n) == 0 && strchr(b + n, '/') == NULL;
}

/* What was found above one file holds for those beside it. */
static void
allow_names(struct arena *a, char *const names[])
{
	const char *last = NULL, *root = NULL;

	for (; *names != NULL; names++) {
		if (last != NULL && root != last && side_by_side(last, *names))
			continue;
		last = *names;
		root = spool_find_root(a, last, format);
		sandbox_path(&box, root);
		if (told.file == NULL)
			site_beside_allow(&box, a, root);
	}
}

static int
confine(struct casefile *c, struct arena *a, char *const names[],
    struct err *err)
{
	if (c != NULL && (case_confine(c, &box, err) == -1 ||
	    case_places(c, &box, err) == -1))
		return -1;
	if (c == NULL && !box.off)
		allow_names(a, names);
	sandbox_enter(&box);
	return 0;
}

static int
run(struct arena *a, char *const names[])
{
	struct casefile *c = NULL;
	int status = STATUS_FAILED;
	struct err err;

	if ((case_file != NULL && case_open(&c, case_file, CASE_READ, &err) ==
	    -1) || confine(c, a, names, &err) == -1)
		diag_warn(NULL, "%s", err.msg);
	else
		status = show_all(c, names);
	if (case_close(c, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		status = STATUS_FAILED;
	}
	return status;
}

int
main(int argc, char *argv[])
{
	struct arena *a = arena_new();
	char **names;
	int status;

	diag_init(argv[0]);
	sig_init();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL)
		opt_usage(&cmd, "which message?");
	if (raw && isatty(STDOUT_FILENO))
		opt_usage(&cmd, "--raw: not to a terminal; into a pipe or a "
		    "file");
	given = told.file != NULL ? new_site() : NULL;
	names = take_names(a, argv);
	status = run(a, names);
	site_free(given);
	free(names);
	arena_free(a);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
