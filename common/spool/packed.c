#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spool/packed.h"

enum state {
	PENDING,		/* not all it needs was loaded */
	LEFT,			/* for another pass */
	READY,			/* or given out already */
};

/* An entry to be. */
struct slot {
	struct tree_dir	*dir;
	const char	*refused;
	uint64_t	 waiting;	/* bytes that are loaded for it */
	uint32_t	 i;		/* in dir */
	uint32_t	 nth;
	uint32_t	 missing;	/* members */
	enum state	 state;
};

/* A slot needs a member; sorted by member. */
struct need {
	uint64_t	 member;
	uint32_t	 slot;
	bool		 own;		/* the entry's file, not a companion */
	bool		 got;		/* it has been loaded for this slot */
};

struct packed {
	struct members	*ms;
	packed_entry	*entry;
	void		*ctx;
	struct arena	*scratch, *arena;
	struct tree_dir	**dirs;
	size_t		 ndirs, dirs_cap;
	struct slot	*slots;
	size_t		 nslots, slots_cap;
	struct need	*needs;
	size_t		 nneeds, needs_cap;
	uint32_t	*ready;		/* slots, each once */
	size_t		 nready, given;
	size_t		 odd;		/* the next one to be told */
	unsigned	 pass;		/* 0: none was begun */
	bool		 running;
	size_t		 left, completed;	/* slots, in this pass */
	uint64_t	 waiting, wait_max;	/* bytes, of all slots */
	bool		 over;
	struct err	 err;		/* to be told at the end */
};

/*
 * Before the first member.
 */

static void *
more(void *pv, size_t *n, size_t *cap, size_t size)
{
	void **v = pv;

	if (*n == *cap) {
		*cap = *cap == 0 ? 64 : *cap * 2;
		*v = xrealloc(*v, *cap, size);
	}
	return (char *)*v + size * (*n)++;
}

size_t
packed_needs(struct tree_dir *dir, size_t i, const struct spool_entry *e,
    struct arena *a, uint64_t **v)
{
	const struct tree_name *with;
	struct tree_dir *beside;
	size_t n = 0, k;
	ssize_t at;

	*v = arena_alloc(a, (e->nwith + 1) * sizeof(**v));
	(*v)[n++] = dir->v[i].ino;
	for (k = 0; k < e->nwith; k++) {
		beside = e->with[k].dir != NULL ? e->with[k].dir : dir;
		if ((at = tree_dir_find(beside, e->with[k].name)) == -1)
			continue;
		with = &beside->v[at];
		if (with->type == TREE_FILE && with->refused == NULL)
			(*v)[n++] = with->ino;
	}
	return n;
}

static void
make_ready(struct packed *p, struct slot *s)
{
	s->state = READY;
	p->ready[p->nready++] = (uint32_t)(s - p->slots);
	p->waiting -= s->waiting;
	s->waiting = 0;
}

static void
add_slot(struct packed *p, size_t nth, struct tree_dir *dir, size_t i)
{
	const struct tree_name *name = &dir->v[i];
	struct spool_entry e = { .dir = dir, .name = name->name };
	struct slot *s;
	uint64_t *v;
	size_t n, k;

	if (name->type == TREE_DIR ||
	    !p->entry(p->ctx, nth, dir, i, p->scratch, &e))
		return;
	s = more(&p->slots, &p->nslots, &p->slots_cap, sizeof(*s));
	*s = (struct slot){ .dir = dir, .i = (uint32_t)i,
	    .nth = (uint32_t)nth };
	if (name->type != TREE_FILE || name->refused != NULL)
		return;		/* nothing to wait for */
	n = packed_needs(dir, i, &e, p->scratch, &v);
	s->missing = (uint32_t)n;
	for (k = 0; k < n; k++)
		*(struct need *)more(&p->needs, &p->nneeds, &p->needs_cap,
		    sizeof(struct need)) = (struct need){ .member = v[k],
		    .slot = (uint32_t)(p->nslots - 1), .own = k == 0 };
}

