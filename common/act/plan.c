#include <stdlib.h>

#include "act/line.h"
#include "act/plan.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "judge/id.h"
#include "mail/date.h"

struct plan_paths {
	struct sort_key	*v;		/* hashes, and whose they are */
	size_t		 n;
	struct buf	 b;
	bool		*put;		/* by node: it is in the order */
};

/*
 * Paths.
 */

static struct plan_paths *
paths_new(const struct inv *inv)
{
	struct plan_paths *t = xcalloc(1, sizeof(*t));
	uint32_t i;

	t->v = xcalloc(inv->n, sizeof(*t->v));
	t->put = xcalloc(inv->n, sizeof(*t->put));
	for (i = 0; i < inv->n; i++) {
		if (!S_ISREG(inv->v[i].mode))
			continue;
		t->b.n = 0;
		inv_path(inv, i, &t->b);
		t->v[t->n++] = (struct sort_key){ hash64(buf_sl(&t->b)), i };
	}
	sort_keys(t->v, t->n);
	return t;
}

static void
paths_free(struct plan_paths *t)
{
	if (t == NULL)
		return;
	free(t->v);
	free(t->put);
	buf_free(&t->b);
	free(t);
}

static uint32_t
find_path(struct plan *p, struct slice path)
{
	struct plan_paths *t = p->paths;
	uint64_t hash = hash64(path);
	size_t lo = 0, hi = t->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (t->v[mid].key < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < t->n && t->v[lo].key == hash; lo++) {
		t->b.n = 0;
		inv_path(p->inv, t->v[lo].i, &t->b);
		if (sl_eq(buf_sl(&t->b), path))
			return t->v[lo].i;
	}
	return INV_NONE;
}

static struct slice
join(struct arena *a, struct slice dir, struct slice name)
{
	char *p;

	if (dir.n == 0)
		return name;
	p = arena_alloc(a, dir.n + 1 + name.n + 1);
	memcpy(p, dir.p, dir.n);
	p[dir.n] = '/';
	if (name.n > 0)
		memcpy(p + dir.n + 1, name.p, name.n);
	return (struct slice){ p, dir.n + 1 + name.n };
}

struct slice
plan_below(struct slice tree, struct slice path)
{
	while (tree.n > 1 && tree.p[tree.n - 1] == '/')
		tree.n--;
	if (!sl_starts(path, tree))
		return (struct slice){ NULL, 0 };
	path = sl_from(path, tree.n);
	if (path.n > 0 && path.p[0] != '/' && !sl_eq(tree, SL("/")))
		return (struct slice){ NULL, 0 };
	while (path.n > 0 && path.p[0] == '/')
		path = sl_from(path, 1);
	return path.n == 0 ? SL("") : path;
}

/*
 * The files of an entry, by the names alone: the driver knows.
 */

static void
chain(struct plan *p, struct arena *a, struct slice spool,
    const struct spool_entry *e)
{
	const struct tree_dir *dir;
	uint32_t first = find_path(p, join(a, spool, sl(e->path))), node;
	size_t i;

	if (first == INV_NONE || p->next_file[first] != INV_NONE)
		return;
	for (i = 0; i < e->nwith; i++) {
		dir = spool_with_dir(e, i);
		node = find_path(p, join(a, join(a, spool, sl(dir->path)),
		    sl(e->with[i].name)));
		if (node == INV_NONE || node == first ||
		    p->next_file[node] != INV_NONE)
			continue;
		p->next_file[node] = p->next_file[first];
		p->next_file[first] = node;
	}
}

static void
join_files(struct plan *p, const char *tree, const char *format)
{
	struct arena *a = arena_new(), *step = arena_new();
	struct spool **set;
	struct spool_entry e;
	struct err err;
	struct slice below;
	size_t n = 0, i;
	int r;

	if (spool_open(&set, &n, a, tree, format, &err) == -1)
		n = 0;		/* no spool: its files are files */
	for (i = 0; i < n; i++) {
		below = plan_below(sl(tree), sl(spool_path(set[i])));
		while ((r = spool_next(set[i], step, &e, &err)) != 0) {
			if (r == 1 && e.nwith > 0 && below.p != NULL)
				chain(p, step, below, &e);
			if (r == 1)
				spool_entry_done(&e);
			arena_reset(step);
		}
		spool_close(set[i]);
	}
	arena_free(step);
	arena_free(a);
}

void
plan_init(struct plan *p)
{
	*p = (struct plan){ .a = arena_new() };
}

void
plan_files(struct plan *p, struct inv *inv, const char *tree,
    const char *format)
{
	size_t i;

	p->inv = inv;
	p->paths = paths_new(inv);
	p->next_file = xcalloc(inv->n, sizeof(*p->next_file));
	for (i = 0; i < inv->n; i++)
		p->next_file[i] = INV_NONE;
	join_files(p, tree, format);
}

