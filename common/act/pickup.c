#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "act/pickup.h"
#include "base/sig.h"
#include "case/replay.h"

/* What a walk over replay rows looks for. */
struct look {
	struct replays	*rows;
	const char	*spool;
	struct arena	*a;
	int		 root;		/* of the tree that is looked into */
	bool		 mark;
	size_t		 there;
};

/* The part of a target's path below the spool; false: it is elsewhere. */
static bool
below(const struct look *k, struct slice target, struct slice *folder)
{
	struct slice format, path = target;
	size_t n = strlen(k->spool);

	if (!sl_cut(&path, ':', &format) || path.n == 0)
		return false;
	path = case_abspath(k->a, arena_str(k->a, path));
	if (!sl_starts(path, sl(k->spool)) ||
	    (path.n > n && path.p[n] != '/'))
		return false;
	*folder = sl_from(path, n + 1);
	return true;
}

/*
 * Is the file of the row in the folder it was published in?  1; 0: no more;
 * -1: that folder is not there, which proves nothing.
 */
static int
lies_there(const struct look *k, const struct replay_row *row,
    struct slice folder)
{
	struct err err;
	struct stat st;
	int fd = dir_below(k->root, folder, false, &err), there = -1;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && (int64_t)st.st_ino == row->ino)
		there = fstatat(fd, arena_str(k->a, row->name), &st,
		    AT_SYMLINK_NOFOLLOW) == 0;
	close(fd);
	return there;
}

static int
look_at(void *ctx, const struct replay_row *row, struct err *err)
{
	struct look *k = ctx;
	struct slice folder;
	int there;

	arena_reset(k->a);
	if (row->name.n == 0 || !below(k, row->target, &folder))
		return 0;
	if (row->state != REPLAY_PUBLISHED)
		return err_set(err, ERR_LIMIT, "%.200s: a replay into it was "
		    "stopped before its end: run the same spoolreplay again "
		    "first", k->spool);
	there = lies_there(k, row, folder);
	k->there += there == 1;
	if (!k->mark || there == -1)
		return 0;
	return replays_set(k->rows, row->row, there == 1 ? REPLAY_RETURNED :
	    REPLAY_TAKEN, there == 1 ? SL("a rotation carried it off") : SL(""),
	    err);
}

static int
look_through(struct casefile *c, const struct place *p, int root,
    unsigned states, bool mark, size_t *there, struct err *err)
{
	struct look k = { .spool = p->path, .root = root, .mark = mark };
	int r;

	if (replays_open(&k.rows, c, err) == -1)
		return -1;
	k.a = arena_new();
	r = replays_each(k.rows, states, NULL, look_at, &k, err);
	*there = k.there;
	arena_free(k.a);
	replays_free(k.rows);
	return r;
}

int
pickup_check(struct casefile *c, const struct place *p, struct err *err)
{
	size_t n;

	return look_through(c, p, p->root, 1 << REPLAY_STAGED, false, &n,
	    err);
}

int
pickup_wait(struct casefile *c, const struct place *p, unsigned seconds,
    size_t *left, struct err *err)
{
	const struct timespec nap = { .tv_sec = 1 };

	for (;; seconds--) {
		if (look_through(c, p, p->root, 1 << REPLAY_PUBLISHED, false,
		    left, err) == -1)
			return -1;
		if (*left == 0 || seconds == 0 || sig_stop())
			return 0;
		nanosleep(&nap, NULL);
	}
}

int
pickup_carried(struct casefile *c, const struct place *p, int old,
    size_t *returned, struct err *err)
{
	return look_through(c, p, old, 1 << REPLAY_PUBLISHED, true, returned,
	    err);
}
