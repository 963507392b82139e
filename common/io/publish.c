#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "io/publish.h"

static char *
copy(const char *s, size_t n)
{
	char *p = xalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

static void
end(struct publish *p)
{
	if (p->fd != -1)
		close(p->fd);
	if (p->dir != -1)
		close(p->dir);
	free(p->path);
	free(p->name);
	free(p->aside);
	*p = (struct publish){ .fd = -1, .dir = -1 };
}

static int
open_folder(struct publish *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? copy(".", 1) :
	    copy(path, slash == path ? 1 : (size_t)(slash - path));
	struct buf b = { 0 };

	p->path = copy(path, strlen(path));
	p->name = copy(slash == NULL ? path : slash + 1,
	    strlen(slash == NULL ? path : slash + 1));
	buf_fmt(&b, ".%s.partial", p->name);
	p->aside = copy(b.p, b.n);
	buf_free(&b);
	p->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return p->dir;
}

/* The lock is ours and the file still has its name: another run may just
   have published it. */
static bool
is_ours(const struct publish *p)
{
	struct stat a, b;

	return flock(p->fd, LOCK_EX | LOCK_NB) == 0 &&
	    fstat(p->fd, &a) == 0 && S_ISREG(a.st_mode) &&
	    fstatat(p->dir, p->aside, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int
publish_begin(struct publish *p, const char *path, bool over, struct err *err)
{
	struct stat st;
	int r = 0;

	*p = (struct publish){ .fd = -1, .dir = -1, .over = over };
	if (open_folder(p, path) == -1)
		r = err_sys(err, "%s: cannot open its folder", path);
	else if (p->name[0] == '\0')
		r = err_set(err, ERR_USAGE, "%s: names no file", path);
	else if (!over && fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		r = err_set(err, ERR_USAGE, "%s: exists already: nothing is "
		    "ever written over", path);
	else if ((p->fd = openat(p->dir, p->aside, O_RDWR | O_CREAT |
	    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)) == -1)
		r = err_sys(err, "%s: cannot write %s beside it", path,
		    p->aside);
	else if (!is_ours(p))
		r = err_set(err, ERR_SYS, "%s: another process is writing it",
		    path);
	else if (ftruncate(p->fd, 0) == -1)
		r = err_sys(err, "%s: cannot write", path);
	if (r == -1)
		end(p);		/* a partial file that is there is not ours */
	return r;
}

static int
give_name(struct publish *p)
{
	if (p->over)
		return renameat(p->dir, p->aside, p->dir, p->name);
	if (renameat2(p->dir, p->aside, p->dir, p->name, RENAME_NOREPLACE)
	    == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(p->dir, p->aside, p->dir, p->name, 0) == -1)
		return -1;
	return unlinkat(p->dir, p->aside, 0);
}

int
publish_commit(struct publish *p, struct err *err)
{
	int r = 0;

	if (fsync(p->fd) == -1)
		r = err_sys(err, "%s: cannot write", p->path);
	else if (give_name(p) == -1)
		r = err_sys(err, "%s: cannot give it its name", p->path);
	else if (fsync(p->dir) == -1)
		r = err_sys(err, "%s: cannot sync its folder", p->path);
	if (r == -1)
		publish_cancel(p);
	else
		end(p);
	return r;
}

void
publish_cancel(struct publish *p)
{
	if (p->fd != -1)
		unlinkat(p->dir, p->aside, 0);
	end(p);
}
