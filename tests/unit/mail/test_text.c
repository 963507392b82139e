#include <check.h>
#include <stdlib.h>

#include "mail/text.h"

#define N(v)	(sizeof(v) / sizeof((v)[0]))

Suite	*suite(void);

static struct arena *a;
static struct charsets *cs;

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

static const struct {
	const char	*in;
	bool		 html;
	const char	*out;
} folds[] = {
	{ "", false, "" },
	{ "Hello,  World!\r\nagain", false, "hello world again " },
	{ "order 12345 and AB12-99x now", false, "order # and # now " },
	{ "aaaaaaaaaabbbbbbbbbbccccccccccdddd end", false, "# end " },
	{ "write to john.doe+x@example.org today", false,
	    "write to @ today " },
	{ "see http://Pills.Example.NET/x?id=77&y end", false,
	    "see //pills.example.net end " },
	{ "https://user:pw@example.net:80/ x", false, "//example.net x " },
	{ "a < b & c", false, "a b c " },
	{ "<p>One<br>two</p>", true, "one two " },
	{ "<style>p { x }</style>text<!-- no -->book", true, "textbook " },
	{ "<a href=\"http://example.net/q\">click</a>", true,
	    "//example.net click " },
	{ "V&#105;&#x61;gra &nbsp;x", true, "viagra x " },
	{ "\xc3\x89T\xc3\x89 \xd0\x94\xd0\x90", false,
	    "\xc3\xa9t\xc3\xa9 \xd0\xb4\xd0\xb0 " },
	/* kanji, hiragana, katakana: endings go, scripts are words */
	{ "\xe7\xb4\x8d\xe6\x9c\x9f\xe3\x81\xae\xe3\x83\xa1\xe3\x83\xbc", false,
	    "\xe7\xb4\x8d\xe6\x9c\x9f \xe3\x83\xa1\xe3\x83\xbc " },
	/* double width, and what cannot be seen */
	{ "\xef\xbc\xa1\xef\xbc\xa2 p\xe2\x80\x8bi\xc2\xadll", false,
	    "ab pill " },
	{ "<", true, "" }, { "<!--", true, "" }, { "&", true, "" },
	{ "&#", true, "" }, { "http://", false, "http " }, { "@", false, "@ " },
	{ "\xff\xfe x \xc3", false, "x " },
};

START_TEST(text_is_folded)
{
	struct buf b = { 0 };

	text_fold(&b, sl(folds[_i].in), folds[_i].html);
	ck_assert_msg(sl_eq(buf_sl(&b), sl(folds[_i].out)), "\"%s\": "
	    "\"%.*s\", not \"%s\"", folds[_i].in, (int)b.n, b.p,
	    folds[_i].out);
	buf_free(&b);
}
END_TEST

START_TEST(it_ends_at_its_limit_with_a_whole_word)
{
	struct buf in = { 0 }, out = { 0 };
	size_t i;

	for (i = 0; i < 4 * TEXT_MAX; i++)
		buf_add(&in, i % 3 == 0 ? SL("abcdefg ") :
		    SL("http://example.net/x "));
	text_fold(&out, buf_sl(&in), false);
	ck_assert_uint_le(out.n, TEXT_MAX);
	ck_assert_uint_gt(out.n, TEXT_MAX - 300);
	ck_assert_int_eq(out.p[out.n - 1], ' ');
	text_fold(&out, SL("more"), false);
	ck_assert_uint_le(out.n, TEXT_MAX);
	buf_free(&in);
	buf_free(&out);
}
END_TEST

/* Eight bytes at a time, wherever a word begins and whatever ends it. */
START_TEST(letters_are_found_wherever_they_stand)
{
	static const char ends[] = { '\0', '?', '[', '`', '{', '\n', '.' };
	char text[64];
	struct buf b = { 0 };
	size_t at, n, e;

	for (e = 0; e < sizeof(ends); e++)
		for (at = 0; at < 9; at++)
			for (n = 1; n < 20; n++) {
				memset(text, ends[e], sizeof(text));
				memset(text + at, 'Q', n);
				b.n = 0;
				text_fold(&b, (struct slice){ text,
				    sizeof(text) }, false);
				ck_assert_uint_eq(b.n, n + 1);
				ck_assert_int_eq(b.p[n - 1], 'q');
				ck_assert_int_eq(b.p[n], ' ');
			}
	buf_free(&b);
}
END_TEST

