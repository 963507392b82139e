#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/line.h"
#include "act/prune.h"
#include "base/hash.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "io/below.h"
#include "io/tree.h"

struct item {
	struct line	 l;
	const struct verified *v;
	const char	*path;		/* with a NUL */
	const char	*name;		/* its last part */
};

struct run {
	struct prune	*p;
	int		 root;
	struct arena	*a;
	struct item	*v;
	size_t		 n, cap;
	struct sha256	*sha;
	struct buf	 b;
};

/*
 * What the archive holds: its lines and its members, side by side.
 */

static mode_t
type_of(struct slice type)
{
	if (sl_eq(type, SL("file")))
		return S_IFREG;
	if (sl_eq(type, SL("folder")))
		return S_IFDIR;
	return sl_eq(type, SL("link")) ? S_IFLNK : 0;
}

static bool
is_path(struct slice path)
{
	struct slice part;

	if (path.n >= PATH_MAX)
		return false;
	while (sl_cut(&path, '/', &part))
		if (!tree_is_name(part))
			return false;
	return true;
}

static int
add_item(struct run *r, const struct line *l, const struct verified *v,
    struct err *err)
{
	struct item it = { .l = *l, .v = v, .path = arena_str(r->a, l->path) };
	mode_t type = type_of(l->type);

	if (!sl_eq(sl(v->name), l->member) || !is_path(l->path) ||
	    (type != 0 && type != v->type))
		return err_set(err, ERR_FORMAT, "members.ndjson does not "
		    "belong to this archive");
	it.name = strrchr(it.path, '/') == NULL ? it.path :
	    strrchr(it.path, '/') + 1;
	*(struct item *)arena_more(r->a, &r->v, &r->n, &r->cap,
	    sizeof(*r->v)) = it;
	return 0;
}

static int
read_items(struct run *r, const struct verify *v, struct err *err)
{
	struct slice rest = buf_sl(&v->members), one;
	struct line l;
	size_t i = 0;

	while (sl_cut(&rest, '\n', &one)) {
		if (!line_read(one, r->a, &l))
			return err_set(err, ERR_FORMAT,
			    "members.ndjson: a line that is none");
		if (l.absent)
			continue;
		if (i == v->n)
			return err_set(err, ERR_FORMAT, "members.ndjson does "
			    "not belong to this archive");
		if (add_item(r, &l, &v->v[i++], err) == -1)
			return -1;
	}
	return i == v->n ? 0 : err_set(err, ERR_FORMAT,
	    "members.ndjson does not belong to this archive");
}

/* Folder by folder: by the path without the name, then by the name. */
static int
by_folder(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	struct slice p = { x->path, (size_t)(x->name - x->path) };
	struct slice q = { y->path, (size_t)(y->name - y->path) };
	int c = sl_cmp(p, q);

	return c != 0 ? c : strcmp(x->name, y->name);
}

/*
 * Is it still that?
 */

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
same_bytes(struct run *r, int fd, const struct item *it)
{
	uint8_t sha256[32];
	ssize_t n;
	off_t at = 0;

	sha256_start(r->sha);
	r->b.n = 0;
	while ((n = pread(fd, buf_room(&r->b, 1 << 20), 1 << 20, at)) > 0) {
		sha256_add(r->sha, (struct slice){ r->b.p, (size_t)n });
		at += n;
	}
	sha256_end(r->sha, sha256);
	return n == 0 && memcmp(sha256, it->v->sha256, 32) == 0;
}

/* A write lease is given only when nobody else has the file open. */
static const char *
why_in_use(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
		return NULL;
	return errno == EAGAIN ? "a process has it open" :
	    "the file system cannot tell whether a process has it open";
}

static const char *
why_file_stays(struct run *r, int fd, const struct item *it)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_ino != it->l.ino || (uint64_t)st.st_size != it->l.size ||
	    !same_time(st.st_mtim, it->l.mtime))
		return "it changed since it was packed";
	if (!same_time(st.st_ctim, it->l.ctime) &&
	    (it->l.links < 2 || !same_bytes(r, fd, it)))
		return "it changed since it was packed";
	return why_in_use(fd);
}

static const char *
why_link_stays(struct run *r, int dir, const struct item *it,
    const struct stat *st)
{
	ssize_t n;

	if ((st->st_mode & S_IFMT) != it->v->type ||
	    st->st_ino != it->l.ino || !same_time(st->st_mtim, it->l.mtime) ||
	    !same_time(st->st_ctim, it->l.ctime))
		return "it changed since it was packed";
	if (!S_ISLNK(st->st_mode))
		return NULL;
	r->b.n = 0;
	n = readlinkat(dir, it->name, buf_room(&r->b, PATH_MAX), PATH_MAX);
	return n >= 0 && sl_eq((struct slice){ r->b.p, (size_t)n },
	    it->l.target) ? NULL : "it changed since it was packed";
}

