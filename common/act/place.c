#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/place.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "io/tree.h"
#include "spool/spool.h"

#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int
dir_open(int at, const char *name, struct err *err)
{
	int fd = openat(at, name, DIR_FLAGS);

	if (fd != -1)
		return fd;
	if (errno == ELOOP || errno == ENOTDIR)
		return err_set(err, ERR_UNSAFE, "%s: no folder, or a link",
		    name);
	return err_sys(err, "%s", name);
}

/* Whose the folder above it is: a server has to get into what root makes. */
static int
give(int above, int dir, const char *name, struct err *err)
{
	struct stat st;

	if (geteuid() != 0 || (fstat(above, &st) == 0 &&
	    fchown(dir, st.st_uid, st.st_gid) == 0))
		return 0;
	return err_sys(err, "%s: owner", name);
}

int
dir_below(int at, struct slice path, bool make, struct err *err)
{
	int fd = fcntl(at, F_DUPFD_CLOEXEC, 0), next;
	bool made;
	char name[NAME_MAX + 1];
	struct slice part;

	if (fd == -1)
		return err_sys(err, "a descriptor");
	while (sl_cut(&path, '/', &part)) {
		next = -1;
		if (!tree_is_name(part) || part.n > NAME_MAX)
			err_set(err, ERR_UNSAFE, "no name of a folder");
		else {
			memcpy(name, part.p, part.n);
			name[part.n] = '\0';
			made = make && mkdirat(fd, name, 0700) == 0;
			if (make && !made && errno != EEXIST)
				err_sys(err, "%s", name);
			else
				next = dir_open(fd, name, err);
			if (made && next != -1 &&
			    give(fd, next, name, err) == -1) {
				close(next);
				next = -1;
			}
		}
		close(fd);
		if ((fd = next) == -1)
			return -1;
	}
	return fd;
}

int
dir_sync(int fd, const char *what, struct err *err)
{
	if (fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP)
		return 0;
	return err_sys(err, "%s: sync", what);
}

/* The folder that holds path, resolved, and path's own name below it. */
static char *
resolve(const char *path, struct err *err)
{
	struct buf b = { 0 };
	struct slice s = sl(path), last;
	char *real = realpath(path, NULL), *up;
	const char *slash;

	if (real != NULL || errno != ENOENT)
		goto out;
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	slash = memrchr(s.p, '/', s.n);
	last = slash == NULL ? s : sl_from(s, (size_t)(slash + 1 - s.p));
	if (slash == NULL)
		buf_add(&b, SL("."));
	else
		buf_add(&b, (struct slice){ s.p, (size_t)(slash + 1 - s.p) });
	buf_addc(&b, '\0');
	up = realpath(b.p, NULL);
	b.n = 0;
	if (up != NULL && tree_is_name(last)) {
		buf_fmt(&b, "%s/" SL_FMT, up[1] == '\0' ? "" : up,
		    SL_ARG(last));
		buf_addc(&b, '\0');
		real = b.p;
	} else
		buf_free(&b);
	free(up);
out:
	if (real == NULL)
		err_sys(err, "%.300s", path);
	return real;
}

