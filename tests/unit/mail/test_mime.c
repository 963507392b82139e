#include <check.h>
#include <stdlib.h>

#include "base/buf.h"
#include "mail/mime.h"

Suite	*suite(void);

static struct arena *a;
static struct charsets *cs;
static struct mime m;

static void
setup(void)
{
	a = arena_new();
	cs = charsets_new();
}

static void
teardown(void)
{
	charsets_free(cs);
	arena_free(a);
}

static void
parse(struct slice msg)
{
	struct head *h = arena_alloc(a, sizeof(*h));
	struct slice body;

	head_parse(h, a, msg, &body);
	mime_parse(&m, a, cs, h, body);
}

/* The tree as "multipart/mixed(text/plain text/html)"; "!" marks a cut. */
static void
draw(const struct part *p, struct buf *b)
{
	const struct part *c;

	for (;; p = p->next) {
		buf_add(b, p->type);
		if (p->cut)
			buf_addc(b, '!');
		if ((c = p->child) != NULL) {
			buf_addc(b, '(');
			draw(c, b);
			buf_addc(b, ')');
		}
		if (p->next == NULL)
			return;
		buf_addc(b, ' ');
	}
}

static struct part *
part(unsigned number)
{
	struct part *p;

	for (p = m.root; p != NULL && p->number != number; p = mime_walk(p))
		;
	ck_assert_ptr_nonnull(p);
	return p;
}

#define MIXED	"Content-Type: multipart/mixed; boundary=b\n\n"
#define TEXT	"Content-Type: text/plain\n\n"

