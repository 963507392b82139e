#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "judge/judge.h"

#define ALIKE		64	/* 1/256: of their bins two of one campaign share */
#define AGREE_MIN	5	/* bins that must agree */
#define WORDS_MIN	10	/* a shorter text must be the same one */
#define LEADERS		3	/* of a bucket, that each of it is compared with */
#define CORE_OF		64	/* mails that tell what a campaign has in common */
#define CORE_SHARE	4	/* a bin is common when one in so many has it */
#define CORE_ALIKE	96	/* 1/256: of the common bins a mail must have */
#define BAND_STEP	4	/* each so many bins a band begins */
#define BANDS		4	/* whose keys are made in one pass */
#define ROUNDS		16	/* campaigns that were joined to one, at most */
#define AHEAD		16	/* points, or entries, that are asked for */
#define NONE		UINT32_MAX

/* Mails with one sketch. */
struct point {
	const struct sketch *s;
	uint32_t	 weight;	/* mails that count */
	uint32_t	 known;		/* the least number that a case knows */
	bool		 brief;		/* is_short(s), which is far away */
};

struct group {
	uint32_t	 weight, known, number;
	uint32_t	 least;		/* of its points: the order of equals */
};

struct campaigns {
	struct facts	**entries;
	size_t		 nentries;
	uint32_t	 numbers;	/* the highest */
	uint32_t	*at;		/* of a number: in v, and 1 */
	struct campaign	*v;		/* largest first */
	size_t		 n;
	struct facts	**members;	/* of one after the other */
};

struct finder {
	struct facts	**entries;
	size_t		 n;
	struct campaign_known *known;
	size_t		 nknown;

	struct sort_key	*items;		/* entries, then known; by sketch */
	size_t		 nitems;
	struct point	*points;	/* in the same order, each once */
	size_t		 npoints;
	uint32_t	*parent;	/* of the joined ones; then the group */
	uint32_t	*point_of;	/* of items[k] */
	uint32_t	*keys;		/* of each point, of BANDS bands */
	uint64_t	*band, *spare;
	struct group	*groups;
	size_t		 ngroups, room;
};

/* ---- points ---- */

static const struct sketch *
sketch_of(const struct finder *f, uint32_t i)
{
	return i < f->n ? f->entries[i]->sketch :
	    &f->known[i - f->n].sketch;
}

static bool
is_short(const struct sketch *s)
{
	return s->words < WORDS_MIN;
}

/*
 * What must be the same in copies that are not told apart: for a short text
 * all that is known of it.
 */
static int
sketch_cmp(const struct sketch *a, const struct sketch *b)
{
	int r = memcmp(a->bin, b->bin, sizeof(a->bin));

	if (r == 0 && a->list != b->list)
		r = a->list < b->list ? -1 : 1;
	if (r == 0 && is_short(a) != is_short(b))
		r = is_short(a) ? -1 : 1;
	if (r == 0 && is_short(a))
		r = memcmp(&a->text, &b->text, sizeof(*a) -
		    offsetof(struct sketch, text));
	return r;
}

/*
 * Facts and sketches lie where their mails were read, which is no order at
 * all: each is asked for some time before it is looked at.
 */
static void
ask_sketch(const struct sketch *s)
{
	__builtin_prefetch(s);
	__builtin_prefetch(s->bin + SKETCH_BINS / 2);
	__builtin_prefetch(&s->list);
}

/* Entry i's sketch soon, and the entry that has a later one. */
static void
ask_entry(const struct finder *f, size_t i)
{
	if (i + AHEAD < f->n)
		__builtin_prefetch(&f->entries[i + AHEAD]->sketch);
	if (i < f->n && f->entries[i]->sketch != NULL)
		ask_sketch(f->entries[i]->sketch);
}

static uint64_t
key_of(const struct sketch *s)
{
	uint64_t key = hash64_kept((struct slice){ (const char *)s->bin,
	    sizeof(s->bin) });

	key ^= s->list * UINT64_C(0x9e3779b97f4a7c15);
	if (is_short(s))
		key ^= hash64_kept((struct slice){ (const char *)&s->text,
		    sizeof(*s) - offsetof(struct sketch, text) });
	return key;
}

static bool
says_nothing(const struct sketch *s)
{
	return s->text == 0 && s->file == 0 && s->subject == 0;
}

