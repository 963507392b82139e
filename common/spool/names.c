#include "spool/spool.h"

static const char *const names[] = {
	[PROV_NONE] = "none",
	[PROV_XBLOCK] = "xblock",
	[PROV_COMPANION] = "companion",
	[PROV_STREAM] = "stream",
	[PROV_NATIVE] = "native",
	[PROV_LOG] = "log",
	[PROV_RECEIVED] = "received",
	[PROV_HEADERS] = "headers",
};

static const char *const states[] = {
	[RCPT_PENDING] = "pending",
	[RCPT_DONE] = "done",
	[RCPT_BOUNCED] = "bounced",
	[RCPT_CANCELED] = "canceled",
};

const char *
rcpt_state_name(enum rcpt_state s)
{
	return states[s];
}

enum rcpt_state
rcpt_state_parse(struct slice name)
{
	int s;

	for (s = RCPT_CANCELED; s > RCPT_PENDING; s--)
		if (sl_eq(name, sl(states[s])))
			break;
	return (enum rcpt_state)s;
}

const char *
provenance_name(enum provenance p)
{
	return names[p];
}