static const struct {
	const char	*what, *msg, *tree;
	unsigned	 problems;
} trees[] = {
	{ "no header at all is text", "\nhi\n", "text/plain", 0 },
	{ "a type without a slash is text",
	    "Content-Type: text\n\nhi\n", "text/plain", 0 },
	{ "two parts, preamble and epilogue",
	    MIXED "pre\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n"
	    "--b--\nepi\n", "multipart/mixed(text/plain text/html)", 0 },
	{ "CRLF line ends",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
	    "one\r\n--b--\r\n", "multipart/mixed(text/plain)", 0 },
	{ "a boundary with blanks and quotes",
	    "Content-Type: multipart/mixed; boundary=\"a b\\\"c\"\n\n"
	    "--a b\"c\n\none\n--a b\"c--\n", "multipart/mixed(text/plain)", 0 },
	{ "blanks behind the boundary on its line",
	    MIXED "--b \t\n\none\n--b-- \n", "multipart/mixed(text/plain)", 0 },
	{ "the end is missing",
	    MIXED "--b\n\none", "multipart/mixed!(text/plain!)", MIME_CUT },
	{ "the end of the inner multipart is missing",
	    MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n\n"
	    "--c\n\none\n--b\n\ntwo\n--b--\n",
	    "multipart/mixed(multipart/mixed!(text/plain) text/plain)",
	    MIME_CUT },
	{ "a child with its parent's boundary ends with it",
	    MIXED "--b\nContent-Type: multipart/alternative; boundary=b\n\n"
	    "--b\n\none\n--b\n\ntwo\n--b--\n",
	    "multipart/mixed(multipart/alternative(text/plain text/plain))",
	    0 },
	{ "a boundary that begins like its parent's",
	    MIXED "--b\nContent-Type: multipart/mixed; boundary=b1\n\n"
	    "--b1\n\none\n--b1--\n--b\n\ntwo\n--b--\n",
	    "multipart/mixed(multipart/mixed(text/plain) text/plain)", 0 },
	{ "a boundary that looks like the end of its parent's",
	    MIXED "--b\nContent-Type: multipart/mixed; boundary=b--\n\n"
	    "--b--\n\none\n--b----\n--b--\n",
	    "multipart/mixed(multipart/mixed(text/plain))", 0 },
	{ "no boundary: opaque text",
	    "Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n",
	    "text/plain", MIME_NO_BOUNDARY },
	{ "an empty boundary: opaque text",
	    "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\none\n",
	    "text/plain", MIME_NO_BOUNDARY },
	{ "a boundary that never comes: opaque text",
	    MIXED "one\n-- \nsignature\n", "text/plain",
	    MIME_NO_BOUNDARY },
	{ "only the end comes",
	    MIXED "--b--\n", "text/plain", MIME_NO_BOUNDARY },
	{ "a part without blank line ends at the boundary",
	    MIXED "--b\n--b\nContent-Type: text/html\n--b--\n",
	    "multipart/mixed(text/plain text/html)", 0 },
	{ "message/rfc822 has the message inside",
	    "Content-Type: message/rfc822\n\n" MIXED "--b\n\none\n--b--\n",
	    "message/rfc822(multipart/mixed(text/plain))", 0 },
	{ "message/global is the same",
	    "Content-Type: message/global\n\nSubject: x\n\nhi\n",
	    "message/global(text/plain)", 0 },
	{ "blank lines before the embedded header",
	    "Content-Type: message/rfc822\n\n\n\nContent-Type: text/html\n\n",
	    "message/rfc822(text/html)", 0 },
	{ "an encoded message/rfc822 is unpacked",
	    "Content-Type: message/rfc822\n"
	    "Content-Transfer-Encoding: base64\n\n"
	    "Q29udGVudC1UeXBlOiB0ZXh0L2h0bWwKCmhpCg==\n",
	    "message/rfc822(text/html)", 0 },
	{ "message/partial and external-body stay whole",
	    MIXED "--b\nContent-Type: message/partial; id=x\n\n" MIXED
	    "--b\nContent-Type: message/external-body\n\nContent-Type: x/y\n\n"
	    "--b--\n",
	    "multipart/mixed(message/partial message/external-body)", 0 },
	{ "in a digest a part is a message unless it says otherwise",
	    "Content-Type: multipart/digest; boundary=b\n\n"
	    "--b\n\nSubject: x\n\none\n--b\n" TEXT "two\n--b--\n",
	    "multipart/digest(message/rfc822(text/plain) text/plain)", 0 },
	{ "uuencoded files become children of the text",
	    "Subject: x\n\nhi\nbegin 644 a.txt\n#86)C\n`\nend\nmore\n"
	    "begin 644 b.txt\n#86)C\n`\nend\n",
	    "text/plain(application/octet-stream application/octet-stream)",
	    0 },
	{ "begin without code behind it is prose",
	    "Subject: x\n\nbegin 644 with\na plan\n", "text/plain", 0 },
	{ "a uuencoded file without its end is cut",
	    "Subject: x\n\nbegin 644 a\n#86)C\n",
	    "text/plain(application/octet-stream!)", 0 },
	{ "a boundary line at the very start and very end",
	    MIXED "--b\n--b--", "multipart/mixed(text/plain)", 0 },
};

START_TEST(tree)
{
	struct buf b = { 0 };

	parse(sl(trees[_i].msg));
	draw(m.root, &b);
	buf_addc(&b, '\0');
	ck_assert_msg(strcmp(b.p, trees[_i].tree) == 0, "%s: %s",
	    trees[_i].what, b.p);
	ck_assert_msg(m.problems == trees[_i].problems, "%s: problems %x",
	    trees[_i].what, m.problems);
	buf_free(&b);
}
END_TEST

START_TEST(bodies_end_before_the_line_end_of_the_boundary)
{
	parse(SL(MIXED "--b\r\n\r\none\r\n\r\n--b\n\ntwo\n--b--\nepi\n"));
	ck_assert(sl_eq(part(2)->body, SL("one\r\n")));
	ck_assert(sl_eq(part(3)->body, SL("two")));
	ck_assert(sl_iends(part(1)->body, SL("--b--\nepi\n")));
	ck_assert_uint_eq(m.parts, 3);
}
END_TEST

