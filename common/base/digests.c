#include <string.h>

#include "base/digests.h"
#include "base/hash.h"

#define BLOCK	64u

static void
one_by_one(const struct digest *v, size_t n)
{
	struct sha256 *h = sha256_new();
	size_t i;

	for (i = 0; i < n; i++) {
		sha256_start(h);
		sha256_add(h, v[i].bytes);
		sha256_end(h, v[i].out);
	}
	sha256_free(h);
}

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define SHA	__attribute__((target("sha,sse4.1")))
#define INLINE	static inline __attribute__((always_inline)) SHA

/* FIPS 180-4 4.2.2. */
static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/*
 * The state as the instructions want it: A, B, E, F in one register, and C, D,
 * G, H in the other, the first of them on top.  FIPS 180-4 5.3.3.
 */
static const uint32_t begin_abef[4] __attribute__((aligned(16))) = {
	0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667 };
static const uint32_t begin_cdgh[4] __attribute__((aligned(16))) = {
	0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372 };

/* A string on its way: whole blocks where they lie, then those of the end. */
struct lane {
	__m128i		 abef, cdgh;
	const char	*p;
	size_t		 blocks;		/* from p on */
	char		 end[2 * BLOCK];
	size_t		 end_blocks;		/* 0: they are what p has */
	uint8_t		*out;			/* NULL: none is on it */
};

/* Four rounds, with w the words for them; and the words of 16 rounds later. */
INLINE void
four_rounds(__m128i *abef, __m128i *cdgh, __m128i w[4], size_t i)
{
	__m128i k = _mm_add_epi32(w[i & 3],
	    _mm_load_si128((const __m128i *)(constants + 4 * i)));

	*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, k);
	*abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(k, 14));
	if (i < 12)
		w[i & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(
		    _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]),
		    _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4)),
		    w[(i + 3) & 3]);
}

/* n blocks of each of the lanes, of which there are one or two. */
INLINE void
run(struct lane *const *v, const size_t lanes, size_t n)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b,
	    0x0405060700010203);
	__m128i abef[2], cdgh[2], w[2][4];
	size_t i, k, l;

	for (; n > 0; n--) {
#pragma GCC unroll 2
		for (l = 0; l < lanes; l++) {
			abef[l] = v[l]->abef;
			cdgh[l] = v[l]->cdgh;
#pragma GCC unroll 4
			for (k = 0; k < 4; k++, v[l]->p += BLOCK / 4)
				w[l][k] = _mm_shuffle_epi8(_mm_loadu_si128(
				    (const __m128i *)v[l]->p), swap);
		}
#pragma GCC unroll 16
		for (i = 0; i < 16; i++)
#pragma GCC unroll 2
			for (l = 0; l < lanes; l++)
				four_rounds(&abef[l], &cdgh[l], w[l], i);
#pragma GCC unroll 2
		for (l = 0; l < lanes; l++) {
			v[l]->abef = _mm_add_epi32(v[l]->abef, abef[l]);
			v[l]->cdgh = _mm_add_epi32(v[l]->cdgh, cdgh[l]);
		}
	}
}

static SHA void
run_one(struct lane *a, size_t n)
{
	run(&a, 1, n);
	a->blocks -= n;
}

static SHA void
run_two(struct lane *a, struct lane *b, size_t n)
{
	struct lane *const v[] = { a, b };

	run(v, 2, n);
	a->blocks -= n;
	b->blocks -= n;
}

/* A one, zeros, and the length in bits fill the last block: 5.1.1. */
static SHA void
lane_start(struct lane *a, const struct digest *d)
{
	size_t rest = d->bytes.n % BLOCK, i;
	uint64_t bits = (uint64_t)d->bytes.n * 8;

	*a = (struct lane){ .p = d->bytes.p, .blocks = d->bytes.n / BLOCK,
	    .abef = _mm_load_si128((const __m128i *)begin_abef),
	    .cdgh = _mm_load_si128((const __m128i *)begin_cdgh),
	    .end_blocks = rest < BLOCK - 8 ? 1 : 2, .out = d->out };
	if (rest > 0)
		memcpy(a->end, d->bytes.p + d->bytes.n - rest, rest);
	a->end[rest] = (char)0x80;
	for (i = 1; i <= 8; i++, bits >>= 8)
		a->end[a->end_blocks * BLOCK - i] = (char)bits;
}

static SHA void
lane_end(struct lane *a)
{
	uint32_t abef[4], cdgh[4];
	uint32_t v[8];
	size_t i;

	_mm_storeu_si128((__m128i *)abef, a->abef);
	_mm_storeu_si128((__m128i *)cdgh, a->cdgh);
	for (i = 0; i < 2; i++) {
		v[i] = abef[3 - i];
		v[i + 2] = cdgh[3 - i];
		v[i + 4] = abef[1 - i];
		v[i + 6] = cdgh[1 - i];
	}
	for (i = 0; i < 32; i++)
		a->out[i] = (uint8_t)(v[i / 4] >> (24 - i % 4 * 8));
	a->out = NULL;
}

/* Blocks for the lane, of the next string if need be; false: there are none. */
static SHA bool
lane_fill(struct lane *a, const struct digest *v, size_t n, size_t *next)
{
	for (;;) {
		if (a->out == NULL) {
			if (*next == n)
				return false;
			lane_start(a, &v[(*next)++]);
		} else if (a->blocks == 0 && a->end_blocks > 0) {
			a->p = a->end;
			a->blocks = a->end_blocks;
			a->end_blocks = 0;
		} else if (a->blocks == 0)
			lane_end(a);
		if (a->out != NULL && a->blocks > 0)
			return true;
	}
}

static SHA void
side_by_side(const struct digest *v, size_t n)
{
	struct lane a = { .out = NULL }, b = { .out = NULL };
	size_t next = 0;
	bool has_a, has_b;

	for (;;) {
		has_a = lane_fill(&a, v, n, &next);
		has_b = lane_fill(&b, v, n, &next);
		if (has_a && has_b)
			run_two(&a, &b, a.blocks < b.blocks ? a.blocks :
			    b.blocks);
		else if (has_a)
			run_one(&a, a.blocks);
		else if (has_b)
			run_one(&b, b.blocks);
		else
			return;
	}
}

/* CPUID: leaf 7, EBX bit 29; leaf 1, ECX bit 19. */
static bool
has_sha(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & 1u << 19) != 0 &&
	    __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
	    (b & 1u << 29) != 0;
}

void
digests_make(const struct digest *v, size_t n)
{
	if (n > 1 && has_sha())
		side_by_side(v, n);
	else
		one_by_one(v, n);
}
#else
void
digests_make(const struct digest *v, size_t n)
{
	one_by_one(v, n);
}
#endif
