#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/opt.h"

#define COLUMNS	79	/* as mandoc sets a SYNOPSIS */

/* Every command has these; they stand in --help, not in the usage line. */
static const struct opt common[] = {
	{ 0, "help", NULL, "print this and exit", .flag = NULL },
	{ 0, "version", NULL, "print the version and exit", .flag = NULL },
	{ .name = NULL },
};

/* The command line, and how far we are. */
struct words {
	const struct opt_cmd	*cmd;
	char			**v;
	int			 n, i;
};

/* Put one more word on the usage line, on a fresh one when it is full. */
static void
usage_word(struct buf *b, size_t *col, size_t indent, struct slice word)
{
	if (*col + 1 + word.n > COLUMNS && *col > indent) {
		buf_fmt(b, "\n%*s", (int)indent, "");
		*col = indent;
	}
	buf_addc(b, ' ');
	buf_add(b, word);
	*col += 1 + word.n;
}

/* "[-0lv]": the letters that take no value share a bracket, as in mdoc. */
static void
usage_flags(struct buf *word, const struct opt *o)
{
	buf_add(word, SL("[-"));
	for (; o->name != NULL; o++)
		if (o->letter != 0 && o->arg == NULL)
			buf_addc(word, o->letter);
	if (word->n == 2)
		word->n = 0;
	else
		buf_addc(word, ']');
}

static void
usage_option(struct buf *word, const struct opt *o)
{
	word->n = 0;
	if (o->letter != 0)
		buf_fmt(word, "[-%c", o->letter);
	else
		buf_fmt(word, "[--%s", o->name);
	if (o->arg != NULL)
		buf_fmt(word, " %s", o->arg);
	buf_addc(word, ']');
}

/* The next operand; "spool ..." stays on one line. */
static bool
next_operand(struct slice *rest, struct slice *word)
{
	size_t n;

	if (!sl_word(rest, word))
		return false;
	if (sl_starts(*rest, SL(" ..."))) {
		n = 4 + (size_t)sl_starts(sl_from(*rest, 4), SL("]"));
		word->n += n;
		*rest = sl_from(*rest, n);
	}
	return true;
}

static void
usage_line(const struct opt_cmd *cmd, FILE *to)
{
	struct buf b = { 0 }, word = { 0 };
	struct slice rest = sl(cmd->operands), operand;
	const struct opt *o;
	size_t col, indent;

	buf_fmt(&b, "usage: %s", cmd->name);
	col = indent = b.n;
	usage_flags(&word, cmd->opts);
	if (word.n > 0)
		usage_word(&b, &col, indent, buf_sl(&word));
	for (o = cmd->opts; o->name != NULL; o++) {
		if (o->letter != 0 && o->arg == NULL)
			continue;
		usage_option(&word, o);
		usage_word(&b, &col, indent, buf_sl(&word));
	}
	while (next_operand(&rest, &operand))
		usage_word(&b, &col, indent, operand);
	fprintf(to, "%.*s\n", (int)b.n, b.p);
	buf_free(&word);
	buf_free(&b);
}

void
opt_usage(const struct opt_cmd *cmd, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	diag_warn(NULL, "%s", msg);
	usage_line(cmd, stderr);
	exit(STATUS_USAGE);
}

/* "  -c, --case file", to be followed by what it does. */
static void
help_left(struct buf *b, const struct opt *o)
{
	b->n = 0;
	if (o->letter != 0)
		buf_fmt(b, "  -%c, --%s", o->letter, o->name);
	else
		buf_fmt(b, "      --%s", o->name);
	if (o->arg != NULL)
		buf_fmt(b, " %s", o->arg);
}

static size_t
help_width(struct buf *b, const struct opt *o)
{
	size_t width = 0;

	for (; o->name != NULL; o++) {
		help_left(b, o);
		if (b->n > width)
			width = b->n;
	}
	return width;
}

static void
help_rows(struct buf *b, const struct opt *o, size_t width)
{
	for (; o->name != NULL; o++) {
		help_left(b, o);
		printf("%.*s%*s  %s\n", (int)b->n, b->p,
		    (int)(width - b->n), "", o->help);
	}
}

/* What went to stdout is all we did: a full disk is an error. */
static void
done(void)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		diag_warn("stdout", "write error");
		exit(STATUS_FAILED);
	}
	exit(STATUS_OK);
}

