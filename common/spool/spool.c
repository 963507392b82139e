#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "mail/header.h"
#include "spool/companion.h"
#include "spool/driver.h"
#include "spool/packed.h"

#define LEVELS		3	/* below the operand, where spools are found */
#define FOLDERS_MAX	10000	/* that are looked at for this */
#define BESIDE_SEEN	4	/* files of a folder that is none, which tell
				   whether it has mail */
#define AHEAD		(1024 * 1024)	/* bytes of a file asked for */
#define AHEAD_LOOK	(64 * 1024)	/* for a first look; some want more */
#define AHEAD_TAIL	4096		/* of its end: what a spool adds */
#define LOOKED		8	/* folders that spool_lookup remembers */

/* The first of equal bids wins. */
static const struct spool_driver *const drivers[] = {
	&drv_postfix, &drv_exim, &drv_sendmail, &drv_opensmtpd,
	&drv_qmail, &drv_haraka,
	&drv_ims55, &drv_iis, &drv_ex2007, &drv_maildir, &drv_mbox,
	&drv_smartermail, &drv_imail, &drv_mailenable, &drv_mailsite,
	&drv_xmail, &drv_mdaemon, &drv_kerio, &drv_hmailserver, &drv_eml, NULL
};

struct spool {
	const struct spool_driver *drv;
	char			*path;		/* where entries' paths begin */
	struct buf		 beside;
	struct spool_probe	 probe;
	struct tree_dir		*root;		/* as probe.root */
	struct spool_other	 other;
	struct spool_near	 near;

	bool			 begun;		/* the walk */
	struct tree_dir		*dir;		/* it is here; borrowed */
	size_t			 i;		/* the next name in it */
	uint64_t		 off, size;	/* of that file, in ranges */
	bool			 again;		/* it began anew, and */
	const uint64_t		*known;		/* these are passed over */
	size_t			 nknown;

	struct tree_dir		*looked[LOOKED];	/* listed by spool_lookup */
	size_t			 nlooked;

	struct spool		**set;		/* of one archive: this, and */
	size_t			 nset;		/* those behind it; 0: it is
						   behind another itself */
	struct packed		*packed;
	struct packed_at	 at;		/* off is in it */
};

/* A folder below the operand: to be looked at, or found to be a spool. */
struct sub {
	const char		*path;
	unsigned		 level;
	const struct spool_driver *drv;
};

struct search {
	struct tree		*tree;
	const struct spool_driver *only;	/* NULL: any */
	struct arena		*a;
	struct sub		*todo, *found;
	size_t			 ntodo, todo_cap, nfound, found_cap;
	size_t			 nbeside;	/* files in folders of mail, */
	const char		*beside;	/* and the first of them */
	bool			 cut;
	struct err		 err;	/* of the first unreadable folder */
};

/*
 * Probing.
 */

bool
probe_has(const struct tree_dir *d, const char *name, enum tree_type type)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->v[i].type == type &&
		    sl_ieq(sl(d->v[i].name), sl(name)))
			return true;
	return false;
}

struct slice
probe_head(const struct spool_probe *p, size_t want, char buf[PROBE_BYTES])
{
	size_t i;

	for (i = 0; i < p->root->n; i++)
		if (p->root->v[i].type == TREE_FILE && want-- == 0)
			break;
	if (i == p->root->n)
		return (struct slice){ NULL, 0 };
	return (struct slice){ buf, tree_head(p->root, i, buf, PROBE_BYTES) };
}

bool
name_among(struct slice name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sl_ieq(name, sl(names[i])))
			return true;
	return false;
}

const char *
folder_lower(const struct spool_probe *p, const struct tree_dir *d,
    bool root_is_folder, struct arena *a)
{
	struct slice s;
	char *lower;
	size_t i;

	if (!root_is_folder)
		s = sl(d->path[0] == '\0' ? "." : d->path);
	else if (d->path[0] == '\0')
		s = sl(p->base);
	else
		s = arena_fmt(a, "%s/%s", p->base, d->path);
	lower = arena_str(a, s);
	for (i = 0; i < s.n; i++)
		lower[i] = ascii_lower(lower[i]);
	return lower;
}

