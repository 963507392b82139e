#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/attach.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

#define ZEROS	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"

/* A program, a script, an archive and a document, in base64. */
#define MZ	"TVoA" ZEROS ZEROS ZEROS ZEROS
#define SH	"IyEvYmluL3NoCmVjaG8gaGkK\n"
#define RAR	"UmFyIRoHAM+QcwAADQAAAAAAAAA=\n"
#define PDF	"JVBERi0xLjQKJeLjz9MKCg==\n"

Suite	*suite(void);

static struct arena *a;
static struct charsets *cs;
static struct magics *mg;
static struct attachment *v;
static bool more;

static void
setup(void)
{
	a = arena_new();
	cs = charsets_new();
	mg = magics_new();
}

static void
teardown(void)
{
	magics_free(mg);
	charsets_free(cs);
	arena_free(a);
}

/* How many the message has; 0 as well when it is not likely to have any. */
static size_t
look(struct slice msg, struct magics *with)
{
	struct slice body;
	struct mime m;
	struct head h;
	size_t n;

	head_parse(&h, a, msg, &body);
	mime_parse(&m, a, cs, &h, body);
	n = attachments_read(&m, a, with, &v, &more);
	if (n > 0)
		ck_assert(attachments_likely(&h, body));
	return attachments_likely(&h, body) ? n : 0;
}

static struct slice
with_part(const char *type, const char *name, const char *code)
{
	return arena_fmt(a, "MIME-Version: 1.0\nContent-Type: "
	    "multipart/mixed; boundary=b\n\n--b\n\nwords\n--b\n"
	    "Content-Type: %s\nContent-Disposition: attachment; "
	    "filename=\"%s\"\nContent-Transfer-Encoding: base64\n\n"
	    "%s--b--\n", type, name, code);
}

static const struct {
	const char	*name, *type, *code, *true_type;
	unsigned	 odd;
} files[] = {
	{ "setup.exe", "application/octet-stream", MZ,
	    "application/x-dosexec", 0 },
	{ "setup", "application/x-msdownload", MZ, "application/x-dosexec",
	    0 },
	{ "report.pdf", "application/octet-stream", MZ,
	    "application/x-dosexec", ODD_CALLED },
	{ "REPORT.PDF", "application/pdf", MZ, "application/x-dosexec",
	    ODD_CALLED | ODD_DECLARED },
	{ "report.dat", "application/octet-stream", MZ,
	    "application/x-dosexec", ODD_CALLED },
	{ "a.exe", "audio/x-wav", MZ, "application/x-dosexec",
	    ODD_DECLARED },
	{ "a.exe", "application/msword", MZ, "application/x-dosexec",
	    ODD_DECLARED },
	{ "invoice.pdf.exe", "application/octet-stream", MZ,
	    "application/x-dosexec", ODD_DOUBLE },
	{ "invoice.pdf   .scr . ", "application/octet-stream", PDF,
	    "application/pdf", ODD_DOUBLE },
	{ "invoice.exe.pdf", "application/pdf", PDF, "application/pdf", 0 },
	{ "a.min.js", "text/plain", PDF, "application/pdf", 0 },
	{ "install.sh", "text/plain", SH, "text/x-shellscript", 0 },
	{ "install", "text/plain", SH, "text/x-shellscript", 0 },
	{ "photo.jpg", "image/jpeg", SH, "text/x-shellscript",
	    ODD_CALLED | ODD_DECLARED },
	{ "all.rar", "application/x-rar-compressed", RAR,
	    "application/x-rar", 0 },
	{ "all.doc", "application/msword", RAR, "application/x-rar", 0 },
	{ "all.pdf", "application/pdf", RAR, "application/x-rar",
	    ODD_CALLED | ODD_DECLARED },
	{ "x\xe2\x80\xaegpj.scr", "application/octet-stream", MZ,
	    "application/x-dosexec", ODD_REVERSED },
	{ "report.js jse", "application/octet-stream", PDF,
	    "application/pdf", 0 },
	{ ".exe", "application/octet-stream", MZ, "application/x-dosexec",
	    0 },
	{ "...", "application/octet-stream", MZ, "application/x-dosexec",
	    0 },
};

