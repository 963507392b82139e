#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "io/tree.h"

#define OPEN_SAFE	(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/* The public part comes first, so that one points at the other. */
struct dir {
	struct tree_dir	 pub;
	struct arena	*arena;
	int		 fd;
	atomic_size_t	 refs;
	size_t		 depth;
	uint32_t	*sorted;	/* indexes of pub.v by name; made late */
};

/* A folder still to be visited. */
struct todo {
	char	*path;
	size_t	 depth;
};

struct tree {
	char		*path;
	char		*base;
	int		 fd;		/* of the root directory */
	char		*only;		/* the root is this one file */
	struct dir	*now;		/* the walk's reference */
	struct todo	*todo;		/* a stack; the next one is last */
	size_t		 ntodo, room;
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

static void
push(struct tree *t, char *path, size_t depth)
{
	if (t->ntodo == t->room) {
		t->room = t->room == 0 ? 16 : t->room * 2;
		t->todo = xrealloc(t->todo, t->room, sizeof(*t->todo));
	}
	t->todo[t->ntodo++] = (struct todo){ path, depth };
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

/* Does it name something in a folder, and not the way out of it? */
static bool
is_name(struct slice s)
{
	return s.n > 0 && s.n <= NAME_MAX && !sl_eq(s, SL(".")) &&
	    !sl_eq(s, SL("..")) && memchr(s.p, '/', s.n) == NULL;
}

/* A descriptor for the folder at path, one name after the other. */
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
		if (!is_name(part)) {
			close(fd);
			return err_set(err, ERR_UNSAFE, "%s: bad name", path);
		}
		memcpy(name, part.p, part.n);
		name[part.n] = '\0';
		next = open_below(fd, name, O_DIRECTORY);
		close(fd);
		fd = next;
	}
	if (fd == -1 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(err, ERR_UNSAFE,
		    "%s: a link stands where a folder was", path);
	if (fd == -1)
		return err_sys(err, "%s: cannot open folder", shown(path));
	return fd;
}

static struct tree *
tree_new(int fd, const char *path, const char *base)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->fd = fd;
	t->path = copy(path, strlen(path));
	t->base = copy(base, strlen(base));
	push(t, copy("", 0), 0);
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

/*
 * The folder it lies in is opened, so that reading the file is as safe as
 * any.  A link is left behind here: what is read, and shown, is its target.
 */
static int
open_file(struct tree **out, const char *path, struct err *err)
{
	char *real = realpath(path, NULL), *slash;
	struct stat st;
	int fd;

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
	*out = tree_new(fd, S_ISLNK(st.st_mode) ? real : path, slash + 1);
	(*out)->only = copy(slash + 1, strlen(slash + 1));
	free(real);
	return 0;
}

/*
 * The operand itself may be a link: the user named it.  What lies below it
 * may not.
 */
int
tree_open(struct tree **out, const char *path, struct err *err)
{
	struct stat st;

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
tree_below(struct tree **out, struct tree *t, const char *sub,
    struct err *err)
{
	const char *slash = strrchr(sub, '/');
	int fd = descend(t, sub, err);
	char *path;

	if (fd == -1)
		return -1;
	path = join(t->path, sub);
	*out = tree_new(fd, path, slash == NULL ? sub : slash + 1);
	free(path);
	return 0;
}

void
tree_close(struct tree *t)
{
	if (t == NULL)
		return;
	if (t->now != NULL)
		tree_dir_drop(&t->now->pub);
	while (t->ntodo > 0)
		free(t->todo[--t->ntodo].path);
	free(t->todo);
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

static int
by_inode(const void *a, const void *b)
{
	const struct tree_name *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void
add_name(struct dir *d, size_t *cap, const char *name, uint64_t ino,
    enum tree_type type)
{
	if (d->pub.n == *cap) {
		*cap = *cap == 0 ? 64 : *cap * 2;
		d->pub.v = xrealloc(d->pub.v, *cap, sizeof(*d->pub.v));
	}
	d->pub.v[d->pub.n++] = (struct tree_name){
	    arena_str(d->arena, sl(name)), ino, type };
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
		err_sys(err, "%s: cannot list", shown(d->pub.path));
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
		err_sys(err, "%s: cannot list", shown(d->pub.path));
		closedir(dp);
		return -1;
	}
	closedir(dp);
	if (d->pub.n > 0)
		qsort(d->pub.v, d->pub.n, sizeof(*d->pub.v), by_inode);
	return 0;
}

int
tree_list(struct tree *t, const char *path, struct tree_dir **out,
    struct err *err)
{
	struct dir *d;
	size_t cap = 0;
	int fd = descend(t, path, err);

	if (fd == -1)
		return -1;
	d = xcalloc(1, sizeof(*d));
	d->arena = arena_new();
	d->fd = fd;
	d->pub.path = arena_str(d->arena, sl(path));
	atomic_init(&d->refs, 1);
	if (t->only != NULL) {
		add_name(d, &cap, t->only, 0, TREE_FILE);
	} else if (read_names(d, err) == -1) {
		tree_dir_drop(&d->pub);
		return -1;
	}
	*out = &d->pub;
	return 0;
}

/* Put the subfolders of the folder just listed on the stack, last first. */
static int
push_subfolders(struct tree *t, struct dir *d, struct err *err)
{
	size_t i = d->pub.n;
	int r = 0;

	while (i-- > 0) {
		if (d->pub.v[i].type != TREE_DIR)
			continue;
		if (d->depth + 1 > TREE_DEPTH_MAX) {
			r = err_set(err, ERR_LIMIT, "%s: folders nested "
			    "deeper than %d are not visited",
			    shown(d->pub.path), TREE_DEPTH_MAX);
			break;
		}
		push(t, join(d->pub.path, d->pub.v[i].name), d->depth + 1);
	}
	return r;
}

int
tree_next(struct tree *t, struct tree_dir **out, struct err *err)
{
	struct tree_dir *d;
	struct todo next;
	int r;

	if (t->now != NULL) {
		struct dir *was = t->now;

		t->now = NULL;
		r = push_subfolders(t, was, err);
		tree_dir_drop(&was->pub);
		if (r == -1)
			return -1;
	}
	if (t->ntodo == 0)
		return 0;
	next = t->todo[--t->ntodo];
	r = tree_list(t, next.path, &d, err);
	free(next.path);
	if (r == -1)
		return -1;
	t->now = of(d);
	t->now->depth = next.depth;
	*out = d;
	return 1;
}

static int
by_name(const void *a, const void *b, void *ctx)
{
	const struct tree_name *v = ctx;
	const uint32_t *x = a, *y = b;

	return strcmp(v[*x].name, v[*y].name);
}

/* The first place in sorted whose name is not less than name. */
static size_t
lower_bound(struct dir *d, const char *name)
{
	size_t lo = 0, hi = d->pub.n, mid;
	uint32_t i;

	if (d->sorted == NULL) {
		d->sorted = xcalloc(d->pub.n, sizeof(*d->sorted));
		for (i = 0; i < d->pub.n; i++)
			d->sorted[i] = i;
		qsort_r(d->sorted, d->pub.n, sizeof(*d->sorted), by_name,
		    d->pub.v);
	}
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(d->pub.v[d->sorted[mid]].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

ssize_t
tree_dir_find(struct tree_dir *dir, const char *name)
{
	struct dir *d = of(dir);
	size_t at = lower_bound(d, name);

	if (at == dir->n || strcmp(dir->v[d->sorted[at]].name, name) != 0)
		return -1;
	return d->sorted[at];
}

size_t
tree_dir_heads(struct tree_dir *dir, const char *head, const uint32_t **v)
{
	struct dir *d = of(dir);
	size_t at = lower_bound(d, head), n = 0, len = strlen(head);

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
	close(d->fd);
	free(d->pub.v);
	free(d->sorted);
	arena_free(d->arena);
	free(d);
}

int
tree_file(const struct tree_dir *dir, const char *name, struct stat *st,
    struct err *err)
{
	const struct dir *d = (const struct dir *)(const void *)dir;
	int fd;

	if (!is_name(sl(name)))
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

#define AHEAD	(256 * 1024)	/* bytes; what is longer reads on by itself */

void
tree_ahead(const struct tree_dir *dir, const char *name)
{
	const struct dir *d = (const struct dir *)(const void *)dir;
	int fd;

	if (strchr(name, '/') != NULL ||
	    (fd = open_below(d->fd, name, 0)) == -1)
		return;
	posix_fadvise(fd, 0, AHEAD, POSIX_FADV_WILLNEED);
	close(fd);
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
