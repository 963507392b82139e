#include "fuzz.h"

/*
 * The first byte is a width, the rest is shown in it.  What a person sees
 * is valid UTF-8 without controls, no wider than asked for, and the same
 * when it is shown again.
 */

static void
check_shown(struct slice s, size_t cols)
{
	struct buf once = { 0 }, again = { 0 };
	size_t used = utf8_show(&once, s, cols);

	HOLDS(cols == 0 || used <= cols);
	HOLDS(utf8_valid(buf_sl(&once)) && !has_control(buf_sl(&once)));
	HOLDS(utf8_show(&again, buf_sl(&once), 0) == used);
	HOLDS(sl_eq(buf_sl(&once), buf_sl(&again)));
	buf_free(&once);
	buf_free(&again);
}

/* Between the quotes a shell would see nothing but the word. */
static void
check_quoted(struct slice s)
{
	char *word = arena_str(fuzz_arena(), s);
	struct buf b = { 0 };
	bool quoted = false;
	size_t i;

	quote_arg(&b, word);
	HOLDS(utf8_valid(buf_sl(&b)) && !has_control(buf_sl(&b)) && b.n > 0);
	for (i = 0; i < b.n; i++) {
		if (!quoted && b.p[i] == '\\')
			i++;
		else if (b.p[i] == '\'')
			quoted = !quoted;
		else
			HOLDS(quoted || strchr(" \"$`&;|<>()*?[]#~!\\{}",
			    b.p[i]) == NULL);
	}
	HOLDS(!quoted);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = sl_from(fuzz_input(data, n), 1), rest = in, was = in;
	struct buf clean = { 0 };

	while (utf8_next(&rest) != -2) {
		HOLDS(is_forward(was, rest));
		was = rest;
	}
	utf8_clean(&clean, in);
	HOLDS(utf8_valid(buf_sl(&clean)));
	HOLDS(!utf8_valid(in) || sl_eq(buf_sl(&clean), in));
	buf_free(&clean);
	check_shown(in, n == 0 ? 0 : data[0]);
	check_quoted(in);
	return 0;
}
