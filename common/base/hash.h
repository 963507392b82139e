#ifndef BASE_HASH_H
#define BASE_HASH_H
#include <stdint.h>
#include "base/buf.h"
#include "base/slice.h"

/*
 * xxh3, for tables inside one run: each run has a seed of its own, so that
 * nobody who writes into a spool can choose strings that all fall together.
 * No order that is printed may come from it.
 */
uint64_t	hash64(struct slice s);

/* The same in every run, for what is kept in a file; never for a table. */
uint64_t	hash64_kept(struct slice s);

/*
 * xxh3 of 128 bits with the seed of the run: are bytes that are read back the
 * ones that this run wrote?  As sure as a digest, as long as nobody knows the
 * seed, for a tenth of the time.
 */
struct runsum;
struct runsum	*runsum_new(void);
void		 runsum_free(struct runsum *r);		/* NULL allowed */
void		 runsum_add(struct runsum *r, struct slice s);
void		 runsum_end(struct runsum *r, uint8_t out[16]);

/* SHA-256 by libcrypto; a context is reused from one entry to the next. */
struct sha256;
struct sha256	*sha256_new(void);
void		 sha256_free(struct sha256 *h);		/* NULL allowed */
void		 sha256_start(struct sha256 *h);
void		 sha256_add(struct sha256 *h, struct slice s);
void		 sha256_end(struct sha256 *h, uint8_t out[32]);
void		 hex_str(const uint8_t *b, size_t n, char *out);	/* 2n + 1 */

/* RFC 4648 4; base64_read is false for what is none, to the last byte. */
void		 base64_add(struct buf *b, struct slice s);
bool		 base64_read(struct buf *b, struct slice s);

/* RFC 2104 with MD5, for CRAM-MD5 alone; false where the system has none. */
bool		 hmac_md5(struct slice key, struct slice text, uint8_t out[16]);
#endif