static int
item_cmp(const void *x, const void *y, void *ctx)
{
	const struct sort_key *a = x, *b = y;

	return sketch_cmp(sketch_of(ctx, a->i), sketch_of(ctx, b->i));
}

/* By key: then those of one key are of one sketch, nearly always. */
static void
items_sort(struct finder *f)
{
	size_t i, k, n;

	sort_keys(f->items, f->nitems);
	for (i = 0; i < f->nitems; i += n) {
		n = sort_run(f->items + i, f->nitems - i);
		for (k = i + 1; k < i + n && item_cmp(&f->items[k - 1],
		    &f->items[k], f) == 0; k++)
			;
		if (k < i + n)
			qsort_r(f->items + i, n, sizeof(*f->items), item_cmp,
			    f);
	}
}

static void
item_add(struct finder *f, uint32_t i)
{
	const struct sketch *s = sketch_of(f, i);

	if (s != NULL && !says_nothing(s))
		f->items[f->nitems++] = (struct sort_key){ key_of(s), i };
}

static void
point_add(struct finder *f, size_t k)
{
	uint32_t i = f->items[k].i;
	const struct sketch *s = sketch_of(f, i);
	struct point *p = f->npoints == 0 ? NULL : &f->points[f->npoints - 1];
	const struct campaign_known *kn = i < f->n ? NULL :
	    &f->known[i - f->n];

	if (p == NULL || f->items[k].key != f->items[k - 1].key ||
	    sketch_cmp(p->s, s) != 0) {
		p = &f->points[f->npoints++];
		*p = (struct point){ .s = s, .known = NONE,
		    .brief = is_short(s) };
	}
	f->point_of[k] = (uint32_t)f->npoints - 1;
	p->weight += kn == NULL || kn->counts;
	if (kn != NULL && kn->campaign != 0 && kn->campaign < p->known)
		p->known = kn->campaign;
}

static void
points_make(struct finder *f)
{
	size_t most = f->n + f->nknown, i;

	f->items = xcalloc(most, sizeof(*f->items));
	for (i = 0; i < most; i++) {
		ask_entry(f, i + AHEAD);
		item_add(f, (uint32_t)i);
	}
	items_sort(f);
	f->points = xcalloc(f->nitems, sizeof(*f->points));
	f->point_of = xcalloc(f->nitems, sizeof(*f->point_of));
	for (i = 0; i < f->nitems; i++)
		point_add(f, i);
	f->parent = xcalloc(f->npoints, sizeof(*f->parent));
	for (i = 0; i < f->npoints; i++)
		f->parent[i] = (uint32_t)i;
}

/* ---- joining ---- */

static uint32_t
root(struct finder *f, uint32_t i)
{
	while (f->parent[i] != i) {
		f->parent[i] = f->parent[f->parent[i]];
		i = f->parent[i];
	}
	return i;
}

/* The lower one leads, so that order does not matter. */
static void
join(struct finder *f, uint32_t a, uint32_t b)
{
	if (a < b)
		f->parent[b] = a;
	else
		f->parent[a] = b;
}

static bool
alike(const struct sketch *a, const struct sketch *b)
{
	unsigned same = 0, either = 0, i;

	if (a->list != b->list)
		return false;
	for (i = 0; i < SKETCH_BINS; i++) {
		same += a->bin[i] == b->bin[i] && a->bin[i] != 0;
		either += (a->bin[i] | b->bin[i]) != 0;
	}
	return same >= AGREE_MIN && same * 256 >= either * ALIKE;
}

/* By the upper half, in three rounds of eleven bits; equals keep their order. */
static void
sort_band(uint64_t *v, uint64_t *spare, size_t n)
{
	size_t count[2048], i, sum, was;
	unsigned shift;
	uint64_t *swap;

	for (shift = 32; shift < 65; shift += 11) {
		memset(count, 0, sizeof(count));
		for (i = 0; i < n; i++)
			count[v[i] >> shift & 2047]++;
		for (i = sum = 0; i < 2048; i++) {
			was = count[i];
			count[i] = sum;
			sum += was;
		}
		for (i = 0; i < n; i++)
			spare[count[v[i] >> shift & 2047]++] = v[i];
		swap = v;
		v = spare;
		spare = swap;
	}
	/* an odd number of rounds: the result is where spare was */
}