START_TEST(embedded_message_is_marked_and_has_its_header)
{
	parse(SL(MIXED "--b\nContent-Type: message/rfc822\n\n"
	    "Subject: inner\n\nhi\n--b--\n"));
	ck_assert(!part(2)->embedded);
	ck_assert(part(3)->embedded);
	ck_assert_uint_eq(part(3)->depth, 2);
	ck_assert(sl_eq(head_get(&part(3)->head, H_SUBJECT), SL("inner")));
	ck_assert(sl_eq(part(3)->head_raw, SL("Subject: inner\n\n")));
	ck_assert(sl_eq(part(2)->body, SL("Subject: inner\n\nhi")));
}
END_TEST

START_TEST(part_says_what_its_header_says)
{
	parse(SL("Content-Type: multipart/report; boundary=b;\n"
	    " report-type=Delivery-Status\n\n"
	    "--b\nContent-Type: TEXT/Plain; charset=\"utf-8\"; name=n\n"
	    "Content-Disposition: Attachment; filename=\"f g\"\n"
	    "Content-Transfer-Encoding: BASE64\n\naGk=\n--b--\n"));
	ck_assert(sl_eq(part(1)->report_type, SL("delivery-status")));
	ck_assert(sl_eq(part(2)->type, SL("text/plain")));
	ck_assert(sl_eq(part(2)->charset, SL("utf-8")));
	ck_assert(sl_eq(part(2)->filename, SL("f g")));
	ck_assert(sl_eq(part(2)->disposition, SL("attachment")));
	ck_assert_int_eq(part(2)->enc, ENC_BASE64);
}
END_TEST

START_TEST(uuencoded_child_has_name_and_code)
{
	struct buf b = { 0 };

	parse(SL("Subject: x\n\nhi\nbegin 644 a b.txt\n#86)C\n`\nend\n"));
	ck_assert(sl_eq(part(2)->filename, SL("a b.txt")));
	ck_assert_int_eq(mime_decode(part(2), 100, &b), 0);
	ck_assert(sl_eq(buf_sl(&b), SL("abc")));
	buf_free(&b);
}
END_TEST

static const struct {
	const char	*what;
	enum mime_enc	 enc;
	const char	*in;
	size_t		 max;
	int		 ret;
	const char	*out;
} codes[] = {
	{ "no code", ENC_NONE, "abc\r\n", 99, 0, "abc\r\n" },
	{ "no code, bounded", ENC_NONE, "abcdef", 3, 0, "abc" },
	{ "an unknown code stays", ENC_UNKNOWN, "a=41", 99, 0, "a=41" },
	{ "base64", ENC_BASE64, "YWJj\r\nZGU=", 99, 0, "abcde" },
	{ "base64, line ends anywhere", ENC_BASE64, "Y\nW\nJj", 99, 0, "abc" },
	{ "base64 without padding", ENC_BASE64, "YWI", 99, 1, "ab" },
	{ "base64 with junk", ENC_BASE64, "YW*Jj!", 99, 1, "abc" },
	{ "base64 of two bodies", ENC_BASE64, "YQ==Yg==", 99, 0, "ab" },
	{ "base64, junk in each place of four", ENC_BASE64,
	    "YWJj*ZGVmZ*2hpam\xfftsbW5*vcHFy", 99, 1, "abcdefghijklmnopqr" },
	{ "base64, all of its characters", ENC_BASE64, "/+9876543210zyxw"
	    "vutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA", 99, 0,
	    "\xff\xef\x7c\xef\xae\x78\xdf\x6d\x74\xcf\x2c\x70\xbe\xeb\x6c\xae"
	    "\xaa\x68\x9e\x69\x64\x8e\x28\x60\x7d\xe7\x5c\x6d\xa6\x58\x5d\x65"
	    "\x54\x4d\x24\x50\x3c\xe3\x4c\x2c\xa2\x48\x1c\x61\x44\x0c\x20\x40" },
	{ "base64, bounded", ENC_BASE64, "YWJjZGVm", 4, 0, "abcd" },
	{ "base64 of nothing", ENC_BASE64, "", 99, 0, "" },
	{ "base64 cut in a byte", ENC_BASE64, "YWJjZ", 99, 1, "abc" },
	{ "qp", ENC_QP, "a=3Db=0a", 99, 0, "a=b\n" },
	{ "qp, soft line end", ENC_QP, "a=\r\nb=\nc= \t\nd", 99, 0, "abcd" },
	{ "qp, blanks before the line end go", ENC_QP, "a \t\nb", 99, 0,
	    "a\nb" },
	{ "qp, CRLF stays", ENC_QP, "a\r\nb\r\n", 99, 0, "a\r\nb\r\n" },
	{ "qp, bad escapes stay", ENC_QP, "a=ZZ b=4", 99, 1, "a=ZZ b=4" },
	{ "qp ends in an equals sign", ENC_QP, "a=", 99, 0, "a" },
	{ "qp, bounded", ENC_QP, "=41=42=43\nx", 2, 0, "AB" },
	{ "uu", ENC_UU, "begin 644 x\n#86)C\n`\nend\n", 99, 0, "abc" },
	{ "uu without its first line", ENC_UU, "#86)C\n`\nend\n", 99, 0,
	    "abc" },
	{ "uu, a line too short", ENC_UU, "#86\n`\n", 99, 1, "a`" },
	{ "uu, bounded", ENC_UU, "#86)C\n#86)C\n", 4, 0, "abca" },
};

