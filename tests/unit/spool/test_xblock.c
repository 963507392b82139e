#include <check.h>
#include <stdio.h>

#include "base/buf.h"
#include "spool/driver.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

Suite	*suite(void);

static struct arena *a;

static void
setup(void)
{
	a = arena_new();
}

static void
teardown(void)
{
	arena_free(a);
}

/* NULL sender: none; NULL rest: no block, all of it is left. */
static const struct {
	const char	*in, *sender, *rcpts, *rest, *problem;
} blocks[] = {
	{ "X-Sender: a@b.c\nX-Receiver: d@e.f\nTo: x\n", "a@b.c", "d@e.f ",
	    "To: x\n", NULL },
	{ "x-sender: a@b.c\r\nx-receiver: d@e.f\r\n\r\nbody", "a@b.c",
	    "d@e.f ", "\r\nbody", NULL },
	{ "X-Sender: \"A\" <a@b.c>\nX-Receiver: <d@e.f> NOTIFY=NEVER\n",
	    "a@b.c", "d@e.f ", "", NULL },
	{ "X-Sender: <>\nX-Receiver: <d@e.f>; X-ExtendedProps=AA==\nTo: x",
	    "", "d@e.f ", "To: x", NULL },
	{ "X-Receiver: d@e.f\nX-Receiver: g@h.i\nX-Sender: a@b.c\nTo: x",
	    "a@b.c", "d@e.f g@h.i ", "To: x", NULL },
	{ "X-Receiver: d@e.f\nTo: x", NULL, "d@e.f ", "To: x", NULL },
	{ "X-Sender: a@b.c\nX-Receiver: d@e.f, g@h.i\n"
	    "X-Receiver: d@e.f, g@h.i\nTo: x", "a@b.c", "d@e.f g@h.i ",
	    "To: x", "several recipients on one X-Receiver line" },
	{ "X-Sender: a@b.c\nX-Receiver: <>\nTo: x", "a@b.c", "", "To: x",
	    "X-Receiver without an address" },
	{ "X-Sender: a@b.c\nX-Receiver: d\rX-Receiver: j@k.l\n"
	    "X-Receiver: g@h.i\n", "a@b.c", "g@h.i ", "",
	    "X-Receiver without an address" },
	{ "X-Sender: \"A\"\r\n <a@b.c>\nX-Receiver:\n\td@e.f\n", "a@b.c",
	    "d@e.f ", "", NULL },
	{ "X-Sender: a@b.c\nX-Receiver: d@e.f\nX-Sender: g@h.i\n"
	    "X-Receiver: j@k.l\n", "a@b.c", "d@e.f ",
	    "X-Sender: g@h.i\nX-Receiver: j@k.l\n",
	    "a second X-Sender: taken as the message's own" },
	{ "X-Sender: a@b.c\nX-Receiver: d@e.f\nX-EndOfInjectedXHeaders: 1\n"
	    "X-Receiver: j@k.l\n", "a@b.c", "d@e.f ",
	    "X-Receiver: j@k.l\n", NULL },
	/* no blocks */
	{ "X-Sender: a@b.c\nTo: x\n", NULL, "", NULL, NULL },
	{ "X-Sender: a@b.c\nTo: x\nX-Receiver: d@e.f\n", NULL, "", NULL,
	    NULL },
	{ "To: x\nX-Sender: a@b.c\nX-Receiver: d@e.f\n", NULL, "", NULL,
	    NULL },
	{ "\nX-Sender: a@b.c\nX-Receiver: d@e.f\n", NULL, "", NULL, NULL },
	{ " X-Sender: a@b.c\nX-Receiver: d@e.f\n", NULL, "", NULL, NULL },
	{ "X-Source: x\nX-Receiver: d@e.f\n", NULL, "", NULL, NULL },
	{ "X-CreatedBy: x\nTo: y\n", NULL, "", NULL, NULL },
	{ "", NULL, "", NULL, NULL },
};

