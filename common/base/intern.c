#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/xalloc.h"

/*
 * The table is cut into shards by hash, each with a lock and an arena of
 * its own, so that workers seldom wait for each other.  The number of a
 * string is its place in its shard times SHARDS plus the shard.
 *
 * In memory a string stands behind its length and has a NUL at its end.
 */
#define SHARDS	64
#define LOWER_MAX	1024	/* bytes folded on the stack */
#define RECENT		1024	/* strings that a view remembers */
#define ASKED		64	/* questions that it keeps, */
#define ASKED_TEXT	4096	/* and bytes folded for them */

struct slot {
	uint32_t	 hash;		/* its high half; the low one is spent */
	uint32_t	 place;		/* from 1; 0: free */
};

struct shard {
	pthread_mutex_t	 lock;
	struct arena	*arena;
	struct slot	*_Atomic slots;	/* told to the processor without lock */
	atomic_size_t	 cap;		/* of slots; a power of two */
	const char	**strs;
	uint32_t	 n, room;	/* of strs */
};

struct table {
	struct shard	 shards[SHARDS];
};

struct recent {
	const char	*p;		/* NULL: free */
	uint32_t	 hash;
	uint32_t	 id;
};

struct asked {
	struct slice	 s;
	uint64_t	 hash;
	uint32_t	*to;
};

/* What a view has of its own. */
struct view {
	struct recent	 recent[RECENT];
	struct asked	 asked[ASKED];
	size_t		 nasked;
	char		 text[ASKED_TEXT];
	size_t		 ntext;
};

struct intern {
	struct table	*table;
	struct view	*view;		/* NULL: it is the owner */
};

struct intern *
intern_new(void)
{
	struct intern *in = xcalloc(1, sizeof(*in));
	size_t i;

	in->table = xcalloc(1, sizeof(*in->table));
	for (i = 0; i < SHARDS; i++)
		pthread_mutex_init(&in->table->shards[i].lock, NULL);
	return in;
}

struct intern *
intern_view(struct intern *of)
{
	struct intern *in = xcalloc(1, sizeof(*in));

	in->table = of->table;
	in->view = xcalloc(1, sizeof(*in->view));
	return in;
}

static void
table_free(struct table *t)
{
	size_t i;

	for (i = 0; i < SHARDS; i++) {
		pthread_mutex_destroy(&t->shards[i].lock);
		arena_free(t->shards[i].arena);
		free(t->shards[i].slots);
		free(t->shards[i].strs);
	}
	free(t);
}

void
intern_free(struct intern *in)
{
	if (in == NULL)
		return;
	if (in->view == NULL)
		table_free(in->table);
	free(in->view);
	free(in);
}

static uint32_t
length(const char *p)
{
	uint32_t n;

	memcpy(&n, p - sizeof(n), sizeof(n));
	return n;
}

static bool
is_str(const char *p, struct slice s)
{
	return length(p) == s.n && memcmp(p, s.p, s.n) == 0;
}

