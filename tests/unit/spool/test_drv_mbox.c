#include "spoolbox.h"

#define TWO	"mbox/good-two.mbox"
#define CRLF	"mbox/odd-crlf.mbox"
#define ARCHIVE	"mbox/odd-archive.mbox"
#define FROM	"From a@example.org Mon Jan  5 01:00:00 2004\n"

static const struct expect messages[] = {
	{ TWO, "good-two.mbox", 0, ".", "zoe@example.net", NULL, PROV_NATIVE,
	    "Return-Path: ", NULL },
	{ TWO, "good-two.mbox", 1, ".", "<>", NULL, PROV_NATIVE,
	    "Return-Path: ", NULL },
	{ CRLF, "odd-crlf.mbox", 1, ".", "bob@example.org", NULL,
	    PROV_NATIVE, "Return-Path: <zoe@example.net>\r\n", NULL },
	{ ARCHIVE, "odd-archive.mbox", 0, ".", "zoe@example.net", NULL,
	    PROV_NATIVE, "From: zoe at", NULL },
	{ ARCHIVE, "odd-archive.mbox", 1, ".", NULL, NULL, PROV_NONE,
	    "Return-Path: ", NULL },
};

START_TEST(mbox_messages_are_read_with_their_from_line)
{
	check_message(&messages[_i], "mbox");
}
END_TEST

START_TEST(a_from_line_counts_behind_an_empty_line)
{
	check_counts(TWO, "mbox", 1, 2);
	check_counts(CRLF, "mbox", 1, 2);
	check_counts(ARCHIVE, "mbox", 1, 2);
}
END_TEST

/* An mbox, and the texts of its messages joined by '|'. */
static const struct {
	const char	*mbox, *texts;
} boxes[] = {
	{ FROM "A: b\n\nx\n", "A: b\n\nx\n" },
	{ FROM "A: b\n\nx\n\n" FROM "C: d\n", "A: b\n\nx\n|C: d\n" },
	{ FROM "A: b\n\nx\n" FROM "C: d\n", "A: b\n\nx\n" FROM "C: d\n" },
	{ FROM "A: b\n\nx\n" FROM "Subject: d\n",
	    "A: b\n\nx\n|Subject: d\n" },
	{ FROM "A: b\n\nx\nFrom me to you\nSubject: d\n",
	    "A: b\n\nx\nFrom me to you\nSubject: d\n" },
	{ FROM "A: b\n\n" FROM "\n" FROM, "A: b\n||" },
	{ FROM "A: b\r\n\r\n" FROM "C: d\n", "A: b\r\n|C: d\n" },
	{ FROM "A: b\n\nFrom me to you\n", "A: b\n\nFrom me to you\n" },
	{ FROM "A: b\n\n>" FROM, "A: b\n\n>" FROM },
	{ "\n\n" FROM "A: b\n", "A: b\n" },
	{ "A: b\n\n" FROM "C: d\n", "A: b\n|C: d\n" },
	{ "\r\n" FROM "A: b\n", "A: b\n" },
	{ FROM, "" },
	{ "From a", "From a" },
	{ "", NULL },
};

/* All messages of the box's file, one behind the other, as boxes has them. */
static void
read_all(struct spool *sp, struct buf *b, size_t *n)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct err err;

	for (*n = 0; spool_next(sp, box_arena, &e, &err) == 1; ) {
		ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
		while (spool_load(rd, &m, &err) == 1) {
			if ((*n)++ > 0)
				buf_addc(b, '|');
			buf_add(b, m.text);
		}
		spool_entry_done(&e);
	}
	spool_reader_free(rd);
}

START_TEST(an_mbox_is_split_into_its_messages)
{
	struct spool **set;
	struct buf b = { 0 };
	size_t n, msgs;

	box_text("m", boxes[_i].mbox);
	set = box_open(box("m"), "mbox", &n);
	read_all(set[0], &b, &msgs);
	if (boxes[_i].texts == NULL)
		ck_assert_uint_eq(msgs, 0);
	else
		ck_assert_msg(sl_eq(buf_sl(&b), sl(boxes[_i].texts)),
		    SL_FMT, SL_ARG(buf_sl(&b)));
	spool_close(set[0]);
	buf_free(&b);
}
END_TEST

