#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/extract.h"
#include "act/line.h"
#include "base/sig.h"
#include "io/tree.h"

#define ID_LEAST	4	/* characters of an id that say which */

struct run {
	struct extract	*x;
	struct bag_walk	*walk;
	struct tard	*disk;
	struct tard	*root;		/* for the tree's own folder, or NULL */
	struct timespec	 root_time;	/* tv_nsec UTIME_OMIT: not known */
	struct buf	 path, last_path, last_name;
};

/*
 * What may be put on disk.
 */

static const char *
bad_path(struct slice path)
{
	struct slice rest = path, part;

	if (path.n == 0 || path.n >= PATH_MAX)
		return "its path is too long";
	if (path.p[path.n - 1] == '/')
		return "its path leads out of the folder";
	while (sl_cut(&rest, '/', &part))
		if (!tree_is_name(part) ||
		    memchr(part.p, '\0', part.n) != NULL)
			return "its path leads out of the folder";
	return NULL;
}

/*
 * ".." may only stand in front, and no more often than there are folders
 * above the link: then no chain of links leads out either.
 */
static bool
leads_out(struct slice path, struct slice target)
{
	size_t above = 0, i;
	bool names = false;
	struct slice part;

	for (i = 0; i < path.n; i++)
		above += path.p[i] == '/';
	if (target.n == 0 || target.p[0] == '/')
		return true;
	while (sl_cut(&target, '/', &part)) {
		if (part.n == 0 || sl_eq(part, SL(".")))
			continue;
		if (!sl_eq(part, SL("..")))
			names = true;
		else if (names || above-- == 0)
			return true;
	}
	return false;
}

static const char *
why_not(const struct bag_member *m)
{
	const char *why = bad_path(m->path);

	if (why != NULL)
		return why;
	if (m->hard != NULL || S_ISREG(m->tar.mode) ||
	    S_ISDIR(m->tar.mode) || S_ISFIFO(m->tar.mode))
		return NULL;
	if (!S_ISLNK(m->tar.mode))
		return "a device is not made";
	return m->tar.target == NULL || leads_out(m->path, sl(m->tar.target))
	    ? "a link that leads out of the folder" : NULL;
}

static const char *
text(struct buf *b, struct slice s)
{
	b->n = 0;
	buf_add(b, s);
	buf_addc(b, '\0');
	return b->p;
}

/* A folder may be there already, if it is one. */
static bool
in_the_way(const char *path, const struct bag_member *m)
{
	struct stat st;

	return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (m->hard != NULL || !S_ISDIR(m->tar.mode) ||
	    !S_ISDIR(st.st_mode));
}

static int
put(struct run *r, const struct bag_member *m, const char *hard,
    struct err *err)
{
	struct err why = { 0 };
	int got = tard_put(r->disk, bag_tarr(r->walk), r->path.p, hard,
	    m->tar.target, &why);

	if (got == -1) {
		if (why.code == ERR_FORMAT || why.sys == ENOSPC ||
		    why.sys == EROFS) {
			*err = why;
			return err_at(err, "%.*s", (int)m->path.n,
			    m->path.p);
		}
		r->x->left(r->x->ctx, m->path, why.msg);
		return 0;
	}
	if (got == 1)
		r->x->left(r->x->ctx, m->path, why.msg);
	r->x->names++;
	r->x->bytes += m->tar.size;
	return 0;
}

/* The tree's own folder is there already, and gets its rights last. */
static void
put_root(struct run *r, const struct tarr_member *m)
{
	struct err why;

	r->root_time = m->mtime;
	if (tard_put(r->root, bag_tarr(r->walk), ".", NULL, NULL, &why) != 0)
		r->x->left(r->x->ctx, SL("."), why.msg);
}

/* One member, where its path says; hard links follow their file. */
static int
put_member(struct run *r, const struct bag_member *m, struct err *err)
{
	const char *why, *hard = NULL;

	if (m->path.n == 0) {
		if (r->root != NULL && S_ISDIR(m->tar.mode))
			put_root(r, &m->tar);
		return 0;
	}
	if ((why = why_not(m)) == NULL &&
	    in_the_way(text(&r->path, m->path), m))
		why = "exists already";
	if (why == NULL && m->hard != NULL) {
		if (r->last_name.n == 0 || strcmp(r->last_name.p, m->hard) != 0)
			why = "a hard link without the file it is another "
			    "name of";
		hard = r->last_path.p;
	}
	if (why != NULL) {
		r->x->left(r->x->ctx, m->path, why);
		return 0;
	}
	if (m->hard == NULL && S_ISREG(m->tar.mode)) {
		text(&r->last_name, sl(m->name));
		text(&r->last_path, m->path);
	}
	return put(r, m, hard, err);
}

static int
run_begin(struct run *r, struct bag *b, int dir, bool with_root,
    struct extract *x, struct err *err)
{
	*r = (struct run){ .x = x, .root_time = { 0, UTIME_OMIT } };
	if (fchdir(dir) == -1)
		return err_sys(err, "cannot enter the folder");
	r->walk = bag_walk_new(b);
	r->disk = tard_new(false);
	if (with_root)
		r->root = tard_new(true);
	return 0;
}

static int
run_end(struct run *r, int so_far, struct err *err)
{
	struct err late = { 0 };
	int put = tard_free(r->disk, &late);

	r->x->frames += bag_frames_read(r->walk);
	if (tard_free(r->root, &late) == -1)
		put = -1;
	if (put == -1 && so_far != -1) {
		*err = late;
		so_far = -1;
	}
	bag_walk_free(r->walk);
	buf_free(&r->path);
	buf_free(&r->last_path);
	buf_free(&r->last_name);
	return so_far;
}