START_TEST(a_block_is_taken_off_the_top)
{
	struct slice text = sl(blocks[_i].in);
	struct spool_msg m = { .part = 0 };
	struct buf b = { 0 };
	const char *rest = blocks[_i].rest;
	size_t i;

	ck_assert_int_eq(xblock_take(&text, a, &m), rest != NULL);
	ck_assert(sl_eq(text, sl(rest != NULL ? rest : blocks[_i].in)));
	ck_assert_int_eq(m.has_sender, blocks[_i].sender != NULL);
	if (m.has_sender) {
		ck_assert_int_eq(m.sender.null, blocks[_i].sender[0] == '\0');
		ck_assert(sl_eq(m.sender.spec, sl(blocks[_i].sender)));
		ck_assert_int_eq(m.sender_prov, PROV_XBLOCK);
	}
	for (i = 0; i < m.nrcpts; i++) {
		buf_add(&b, m.rcpts[i].addr.spec);
		buf_addc(&b, ' ');
	}
	ck_assert(sl_eq(buf_sl(&b), sl(blocks[_i].rcpts)));
	ck_assert_uint_eq(m.nproblems, blocks[_i].problem != NULL);
	if (m.nproblems > 0)
		ck_assert_str_eq(m.problems[0], blocks[_i].problem);
	buf_free(&b);
}
END_TEST

START_TEST(recipients_beyond_the_limit_are_not_kept)
{
	struct spool_msg m = { .part = 0 };
	struct slice text;
	struct buf b = { 0 };
	size_t i;

	buf_add(&b, SL("X-Sender: a@b.c\n"));
	for (i = 0; i < SPOOL_RCPT_MAX + 10; i++)
		buf_fmt(&b, "X-Receiver: u%zu@example.org\n", i);
	text = buf_sl(&b);
	ck_assert(xblock_take(&text, a, &m));
	ck_assert_uint_eq(text.n, 0);
	ck_assert_uint_eq(m.nrcpts, SPOOL_RCPT_MAX);
	ck_assert_str_eq(m.problems[0], "more recipients than are kept");
	for (i = 0; i < m.nrcpts; i++)
		ck_assert(sl_eq(m.rcpts[i].addr.spec,
		    arena_fmt(a, "u%zu@example.org", i)));
	buf_free(&b);
}
END_TEST

static const struct {
	struct slice	in;
	bool		block;
} starts[] = {
	{ SL("X-sender: a\nX-Receiver: b\n"), true },
	{ SL("X-sender: a\r\nX-HeloDomain: c\r\nX-Receiver: b"), true },
	{ SL("X-sender: a\nX-Sender: a\nX-Receiver: b\n"), false },
	{ SL("X-sender: a\n\nX-Receiver: b\n"), false },
	{ SL("X-Receiver: b\nX-sender: a\n"), false },
	{ SL("X-sender: a\nhello\nX-Receiver: b\n"), false },
	{ SL("X-sender: a\0b\nX-Receiver: b\n"), true },
	{ SL("X"), false },
	{ { NULL, 0 }, false },
};

START_TEST(a_block_starts_with_sender_and_receiver)
{
	ck_assert_int_eq(xblock_starts(starts[_i].in), starts[_i].block);
}
END_TEST

/* What the server says of its source, and anybody could have written. */
START_TEST(the_source_is_a_note_of_one_line_in_utf_8)
{
	struct slice text = SL("X-Receiver: a@b.c\n"
	    "X-Source: SMTP:\xff\033[31m\tmx\n\n");
	struct spool_msg m = { .part = 0 };

	ck_assert(xblock_take(&text, a, &m));
	ck_assert_msg(sl_eq(m.note, SL("SMTP:\xef\xbf\xbd [31m mx")),
	    SL_FMT, SL_ARG(m.note));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("xblock");
	TCase *tc = tcase_create("xblock");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_block_is_taken_off_the_top, 0,
	    NITEMS(blocks));
	tcase_add_test(tc, recipients_beyond_the_limit_are_not_kept);
	tcase_add_loop_test(tc, a_block_starts_with_sender_and_receiver, 0,
	    NITEMS(starts));
	tcase_add_test(tc, the_source_is_a_note_of_one_line_in_utf_8);
	suite_add_tcase(s, tc);
	return s;
}
