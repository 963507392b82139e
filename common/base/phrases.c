#include <assert.h>

#include "base/phrases.h"

static inline unsigned
hash2(char a, char b)
{
	return ((unsigned char)ascii_lower(a) * 31u +
	    (unsigned char)ascii_lower(b)) & 255;
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
	size_t i;
	unsigned h;

	assert(n <= PHRASES_MAX);
	p->rows = rows;
	p->n = n;
	p->stride = stride;
	memset(p->head, 0, sizeof(p->head));
	for (i = 0; i < n; i++) {
		s = row(p, i);
		assert(s->n >= 2);
		h = hash2(s->p[0], s->p[1]);
		p->next[i] = p->head[h];
		p->head[h] = (uint8_t)(i + 1);
	}
}

bool
phrases_in(const struct phrases *p, struct slice text,
    struct phrase_set *found)
{
	size_t i, r;
	bool any = false;

	*found = (struct phrase_set){ { 0 } };
	for (i = 0; i + 1 < text.n; i++) {
		r = p->head[hash2(text.p[i], text.p[i + 1])];
		for (; r != 0; r = p->next[r - 1])
			if (!phrase_found(found, r - 1) &&
			    sl_istarts(sl_from(text, i), *row(p, r - 1))) {
				found->w[(r - 1) / 64] |=
				    UINT64_C(1) << (r - 1) % 64;
				any = true;
			}
	}
	return any;
}
