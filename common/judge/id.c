#include "judge/id.h"

void
id_make(struct sha256 *h, const uint8_t digest[32], struct slice native,
    char out[ID_CHARS])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t sum[32];
	uint64_t bits = 0;
	size_t i;

	sha256_start(h);
	sha256_add(h, (struct slice){ (const char *)digest, 32 });
	sha256_add(h, native);
	sha256_end(h, sum);
	for (i = 0; i < 8; i++)
		bits = bits << 8 | sum[i];
	for (i = 0; i < ID_CHARS; i++)
		out[i] = digits[bits >> (59 - 5 * i) & 31];
}
