#include "fuzz.h"
#include "mail/notice.h"

/*
 * The text of a report: what is taken from it lies in it, no more than was
 * asked for; a page of HTML gives no more text than it has bytes.
 */
#define FOUND_MAX	8

static void
check_list(const struct slice *v, size_t n, struct slice text)
{
	size_t i, k;

	HOLDS(n <= FOUND_MAX);
	for (i = 0; i < n; i++) {
		HOLDS(v[i].n > 0 && v[i].n <= text.n);
		HOLDS(memchr(v[i].p, '@', v[i].n) != NULL);
		for (k = 0; k < i; k++)
			HOLDS(!sl_eq(v[i], v[k]));
	}
}

static void
check_notice(struct arena *a, struct slice text)
{
	struct slice v[FOUND_MAX];
	struct notice n;

	notice_read(&n, a, text);
	HOLDS(is_inside(n.text, text));
	HOLDS(n.original.n <= text.n);
	HOLDS(n.mta.n <= text.n && n.status.n <= text.n &&
	    n.diagnostic.n <= text.n);
	check_list(v, notice_failed(&n, v, FOUND_MAX), text);
	check_list(v, notice_near(&n, v, FOUND_MAX), text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = fuzz_input(data, n);
	struct arena *a = fuzz_arena();
	struct buf clean = { 0 }, html = { 0 };

	utf8_clean(&clean, text);
	check_notice(a, buf_sl(&clean));
	notice_html(buf_sl(&clean), &html);
	HOLDS(html.n <= 2 * clean.n + 2);
	HOLDS(utf8_valid(buf_sl(&html)));
	check_notice(a, buf_sl(&html));
	buf_free(&clean);
	buf_free(&html);
	return 0;
}
