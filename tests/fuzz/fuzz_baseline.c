#include "fuzz.h"
#include "stat/alarm.h"

/*
 * A baseline that is read is written as it was, and read again the same;
 * what it says of a count is a number.  The same bytes as an alarm's
 * condition: what is taken can be asked.
 */
static void
ask(const struct baseline *b)
{
	struct count_row r = { .spool = SL(""), .entries = 7 };
	struct baseline_off off;

	if (baseline_ask(b, SL("total"), 0, &r, &off))
		HOLDS(off.off == off.off && off.normal >= 0);
}

static void
as_alarm(struct slice in)
{
	struct count_row r = { .spool = SL("s"), .key = SL("k") };
	struct baseline_off off = { 1, 1, 1 };
	struct alarm a;
	struct err err;
	double figure;

	if (alarm_parse(&a, in, &err) == 0)
		alarm_fires(&a, &r, &off, &figure);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);
	struct baseline *b = baseline_new(), *c = baseline_new();
	struct buf one = { 0 }, two = { 0 };
	struct err err;

	if (baseline_read(b, in, &err) == 0) {
		ask(b);
		baseline_write(b, &one);
		HOLDS(baseline_read(c, buf_sl(&one), &err) == 0);
		baseline_write(c, &two);
		HOLDS(sl_eq(buf_sl(&one), buf_sl(&two)));
	}
	as_alarm(in);
	buf_free(&one);
	buf_free(&two);
	baseline_free(b);
	baseline_free(c);
	return 0;
}