/*
 * Removing.
 */

static void
stays(struct run *r, const struct item *it, const char *why)
{
	r->p->stay++;
	r->p->stays(r->p->ctx, it->l.path, why);
}

static void
remove_name(struct run *r, int dir, const struct item *it, uint64_t bytes)
{
	if (r->p->commit && unlinkat(dir, it->name, 0) == -1) {
		stays(r, it, strerrordesc_np(errno));
		return;
	}
	r->p->files++;
	r->p->bytes += bytes;
}

/* The lease is held until the name is gone: who opens it waits. */
static void
prune_file(struct run *r, int dir, const struct item *it)
{
	int fd = below_open(dir, it->name, O_RDONLY, 0);
	const char *why;

	if (fd == -1) {
		stays(r, it, strerrordesc_np(errno));
		return;
	}
	if ((why = why_file_stays(r, fd, it)) != NULL)
		stays(r, it, why);
	else
		remove_name(r, dir, it, it->l.size);
	close(fd);
}

static void
prune_one(struct run *r, int dir, const struct item *it)
{
	struct stat st;
	const char *why;

	if (it->l.problem.n > 0) {
		stays(r, it, "it changed while it was packed");
		return;
	}
	if (fstatat(dir, it->name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			r->p->gone++;
		else
			stays(r, it, strerrordesc_np(errno));
		return;
	}
	if (S_ISREG(it->v->type)) {
		prune_file(r, dir, it);
		return;
	}
	if ((why = why_link_stays(r, dir, it, &st)) != NULL)
		stays(r, it, why);
	else
		remove_name(r, dir, it, 0);
}

static bool
same_folder(const struct item *a, const struct item *b)
{
	size_t n = (size_t)(a->name - a->path);

	return n == (size_t)(b->name - b->path) &&
	    memcmp(a->path, b->path, n) == 0;
}

/* The files of one folder, from v[i]; the next one's first. */
static size_t
prune_folder(struct run *r, size_t i)
{
	const char *last;
	int dir = below_parent(r->root, r->v[i].path, &last);
	size_t k;

	for (k = i; k < r->n && same_folder(&r->v[i], &r->v[k]) &&
	    !sig_stop(); k++) {
		if (S_ISDIR(r->v[k].v->type))
			continue;
		if (dir != -1)
			prune_one(r, dir, &r->v[k]);
		else if (errno == ENOENT)
			r->p->gone++;
		else
			stays(r, &r->v[k], "its folder cannot be opened");
	}
	if (dir != -1) {
		if (r->p->commit)
			(void)fsync(dir);
		close(dir);
	}
	return k;
}

/* A folder of the same name in another tree is somebody else's. */
static bool
is_packed(int dir, const char *name, const struct item *it)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_ino == it->l.ino;
}

/* Those below first: they stand behind those above. */
static void
prune_empty(struct run *r)
{
	const char *last;
	size_t i = r->n;
	int dir;

	while (i-- > 0 && !sig_stop()) {
		if (!S_ISDIR(r->v[i].v->type))
			continue;
		if (r->v[i].path[0] == '\0') {
			r->p->same = is_packed(r->root, ".", &r->v[i]);
			continue;
		}
		dir = below_parent(r->root, r->v[i].path, &last);
		if (dir == -1)
			continue;
		if (is_packed(dir, last, &r->v[i]) &&
		    unlinkat(dir, last, AT_REMOVEDIR) == 0)
			r->p->folders++;
		close(dir);
	}
}

int
bag_prune(const struct verify *v, int root, struct prune *p, struct err *err)
{
	struct run r = { .p = p, .root = root, .a = arena_new(),
	    .sha = sha256_new() };
	int got = read_items(&r, v, err);
	size_t i = 0;

	signal(SIGIO, SIG_IGN);		/* who waits for a lease to end */
	if (got == 0 && r.n > 0)
		qsort(r.v, r.n, sizeof(*r.v), by_folder);
	while (got == 0 && i < r.n && !sig_stop()) {
		i = prune_folder(&r, i);
		if (p->progress != NULL)
			p->progress(p->progress_ctx, p->files, p->bytes);
	}
	if (got == 0 && p->commit && !p->live)
		prune_empty(&r);
	if (got == 0 && sig_stop())
		got = err_set(err, ERR_SYS, "stopped");
	sha256_free(r.sha);
	buf_free(&r.b);
	arena_free(r.a);
	return got;
}
