#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "act/pickup.h"
#include "act/place.h"
#include "act/rotate.h"
#include "act/skeleton.h"
#include "base/diag.h"
#include "case/ledger.h"
#include "case/rotation.h"
#include "spool/spool.h"

#define GENERATIONS_MAX	10000	/* of one minute */
#define FRESH	".new"		/* a skeleton between two renames */

/* What one call works with. */
struct job {
	struct casefile	*c;
	struct place	 place;
	struct rotate	*r;
	struct arena	*a;
	struct rotation	 row;
	const char	*name;		/* the generation's, in place.beside */
};

/* One name of the spool, and one of the generation: to be exchanged. */
struct pair {
	int		 a, b;		/* folders that hold them */
	const char	*an, *bn;
	char		 fresh[NAME_MAX + 1];	/* bn FRESH */
	uint64_t	 ino;		/* of the fresh one, at bn to begin with */
};

/*
 * One exchange.
 */

static bool
exists(int at, const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
is_fresh(int at, const char *name, uint64_t ino)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == ino;
}

static int
move(int from, const char *old, int to, const char *new, struct err *err)
{
	if (renameat(from, old, to, new) == -1)
		return err_sys(err, "%.200s: rename to %.200s", old, new);
	if (dir_sync(to, new, err) == -1)
		return -1;
	return from == to ? 0 : dir_sync(from, old, err);
}

/*
 * The fresh folder, put aside, goes where there is none; a server may have
 * made one itself meanwhile, and uses it: that one stays.
 */
static int
put_fresh(const struct pair *p, struct err *err)
{
	struct err e;

	if (exists(p->a, p->an))
		return skeleton_remove(p->b, p->fresh, err);
	if (move(p->b, p->fresh, p->a, p->an, &e) == 0)
		return 0;
	if (exists(p->a, p->an))
		return skeleton_remove(p->b, p->fresh, err);
	*err = e;
	return -1;
}

static int
two_renames(const struct pair *p, struct err *err)
{
	if (!exists(p->b, p->fresh) &&
	    move(p->b, p->bn, p->b, p->fresh, err) == -1)
		return -1;
	if (!exists(p->b, p->bn) && exists(p->a, p->an) &&
	    move(p->a, p->an, p->b, p->bn, err) == -1)
		return -1;
	return put_fresh(p, err);
}

static bool
cannot_exchange(int error)
{
	return error == EINVAL || error == ENOSYS || error == ENOTSUP;
}

static int
exchange(const struct pair *p, bool *renamed, struct err *err)
{
	if (renameat2(p->a, p->an, p->b, p->bn, RENAME_EXCHANGE) == -1) {
		if (cannot_exchange(errno)) {
			*renamed = true;
			return two_renames(p, err);
		}
		if (errno == ENOENT && !exists(p->a, p->an))
			return move(p->b, p->bn, p->a, p->an, err);
		return err_sys(err, "%.200s: exchange with %.200s", p->an,
		    p->bn);
	}
	if (dir_sync(p->a, p->an, err) == -1)
		return -1;
	return p->a == p->b ? 0 : dir_sync(p->b, p->bn, err);
}

/*
 * Bring one pair to its end from wherever it is: not begun, between two
 * renames, or done.  Inode numbers tell which is the fresh one; where they
 * do not last (some SMB mounts), a folder without a file is no generation.
 */
static int
finish_pair(const struct pair *p, bool *renamed, struct err *err)
{
	struct err e;

	if (exists(p->b, p->fresh)) {
		*renamed = true;
		return two_renames(p, err);
	}
	if (is_fresh(p->a, p->an, p->ino))
		return 0;
	if (is_fresh(p->b, p->bn, p->ino))
		return exchange(p, renamed, err);
	if (exists(p->a, p->an) && exists(p->b, p->bn))
		(void)skeleton_remove(p->b, p->bn, &e);
	return 0;
}

/*
 * The steps of a rotation.
 */

