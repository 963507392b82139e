#include "fuzz_spool.h"
#include "site/import.h"

/*
 * What a configuration says is ours: each word of it is a value of a site, or
 * is refused with a reason; a configuration that is refused has one, too.
 * Nothing is opened: there is no such root.
 */
static void
take(void *ctx, enum site_what what, struct slice words, const char *name)
{
	struct err err = { ERR_NONE, 0, "" };
	struct slice word;

	HOLDS(what < SITE_WHATS && name[0] != '\0');
	while (sl_word(&words, &word)) {
		HOLDS(word.n > 0);
		if (site_add(ctx, what, word, &err) == -1)
			HOLDS(err.msg[0] != '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int (*const forms[])(struct import *, import_ours *, void *) = {
		ours_postfix, ours_exim, ours_sendmail
	};
	struct slice text = fuzz_input(data, n);
	struct err err;
	struct buf rules = { 0 }, notes = { 0 };
	struct arena *a = arena_new();
	struct site *site = site_new();
	size_t i;

	for (i = 0; i < NITEMS(forms); i++) {
		struct import in = { .a = a, .path = "/none/such/file",
		    .root = "/none", .text = text, .rules = &rules,
		    .notes = &notes, .err = &err };

		err = (struct err){ ERR_NONE, 0, "" };
		if (forms[i](&in, take, site) == -1)
			HOLDS(err.code != ERR_NONE && err.msg[0] != '\0');
	}
	buf_free(&rules);
	buf_free(&notes);
	site_free(site);
	arena_free(a);
	return 0;
}