/* Are they joined, or alike, and so joined now? */
static bool
join_alike(struct finder *f, uint32_t a, uint32_t b)
{
	uint32_t ra = root(f, a), rb = root(f, b);

	if (ra == rb)
		return true;
	if (!alike(f->points[a].s, f->points[b].s))
		return false;
	join(f, ra, rb);
	return true;
}

/*
 * Those of one bucket.  Each is compared with the one before it, and with a
 * few that were unlike all before them.
 */
static void
join_bucket(struct finder *f, const uint64_t *v, size_t n)
{
	uint32_t leader[LEADERS], nleaders = 0, p, k, next;
	bool joined;
	size_t i;

	for (i = 0; i < n; i++) {
		p = (uint32_t)v[i];
		if (i + AHEAD < n) {
			next = (uint32_t)v[i + AHEAD];
			if (f->parent[next] != f->parent[p])
				ask_sketch(f->points[next].s);
		}
		joined = false;
		if (i > 0)
			join_alike(f, (uint32_t)v[i - 1], p);
		for (k = 0; k < nleaders && !joined; k++)
			joined = join_alike(f, leader[k], p);
		if (!joined && nleaders < LEADERS)
			leader[nleaders++] = p;
	}
}

/* A pair of bins, this one and the next that has a word: 0, none. */
static uint32_t
band_key(const struct sketch *s, size_t b)
{
	size_t next = b;

	if (s->bin[b] == 0)
		return 0;
	do
		next = (next + 1) % SKETCH_BINS;
	while (s->bin[next] == 0);
	return (uint32_t)s->bin[b] << 16 | (uint16_t)(s->bin[next] + next);
}

/* The keys of the bands from bin b on: their bins lie side by side. */
static void
keys_make(struct finder *f, size_t b)
{
	uint32_t *key = f->keys;
	size_t i, k;

	for (i = 0; i < f->npoints; i++) {
		if (i + AHEAD < f->npoints)
			__builtin_prefetch(&f->points[i + AHEAD].s->bin[b]);
		for (k = 0; k < BANDS; k++)
			*key++ = f->points[i].brief ? 0 :
			    band_key(f->points[i].s, b + k * BAND_STEP);
	}
}

/* Band k of those. */
static void
join_band(struct finder *f, size_t k)
{
	size_t n = 0, i, end;
	uint32_t key;

	for (i = 0; i < f->npoints; i++)
		if ((key = f->keys[i * BANDS + k]) != 0)
			f->band[n++] = (uint64_t)key << 32 | i;
	sort_band(f->band, f->spare, n);
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && f->spare[end] >> 32 ==
		    f->spare[i] >> 32; end++)
			;
		join_bucket(f, f->spare + i, end - i);
	}
}

/* ---- what a group has in common ---- */

/* The value that most have, if enough do; else 0. */
static uint16_t
most_common(const uint16_t *v, size_t n)
{
	struct { uint16_t value, n; } slot[2 * CORE_OF] = { { 0, 0 } };
	size_t i, k, best = 0;
	uint16_t value = 0;

	for (i = 0; i < n; i++) {
		for (k = v[i] % (2 * CORE_OF); slot[k].value != v[i] &&
		    slot[k].n > 0; k = (k + 1) % (2 * CORE_OF))
			;
		slot[k].value = v[i];
		if (++slot[k].n > best && v[i] != 0) {
			best = slot[k].n;
			value = v[i];
		}
	}
	return best >= 2 && best * CORE_SHARE >= n ? value : 0;
}

static void
core_make(const struct finder *f, const uint32_t *v, size_t n,
    struct sketch *core)
{
	uint16_t bin[CORE_OF];
	size_t b, i;

	if (n > CORE_OF)
		n = CORE_OF;
	for (b = 0; b < SKETCH_BINS; b++) {
		for (i = 0; i < n; i++)
			bin[i] = f->points[v[i]].s->bin[b];
		core->bin[b] = most_common(bin, n);
	}
}

static bool
has_core(const struct sketch *core, const struct sketch *s)
{
	unsigned same = 0, all = 0, i;

	for (i = 0; i < SKETCH_BINS; i++) {
		same += core->bin[i] == s->bin[i] && core->bin[i] != 0;
		all += core->bin[i] != 0;
	}
	return same >= AGREE_MIN && same * 256 >= all * CORE_ALIKE;
}

/*
 * Bring those of v that belong together to the front: those like the first,
 * then those that have what these have in common.  Returns how many.
 */
