#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/mover.h"
#include "act/place.h"
#include "base/xalloc.h"

void
mover_init(struct mover *m, int from, int to)
{
	*m = (struct mover){ .from = from, .to = to };
}

static int
lane_sync(struct mover_lane *l, struct err *err)
{
	if (!l->dirty)
		return 0;
	if ((l->to != -1 && dir_sync(l->to, l->dir, err) == -1) ||
	    dir_sync(l->from, l->dir, err) == -1)
		return -1;
	l->dirty = false;
	return 0;
}

static void
lane_close(struct mover_lane *l)
{
	if (l->dir == NULL)
		return;
	if (l->from != -1)
		close(l->from);
	if (l->to != -1)
		close(l->to);
	free(l->dir);
	l->dir = NULL;
}

static int
lane_open(struct mover *m, struct mover_lane *l, struct slice dir,
    struct err *err)
{
	struct err e = { 0 };

	l->to = -1;
	l->dirty = false;
	l->from = dir_below(m->from, dir, false, &e);
	if (l->from == -1 && e.sys != ENOENT) {
		*err = e;
		return -1;
	}
	if (m->to != -1 && (l->to = dir_below(m->to, dir, true, err)) == -1) {
		if (l->from != -1)
			close(l->from);
		return -1;
	}
	l->dir = xalloc(dir.n + 1);
	if (dir.n > 0)
		memcpy(l->dir, dir.p, dir.n);
	l->dir[dir.n] = '\0';
	return 0;
}

/* The lane of a path's folder, and the name in it; NULL and err. */
static struct mover_lane *
lane_of(struct mover *m, const char *path, const char **name,
    struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct slice dir = { path, slash == NULL ? 0 :
	    (size_t)(slash - path) };
	struct mover_lane *l;
	size_t i;

	*name = slash == NULL ? path : slash + 1;
	for (i = 0; i < MOVER_LANES; i++)
		if (m->lane[i].dir != NULL &&
		    sl_eq(sl(m->lane[i].dir), dir))
			return &m->lane[i];
	l = &m->lane[m->next++ % MOVER_LANES];
	if (l->dir != NULL && lane_sync(l, err) == -1)
		return NULL;
	lane_close(l);
	return lane_open(m, l, dir, err) == -1 ? NULL : l;
}

/* Some file systems know no flags; nobody else writes to the target. */
static int
rename_new(const struct mover_lane *l, const char *name)
{
	struct stat st;

	if (renameat2(l->from, name, l->to, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(l->to, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(l->from, name, l->to, name);
}

int
mover_move(struct mover *m, const char *path, struct err *err)
{
	const char *name;
	struct mover_lane *l = lane_of(m, path, &name, err);
	int r;

	if (l == NULL)
		return -1;
	if (l->from == -1)
		return 0;
	r = m->to == -1 ? unlinkat(l->from, name, 0) : rename_new(l, name);
	if (r == -1 && errno == ENOENT)
		return 0;
	if (r == -1)
		return err_sys(err, "%.300s", path);
	l->dirty = true;
	return 1;
}

int
mover_arrived(struct mover *m, const char *path, bool *there,
    struct err *err)
{
	const char *name;
	struct mover_lane *l = lane_of(m, path, &name, err);
	struct stat st;

	if (l == NULL)
		return -1;
	if (m->to == -1)
		*there = l->from == -1 || fstatat(l->from, name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1;
	else
		*there = fstatat(l->to, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	return 0;
}

int
mover_open(struct mover *m, const char *path, bool write, struct err *err)
{
	const char *name;
	struct mover_lane *l = lane_of(m, path, &name, err);
	int fd;

	if (l == NULL)
		return -1;
	errno = ENOENT;
	fd = l->from == -1 ? -1 : openat(l->from, name, (write ? O_RDWR :
	    O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	return fd == -1 ? err_sys(err, "%.300s", path) : fd;
}

int
mover_sync(struct mover *m, struct err *err)
{
	size_t i;

	for (i = 0; i < MOVER_LANES; i++)
		if (m->lane[i].dir != NULL &&
		    lane_sync(&m->lane[i], err) == -1)
			return -1;
	return 0;
}

void
mover_free(struct mover *m)
{
	size_t i;

	for (i = 0; i < MOVER_LANES; i++)
		lane_close(&m->lane[i]);
}
