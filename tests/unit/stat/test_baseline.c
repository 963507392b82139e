#include <check.h>
#include <math.h>

#include "stat/baseline.h"

#define MONDAY	INT64_C(1795996800)	/* 2026-11-30T00:00:00Z */
#define STEP	300			/* a timer's interval */

/* The same numbers in every run. */
static uint64_t
dice(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *seed >> 33;
}

/* Entries of a company: busy at noon, little on Sundays; a tenth of noise. */
static struct count_row
usual(int64_t at, uint64_t *seed)
{
	unsigned hour = (unsigned)(at / 3600 % 24);
	bool sunday = (at - MONDAY) / 86400 % 7 == 6;
	double busy = (sunday ? 100 : 400) *
	    (1.2 - cos((double)hour * 2 * 3.14159265 / 24));
	struct count_row r = { .spool = SL("") };

	r.entries = (uint64_t)(busy * (0.9 + (double)(dice(seed) % 200) / 1000));
	r.age[0] = r.entries / 20 + dice(seed) % 8;
	return r;
}

static struct baseline *
learned(unsigned weeks, uint64_t *seed)
{
	struct baseline *b = baseline_new();
	int64_t at;

	for (at = MONDAY; at < MONDAY + weeks * 7 * 86400; at += STEP) {
		struct count_row r = usual(at, seed);

		baseline_learn(b, SL("total"), at, &r);
	}
	return b;
}

START_TEST(a_normal_week_is_never_far_off)
{
	uint64_t seed = 7;
	struct baseline *b = learned(3, &seed);
	struct baseline_off off;
	int64_t at;

	for (at = MONDAY + 21 * 86400; at < MONDAY + 28 * 86400; at += STEP) {
		struct count_row r = usual(at, &seed);

		ck_assert(baseline_ask(b, SL("total"), at, &r, &off));
		ck_assert_msg(fabs(off.off) < 6, "%.1f at %lld", off.off,
		    (long long)at);
	}
	baseline_free(b);
}
END_TEST

/* At any hour: so many more than usual came within one interval. */
START_TEST(a_flood_is_far_off_at_once)
{
	uint64_t seed = 8;
	struct baseline *b = learned(3, &seed);
	struct baseline_off off;
	int64_t at = MONDAY + 21 * 86400 + _i * 3600 + 600;
	struct count_row r = usual(at, &seed);

	r.entries += 400;
	r.age[0] += 400;
	ck_assert(baseline_ask(b, SL("total"), at, &r, &off));
	ck_assert_msg(off.off > 6, "%.1f", off.off);
	baseline_free(b);
}
END_TEST

START_TEST(what_is_far_off_teaches_little)
{
	uint64_t seed = 9;
	struct baseline *b = learned(3, &seed);
	struct count_row flood = { .spool = SL(""), .entries = 100000,
	    .age = { 50000 } };
	struct baseline_off off;
	int64_t at = MONDAY + 21 * 86400;
	int i;

	for (i = 0; i < 12; i++)		/* an hour of it */
		baseline_learn(b, SL("total"), at + i * STEP, &flood);
	ck_assert(baseline_ask(b, SL("total"), at, &flood, &off));
	ck_assert(off.off > 6);
	baseline_free(b);
}
END_TEST

START_TEST(nothing_is_known_before_three_counts)
{
	struct baseline *b = baseline_new();
	struct count_row r = { .spool = SL(""), .entries = 5 };
	struct baseline_off off;
	int i;

	for (i = 0; i < 3; i++) {
		ck_assert(!baseline_ask(b, SL("total"), MONDAY, &r, &off));
		baseline_learn(b, SL("total"), MONDAY + i * 3600, &r);
	}
	ck_assert(baseline_ask(b, SL("total"), MONDAY, &r, &off));
	ck_assert(off.off == 0 && off.normal == 5);
	ck_assert(!baseline_ask(b, SL("other"), MONDAY, &r, &off));
	baseline_free(b);
}
END_TEST

START_TEST(a_file_says_what_was_learned)
{
	uint64_t seed = 10;
	struct baseline *b = learned(1, &seed), *c = baseline_new();
	struct buf one = { 0 }, two = { 0 };
	struct err err;

	baseline_write(b, &one);
	ck_assert(baseline_read(c, buf_sl(&one), &err) == 0);
	baseline_write(c, &two);
	ck_assert(sl_eq(buf_sl(&one), buf_sl(&two)));
	buf_free(&one);
	buf_free(&two);
	baseline_free(b);
	baseline_free(c);
}
END_TEST

static const char *const damaged[] = {
	"x", "\n", "spoolkit-baseline 2\n", "spoolkit-baseline 1\nx\n",
	"spoolkit-baseline 1\nx 168 1 1 1 1 1\n",
	"spoolkit-baseline 1\nx -1 1 1 1 1 1\n",
	"spoolkit-baseline 1\nx 1 1 1 1 1\n",
	"spoolkit-baseline 1\nx 1 1 1 1 1 1 1\n",
	"spoolkit-baseline 1\nx 1 1 nan 1 1 1\n",
	"spoolkit-baseline 1\nx 1 1 inf 1 1 1\n",
	"spoolkit-baseline 1\nx 1 1 1e300 1 1 1\n",
	"spoolkit-baseline 1\nx 1 1 -1 1 1 1\n",
	"spoolkit-baseline 1\nx 1 99999999999 1 1 1 1\n",
	"spoolkit-baseline 1\n\n",
};

START_TEST(a_damaged_file_is_refused)
{
	struct baseline *b = baseline_new();
	struct err err;

	ck_assert(baseline_read(b, sl(damaged[_i]), &err) == -1);
	baseline_free(b);
}
END_TEST

START_TEST(a_hostile_folder_is_one_word)
{
	struct count_row r = { .spool = SL("/srv/a b"), .key = SL("x y\n%\xff") };
	struct buf b = { 0 };

	baseline_name(&b, COUNT_FOLDER, &r);
	ck_assert(sl_eq(buf_sl(&b), SL("folder:x%20y%0A%25%FF@/srv/a%20b")));
	buf_free(&b);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("baseline");
	TCase *tc = tcase_create("baseline");

	tcase_add_test(tc, a_normal_week_is_never_far_off);
	tcase_add_loop_test(tc, a_flood_is_far_off_at_once, 0, 168);
	tcase_add_test(tc, what_is_far_off_teaches_little);
	tcase_add_test(tc, nothing_is_known_before_three_counts);
	tcase_add_test(tc, a_file_says_what_was_learned);
	tcase_add_loop_test(tc, a_damaged_file_is_refused, 0,
	    sizeof(damaged) / sizeof(damaged[0]));
	tcase_add_test(tc, a_hostile_folder_is_one_word);
	suite_add_tcase(s, tc);
	return s;
}
