#include "fuzz.h"
#include "judge/rspamd.h"

/*
 * An answer is a verdict or none; of a verdict the names are short, and the
 * points are numbers.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = fuzz_arena();
	struct answer said = { .bad = false };
	char to[VERDICT_NUMBER];

	if (!rspamd_read(&said, a, fuzz_input(data, n)))
		return 0;
	HOLDS(said.action.n <= VERDICT_ACTION && said.symbols.n < 200);
	HOLDS(said.bad == verdict_is_bad(said.action));
	HOLDS(verdict_number(said.score, to)[0] != '\0');
	HOLDS(verdict_number(said.limit, to)[0] != '\0');
	return 0;
}
