#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/place.h"
#include "act/skeleton.h"
#include "base/buf.h"
#include "base/sig.h"
#include "io/tree.h"
#include "spool/spool.h"

/* A walk over folders; to is -1 where it only counts. */
struct walk {
	dev_t	 dev;
	size_t	 n;
};

static int	walk_below(struct walk *w, int from, int to, unsigned depth,
		    struct err *err);

/* A listing of its own, whose position is not the descriptor's. */
static DIR *
list(int fd, struct err *err)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d;

	if (own == -1 || (d = fdopendir(own)) == NULL) {
		err_sys(err, "a folder");
		if (own != -1)
			close(own);
		return NULL;
	}
	return d;
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One folder of from, in to: made, what is in it, and then what it is. */
static int
walk_one(struct walk *w, int from, int to, const char *name, unsigned depth,
    struct err *err)
{
	struct stat st;
	struct err e;
	int f = dir_open(from, name, &e), t = -1, r;

	if (f == -1) {
		if (e.sys == ENOENT || e.code == ERR_UNSAFE)
			return 0;
		*err = e;
		return -1;
	}
	if (fstat(f, &st) == -1)
		r = err_sys(err, "%s", name);
	else if (st.st_dev != w->dev)
		r = err_set(err, ERR_UNSAFE, "%s: a file system of its own, "
		    "which would go with the old generation: unmount it, or "
		    "stop the server and move its files", name);
	else if (depth == TREE_DEPTH_MAX || w->n == SKELETON_MAX)
		r = err_set(err, ERR_LIMIT, "%s: more than %d folders, or "
		    "deeper than %d", name, SKELETON_MAX, TREE_DEPTH_MAX);
	else if (to != -1 && mkdirat(to, name, 0700) == -1 &&
	    errno != EEXIST)
		r = err_sys(err, "%s", name);
	else if (to != -1 && (t = dir_open(to, name, err)) == -1)
		r = -1;
	else {
		w->n++;
		r = walk_below(w, f, t, depth + 1, err);
	}
	close(f);
	if (t != -1)
		close(t);
	return r;
}

/* The folders in from, then from itself: nobody is in to yet. */
static int
walk_below(struct walk *w, int from, int to, unsigned depth, struct err *err)
{
	DIR *d = list(from, err);
	struct dirent *de;
	int r = 0;

	if (d == NULL)
		return -1;
	while (r == 0 && (de = readdir(d)) != NULL) {
		if ((de->d_type != DT_DIR && de->d_type != DT_UNKNOWN) ||
		    is_dots(de->d_name) || (depth == 0 &&
		    sl_starts(sl(de->d_name), SL(SPOOL_ASIDE))))
			continue;
		r = walk_one(w, from, to, de->d_name, depth, err);
		if (r == 0 && sig_stop())
			r = err_set(err, ERR_LIMIT, "stopped");
	}
	closedir(d);
	if (r == 0 && to != -1)
		r = meta_copy(from, to, err) == -1 ||
		    dir_sync(to, "a fresh folder", err) == -1 ? -1 : 0;
	return r;
}

int
skeleton_count(int from, size_t *n, struct err *err)
{
	return skeleton_build(from, -1, NULL, n, err);
}

/* The folder's own spelling of a name, A-Z folded; false: there is none. */
static bool
find_name(int at, struct slice want, char name[NAME_MAX + 1])
{
	struct err err;
	struct dirent *de;
	DIR *d = list(at, &err);
	bool found = false;

	while (d != NULL && !found && (de = readdir(d)) != NULL)
		if (sl_ieq(sl(de->d_name), want)) {
			memcpy(name, de->d_name, strlen(de->d_name) + 1);
			found = true;
		}
	if (d != NULL)
		closedir(d);
	return found;
}

/* One path of must; what is missing looks like the folder around it. */
static int
make_path(int root, struct slice path, struct err *err)
{
	char name[NAME_MAX + 1];
	struct slice part;
	int at = dir_below(root, SL(""), false, err), next;
	bool made;

	while (at != -1 && sl_cut(&path, '/', &part)) {
		made = !find_name(at, part, name);
		if (made) {
			memcpy(name, part.p, part.n);
			name[part.n] = '\0';
		}
		if (made && mkdirat(at, name, 0700) == -1) {
			next = err_sys(err, "%s", name);
		} else if ((next = dir_open(at, name, err)) != -1 && made &&
		    (meta_copy(at, next, err) == -1 ||
		    dir_sync(at, name, err) == -1)) {
			close(next);
			next = -1;
		}
		close(at);
		at = next;
	}
	if (at == -1)
		return -1;
	close(at);
	return 0;
}

int
skeleton_build(int from, int to, const char *const *must, size_t *n,
    struct err *err)
{
	struct walk w = { .n = 0 };
	struct stat st;
	size_t i;

	if (fstat(from, &st) == -1)
		return err_sys(err, "stat");
	w.dev = st.st_dev;
	if (walk_below(&w, from, to, 0, err) == -1)
		return -1;
	for (i = 0; must != NULL && must[i] != NULL; i++)
		if (make_path(to, sl(must[i]), err) == -1)
			return -1;
	*n = w.n;
	return 0;
}

static int
remove_below(int at, const char *name, unsigned depth, struct err *err)
{
	int fd = dir_open(at, name, err);
	struct dirent *de;
	DIR *d;
	int r = 0;

	if (fd == -1)
		return err->sys == ENOENT ? 0 : -1;
	if ((d = list(fd, err)) == NULL || depth == TREE_DEPTH_MAX)
		r = -1;
	while (r == 0 && (de = readdir(d)) != NULL)
		if (!is_dots(de->d_name))
			r = remove_below(fd, de->d_name, depth + 1, err);
	if (d != NULL)
		closedir(d);
	close(fd);
	if (r == 0 && unlinkat(at, name, AT_REMOVEDIR) == -1 &&
	    errno != ENOENT)
		r = err_sys(err, "%s", name);
	return r;
}

int
skeleton_remove(int at, const char *name, struct err *err)
{
	struct err e = { 0 };

	if (remove_below(at, name, 0, &e) == 0)
		return 0;
	if (e.code == ERR_NONE)
		err_set(&e, ERR_LIMIT, "too deep");
	*err = e;
	return -1;
}