static void
help(const struct opt_cmd *cmd)
{
	struct buf b = { 0 };
	size_t width = help_width(&b, cmd->opts);

	if (help_width(&b, common) > width)
		width = help_width(&b, common);
	usage_line(cmd, stdout);
	printf("\n%s\n\n", cmd->what);
	help_rows(&b, cmd->opts, width);
	help_rows(&b, common, width);
	buf_free(&b);
	if (cmd->more != NULL)
		cmd->more();
	done();
}

static void
version(const struct opt_cmd *cmd)
{
	printf("%s (spoolkit) %s\n", cmd->name, VERSION);
	done();
}

static void
set_num(const struct opt_cmd *cmd, const struct opt *o, struct slice as,
    const char *value)
{
	uint64_t n;

	if (sl_num(sl(value), o->max == 0 ? UINT64_MAX : o->max, &n))
		*o->num = n;
	else if (o->max == 0)
		opt_usage(cmd, SL_FMT ": '%.64s' is not a number",
		    SL_ARG(as), value);
	else
		opt_usage(cmd, SL_FMT ": '%.64s' is not a number from 0 to %ju",
		    SL_ARG(as), value, (uintmax_t)o->max);
}

/* as is the option as it was typed, for messages. */
static void
set(const struct opt_cmd *cmd, const struct opt *o, struct slice as,
    const char *value)
{
	if (o->str != NULL) {
		*o->str = value;
	} else if (o->num != NULL) {
		set_num(cmd, o, as, value);
	} else {
		assert(o->list != NULL);
		if (o->list->n == OPT_LIST_MAX)
			opt_usage(cmd, SL_FMT " is there more than %d times",
			    SL_ARG(as), OPT_LIST_MAX);
		o->list->v[o->list->n++] = value;
	}
}

/* The word after an option is its value, whatever it looks like. */
static const char *
next_value(struct words *w, const struct opt *o, struct slice as)
{
	if (w->i + 1 >= w->n)
		opt_usage(w->cmd, SL_FMT " needs a value: %s", SL_ARG(as),
		    o->arg);
	return w->v[++w->i];
}

static const struct opt *
by_name(const struct opt *o, struct slice name)
{
	for (; o->name != NULL; o++)
		if (sl_eq(sl(o->name), name))
			return o;
	return NULL;
}

static const struct opt *
by_letter(const struct opt *o, char c)
{
	for (; o->name != NULL; o++)
		if (o->letter == c && c != 0)
			return o;
	return NULL;
}

/* "--name", "--name=value" or "--name" and the next word. */
static void
long_option(struct words *w)
{
	struct slice value = sl(w->v[w->i]), as;
	bool given = strchr(value.p, '=') != NULL;
	const struct opt *o;

	sl_cut(&value, '=', &as);
	o = by_name(w->cmd->opts, sl_from(as, 2));
	if (o == NULL && !given && sl_eq(as, SL("--help")))
		help(w->cmd);
	if (o == NULL && !given && sl_eq(as, SL("--version")))
		version(w->cmd);
	if (o == NULL)
		opt_usage(w->cmd, "unknown option " SL_FMT, SL_ARG(as));
	if (o->arg != NULL) {
		set(w->cmd, o, as, given ? value.p : next_value(w, o, as));
		return;
	}
	if (given)
		opt_usage(w->cmd, SL_FMT " takes no value", SL_ARG(as));
	*o->flag = true;
}

/* "-a", "-abc", "-cvalue" or "-c" and the next word. */
static void
short_options(struct words *w)
{
	const char *p = w->v[w->i] + 1;
	const struct opt *o;
	char as[] = "-?";

	for (; *p != '\0'; p++) {
		as[1] = *p;
		o = by_letter(w->cmd->opts, *p);
		if (o == NULL)
			opt_usage(w->cmd, "unknown option %s", as);
		if (o->arg != NULL) {
			set(w->cmd, o, sl(as),
			    p[1] != '\0' ? p + 1 : next_value(w, o, sl(as)));
			return;
		}
		*o->flag = true;
	}
}

int
opt_parse(const struct opt_cmd *cmd, int argc, char *argv[])
{
	struct words w = { cmd, argv, argc, 1 };
	int operands = 1;
	bool ended = false;
	char *word;

	for (; w.i < argc; w.i++) {
		word = argv[w.i];
		if (ended || word[0] != '-' || word[1] == '\0')
			argv[operands++] = word;
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			long_option(&w);
		else
			short_options(&w);
	}
	if (argc > 0)
		argv[operands] = NULL;
	return argc > 0 ? 1 : 0;
}
