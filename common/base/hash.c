#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define XXH_INLINE_ALL	/* short strings: a call costs more than the hash */
#include <xxhash.h>

#include "base/hash.h"
#include "base/xalloc.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
	EVP_MD		*md;		/* fetched once: a fetch is slow */
};

/* The kernel gives each process sixteen random bytes: getauxval(3). */
static uint64_t
seed_of_run(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	uint64_t seed = 0;

	if (random != NULL)
		memcpy(&seed, random, sizeof(seed));
	return seed;
}

uint64_t
hash64(struct slice s)
{
	static _Atomic uint64_t kept;	/* 0: nobody has asked */
	uint64_t seed = atomic_load_explicit(&kept, memory_order_relaxed);

	if (seed == 0) {
		seed = seed_of_run();
		atomic_store_explicit(&kept, seed, memory_order_relaxed);
	}
	return XXH3_64bits_withSeed(s.p, s.n, seed);
}

uint64_t
hash64_kept(struct slice s)
{
	return XXH3_64bits(s.p, s.n);
}

/* Its accumulators want to be aligned. */
struct runsum {
	XXH3_state_t	*state;
};

struct runsum *
runsum_new(void)
{
	struct runsum *r = xcalloc(1, sizeof(*r));

	if ((r->state = XXH3_createState()) == NULL)
		xalloc_die(sizeof(*r->state));
	XXH3_128bits_reset_withSeed(r->state, seed_of_run());
	return r;
}

void
runsum_free(struct runsum *r)
{
	if (r == NULL)
		return;
	XXH3_freeState(r->state);
	free(r);
}

void
runsum_add(struct runsum *r, struct slice s)
{
	XXH3_128bits_update(r->state, s.p, s.n);
}

void
runsum_end(struct runsum *r, uint8_t out[16])
{
	XXH128_canonical_t c;

	XXH128_canonicalFromHash(&c, XXH3_128bits_digest(r->state));
	memcpy(out, c.digest, sizeof(c.digest));
}

/*
 * A context of our own: that which libcrypto makes for everybody is used half
 * made, and ends the process, where there was no memory for the other half.
 */
static OSSL_LIB_CTX *library;

static void
library_make(void)
{
	if ((library = OSSL_LIB_CTX_new()) == NULL)
		xalloc_die(0);
}

struct sha256 *
sha256_new(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sha256 *h = xcalloc(1, sizeof(*h));

	pthread_once(&once, library_make);
	h->ctx = EVP_MD_CTX_new();
	h->md = EVP_MD_fetch(library, "SHA256", NULL);
	if (h->ctx == NULL || h->md == NULL)
		xalloc_die(sizeof(*h));
	return h;
}

void
sha256_free(struct sha256 *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void
sha256_start(struct sha256 *h)
{
	if (EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1)
		xalloc_die(0);
}

void
sha256_add(struct sha256 *h, struct slice s)
{
	EVP_DigestUpdate(h->ctx, s.p, s.n);
}

void
sha256_end(struct sha256 *h, uint8_t out[32])
{
	EVP_DigestFinal_ex(h->ctx, out, NULL);
}

void
hex_str(const uint8_t *b, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = '\0';
}

void
base64_add(struct buf *b, struct slice s)
{
	b->n += (size_t)EVP_EncodeBlock(
	    (unsigned char *)buf_room(b, s.n / 3 * 4 + 5),
	    (const unsigned char *)s.p, (int)s.n);
}

bool
base64_read(struct buf *b, struct slice s)
{
	int n;

	if (s.n == 0 || s.n % 4 != 0 || s.n > INT_MAX)
		return s.n == 0;
	n = EVP_DecodeBlock((unsigned char *)buf_room(b, s.n),
	    (const unsigned char *)s.p, (int)s.n);
	if (n < 0)
		return false;
	b->n += (size_t)n - (s.p[s.n - 1] == '=') - (s.p[s.n - 2] == '=');
	return true;
}

bool
hmac_md5(struct slice key, struct slice text, uint8_t out[16])
{
	unsigned n = 16;

	return HMAC(EVP_md5(), key.p, (int)key.n,
	    (const unsigned char *)text.p, text.n, out, &n) != NULL;
}
