#include "fuzz.h"
#include "mail/header.h"

/*
 * hdr_next moves forward and gives what is in the bytes; head_parse counts
 * as it says, and its index finds what a search finds.
 */

static void
walk(struct arena *a, struct slice msg)
{
	struct slice rest = msg, was, flat;
	struct hdr h;
	int r;

	for (was = rest; (r = hdr_next(&rest, &h)) != 0; was = rest) {
		HOLDS(is_forward(was, rest));
		HOLDS(is_inside(h.body, was));
		HOLDS(h.body.n == 0 || !is_inside(h.body, rest));
		HOLDS(r == 1 ? is_inside(h.name, was) : h.name.n == 0);
		HOLDS(r == -1 || h.body.n == 0 ||
		    h.name.p + h.name.n < h.body.p);
		HOLDS(is_trimmed(h.body) && is_trimmed(h.name));
		flat = hdr_unfold(a, h.body);
		HOLDS(flat.n <= h.body.n);
		HOLDS(memchr(flat.p == NULL ? "" : flat.p, '\n', flat.n) ==
		    NULL);
	}
	HOLDS(rest.p == was.p && rest.n == was.n);
}

static void
check_index(const struct head *h)
{
	int32_t i;
	size_t id, n = 0, k;

	for (k = 0; k < h->n; k++)
		HOLDS(h->id[k] == hdr_id(h->v[k].name));
	for (id = H_OTHER + 1; id < H_COUNT; id++) {
		HOLDS((h->first[id] == -1) ==
		    (head_get(h, (enum hdr_id)id).p == NULL));
		for (i = h->first[id]; i != -1; n++) {
			HOLDS((size_t)i < h->n && h->id[i] == id);
			i = head_next(h, (enum hdr_id)id, (size_t)i + 1);
		}
	}
	for (k = 0; k < h->n; k++)
		n += h->id[k] == H_OTHER;
	HOLDS(n == h->n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice msg = fuzz_input(data, n), body;
	struct arena *a = fuzz_arena();
	struct head h;
	size_t i;

	walk(a, msg);
	head_parse(&h, a, msg, &body);
	HOLDS(body.n <= n && is_inside(body, msg));
	HOLDS(body.n == 0 || body.p + body.n == msg.p + msg.n);
	HOLDS(h.n <= HEAD_FIELDS_MAX);
	for (i = 0; i < h.n; i++) {
		HOLDS(is_inside(h.v[i].name, msg));
		HOLDS(is_inside(h.v[i].body, msg));
		HOLDS(i == 0 || h.v[i].name.p > h.v[i - 1].name.p);
	}
	check_index(&h);
	return 0;
}
