#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "act/pickup.h"
#include "act/replay.h"
#include "base/sig.h"

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
 * Where the file of the row is that was published in the folder: RETURNED
 * is there, and DOUBTFUL being read.  False: that folder is not there, which
 * proves nothing.
 */
static bool
find_file(const struct look *k, const struct replay_row *row,
    const struct inject *in, struct slice folder, enum replay_state *is,
    const char **why)
{
	struct err err;
	struct stat st;
	int fd = dir_below(k->root, folder, false, &err);
	bool found;

	if (fd == -1)
		return false;
	found = fstat(fd, &st) == 0 && (int64_t)st.st_ino == row->ino;
	if (found)
		*is = replay_carried(fd, in, arena_str(k->a, row->name), why);
	close(fd);
	return found;
}

static int
look_at(void *ctx, const struct replay_row *row, struct err *err)
{
	struct look *k = ctx;
	struct slice folder, rest = row->target, format;
	const struct inject *in;
	enum replay_state is;
	const char *why;

	arena_reset(k->a);
	sl_cut(&rest, ':', &format);
	if (row->name.n == 0 || !below(k, row->target, &folder) ||
	    (in = inject_find(format)) == NULL)
		return 0;
	if (row->state != REPLAY_PUBLISHED)
		return err_set(err, ERR_LIMIT, "%.200s: a replay into it was "
		    "stopped before its end: run the same spoolreplay again "
		    "first", k->spool);
	if (!find_file(k, row, in, folder, &is, &why))
		return 0;
	k->there += is == REPLAY_RETURNED ||
	    (is == REPLAY_DOUBTFUL && !k->mark);
	return k->mark ? replays_set(k->rows, row->row, is, sl(why), err) : 0;
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
