#include <assert.h>
#include <pthread.h>

#include "base/phrases.h"

/* Four bytes of a text, five bits of each: letters of either case are one. */
static inline size_t
slot(const char *p)
{
	uint32_t four;

	memcpy(&four, p, sizeof(four));
	return (four & UINT32_C(0x1f1f1f1f)) * UINT32_C(0x9e3779b1) >> 20;
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
	size_t i, k, at;

	assert(n <= PHRASES_MAX);
	p->rows = rows;
	p->n = n;
	p->stride = stride;
	memset(p->head, 0, sizeof(p->head));
	p->step = PHRASE_STEPS;
	for (i = 0; i < n; i++) {
		s = row(p, i);
		assert(s->n >= PHRASE_MIN);
		if (p->step > s->n - 3)
			p->step = s->n - 3;
	}
	for (i = 0; i < n; i++)
		for (k = 0; k < p->step; k++) {
			at = slot(row(p, i)->p + k);
			p->next[PHRASE_STEPS * i + k] = p->head[at];
			p->head[at] = (uint16_t)(PHRASE_STEPS * i + k + 1);
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

/* Most that are no phrase end in another byte. */
static inline bool
stands(struct slice text, struct slice phrase)
{
	return text.n >= phrase.n &&
	    ((text.p[phrase.n - 1] ^ phrase.p[phrase.n - 1]) & ~0x20) == 0 &&
	    sl_istarts(text, phrase);
}

/* The rows of one slot, that begin at at or some bytes before it. */
static bool
look(const struct phrases *p, size_t r, struct slice text, size_t at,
    struct phrase_set *found)
{
	size_t i, back;
	bool any = false;

	for (; r != 0; r = p->next[r - 1]) {
		i = (r - 1) / PHRASE_STEPS;
		back = (r - 1) % PHRASE_STEPS;
		if (back <= at && !phrase_found(found, i) &&
		    stands(sl_from(text, at - back), *row(p, i))) {
			found->w[i / 64] |= UINT64_C(1) << i % 64;
			any = true;
		}
	}
	return any;
}

/*
 * Each row is in the index by its first four bytes, by those from the second
 * on, and so on, as often as the shortest row allows: so every second, third
 * or fourth byte of the text is enough to look at.
 */
bool
phrases_in(const struct phrases *p, struct slice text,
    struct phrase_set *found)
{
	const char *at, *end;
	bool any = false;
	size_t r, step = p->step;

	*found = (struct phrase_set){ { 0 } };
	if (text.n < sizeof(uint32_t))
		return false;
	end = text.p + text.n - sizeof(uint32_t) + 1;
	for (at = text.p; at < end; at += step)
		if ((r = p->head[slot(at)]) != 0)
			any |= look(p, r, text, (size_t)(at - text.p), found);
	return any;
}
