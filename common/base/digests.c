#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBIPSEC_MB
#include <intel-ipsec-mb.h>
#endif

#include "base/digests.h"
#include "base/hash.h"
#include "base/xalloc.h"

struct digests {
	struct sha256	*sha;		/* for one string */
#ifdef HAVE_LIBIPSEC_MB
	IMB_MGR		*many;		/* NULL: this processor is too old */
	struct digest	*v;		/* longest first */
	size_t		 cap;
#endif
};

static void
make_one(struct digests *d, const struct digest *v)
{
	sha256_start(d->sha);
	sha256_add(d->sha, v->bytes);
	sha256_end(d->sha, v->out);
}

#ifdef HAVE_LIBIPSEC_MB
#define LONGEST	0xffffu		/* bytes of a job: more is refused */

/*
 * It prefers SHA instructions, two strings at a time, to the sixteen that
 * AVX-512 takes.
 */
static IMB_MGR *
manager_new(void)
{
	IMB_MGR *m = alloc_mb_mgr(0);

	if (m == NULL)
		return NULL;
	init_mb_mgr_auto(m, NULL);
	if ((m->features & IMB_FEATURE_AVX512_SKX) ==
	    IMB_FEATURE_AVX512_SKX) {
		free_mb_mgr(m);
		if ((m = alloc_mb_mgr(IMB_FLAG_SHANI_OFF)) == NULL)
			return NULL;
		init_mb_mgr_auto(m, NULL);
	}
	if (imb_get_errno(m) == 0)
		return m;
	free_mb_mgr(m);
	return NULL;
}

static bool
is_done(const IMB_JOB *j)
{
	return j == NULL || j->status == IMB_STATUS_COMPLETED;
}

/* What is done comes out in order, sooner or later, and is not looked at. */
static bool
submit(IMB_MGR *m, const struct digest *v)
{
	IMB_JOB *j = IMB_GET_NEXT_JOB(m);

	*j = (IMB_JOB){ .cipher_mode = IMB_CIPHER_NULL,
	    .cipher_direction = IMB_DIR_ENCRYPT,
	    .chain_order = IMB_ORDER_HASH_CIPHER,
	    .hash_alg = IMB_AUTH_SHA_256,
	    .src = (const uint8_t *)v->bytes.p,
	    .msg_len_to_hash_in_bytes = v->bytes.n,
	    .auth_tag_output = v->out, .auth_tag_output_len_in_bytes = 32 };
	for (j = IMB_SUBMIT_JOB(m); j != NULL; j = IMB_GET_COMPLETED_JOB(m))
		if (!is_done(j))
			return false;
	return true;
}

static int
by_length(const void *a, const void *b)
{
	const struct digest *x = a, *y = b;

	return x->bytes.n > y->bytes.n ? -1 : x->bytes.n < y->bytes.n;
}

/* A long one that came last would be alone at the end. */
static const struct digest *
longest_first(struct digests *d, const struct digest *v, size_t n)
{
	if (n > d->cap) {
		d->cap = n;
		d->v = xrealloc(d->v, n, sizeof(*d->v));
	}
	memcpy(d->v, v, n * sizeof(*v));
	qsort(d->v, n, sizeof(*v), by_length);
	return d->v;
}

static bool
make_many(struct digests *d, const struct digest *v, size_t n)
{
	IMB_JOB *j;
	size_t i;
	bool ok = true;

	v = longest_first(d, v, n);
	for (i = 0; ok && i < n; i++)
		if (v[i].bytes.n == 0 || v[i].bytes.n >= LONGEST)
			make_one(d, &v[i]);
		else
			ok = submit(d->many, &v[i]);
	while ((j = IMB_FLUSH_JOB(d->many)) != NULL)
		ok = ok && is_done(j);
	return ok;
}
#endif

struct digests *
digests_new(void)
{
	struct digests *d = xcalloc(1, sizeof(*d));

	d->sha = sha256_new();
#ifdef HAVE_LIBIPSEC_MB
	d->many = manager_new();
#endif
	return d;
}

void
digests_free(struct digests *d)
{
	if (d == NULL)
		return;
#ifdef HAVE_LIBIPSEC_MB
	if (d->many != NULL)
		free_mb_mgr(d->many);
	free(d->v);
#endif
	sha256_free(d->sha);
	free(d);
}

void
digests_make(struct digests *d, const struct digest *v, size_t n)
{
	size_t i;

#ifdef HAVE_LIBIPSEC_MB
	if (n > 1 && d->many != NULL && make_many(d, v, n))
		return;
#endif
	for (i = 0; i < n; i++)
		make_one(d, &v[i]);
}
