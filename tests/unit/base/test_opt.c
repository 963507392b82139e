#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/opt.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define WORDS		12
#define TEXT_MAX	8192
#define WORD(s)		((char *)(s))	/* opt_parse never writes into one */

static const char *case_file;
static struct opt_list domains;
static uint64_t threads, size;
static bool nul, verbose, commit;

static void
more(void)
{
	printf("\nClasses: relay spam\n");
}

static const struct opt opts[] = {
	{ '0', "null", NULL, "lists end in NUL", .flag = &nul },
	{ 'v', "verbose", NULL, "say more", .flag = &verbose },
	{ 'c', "case", "file", "the case", .str = &case_file },
	{ 'd', "domain", "domain", "a domain of ours", .list = &domains },
	{ 'j', "threads", "n", "how many threads", .num = &threads,
	    .max = 64 },
	{ 0, "size", "bytes", "largest size", .num = &size },
	{ 0, "commit", NULL, "do it", .flag = &commit },
	{ .name = NULL },
};
static const struct opt_cmd cmd = {
	"tool", "spool ...", "walk a spool", opts, more
};
#define USAGE	"usage: tool [-0v] [-c file] [-d domain] [-j n] " \
		"[--size bytes] [--commit]\n            spool ...\n"

static void
fresh(void)
{
	case_file = NULL;
	domains.n = 0;
	threads = size = 0;
	nul = verbose = commit = false;
}

static int
parse(const char *const words[WORDS], char *argv[WORDS + 2])
{
	int n;

	argv[0] = WORD("/usr/bin/tool");
	for (n = 0; n < WORDS && words[n] != NULL; n++)
		argv[n + 1] = WORD(words[n]);
	argv[n + 1] = NULL;
	return opt_parse(&cmd, n + 1, argv);
}

/* What was read, as one line: the test compares that. */
static void
tell(char *out, size_t room, char *const *operands)
{
	FILE *f = fmemopen(out, room, "w");
	size_t i;

	fprintf(f, "%s%s%s", nul ? "0" : "", verbose ? "v" : "",
	    commit ? "C" : "");
	if (case_file != NULL)
		fprintf(f, " c=%s", case_file);
	for (i = 0; i < domains.n; i++)
		fprintf(f, " d=%s", domains.v[i]);
	fprintf(f, " j=%ju s=%ju :", (uintmax_t)threads, (uintmax_t)size);
	for (; *operands != NULL; operands++)
		fprintf(f, " %s", *operands);
	fclose(f);
}

static const struct {
	const char	*words[WORDS];
	const char	*read;
} good[] = {
	{ { NULL },				" j=0 s=0 :" },
	{ { "a", "b" },				" j=0 s=0 : a b" },
	{ { "-0v", "a" },			"0v j=0 s=0 : a" },
	{ { "-0vcfile", "a" },			"0v c=file j=0 s=0 : a" },
	{ { "-0vc", "file", "a" },		"0v c=file j=0 s=0 : a" },
	{ { "-c", "-v", "a" },			" c=-v j=0 s=0 : a" },
	{ { "-c", "--", "a" },			" c=-- j=0 s=0 : a" },
	{ { "-c=x" },				" c==x j=0 s=0 :" },
	{ { "-c", "" },				" c= j=0 s=0 :" },
	{ { "-c", "1", "-c2" },			" c=2 j=0 s=0 :" },
	{ { "--case=file" },			" c=file j=0 s=0 :" },
	{ { "--case", "file" },			" c=file j=0 s=0 :" },
	{ { "--case=" },			" c= j=0 s=0 :" },
	{ { "--case=a=b" },			" c=a=b j=0 s=0 :" },
	{ { "--case", "--null" },		" c=--null j=0 s=0 :" },
	{ { "-d", "b", "--domain=a", "-dc" },	" d=b d=a d=c j=0 s=0 :" },
	{ { "a", "-0", "b", "--commit", "c" },	"0C j=0 s=0 : a b c" },
	{ { "a", "-c", "x", "b" },		" c=x j=0 s=0 : a b" },
	{ { "-", "-0", "-" },			"0 j=0 s=0 : - -" },
	{ { "-v", "--", "-0", "--", "--help" },	"v j=0 s=0 : -0 -- --help" },
	{ { "a", "--", "-x" },			" j=0 s=0 : a -x" },
	{ { "--" },				" j=0 s=0 :" },
	{ { "", "-v" },				"v j=0 s=0 : " },
	{ { "-j64", "--size=18446744073709551615" },
	    " j=64 s=18446744073709551615 :" },
	{ { "-j", "007" },			" j=7 s=0 :" },
};

START_TEST(options_and_operands_are_told_apart)
{
	char *argv[WORDS + 2], out[512];
	int first;

	fresh();
	first = parse(good[_i].words, argv);
	ck_assert_int_eq(first, 1);
	tell(out, sizeof(out), argv + first);
	ck_assert_str_eq(out, good[_i].read);
}
END_TEST

