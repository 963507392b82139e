#include "fuzz_spool.h"
#include "site/policy.h"

/*
 * A configuration of any server is refused with a reason on one line, or
 * it becomes rules; then what is printed of them is taken as well, and lets
 * the same through.
 */
static const char *const addresses[] = { "u@example.org", "u@far.example",
	"u@a.sub.example.net", "u", "" };
static const char *const clients[] = { "192.0.2.1", "10.1.2.3",
	"2001:db8::1", "" };

static void
check_asks(const struct policy *p, const struct policy *again)
{
	struct policy_ask q = { .port = 25 };
	size_t i, rule, other;

	for (i = 0; i < NITEMS(addresses) * NITEMS(clients) * 4; i++) {
		q.recipient = sl(addresses[i % NITEMS(addresses)]);
		q.client = (struct ip){ .b = { 0 } };
		ip_parse(sl(clients[i / NITEMS(addresses) % NITEMS(clients)]),
		    &q.client);
		q.authenticated = i & 1;
		q.routed = i & 2;
		q.target = q.routed ? SL("u@example.org") : SL("");
		HOLDS(policy_answer(p, &q, &rule) ==
		    policy_answer(again, &q, &other));
		HOLDS(rule < policy_rules(p) && rule == other);
	}
}

static void
check_print(const struct policy *p, const struct site *site)
{
	struct slice begin = SL("[policy]\nrules =\n");
	struct buf once = { 0 }, twice = { 0 };
	struct err err = { ERR_NONE, 0, "" };
	struct policy *again = NULL;

	policy_print(p, &once);
	HOLDS(sl_starts(buf_sl(&once), begin));
	HOLDS(policy_parse(&again, sl_from(buf_sl(&once), begin.n), site,
	    &err) == 0);
	policy_print(again, &twice);
	HOLDS(sl_eq(buf_sl(&once), buf_sl(&twice)));
	HOLDS(policy_rules(p) == policy_rules(again));
	check_asks(p, again);
	policy_free(again);
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);
	struct err err = { ERR_NONE, 0, "" };
	struct site *site;
	struct buf notes = { 0 };
	struct policy *p;
	char path[64];

	if (sl_find(in, SL("/dev")) != NULL ||
	    sl_find(in, SL("/proc")) != NULL ||
	    sl_find(in, SL("valid_recipients_file")) != NULL)
		return 0;	/* it would open what is no file */
	site = site_new();
	HOLDS(site_add(site, SITE_LOCAL, SL("example.org"), &err) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fuzz_fd(in));
	if (policy_load(&p, path, site, &notes, &err) == 0) {
		check_print(p, site);
		policy_free(p);
	} else
		HOLDS(p == NULL && err.code != ERR_NONE &&
		    err.msg[0] != '\0' && strchr(err.msg, '\n') == NULL);
	buf_free(&notes);
	site_free(site);
	return 0;
}