static struct slot *
find(const struct shard *sh, uint32_t hash, struct slice s)
{
	size_t i = hash & (sh->cap - 1);
	const struct slot *at;

	for (;; i = (i + 1) & (sh->cap - 1)) {
		at = &sh->slots[i];
		if (at->place == 0 || (at->hash == hash &&
		    is_str(sh->strs[at->place - 1], s)))
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

	sh->cap = n == 0 ? 64 : n * 2;
	sh->slots = xcalloc(sh->cap, sizeof(*sh->slots));
	for (i = 0; i < n; i++) {
		if (old[i].place == 0)
			continue;
		j = old[i].hash & (sh->cap - 1);
		while (sh->slots[j].place != 0)
			j = (j + 1) & (sh->cap - 1);
		sh->slots[j] = old[i];
	}
	free(old);
}

static const char *
keep(struct shard *sh, struct slice s)
{
	uint32_t n = (uint32_t)s.n;
	char *p;

	if (sh->arena == NULL)
		sh->arena = arena_new();
	p = arena_bytes(sh->arena, sizeof(n) + s.n + 1);
	memcpy(p, &n, sizeof(n));
	p += sizeof(n);
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

static void
add(struct shard *sh, struct slot *at, uint32_t hash, struct slice s)
{
	if (sh->n == sh->room) {
		sh->room = sh->room == 0 ? 64 : sh->room * 2;
		sh->strs = xrealloc(sh->strs, sh->room, sizeof(*sh->strs));
	}
	sh->strs[sh->n++] = keep(sh, s);
	at->hash = hash;
	at->place = sh->n;
}

static uint32_t
number(uint32_t place, size_t shard)
{
	return (place - 1) * SHARDS + (uint32_t)shard + 1;
}

/* The string in the table, put there when it is new. */
static uint32_t
from_table(struct table *t, uint64_t h, struct slice s, const char **p)
{
	struct shard *sh = &t->shards[h % SHARDS];
	struct slot *at;
	uint32_t place;

	pthread_mutex_lock(&sh->lock);
	if ((size_t)sh->n * 4 >= sh->cap * 3)
		grow(sh);
	at = find(sh, (uint32_t)(h >> 32), s);
	if (at->place == 0)
		add(sh, at, (uint32_t)(h >> 32), s);
	place = at->place;
	*p = sh->strs[place - 1];
	pthread_mutex_unlock(&sh->lock);
	return number(place, h % SHARDS);
}

static struct recent *
recent_of(struct view *v, uint64_t h)
{
	return &v->recent[h / SHARDS % RECENT];
}

static bool
is_recent(const struct recent *r, uint64_t h, struct slice s)
{
	return r->p != NULL && r->hash == h >> 32 && is_str(r->p, s);
}

static uint32_t
by_hash(struct intern *in, uint64_t h, struct slice s)
{
	struct recent *r = in->view == NULL ? NULL : recent_of(in->view, h);
	const char *p;
	uint32_t id;

	if (r != NULL && is_recent(r, h, s))
		return r->id;
	id = from_table(in->table, h, s, &p);
	if (r != NULL)
		*r = (struct recent){ p, (uint32_t)(h >> 32), id };
	return id;
}

uint32_t
intern(struct intern *in, struct slice s)
{
	s = sl_first(s, UINT32_MAX);
	return s.n == 0 ? 0 : by_hash(in, hash64(s), s);
}

uint32_t
intern_lower(struct intern *in, struct slice s)
{
	char small[LOWER_MAX];
	char *low = s.n <= sizeof(small) ? small : xalloc(s.n);
	uint32_t id;

	ascii_lower_copy(low, s);
	id = intern(in, (struct slice){ low, s.n });
	if (low != small)
		free(low);
	return id;
}

/* The lock and the slot are on their way when we come for them. */
static void
tell_ahead(struct table *t, uint64_t h)
{
	struct shard *sh = &t->shards[h % SHARDS];
	size_t cap = atomic_load_explicit(&sh->cap, memory_order_relaxed);
	struct slot *slots = atomic_load_explicit(&sh->slots,
	    memory_order_relaxed);

	__builtin_prefetch(sh, 1);
	if (cap > 0 && slots != NULL)	/* one may be seen before the other */
		__builtin_prefetch(&slots[h >> 32 & (cap - 1)]);
}

void
intern_ask(struct intern *in, struct slice s, uint32_t *to)
{
	struct view *v = in->view;
	const struct recent *r;
	uint64_t h;

	if (s.n == 0 || v == NULL) {
		*to = intern(in, s);
		return;
	}
	s = sl_first(s, UINT32_MAX);
	h = hash64(s);
	r = recent_of(v, h);
	if (is_recent(r, h, s)) {
		*to = r->id;
		return;
	}
	if (v->nasked == ASKED)
		intern_answer(in);
	tell_ahead(in->table, h);
	v->asked[v->nasked++] = (struct asked){ s, h, to };
}

void
intern_ask_lower(struct intern *in, struct slice s, uint32_t *to)
{
	struct view *v = in->view;
	size_t before;
	char *low;

	if (s.n == 0) {
		*to = 0;
		return;
	}
	if (v == NULL || s.n > sizeof(v->text)) {
		*to = intern_lower(in, s);
		return;
	}
	if (s.n > sizeof(v->text) - v->ntext || v->nasked == ASKED)
		intern_answer(in);
	low = v->text + v->ntext;
	before = v->nasked;
	ascii_lower_copy(low, s);
	intern_ask(in, (struct slice){ low, s.n }, to);
	if (v->nasked > before)
		v->ntext += s.n;
}

void
intern_answer(struct intern *in)
{
	struct view *v = in->view;
	size_t i;

	for (i = 0; v != NULL && i < v->nasked; i++)
		*v->asked[i].to = by_hash(in, v->asked[i].hash,
		    v->asked[i].s);
	if (v != NULL)
		v->nasked = v->ntext = 0;
}

struct slice
intern_str(const struct intern *in, uint32_t id)
{
	const struct shard *sh;
	const char *p;

	if (id == 0)
		return (struct slice){ "", 0 };
	sh = &in->table->shards[(id - 1) % SHARDS];
	if ((id - 1) / SHARDS >= sh->n)
		return (struct slice){ "", 0 };
	p = sh->strs[(id - 1) / SHARDS];
	return (struct slice){ p, length(p) };
}

uint32_t
intern_count(const struct intern *in)
{
	uint32_t most = 0, i;

	for (i = 0; i < SHARDS; i++)
		if (in->table->shards[i].n > most)
			most = in->table->shards[i].n;
	return most * SHARDS;
}
