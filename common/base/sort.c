#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "base/xalloc.h"

#define FEW	32		/* are put in their places one by one */
#define DIGITS	8		/* of eight bits */

static void
sort_few(struct sort_key *v, size_t n)
{
	struct sort_key k;
	size_t i, at;

	for (i = 1; i < n; i++) {
		k = v[i];
		for (at = i; at > 0 && v[at - 1].key > k.key; at--)
			v[at] = v[at - 1];
		v[at] = k;
	}
}

static size_t
digit(uint64_t key, size_t d)
{
	return key >> 8 * d & 255;
}

/* Counts to the places where each begins; false: all n have one digit. */
static bool
places(uint32_t count[256], size_t n)
{
	uint32_t sum = 0, was;
	size_t i;

	for (i = 0; i < 256; i++) {
		was = count[i];
		if (was == n)
			return false;
		count[i] = sum;
		sum += was;
	}
	return true;
}

/* By the least digit first; one that is the same in all is passed over. */
static void
sort_many(struct sort_key *v, struct sort_key *spare, size_t n)
{
	uint32_t count[DIGITS][256] = { { 0 } };
	struct sort_key *from = v, *to = spare, *swap;
	size_t d, i;

	for (i = 0; i < n; i++)
		for (d = 0; d < DIGITS; d++)
			count[d][digit(v[i].key, d)]++;
	for (d = 0; d < DIGITS; d++) {
		if (!places(count[d], n))
			continue;
		for (i = 0; i < n; i++)
			to[count[d][digit(from[i].key, d)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
}

void
sort_keys(struct sort_key *v, size_t n)
{
	struct sort_key *spare;

	if (n <= FEW) {
		sort_few(v, n);
		return;
	}
	spare = xcalloc(n, sizeof(*spare));
	sort_many(v, spare, n);
	free(spare);
}

size_t
sort_run(const struct sort_key *v, size_t n)
{
	size_t i;

	for (i = 0; i < n && v[i].key == v[0].key; i++)
		;
	return i;
}