START_TEST(decode)
{
	struct part p = { .enc = codes[_i].enc, .body = sl(codes[_i].in) };
	struct buf b = { 0 };
	struct slice want = sl(codes[_i].out);
	int ret;

	buf_add(&b, SL(">"));
	ret = mime_decode(&p, codes[_i].max, &b);
	ck_assert_msg(ret == codes[_i].ret, "%s: %d", codes[_i].what, ret);
	ck_assert_uint_ge(b.n, 1);
	if (codes[_i].ret == 0 || codes[_i].enc != ENC_UU)
		ck_assert_msg(sl_eq(sl_from(buf_sl(&b), 1), want),
		    "%s: %.*s", codes[_i].what, (int)b.n, b.p);
	buf_free(&b);
}
END_TEST

static const struct {
	const char	*what, *head, *body, *out;
} texts[] = {
	{ "CRLF becomes LF", "text/plain", "a\r\nb\r\n", "a\nb\n" },
	{ "a lone CR stays", "text/plain", "a\rb", "a\rb" },
	{ "the named charset counts", "text/plain; charset=iso-8859-1",
	    "\xe4", "\xc3\xa4" },
	{ "us-ascii with 8-bit is guessed", "text/plain; charset=us-ascii",
	    "\xc3\xa4", "\xc3\xa4" },
	{ "an unknown charset is guessed", "text/plain; charset=x-nobody",
	    "\xe4", "\xc3\xa4" },
	{ "ISO-2022-JP", "text/plain; charset=iso-2022-jp",
	    "\033$B$\"\033(B", "\xe3\x81\x82" },
};

START_TEST(text_is_utf8)
{
	struct buf b = { 0 };

	parse(arena_fmt(a, "Content-Type: %s\n\n%s", texts[_i].head,
	    texts[_i].body));
	mime_text(m.root, cs, 1000, &b);
	ck_assert_msg(sl_eq(buf_sl(&b), sl(texts[_i].out)), "%s",
	    texts[_i].what);
	buf_free(&b);
}
END_TEST

static const struct {
	const char	*body;
	enum mime_enc	 enc;
} encs[] = {
	{ "", ENC_NONE },
	{ "7bit", ENC_NONE },
	{ " 8BIT ", ENC_NONE },
	{ "Base64", ENC_BASE64 },
	{ "base64; charset=x", ENC_BASE64 },
	{ "quoted-printable (a comment)", ENC_QP },
	{ "x-uuencode", ENC_UU },
	{ "rot13", ENC_UNKNOWN },
};

START_TEST(encodings_have_names)
{
	ck_assert_int_eq(mime_enc(sl(encs[_i].body)), encs[_i].enc);
}
END_TEST

/* s, n times over, behind head. */
static struct slice
many(const char *head, const char *s, size_t n)
{
	size_t len = strlen(s), i, at = strlen(head);
	char *p = arena_alloc(a, at + n * len + 1);

	memcpy(p, head, at);
	for (i = 0; i < n; i++, at += len)
		memcpy(p + at, s, len);
	return (struct slice){ p, at };
}

