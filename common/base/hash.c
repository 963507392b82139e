#include <openssl/evp.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/hash.h"
#include "base/xalloc.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
	EVP_MD		*md;		/* fetched once: a fetch is slow */
};

uint64_t
hash64(struct slice s)
{
	return XXH3_64bits(s.p, s.n);
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *h = xcalloc(1, sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
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
