#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/operands.h"
#include "base/opt.h"
#include "base/sig.h"
#include "show/sink.h"
#include "show/whole.h"
#include "site/told.h"

static const char	*format;
static bool		 raw, headers, no_magic, nul;
static uint64_t		 part;
static struct site_told	 told;

static const struct opt opts[] = {
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
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolshow", .operands = "file ...", .opts = opts,
	.what = "show one message whole: envelope, verdict, way, parts, text",
};

static void
print_raw_header(struct single *msg)
{
	struct slice head = whole_header_raw(msg);

	fwrite(head.p, 1, head.n, stdout);
}

static void
print_page(struct single *msg, struct site *site)
{
	struct buf why = { 0 };
	struct whole w = { .msg = msg, .site = site, .alone = true,
	    .colour = term_colour(stdout) };
	struct slice rest, line;
	struct row row;

	single_judge(msg, site, told.file == NULL ? &why : NULL);
	rest = buf_sl(&why);
	while (sl_cut(&rest, '\n', &line))
		diag_note("guessed: " SL_FMT, SL_ARG(line));
	if (why.n > 0)
		diag_note("guessed: wrong? say it with -d, -t, -g or -s");
	buf_free(&why);
	row_judged(&row, msg->arena, msg->judge, msg->facts, &msg->rec, true);
	w.row = &row;
	whole_print(stdout, &w);
}

static int
print_wanted(struct single *msg, struct site *site, struct err *err)
{
	if (part > 0)
		return whole_part(stdout, msg, (unsigned)part, raw, err);
	if (headers && raw)
		print_raw_header(msg);
	else if (headers)
		whole_header(stdout, msg);
	else if (raw)
		return whole_raw(stdout, msg, err);
	else
		print_page(msg, site);
	return 0;
}

/* Each is judged by what was told, not by what another one's guess was. */
static int
show_file(const char *file)
{
	struct single *msg = single_new(!no_magic);
	struct site *site = site_new();
	struct err err = { 0 };
	int r;

	if (site_tell(site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	r = single_open(msg, file, format, &err);
	if (r == 0 && (r = print_wanted(msg, site, &err)) == -1)
		err_at(&err, "%s", file);
	if (r == -1)
		diag_warn(NULL, "%s", err.msg);
	single_free(msg);
	site_free(site);
	return r;
}

static int
show_files(struct operands *o)
{
	const char *file;
	size_t shown = 0, failed = 0;

	while (!sig_stop() && (file = operands_next(o)) != NULL) {
		if (shown > 0 && !raw)
			putchar('\n');
		if (show_file(file) == -1)
			failed++;
		else
			shown++;
	}
	if (failed > 0)
		return shown > 0 ? STATUS_PART : STATUS_FAILED;
	return shown > 0 ? STATUS_OK : STATUS_NONE;
}

int
main(int argc, char *argv[])
{
	struct operands o;
	int status;

	diag_init(argv[0]);
	sig_init();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL)
		opt_usage(&cmd, "which message?");
	if (raw && isatty(STDOUT_FILENO))
		opt_usage(&cmd, "--raw: not to a terminal; into a pipe or a "
		    "file");
	operands_init(&o, argv, stdin, nul);
	status = show_files(&o);
	operands_free(&o);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
