#include "fuzz.h"
#include "mail/words.h"

/*
 * Whatever stands in a header, its text is valid UTF-8 of a bounded length,
 * the same each time.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = fuzz_input(data, n), once, again;
	struct arena *a = fuzz_arena();
	struct charsets *cs = fuzz_charsets();

	once = words_decode(a, cs, body);
	HOLDS(once.n <= WORDS_MAX);
	HOLDS(utf8_valid(once));
	again = words_decode(a, cs, body);
	HOLDS(sl_eq(once, again));
	if (n <= WORDS_MAX && sl_ascii(body) && sl_find(body, SL("=?")) ==
	    NULL && sl_find(body, SL("\033")) == NULL &&
	    sl_find(body, SL("\n")) == NULL && sl_find(body, SL("\r")) == NULL)
		HOLDS(sl_eq(once, body));
	return 0;
}
