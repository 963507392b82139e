#include "fuzz.h"

/*
 * The first line is a charset's name, the rest is text in it.  What comes
 * out is valid UTF-8 behind what was there, not without measure, and does
 * not depend on what was converted before.
 */
#define MORE	9	/* bytes for one: a piece of three characters */

static void
convert(struct charsets *cs, struct slice name, struct slice in)
{
	struct buf once = { 0 }, again = { 0 };
	int r;

	buf_add(&once, SL("before"));
	r = charset_utf8(cs, name, in, &once);
	HOLDS(r >= -1 && r <= 1);
	HOLDS(sl_starts(buf_sl(&once), SL("before")));
	HOLDS(utf8_valid(buf_sl(&once)));
	HOLDS(once.n <= 6 + MORE * in.n);
	HOLDS(charset_utf8(cs, name, in, &again) == r);
	HOLDS(sl_eq(sl_from(buf_sl(&once), 6), buf_sl(&again)));
	buf_free(&once);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n), name = { NULL, 0 };
	struct charsets *cs = fuzz_charsets();
	struct buf out = { 0 };
	const char *known;

	sl_cut(&in, '\n', &name);
	if ((known = charset_name(name)) != NULL) {
		HOLDS(charset_name(sl(known)) != NULL);
		HOLDS(strcmp(charset_name(sl(known)), known) == 0);
	}
	convert(cs, name, in);
	charset_guess_utf8(cs, in, &out);
	HOLDS(utf8_valid(buf_sl(&out)));
	HOLDS(out.n <= MORE * in.n);
	buf_free(&out);
	return 0;
}
