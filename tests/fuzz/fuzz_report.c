#include "fuzz.h"
#include "mail/report.h"

/*
 * A report is within its limits whatever the message says; and where the
 * header alone decides, the body changes nothing.
 */

static void
check_report(const struct report *r)
{
	enum kind k;
	size_t i;

	HOLDS(r->kind < KIND_COUNT && kind_parse(sl(kind_name(r->kind)), &k) &&
	    k == r->kind);
	HOLDS(r->kind == KIND_MAIL || r->by != NULL);
	HOLDS(r->nfailed <= REPORT_RCPT_MAX);
	for (i = 0; i < r->nfailed; i++)
		HOLDS(r->failed[i].n > 0);
	HOLDS(original_name(r->original) != NULL);
	HOLDS(r->original == ORIG_NONE || r->orig_head.n <= HEAD_FIELDS_MAX);
	HOLDS(!has_upper(r->action));
}

static void
read_with(struct arena *a, const struct head *h, struct slice body,
    const struct addr *sender)
{
	struct charsets *cs = fuzz_charsets();
	struct report r, alone;

	report_read(&r, a, cs, h, body, sender);
	check_report(&r);
	if (report_wants_body(h, sender))
		return;
	report_read(&alone, a, cs, h, (struct slice){ NULL, 0 }, sender);
	HOLDS(alone.kind == r.kind);
	HOLDS(r.original == ORIG_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct addr null = { .null = true };
	struct slice msg = fuzz_input(data, n), body, params;
	struct arena *a = fuzz_arena();
	struct addr daemon;
	struct head h;

	head_parse(&h, a, msg, &body);
	read_with(a, &h, body, NULL);
	read_with(a, &h, body, &null);
	HOLDS(addr_path(a, SL("mailer-daemon@example.org"), &daemon,
	    &params) == 0);
	read_with(a, &h, body, &daemon);
	return 0;
}
