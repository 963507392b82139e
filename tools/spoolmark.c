#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/operands.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "case/campaigns.h"
#include "case/ledger.h"
#include "show/select.h"
#include "show/sink.h"

static const char	*case_file, *where, *because;
static bool		 undo, nul;
static struct select	 sel;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'c', "case", "file", "the case", .str = &case_file },
	{ 'w', "where", "condition", "SQL over entries; see spool-case(5)",
	    .str = &where },
	{ .name = "because", .arg = "text", .help = "why; kept with the mark",
	    .str = &because },
	{ .name = "undo", .help = "take the mark back: the judge's class "
	    "again", .flag = &undo },
	{ '0', "null", NULL, "names from stdin end in NUL", .flag = &nul },
	SELECT_OPTS(sel),
	SANDBOX_OPTS(box),
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolmark", .operands = "[id ...] [class]", .opts = opts,
	.what = "decide what entries of a case are, over the judge",
};

struct marking {
	struct casefile	*c;
	struct slice	 class;		/* empty: undo */
	struct buf	 filter;
	size_t		 marked, same;
	size_t		 was[C_COUNT];
	int64_t		*campaigns;	/* of what was marked */
	size_t		 ncampaigns, room;
	size_t		 taught;	/* those that are marked whole */
};

/* ---- what is meant ---- */

/* All names, each an entry or several; one that is none stops it all. */
static int
choose_named(struct marking *m, char *argv[], struct case_cursor **cur,
    struct err *err)
{
	struct case_rows rows = { 0 };
	struct operands o;
	const char *name;
	int r = 0;

	operands_init(&o, argv, stdin, nul);
	while (r == 0 && (name = operands_next(&o)) != NULL)
		r = case_ids(m->c, sl(name), &rows, err);
	operands_free(&o);
	if (r == 0)
		r = case_entries(m->c, &rows, cur, err);
	case_rows_free(&rows);
	return r;
}

static int
choose(struct marking *m, char *argv[], struct case_cursor **cur,
    struct err *err)
{
	struct case_want want = { .where = where, .filter = m->filter.p };

	return argv[0] != NULL ? choose_named(m, argv, cur, err) :
	    case_select(m->c, &want, cur, err);
}

/* ---- marking ---- */

/* What is so already is left as it is, and who said so. */
static bool
is_so(const struct marking *m, const struct case_entry *e)
{
	if (m->class.n == 0)
		return e->marked_by.n == 0;
	return e->marked_by.n > 0 && sl_eq(e->class, m->class) &&
	    sl_eq(e->because, sl(because));
}

static void
add_campaign(struct marking *m, int64_t number)
{
	size_t i = m->ncampaigns;

	if (i > 0 && m->campaigns[i - 1] == number)
		return;		/* sorted when all are there */
	if (i == m->room) {
		m->room = i == 0 ? 64 : i * 2;
		m->campaigns = xrealloc(m->campaigns, m->room,
		    sizeof(*m->campaigns));
	}
	m->campaigns[m->ncampaigns++] = number;
}

static int
by_number(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a < b ? -1 : a > b;
}

/* A decision about all of a campaign holds for what comes later. */
static int
teach(struct marking *m, struct err *err)
{
	bool taught;
	size_t i;

	if (m->ncampaigns > 0)
		qsort(m->campaigns, m->ncampaigns, sizeof(*m->campaigns),
		    by_number);
	for (i = 0; i < m->ncampaigns; i++) {
		if (i > 0 && m->campaigns[i] == m->campaigns[i - 1])
			continue;
		if (case_campaign_teach(m->c, m->campaigns[i], m->class,
		    sl(because), &taught, err) == -1)
			return -1;
		m->taught += taught;
	}
	return 0;
}

static int
mark_one(struct marking *m, const struct case_entry *e, struct err *err)
{
	enum class was = C_UNSURE;

	if (is_so(m, e)) {
		m->same++;
		return 0;
	}
	class_parse(e->class, &was);
	m->was[was]++;
	m->marked++;
	if (e->campaign > 0)
		add_campaign(m, e->campaign);
	return case_mark(m->c, e->row, m->class, sl(because), err);
}

static int
mark_all(struct marking *m, struct case_cursor *cur, struct err *err)
{
	struct case_entry e;
	int r;

	while ((r = case_next(cur, &e, err)) == 1) {
		if (sig_stop())
			return err_set(err, ERR_SYS, "stopped: nothing was "
			    "marked");
		if (mark_one(m, &e, err) == -1)
			return -1;
	}
	return r;
}