/* Is the folder of another file system, or another mount, than up? */
static int
is_mount(int up, const char *base, bool *mount, struct err *err)
{
	struct statx sx, ux;

	if (statx(up, base, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS,
	    &sx) == -1 || statx(up, "", AT_EMPTY_PATH, STATX_BASIC_STATS,
	    &ux) == -1)
		return err_sys(err, "%s", base);
	*mount = sx.stx_dev_major != ux.stx_dev_major ||
	    sx.stx_dev_minor != ux.stx_dev_minor ||
	    (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	return 0;
}

static char *
join(const char *a, const char *b)
{
	struct buf s = { 0 };

	buf_fmt(&s, "%s/%s", a, b);
	buf_addc(&s, '\0');
	return s.p;
}

/* A mount point has nothing beside it on its own file system. */
static int
aside_of_mount(struct place *p, bool make, struct err *err)
{
	free(p->beside_path);
	p->beside_path = join(p->path, SPOOL_ASIDE);
	if (make && mkdirat(p->root, SPOOL_ASIDE, 0700) == -1 &&
	    errno != EEXIST)
		return err_sys(err, "%.300s", p->beside_path);
	p->beside = openat(p->root, SPOOL_ASIDE, DIR_FLAGS);
	if (p->beside == -1 && (make || errno != ENOENT))
		return err_sys(err, "%.300s", p->beside_path);
	return 0;
}

/* The lock file stays: to remove it would let two commands in. */
static int
take_lock(struct place *p, const char *who, struct err *err)
{
	struct buf name = { 0 };
	char held[128];
	ssize_t n;

	buf_fmt(&name, ".%s.spoolkit-lock", p->base);
	buf_addc(&name, '\0');
	p->lock = openat(p->beside, name.p,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p->lock == -1) {
		err_sys(err, "%.200s/%.200s", p->beside_path, name.p);
		buf_free(&name);
		return -1;
	}
	buf_free(&name);
	if (flock(p->lock, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK)
			return err_sys(err, "%.300s: lock", p->path);
		n = pread(p->lock, held, sizeof(held) - 1, 0);
		held[n < 0 ? 0 : n] = '\0';
		return err_set(err, ERR_LIMIT, "%.200s: in use by %s: wait "
		    "until it ends", p->path, held);
	}
	n = snprintf(held, sizeof(held), "%s, process %ld", who,
	    (long)getpid());
	if (ftruncate(p->lock, 0) == -1 ||
	    pwrite(p->lock, held, (size_t)n, 0) != n)
		return err_sys(err, "%.300s: lock", p->path);
	return 0;
}

/* "/srv" of "/srv/Imcdata"; "/" of "/Imcdata". */
static char *
above(const struct place *p)
{
	size_t n = (size_t)(p->base - p->path);
	char *up = xalloc(n + 1);

	memcpy(up, p->path, n);
	up[n > 1 ? n - 1 : n] = '\0';
	return up;
}

static int
open_all(struct place *p, const char *path, const char *who, struct err *err)
{
	int up, r = 0;

	if ((p->path = resolve(path, err)) == NULL)
		return -1;
	p->base = strrchr(p->path, '/') + 1;
	if (p->base[0] == '\0')
		return err_set(err, ERR_USAGE, "%s: the root of the system",
		    path);
	p->beside_path = above(p);
	up = open(p->beside_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (up == -1)
		return err_sys(err, "%.300s", p->beside_path);
	if ((p->root = openat(up, p->base, DIR_FLAGS)) != -1)
		r = is_mount(up, p->base, &p->mount, err);
	else if (errno != ENOENT)
		r = err_sys(err, "%.300s", p->path);
	if (r == 0 && !p->mount)
		p->beside = up;
	else
		close(up);
	if (r == 0 && p->mount)
		r = aside_of_mount(p, who != NULL, err);
	return r == 0 && who != NULL ? take_lock(p, who, err) : r;
}

int
place_open(struct place *p, const char *path, const char *who,
    struct err *err)
{
	*p = (struct place){ .root = -1, .beside = -1, .lock = -1 };
	if (open_all(p, path, who, err) == 0)
		return 0;
	place_close(p);
	return -1;
}

int
place_again(struct place *p, struct err *err)
{
	int fd = open(p->path, DIR_FLAGS);

	if (fd == -1)
		return err_sys(err, "%.300s", p->path);
	if (p->root != -1)
		close(p->root);
	p->root = fd;
	return 0;
}

void
place_close(struct place *p)
{
	int *const fds[] = { &p->root, &p->beside, &p->lock };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] != -1)
			close(*fds[i]);
		*fds[i] = -1;
	}
	free(p->path);
	free(p->beside_path);
	p->path = p->base = p->beside_path = NULL;
}
