#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "case/replay.h"

Suite	*suite(void);

static char dir[] = "/tmp/casebox.XXXXXX";
static char path[64];
static struct casefile *c;
static struct replays *r;
static struct err err;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/case.db", dir);
	ck_assert_msg(case_open(&c, path, CASE_CREATE, &err) == 0, "%s",
	    err.msg);
	ck_assert_msg(replays_open(&r, c, &err) == 0, "%s", err.msg);
}

static void
teardown(void)
{
	replays_free(r);
	ck_assert_int_eq(case_close(c, &err), 0);
	unlink(path);
	rmdir(dir);
}

static int64_t
add(const char *target, const char *key)
{
	struct replay_to to = { .address = SL("b@example.net") };
	struct replay_row row = { .target = sl(target),
	    .source = SL("Out/ABCD1234"), .name = SL("n") };

	memcpy(to.key, key, REPLAY_KEY);
	ck_assert_msg(replays_add(r, &row, &to, 1, &err) == 0, "%s", err.msg);
	return row.row;
}

static const char k1[] = "0123456789abcdef", k2[] = "0123456789abcdeg",
    k3[] = "0123456789abcdeh";

START_TEST(what_was_done_weighs_more_than_what_was_not)
{
	enum replay_state s;
	int64_t a = add("t", k1), b = add("u", k1), n;

	ck_assert_int_eq(replays_known(r, (const uint8_t *)k2, &s, &n,
	    &err), 0);
	ck_assert_int_eq(replays_known(r, (const uint8_t *)k1, &s, &n,
	    &err), 1);
	ck_assert_int_eq(s, REPLAY_INTENT);
	ck_assert_int_eq(replays_published(r, b, 1, 2, &err), 0);
	ck_assert_int_eq(replays_set(r, a, REPLAY_REFUSED, SL("no"), &err), 0);
	ck_assert_int_eq(replays_known(r, (const uint8_t *)k1, &s, &n,
	    &err), 1);
	ck_assert_int_eq(s, REPLAY_PUBLISHED);
	ck_assert_int_eq(n, b);
	ck_assert_int_eq(replays_forget(r, b, &err), 0);
	ck_assert_int_eq(replays_known(r, (const uint8_t *)k1, &s, &n,
	    &err), 1);
	ck_assert_int_eq(s, REPLAY_REFUSED);
}
END_TEST

START_TEST(a_recipient_can_fare_otherwise_than_the_message)
{
	enum replay_state s;
	int64_t a = add("t", k1), n;

	ck_assert_int_eq(replays_set(r, a, REPLAY_TAKEN, SL(""), &err), 0);
	ck_assert_int_eq(replays_rcpt(r, a, 0, REPLAY_RETURNED, SL("451"),
	    &err), 0);
	ck_assert_int_eq(replays_known(r, (const uint8_t *)k1, &s, &n,
	    &err), 1);
	ck_assert_int_eq(s, REPLAY_RETURNED);
}
END_TEST

static int
count(void *ctx, const struct replay_row *row, struct err *e)
{
	size_t *n = ctx;

	(void)e;
	ck_assert(sl_eq(row->source, SL("Out/ABCD1234")));
	(*n)++;
	return replays_set(r, row->row, REPLAY_DOUBTFUL, SL("x"), e);
}

START_TEST(rows_are_walked_by_state_and_target_while_they_change)
{
	uint64_t states[REPLAY_STATES];
	size_t n = 0;

	add("t", k1);
	add("u", k3);
	add("t", k2);
	ck_assert_int_eq(replays_each(r, 1 << REPLAY_INTENT, "t", count, &n,
	    &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(replays_count(r, NULL, states, &err), 0);
	ck_assert_uint_eq(states[REPLAY_DOUBTFUL], 2);
	ck_assert_uint_eq(states[REPLAY_INTENT], 1);
}
END_TEST

static int
keep_left(void *ctx, const struct replay_left *left, struct err *e)
{
	struct replay_left *last = ctx;

	(void)e;
	ck_assert(sl_eq(left->address, SL("b@example.net")));
	last->state = left->state;
	last->n++;
	return 0;
}

START_TEST(what_was_tried_again_is_no_longer_left)
{
	uint64_t states[REPLAY_STATES];
	struct replay_left last = { .n = 0 };
	int64_t a = add("t", k1), b = add("t", k2);

	/* of b, which others had, one was returned */
	ck_assert_int_eq(replays_set(r, a, REPLAY_REFUSED, SL("no"), &err), 0);
	ck_assert_int_eq(replays_set(r, b, REPLAY_TAKEN, SL(""), &err), 0);
	ck_assert_int_eq(replays_rcpt(r, b, 0, REPLAY_RETURNED, SL("451"),
	    &err), 0);
	ck_assert_int_eq(replays_left(r, "t", keep_left, &last, &err), 0);
	ck_assert_uint_eq(last.n, 2);
	ck_assert_int_eq(last.state, REPLAY_RETURNED);

	a = add("t", k1);
	ck_assert_int_eq(replays_set(r, a, REPLAY_TAKEN, SL(""), &err), 0);
	last.n = 0;
	ck_assert_int_eq(replays_left(r, NULL, keep_left, &last, &err), 0);
	ck_assert_uint_eq(last.n, 1);
	ck_assert_int_eq(replays_count(r, "t", states, &err), 0);
	ck_assert_uint_eq(states[REPLAY_REFUSED], 0);
	ck_assert_uint_eq(states[REPLAY_TAKEN], 2);
	ck_assert_int_eq(replays_left(r, "u", keep_left, &last, &err), 0);
	ck_assert_uint_eq(last.n, 1);
}
END_TEST

START_TEST(a_staging_folder_that_differs_in_anything_is_another)
{
	struct replay_stage s = { SL("/srv/stage"), SL("mark"), 1, 2 };
	int64_t one, again, other;

	ck_assert_int_eq(replays_stage(r, &s, &one, &err), 0);
	ck_assert_int_eq(replays_stage(r, &s, &again, &err), 0);
	s.ino = 3;
	ck_assert_int_eq(replays_stage(r, &s, &other, &err), 0);
	ck_assert_int_eq(one, again);
	ck_assert_int_ne(one, other);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_done_weighs_more_than_what_was_not);
	tcase_add_test(t, a_recipient_can_fare_otherwise_than_the_message);
	tcase_add_test(t,
	    rows_are_walked_by_state_and_target_while_they_change);
	tcase_add_test(t, what_was_tried_again_is_no_longer_left);
	tcase_add_test(t, a_staging_folder_that_differs_in_anything_is_another);
	suite_add_tcase(s, t);
	return s;
}