static int
write_down(struct marking *m, char *argv[], struct err *err)
{
	struct arena *a = arena_new();
	struct ledger_row row = { .verb = m->class.n > 0 ? SL("mark") :
	    SL("unmark"), .args = ledger_args(a, argv),
	    .what = where != NULL ? sl(where) : SL("entries by name"),
	    .result = arena_fmt(a, "%zu %s " SL_FMT, m->marked,
	    m->marked == 1 ? "entry" : "entries",
	    SL_ARG(m->class)) };
	int r;

	if (m->class.n == 0)
		row.result = arena_fmt(a, "%zu mark%s taken back",
		    m->marked, m->marked == 1 ? "" : "s");
	if (where == NULL && m->filter.p[0] != '\0')
		row.what = buf_sl(&m->filter);
	r = ledger_add(m->c, &row, err);
	arena_free(a);
	return r;
}

/* All of it and its row in the ledger, or nothing. */
static int
mark(struct marking *m, char *argv[], char *all[], struct err *err)
{
	struct case_cursor *cur = NULL;
	int r;

	if (case_begin(m->c, err) == -1)
		return -1;
	r = choose(m, argv, &cur, err) == -1 || mark_all(m, cur, err) == -1 ||
	    teach(m, err) == -1 ||
	    (m->marked > 0 && write_down(m, all, err) == -1) ||
	    case_commit(m->c, err) == -1 ? -1 : 0;
	if (r == -1)
		case_rollback(m->c);
	case_cursor_free(cur);
	return r;
}

/* ---- options ---- */

/* The last operand is the class, unless marks are taken back. */
static void
read_class(struct marking *m, char *argv[])
{
	enum class known;
	size_t n = 0;

	if (undo)
		return;
	while (argv[n] != NULL)
		n++;
	if (n == 0 || !class_parse(sl(argv[n - 1]), &known))
		opt_usage(&cmd, "the last word has to be a class: relay, "
		    "backscatter, spam, legit, unsure");
	m->class = sl(class_name(known));
	argv[n - 1] = NULL;
}

static void
read_options(struct marking *m, char *argv[])
{
	struct selector *s;
	struct err err;
	bool chooses;

	if (case_file == NULL)
		opt_usage(&cmd, "which case? -c case.db");
	read_class(m, argv);
	if (select_new(&s, &sel, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	select_sql(s, &m->filter);
	buf_addc(&m->filter, '\0');
	chooses = where != NULL || select_any(s);
	select_free(s);
	if (chooses == (argv[0] != NULL))
		opt_usage(&cmd, "which entries? a condition (-w), filters, or "
		    "names");
}

static void
say(const struct marking *m)
{
	const char *comma = "";
	int i;

	if (m->class.n > 0)
		printf("%zu marked " SL_FMT, m->marked, SL_ARG(m->class));
	else
		printf("%zu mark%s taken back", m->marked,
		    m->marked == 1 ? "" : "s");
	for (i = 0; i < C_COUNT; i++)
		if (m->was[i] > 0) {
			printf("%s%s %zu", comma[0] == '\0' ? "; they were " :
			    comma, class_name((enum class)i), m->was[i]);
			comma = ", ";
		}
	if (m->same > 0)
		printf("; %zu were so already", m->same);
	if (m->taught > 0)
		printf("; all of %zu campaign%s, and what comes of %s later",
		    m->taught, m->taught == 1 ? "" : "s",
		    m->taught == 1 ? "it" : "them");
	printf("\n");
}

static int
run(struct marking *m, char *argv[], char *all[])
{
	struct err err = { 0 }, closing;
	int r = case_open(&m->c, case_file, CASE_WRITE, &err);

	if (r == 0) {
		r = case_confine(m->c, &box, &err);
		sandbox_enter(&box);
		if (r == 0)
			r = mark(m, argv, all, &err);
		if (case_close(m->c, &closing) == -1 && r == 0) {
			r = -1;
			err = closing;
		}
	}
	if (r == -1) {
		diag_warn(NULL, "%s", err.msg);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
	}
	say(m);
	return m->marked + m->same > 0 ? STATUS_OK : STATUS_NONE;
}

/* The command line as it was: parsing moves it about. */
static char **
copy_args(struct arena *a, int argc, char *argv[])
{
	char **all = arena_alloc(a, ((size_t)argc + 1) * sizeof(*all));

	memcpy(all, argv, (size_t)argc * sizeof(*all));
	return all;
}

int
main(int argc, char *argv[])
{
	struct arena *a = arena_new();
	struct marking m = { .marked = 0 };
	char **all = copy_args(a, argc, argv);
	int status;

	diag_init(argv[0]);
	sig_init();
	argv += opt_parse(&cmd, argc, argv);
	read_options(&m, argv);
	status = run(&m, argv, all);
	buf_free(&m.filter);
	free(m.campaigns);
	arena_free(a);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