/* A block of bytes at a time, wherever it begins: blanks are of no weight. */
START_TEST(a_text_is_folded_alike_wherever_it_begins)
{
	static const char said[] = "Dear all, see http://Example.NET/x, or"
	    " mail j.doe-2@example.org: 12 boxes at 0.50 <each>; don't wait."
	    " caf\xc3\xa9 \xe7\xb4\x8d\xe6\x9c\x9f\xe3\x81\xae\xe3\x83\xa1x"
	    " supercalifragilisticexpialidocious A1 b2 & c3&amp;d";
	struct buf in = { 0 }, out = { 0 }, one = { 0 };
	size_t at, html;

	for (html = 0; html < 2; html++) {
		one.n = 0;
		text_fold(&one, sl(said), html);
		for (in.n = at = 0; at < 130; at++) {
			in.n = at;
			buf_add(&in, sl(said));
			out.n = 0;
			text_fold(&out, buf_sl(&in), html);
			ck_assert(sl_eq(buf_sl(&out), buf_sl(&one)));
			in.p[at] = ' ';
		}
	}
	buf_free(&in);
	buf_free(&out);
	buf_free(&one);
}
END_TEST

#define WORDS	"harbour clinic offers winter coats patient listeners" \
		" forty copper kettle lantern burns until tomorrow evening"

/* The sketch of a message, and what its first URL is. */
static struct sketch *
sketch(const char *text, const char *rcpt, struct slice *host)
{
	struct slice to = sl(rcpt);
	struct text_from from = { .subject = SL("Quiet offers"),
	    .from = SL("a@example.net"), .rcpts = &to, .nrcpts = 1 };
	struct head h;

	head_parse(&h, a, sl(text), &from.body);
	from.head = &h;
	return text_sketch(a, cs, &from, host);
}

static struct slice
html_mail(size_t filler, const char *charset, const char *last)
{
	struct buf b = { 0 };
	struct slice s;
	size_t i;

	buf_fmt(&b, "Content-Type: text/html; charset=%s\n\n<style>", charset);
	for (i = 0; i < filler; i++)
		buf_addc(&b, 'x');
	buf_add(&b, SL("</style>"));
	for (i = 0; i < 40; i++)
		buf_fmt(&b, "<p>caf\xe9 harbour%c clinic</p>\n",
		    (char)('a' + i % 26));
	buf_fmt(&b, "<p>%s</p>", last);
	s = arena_dup(a, buf_sl(&b));
	buf_free(&b);
	return s;
}

/* Only the front of HTML is decoded, unless that is too little. */
START_TEST(the_front_of_html_is_enough_only_where_it_is)
{
	struct slice host, plain = html_mail(0, "iso-8859-1", "end");
	struct slice late = html_mail(2000, "iso-8859-1", "end");
	struct sketch *s = sketch(plain.p, "x@example.org", &host);
	struct sketch *l = sketch(late.p, "x@example.org", &host);
	struct sketch *u;

	ck_assert_uint_ne(s->text, 0);
	ck_assert_uint_eq(s->text, l->text);
	plain = html_mail(0, "unknown-8bit", "\xff");
	u = sketch(plain.p, "x@example.org", &host);
	ck_assert_uint_eq(s->text, u->text);
}
END_TEST