static const struct spool_driver *
best_driver(const struct spool_probe *p, bool subfolder, int *bid)
{
	const struct spool_driver *best = NULL;
	size_t i;
	int b;

	*bid = 0;
	for (i = 0; drivers[i] != NULL; i++) {
		if (subfolder && !drivers[i]->in_subfolders)
			continue;
		if ((b = drivers[i]->bid(p)) > *bid) {
			best = drivers[i];
			*bid = b;
		}
	}
	return best;
}

static int
driver_by_name(const char *name, const struct spool_driver **drv,
    struct err *err)
{
	char list[256];
	size_t i, n = 0;

	for (i = 0; drivers[i] != NULL; i++) {
		if (strcmp(drivers[i]->name, name) == 0) {
			*drv = drivers[i];
			return 0;
		}
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i == 0 ? "" : ", ", drivers[i]->name);
	}
	return err_set(err, ERR_USAGE, "unknown format '%.100s': one of %s",
	    name, list);
}

/*
 * Opening.
 */

/* The path that, with a slash and an entry's path, names the entry. */
static char *
path_before(const struct tree *t)
{
	const char *path = tree_path(t), *slash = strrchr(path, '/');
	size_t n = strlen(path);
	char *p;

	if (!tree_is_file(t)) {
		while (n > 1 && path[n - 1] == '/')
			n--;
	} else if (slash == NULL) {
		path = ".", n = 1;
	} else
		n = slash == path ? 1 : (size_t)(slash - path);
	p = xalloc(n + 1);
	memcpy(p, path, n);
	p[n] = '\0';
	return p;
}

/* Takes the tree, whether it succeeds or not; drv is settled later. */
static struct spool *
spool_new(struct tree *t, struct err *err)
{
	struct spool *sp = xcalloc(1, sizeof(*sp));

	sp->path = path_before(t);
	sp->probe.tree = t;
	sp->probe.base = tree_base(t);
	sp->probe.other = &sp->other;
	sp->probe.near = &sp->near;
	if (tree_list(t, "", &sp->root, err) == -1) {
		err_at(err, "%s", tree_path(t));
		spool_close(sp);
		return NULL;
	}
	sp->probe.root = sp->root;
	return sp;
}

static void
sub_add(struct search *s, struct sub **v, size_t *n, size_t *cap, struct sub x)
{
	*(struct sub *)arena_more(s->a, v, n, cap, sizeof(x)) = x;
}

/* A From_ line, or a field that everybody writes, is all that is known. */
static bool
begins_a_mail(struct slice head)
{
	struct hdr h;

	return sl_starts(head, SL("From ")) ||
	    (hdr_next(&head, &h) == 1 && hdr_id(h.name) != H_OTHER);
}

/* The first of a folder's first files that is mail, or NULL. */
static const char *
mail_in(const struct tree_dir *d)
{
	char buf[PROBE_BYTES];
	size_t i, seen = 0;

	for (i = 0; i < d->n && seen < BESIDE_SEEN; i++) {
		if (d->v[i].type != TREE_FILE)
			continue;
		seen++;
		if (begins_a_mail((struct slice){ buf,
		    tree_head(d, i, buf, PROBE_BYTES) }))
			return d->v[i].name;
	}
	return NULL;
}

/* Mail in a folder that is no spool is left out, if there are spools. */
static void
note_beside(struct search *s, const struct tree_dir *d)
{
	const char *name = tree_members(s->tree) != NULL ? NULL : mail_in(d);
	size_t i;

	if (name == NULL)
		return;
	if (s->nbeside == 0)
		s->beside = d->path[0] == '\0' ? arena_str(s->a, sl(name)) :
		    arena_path(s->a, d->path, name);
	for (i = 0; i < d->n; i++)
		s->nbeside += d->v[i].type == TREE_FILE;
}

/* The subfolders of a folder that is no spool are looked at in their turn. */
static void
look_below(struct search *s, const struct tree_dir *d, unsigned level)
{
	struct sub sub = { .level = level + 1 };
	size_t i;

	for (i = 0; i < d->n; i++) {
		if (d->v[i].type != TREE_DIR)
			continue;
		if (s->ntodo == FOLDERS_MAX) {
			s->cut = true;
			return;
		}
		sub.path = d->path[0] == '\0' ?
		    arena_str(s->a, sl(d->v[i].name)) :
		    arena_path(s->a, d->path, d->v[i].name);
		sub_add(s, &s->todo, &s->ntodo, &s->todo_cap, sub);
	}
}

