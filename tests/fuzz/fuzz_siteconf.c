#include "fuzz_spool.h"
#include "site/site.h"

/*
 * A site.conf is refused with a reason on one line, or it is taken; then
 * what is printed of it is taken as well, and says the same.
 */

static int
load(struct site *s, struct slice bytes, struct err *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fuzz_fd(bytes));
	return site_load(s, path, err);
}

static void
check_print(const struct site *s)
{
	struct site *again = site_new();
	struct buf once = { 0 }, twice = { 0 };
	struct err err;
	size_t w;

	site_print(s, &once);
	HOLDS(load(again, buf_sl(&once), &err) == 0);
	site_print(again, &twice);
	HOLDS(sl_eq(buf_sl(&once), buf_sl(&twice)));
	for (w = 0; w < SITE_WHATS; w++)
		HOLDS(site_has(s, (enum site_what)w) ==
		    site_has(again, (enum site_what)w));
	buf_free(&once);
	buf_free(&twice);
	site_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);
	struct err err = { ERR_NONE, 0, "" };
	struct site *s;

	if (sl_find(in, SL("valid_recipients_file")) != NULL)
		return 0;	/* it would open other files */
	s = site_new();
	if (load(s, in, &err) == 0)
		check_print(s);
	else
		HOLDS(err.code != ERR_NONE && err.msg[0] != '\0' &&
		    strchr(err.msg, '\n') == NULL);
	site_free(s);
	return 0;
}