static int
fill_pair(struct pair *p, const struct rotation_swap *s, struct err *err)
{
	int n = snprintf(p->fresh, sizeof(p->fresh), "%s" FRESH, p->bn);

	if (n < 0 || (size_t)n >= sizeof(p->fresh))
		return err_set(err, ERR_LIMIT, "%.100s: the name is too long",
		    p->bn);
	p->ino = s->fresh;
	return 0;
}

static int
swap_folders(struct job *j, struct err *err)
{
	struct pair p = { .a = j->place.root };
	size_t i;
	int r = 0;

	if ((p.b = dir_open(j->place.beside, j->name, err)) == -1)
		return -1;
	for (i = 0; r == 0 && i < j->row.nswap; i++) {
		p.an = p.bn = j->row.swap[i].name;
		r = fill_pair(&p, &j->row.swap[i], err);
		if (r == 0)
			r = finish_pair(&p, &j->r->renamed, err);
	}
	close(p.b);
	return r;
}

static int
swap_whole(struct job *j, struct err *err)
{
	struct pair p = { .a = j->place.beside, .an = j->place.base,
	    .b = j->place.beside, .bn = j->name };

	if (fill_pair(&p, &j->row.swap[0], err) == -1)
		return -1;
	return finish_pair(&p, &j->r->renamed, err);
}

static int
write_down(struct job *j, int old, struct err *err)
{
	struct ledger_row row = { .verb = SL("rotate"), .args = j->r->args,
	    .what = sl(j->row.spool) };

	row.result = arena_fmt(j->a, "%s%s", j->row.generation,
	    j->r->renamed ? ", by two renames" : "");
	if (case_begin(j->c, err) == -1)
		return -1;
	if (pickup_carried(j->c, &j->place, old, &j->r->returned, err) == -1 ||
	    case_spool_moved(j->c, j->row.spool, j->row.generation,
	    err) == -1 ||
	    rotation_end(j->c, &j->row, ROTATION_DONE, err) == -1 ||
	    ledger_add(j->c, &row, err) == -1) {
		case_rollback(j->c);
		return -1;
	}
	return case_commit(j->c, err);
}

/* All that follows the row "swapping"; also for an earlier run's. */
static int
finish(struct job *j, struct err *err)
{
	bool whole = j->row.nswap == 1 && j->row.swap[0].name[0] == '\0';
	int old, r;
	size_t n;

	if ((whole ? swap_whole(j, err) : swap_folders(j, err)) == -1 ||
	    place_again(&j->place, err) == -1)
		return -1;
	if (!exists(j->place.beside, j->name))
		return rotation_end(j->c, &j->row, ROTATION_UNDONE, err);
	if ((old = dir_open(j->place.beside, j->name, err)) == -1)
		return -1;
	/* Once more: folders that were made while the skeleton was built. */
	r = skeleton_build(old, j->place.root, NULL, &n, err);
	if (r == 0)
		r = write_down(j, old, err);
	close(old);
	return r;
}

static int
add_swap(struct job *j, size_t *cap, int at, const char *name,
    const char *under, struct err *err)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(err, "%.200s", name);
	*(struct rotation_swap *)arena_more(j->a, &j->row.swap,
	    &j->row.nswap, cap, sizeof(struct rotation_swap)) =
	    (struct rotation_swap){ .name = arena_str(j->a, sl(under)),
	    .fresh = st.st_ino };
	return 0;
}

/* What is to be exchanged: all at once, or each folder at the top. */
static int
list_swaps(struct job *j, struct err *err)
{
	size_t cap = 0;
	struct dirent *de;
	int fd, r = 0;
	DIR *d;

	if (!j->place.mount)
		return add_swap(j, &cap, j->place.beside, j->name, "", err);
	if ((fd = dir_open(j->place.beside, j->name, err)) == -1)
		return -1;
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return err_sys(err, "%.200s", j->name);
	}
	while (r == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			r = add_swap(j, &cap, fd, de->d_name, de->d_name, err);
	closedir(d);
	return r;
}

