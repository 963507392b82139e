#include <assert.h>
#include <pthread.h>

#include "base/phrases.h"

/* The last four bytes, six bits of each; letters of either case are one. */
static inline uint32_t
roll(uint32_t four, char c)
{
	return four << 6 | ((unsigned char)ascii_lower(c) & 63);
}

static inline size_t
slot(uint32_t four)
{
	return (four & 0xffffff) * UINT32_C(0x9e3779b1) >> 21;
}

static const struct slice *
row(const struct phrases *p, size_t i)
{
	return (const struct slice *)(const void *)(p->rows + i * p->stride);
}

void
phrases_init(struct phrases *p, const void *rows, size_t n, size_t stride)
{
	const struct slice *s;
	uint32_t four;
	size_t i, k;

	assert(n <= PHRASES_MAX);
	p->rows = rows;
	p->n = n;
	p->stride = stride;
	memset(p->head, 0, sizeof(p->head));
	for (i = 0; i < n; i++) {
		s = row(p, i);
		assert(s->n >= PHRASE_MIN);
		for (four = 0, k = 0; k < PHRASE_MIN; k++)
			four = roll(four, s->p[k]);
		p->next[i] = p->head[slot(four)];
		p->head[slot(four)] = (uint8_t)(i + 1);
	}
}

const struct phrases *
phrases_once(struct phrases *p, const void *rows, size_t n, size_t stride)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	if (atomic_load_explicit(&p->ready, memory_order_acquire))
		return p;
	pthread_mutex_lock(&lock);
	if (!atomic_load_explicit(&p->ready, memory_order_relaxed)) {
		phrases_init(p, rows, n, stride);
		atomic_store_explicit(&p->ready, true, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return p;
}

/* The rows of one slot, against the text from its first byte on. */
static bool
look(const struct phrases *p, size_t r, struct slice text,
    struct phrase_set *found)
{
	bool any = false;

	for (; r != 0; r = p->next[r - 1])
		if (!phrase_found(found, r - 1) &&
		    sl_istarts(text, *row(p, r - 1))) {
			found->w[(r - 1) / 64] |= UINT64_C(1) << (r - 1) % 64;
			any = true;
		}
	return any;
}

bool
phrases_in(const struct phrases *p, struct slice text,
    struct phrase_set *found)
{
	const size_t behind = PHRASE_MIN - 1;
	uint32_t four = 0;
	size_t i, r;
	bool any = false;

	*found = (struct phrase_set){ { 0 } };
	for (i = 0; i < behind && i < text.n; i++)
		four = roll(four, text.p[i]);
	for (; i < text.n; i++) {
		four = roll(four, text.p[i]);
		if ((r = p->head[slot(four)]) != 0)
			any |= look(p, r, sl_from(text, i - behind), found);
	}
	return any;
}