static unsigned
depth(void)
{
	struct part *p;
	unsigned d = 0;

	for (p = m.root; p != NULL; p = mime_walk(p))
		d = p->depth > d ? p->depth : d;
	return d;
}

START_TEST(nesting_stops_at_the_limit)
{
	parse(many(MIXED, "--b\n" MIXED, 5000));
	ck_assert_uint_eq(depth(), MIME_DEPTH_MAX);
	ck_assert(m.problems & MIME_DEEP);
	parse(many("Content-Type: message/rfc822\n\n",
	    "Content-Type: message/rfc822\n\n", 5000));
	ck_assert_uint_eq(depth(), MIME_DEPTH_MAX);
	ck_assert(m.problems & MIME_DEEP);
}
END_TEST

START_TEST(parts_beyond_the_limit_are_one_opaque_body)
{
	struct slice msg = many(MIXED, "--b\n\nx\n", 5000);

	parse(msg);
	ck_assert_uint_eq(m.parts, MIME_PARTS_MAX);
	ck_assert(m.problems & MIME_MANY);
	ck_assert_ptr_eq(part(MIME_PARTS_MAX)->body.p +
	    part(MIME_PARTS_MAX)->body.n, msg.p + msg.n);
	parse(many("Subject: x\n\n", "begin 644 x\n#86)C\nend\n", 5000));
	ck_assert_uint_eq(m.parts, MIME_PARTS_MAX);
}
END_TEST

START_TEST(encoded_messages_are_unpacked_up_to_a_limit)
{
	struct slice msg;

	/* 4 MiB of code; 1 MiB comes out. */
	msg = many("Content-Type: message/rfc822\n"
	    "Content-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoK\n",
	    "QUFBQUFB\n", 500000);
	parse(msg);
	ck_assert_uint_eq(m.parts, 2);
	ck_assert_uint_le(part(2)->body.n, 1024 * 1024);
	ck_assert_uint_ge(part(2)->body.n, 1024 * 1024 - 100);
}
END_TEST

START_TEST(any_bytes_at_all_are_a_tree)
{
	static const char seed[] = MIXED "--b\n" TEXT "a\n--b\nContent-Type: "
	    "message/rfc822\n\n" MIXED "--b\n\nx\n--b--\n--b--\n\0\xff";
	char bytes[sizeof(seed)];
	struct part *p;
	size_t i, n;

	for (i = 0; i < sizeof(seed); i++) {
		memcpy(bytes, seed, sizeof(seed));
		bytes[i] = "\0\n-\xff:b"[i % 6];
		for (n = sizeof(seed); n > 0; n -= n > 7 ? 7 : n) {
			parse((struct slice){ bytes, n });
			for (p = m.root; p != NULL; p = mime_walk(p))
				ck_assert(p->body.n == 0 ||
				    (p->body.p >= bytes && p->body.p +
				    p->body.n <= bytes + n));
		}
		arena_reset(a);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("mail/mime");
	TCase *t = tcase_create("mime");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, tree, 0, sizeof(trees) / sizeof(trees[0]));
	tcase_add_test(t, bodies_end_before_the_line_end_of_the_boundary);
	tcase_add_test(t, embedded_message_is_marked_and_has_its_header);
	tcase_add_test(t, part_says_what_its_header_says);
	tcase_add_test(t, uuencoded_child_has_name_and_code);
	tcase_add_loop_test(t, decode, 0, sizeof(codes) / sizeof(codes[0]));
	tcase_add_loop_test(t, text_is_utf8, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_loop_test(t, encodings_have_names, 0,
	    sizeof(encs) / sizeof(encs[0]));
	tcase_add_test(t, nesting_stops_at_the_limit);
	tcase_add_test(t, parts_beyond_the_limit_are_one_opaque_body);
	tcase_add_test(t, encoded_messages_are_unpacked_up_to_a_limit);
	tcase_add_test(t, any_bytes_at_all_are_a_tree);
	suite_add_tcase(s, t);
	return s;
}
