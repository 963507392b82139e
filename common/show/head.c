#include "base/hash.h"
#include "case/ledger.h"
#include "show/head.h"

int
head_print(FILE *f, struct casefile *c, struct err *err)
{
	uint8_t hash[32];
	char hex[65];
	int64_t id;

	if (ledger_head(c, &id, hash, err) == -1)
		return -1;
	hex_str(hash, sizeof(hash), hex);
	fprintf(f, "ledger: row %lld, %s\n", (long long)id, hex);
	return 0;
}