/*
 * Entries.
 */

static void
text(struct buf *b, const char *key, struct slice v)
{
	if (v.n == 0)
		return;
	buf_add(b, SL(",\""));
	buf_add(b, sl(key));
	buf_add(b, SL("\":"));
	json_string(b, v);
}

static void
put_address(struct buf *b, const struct addr *addr, enum provenance from)
{
	buf_add(b, SL("{\"address\":"));
	json_string(b, addr->null ? SL("") : addr->spec);
	text(b, "provenance", sl(provenance_name(from)));
	buf_addc(b, '}');
}

static void
put_envelope(struct buf *b, const struct record *rec)
{
	size_t i;

	if (rec->has_sender) {
		buf_add(b, SL(",\"sender\":"));
		put_address(b, &rec->sender, rec->sender_prov);
	}
	for (i = 0; i < rec->nrcpts; i++) {
		buf_add(b, i == 0 ? SL(",\"recipients\":[") : SL(","));
		put_address(b, &rec->rcpts[i].addr, rec->rcpts[i].provenance);
	}
	if (rec->nrcpts > 0)
		buf_addc(b, ']');
}

/* Room for what is known when the file has been read. */
#define NO_ID	"------------"
#define NO_SUM	"0000000000000000000000000000000000000000000000000000000000000000"

static void
put_line(struct buf *b, struct slice path, const struct row *r)
{
	const struct record *rec = r->rec;
	char date[DATE_TEXT];

	buf_add(b, SL("{\"v\":1"));
	text(b, "id", rec->is_file ? SL(NO_ID) : rec->id);
	text(b, "queue_id", rec->queue_id);
	text(b, "format", sl(rec->format));
	text(b, "folder", r->folder);
	json_path(b, "path", path);
	buf_add(b, SL(",\"size\":"));
	buf_num(b, rec->size, 1);
	if (rec->has_digest) {
		buf_add(b, SL(",\"sha256\":\""));
		hex_str(rec->sha256, 32, buf_room(b, 65));
		b->n += 64;
		buf_addc(b, '"');
	} else if (rec->is_file)
		text(b, "sha256", SL(NO_SUM));
	if (r->arrived != 0)
		text(b, "arrived", sl(date_str(r->arrived, date)));
	text(b, "kind", sl(kind_name(r->kind)));
	put_envelope(b, rec);
	text(b, "client", r->client.ip);
	text(b, "account", r->account);
	text(b, "class", sl(class_name(r->class)));
	text(b, "reason", r->reason);
	if (r->campaign != 0) {
		buf_add(b, SL(",\"campaign\":"));
		buf_num(b, r->campaign, 1);
	}
	buf_addc(b, '}');
}

static char *
copy(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n + 1);

	memcpy(p, s.p, s.n);
	return p;
}

/* The line's text in e, and where it lacks something. */
static void
keep_line(struct plan *p, struct pack_entry *e, const struct record *rec,
    struct slice line)
{
	static const struct slice id = { "\"id\":\"", 6 };
	static const struct slice sum = { "\"sha256\":\"" NO_SUM,
	    sizeof("\"sha256\":\"" NO_SUM) - 1 };
	char *s = copy(p->a, line);
	const char *slash;

	e->line = (struct slice){ s, line.n };
	if (!rec->is_file) {
		e->id = arena_dup(p->a, rec->id);
		return;
	}
	e->id_at = s + (sl_find(line, id) + id.n - line.p);
	e->sum_at = s + (sl_find(line, sum) + sum.n - 64 - line.p);
	e->id = (struct slice){ e->id_at, ID_CHARS };
	slash = memrchr(rec->path.p, '/', rec->path.n);
	e->native = arena_dup(p->a, rec->queue_id.n > 0 ? rec->queue_id :
	    slash == NULL ? rec->path : sl_from(rec->path,
	    (size_t)(slash + 1 - rec->path.p)));
}

static struct plan_entry *
place_of(struct plan *p, size_t nth)
{
	size_t was = p->cap;

	if (nth >= p->cap) {
		p->cap = nth < 512 ? 1024 : nth * 2;
		p->given = xrealloc(p->given, p->cap, sizeof(*p->given));
		memset(p->given + was, 0, (p->cap - was) * sizeof(*p->given));
	}
	if (nth >= p->ngiven)
		p->ngiven = nth + 1;
	return &p->given[nth];
}

/* Neighbours are often of one spool and folder. */
static struct slice
once(struct arena *a, struct slice s, struct slice *last)
{
	if (!sl_eq(s, *last))
		*last = arena_dup(a, s);
	return *last;
}

