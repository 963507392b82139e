#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "io/archive.h"
#include "io/members.h"
#include "io/tree.h"

#define OPEN_SAFE	(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/* The public part comes first, so that one points at the other. */
struct dir {
	struct tree_dir	 pub;
	struct arena	*arena;
	int		 fd;
	atomic_size_t	 refs;
	uint32_t	*sorted;	/* indexes of pub.v by name; made late */
	struct members	*members;	/* of an archive: pub.v is theirs */
};

/*
 * A folder with subfolders still to be visited.  Their names, not their
 * paths: a million of them far down would be gigabytes.
 */
struct level {
	char		*path;
	struct buf	 names;		/* of its subfolders, each with a NUL */
	size_t		 at;		/* of the next one in names */
};

struct tree {
	char		*path;
	char		*base;
	int		 fd;		/* of the root directory */
	char		*only;		/* the root is this one file */
	struct members	*members;	/* it is an archive: fd is -1, */
	uint32_t	 folder;	/* and this the root folder's number */
	struct dir	*now;		/* the walk's reference */
	bool		 begun;		/* the root was visited */
	char		*where;		/* what the last step was about */
	const char	*const *first;	/* folders of the root; or NULL */
	struct level	 level[TREE_DEPTH_MAX];	/* root first: a stack */
	size_t		 depth;		/* of it: of the folder just visited */
};

static struct dir *
of(struct tree_dir *d)
{
	return (struct dir *)(void *)d;
}

/* O_NOATIME is for the owner and root only. */
static int
open_below(int at, const char *name, int flags)
{
	int fd = openat(at, name, flags | OPEN_SAFE | O_NOATIME);

	if (fd == -1 && errno == EPERM)
		fd = openat(at, name, flags | OPEN_SAFE);
	return fd;
}

