#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/replay_state.h"
#include "act/running.h"
#include "base/diag.h"
#include "base/xalloc.h"
#include "spool/find.h"

#define OWN_CASE	"replay.case"
#define MARK_BYTES	33		/* 16 random ones in hex, and LF */

static int
unknown_profile(const char *to, struct err *err)
{
	char list[256];
	size_t i, n = 0;

	for (i = 0; inject_nth(i) != NULL && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i == 0 ? "" : ", ", inject_nth(i)->name);
	return err_set(err, ERR_USAGE, "'%.100s': unknown profile: one of %s",
	    to, list);
}

/* ---- a folder ---- */

/* "/srv/Imcdata/Pickup" of the profile "Pickup": the spool is above it. */
static char *
spool_of(const struct inject *in, const char *dir)
{
	const char *slash = strrchr(dir, '/');
	size_t n = strlen(dir);
	char *root;

	if (in->folder != NULL && slash != NULL && slash != dir &&
	    sl_ieq(sl(slash + 1), sl(in->folder)))
		n = (size_t)(slash - dir);
	root = xalloc(n + 1);
	memcpy(root, dir, n);
	root[n] = '\0';
	return root;
}

/* Where the folder is the one for first files, the second have theirs. */
static int
open_twin(const struct inject *in, const struct replay_inner *st)
{
	const char *slash = strrchr(st->dir, '/');

	if (in->twin_folder == NULL || slash == NULL ||
	    strcmp(slash + 1, in->folder) != 0)
		return st->dirfd;
	return openat(st->dirfd, in->twin_folder, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
}

static int
open_dir(const struct inject *in, struct replay_inner *st, struct err *err)
{
	struct stat beside;

	st->dirfd = open(st->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dirfd == -1 || fstat(st->dirfd, &st->dir_st) == -1)
		return err_sys(err, "%.300s", st->dir);
	if ((st->twinfd = open_twin(in, st)) == -1)
		return err_sys(err, "%.300s/%s", st->dir, in->twin_folder);
	if (st->place.beside == -1)
		return 0;
	if (fstat(st->place.beside, &beside) == -1)
		return err_sys(err, "%.300s", st->place.beside_path);
	if (beside.st_dev != st->dir_st.st_dev)
		return err_set(err, ERR_USAGE, "%.200s: not on the file system "
		    "of %.200s, where messages are written first: one rename "
		    "has to publish them", st->dir, st->place.beside_path);
	return 0;
}

/* Of a spool that has it, the folder; path is given. */
static char *
folder_of(const struct inject *in, char *path)
{
	struct buf b = { 0 };
	char *sub;

	if (in->folder == NULL || in->wrap == NULL)
		return path;
	buf_fmt(&b, "%s/%s", path, in->folder);
	buf_addc(&b, '\0');
	if ((sub = realpath(b.p, NULL)) != NULL) {
		free(path);
		path = sub;
	}
	buf_free(&b);
	return path;
}

/*
 * Folders, and not one message: those are the queues, as groups of sendmail
 * are, and nobody looks for messages beside them.
 */
static bool
has_only_folders(const struct replay_inner *st)
{
	int fd = openat(st->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	bool folders = false, files = false;
	const struct dirent *e;
	struct stat is;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return false;
	}
	while (!files && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || fstatat(st->dirfd, e->d_name, &is,
		    AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (S_ISDIR(is.st_mode))
			folders |= strcmp(e->d_name, "lost+found") != 0;
		else
			files = true;
	}
	closedir(d);
	return folders && !files;
}

/* Would its server look for messages there? */
static int
check_folder(const struct replay *r, struct err *err)
{
	const struct inject *in = r->in;
	const struct replay_inner *st = r->st;
	const char *slash = strrchr(st->dir, '/');

	if (in->wrap == NULL ||
	    (slash != NULL && strcmp(slash + 1, in->folder) == 0))
		return 0;
	if (in->twin_folder == NULL)
		return err_set(err, ERR_USAGE, "%.300s: it has no folder %s: "
		    "not a spool of this server", st->dir, in->folder);
	if (has_only_folders(st))
		return err_set(err, ERR_USAGE, "%.300s: has folders and no "
		    "message: name one of them", st->dir);
	return 0;
}

static int
check_owner(const struct replay *r, struct err *err)
{
	const struct replay_inner *st = r->st;

	if (!r->in->owner || !r->o->act || geteuid() == 0 ||
	    geteuid() == st->dir_st.st_uid)
		return 0;
	return err_set(err, ERR_USAGE, "%.300s: its files have to be of its "
	    "owner: run as root, or as uid %u", st->dir,
	    (unsigned)st->dir_st.st_uid);
}

static int
open_folder(struct replay *r, const char *path, struct err *err)
{
	struct replay_inner *st = r->st;
	char *real = realpath(path, NULL), *root;
	struct buf b = { 0 };
	int x;

	if (real == NULL)
		return err_sys(err, "%.300s", path);
	real = folder_of(r->in, real);
	root = spool_of(r->in, real);
	buf_fmt(&b, "%s%s%s", real, r->in->into == NULL ? "" : "/",
	    r->in->into == NULL ? "" : r->in->into);
	buf_addc(&b, '\0');
	st->dir = b.p;
	r->target = arena_fmt(st->keep, "%s:%s", r->in->name, real).p;
	x = place_open(&st->place, root, r->o->act ? "spoolreplay" : NULL,
	    err);
	free(real);
	free(root);
	return x == -1 || open_dir(r->in, st, err) == -1 ||
	    check_folder(r, err) == -1 ? -1 : check_owner(r, err);
}

int
target_open(struct replay *r, struct err *err)
{
	struct slice rest = sl(r->o->to), name;

	sl_cut(&rest, ':', &name);
	if ((r->in = inject_find(name)) == NULL)
		return unknown_profile(r->o->to, err);
	if (r->in->way == WAY_FOLDER) {
		if (rest.n == 0)
			return err_set(err, ERR_USAGE, "%s:DIR: which folder?",
			    r->in->name);
		return open_folder(r, arena_str(r->st->keep, rest), err);
	}
	if (sl_starts(rest, SL("//")))
		rest = sl_from(rest, 2);
	r->target = arena_str(r->st->keep, sl(r->o->to));
	r->st->where = arena_str(r->st->keep, rest);
	if (r->in->way != WAY_COMMAND && rest.n == 0)
		return err_set(err, ERR_USAGE, "%s://host:port: which host?",
		    r->in->name);
	return 0;
}

void
target_close(struct replay *r)
{
	struct replay_inner *st = r->st;

	if (st->stagefd != -1)
		close(st->stagefd);
	if (st->twinfd != -1 && st->twinfd != st->dirfd)
		close(st->twinfd);
	if (st->dirfd != -1)
		close(st->dirfd);
	free(st->dir);
	place_close(&st->place);
}

static bool
has_server(const struct replay *r, const char *root)
{
	struct replay_inner *st = r->st;
	struct asked *a;
	char who[RUNNING_WHO];

	for (a = st->asked; a != NULL; a = a->next)
		if (strcmp(a->root, root) == 0)
			return a->running;
	a = arena_alloc(st->keep, sizeof(*a));
	*a = (struct asked){ .root = arena_str(st->keep, sl(root)),
	    .running = running_in(root, who), .next = st->asked };
	st->asked = a;
	if (a->running)
		diag_note("%s: a server works in it: %s", root, who);
	return a->running;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is this folder the target's spool, or one that a person calls live? */
static bool
is_live(const struct replay *r, const struct stat *dir)
{
	struct stat st;
	size_t i;

	if (r->st->place.root != -1 && fstat(r->st->place.root, &st) == 0 &&
	    same_file(dir, &st))
		return true;
	for (i = 0; i < r->o->live.n; i++)
		if (stat(r->o->live.v[i], &st) == 0 && same_file(dir, &st))
			return true;
	return false;
}

/* Or one that it lies in: what was scanned may be a part of a spool. */
static bool
is_within_live(const struct replay *r, const char *dir)
{
	char *path = realpath(dir, NULL), *slash;
	struct stat st;
	bool live = false;

	while (path != NULL && !live) {
		live = stat(path[0] == '\0' ? "/" : path, &st) == 0 &&
		    is_live(r, &st);
		if ((slash = strrchr(path, '/')) == NULL)
			break;
		*slash = '\0';
	}
	free(path);
	return live;
}

/* The folder that the file is in, by its name. */
static const char *
folder_name(struct arena *a, const char *root, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? root : arena_fmt(a, "%s/" SL_FMT, root,
	    SL_ARG(((struct slice){ path, (size_t)(slash - path) }))).p;
}

/* Does a server work in the spool that the folder is a part of? */
static bool
is_worked_in(const struct replay *r, const char *dir)
{
	struct arena *a = r->st->scratch;
	const char *home = spool_home(a, arena_fmt(a, "%s/.", dir).p, NULL);

	return home != NULL && has_server(r, home);
}

/* What was set aside in a spool that is a mount point, no server sends. */
static bool
is_aside(const char *dir)
{
	struct slice rest = sl(dir), part;

	while (sl_cut(&rest, '/', &part))
		if (sl_eq(part, SL(SPOOL_ASIDE)))
			return true;
	return false;
}

/* A queue group's folder is below the spool that was scanned. */
static bool
leads_to(const char *root, const char *dir)
{
	char *real = dir == NULL ? NULL : realpath(root, NULL);
	size_t n = real == NULL ? 0 : strlen(real);
	bool below = n > 1 && strncmp(dir, real, n) == 0 && dir[n] == '/';

	free(real);
	return below;
}

/* Would a server send the entry itself? */
bool
target_is_live(const struct replay *r, const char *root, const char *path)
{
	struct replay_inner *st = r->st;
	const char *dir;
	struct stat is;

	if (root == NULL || stat(root, &is) == -1 || !S_ISDIR(is.st_mode))
		return false;
	dir = folder_name(st->scratch, root, path);
	if (st->looked == NULL || strcmp(dir, st->looked) != 0) {
		st->looked = arena_str(st->keep, sl(dir));
		st->looked_live = has_server(r, root) ||
		    leads_to(root, st->dir) || (!is_aside(dir) &&
		    (is_within_live(r, dir) || is_worked_in(r, dir)));
	}
	return st->looked_live;
}

/* ---- where messages are written first ---- */

static int
make_dir(int at, const char *name, const char *above, struct err *err)
{
	int fd;

	if (mkdirat(at, name, 0700) == 0) {
		if (dir_sync(at, above, err) == -1)
			return -1;
	} else if (errno != EEXIST)
		return err_sys(err, "%.200s/%s", above, name);
	if ((fd = dir_open(at, name, err)) == -1)
		return err_at(err, "%.200s", above);
	return fd;
}

static bool
read_mark(int dir, char mark[MARK_BYTES])
{
	int fd = openat(dir, STAGE_MARK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char more;
	bool whole;

	if (fd == -1)
		return false;
	whole = read(fd, mark, MARK_BYTES) == MARK_BYTES &&
	    mark[MARK_BYTES - 1] == '\n' && read(fd, &more, 1) == 0;
	close(fd);
	return whole;
}

/* A folder without a whole mark was made, or was going to be, by nobody. */
static int
write_mark(int dir, char mark[MARK_BYTES], struct err *err)
{
	uint8_t bytes[MARK_BYTES / 2];
	int fd, r = 0;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return err_sys(err, "random bytes");
	hex_str(bytes, sizeof(bytes), mark);
	mark[MARK_BYTES - 1] = '\n';
	unlinkat(dir, STAGE_MARK, 0);
	fd = openat(dir, STAGE_MARK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, mark, MARK_BYTES) != MARK_BYTES ||
	    fsync(fd) == -1)
		r = err_sys(err, "%s", STAGE_MARK);
	if (fd != -1)
		close(fd);
	return r == -1 ? -1 : dir_sync(dir, STAGE_MARK, err);
}

static int
number_stage(struct replay *r, struct err *err)
{
	struct replay_inner *st = r->st;
	char mark[MARK_BYTES];
	struct stat dir;
	struct slice path = arena_fmt(st->keep, "%s/%s/%s",
	    st->place.beside_path, STAGE, case_uuid(r->c));

	if (!read_mark(st->stagefd, mark) &&
	    write_mark(st->stagefd, mark, err) == -1)
		return err_at(err, SL_FMT, SL_ARG(sl_first(path, 300)));
	if (fstat(st->stagefd, &dir) == -1)
		return err_sys(err, SL_FMT, SL_ARG(sl_first(path, 300)));
	return replays_stage(r->rows, &(struct replay_stage){ .path = path,
	    .mark = { mark, MARK_BYTES - 1 }, .dev = (int64_t)dir.st_dev,
	    .ino = (int64_t)dir.st_ino }, &st->stage, err);
}

int
target_stage(struct replay *r, struct err *err)
{
	struct replay_inner *st = r->st;
	int top = make_dir(st->place.beside, STAGE, st->place.beside_path,
	    err);

	if (top == -1)
		return -1;
	st->stagefd = make_dir(top, case_uuid(r->c), STAGE, err);
	close(top);
	return st->stagefd == -1 ? -1 : number_stage(r, err);
}

/* A case of our own, where nobody gave one. */
int
target_case(struct replay *r, struct err *err)
{
	struct replay_inner *st = r->st;
	const char *path;
	int top;

	if (r->in->way != WAY_FOLDER)
		return err_set(err, ERR_USAGE, "a case, please (-c): what was "
		    "sent has to be remembered");
	path = arena_fmt(st->keep, "%s/%s/%s", st->place.beside_path, STAGE,
	    OWN_CASE).p;
	if (!r->o->act && access(path, F_OK) == -1)
		return 0;
	if (r->o->act) {
		if ((top = make_dir(st->place.beside, STAGE,
		    st->place.beside_path, err)) == -1)
			return -1;
		close(top);
	}
	if (case_open(&st->own, path, r->o->act ? CASE_CREATE : CASE_READ,
	    err) == -1)
		return -1;
	r->c = st->own;
	return 0;
}