static const struct {
	const char	*line;
	bool		 ok;
	int64_t		 arrived;
} lines[] = {
	{ "From a@b Mon Jan  5 01:00:00 2004", true, 1073264400 },
	{ "From a@b Mon Jan  5 02:00:00 2004 +0100", true, 1073264400 },
	{ "From a@b  Mon, 5 Jan 2004 01:00:00 +0000", true, 1073264400 },
	{ "From a at example.org  Mon Jan  5 01:00:00 2004", true,
	    1073264400 },
	{ "From ???@??? Mon Jan 05 01:00:00 2004", true, 1073264400 },
	{ "From a@b 5 Jan 2004 01:00:00", true, 1073264400 },
	{ "From a@b Mon Jan", true, 0 },
	{ "From Monday on it rains", false, 0 },
	{ "From here on the meeting of 5 Jan 2004 counts", false, 0 },
	{ "From me", false, 0 },
	{ "From ", false, 0 },
	{ "from a@b Mon Jan  5 01:00:00 2004", false, 0 },
	{ "From: a@b Mon Jan  5 01:00:00 2004", false, 0 },
};

START_TEST(a_from_line_has_a_word_and_a_date)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	char file[512];
	struct spool_entry e;
	struct spool_msg m;
	struct spool **set;
	struct err err;
	size_t n;

	snprintf(file, sizeof(file), "%s\nA: b\n\n", lines[_i].line);
	box_text("m", file);
	set = box_open(box("m"), "mbox", &n);
	ck_assert(box_find(set[0], "m", &e));
	ck_assert_int_eq(spool_start(set[0], &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert_int_eq(has_problem(&m, "no From_ line"), !lines[_i].ok);
	ck_assert_int_eq(m.arrived, lines[_i].arrived);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(set[0]);
}
END_TEST

START_TEST(ranges_of_a_big_mbox_give_each_message_once)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct buf b = { 0 };
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	uint64_t at = 0;
	size_t n, ranges = 0, sum = 0, put;

	for (put = 0; b.n < 20u * 1024 * 1024; put++) {
		buf_fmt(&b, FROM "N: %zu\n\n", put);
		for (n = put % 97 * 100; n > 0; n--)
			buf_add(&b, SL("From the text, not a line\n"));
		buf_addc(&b, '\n');
	}
	box_put("m", buf_sl(&b));
	sp = box_one(box("m"), "mbox");
	for (; spool_next(sp, box_arena, &e, &err) == 1; ranges++) {
		ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
		for (; spool_load(rd, &m, &err) == 1; sum++) {
			ck_assert_uint_eq(m.offset, at);
			at += m.size;
			ck_assert(m.offset >= e.off &&
			    m.offset < e.off + e.len);
			ck_assert(sl_starts(m.text,
			    arena_fmt(box_msgs, "N: %zu\n", sum)));
			arena_reset(box_msgs);
		}
		spool_entry_done(&e);
	}
	ck_assert_uint_eq(ranges, 3);
	ck_assert_uint_eq(sum, put);
	ck_assert_uint_eq(at, b.n);
	spool_reader_free(rd);
	spool_close(sp);
	buf_free(&b);
}
END_TEST

static void
count(void *ctx, struct slice bytes)
{
	*(size_t *)ctx += bytes.n;
}

START_TEST(a_huge_message_is_cut_and_the_next_one_found)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct buf b = { 0 };
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	size_t big, all = 0;

	/* the second From_ line around the limit, and far behind it */
	buf_add(&b, SL(FROM "A: b\n\n"));
	big = SPOOL_READ_MAX - 60 + (size_t)_i * 5;
	if (_i == 20)
		big = 3u * SPOOL_READ_MAX;
	memset(buf_room(&b, big), 'x', big);
	b.n = big;
	buf_add(&b, SL("\n\n"));
	big = b.n;
	buf_add(&b, SL(FROM "C: d\n"));
	box_put("m", buf_sl(&b));
	sp = box_one(box("m"), "mbox");
	ck_assert(box_find(sp, "m", &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert_uint_eq(m.size, big);
	ck_assert_int_eq(m.cut, big > SPOOL_READ_MAX);
	ck_assert_uint_le(m.text.n, SPOOL_READ_MAX);
	ck_assert_int_eq(spool_bytes(rd, &m, count, &all, &err), 0);
	ck_assert_uint_eq(all, big);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert_uint_eq(m.offset, big);
	ck_assert(sl_eq(m.text, SL("C: d\n")));
	ck_assert_int_eq(spool_load(rd, &m, &err), 0);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
	buf_free(&b);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_mbox");
	TCase *tc = tcase_create("mbox");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, mbox_messages_are_read_with_their_from_line,
	    0, NITEMS(messages));
	tcase_add_test(tc, a_from_line_counts_behind_an_empty_line);
	tcase_add_loop_test(tc, an_mbox_is_split_into_its_messages, 0,
	    NITEMS(boxes));
	tcase_add_loop_test(tc, a_from_line_has_a_word_and_a_date, 0,
	    NITEMS(lines));
	tcase_add_test(tc, ranges_of_a_big_mbox_give_each_message_once);
	tcase_add_loop_test(tc, a_huge_message_is_cut_and_the_next_one_found,
	    0, 21);
	suite_add_tcase(s, tc);
	return s;
}
