#include "fuzz.h"
#include "mail/text.h"

/*
 * The input as text, as HTML, and as a message to be sketched.  Folded text
 * is whole words with a blank behind each, as much as there may be, and the
 * same a second time; two sketches of a message are one.
 */
#define HOST	258		/* bytes: what a host may be longer */

static void
fold(struct slice in, bool html)
{
	struct buf once = { 0 }, again = { 0 };
	size_t n;

	text_fold(&once, in, html);
	text_fold(&again, in, html);
	HOLDS(once.n == 0 || once.p[once.n - 1] == ' ');
	HOLDS(once.n <= TEXT_MAX + HOST);
	HOLDS(sl_eq(buf_sl(&once), buf_sl(&again)));
	n = once.n;
	text_fold(&once, in, html);
	HOLDS(once.n >= n && (n == 0 ||
	    memcmp(once.p, again.p, n) == 0));
	buf_free(&once);
	buf_free(&again);
}

static void
sketch(struct slice in)
{
	struct arena *a = arena_new();
	struct slice rcpt = SL("zoe.example@example.org"), host;
	struct text_from from = { .subject = sl_first(in, 40),
	    .from = SL("a@example.com"), .rcpts = &rcpt, .nrcpts = 1 };
	struct sketch *one, *two;
	char packed[SKETCH_BYTES];
	struct head h;

	head_parse(&h, a, in, &from.body);
	from.head = &h;
	one = text_sketch(a, fuzz_charsets(), &from, &host);
	two = text_sketch(a, fuzz_charsets(), &from, &host);
	HOLDS(memcmp(one, two, sizeof(*one)) == 0);
	sketch_pack(one, packed);
	HOLDS(sketch_unpack(two,
	    (struct slice){ packed, sizeof(packed) }));
	HOLDS(memcmp(one, two, sizeof(*one)) == 0);
	HOLDS(host.n <= 64);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);

	fold(in, false);
	fold(in, true);
	sketch(in);
	return 0;
}