static size_t
part(struct finder *f, uint32_t *v, size_t n)
{
	struct sketch core;
	size_t in = 1, i, round;
	uint32_t t;

	for (i = 1; i < n && in < CORE_OF; i++)
		if (alike(f->points[v[0]].s, f->points[v[i]].s)) {
			t = v[i];
			v[i] = v[in];
			v[in++] = t;
		}
	for (round = 0; round < 2 && in > 1; round++) {
		core_make(f, v, in, &core);
		for (in = 0, i = 0; i < n; i++) {
			if (i + AHEAD < n)
				ask_sketch(f->points[v[i + AHEAD]].s);
			if (has_core(&core, f->points[v[i]].s)) {
				t = v[i];
				v[i] = v[in];
				v[in++] = t;
			}
		}
	}
	return in == 0 ? 1 : in;
}

static void
group_add(struct finder *f, const uint32_t *v, size_t n)
{
	struct group g = { .known = NONE, .least = NONE };
	struct point *p;
	size_t i;

	for (i = 0; i < n; i++) {
		p = &f->points[v[i]];
		g.weight += p->weight;
		if (p->known < g.known)
			g.known = p->known;
		if (v[i] < g.least)
			g.least = v[i];
		f->parent[v[i]] = (uint32_t)f->ngroups;
	}
	if (f->ngroups == f->room) {
		f->room = f->room == 0 ? 64 : f->room * 2;
		f->groups = xrealloc(f->groups, f->room, sizeof(g));
	}
	f->groups[f->ngroups++] = g;
}

/* Joined ones, in groups that hold together. */
static void
split(struct finder *f, uint32_t *v, size_t n)
{
	size_t round, in;

	for (round = 0; n > 2 && round < ROUNDS; round++) {
		in = part(f, v, n);
		group_add(f, v, in);
		v += in;
		n -= in;
	}
	if (n == 2 && alike(f->points[v[0]].s, f->points[v[1]].s)) {
		group_add(f, v, 2);
		return;
	}
	for (; n > 0; v++, n--)
		group_add(f, v, 1);
}

/* Points by their root, in order: those of one stand together. */
static void
groups_make(struct finder *f)
{
	uint32_t *v = xcalloc(f->npoints, sizeof(*v));
	uint32_t *at = xcalloc(f->npoints + 1, sizeof(*at));
	size_t i, sum, n;

	for (i = 0; i < f->npoints; i++)
		at[f->parent[i] = root(f, (uint32_t)i)]++;
	for (i = sum = 0; i < f->npoints; i++) {
		n = at[i];
		at[i] = (uint32_t)sum;
		sum += n;
	}
	for (i = 0; i < f->npoints; i++)
		v[at[f->parent[i]]++] = (uint32_t)i;
	for (i = 0; i < f->npoints; i += n) {
		for (n = 1; i + n < f->npoints &&
		    f->parent[v[i + n]] == f->parent[v[i]]; n++)
			;
		split(f, v + i, n);
	}
	free(v);
	free(at);
}

/* ---- numbers ---- */

static int
by_size(const void *x, const void *y)
{
	const struct group *a = *(struct group *const *)x;
	const struct group *b = *(struct group *const *)y;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->least < b->least ? -1 : a->least > b->least;
}

/*
 * The largest first.  A number that a case knows stays with the largest of
 * those that claim it.
 */
static uint32_t
groups_number(struct finder *f, uint32_t used)
{
	struct group **v = xcalloc(f->ngroups, sizeof(struct group *));
	uint8_t *taken;
	size_t i;

	for (i = 0; i < f->ngroups; i++) {
		v[i] = &f->groups[i];
		if (v[i]->known != NONE && v[i]->known > used)
			used = v[i]->known;
	}
	taken = xcalloc((size_t)used + 1, 1);
	qsort(v, f->ngroups, sizeof(struct group *), by_size);
	for (i = 0; i < f->ngroups; i++) {
		if (v[i]->known != NONE && !taken[v[i]->known]) {
			v[i]->number = v[i]->known;
			taken[v[i]->known] = 1;
		} else if (v[i]->weight >= CAMPAIGN_MIN)
			v[i]->number = ++used;
	}
	free(taken);
	free(v);
	return used;
}

