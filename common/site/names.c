#include <stdlib.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "site/names.h"

/* The slot of s, or the free one where it would go. */
static uint32_t *
find(const struct names *t, struct slice s)
{
	size_t mask = t->nslots - 1, i = (size_t)hash64(s) & mask;

	while (t->slots[i] != 0 && !sl_eq(t->v[t->slots[i] - 1], s))
		i = (i + 1) & mask;
	return &t->slots[i];
}

static void
grow(struct names *t)
{
	size_t i;

	t->cap = t->cap == 0 ? 32 : t->cap * 2;
	t->v = xrealloc(t->v, t->cap, sizeof(*t->v));
	free(t->slots);
	t->nslots = t->cap * 2;		/* never more than half full */
	t->slots = xcalloc(t->nslots, sizeof(*t->slots));
	for (i = 0; i < t->n; i++)
		*find(t, t->v[i]) = (uint32_t)i + 1;
}

bool
names_has(const struct names *t, struct slice s)
{
	return t->n > 0 && *find(t, s) != 0;
}

bool
names_add(struct names *t, struct slice s)
{
	if (names_has(t, s))
		return false;
	if (t->n == t->cap)
		grow(t);
	t->v[t->n] = s;
	*find(t, s) = (uint32_t)++t->n;
	return true;
}

void
names_free(struct names *t)
{
	free(t->v);
	free(t->slots);
	*t = (struct names){ .n = 0 };
}