START_TEST(a_name_or_type_that_hides_what_runs_is_odd)
{
	ck_assert_uint_eq(look(with_part(files[_i].type, files[_i].name,
	    files[_i].code), mg), 1);
	ck_assert(sl_starts(sl(files[_i].name), sl_trim(v[0].filename)));
	ck_assert(sl_eq(v[0].type, sl(files[_i].type)));
	ck_assert_msg(sl_eq(v[0].true_type, sl(files[_i].true_type)),
	    SL_FMT, SL_ARG(v[0].true_type));
	ck_assert_uint_eq(v[0].odd, files[_i].odd);
	ck_assert(v[0].has_size);
}
END_TEST

START_TEST(each_oddity_has_a_word_and_a_sentence)
{
	static const struct {
		const char *word, *sentence;
	} odd[ODD_COUNT] = {
		{ "called-otherwise", "executable called a.pdf.exe.pdf" },
		{ "declared-otherwise",
		    "executable declared as application/pdf" },
		{ "double-extension",
		    "two extensions, the last one runs: a.pdf.exe.pdf" },
		{ "reversed-name",
		    "a file name written backwards: a.pdf.exe.pdf" },
	};
	unsigned bit;

	look(with_part("application/pdf", "a.pdf.exe.pdf", MZ), mg);
	for (bit = 0; bit < ODD_COUNT; bit++) {
		ck_assert_str_eq(odd_word(bit), odd[bit].word);
		ck_assert(sl_eq(attachment_odd(&v[0], bit, a),
		    sl(odd[bit].sentence)));
	}
}
END_TEST

static const struct {
	const char	*msg;
	size_t		 n;
	const char	*name;		/* of the first */
} messages[] = {
	{ "Subject: x\n\nbegin is a word\n", 0, NULL },
	{ "Content-Type: text/plain\n\nx\n", 0, NULL },
	{ "Content-Type: text/html; charset=utf-8\n\nx\n", 0, NULL },
	{ "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--b\n"
	    "Content-Type: text/html\n\nx\n--b--\n", 0, NULL },
	{ "Content-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b\n"
	    "Content-Type: message/delivery-status\n\nx: y\n--b--\n", 0,
	    NULL },
	{ "Content-Type: application/pdf; name=a.pdf\n\n%PDF-1.4\n", 1,
	    "a.pdf" },
	{ "Content-Type: text/plain; name=a.txt\n\nx\n", 1, "a.txt" },
	{ "Content-Disposition: attachment\n\nx\n", 1, "" },
	{ "Content-Type: image/png\n\nx\n", 1, "" },
	{ "Subject: x\n\nwords\nbegin 644 u.txt\n%:&5L;&\\`\n`\nend\n", 1,
	    "u.txt" },
	{ "Content-Type: message/rfc822\n\nSubject: y\nContent-Type: "
	    "image/gif; name=in.gif\n\nGIF89a\n", 1, "in.gif" },
};

START_TEST(parts_with_a_file_are_attachments_and_text_is_none)
{
	ck_assert_uint_eq(look(sl(messages[_i].msg), mg), messages[_i].n);
	if (messages[_i].n > 0)
		ck_assert(sl_eq(v[0].filename, sl(messages[_i].name)));
}
END_TEST

START_TEST(the_size_is_that_of_the_decoded_bytes_or_absent)
{
	struct slice s = with_part("application/pdf", "a.pdf", PDF);

	ck_assert_uint_eq(look(s, mg), 1);
	ck_assert_uint_eq(v[0].size, 16);
	ck_assert_uint_eq(look(sl_first(s, s.n - 6), mg), 1);
	ck_assert(!v[0].has_size);
}
END_TEST