static void
slurp(FILE *f, char *text)
{
	size_t n;

	rewind(f);
	n = fread(text, 1, TEXT_MAX - 1, f);
	text[n] = '\0';
	fclose(f);
}

struct line {
	const struct opt_cmd	*cmd;
	int			 argc;
	char			**argv;
};

static void
do_parse(struct line *l)
{
	opt_parse(l->cmd, l->argc, l->argv);
}

static void
do_usage(struct line *l)
{
	opt_usage(l->cmd, "%s directory, please", l->argv[1]);
}

static void
do_parse_to_full(struct line *l)
{
	if (freopen("/dev/full", "w", stdout) != NULL)
		do_parse(l);
}

/* In a process of its own; its status, and what it printed. */
static int
run(void (*what)(struct line *), struct line l, char *out, char *errs)
{
	FILE *o = tmpfile(), *e = tmpfile();
	int status;
	pid_t pid;

	ck_assert(o != NULL && e != NULL);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(fileno(o), STDOUT_FILENO);
		dup2(fileno(e), STDERR_FILENO);
		diag_init("tool");
		what(&l);
		_exit(99);	/* it came back */
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	slurp(o, out);
	slurp(e, errs);
	ck_assert_msg(WIFEXITED(status), "killed: %d", status);
	return WEXITSTATUS(status);
}

static int
run_words(const char *const words[WORDS], char *out, char *errs)
{
	char *argv[WORDS + 2];
	int n;

	argv[0] = WORD("tool");
	for (n = 0; n < WORDS && words[n] != NULL; n++)
		argv[n + 1] = WORD(words[n]);
	argv[n + 1] = NULL;
	return run(do_parse, (struct line){ &cmd, n + 1, argv }, out, errs);
}

static const struct {
	const char	*words[WORDS];
	const char	*says;
} bad[] = {
	{ { "-x" },		"unknown option -x" },
	{ { "-0x" },		"unknown option -x" },
	{ { "-0-" },		"unknown option --" },
	{ { "-h" },		"unknown option -h" },
	{ { "-\033" },		"unknown option -?" },
	{ { "--nul" },		"unknown option --nul" },
	{ { "--nullx" },	"unknown option --nullx" },
	{ { "--ver" },		"unknown option --ver" },
	{ { "--help=1" },	"unknown option --help" },
	{ { "--=x" },		"unknown option --" },
	{ { "--\n[31m" },	"unknown option -- [31m" },
	{ { "a", "-x" },	"unknown option -x" },
	{ { "-c" },		"-c needs a value: file" },
	{ { "-0vc" },		"-c needs a value: file" },
	{ { "a", "--domain" },	"--domain needs a value: domain" },
	{ { "--null=1" },	"--null takes no value" },
	{ { "--null=" },	"--null takes no value" },
	{ { "-j65" },		"-j: '65' is not a number from 0 to 64" },
	{ { "-j", "-1" },	"-j: '-1' is not a number from 0 to 64" },
	{ { "--threads=" },	"--threads: '' is not a number from 0 to 64" },
	{ { "-j4x" },		"-j: '4x' is not a number from 0 to 64" },
	{ { "-j", " 4" },	"-j: ' 4' is not a number from 0 to 64" },
	{ { "--size=1k" },	"--size: '1k' is not a number" },
	{ { "--size", "18446744073709551616" },
	    "--size: '18446744073709551616' is not a number" },
};

START_TEST(a_bad_line_is_named_with_the_usage_and_status_2)
{
	char out[TEXT_MAX], errs[TEXT_MAX], want[TEXT_MAX];

	ck_assert_int_eq(run_words(bad[_i].words, out, errs), STATUS_USAGE);
	ck_assert_str_eq(out, "");
	snprintf(want, sizeof(want), "tool: %s\n" USAGE, bad[_i].says);
	ck_assert_str_eq(errs, want);
}
END_TEST

START_TEST(help_goes_to_stdout_a_line_for_each_option)
{
	static const char *const words[WORDS] = { "-v", "--help", "-x" };
	char out[TEXT_MAX], errs[TEXT_MAX];

	ck_assert_int_eq(run_words(words, out, errs), STATUS_OK);
	ck_assert_str_eq(errs, "");
	ck_assert_str_eq(out, USAGE "\nwalk a spool\n\n"
	    "  -0, --null           lists end in NUL\n"
	    "  -v, --verbose        say more\n"
	    "  -c, --case file      the case\n"
	    "  -d, --domain domain  a domain of ours\n"
	    "  -j, --threads n      how many threads\n"
	    "      --size bytes     largest size\n"
	    "      --commit         do it\n"
	    "      --help           print this and exit\n"
	    "      --version        print the version and exit\n"
	    "\nClasses: relay spam\n");
}
END_TEST

