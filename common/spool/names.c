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

const char *
provenance_name(enum provenance p)
{
	return names[p];
}
