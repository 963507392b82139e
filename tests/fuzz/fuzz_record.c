#include "fuzz.h"
#include "judge/record.h"

/*
 * A whole message becomes a record: text is valid UTF-8, lists are within
 * their limits.  Packed and unpacked it is the same record; cut off or
 * damaged it is never read beyond the bytes.
 */

static void
check_record(const struct record *r)
{
	size_t i;

	HOLDS(utf8_valid(r->subject) && utf8_valid(r->orig_subject));
	HOLDS(r->kind < KIND_COUNT);
	HOLDS(r->nhops <= RECORD_HOPS_MAX && r->norig_hops <= ORIG_HOPS_MAX);
	HOLDS(r->nrcpts <= SPOOL_RCPT_MAX + 1);
	HOLDS(!has_control(r->from) && !has_control(r->sender.spec));
	for (i = 0; i < r->nrcpts; i++)
		HOLDS(!has_control(r->rcpts[i].addr.spec));
	for (i = 0; i < r->nheader_rcpts; i++)
		HOLDS(!has_control(r->header_rcpts[i]));
	for (i = 0; i < r->nproblems; i++)
		HOLDS(utf8_valid(r->problems[i]) && r->problems[i].n > 0);
	HOLDS(r->date >= 0 && r->arrived >= 0);
}

static void
check_unpacked(const struct record *r, const struct record *u)
{
	size_t i;

	HOLDS(sl_eq(r->subject, u->subject) && sl_eq(r->from, u->from));
	HOLDS(r->nhops == u->nhops && r->nrcpts == u->nrcpts);
	for (i = 0; i < r->nhops; i++)
		HOLDS(sl_eq(r->hops[i].by, u->hops[i].by) &&
		    ip_eq(&r->hops[i].ip, &u->hops[i].ip));
	for (i = 0; i < r->nrcpts; i++)
		HOLDS(sl_eq(r->rcpts[i].addr.spec, u->rcpts[i].addr.spec));
	HOLDS(r->nproblems == u->nproblems && r->nhints == u->nhints);
	HOLDS(r->kind == u->kind && r->original == u->original);
	HOLDS(sl_eq(r->diagnostic, u->diagnostic));
}

static void
check_pack(struct arena *a, const struct record *r)
{
	struct record u = { .size = 0 };
	struct buf once = { 0 }, again = { 0 };
	struct slice bytes;

	record_pack(r, &once);
	bytes = buf_sl(&once);
	HOLDS(record_unpack(&u, a, bytes));
	check_unpacked(r, &u);
	record_pack(&u, &again);
	HOLDS(sl_eq(bytes, buf_sl(&again)));
	buf_free(&once);
	buf_free(&again);
}

/* A disk that lies: a cut, and one byte changed, both by the input. */
static void
check_damage(struct arena *a, const struct record *r, struct slice in)
{
	struct record u = { .size = 0 };
	struct buf b = { 0 };
	size_t at = 0, i;
	char *p;

	for (i = 0; i < in.n; i++)
		at = at * 31 + (unsigned char)in.p[i];
	record_pack(r, &b);
	p = arena_str(a, buf_sl(&b));
	HOLDS(!record_unpack(&u, a, (struct slice){ p, at % b.n }));
	p[at % b.n] ^= (char)(at >> 16 | 1);
	u = (struct record){ .size = 0 };
	if (record_unpack(&u, a, (struct slice){ p, b.n }))
		HOLDS(u.kind < KIND_COUNT &&
		    provenance_name(u.sender_prov) != NULL &&
		    original_name(u.original) != NULL);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);
	struct spool_msg m = { .text = in, .size = n, .mtime = 1073264400 };
	struct arena *a = fuzz_arena();
	struct record r = { .unread = true };

	m.hints[m.nhints++] = SL("hint@example.org");
	record_read(&r, a, fuzz_charsets(), &m, RECORD_HOPS_MAX);
	check_record(&r);
	check_pack(a, &r);
	check_damage(a, &r, in);
	return 0;
}