static char *
copy(const char *s, size_t n)
{
	char *p = xalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

/* The path of name in the folder at path, which may end in a slash. */
static char *
join(const char *path, const char *name)
{
	size_t n = strlen(path), k = strlen(name);
	bool slash = n > 0 && path[n - 1] != '/';
	char *p = xalloc(n + k + 2);

	memcpy(p, path, n);
	if (slash)
		p[n] = '/';
	memcpy(p + n + slash, name, k + 1);
	return p;
}

/* A folder's path as a message names it: the root's is empty. */
static const char *
shown(const char *path)
{
	return path[0] == '\0' ? "." : path;
}

/* The last part of path; "." and ".." are resolved to say something. */
static char *
base_of(const char *path)
{
	size_t n = strlen(path), i;
	char *real, *base;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (i = n; i > 0 && path[i - 1] != '/'; i--)
		;
	if (n - i <= 2 && path[i] == '.' &&
	    (real = realpath(path, NULL)) != NULL) {
		base = copy(strrchr(real, '/') + 1,
		    strlen(strrchr(real, '/') + 1));
		free(real);
		return base;
	}
	return copy(path + i, n - i);
}

bool
tree_is_name(struct slice s)
{
	return s.n > 0 && s.n <= NAME_MAX && !sl_eq(s, SL(".")) &&
	    !sl_eq(s, SL("..")) && memchr(s.p, '/', s.n) == NULL;
}

/*
 * A descriptor for the folder at path, one name after the other.  Callers
 * add the path to the message, so that a long one cannot push out why.
 */
static int
descend(struct tree *t, const char *path, struct err *err)
{
	struct slice rest = sl(path), part;
	int fd, next;
	char name[NAME_MAX + 1];

	if (t->only != NULL)	/* its folder may forbid listing */
		fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
	else
		fd = open_below(t->fd, ".", O_DIRECTORY);
	while (fd != -1 && sl_cut(&rest, '/', &part)) {
		if (!tree_is_name(part)) {
			close(fd);
			return err_set(err, ERR_UNSAFE, "bad name");
		}
		memcpy(name, part.p, part.n);
		name[part.n] = '\0';
		next = open_below(fd, name, O_DIRECTORY);
		close(fd);
		fd = next;
	}
	if (fd == -1 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(err, ERR_UNSAFE,
		    "a link stands where a folder was");
	if (fd == -1)
		return err_sys(err, "cannot open folder");
	return fd;
}

static struct tree *
tree_new(int fd, const char *path, const char *base)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->fd = fd;
	t->path = copy(path, strlen(path));
	t->base = copy(base, strlen(base));
	return t;
}

static int
open_folder(struct tree **out, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *base;

	if (fd == -1)
		return err_sys(err, "%s: cannot open", path);
	base = base_of(path);
	*out = tree_new(fd, path, base);
	free(base);
	return 0;
}

/* A compressed file that is no archive is called as it is on the disk. */
static int
open_archive(struct tree **out, int fd, const char *path, const char *name,
    struct err *err)
{
	struct members *ms;
	struct slice stem;
	char *base;

	if (members_new(&ms, fd, name, err) == -1)
		return err_at(err, "%s", path);
	stem = arc_stem(sl(name));
	base = copy(stem.p, stem.n);
	*out = tree_new(-1, path, base);
	free(base);
	(*out)->members = ms;
	if (members_single(ms))
		(*out)->only = copy(name, strlen(name));
	return 0;
}

/* A descriptor of the file when it is an archive, or -1. */
static int
sniff_archive(int at, const char *name)
{
	struct stat st;
	int fd = open_below(at, name, 0);

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    arc_sniff(fd))
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

/*
 * The folder it lies in is opened, so that reading the file is as safe as
 * any.  A link is left behind here: what is read, and shown, is its target.
 */
static int
open_file(struct tree **out, const char *path, struct err *err)
{
	char *real = realpath(path, NULL), *slash;
	struct stat st;
	int fd, arc;

	if (real == NULL || lstat(path, &st) == -1) {
		free(real);
		return err_sys(err, "%s: cannot open", path);
	}
	slash = strrchr(real, '/');
	*slash = '\0';
	fd = open(slash == real ? "/" : real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	if (fd == -1) {
		err_sys(err, "%s: cannot open its folder", path);
		free(real);
		return -1;
	}
	path = S_ISLNK(st.st_mode) ? real : path;
	if ((arc = sniff_archive(fd, slash + 1)) != -1) {
		close(fd);
		fd = open_archive(out, arc, path, slash + 1, err);
		free(real);
		return fd;
	}
	*out = tree_new(fd, path, slash + 1);
	(*out)->only = copy(slash + 1, strlen(slash + 1));
	free(real);
	return 0;
}

/* "x.tar/In": the folder In within x.tar.  False: it is not like that. */
static bool
open_within(struct tree **out, const char *path, int *r, struct err *err)
{
	char *outer = copy(path, strlen(path)), *slash = outer, *sub;
	struct stat st;
	struct tree *t;
	bool is = false;

	while (!is && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		is = stat(outer, &st) == 0 && S_ISREG(st.st_mode);
		if (!is)
			*slash = '/';
	}
	if (is && (*r = open_file(&t, outer, err)) == 0) {
		sub = copy(slash + 1, strlen(slash + 1));
		while (sub[0] != '\0' && sub[strlen(sub) - 1] == '/')
			sub[strlen(sub) - 1] = '\0';
		is = t->members != NULL && t->only == NULL;
		if (is && (*r = tree_below(out, t, sub, err)) == -1)
			err_at(err, "%s", outer);
		tree_close(t);
		free(sub);
	}
	free(outer);
	return is;
}

/*
 * The operand itself may be a link: the user named it.  What lies below it
 * may not.
 */
int
tree_open(struct tree **out, const char *path, struct err *err)
{
	struct stat st;
	int r;

	if (stat(path, &st) == -1 && errno == ENOTDIR &&
	    open_within(out, path, &r, err))
		return r;
	if (stat(path, &st) == -1)
		return err_sys(err, "%s: cannot open", path);
	if (S_ISDIR(st.st_mode))
		return open_folder(out, path, err);
	if (S_ISREG(st.st_mode))
		return open_file(out, path, err);
	return err_set(err, ERR_UNSAFE,
	    "%s: neither a folder nor a regular file", path);
}

int
tree_open_part(struct tree **out, const char *path, int fd, struct err *err)
{
	const char *slash = strrchr(path, '/');

	return open_archive(out, fd, path, slash == NULL ? path : slash + 1,
	    err);
}

/* As descend, in an archive. */
static int
descend_members(const struct tree *t, const char *path, uint32_t *folder,
    struct err *err)
{
	struct slice rest = sl(path), part;
	int64_t at = t->folder;

	while (at != -1 && sl_cut(&rest, '/', &part)) {
		if (!tree_is_name(part))
			return err_set(err, ERR_UNSAFE, "%s: bad name", path);
		at = members_folder(t->members, (uint32_t)at, part);
	}
	if (at == -1) {
		err_set(err, ERR_SYS, "%s: no such folder in the archive",
		    path);
		err->sys = ENOENT;
		return -1;
	}
	*folder = (uint32_t)at;
	return 0;
}

int
tree_below(struct tree **out, struct tree *t, const char *sub,
    struct err *err)
{
	const char *slash = strrchr(sub, '/');
	uint32_t folder = 0;
	char *path;
	int fd = -1;

	if (t->members != NULL ?
	    descend_members(t, sub, &folder, err) == -1 :
	    (fd = descend(t, sub, err)) == -1)
		return err_at(err, "%s", shown(sub));
	path = join(t->path, sub);
	*out = tree_new(fd, path, slash == NULL ? sub : slash + 1);
	if (t->members != NULL)
		(*out)->members = members_keep(t->members);
	(*out)->folder = folder;
	free(path);
	return 0;
}

static void
pop(struct tree *t)
{
	struct level *l = &t->level[--t->depth];

	free(l->path);
	buf_free(&l->names);
}

void
tree_close(struct tree *t)
{
	if (t == NULL)
		return;
	if (t->now != NULL)
		tree_dir_drop(&t->now->pub);
	while (t->depth > 0)
		pop(t);
	free(t->where);
	if (t->members != NULL)
		members_drop(t->members);
	else
		close(t->fd);
	free(t->only);
	free(t->base);
	free(t->path);
	free(t);
}

const char *
tree_path(const struct tree *t)
{
	return t->path;
}

const char *
tree_base(const struct tree *t)
{
	return t->base;
}

bool
tree_is_file(const struct tree *t)
{
	return t->only != NULL;
}

struct members *
tree_members(const struct tree *t)
{
	return t->members;
}

static enum tree_type
type_of(int fd, const struct dirent *de)
{
	struct stat st;
	mode_t m;

	switch (de->d_type) {
	case DT_REG:	return TREE_FILE;
	case DT_DIR:	return TREE_DIR;
	case DT_LNK:	return TREE_LINK;
	case DT_UNKNOWN:
		break;
	default:	return TREE_OTHER;
	}
	if (fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return TREE_FILE;	/* opening it will tell */
	m = st.st_mode;
	return S_ISREG(m) ? TREE_FILE : S_ISDIR(m) ? TREE_DIR :
	    S_ISLNK(m) ? TREE_LINK : TREE_OTHER;
}

static void
sort_inodes(struct tree_dir *dir)
{
	struct tree_name *v = xcalloc(dir->n, sizeof(*v));
	struct sort_key *k = xcalloc(dir->n, sizeof(*k));
	size_t i;

	for (i = 0; i < dir->n; i++)
		k[i] = (struct sort_key){ dir->v[i].ino, (uint32_t)i };
	sort_keys(k, dir->n);
	for (i = 0; i < dir->n; i++)
		v[i] = dir->v[k[i].i];
	free(k);
	free(dir->v);
	dir->v = v;
}

static void
add_name(struct dir *d, size_t *cap, const char *name, uint64_t ino,
    enum tree_type type)
{
	if (d->pub.n == *cap) {
		*cap = *cap == 0 ? 64 : *cap * 2;
		d->pub.v = xrealloc(d->pub.v, *cap, sizeof(*d->pub.v));
	}
	d->pub.v[d->pub.n++] = (struct tree_name){ .name =
	    arena_str(d->arena, sl(name)), .ino = ino, .type = type };
}

/* All names of the folder, but for . and .. */
static int
read_names(struct dir *d, struct err *err)
{
	size_t cap = 0;
	struct dirent *de;
	DIR *dp;
	int fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);

	if (fd == -1 || (dp = fdopendir(fd)) == NULL) {
		err_sys(err, "cannot list");
		if (fd != -1)
			close(fd);
		return -1;
	}
	for (errno = 0; (de = readdir(dp)) != NULL; errno = 0) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (d->pub.n == TREE_NAMES_MAX) {
			d->pub.cut = true;
			break;
		}
		add_name(d, &cap, de->d_name, de->d_ino, type_of(d->fd, de));
	}
	if (errno != 0) {
		err_sys(err, "cannot list");
		closedir(dp);
		return -1;
	}
	closedir(dp);
	sort_inodes(&d->pub);
	return 0;
}

static int
list(struct tree *t, const char *path, struct tree_dir **out, struct err *err)
{
	uint32_t folder = 0;
	struct dir *d;
	size_t cap = 0;
	int fd = -1;

	if (t->members != NULL ?
	    descend_members(t, path, &folder, err) == -1 :
	    (fd = descend(t, path, err)) == -1)
		return -1;
	d = xcalloc(1, sizeof(*d));
	d->arena = arena_new();
	d->fd = fd;
	d->pub.path = arena_str(d->arena, sl(path));
	atomic_init(&d->refs, 1);
	if (t->members != NULL) {
		d->members = members_keep(t->members);
		d->pub.n = members_names(d->members, folder, &d->pub.v);
	} else if (t->only != NULL) {
		add_name(d, &cap, t->only, 0, TREE_FILE);
	} else if (read_names(d, err) == -1) {
		tree_dir_drop(&d->pub);
		return -1;
	}
	*out = &d->pub;
	return 0;
}

int
tree_list(struct tree *t, const char *path, struct tree_dir **out,
    struct err *err)
{
	return list(t, path, out, err) == -1 ?
	    err_at(err, "%s", shown(path)) : 0;
}

/* Is it a folder of the root that goes before the others? */
static bool
goes_first(const struct tree *t, const struct dir *d, const char *name)
{
	size_t i;

	if (t->first == NULL || d->pub.path[0] != '\0')
		return false;
	for (i = 0; t->first[i] != NULL; i++)
		if (strcmp(t->first[i], name) == 0)
			return true;
	return false;
}

static void
add_first(const struct tree *t, const struct dir *d, struct buf *names)
{
	size_t i, k;

	for (k = 0; t->first != NULL && t->first[k] != NULL; k++)
		for (i = 0; i < d->pub.n; i++)
			if (d->pub.v[i].type == TREE_DIR &&
			    strcmp(d->pub.v[i].name, t->first[k]) == 0 &&
			    goes_first(t, d, t->first[k]))
				buf_add(names, (struct slice){ t->first[k],
				    strlen(t->first[k]) + 1 });
}

/* Remember the subfolders of the folder just visited. */
static int
push_subfolders(struct tree *t, const struct dir *d, struct err *err)
{
	struct level l = { NULL, { NULL, 0, 0 }, 0 };
	size_t len = strlen(d->pub.path), i;
	bool deep = false, is_long = false;

	add_first(t, d, &l.names);
	for (i = 0; i < d->pub.n; i++) {
		struct slice name = sl(d->pub.v[i].name);

		if (d->pub.v[i].type != TREE_DIR ||
		    goes_first(t, d, name.p))
			continue;
		if (t->depth == TREE_DEPTH_MAX)
			deep = true;
		else if (len + 1 + name.n > TREE_PATH_MAX)
			is_long = true;
		else
			buf_add(&l.names, (struct slice){ name.p, name.n + 1 });
	}
	if (l.names.n > 0) {
		l.path = copy(d->pub.path, len);
		t->level[t->depth++] = l;
	}
	if (deep)
		return err_set(err, ERR_LIMIT, "folders nested deeper than "
		    "%d are not visited", TREE_DEPTH_MAX);
	if (is_long)
		return err_set(err, ERR_LIMIT, "folders with a path of more "
		    "than %d bytes are not visited", TREE_PATH_MAX);
	return 0;
}

/* The path of the next folder, to be freed, or NULL. */
static char *
next_path(struct tree *t)
{
	struct level *l;
	char *path;

	if (!t->begun) {
		t->begun = true;
		return copy("", 0);
	}
	while (t->depth > 0 &&
	    t->level[t->depth - 1].at == t->level[t->depth - 1].names.n)
		pop(t);
	if (t->depth == 0)
		return NULL;
	l = &t->level[t->depth - 1];
	path = join(l->path, l->names.p + l->at);
	l->at += strlen(l->names.p + l->at) + 1;
	return path;
}

/* Eight bytes of a name as a number, NUL behind its end. */
static uint64_t
name_key(const char *name)
{
	uint64_t key = 0;
	size_t i;

	for (i = 0; i < sizeof(key); i++) {
		key = key << 8 | (unsigned char)*name;
		name += *name != '\0';
	}
	return key;
}

/* Those of k by name, of which the first same bytes are the same. */
static void
sort_behind(const struct tree_name *v, struct sort_key *k, size_t n,
    size_t same)
{
	size_t i, run;

	for (i = 0; i < n; i++)
		k[i].key = name_key(v[k[i].i].name + same);
	sort_keys(k, n);
	for (i = 0; i < n; i += run) {
		run = sort_run(k + i, n - i);
		if (run > 1 && (k[i].key & 0xff) != 0)
			sort_behind(v, k + i, run, same + sizeof(k->key));
	}
}

static void
sort_names(struct dir *d)
{
	struct sort_key *k;
	uint32_t i;

	if (d->sorted != NULL)
		return;
	k = xcalloc(d->pub.n, sizeof(*k));
	for (i = 0; i < d->pub.n; i++)
		k[i].i = i;
	sort_behind(d->pub.v, k, d->pub.n, 0);
	d->sorted = xcalloc(d->pub.n, sizeof(*d->sorted));
	for (i = 0; i < d->pub.n; i++)
		d->sorted[i] = k[i].i;
	free(k);
}

int
tree_next(struct tree *t, struct tree_dir **out, struct err *err)
{
	struct dir *was = t->now;
	char *path;
	int r = 0;

	if (was != NULL) {
		t->now = NULL;
		r = push_subfolders(t, was, err);
		tree_dir_drop(&was->pub);
		if (r == -1)
			return -1;	/* where is still that folder */
	}
	if ((path = next_path(t)) == NULL)
		return 0;
	free(t->where);
	t->where = path;
	if (list(t, path, out, err) == -1)
		return -1;
	t->now = of(*out);
	if (t->members != NULL)
		sort_names(t->now);	/* workers look names up in it */
	return 1;
}

void
tree_again(struct tree *t, const char *const *first)
{
	if (t->now != NULL)
		tree_dir_drop(&t->now->pub);
	t->now = NULL;
	while (t->depth > 0)
		pop(t);
	t->begun = false;
	t->first = first;
}

const char *
tree_where(const struct tree *t)
{
	return t->where == NULL ? "." : shown(t->where);
}

/* The first place in sorted whose name is not less than name. */
static size_t
lower_bound(const struct dir *d, const char *name)
{
	size_t lo = 0, hi = d->pub.n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(d->pub.v[d->sorted[mid]].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static ssize_t
find_sorted(const struct dir *d, const char *name)
{
	size_t at = lower_bound(d, name);

	if (at == d->pub.n || strcmp(d->pub.v[d->sorted[at]].name, name) != 0)
		return -1;
	return d->sorted[at];
}

ssize_t
tree_dir_find(struct tree_dir *dir, const char *name)
{
	sort_names(of(dir));
	return find_sorted(of(dir), name);
}

size_t
tree_dir_heads(struct tree_dir *dir, const char *head, const uint32_t **v)
{
	struct dir *d = of(dir);
	size_t at, n = 0, len = strlen(head);

	sort_names(d);
	at = lower_bound(d, head);
	*v = d->sorted + at;
	while (at + n < dir->n &&
	    strncmp(dir->v[d->sorted[at + n]].name, head, len) == 0)
		n++;
	return n;
}

struct tree_dir *
tree_dir_keep(struct tree_dir *dir)
{
	atomic_fetch_add(&of(dir)->refs, 1);
	return dir;
}

void
tree_dir_drop(struct tree_dir *dir)
{
	struct dir *d = of(dir);

	if (atomic_fetch_sub(&d->refs, 1) != 1)
		return;
	if (d->members != NULL) {
		members_drop(d->members);
	} else {
		close(d->fd);
		free(d->pub.v);
	}
	free(d->sorted);
	arena_free(d->arena);
	free(d);
}

static const struct dir *
of_const(const struct tree_dir *dir)
{
	return (const struct dir *)(const void *)dir;
}

static int
open_member(const struct dir *d, const char *name, struct stat *st,
    struct err *err)
{
	ssize_t i = d->sorted == NULL ? -1 : find_sorted(d, name);

	if (i == -1)
		return err_set(err, ERR_FORMAT, "bad name");
	if (d->pub.v[i].type != TREE_FILE || d->pub.v[i].refused != NULL)
		return err_set(err, ERR_UNSAFE, "not a regular file");
	return members_open(d->members, d->pub.v[i].ino, st, err);
}

size_t
tree_file_streams(const struct tree_dir *dir, const char *name, int fd,
    struct arena *a, size_t max, struct stream v[TREE_STREAMS_MAX], bool *more)
{
	const struct dir *d = of_const(dir);
	ssize_t i;

	if (dir == NULL || d->members == NULL)
		return tree_streams(fd, a, max, v, more);
	*more = false;
	i = d->sorted == NULL ? -1 : find_sorted(d, name);
	return i == -1 ? 0 : members_streams(d->members, d->pub.v[i].ino, a,
	    max, v, more);
}

int
tree_file(const struct tree_dir *dir, const char *name, struct stat *st,
    struct err *err)
{
	const struct dir *d = of_const(dir);
	int fd;

	if (d->members != NULL)
		return open_member(d, name, st, err);
	if (!tree_is_name(sl(name)))
		return err_set(err, ERR_UNSAFE, "bad name");
	fd = open_below(d->fd, name, 0);
	if (fd == -1 && errno == ELOOP)
		return err_set(err, ERR_UNSAFE, "a link, not followed");
	if (fd == -1 && (errno == ENXIO || errno == ENODEV))
		return err_set(err, ERR_UNSAFE, "not a regular file");
	if (fd == -1)
		return err_sys(err, "cannot open");
	if (fstat(fd, st) == -1)
		err_sys(err, "cannot stat");
	else if (!S_ISREG(st->st_mode))
		err_set(err, ERR_UNSAFE, "not a regular file");
	else
		return fd;
	close(fd);
	return -1;
}

int
tree_stat(const struct tree_dir *dir, const char *name, struct stat *st,
    struct err *err)
{
	const struct dir *d = of_const(dir);

	if (d->members != NULL)
		return err_set(err, ERR_USAGE, "in an archive, which is no "
		    "live queue: spoolscan reads it");
	if (fstatat(d->fd, name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : err_sys(err, "cannot stat");
}

bool
tree_has(struct tree *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = copy(path, slash == NULL ? 0 : (size_t)(slash - path));
	struct stat st;
	struct err err;
	int fd = descend(t, folder, &err);
	bool has = fd != -1 && fstatat(fd, slash == NULL ? path : slash + 1,
	    &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (fd != -1)
		close(fd);
	free(folder);
	return has;
}

void
tree_ahead(const struct tree_dir *dir, const char *name, size_t n,
    size_t tail)
{
	const struct dir *d = of_const(dir);
	struct stat st;
	int fd;

	if (d->members != NULL || strchr(name, '/') != NULL ||
	    (fd = open_below(d->fd, name, 0)) == -1)
		return;
	posix_fadvise(fd, 0, (off_t)n, POSIX_FADV_WILLNEED);
	if (tail > 0 && fstat(fd, &st) == 0 && st.st_size > (off_t)n)
		posix_fadvise(fd, st.st_size - (off_t)tail, (off_t)tail,
		    POSIX_FADV_WILLNEED);
	close(fd);
}

size_t
tree_head(const struct tree_dir *dir, size_t i, char *p, size_t n)
{
	const struct dir *d = of_const(dir);
	struct stat st;
	struct err err;
	ssize_t r;
	int fd;

	if (d->members != NULL)
		return dir->v[i].refused != NULL ? 0 :
		    members_head(d->members, dir->v[i].ino, p, n);
	if ((fd = tree_file(dir, dir->v[i].name, &st, &err)) == -1)
		return 0;
	r = tree_read(fd, 0, p, n, &err);
	close(fd);
	return r == -1 ? 0 : (size_t)r;
}

void
tree_release(const struct tree_dir *dir, uint64_t member)
{
	if (of_const(dir)->members != NULL)
		members_release(of_const(dir)->members, member);
}

ssize_t
tree_read(int fd, uint64_t offset, char *p, size_t n, struct err *err)
{
	size_t done = 0;
	ssize_t r;

	while (done < n) {
		r = pread(fd, p + done, n - done, (off_t)(offset + done));
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return err_sys(err, "cannot read");
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}
