#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/xalloc.h"

/*
 * The table is cut into shards by hash, each with a lock and an arena of
 * its own, so that workers seldom wait for each other.  The number of a
 * string is its place in its shard times SHARDS plus the shard.
 */
#define SHARDS	64
#define LOWER_MAX	1024	/* bytes folded on the stack */

struct slot {
	uint32_t	hash;		/* high bits; 0 and place 0: free */
	uint32_t	place;		/* from 1; in strs */
};

struct str {
	const char	*p;
	uint32_t	 n;
};

struct shard {
	pthread_mutex_t	 lock;
	struct arena	*arena;
	struct slot	*slots;
	size_t		 cap;		/* of slots; a power of two */
	struct str	*strs;
	uint32_t	 n, room;	/* of strs */
};

struct intern {
	struct shard	 shards[SHARDS];
};

struct intern *
intern_new(void)
{
	struct intern *in = xcalloc(1, sizeof(*in));
	size_t i;

	for (i = 0; i < SHARDS; i++)
		pthread_mutex_init(&in->shards[i].lock, NULL);
	return in;
}

void
intern_free(struct intern *in)
{
	size_t i;

	if (in == NULL)
		return;
	for (i = 0; i < SHARDS; i++) {
		pthread_mutex_destroy(&in->shards[i].lock);
		arena_free(in->shards[i].arena);
		free(in->shards[i].slots);
		free(in->shards[i].strs);
	}
	free(in);
}

static struct slot *
find(const struct shard *sh, uint64_t h, struct slice s)
{
	uint32_t tag = (uint32_t)(h >> 32);
	size_t i = (size_t)(h >> 6) & (sh->cap - 1);
	const struct slot *at;
	const struct str *t;

	for (;; i = (i + 1) & (sh->cap - 1)) {
		at = &sh->slots[i];
		if (at->place == 0)
			break;
		t = &sh->strs[at->place - 1];
		if (at->hash == tag &&
		    sl_eq((struct slice){ t->p, t->n }, s))
			break;
	}
	return &sh->slots[i];
}

/* Twice the slots; every string is put in its new place. */
static void
grow(struct shard *sh)
{
	struct slot *old = sh->slots;
	size_t i, j, n = sh->cap;
	uint64_t h;

	sh->cap = n == 0 ? 64 : n * 2;
	sh->slots = xcalloc(sh->cap, sizeof(*sh->slots));
	for (i = 0; i < n; i++) {
		if (old[i].place == 0)
			continue;
		h = hash64((struct slice){ sh->strs[old[i].place - 1].p,
		    sh->strs[old[i].place - 1].n });
		j = (size_t)(h >> 6) & (sh->cap - 1);
		while (sh->slots[j].place != 0)
			j = (j + 1) & (sh->cap - 1);
		sh->slots[j] = old[i];
	}
	free(old);
}

static uint32_t
add(struct shard *sh, struct slot *at, uint64_t h, struct slice s)
{
	if (sh->n == sh->room) {
		sh->room = sh->room == 0 ? 64 : sh->room * 2;
		sh->strs = xrealloc(sh->strs, sh->room, sizeof(*sh->strs));
	}
	if (sh->arena == NULL)
		sh->arena = arena_new();
	sh->strs[sh->n++] = (struct str){ arena_str(sh->arena, s),
	    (uint32_t)s.n };
	*at = (struct slot){ (uint32_t)(h >> 32), sh->n };
	return sh->n;
}

uint32_t
intern(struct intern *in, struct slice s)
{
	uint64_t h;
	struct shard *sh;
	struct slot *at;
	uint32_t place;

	if (s.n == 0)
		return 0;
	s = sl_first(s, UINT32_MAX);
	h = hash64(s);
	sh = &in->shards[h % SHARDS];
	pthread_mutex_lock(&sh->lock);
	if ((size_t)sh->n * 4 >= sh->cap * 3)
		grow(sh);
	at = find(sh, h, s);
	place = at->place != 0 ? at->place : add(sh, at, h, s);
	pthread_mutex_unlock(&sh->lock);
	return (place - 1) * SHARDS + (uint32_t)(h % SHARDS) + 1;
}

uint32_t
intern_lower(struct intern *in, struct slice s)
{
	char small[LOWER_MAX];
	char *low = s.n <= sizeof(small) ? small : xalloc(s.n);
	uint32_t id;
	size_t i;

	for (i = 0; i < s.n; i++)
		low[i] = ascii_lower(s.p[i]);
	id = intern(in, (struct slice){ low, s.n });
	if (low != small)
		free(low);
	return id;
}

uint32_t
intern_find(struct intern *in, struct slice s)
{
	uint64_t h = hash64(s);
	struct shard *sh = &in->shards[h % SHARDS];
	uint32_t place = 0;

	if (s.n == 0)
		return 0;
	pthread_mutex_lock(&sh->lock);
	if (sh->cap > 0)
		place = find(sh, h, s)->place;
	pthread_mutex_unlock(&sh->lock);
	return place == 0 ? 0 :
	    (place - 1) * SHARDS + (uint32_t)(h % SHARDS) + 1;
}

struct slice
intern_str(const struct intern *in, uint32_t id)
{
	const struct shard *sh;
	const struct str *t;

	if (id == 0)
		return (struct slice){ "", 0 };
	sh = &in->shards[(id - 1) % SHARDS];
	if ((id - 1) / SHARDS >= sh->n)
		return (struct slice){ "", 0 };
	t = &sh->strs[(id - 1) / SHARDS];
	return (struct slice){ t->p, t->n };
}

uint32_t
intern_count(const struct intern *in)
{
	uint32_t most = 0, i;

	for (i = 0; i < SHARDS; i++)
		if (in->shards[i].n > most)
			most = in->shards[i].n;
	return most * SHARDS;
}

size_t
intern_bytes(const struct intern *in)
{
	size_t n = sizeof(*in), i;

	for (i = 0; i < SHARDS; i++) {
		const struct shard *sh = &in->shards[i];

		n += sh->cap * sizeof(*sh->slots) +
		    sh->room * sizeof(*sh->strs) +
		    (sh->arena == NULL ? 0 : arena_used(sh->arena));
	}
	return n;
}
