#include "fuzz.h"
#include "mail/mime.h"

/*
 * The tree is one: every part is reached once, in order, within the limits,
 * and its bytes are the message's or the arena's.  Bodies decode to no more
 * than was asked for, texts to valid UTF-8.
 */
#define TAKE	1000	/* bytes asked for */
#define UU_MORE	63	/* bytes that a line of one character can stand for */

static void
check_body(const struct part *p, struct charsets *cs)
{
	struct buf all = { 0 }, some = { 0 }, text = { 0 };

	mime_decode(p, SIZE_MAX, &all);
	mime_decode(p, TAKE, &some);
	HOLDS(some.n <= TAKE && sl_starts(buf_sl(&all), buf_sl(&some)));
	HOLDS(some.n == TAKE || some.n == all.n);
	HOLDS(all.n <= p->body.n * (p->enc == ENC_UU ? UU_MORE : 1));
	mime_text(p, cs, SIZE_MAX, &text);
	HOLDS(utf8_valid(buf_sl(&text)));
	buf_free(&all);
	buf_free(&some);
	buf_free(&text);
}

static void
check_part(const struct part *p, const struct part *before)
{
	const struct part *q;

	HOLDS(before == NULL ? p->number == 1 :
	    p->number == before->number + 1);
	HOLDS(p->depth <= MIME_DEPTH_MAX);
	HOLDS((p->depth == 0) == (p->parent == NULL));
	HOLDS(p->parent == NULL || p->depth == p->parent->depth + 1);
	for (q = p->child; q != NULL; q = q->next)
		HOLDS(q->parent == p);
	HOLDS(!has_upper(p->type) && !has_upper(p->disposition));
	HOLDS(utf8_valid(p->filename));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice msg = fuzz_input(data, n), body;
	struct arena *a = fuzz_arena();
	struct charsets *cs = fuzz_charsets();
	struct part *p, *before = NULL;
	unsigned parts = 0;
	struct head h;
	struct mime m;

	head_parse(&h, a, msg, &body);
	mime_parse(&m, a, cs, &h, body);
	for (p = m.root; p != NULL; before = p, p = mime_walk(p)) {
		check_part(p, before);
		if (parts++ < 20)
			check_body(p, cs);
		HOLDS(parts <= MIME_PARTS_MAX);
	}
	HOLDS(parts == m.parts);
	return 0;
}
