#ifndef BASE_HASH_H
#define BASE_HASH_H
#include <stdint.h>
#include "base/slice.h"

/* xxh3, for tables inside one run. */
uint64_t	hash64(struct slice s);

/* SHA-256 by libcrypto; a context is reused from one entry to the next. */
struct sha256;
struct sha256	*sha256_new(void);
void		 sha256_free(struct sha256 *h);		/* NULL allowed */
void		 sha256_start(struct sha256 *h);
void		 sha256_add(struct sha256 *h, struct slice s);
void		 sha256_end(struct sha256 *h, uint8_t out[32]);
void		 hex_str(const uint8_t *b, size_t n, char *out);	/* 2n + 1 */
#endif
