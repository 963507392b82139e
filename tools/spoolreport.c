#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "io/broker.h"
#include "show/report.h"
#include "show/sink.h"
#include "site/told.h"

static const char	*case_file, *output;
static bool		 redact;
static uint64_t		 rows = REPORT_ROWS;
static struct site_told	 told;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'c', "case", "file", "the case", .str = &case_file },
	{ 'o', "output", "kind", "html, md or json; default: by the name",
	    .str = &output },
	SITE_OPTS(told),
	{ .name = "redact", .help = "tokens for addresses, accounts and "
	    "subjects", .flag = &redact },
	{ 'n', "rows", "n", "messages in the table; 10000, and all unsure",
	    .num = &rows, .max = 100000 },
	SANDBOX_OPTS(box),
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolreport", .operands = "file", .opts = opts,
	.what = "one page of what a case says: who, when, why, what was done",
};

static const struct form {
	const char	*name;
	bool		 entries;	/* with the table of entries */
	void		(*print)(const struct doc *d, struct buf *out);
} forms[] = {
	{ "html", true, doc_html },
	{ "md", false, doc_markdown },
	{ "json", true, doc_json },
};

static const struct form *
form_named(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (sl_ieq(sl(forms[i].name), name))
			return &forms[i];
	return NULL;
}

/* -o, else what the file's name ends in, else a page. */
static const struct form *
choose_form(const char *path)
{
	const char *dot = strrchr(path, '.');
	const struct form *f = NULL;

	if (output != NULL && (f = form_named(sl(output))) == NULL)
		opt_usage(&cmd, "-o %s: one of html, md, json", output);
	if (f == NULL && dot != NULL)
		f = form_named(sl(dot + 1));
	return f != NULL ? f : &forms[0];
}

/* The case is read, and one file written: no more from here on. */
static int
confine(struct casefile *c, const char *path, struct broker **writer,
    struct err *err)
{
	const struct broker_out out = { path, 0600 };

	if (strcmp(path, "-") != 0 &&
	    broker_writer(writer, &out, 1, err) == -1)
		return -1;
	if (case_confine(c, &box, err) == -1)
		return -1;
	sandbox_enter(&box);
	return 0;
}

static int
put(struct broker *writer, struct slice bytes, struct err *err)
{
	if (writer != NULL)
		return broker_put(writer, 0, bytes, err);
	fwrite(bytes.p, 1, bytes.n, stdout);
	return 0;
}

static int
write_report(struct casefile *c, struct broker *writer, const struct form *f,
    struct site *site, struct err *err)
{
	bool ours = told.file != NULL || told.domains.n > 0;
	struct report_opts o = { .redact = redact, .entries = f->entries,
	    .rows = (size_t)rows, .site = ours ? site : NULL };
	struct doc d = { .a = arena_new() };
	struct buf out = { 0 };
	int r = report_make(&d, c, &o, err);

	if (r == 0) {
		f->print(&d, &out);
		r = put(writer, buf_sl(&out), err);
	}
	buf_free(&out);
	arena_free(d.a);
	return r;
}

static int
run(const char *path, struct site *site, struct err *err)
{
	const struct form *f = choose_form(path);
	struct broker *writer = NULL;
	struct casefile *c;
	struct err closing;
	int r;

	if (case_open(&c, case_file, CASE_READ, err) == -1)
		return -1;
	r = confine(c, path, &writer, err);
	if (r == 0)
		r = write_report(c, writer, f, site, err);
	if (case_close(c, &closing) == -1 && r == 0) {
		*err = closing;
		r = -1;
	}
	broker_free(writer);
	return r;
}

int
main(int argc, char *argv[])
{
	struct site *site = site_new();
	struct err err = { 0 };
	int status = STATUS_OK;

	diag_init(argv[0]);
	sig_init();
	argv += opt_parse(&cmd, argc, argv);
	if (case_file == NULL)
		opt_usage(&cmd, "which case? -c case.db");
	if (argv[0] == NULL || argv[1] != NULL)
		opt_usage(&cmd, "into which file? - is the standard output");
	if (site_tell(site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	if (run(argv[0], site, &err) == -1) {
		diag_warn(NULL, "%s", err.msg);
		status = STATUS_FAILED;
	}
	site_free(site);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