static void
add_tree(struct packed *p, size_t nth, struct tree *t)
{
	struct tree_dir *dir;
	struct err err;
	size_t i;
	int r;

	while ((r = tree_next(t, &dir, &err)) != 0) {
		if (r == -1)
			continue;	/* MEMBER limits are narrower */
		*(struct tree_dir **)more(&p->dirs, &p->ndirs, &p->dirs_cap,
		    sizeof(dir)) = tree_dir_keep(dir);
		for (i = 0; i < dir->n; i++) {
			add_slot(p, nth, dir, i);
			arena_reset(p->scratch);
		}
	}
}

static int
by_member(const void *a, const void *b)
{
	const struct need *x = a, *y = b;

	if (x->member != y->member)
		return x->member < y->member ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

struct packed *
packed_new(struct tree *const *trees, size_t n, uint64_t wait_max,
    packed_entry *entry, void *ctx)
{
	struct packed *p = xcalloc(1, sizeof(*p));
	size_t i;

	p->ms = members_keep(tree_members(trees[0]));
	p->wait_max = wait_max;
	p->entry = entry;
	p->ctx = ctx;
	p->scratch = arena_new();
	p->arena = arena_new();
	for (i = 0; i < n; i++)
		add_tree(p, i, trees[i]);
	if (p->nneeds > 0)
		qsort(p->needs, p->nneeds, sizeof(*p->needs), by_member);
	p->ready = xcalloc(p->nslots, sizeof(*p->ready));
	for (i = 0; i < p->nslots; i++)
		if (p->slots[i].missing == 0)
			make_ready(p, &p->slots[i]);
	members_broken(p->ms, &p->err);
	return p;
}

void
packed_free(struct packed *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->ndirs; i++)
		tree_dir_drop(p->dirs[i]);
	free(p->dirs);
	free(p->slots);
	free(p->needs);
	free(p->ready);
	arena_free(p->scratch);
	arena_free(p->arena);
	members_drop(p->ms);
	free(p);
}

/*
 * The members go by.
 */

/* The needs of a member: the first, and how many. */
static size_t
needs_of(const struct packed *p, uint64_t member, struct need **first)
{
	size_t lo = 0, hi = p->nneeds, mid, n = 0;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->needs[mid].member < member)
			lo = mid + 1;
		else
			hi = mid;
	}
	*first = p->needs + lo;
	while (lo + n < p->nneeds && p->needs[lo + n].member == member)
		n++;
	return n;
}

/* Each need of the slot, to what; for the few that are not whole. */
static void
each_need(struct packed *p, struct slot *s,
    void (*what)(struct packed *, struct slot *, struct need *))
{
	struct spool_entry e = { .dir = s->dir,
	    .name = s->dir->v[s->i].name };
	struct need *nd;
	uint64_t *v;
	size_t n, k, m, j;

	p->entry(p->ctx, s->nth, s->dir, s->i, p->scratch, &e);
	n = packed_needs(s->dir, s->i, &e, p->scratch, &v);
	for (k = 0; k < n; k++) {
		m = needs_of(p, v[k], &nd);
		for (j = 0; j < m; j++)
			if (&p->slots[nd[j].slot] == s)
				what(p, s, &nd[j]);
	}
	arena_reset(p->scratch);
}

static void
give_back(struct packed *p, struct slot *s, struct need *nd)
{
	if (nd->got) {
		members_release(p->ms, nd->member);
		s->missing++;
	}
	nd->got = false;
}

/* What waits for this slot makes room; it is read again. */
static void
leave(struct packed *p, struct slot *s)
{
	each_need(p, s, give_back);
	p->waiting -= s->waiting;
	s->waiting = 0;
	s->state = LEFT;
	p->left++;
}

/* How many wait for the member, after those that would wait too long left. */
static uint32_t
users_of(struct packed *p, struct need *nd, size_t n, uint64_t size)
{
	uint32_t users = 0;
	struct slot *s;
	size_t i;

	for (i = 0; i < n; i++) {
		s = &p->slots[nd[i].slot];
		if (s->state != PENDING)
			continue;
		if (s->missing > 1 && p->waiting + size > p->wait_max)
			leave(p, s);
		else
			users++;
	}
	return users;
}

/*
 * The member could not be read whole.  With nothing of it there is no entry;
 * else its entry is read as far as it goes, and this is told beside it.
 */
