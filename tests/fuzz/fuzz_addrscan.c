#include "fuzz.h"
#include "mail/addr.h"

/*
 * What is found among bytes is an address in them, as 8-bit or as UTF-16LE;
 * each once; and asking for fewer gives the first of them.
 */
#define FOUND_MAX	16

static bool
is_there(struct arena *a, struct slice bytes, struct slice s)
{
	char *wide = arena_alloc(a, 2 * s.n);
	size_t i;

	for (i = 0; i < s.n; i++)
		wide[2 * i] = s.p[i];
	return sl_ifind(bytes, s) != NULL ||
	    sl_ifind(bytes, (struct slice){ wide, 2 * s.n - 1 }) != NULL;
}

static void
check_found(struct slice s)
{
	const char *at = memrchr(s.p, '@', s.n);

	HOLDS(s.n <= 254);
	HOLDS(!has_control(s) && sl_ascii(s));
	HOLDS(at != NULL && at > s.p);
	HOLDS(memchr(at, '.', s.n - (size_t)(at - s.p)) != NULL);
	HOLDS(ascii_alpha(s.p[s.n - 1]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice bytes = fuzz_input(data, n), v[FOUND_MAX], few[2];
	struct arena *a = fuzz_arena();
	size_t found = addr_scan(a, bytes, v, FOUND_MAX), i, k;

	HOLDS(found <= FOUND_MAX);
	for (i = 0; i < found; i++) {
		check_found(v[i]);
		HOLDS(is_there(a, bytes, v[i]));
		for (k = 0; k < i; k++)
			HOLDS(!sl_eq(v[i], v[k]));
	}
	k = addr_scan(a, bytes, few, 2);
	HOLDS(k == (found < 2 ? found : 2));
	for (i = 0; i < k; i++)
		HOLDS(sl_eq(v[i], few[i]));
	return 0;
}
