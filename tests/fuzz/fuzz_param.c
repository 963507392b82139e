#include "fuzz.h"
#include "mail/words.h"

/*
 * The value of a parameter is valid UTF-8 of a bounded length; the case of
 * the name that is asked for means nothing.
 */
static const char *const names[][2] = {
	{ "boundary", "BOUNDARY" }, { "charset", "Charset" },
	{ "name", "NAME" }, { "filename", "FileName" },
	{ "report-type", "Report-Type" },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = fuzz_input(data, n), v, w;
	struct arena *a = fuzz_arena();
	struct charsets *cs = fuzz_charsets();
	size_t i;

	for (i = 0; i < NITEMS(names); i++) {
		v = param_get(a, cs, body, names[i][0]);
		w = param_get(a, cs, body, names[i][1]);
		HOLDS((v.p == NULL) == (w.p == NULL) && sl_eq(v, w));
		HOLDS(utf8_valid(v));
		HOLDS(v.n <= 3 * WORDS_MAX);
	}
	v = param_value(a, body);
	HOLDS(v.n <= n && is_trimmed(v));
	return 0;
}
