#include "fuzz.h"
#include "mail/date.h"

/*
 * A date is of the years that are promised, and the same when it is printed
 * and read again, by either of the two that read.
 */
#define NOW	1073264400

static void
check_text(int64_t t)
{
	char text[DATE_TEXT], again[DATE_TEXT];
	unsigned odd;
	int64_t u;

	HOLDS(strlen(date_str(t, text)) == DATE_TEXT - 1);
	HOLDS(date_option(sl(text), NOW, &u) && u == t);
	HOLDS(strcmp(date_str(u, again), text) == 0);
	if (text[0] == '1' || text[0] == '2')
		HOLDS(date_parse(sl(text), &u, &odd) && u == t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);
	const int64_t end = date_days(2101, 1, 1) * 86400;
	unsigned odd;
	int64_t t, u;

	if (date_parse(in, &t, &odd)) {
		HOLDS(t >= 0 && t < end);
		HOLDS(date_parse(in, &u, NULL) && u == t);
		check_text(t);
	}
	if (date_option(in, NOW, &t))
		HOLDS(t <= date_days(10000, 1, 1) * 86400 && t >= -(1LL << 62));
	return 0;
}