static int
build(struct job *j, const char *const *must, struct err *err)
{
	int fd, r;

	if (mkdirat(j->place.beside, j->name, 0700) == -1)
		return err_sys(err, "%.200s/%.200s", j->place.beside_path,
		    j->name);
	if ((fd = dir_open(j->place.beside, j->name, err)) == -1)
		return -1;
	r = skeleton_build(j->place.root, fd, must, &j->r->folders, err);
	close(fd);
	if (r == -1)
		return err_at(err, "%.200s", j->r->generation);
	return dir_sync(j->place.beside, j->name, err);
}

/* Nothing but a skeleton is there yet. */
static int
undo(struct job *j, struct err *err)
{
	struct err e = { 0 };

	if (skeleton_remove(j->place.beside, j->name, &e) == -1)
		return err_set(err, ERR_UNSAFE, "%.200s: left by a rotation "
		    "that was stopped, and no empty skeleton any more: look "
		    "at it and move it away", j->row.generation);
	return rotation_end(j->c, &j->row, ROTATION_UNDONE, err);
}

/*
 * What is asked.
 */

static bool
any_folder(int root, const char *const *must)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *de;
	bool found = false;
	size_t i;
	DIR *d;

	if (fd == -1 || (d = fdopendir(fd)) == NULL)
		return false;
	while (!found && (de = readdir(d)) != NULL)
		for (i = 0; must[i] != NULL; i++)
			found |= sl_ieq(sl(de->d_name), sl(must[i]));
	closedir(d);
	return found;
}

static int
check_format(struct job *j, const char *const **must, struct err *err)
{
	const struct spool_ways *ways;
	struct spool **set;
	size_t n, i;
	int r = 0;

	if (spool_open(&set, &n, j->a, j->place.path, j->r->format,
	    err) == -1)
		return -1;
	ways = spool_ways(set[0]);
	snprintf(j->r->kind, sizeof(j->r->kind), "%s", spool_format(set[0]));
	*must = ways->skeleton;
	if (n > 1 || strcmp(spool_path(set[0]), j->place.path) != 0)
		r = err_set(err, ERR_USAGE, "%.200s: no spool itself, but a "
		    "folder of spools: rotate them one by one",
		    j->place.path);
	else if (ways->skeleton == NULL)
		r = err_set(err, ERR_USAGE, "%.100s: %s cannot be rotated: "
		    "%s", j->place.path, j->r->kind, ways->no_rotate);
	else if (!any_folder(j->place.root, ways->skeleton))
		r = err_set(err, ERR_USAGE, "%.200s: only a part of a spool: "
		    "name the folder that has %s in it", j->place.path,
		    ways->skeleton[0]);
	for (i = 0; i < n; i++)
		spool_close(set[i]);
	return r;
}

/*
 * "Imcdata.20261121T0755Z", and "-2" behind it for a second one: no name is
 * used twice, since archives are called after it.
 */
static int
pick_name(struct job *j, struct err *err)
{
	const char *up = j->place.beside_path, *sep = "";
	time_t now = time(NULL);
	char stamp[32], again[16] = "";
	struct tm tm;
	unsigned i;
	int known = 1;

	if (up[1] != '\0')
		sep = "/";
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%MZ", gmtime_r(&now, &tm));
	for (i = 1; known == 1 && i <= GENERATIONS_MAX; i++) {
		if (i > 1)
			snprintf(again, sizeof(again), "-%u", i);
		j->row.generation = arena_fmt(j->a, "%s%s%s.%s%s", up, sep,
		    j->place.base, stamp, again).p;
		j->name = strrchr(j->row.generation, '/') + 1;
		if (j->place.beside == -1 ||
		    !exists(j->place.beside, j->name))
			known = rotation_known(j->c, j->row.generation, err);
	}
	j->row.spool = j->place.path;
	if (known == 1)
		return err_set(err, ERR_LIMIT, "%.200s: more than %d "
		    "generations in one minute", j->place.path,
		    GENERATIONS_MAX);
	return known;
}