START_TEST(version_names_the_command_and_the_suite)
{
	static const char *const words[WORDS] = { "--version" };
	char out[TEXT_MAX], errs[TEXT_MAX];

	ck_assert_int_eq(run_words(words, out, errs), STATUS_OK);
	ck_assert_str_eq(out, "tool (spoolkit) " VERSION "\n");
	ck_assert_str_eq(errs, "");
}
END_TEST

START_TEST(help_into_a_full_disk_is_an_error)
{
	char *argv[] = { WORD("tool"), WORD("--help"), NULL };
	struct line l = { &cmd, 2, argv };
	char out[TEXT_MAX], errs[TEXT_MAX];

	ck_assert_int_eq(run(do_parse_to_full, l, out, errs), STATUS_FAILED);
	ck_assert_str_eq(errs, "tool: stdout: write error\n");
}
END_TEST

START_TEST(a_list_takes_so_many_values_and_no_more)
{
	char *argv[OPT_LIST_MAX + 3], out[TEXT_MAX], errs[TEXT_MAX];
	int i;

	fresh();
	argv[0] = WORD("tool");
	for (i = 1; i <= OPT_LIST_MAX + 1; i++)
		argv[i] = WORD("-dx");
	argv[i] = NULL;
	ck_assert_int_eq(run(do_parse, (struct line){ &cmd, i, argv },
	    out, errs), STATUS_USAGE);
	ck_assert_ptr_nonnull(strstr(errs, "-d is there more than 256 times"));
	argv[--i] = NULL;
	opt_parse(&cmd, i, argv);
	ck_assert_uint_eq(domains.n, OPT_LIST_MAX);
}
END_TEST

START_TEST(a_command_without_options_or_more_has_a_usage_too)
{
	static const struct opt none[] = { { .name = NULL } };
	static const struct opt_cmd bare = { "bare", "", "nothing", none,
	    NULL };
	char *argv[] = { WORD("bare"), WORD("-x"), NULL };
	struct line l = { &bare, 2, argv };
	char out[TEXT_MAX], errs[TEXT_MAX];

	ck_assert_int_eq(run(do_parse, l, out, errs), STATUS_USAGE);
	ck_assert_str_eq(errs, "tool: unknown option -x\nusage: bare\n");
	argv[1] = WORD("--help");
	ck_assert_int_eq(run(do_parse, l, out, errs), STATUS_OK);
	ck_assert_str_eq(out, "usage: bare\n\nnothing\n\n"
	    "      --help     print this and exit\n"
	    "      --version  print the version and exit\n");
}
END_TEST

START_TEST(no_usage_line_is_wider_than_79_columns)
{
	struct opt many[40] = { { .name = NULL } };
	struct opt_cmd wide = { "wide", "one two three four five six seven "
	    "eight nine ten eleven twelve", "w", many, NULL };
	char *argv[] = { WORD("wide"), WORD("-x"), NULL };
	struct line l = { &wide, 2, argv };
	char out[TEXT_MAX], errs[TEXT_MAX];
	struct slice rest, line;
	size_t i, lines = 0;

	for (i = 0; i < NITEMS(many) - 1; i++)
		many[i] = (struct opt){ 0, "name", "value", "h",
		    .str = &case_file };
	ck_assert_int_eq(run(do_parse, l, out, errs), STATUS_USAGE);
	for (rest = sl(errs); sl_line(&rest, &line); lines++) {
		ck_assert_uint_le(line.n, 79);
		if (lines > 1)
			ck_assert(sl_starts(line, SL("            ")) &&
			    line.p[12] != ' ');
	}
	ck_assert_uint_gt(lines, 8);
}
END_TEST

START_TEST(opt_usage_says_what_is_wrong)
{
	char *argv[] = { WORD("tool"), WORD("one"), NULL };
	struct line l = { &cmd, 2, argv };
	char out[TEXT_MAX], errs[TEXT_MAX];

	ck_assert_int_eq(run(do_usage, l, out, errs), STATUS_USAGE);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(errs, "tool: one directory, please\n" USAGE);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("opt");
	TCase *t = tcase_create("opt");

	tcase_add_loop_test(t, options_and_operands_are_told_apart, 0,
	    NITEMS(good));
	tcase_add_loop_test(t, a_bad_line_is_named_with_the_usage_and_status_2,
	    0, NITEMS(bad));
	tcase_add_test(t, help_goes_to_stdout_a_line_for_each_option);
	tcase_add_test(t, version_names_the_command_and_the_suite);
	tcase_add_test(t, help_into_a_full_disk_is_an_error);
	tcase_add_test(t, a_list_takes_so_many_values_and_no_more);
	tcase_add_test(t, a_command_without_options_or_more_has_a_usage_too);
	tcase_add_test(t, no_usage_line_is_wider_than_79_columns);
	tcase_add_test(t, opt_usage_says_what_is_wrong);
	suite_add_tcase(s, t);
	return s;
}