static int
damaged(struct packed *p, struct need *nd, size_t n, struct err *err)
{
	const struct slot *s = &p->slots[nd[0].slot];
	const char *why;
	size_t i, told = 0;

	if (!members_loaded(p->ms, nd[0].member)) {
		why = arena_str(p->arena, sl(err->msg));
		for (i = 0; i < n; i++)
			if (nd[i].own) {
				p->slots[nd[i].slot].refused = why;
				told++;
			}
	}
	if (told > 0)
		return 0;
	return err_at(err, "%s%s%s", s->dir->path,
	    s->dir->path[0] == '\0' ? "" : "/", s->dir->v[s->i].name);
}

static int
arrived(struct packed *p, uint64_t member, struct err *err)
{
	struct need *nd;
	size_t n = needs_of(p, member, &nd), i;
	uint64_t size = members_size(p->ms, member);
	uint32_t users = users_of(p, nd, n, size);
	struct slot *s;
	int r = 1;

	if (users == 0)
		return 1;
	if (members_load(p->ms, users, err) == -1 &&
	    damaged(p, nd, n, err) == -1)
		r = -1;
	size = members_size(p->ms, member);
	for (i = 0; i < n; i++) {
		s = &p->slots[nd[i].slot];
		if (s->state != PENDING)
			continue;
		nd[i].got = true;
		s->waiting += size;
		p->waiting += size;
		if (--s->missing == 0) {
			make_ready(p, s);
			p->completed++;
		}
	}
	return r;
}

/* A use of what was never loaded: then all that passes on is counted. */
static void
hold_anyway(struct packed *p, struct slot *s, struct need *nd)
{
	if (!nd->got) {
		members_hold(p->ms, nd->member, 1);
		if (nd->own)
			s->refused = "not found again in the archive";
	}
	nd->got = true;
}

/* Nothing more will come for it; what is there will have to do. */
static void
give_up(struct packed *p, struct slot *s)
{
	if (s->state == LEFT)
		s->refused = "its files lie too far apart in the archive";
	each_need(p, s, hold_anyway);
	make_ready(p, s);
}

static void
end_pass(struct packed *p)
{
	bool again = p->left > 0 && p->completed > 0 &&
	    p->pass < PACKED_PASSES_MAX;
	size_t i;

	for (i = 0; i < p->nslots; i++) {
		struct slot *s = &p->slots[i];

		if (s->state == PENDING || (s->state == LEFT && !again))
			give_up(p, s);
		else if (s->state == LEFT)
			s->state = PENDING;
	}
	p->running = false;
	p->over = !again;
}

/* One member on.  Returns 1; 0: there is none any more; -1 as packed_next. */
static int
step(struct packed *p, struct err *err)
{
	uint64_t member;
	struct err e = { ERR_NONE, 0, "" };
	int r = 1;

	if (p->over || p->nneeds == 0)
		return 0;
	if (!p->running) {
		p->running = true;
		p->pass++;
		p->left = p->completed = 0;
		r = members_pass(p->ms, &e);
	}
	if (r != -1)
		r = members_next(p->ms, &member, &e);
	if (r == 1)
		return arrived(p, member, err);
	if (r == -1 && p->err.code == ERR_NONE)
		p->err = e;
	end_pass(p);
	return 1;
}

static void
stand_on(struct packed *p, struct packed_at *at)
{
	struct slot *s = &p->slots[p->ready[p->given++]];

	*at = (struct packed_at){ .nth = s->nth, .dir = s->dir, .i = s->i,
	    .refused = s->refused };
	if (s->refused != NULL)
		each_need(p, s, give_back);
}

int
packed_next(struct packed *p, struct packed_at *at, struct err *err)
{
	const struct tree_name *odd;
	int r;

	if (p->odd < members_odd(p->ms, &odd)) {
		*at = (struct packed_at){ .dir = p->dirs[0],
		    .odd = &odd[p->odd], .refused = odd[p->odd].refused };
		p->odd++;
		return 1;
	}
	while (p->given == p->nready)
		if ((r = step(p, err)) != 1) {
			if (r == -1 || p->err.code == ERR_NONE)
				return r;
			*err = p->err;
			p->err.code = ERR_NONE;
			return -1;
		}
	stand_on(p, at);
	return 1;
}