/* One message in four forms, and to other people. */
static const struct {
	const char	*text, *rcpt;
} copies[] = {
	{ "To: x@example.org\r\n\r\n" WORDS, "x@example.org" },
	{ "To: x@example.org\r\nContent-Type: text/html\r\n\r\n<p>" WORDS
	    "</p><b>77</b>", "x@example.org" },
	{ "To: x@example.org\r\nContent-Type: multipart/mixed;"
	    " boundary=\"q\"\r\n\r\npreamble\r\n--q\r\nContent-Type:"
	    " multipart/alternative; boundary=r\r\n\r\n--r\r\n\r\n" WORDS
	    "\r\n--r--\r\n--q--\r\n", "x@example.org" },
	{ "To: \"Wanda Fisher\" <wanda.fisher@example.org>\r\n\r\nDear"
	    " wanda fisher " WORDS, "wanda.fisher@example.org" },
};

START_TEST(copies_have_one_sketch)
{
	struct slice host;
	struct sketch *one = sketch(copies[0].text, copies[0].rcpt, &host);
	struct sketch *other = sketch(copies[_i].text, copies[_i].rcpt, &host);
	size_t i, differ = 0;

	for (i = 0; i < SKETCH_BINS; i++)
		differ += one->bin[i] != other->bin[i];
	/* "dear" is in the last one only */
	ck_assert_uint_le(differ, _i == 3);
	ck_assert_uint_eq(one->subject, other->subject);
}
END_TEST

START_TEST(a_sketch_knows_lists_links_and_files)
{
	struct slice host;
	struct sketch *s = sketch("List-Id: news <a.example.net>\r\n"
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
	    "look at http://Pictures.example.net/1\r\n--b\r\nContent-Type:"
	    " image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w"
	    "cXJzdHV2d3h5ejAxMjM0NTY3\r\n--b--\r\n", "x@example.org", &host);
	struct sketch *bulk = sketch("Precedence: bulk\r\n\r\nhello",
	    "x@example.org", &host), *none;

	ck_assert_uint_ne(s->list, 0);
	ck_assert_uint_ne(s->file, 0);
	ck_assert_uint_ne(bulk->list, 0);
	ck_assert_uint_ne(bulk->list, s->list);
	ck_assert_uint_eq(host.n, 0);
	none = sketch("X: y\r\n\r\nhttp://Pictures.example.net/1",
	    "x@example.org", &host);
	ck_assert_uint_eq(none->list, 0);
	ck_assert_uint_eq(none->file, 0);
	ck_assert(sl_eq(host, SL("pictures.example.net")));
}
END_TEST

START_TEST(a_sketch_comes_back_from_its_bytes)
{
	struct slice host;
	struct sketch *s = sketch(copies[0].text, copies[0].rcpt, &host), t;
	char bytes[SKETCH_BYTES];
	size_t n;

	sketch_pack(s, bytes);
	ck_assert(sketch_unpack(&t, (struct slice){ bytes, sizeof(bytes) }));
	ck_assert_int_eq(memcmp(s, &t, sizeof(t)), 0);
	ck_assert_int_eq(t.runs, 0);
	s->runs = 2;
	sketch_pack(s, bytes);
	ck_assert(sketch_unpack(&t, (struct slice){ bytes, sizeof(bytes) }));
	ck_assert(t.runs == 2 && t.words == s->words);
	/* the lowest byte first, whatever the machine */
	ck_assert_int_eq((unsigned char)bytes[1], s->bin[0] >> 8);
	for (n = 0; n < sizeof(bytes); n++)
		ck_assert(!sketch_unpack(&t, (struct slice){ bytes, n }));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("text");
	TCase *tc = tcase_create("text");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, text_is_folded, 0, N(folds));
	tcase_add_test(tc, it_ends_at_its_limit_with_a_whole_word);
	tcase_add_test(tc, letters_are_found_wherever_they_stand);
	tcase_add_test(tc, a_text_is_folded_alike_wherever_it_begins);
	tcase_add_test(tc, the_front_of_html_is_enough_only_where_it_is);
	tcase_add_loop_test(tc, copies_have_one_sketch, 0, N(copies));
	tcase_add_test(tc, a_sketch_knows_lists_links_and_files);
	tcase_add_test(tc, a_sketch_comes_back_from_its_bytes);
	suite_add_tcase(s, tc);
	return s;
}