START_TEST(without_magic_the_names_tell)
{
	ck_assert_uint_eq(look(with_part("application/pdf",
	    "report.pdf.exe", MZ), NULL), 1);
	ck_assert_uint_eq(v[0].true_type.n, 0);
	ck_assert(!v[0].has_size);
	ck_assert_uint_eq(v[0].odd, ODD_DOUBLE);
}
END_TEST

START_TEST(no_more_than_the_limit_are_listed)
{
	struct buf b = { 0 };
	int i;

	buf_fmt(&b, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (i = 0; i < ATTACH_MAX; i++)
		buf_fmt(&b, "--b\nContent-Type: image/png\n\nx\n");
	ck_assert_uint_eq(look(buf_sl(&b), NULL), ATTACH_MAX);
	ck_assert(!more);
	buf_fmt(&b, "--b\nContent-Type: image/png\n\nx\n");
	ck_assert_uint_eq(look(buf_sl(&b), NULL), ATTACH_MAX);
	ck_assert(more);
	buf_free(&b);
}
END_TEST

START_TEST(a_long_name_ends_with_a_whole_character)
{
	char name[ATTACH_NAME_MAX + 11];
	size_t i;

	for (i = 0; i + 2 < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xa9", 3);
	ck_assert_uint_eq(look(with_part("image/png", name, PDF), NULL), 1);
	ck_assert_uint_eq(v[0].filename.n, ATTACH_NAME_MAX - 1);
}
END_TEST

static const struct {
	const char	*name;
	struct slice	 front;
	enum runs	 runs;
} fronts[] = {
	{ "letter.pif", SL(""), RUNS_HIDDEN },
	{ "Letter.TXT   .Scr. ", SL(""), RUNS_HIDDEN },
	{ "letter.pdf", SL("MZ\220\0"), RUNS_HIDDEN },
	{ "", SL("MZ"), RUNS_HIDDEN },
	{ "letter.zip", SL("PK\003\004\024\0\0\0\010\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\012\0\0\0letter.scrPK"), RUNS_HIDDEN },
	{ "letter.zip", SL("PK\003\004\024\0\0\0\010\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\010\0\0\0list.txt.exe"), RUNS_NOT },
	{ "cut.zip", SL("PK\003\004\024\0\0\0\010\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\377\377\0"), RUNS_NOT },
	{ "setup.exe", SL("MZ\220\0"), RUNS_OPENLY },
	{ "setup.v2.exe", SL(""), RUNS_OPENLY },
	{ "letter.doc.exe", SL(""), RUNS_HIDDEN },
	{ "patch.sh", SL("#!/bin/sh\n"), RUNS_NOT },
	{ "exe", SL("M"), RUNS_NOT },
	{ "pif.txt", SL("text"), RUNS_NOT },
};

START_TEST(what_windows_would_run_is_known_by_its_front)
{
	ck_assert_int_eq(attachment_runs(sl(fronts[_i].name),
	    fronts[_i].front), fronts[_i].runs);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("attach");
	TCase *tc = tcase_create("attach");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_name_or_type_that_hides_what_runs_is_odd,
	    0, NITEMS(files));
	tcase_add_test(tc, each_oddity_has_a_word_and_a_sentence);
	tcase_add_loop_test(tc,
	    parts_with_a_file_are_attachments_and_text_is_none, 0,
	    NITEMS(messages));
	tcase_add_test(tc,
	    the_size_is_that_of_the_decoded_bytes_or_absent);
	tcase_add_test(tc, without_magic_the_names_tell);
	tcase_add_loop_test(tc, what_windows_would_run_is_known_by_its_front,
	    0, NITEMS(fronts));
	tcase_add_test(tc, no_more_than_the_limit_are_listed);
	tcase_add_test(tc, a_long_name_ends_with_a_whole_character);
	suite_add_tcase(s, tc);
	return s;
}