static void
look_at(struct search *s, struct sub sub)
{
	const char *slash = strrchr(sub.path, '/');
	struct spool_probe p = { .tree = s->tree };
	struct tree_dir *d;
	struct err err;
	int bid;

	if (tree_list(s->tree, sub.path, &d, &err) == -1) {
		if (err.sys != ENOENT && s->err.code == ERR_NONE)
			s->err = err;
		return;
	}
	p.root = d;
	p.base = slash == NULL ? sub.path : slash + 1;
	if ((sub.drv = s->only) != NULL)
		bid = s->only->bid(&p);
	else
		sub.drv = best_driver(&p, true, &bid);
	if (bid >= BID_STRUCTURE) {
		sub_add(s, &s->found, &s->nfound, &s->found_cap, sub);
	} else {
		note_beside(s, d);
		if (sub.level < LEVELS)
			look_below(s, d, sub.level);
	}
	tree_dir_drop(d);
}

static int
by_path(const void *a, const void *b)
{
	const struct sub *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/*
 * With some spools found, a folder nobody could look into may hold one
 * more: to leave it out in silence would be worse than to stop.
 */
static int
search_complete(const struct search *s, struct err *err)
{
	if (s->cut)
		return err_set(err, ERR_LIMIT, "%s: more than %d folders "
		    "below: name the spools in it one by one",
		    tree_path(s->tree), FOLDERS_MAX);
	if (s->err.code == ERR_NONE)
		return 0;
	*err = s->err;
	err_at(err, "%.200s: name the spools in it one by one",
	    tree_path(s->tree));
	return -1;
}

static void
beside_say(const struct search *s, struct buf *out)
{
	buf_fmt(out, "%s: beside the spools in it, and not read: %s",
	    tree_path(s->tree), s->beside);
	if (s->nbeside > 1)
		buf_fmt(out, " and %zu more", s->nbeside - 1);
	buf_add(out, SL("; name their folders, too"));
}

/* Spools below sp, which is none itself; *n is 0 when there are none. */
static int
open_below(struct spool *sp, const struct spool_driver *only,
    struct spool ***set, size_t *n, struct arena *a, struct err *err)
{
	struct search s = { .tree = sp->probe.tree, .only = only,
	    .a = arena_new() };
	struct tree *t;
	size_t i;
	int r = 0;

	*n = 0;
	note_beside(&s, sp->root);
	look_below(&s, sp->root, 0);
	for (i = 0; i < s.ntodo; i++)
		look_at(&s, s.todo[i]);
	if (s.nfound > 0) {
		qsort(s.found, s.nfound, sizeof(*s.found), by_path);
		*set = arena_alloc(a, s.nfound * sizeof(**set));
		r = search_complete(&s, err);
	}
	for (i = 0; r == 0 && i < s.nfound; i++) {
		if ((r = tree_below(&t, s.tree, s.found[i].path, err)) == -1)
			err_at(err, "%s", tree_path(s.tree));
		else if (((*set)[i] = spool_new(t, err)) == NULL)
			r = -1;
		else
			(*set)[(*n)++]->drv = s.found[i].drv;
	}
	while (r == -1 && *n > 0)
		spool_close((*set)[--*n]);
	if (*n > 0 && s.nbeside > 0)
		beside_say(&s, &(*set)[0]->beside);
	arena_free(s.a);
	return r;
}

/* The spool's driver, and its bid. */
static int
settle(struct spool *sp, const struct spool_driver *forced)
{
	int bid;

	sp->drv = best_driver(&sp->probe, false, &bid);
	if (forced == NULL)
		return bid;
	sp->drv = forced;
	return forced->in_subfolders ? forced->bid(&sp->probe) : 100;
}

/*
 * An archive of a folder has only this folder at its top: that is meant by
 * the archive, as it would be on the disk.
 */
static int
open_top(struct spool **sp, const struct spool_driver *forced, int *bid,
    struct err *err)
{
	const struct tree_dir *root;
	struct spool *outer;
	struct tree *t;

	for (;;) {
		root = (*sp)->root;
		*bid = settle(*sp, forced);
		if (tree_members((*sp)->probe.tree) == NULL || root->n != 1 ||
		    root->v[0].type != TREE_DIR ||
		    (*bid >= BID_STRUCTURE && (*sp)->drv->in_subfolders))
			return 0;
		outer = *sp;
		if (tree_below(&t, outer->probe.tree, root->v[0].name,
		    err) == -1 || (*sp = spool_new(t, err)) == NULL) {
			*sp = outer;
			return -1;
		}
		spool_close(outer);
	}
}

/* Spools of one archive are walked together, by the first. */
static void
join_set(struct spool **set, size_t n)
{
	if (n == 0 || tree_members(set[0]->probe.tree) == NULL)
		return;
	set[0]->set = xcalloc(n, sizeof(struct spool *));
	memcpy(set[0]->set, set, n * sizeof(struct spool *));
	set[0]->nset = n;
}

/* The tree passes to the spools. */
static int
open_tree(struct spool ***set, size_t *n, struct arena *a, struct tree *t,
    const struct spool_driver *forced, struct err *err)
{
	struct spool *sp = spool_new(t, err);
	int bid;

	if (sp == NULL)
		return -1;
	*n = 0;
	if (open_top(&sp, forced, &bid, err) == -1 || (bid < BID_STRUCTURE &&
	    open_below(sp, forced, set, n, a, err) == -1)) {
		spool_close(sp);
		return -1;
	}
	if (*n > 0)
		spool_close(sp);
	else {
		*set = arena_alloc(a, sizeof(**set));
		(*set)[(*n)++] = sp;
	}
	join_set(*set, *n);
	return 0;
}

int
spool_open(struct spool ***set, size_t *n, struct arena *a,
    const char *path, const char *format, struct err *err)
{
	const struct spool_driver *forced = NULL;
	struct tree *t;

	return (format != NULL && driver_by_name(format, &forced,
	    err) == -1) || tree_open(&t, path, err) == -1 ? -1 :
	    open_tree(set, n, a, t, forced, err);
}

int
spool_open_part(struct spool ***set, size_t *n, struct arena *a,
    const char *path, int fd, const char *format, struct err *err)
{
	const struct spool_driver *forced;
	struct tree *t;

	if (driver_by_name(format, &forced, err) == -1) {
		close(fd);
		return -1;
	}
	return tree_open_part(&t, path, fd, err) == -1 ? -1 :
	    open_tree(set, n, a, t, forced, err);
}

int
spool_bid(const char *path, const char *format, struct err *err)
{
	const struct spool_driver *forced = NULL;
	struct spool *sp;
	struct tree *t;
	int bid;

	if ((format != NULL && driver_by_name(format, &forced, err) == -1) ||
	    tree_open(&t, path, err) == -1 ||
	    (sp = spool_new(t, err)) == NULL)
		return -1;
	if (forced == NULL)
		best_driver(&sp->probe, false, &bid);
	else
		bid = forced->in_subfolders ? forced->bid(&sp->probe) : 0;
	spool_close(sp);
	return bid < BID_STRUCTURE ? 0 : bid;
}

void
spool_close(struct spool *sp)
{
	if (sp == NULL)
		return;
	packed_free(sp->packed);
	free(sp->set);
	while (sp->nlooked > 0)
		tree_dir_drop(sp->looked[--sp->nlooked]);
	if (sp->root != NULL)
		tree_dir_drop(sp->root);
	other_drop(&sp->other);
	near_drop(&sp->near);
	tree_close(sp->probe.tree);
	buf_free(&sp->beside);
	free(sp->path);
	free(sp);
}

struct slice
spool_beside(const struct spool *sp)
{
	return buf_sl(&sp->beside);
}

const char *
spool_path(const struct spool *sp)
{
	return sp->path;
}

const char *
spool_format(const struct spool *sp)
{
	return sp->drv->name;
}

/* Of a format that says nothing: better no way than a wrong one. */
static const struct spool_ways no_ways = {
	.no_rotate = "what its server would make of it is not known: stop "
	    "the server and rename the folder",
	.no_remove = "what its server would make of it is not known: use the "
	    "server's own commands",
};

const struct spool_ways *
spool_ways(const struct spool *sp)
{
	const struct spool_ways *w = &sp->drv->ways;

	return w->skeleton == NULL && w->no_rotate == NULL &&
	    w->no_remove == NULL ? &no_ways : w;
}

const struct spool_driver *
spool_driver_of(const struct spool *sp)
{
	return sp->drv;
}

/*
 * The walk.
 */

static const char *
refusal(enum tree_type type)
{
	switch (type) {
	case TREE_LINK:		return "a link";
	case TREE_OTHER:	return "a fifo, socket or device";
	default:		return NULL;
	}
}

static uint64_t
file_size(const struct tree_dir *d, const char *name)
{
	struct stat st;
	struct err err;
	int fd = tree_file(d, name, &st, &err);

	if (fd == -1)
		return 0;	/* spool_start says why */
	close(fd);
	return (uint64_t)st.st_size;
}

/* Whoever has the entry uses its folders until spool_entry_done. */
static void
keep_dirs(struct spool_entry *e)
{
	size_t i;

	tree_dir_keep(e->dir);
	for (i = 0; i < e->nwith; i++)
		if (e->with[i].dir != NULL)
			tree_dir_keep(e->with[i].dir);
}

/* The next range of the file; false: it was the last. */
static bool
take_range(struct spool *sp, const struct spool_driver *drv,
    struct spool_entry *e)
{
	uint64_t range = e->refused != NULL ? 0 : drv->range;

	if (range != 0 && sp->off == 0)
		sp->size = file_size(e->dir, e->name);
	if (range == 0 || sp->size - sp->off <= range)
		range = range == 0 ? 0 : sp->size - sp->off;
	e->off = sp->off;
	e->len = range;
	sp->off += range;
	if (range != 0 && sp->off < sp->size)
		return true;
	sp->off = 0;
	return false;
}

/* What the i-th name of dir is; false: no entry of its own. */
static bool
fill_entry(struct spool *sp, struct tree_dir *dir, size_t i, struct arena *a,
    struct spool_entry *e)
{
	const struct tree_name *name = &dir->v[i];

	near_trim(&sp->near);
	*e = (struct spool_entry){ .dir = dir, .name = name->name };
	e->refused = name->refused != NULL ? name->refused :
	    refusal(name->type);
	e->path = dir->path[0] == '\0' ? name->name :
	    arena_path(a, dir->path, name->name);
	return name->type != TREE_DIR &&
	    sp->drv->entry(&sp->probe, dir, i, a, e);
}

bool
spool_moves(const struct spool *sp)
{
	return sp->drv->id != NULL && tree_members(sp->probe.tree) == NULL &&
	    !tree_is_file(sp->probe.tree);
}

static uint64_t
id_of(const struct spool *sp, const struct tree_dir *d, const char *name)
{
	struct slice id = sp->drv->id(d, name);

	return id.n == 0 ? 0 : hash64(id);
}

uint64_t
spool_entry_id(const struct spool *sp, const struct spool_entry *e)
{
	return e->name == NULL || !spool_moves(sp) ? 0 :
	    id_of(sp, e->dir, e->name);
}

static int
by_hash(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* What has no id does not move: it was met before. */
static bool
is_known(const struct spool *sp)
{
	uint64_t id;

	if (!sp->again)
		return false;
	id = id_of(sp, sp->dir, sp->dir->v[sp->i].name);
	return id == 0 || (sp->nknown > 0 && bsearch(&id, sp->known,
	    sp->nknown, sizeof(id), by_hash) != NULL);
}

/* Is the name the walk stands on an entry?  The walk moves on. */
static bool
take_entry(struct spool *sp, struct arena *a, struct spool_entry *e)
{
	if (sp->dir->v[sp->i].type == TREE_DIR ||	/* costs nothing */
	    is_known(sp) ||
	    !fill_entry(sp, sp->dir, sp->i, a, e)) {
		sp->i++;
		return false;
	}
	if (!take_range(sp, sp->drv, e))
		sp->i++;
	keep_dirs(e);
	return true;
}

/* What rotation and turf keep at the root of a mount, and replay stages. */
static bool
is_aside(const char *path)
{
	return strncmp(path, SPOOL_ASIDE, sizeof(SPOOL_ASIDE) - 1) == 0;
}

/*
 * On to the next folder; one that went away meanwhile is passed over.  The
 * folders that companions lie in are listed anew, behind it: what came
 * before its message is in them.
 */
static int
take_dir(struct spool *sp, struct err *err)
{
	struct err e;
	int r;

	near_drop(&sp->near);
	if (!sp->begun)
		tree_again(sp->probe.tree, sp->drv->stages);
	sp->begun = true;
	while (((r = tree_next(sp->probe.tree, &sp->dir, &e)) == -1 &&
	    e.code == ERR_SYS && e.sys == ENOENT) ||
	    (r == 1 && is_aside(sp->dir->path)))
		;
	sp->i = 0;
	if (r == 1)
		return 1;
	sp->dir = NULL;
	if (r == -1)
		*err = e;
	return r;
}

/*
 * In an archive.
 */

static bool
packed_fill(void *ctx, size_t nth, struct tree_dir *dir, size_t i,
    struct arena *a, struct spool_entry *e)
{
	struct spool *first = ctx;

	return fill_entry(first->set[nth], dir, i, a, e);
}

static struct packed *
walk_together(struct spool *sp)
{
	struct tree **trees = xcalloc(sp->nset, sizeof(struct tree *));
	struct packed *p;
	size_t i;

	for (i = 0; i < sp->nset; i++)
		trees[i] = sp->set[i]->probe.tree;
	p = packed_new(trees, sp->nset, PACKED_WAIT_MAX, packed_fill, sp);
	free(trees);
	return p;
}

/* The walk's own use of what it stands on; the last range's entry has it. */
static void
take_members(struct spool *sp, struct arena *a, struct spool_entry *e,
    bool first, bool last)
{
	struct members *ms = tree_members(sp->probe.tree);
	size_t i;

	if (e->refused != NULL)
		return;
	e->nheld = packed_needs(e->dir, sp->at.i, e, a, &e->held);
	for (i = 0; i < e->nheld; i++) {
		if (!last)
			members_hold(ms, e->held[i], 1);
		if (first)
			e->memory += members_size(ms, e->held[i]);
	}
}

static int
next_packed(struct spool *sp, struct arena *a, struct spool_entry *e,
    struct err *err)
{
	struct packed_at *at = &sp->at;
	bool first = sp->off == 0, more = false;
	int r;

	if (sp->nset == 0)
		return 0;
	if (sp->packed == NULL)
		sp->packed = walk_together(sp);
	if (first && (r = packed_next(sp->packed, at, err)) != 1) {
		if (r == -1)
			*e = (struct spool_entry){ .path = "." };
		return r;
	}
	if (at->odd != NULL)
		*e = (struct spool_entry){ .dir = at->dir, .folder = ".",
		    .name = at->odd->name, .path = at->odd->name };
	else
		fill_entry(sp->set[at->nth], at->dir, at->i, a, e);
	if (at->refused != NULL)
		e->refused = at->refused;
	e->nth = at->nth;
	if (at->odd == NULL) {
		more = take_range(sp, sp->set[at->nth]->drv, e);
		take_members(sp, a, e, first, !more);
	}
	keep_dirs(e);
	return 1;
}

int
spool_next(struct spool *sp, struct arena *a, struct spool_entry *e,
    struct err *err)
{
	const struct tree_dir *d;
	int r;

	if (tree_members(sp->probe.tree) != NULL)
		return next_packed(sp, a, e, err);
	for (;;) {
		if (sp->dir == NULL && (r = take_dir(sp, err)) != 1) {
			if (r == -1)
				*e = (struct spool_entry){ .path = arena_str(a,
				    sl(tree_where(sp->probe.tree))) };
			return r;
		}
		while (sp->i < sp->dir->n)
			if (take_entry(sp, a, e))
				return 1;
		d = sp->dir;
		sp->dir = NULL;
		if (d->cut) {
			*e = (struct spool_entry){ .path = arena_str(a,
			    sl(tree_where(sp->probe.tree))) };
			return err_set(err, ERR_LIMIT, "more than %d names: "
			    "the rest is not read", TREE_NAMES_MAX);
		}
	}
}

/*
 * The folder, as it was when it was listed last; fresh: as it is now.
 * One lookup after the other is in the same few folders.
 */
static int
look_in(struct spool *sp, const char *path, bool fresh, struct tree_dir **d,
    struct err *err)
{
	size_t i;

	for (i = 0; i < sp->nlooked; i++)
		if (strcmp(sp->looked[i]->path, path) == 0)
			break;
	if (i < sp->nlooked && !fresh) {
		*d = sp->looked[i];
		return 0;
	}
	if (tree_list(sp->probe.tree, path, d, err) == -1)
		return -1;
	if (i == LOOKED)
		i = 0;
	if (i < sp->nlooked)
		tree_dir_drop(sp->looked[i]);
	else
		sp->nlooked++;
	sp->looked[i] = *d;
	return 0;
}

int
spool_lookup(struct spool *sp, struct arena *a, const char *path,
    struct spool_entry *e, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash == NULL ? "" : arena_str(a,
	    (struct slice){ path, (size_t)(slash - path) });
	struct tree_dir *d;
	ssize_t i = -1;
	int fresh;

	for (fresh = 0; fresh < 2 && i == -1; fresh++) {
		if (look_in(sp, dir, fresh == 1, &d, err) == -1)
			return err->sys == ENOENT ? 0 : -1;
		i = tree_dir_find(d, slash == NULL ? path : slash + 1);
	}
	if (i == -1 || !fill_entry(sp, d, (size_t)i, a, e))
		return 0;
	keep_dirs(e);
	return 1;
}

void
spool_again(struct spool *sp, const uint64_t *known, size_t n)
{
	sp->begun = false;
	sp->again = true;
	sp->dir = NULL;
	sp->off = 0;
	sp->known = known;
	sp->nknown = n;
}

bool
spool_has(const struct spool *sp, const char *path)
{
	return tree_has(sp->probe.tree, path);
}

bool
spool_is_split(const struct spool *sp)
{
	return sp->drv->range != 0;
}

int
spool_glance(const struct spool *sp, const struct spool_entry *e,
    struct spool_glance *g, struct err *err)
{
	struct stat st;
	size_t i;
	int r;

	if ((r = tree_stat(e->dir, e->name, &st, err)) != 1)
		return r;
	g->bytes = (uint64_t)st.st_size;
	g->arrived = sp->drv->when == NULL || e->refused != NULL ? 0 :
	    sp->drv->when(e);
	if (g->arrived == 0)
		g->arrived = st.st_mtime;
	for (i = 0; i < e->nwith; i++)
		if (tree_stat(spool_with_dir(e, i), e->with[i].name, &st,
		    err) == 1)
			g->bytes += (uint64_t)st.st_size;
	return 1;
}

void
spool_ahead(const struct spool_entry *e, bool look)
{
	size_t n = look ? AHEAD_LOOK : AHEAD, tail = look ? AHEAD_TAIL : 0, i;

	if (e->refused != NULL)
		return;
	tree_ahead(e->dir, e->name, n, tail);
	for (i = 0; i < e->nwith; i++)
		tree_ahead(spool_with_dir(e, i), e->with[i].name, n, 0);
}

void
spool_entry_done(struct spool_entry *e)
{
	size_t i;

	for (i = 0; i < e->nheld; i++)
		tree_release(e->dir, e->held[i]);
	e->nheld = 0;
	if (e->dir != NULL)
		tree_dir_drop(e->dir);
	for (i = 0; i < e->nwith; i++)
		if (e->with[i].dir != NULL)
			tree_dir_drop(e->with[i].dir);
	e->dir = NULL;
	e->nwith = 0;
}

const struct spool_driver *const *
spool_drivers(void)
{
	return drivers;
}

const char *
spool_driver_name(const struct spool_driver *d)
{
	return d->name;
}

const char *
spool_driver_what(const struct spool_driver *d)
{
	return d->what;
}