static void
numbers_tell(struct finder *f)
{
	uint32_t i, number;
	size_t k;

	for (k = 0; k < f->n; k++)
		f->entries[k]->campaign = 0;
	for (k = 0; k < f->nitems; k++) {
		i = f->items[k].i;
		number = f->groups[f->parent[f->point_of[k]]].number;
		if (i < f->n)
			f->entries[i]->campaign = number;
		else
			f->known[i - f->n].campaign = number;
	}
}

/* ---- what they are made of ---- */

static int
larger(const void *x, const void *y)
{
	const struct campaign *a = x, *b = y;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* The campaigns of the scan's mails, and the mails of each together. */
static void
members_make(struct campaigns *cs)
{
	uint32_t *n = xcalloc((size_t)cs->numbers + 1, sizeof(*n)), at = 0;
	size_t i;

	for (i = 0; i < cs->nentries; i++)
		n[cs->entries[i]->campaign]++;
	cs->at = xcalloc((size_t)cs->numbers + 1, sizeof(*cs->at));
	cs->v = xcalloc(cs->numbers, sizeof(*cs->v));
	for (i = 1; i <= cs->numbers; i++)
		if (n[i] > 0)
			cs->v[cs->n++] = (struct campaign){
			    .number = (uint32_t)i, .n = n[i] };
	qsort(cs->v, cs->n, sizeof(*cs->v), larger);
	for (i = 0; i < cs->n; i++) {
		n[cs->v[i].number] = at;
		at += cs->v[i].n;
		cs->at[cs->v[i].number] = (uint32_t)i + 1;
	}
	cs->members = xcalloc(at, sizeof(struct facts *));
	for (i = 0; i < cs->nentries; i++)
		if (cs->entries[i]->campaign != 0)
			cs->members[n[cs->entries[i]->campaign]++] =
			    cs->entries[i];
	free(n);
}

struct campaigns *
campaigns_find(struct facts **entries, size_t n,
    struct campaign_known *known, size_t nknown, uint32_t used)
{
	struct finder f = { .entries = entries, .n = n, .known = known,
	    .nknown = nknown };
	struct campaigns *cs = xcalloc(1, sizeof(*cs));
	size_t b, k;

	points_make(&f);
	f.keys = xcalloc(f.npoints, BANDS * sizeof(*f.keys));
	f.band = xcalloc(f.npoints, sizeof(*f.band));
	f.spare = xcalloc(f.npoints, sizeof(*f.spare));
	for (b = 0; b < SKETCH_BINS; b += BANDS * BAND_STEP) {
		keys_make(&f, b);
		for (k = 0; k < BANDS; k++)
			join_band(&f, k);
	}
	free(f.keys);
	free(f.band);
	free(f.spare);
	groups_make(&f);
	cs->numbers = groups_number(&f, used);
	numbers_tell(&f);
	free(f.items);
	free(f.points);
	free(f.parent);
	free(f.point_of);
	free(f.groups);
	cs->entries = entries;
	cs->nentries = n;
	members_make(cs);
	return cs;
}

void
campaigns_free(struct campaigns *cs)
{
	if (cs == NULL)
		return;
	free(cs->at);
	free(cs->v);
	free(cs->members);
	free(cs);
}

/* What is counted: different strings of each campaign. */
static const struct {
	size_t	of;		/* struct facts: a string */
	size_t	to;		/* struct campaign: how many */
} counted[] = {
#define COUNTED(one, many) \
	{ offsetof(struct facts, one), offsetof(struct campaign, many) }
	COUNTED(client, clients), COUNTED(account, accounts),
	COUNTED(sender, senders), COUNTED(subject, subjects),
	COUNTED(host, hosts), COUNTED(mailer, mailers),
#undef COUNTED
};

static uint32_t
number_at(const void *p, size_t offset)
{
	uint32_t n;

	memcpy(&n, (const char *)p + offset, sizeof(n));
	return n;
}

#define NCOUNTED	(sizeof(counted) / sizeof(counted[0]))

/*
 * seen has, for each string, the last count that met it: a number of its own
 * for each campaign and each thing that is counted of it.
 */
static void
count_strings(struct campaign *c, struct facts **f, uint32_t *seen,
    size_t what, uint32_t count)
{
	uint32_t i, n = 0, id;

	for (i = 0; i < c->n; i++) {
		id = number_at(f[i], counted[what].of);
		if (id == 0 || seen[id] == count)
			continue;
		seen[id] = count;
		n++;
	}
	memcpy((char *)c + counted[what].to, &n, sizeof(n));
}

static void
count_mail(struct campaign *c, const struct facts *f)
{
	if ((f->class == C_RELAY || f->class == C_SPAM) &&
	    c->nbad < CAMPAIGN_BAD)
		c->bad[c->nbad++] = f;
	c->classes[f->class]++;
	c->rcpts[f->class] += f->nrcpts;
	c->weak += judge_is_weak(f);
	c->one_text &= f->sketch->text == c->sample->sketch->text;
	c->one_layout &= f->sketch->layout == c->sample->sketch->layout;
	c->one_file &= f->sketch->file == c->sample->sketch->file;
	if (f->arrived == 0)
		return;
	if (c->first == 0 || f->arrived < c->first)
		c->first = f->arrived;
	if (f->arrived > c->last)
		c->last = f->arrived;
}

void
campaigns_count(struct campaigns *cs, const struct intern *in)
{
	uint32_t *seen = xcalloc((size_t)intern_count(in) + 1, sizeof(*seen));
	struct facts **f = cs->members;
	uint32_t count = 0, k;
	size_t i, what;

	for (i = 0; i < cs->n; i++) {
		struct campaign *c = &cs->v[i];

		*c = (struct campaign){ .number = c->number, .n = c->n,
		    .sample = f[0], .one_text = true, .one_layout = true,
		    .one_file = true };
		for (k = 0; k < c->n; k++)
			count_mail(c, f[k]);
		for (what = 0; what < NCOUNTED; what++)
			count_strings(c, f, seen, what, ++count);
		f += c->n;
	}
	free(seen);
}

size_t
campaigns_n(const struct campaigns *cs)
{
	return cs->n;
}

const struct campaign *
campaigns_at(const struct campaigns *cs, size_t i)
{
	return &cs->v[i];
}

const struct campaign *
campaign_of(const struct campaigns *cs, const struct facts *f)
{
	return f->campaign == 0 ? NULL : &cs->v[cs->at[f->campaign] - 1];
}

bool
campaign_is_bad_like(const struct campaign *c, const struct facts *f)
{
	uint32_t like = 0, i;

	for (i = 0; i < c->nbad; i++)
		like += sketch_cmp(c->bad[i]->sketch, f->sketch) == 0 ||
		    alike(c->bad[i]->sketch, f->sketch);
	return like * 4 >= c->nbad * 3;
}

/* ---- for a person ---- */

static void
say_next(struct buf *out, size_t start, const char *first)
{
	buf_add(out, out->n == start ? sl(first) : SL(", "));
}

static const struct {
	size_t		of, many;
	const char	*one, *more;
} told[] = {
#define TOLD(f, c, one, more) \
	{ offsetof(struct facts, f), offsetof(struct campaign, c), one, more }
	TOLD(subject, subjects, "subject", "subjects"),
	TOLD(sender, senders, "sender", "senders"),
	TOLD(client, clients, "client", "clients"),
	TOLD(account, accounts, "account", "accounts"),
	TOLD(host, hosts, "link to", "hosts in links"),
	TOLD(mailer, mailers, "mailer", "mailers"),
#undef TOLD
};

void
campaign_say(const struct campaign *c, const struct intern *in,
    struct buf *out)
{
	size_t start = out->n, i;
	uint32_t id;

	if (c->one_text)
		buf_add(out, SL("always: the text"));
	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		id = number_at(c->sample, told[i].of);
		if (number_at(c, told[i].many) != 1 || id == 0)
			continue;
		say_next(out, start, "always: ");
		buf_fmt(out, "%s " SL_FMT, told[i].one,
		    SL_ARG(intern_str(in, id)));
	}
	if (out->n > start)
		buf_add(out, SL("; "));
	start = out->n;
	if (!c->one_text)
		buf_add(out, SL("varies: words"));
	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		if (number_at(c, told[i].many) < 2)
			continue;
		say_next(out, start, "varies: ");
		buf_fmt(out, "%u %s", number_at(c, told[i].many),
		    told[i].more);
	}
}

void
campaign_label(const struct campaign *c, const struct intern *in,
    struct buf *out)
{
	struct slice subject = intern_str(in, c->sample->subject);

	if (subject.n > 0 && c->subjects != 1)
		buf_fmt(out, SL_FMT "; ", SL_ARG(subject));
	campaign_say(c, in, out);
}