void
plan_entry(struct plan *p, size_t nth, const struct plan_given *given)
{
	struct plan_entry *e = place_of(p, nth);

	e->came = true;
	e->is = *given;
	e->is.spool = once(p->a, given->spool, &p->last.spool);
	e->is.folder = once(p->a, given->folder, &p->last.folder);
	e->is.path = arena_dup(p->a, join(p->a, given->spool, given->path));
}

void
plan_line(struct plan *p, size_t nth, const struct row *r)
{
	struct plan_entry *given = &p->given[nth];

	if (nth >= p->ngiven || !given->came || given->entry == SIZE_MAX)
		return;
	p->line.n = 0;
	put_line(&p->line, given->is.path, r);
	keep_line(p, p->entries == NULL ? &given->e :
	    &p->entries[given->entry], r->rec, buf_sl(&p->line));
}

static int
by_likeness(const void *a, const void *b, void *ctx)
{
	const struct plan *p = ctx;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const struct plan_given *x = &p->given[i].is, *y = &p->given[k].is;
	uint32_t m = x->campaign - 1, n = y->campaign - 1;	/* 0 is last */
	int c;

	if (m != n)
		return m < n ? -1 : 1;
	if ((x->spool.p != y->spool.p && (c = sl_cmp(x->spool, y->spool))) ||
	    (x->folder.p != y->folder.p && (c = sl_cmp(x->folder,
	    y->folder))))
		return c;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return i < k ? -1 : 1;
}

void
plan_sort(struct plan *p)
{
	size_t i;

	p->alike = xcalloc(p->ngiven + 1, sizeof(*p->alike));
	for (i = 0; i < p->ngiven; i++)
		if (p->given[i].came)
			p->alike[p->nalike++] = i;
	if (p->nalike > 0)
		qsort_r(p->alike, p->nalike, sizeof(*p->alike), by_likeness,
		    p);
}

static uint32_t
find_entry(struct plan *p, struct slice path)
{
	uint32_t node = find_path(p, path);

	return node != INV_NONE ? node :
	    find_path(p, path_without_part(path));
}

/* Of what was given, those whose files are there. */
static void
find_entries(struct plan *p)
{
	struct plan_entry *given;
	size_t i;

	p->entries = xcalloc(p->nalike + 1, sizeof(*p->entries));
	for (i = 0; i < p->nalike; i++) {
		given = &p->given[p->alike[i]];
		given->entry = SIZE_MAX;
		given->e.node = find_entry(p, given->is.path);
		if (given->e.node == INV_NONE)
			continue;
		given->entry = p->nentries;
		p->entries[p->nentries++] = given->e;
	}
}

/*
 * The order.
 */

/* A node, with the other names of its file. */
static void
put_node(struct plan *p, uint32_t i, bool with_last)
{
	uint32_t first = p->inv->v[i].first_link, k;

	for (k = first == INV_NONE ? i : first; k != INV_NONE;
	    k = p->inv->v[k].next_link)
		if (p->inv->v[k].chosen && !p->paths->put[k]) {
			p->paths->put[k] = true;
			p->inv->v[k].with_last = with_last;
			p->order[p->n++] = k;
			with_last = true;
		}
}

static void
choose(struct plan *p, uint32_t i)
{
	for (; !p->inv->v[i].chosen; i = p->inv->v[i].parent)
		p->inv->v[i].chosen = true;
}

/* What is not of a given entry stays; the folders of what goes, go. */
static void
choose_given(struct plan *p)
{
	uint32_t i;
	size_t k;

	for (i = 0; i < p->inv->n; i++)
		p->inv->v[i].chosen = false;
	p->inv->v[0].chosen = true;
	for (k = 0; k < p->nentries; k++)
		for (i = p->entries[k].node; i != INV_NONE;
		    i = p->next_file[i])
			choose(p, i);
}

void
plan_end(struct plan *p, bool only)
{
	struct plan_paths *t = p->paths;
	uint32_t i;
	size_t k;

	find_entries(p);
	if (only)
		choose_given(p);
	p->order = xcalloc(p->inv->n, sizeof(*p->order));
	for (i = 0; i < p->inv->n; i++)
		if (S_ISDIR(p->inv->v[i].mode))
			put_node(p, i, false);
	for (k = 0; k < p->nentries; k++)
		for (i = p->entries[k].node; i != INV_NONE; i = p->next_file[i])
			put_node(p, i, i != p->entries[k].node);
	for (i = 0; i < p->inv->n; i++)
		put_node(p, i, false);
	paths_free(t);
	p->paths = NULL;
}

void
plan_free(struct plan *p)
{
	free(p->order);
	free(p->given);
	free(p->alike);
	buf_free(&p->line);
	free(p->entries);
	free(p->next_file);
	paths_free(p->paths);
	arena_free(p->a);
	*p = (struct plan){ .inv = NULL };
}