static int
put_segment(struct run *r, size_t i, struct err *err)
{
	struct bag_member m;
	int got = 0;

	bag_walk_segment(r->walk, i);
	r->last_name.n = 0;
	while (got != -1 && !sig_stop() &&
	    (got = bag_next(r->walk, &m, err)) == 1)
		if (m.part == BAG_PAYLOAD)
			got = put_member(r, &m, err);
	return got;
}

static void
left_segment(struct run *r, const struct bag *b, size_t i, const char *why)
{
	struct buf where = { 0 };
	uint64_t at, n;

	bag_segment(b, i, &at, &n);
	buf_fmt(&where, "bytes %" PRIu64 " to %" PRIu64 " of the archive", at,
	    at + n);
	r->x->left(r->x->ctx, buf_sl(&where), why);
	buf_free(&where);
}

/* With an index one segment is damaged, and the next one is read. */
int
bag_extract(struct bag *b, int dir, bool with_root, struct extract *x,
    struct err *err)
{
	struct run run;
	size_t i, damaged = 0;
	int r = run_begin(&run, b, dir, with_root, x, err);

	if (r == -1)
		return -1;
	for (i = 0; r != -1 && i < bag_segments(b) && !sig_stop(); i++) {
		r = put_segment(&run, i, err);
		if (r == -1 && err->code == ERR_FORMAT && bag_indexed(b)) {
			left_segment(&run, b, i, err->msg);
			damaged++;
			r = 0;
		}
		if (x->progress != NULL)
			x->progress(x->progress_ctx, x->names, x->bytes);
	}
	if (r != -1 && damaged > 0 && x->names == 0)
		r = -1;		/* err is that of the last one */
	if (r != -1 && sig_stop())
		r = err_set(err, ERR_SYS, "stopped");
	r = run_end(&run, r, err);
	(void)futimens(dir, (struct timespec[]){ { 0, UTIME_OMIT },
	    run.root_time });
	return r;
}

/*
 * One of it.
 */

/* A hard link alone: its own name, with the bytes of the file before it. */
static int
put_alone(struct run *r, const struct seek_place *p,
    const struct bag_member *link, struct err *err)
{
	struct buf name = { 0 }, path = { 0 };
	struct bag_member m;
	int got;

	text(&name, sl(link->hard));
	text(&path, link->path);
	bag_walk_home(r->walk, p);
	while ((got = bag_next(r->walk, &m, err)) == 1) {
		if (m.hard != NULL || strcmp(m.name, name.p) != 0)
			continue;
		m.path = sl(path.p);
		got = put_member(r, &m, err);
		break;
	}
	buf_free(&name);
	buf_free(&path);
	return got;
}

static int
put_place(struct run *r, const struct seek_place *p, struct err *err)
{
	struct bag_member m;
	int got;

	bag_walk_place(r->walk, p);
	if ((got = bag_next(r->walk, &m, err)) != 1)
		return got;
	if (m.part != BAG_PAYLOAD)
		return 0;
	got = m.hard != NULL ? put_alone(r, p, &m, err) :
	    put_member(r, &m, err);
	return got == -1 ? -1 : 1;
}

/* By the index; 0: it does not know the name. */
static int
by_index(struct run *r, struct bag *b, struct slice name, struct err *err)
{
	const struct seek_place *p;
	size_t n = bag_find(b, name, &p), i;
	int found = 0, got;

	for (i = 0; i < n; i++) {
		if ((got = put_place(r, &p[i], err)) == -1)
			return -1;
		found |= got;
	}
	return found;
}

/* Without an index: all members are looked at. */
static int
by_walk(struct run *r, struct bag *b, struct slice path, struct err *err)
{
	struct bag_member m;
	int got, found = 0;

	bag_walk_segment(r->walk, 0);
	while (!bag_indexed(b) && (got = bag_next(r->walk, &m, err)) != 0) {
		if (got == -1)
			return -1;
		if (m.part != BAG_PAYLOAD || !sl_eq(m.path, path))
			continue;
		if (put_member(r, &m, err) == -1)
			return -1;
		found = 1;
	}
	return found;
}

/* Entries whose id begins so, one after the other, by their paths or ids. */
static int
by_id(struct run *r, struct bag *b, struct slice id, struct err *err)
{
	struct arena *a = arena_new();
	struct buf lines = { 0 };
	struct slice rest, one;
	struct line l;
	int got = bag_tag(b, "entries.ndjson", &lines, err), found = 0;

	rest = buf_sl(&lines);
	while (got == 1 && sl_cut(&rest, '\n', &one)) {
		if (line_read(one, a, &l) && sl_starts(l.id, id)) {
			got = bag_indexed(b) ? by_index(r, b, l.id, err) :
			    by_walk(r, b, l.path, err);
			found |= got == 1;
			got = got == -1 ? -1 : 1;
		}
		arena_reset(a);
	}
	buf_free(&lines);
	arena_free(a);
	return got == -1 ? -1 : found;
}

int
bag_extract_name(struct bag *b, int dir, const char *name,
    struct extract *x, struct err *err)
{
	struct run run;
	int r;

	if (run_begin(&run, b, dir, false, x, err) == -1)
		return -1;
	r = by_index(&run, b, sl(name), err);
	if (r == 0)
		r = by_walk(&run, b, sl(name), err);
	if (r == 0 && strlen(name) >= ID_LEAST)
		r = by_id(&run, b, sl(name), err);
	return run_end(&run, r, err);
}