/* An earlier run's.  Returns 1: this is what was asked for; 0: go on. */
static int
complete(struct job *j, struct err *err)
{
	const char *slash;
	int r = rotation_pending(j->c, j->place.path, j->a, &j->row, err);

	if (r != 1)
		return r;
	slash = strrchr(j->row.generation, '/');
	j->name = slash == NULL ? j->row.generation : slash + 1;
	j->r->completed = j->row.state == ROTATION_SWAPPING;
	if (!j->r->commit)
		return j->r->completed;
	if (!j->r->completed) {
		r = undo(j, err);
		j->row = (struct rotation){ .id = 0 };
		return r;
	}
	if (j->row.nswap == 0)
		return err_set(err, ERR_FORMAT, "%s: a rotation without "
		    "folders", case_path(j->c));
	return finish(j, err) == -1 ? -1 : 1;
}

static int
begin(struct job *j, struct err *err)
{
	const char *const *must;

	if (j->place.root == -1)
		return err_set(err, ERR_SYS, "%.300s: there is no such "
		    "spool", j->place.path);
	if (check_format(j, &must, err) == -1 || pick_name(j, err) == -1)
		return -1;
	j->r->generation = strdup(j->row.generation);
	if (pickup_check(j->c, &j->place, err) == -1 ||
	    pickup_wait(j->c, &j->place, j->r->commit ? j->r->wait : 0,
	    &j->r->returned, err) == -1)
		return -1;
	if (!j->r->commit)
		return skeleton_count(j->place.root, &j->r->folders, err);
	if (rotation_begin(j->c, &j->row, err) == -1)
		return -1;
	if (build(j, must, err) == -1 || list_swaps(j, err) == -1) {
		struct err e;

		(void)undo(j, &e);
		return -1;
	}
	if (rotation_swapping(j->c, &j->row, err) == -1)
		return -1;
	return finish(j, err);
}

int
rotate_spool(struct casefile *c, const char *path, struct rotate *r,
    struct err *err)
{
	struct job j = { .c = c, .r = r };
	int done;

	if (place_open(&j.place, path, r->commit ? diag_tool() : NULL,
	    err) == -1)
		return -1;
	j.a = arena_new();
	r->spool = strdup(j.place.path);
	r->by_folder = j.place.mount;
	if ((done = complete(&j, err)) == 0)
		done = begin(&j, err);
	else if (done == 1)
		r->generation = strdup(j.row.generation);
	arena_free(j.a);
	place_close(&j.place);
	return done == -1 ? -1 : 0;
}

/*
 * What is live.
 */

/* "20261121T0755Z" and what may follow, as pick_name writes it. */
static bool
is_stamp(struct slice s)
{
	static const char form[] = "ddddddddTddddZ";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (i == s.n || (form[i] == 'd' ? !ascii_digit(s.p[i]) :
		    s.p[i] != form[i]))
			return false;
	return i == s.n || s.p[i] == '-';
}

static bool
is_generation(struct slice path)
{
	struct slice name, rest;

	while (sl_cut(&path, '/', &name)) {
		rest = name;
		while (sl_cut(&rest, '.', &name))
			if (is_stamp(rest))
				return true;
		if (name.n > 4 && sl_ieq(sl_from(name, name.n - 4),
		    SL("_old")))
			return true;
	}
	return false;
}

static bool
is_live(const struct spool *sp)
{
	const struct spool_ways *ways = spool_ways(sp);
	int root;
	bool live;

	if (ways->skeleton == NULL || is_generation(sl(spool_path(sp))))
		return false;
	root = open(spool_path(sp), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	live = root != -1 && any_folder(root, ways->skeleton);
	if (root != -1)
		close(root);
	return live;
}

bool
rotate_is_live(const char *tree, const char *format)
{
	struct arena *a = arena_new();
	struct spool **set;
	struct err err;
	bool live = false;
	size_t n = 0, i;

	if (spool_open(&set, &n, a, tree, format, &err) == -1)
		n = 0;
	for (i = 0; i < n; i++) {
		live |= is_live(set[i]);
		spool_close(set[i]);
	}
	arena_free(a);
	return live;
}

void
rotate_free(struct rotate *r)
{
	free(r->spool);
	free(r->generation);
	r->spool = r->generation = NULL;
}
