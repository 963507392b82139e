#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "act/claim.h"
#include "act/clean.h"
#include "act/mover.h"
#include "act/skeleton.h"
#include "base/hash.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "case/replay.h"
#include "case/turf.h"
#include "spool/spool.h"

#define CHUNK		256	/* entries between two commits */
#define SUFFIX		".turf"
#define BATCHES_MAX	10000	/* of one minute */

/* An entry that is wanted, as the case knows it. */
struct want {
	char		*path;
	int64_t		 row;
	char		 sha256[65];
	uint64_t	 size;
	bool		 seen;
};

/* One that was found and will be taken, with what its file was. */
struct item {
	struct turf_entry e;
	struct stat	 st;
	uint64_t	 size;
	bool		 done;
};

struct run {
	struct casefile	*c;
	struct clean	*k;
	struct want	*want;
	size_t		 nwant;
	struct item	 item[CHUNK];
	size_t		 nitem;
	struct arena	*a;		/* of a chunk */
	struct mover	 mover;
	const struct spool_ways *ways;
	bool		 running;	/* its server, when this chunk began */
	int		 aside;		/* -1: nothing goes there yet */
	int64_t		 batch;
	uint64_t	 used, quota;
};

static void
leave(struct run *r, const char *path, const char *why)
{
	r->k->left_over++;
	if (r->k->left != NULL)
		r->k->left(r->k->ctx, path, why);
}

/*
 * What is wanted.
 */

static int
by_path(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void
add_want(struct run *r, struct arena *a, const struct case_entry *e)
{
	struct want *w = &r->want[r->nwant++];

	w->path = arena_str(a, e->path);
	w->row = e->row;
	w->size = e->size;
	snprintf(w->sha256, sizeof(w->sha256), SL_FMT,
	    SL_ARG(sl_first(e->sha256, 64)));
}

static int
read_wants(struct run *r, struct arena *a, struct err *err)
{
	struct slice here = sl(r->k->place->path);
	struct case_cursor *cur;
	struct case_entry e;
	int ret;

	r->want = xcalloc(r->k->rows->n + 1, sizeof(*r->want));
	if (case_entries(r->c, r->k->rows, &cur, err) == -1)
		return -1;
	while ((ret = case_next(cur, &e, err)) == 1)
		if (sl_eq(e.spool, here) && e.gone.n == 0 &&
		    r->nwant < r->k->rows->n)
			add_want(r, a, &e);
	case_cursor_free(cur);
	qsort(r->want, r->nwant, sizeof(*r->want), by_path);
	return ret;
}

static struct want *
find_want(const struct run *r, const char *path)
{
	struct want key = { .path = (char *)path };

	return bsearch(&key, r->want, r->nwant, sizeof(key), by_path);
}

/*
 * Where it goes.
 */

static int
make_aside(struct run *r, struct arena *a, struct err *err)
{
	struct place *p = r->k->place;
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;
	struct slice name = { NULL, 0 };
	unsigned i;
	int top = dir_below(p->beside, arena_fmt(a, "%s" SUFFIX, p->base),
	    true, err);

	if (top == -1)
		return -1;
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%MZ", gmtime_r(&now, &tm));
	for (i = 1; i <= BATCHES_MAX && r->aside == -1; i++) {
		name = i == 1 ? arena_fmt(a, "%s", stamp) :
		    arena_fmt(a, "%s-%u", stamp, i);
		if (mkdirat(top, name.p, 0700) == 0)
			r->aside = dir_open(top, name.p, err);
		else if (errno != EEXIST)
			break;
	}
	if (r->aside == -1)
		err_sys(err, "%.200s/%.100s" SUFFIX, p->beside_path, p->base);
	else if (dir_sync(top, name.p, err) == -1 ||
	    dir_sync(p->beside, p->base, err) == -1) {
		close(r->aside);
		r->aside = -1;
	}
	close(top);
	if (r->aside == -1)
		return -1;
	r->k->aside = arena_fmt(a, "%s/%s" SUFFIX "/%s",
	    strcmp(p->beside_path, "/") == 0 ? "" : p->beside_path, p->base,
	    name.p).p;
	return 0;
}

static int
begin_batch(struct run *r, struct arena *a, struct err *err)
{
	if (!r->k->delete && make_aside(r, a, err) == -1)
		return -1;
	mover_init(&r->mover, r->k->place->root, r->aside);
	return turf_begin(r->c, r->k->place->path, r->k->aside, &r->batch,
	    err);
}

/* What may be turfed in all, and what is. */
static int
read_quota(struct run *r, struct err *err)
{
	struct statvfs vfs;

	if (r->k->delete)
		return 0;
	r->quota = r->k->quota;
	if (r->quota == 0) {
		if (fstatvfs(r->k->place->beside, &vfs) == -1)
			return err_sys(err, "%.300s",
			    r->k->place->beside_path);
		r->quota = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	}
	return turf_bytes(r->c, r->k->place->path, &r->used, err);
}

/*
 * One entry as it is found.
 */

static void
add_piece(void *ctx, struct slice piece)
{
	sha256_add(ctx, piece);
}

/* Are the bytes those that the case knows?  NULL, or why not. */
static const char *
compare(const struct run *r, const struct spool *sp,
    const struct spool_entry *e, const struct want *w,
    struct spool_reader *rd, struct sha256 *sha)
{
	struct spool_msg m = { 0 };
	struct err err;
	uint8_t sum[32];
	char hex[65];

	if (e->refused != NULL)
		return e->refused;
	if (e->nwith >= SPOOL_RCPT_MAX)
		return "it has more files than are listed";
	if (spool_start(sp, e, rd, &err) == -1)
		return err.sys == ENOENT ? "it went away" : "cannot be read";
	if (spool_load(rd, &m, &err) != 1)
		return "cannot be read";
	if (m.part != 0)
		return "one of several messages in a file";
	if (m.held && !r->k->kept)
		return "its server was told to keep it (--held)";
	sha256_start(sha);
	if (spool_bytes(rd, &m, add_piece, sha, &err) == -1)
		return "cannot be read";
	sha256_end(sha, sum);
	hex_str(sum, sizeof(sum), hex);
	return strcmp(hex, w->sha256) == 0 ? NULL :
	    "it is not the message that was scanned: scan again";
}

/* As they go out: companions around the message. */
static const char **
list_files(struct arena *a, const struct spool_entry *e, bool message_first,
    size_t *n)
{
	const char **all = arena_alloc(a, (e->nwith + 1) * sizeof(*all));
	const char **v = all + message_first;
	const struct tree_dir *dir;
	size_t i;

	all[message_first ? 0 : e->nwith] = arena_str(a, sl(e->path));
	for (i = 0; i < e->nwith; i++) {
		dir = spool_with_dir(e, i);
		v[i] = dir->path[0] == '\0' ?
		    arena_str(a, sl(e->with[i].name)) :
		    arena_fmt(a, "%s/%s", dir->path, e->with[i].name).p;
	}
	*n = e->nwith + 1;
	return all;
}

/* Into the chunk, or left with a reason. */
static void
take(struct run *r, const struct spool_entry *e, struct want *w,
    const char *why)
{
	struct item *it = &r->item[r->nitem];
	struct err err;
	int fd;

	w->seen = true;
	if (why == NULL && !r->k->delete && r->used + w->size > r->quota)
		why = "the turf folder has reached its quota (--quota)";
	*it = (struct item){ .size = w->size, .e = { .row = w->row,
	    .state = r->k->delete ? TURF_DELETING : TURF_GOING } };
	if (why == NULL && (fd = tree_file(e->dir, e->name, &it->st,
	    &err)) == -1)
		why = "it went away";
	else if (why == NULL)
		close(fd);
	if (why == NULL && r->running)
		why = claim_in_hand(r->ways, e->path, it->st.st_mode);
	if (why != NULL) {
		leave(r, e->path, why);
		return;
	}
	it->e.path = arena_str(r->a, sl(e->path));
	it->e.files = list_files(r->a, e, r->ways->message_first,
	    &it->e.nfiles);
	r->used += w->size;
	r->nitem++;
}

/*
 * A chunk.
 */

/* Companions too: each of its files has to be in the archive as it is. */
static const char *
not_held(struct run *r, const struct item *it)
{
	struct err err;
	bool has;
	size_t i;
	int fd;

	for (i = 0; r->k->held != NULL && i < it->e.nfiles; i++) {
		if ((fd = mover_open(&r->mover, it->e.files[i], false,
		    &err)) == -1)
			return "it went away";
		has = held_has(r->k->held, it->e.files[i], fd);
		close(fd);
		if (!has)
			return "the archive does not hold it as it is";
	}
	return NULL;
}

/* What will fail for all the others as well. */
static bool
is_fatal(const struct err *e)
{
	return e->sys == ENOSPC || e->sys == EDQUOT || e->sys == EROFS ||
	    e->sys == EIO;
}

/*
 * The files of one, in order.  Without the first the server has it, and the
 * others are its own.
 */
static int
move_files(struct run *r, struct item *it, struct err *err)
{
	int ret = mover_move(&r->mover, it->e.files[0], err);
	size_t i;

	if (ret == 0)
		leave(r, it->e.path, "it went away");
	for (i = 1; ret == 1 && i < it->e.nfiles; i++)
		if (mover_move(&r->mover, it->e.files[i], err) == -1)
			ret = -1;
	return ret;
}

/* 1, 0 when it stays, -1. */
static int
move_item(struct run *r, struct item *it, struct err *err)
{
	struct claim claim;
	const char *why;
	int ret = 0;

	why = claim_take(&claim, &r->mover, r->ways, &it->e, &it->st);
	if (is_fatal(&claim.err)) {
		*err = claim.err;
		ret = -1;
	} else if (why != NULL || (why = not_held(r, it)) != NULL)
		leave(r, it->e.path, why);
	else
		ret = move_files(r, it, err);
	claim_end(&claim);
	return ret;
}

static int
write_intents(struct run *r, struct err *err)
{
	size_t i;

	if (case_begin(r->c, err) == -1)
		return -1;
	for (i = 0; i < r->nitem; i++) {
		r->item[i].e.batch = r->batch;
		if (turf_add(r->c, &r->item[i].e, err) == -1) {
			case_rollback(r->c);
			return -1;
		}
	}
	return case_commit(r->c, err);
}

static int
write_ends(struct run *r, struct err *err)
{
	enum turf_state end = r->k->delete ? TURF_DELETED : TURF_OUT;
	size_t i;

	if (case_begin(r->c, err) == -1)
		return -1;
	for (i = 0; i < r->nitem; i++)
		if (turf_set(r->c, &r->item[i].e, r->item[i].done ? end :
		    TURF_LEFT, err) == -1) {
			case_rollback(r->c);
			return -1;
		}
	return case_commit(r->c, err);
}

/* A server that would have to be stopped, and is not: what else can be done. */
static int
check_stopped(const struct spool_ways *w, const struct place *p,
    const char *what, struct err *err)
{
	char who[RUNNING_WHO];

	if (!claim_works(w, p->root, p->path, who))
		return 0;
	return err_set(err, ERR_USAGE, "%.200s: nothing can %s while its "
	    "server runs (%s): it has the queue in memory: stop it, or %s",
	    p->path, what, who, w->stop);
}

static int
run_chunk(struct run *r, struct arena *a, struct err *err)
{
	size_t i;
	int ret = 1;

	if (r->nitem == 0)
		return 0;
	if (check_stopped(r->ways, r->k->place, "be taken out", err) == -1)
		return -1;
	if ((r->batch == 0 && begin_batch(r, a, err) == -1) ||
	    write_intents(r, err) == -1)
		return -1;
	for (i = 0; ret != -1 && i < r->nitem; i++) {
		ret = move_item(r, &r->item[i], err);
		r->item[i].done = ret == 1;
		if (ret == 1) {
			r->k->done++;
			r->k->bytes += r->item[i].size;
		}
	}
	/* What a failure left halfway the next run settles. */
	if (ret == -1 || mover_sync(&r->mover, err) == -1)
		return -1;
	if (write_ends(r, err) == -1)
		return -1;
	r->nitem = 0;
	r->running = claim_runs(r->ways, r->k->place->root);
	arena_reset(r->a);
	return 0;
}

/*
 * The walk.
 */

static int
walk(struct run *r, struct spool *sp, struct arena *a, struct err *err)
{
	struct arena *names = arena_new(), *msgs = arena_new();
	struct spool_reader *rd = spool_reader_new(msgs);
	struct sha256 *sha = sha256_new();
	struct spool_entry e;
	struct want *w;
	int ret = 0, more;

	while (ret == 0 && !sig_stop() &&
	    (more = spool_next(sp, names, &e, err)) != 0) {
		if (more == -1) {
			leave(r, e.path, err->msg);
			continue;
		}
		if ((w = find_want(r, e.path)) != NULL && !w->seen)
			take(r, &e, w, compare(r, sp, &e, w, rd, sha));
		spool_entry_done(&e);
		arena_reset(msgs);
		if (r->nitem == CHUNK)
			ret = run_chunk(r, a, err);
	}
	if (ret == 0)
		ret = run_chunk(r, a, err);
	spool_reader_free(rd);
	sha256_free(sha);
	arena_free(msgs);
	arena_free(names);
	return ret;
}

static int
open_spool(struct run *r, struct arena *a, struct spool **sp,
    struct err *err)
{
	const char *path = r->k->place->path, *no;
	struct spool **set;
	size_t n, i;

	if (spool_open(&set, &n, a, path, r->k->format, err) == -1)
		return -1;
	no = spool_ways(set[0])->no_remove;
	if (n > 1 || strcmp(spool_path(set[0]), path) != 0)
		err_set(err, ERR_USAGE, "%.200s: no spool itself, but a "
		    "folder of spools: clean them one by one", path);
	else if (no != NULL)
		err_set(err, ERR_USAGE, "%.100s: nothing can be taken out of "
		    "%s: %s", path, spool_format(set[0]), no);
	else if (check_stopped(spool_ways(set[0]), r->k->place, "be taken out",
	    err) == 0) {
		*sp = set[0];
		r->ways = spool_ways(set[0]);
		r->running = claim_runs(r->ways, r->k->place->root);
		return 0;
	}
	for (i = 0; i < n; i++)
		spool_close(set[i]);
	return -1;
}

static void
leave_unseen(struct run *r)
{
	size_t i;

	for (i = 0; i < r->nwant; i++)
		if (r->want[i].seen)
			continue;
		else if (sig_stop())
			r->k->left_over++;
		else
			leave(r, r->want[i].path, "it is not there any more");
}

int
clean_out(struct casefile *c, struct arena *a, struct clean *k,
    struct err *err)
{
	struct run r = { .c = c, .k = k, .aside = -1 };
	struct spool *sp = NULL;
	size_t n;
	int ret;

	r.a = arena_new();
	ret = clean_settle(c, a, k->place, &n, err) == -1 ||
	    open_spool(&r, a, &sp, err) == -1 ||
	    read_wants(&r, a, err) == -1 || read_quota(&r, err) == -1 ||
	    walk(&r, sp, a, err) == -1 ? -1 : 0;
	if (ret == 0)
		leave_unseen(&r);
	mover_free(&r.mover);
	if (r.aside != -1)
		close(r.aside);
	spool_close(sp);
	free(r.want);
	arena_free(r.a);
	return ret;
}

/*
 * Back, and what was interrupted.
 */

/* The tree of a batch, and the mover between it and the spool. */
struct track {
	struct casefile	*c;
	struct place	*place;
	struct mover	 mover;
	int64_t		 batch;
	int		 aside;
	bool		 back;
	struct case_rows sent;		/* going back: they must not */
	const struct spool_ways *ways;	/* NULL: not asked */
};

/* The folder SPOOL.turf/TIME, by the last two parts of its path. */
static int
open_aside(struct place *p, const char *path, struct err *err)
{
	size_t n = strlen(p->beside_path);
	struct slice s = sl(path);

	if (strncmp(path, p->beside_path, n) != 0)
		return err_set(err, ERR_UNSAFE, "%.300s: not beside the "
		    "spool", path);
	s = sl_from(s, n);
	while (s.n > 0 && s.p[0] == '/')
		s = sl_from(s, 1);
	return dir_below(p->beside, s, false, err);
}

static int
track_to(struct track *t, const struct turf_entry *e, struct err *err)
{
	if (t->batch == e->batch)
		return 0;
	if (mover_sync(&t->mover, err) == -1)
		return -1;
	mover_free(&t->mover);
	if (t->aside != -1)
		close(t->aside);
	t->aside = -1;
	t->batch = e->batch;
	if (e->aside[0] != '\0' &&
	    (t->aside = open_aside(t->place, e->aside, err)) == -1)
		return -1;
	mover_init(&t->mover, t->back ? t->aside : t->place->root,
	    t->back ? t->place->root : t->aside);
	return 0;
}

static void
track_end(struct track *t)
{
	mover_free(&t->mover);
	if (t->aside != -1)
		close(t->aside);
}

/* All files of an entry; on the way back the message is the first. */
static int
move_all(struct track *t, const struct turf_entry *e, struct err *err)
{
	size_t i;

	for (i = 0; i < e->nfiles; i++)
		if (mover_move(&t->mover, e->files[t->back ?
		    e->nfiles - 1 - i : i], err) == -1)
			return -1;
	return 0;
}

/* Has any file of it arrived? */
static int
any_arrived(struct track *t, const struct turf_entry *e, bool *any,
    struct err *err)
{
	bool there;
	size_t i;

	*any = false;
	for (i = 0; i < e->nfiles; i++) {
		if (mover_arrived(&t->mover, e->files[i], &there, err) == -1)
			return -1;
		*any |= there;
	}
	return 0;
}

/* What its server lets others do; nothing is asked of what it is. */
static const struct spool_ways *
ways_of(struct arena *a, const struct place *p, const char *format)
{
	const struct spool_ways *w = NULL;
	struct spool **set;
	struct err err;
	size_t n = 0;

	if (spool_open(&set, &n, a, p->path, format, &err) == -1)
		return NULL;
	if (n == 1)
		w = spool_ways(set[0]);
	while (n > 0)
		spool_close(set[--n]);
	return w;
}

/* What each way leads to, begun and not begun. */
static const struct {
	enum turf_state	on, to, otherwise;
	bool		back;
} ways[] = {
	{ TURF_GOING, TURF_OUT, TURF_LEFT, false },
	{ TURF_DELETING, TURF_DELETED, TURF_LEFT, false },
	{ TURF_RETURNING, TURF_BACK, TURF_OUT, true },
};

static int
settle_some(struct track *t, struct turf_entry *v, size_t n, size_t way,
    struct err *err)
{
	bool any[CHUNK];
	size_t i;

	for (i = 0; i < n; i++)
		if (track_to(t, &v[i], err) == -1 ||
		    any_arrived(t, &v[i], &any[i], err) == -1 ||
		    (any[i] && move_all(t, &v[i], err) == -1))
			return -1;
	if (mover_sync(&t->mover, err) == -1 || case_begin(t->c, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (turf_set(t->c, &v[i], any[i] ? ways[way].to :
		    ways[way].otherwise, err) == -1) {
			case_rollback(t->c);
			return -1;
		}
	return case_commit(t->c, err);
}

static int
settle_way(struct casefile *c, struct arena *a, struct place *place,
    size_t way, size_t *total, struct err *err)
{
	struct track t = { .c = c, .place = place, .aside = -1,
	    .back = ways[way].back };
	struct turf_entry *v;
	size_t n;
	int r;

	do {
		r = turf_list(c, place->path, ways[way].on,
		    (struct turf_after){ 0, 0 }, CHUNK, a, &v, &n, err);
		if (r == 0 && n > 0)
			r = check_stopped(ways_of(a, place, NULL), place,
			    "be brought to its end", err);
		if (r == 0 && n > 0)
			r = settle_some(&t, v, n, way, err);
		*total += n;
	} while (r == 0 && n > 0);
	track_end(&t);
	return r;
}

int
clean_settle(struct casefile *c, struct arena *a, struct place *place,
    size_t *n, struct err *err)
{
	size_t i;

	*n = 0;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (settle_way(c, a, place, i, n, err) == -1)
			return -1;
	return 0;
}

static int
by_row(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int
set_all(struct casefile *c, const struct turf_entry *v, size_t n,
    enum turf_state state, struct err *err)
{
	size_t i;

	if (case_begin(c, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (turf_set(c, &v[i], state, err) == -1) {
			case_rollback(c);
			return -1;
		}
	return case_commit(c, err);
}

static int
add_sent(void *ctx, const struct replay_row *row, struct err *err)
{
	struct case_rows *sent = ctx;

	(void)err;
	if (sent->n == sent->cap) {
		sent->cap = sent->cap == 0 ? 256 : sent->cap * 2;
		sent->v = xrealloc(sent->v, sent->cap, sizeof(*sent->v));
	}
	sent->v[sent->n++] = row->entry;
	return 0;
}

/* Entries that were replayed, or may have been, sorted. */
static int
read_sent(struct casefile *c, struct case_rows *sent, struct err *err)
{
	struct replays *rows;
	int r;

	if (replays_open(&rows, c, err) == -1)
		return -1;
	r = replays_each(rows, 1u << REPLAY_STAGED | 1u << REPLAY_PUBLISHED |
	    1u << REPLAY_TAKEN | 1u << REPLAY_DOUBTFUL, NULL, add_sent, sent,
	    err);
	replays_free(rows);
	if (sent->n > 0)
		qsort(sent->v, sent->n, sizeof(*sent->v), by_row);
	return r;
}

static bool
has_row(const struct case_rows *rows, int64_t row)
{
	return rows->n > 0 && bsearch(&row, rows->v, rows->n,
	    sizeof(row), by_row) != NULL;
}

/* Why it has to stay in turf; *why NULL: it need not. */
static int
why_stay(struct track *t, const struct turf_entry *e, const char **why,
    struct err *err)
{
	bool any;

	*why = NULL;
	if (has_row(&t->sent, e->row)) {
		*why = "it was replayed, and its server would send it again: "
		    "it stays in turf";
		return 0;
	}
	if (track_to(t, e, err) == -1 || any_arrived(t, e, &any, err) == -1)
		return -1;
	if (any)
		*why = "another file has its name: it stays in turf";
	else if (claim_unread(t->ways, t->place->root, e->path))
		*why = "its server reads that folder only when it starts: "
		    "stop it first";
	return 0;
}

static int
undo_some(struct track *t, struct clean *k, struct turf_entry *v, size_t n,
    struct err *err)
{
	size_t i, m = 0;
	const char *why;

	for (i = 0; i < n; i++) {
		if (why_stay(t, &v[i], &why, err) == -1)
			return -1;
		if (why == NULL) {
			v[m++] = v[i];
			continue;
		}
		k->left_over++;
		if (k->left != NULL)
			k->left(k->ctx, v[i].path, why);
	}
	if (m == 0)
		return 0;
	if (set_all(t->c, v, m, TURF_RETURNING, err) == -1)
		return -1;
	for (i = 0; i < m; i++)
		if (track_to(t, &v[i], err) == -1 ||
		    move_all(t, &v[i], err) == -1)
			return -1;
	if (mover_sync(&t->mover, err) == -1)
		return -1;
	k->done += m;
	return set_all(t->c, v, m, TURF_BACK, err);
}

/* Those of v that are asked for, moved to its front. */
static size_t
choose(const struct case_rows *rows, struct turf_entry *v, size_t n)
{
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (has_row(rows, v[i].row))
			v[m++] = v[i];
	return m;
}

int
clean_undo(struct casefile *c, struct arena *a, struct clean *k,
    struct err *err)
{
	struct track t = { .c = c, .place = k->place, .aside = -1,
	    .back = true };
	struct turf_after after = { 0, 0 };
	struct turf_entry *v;
	size_t n;
	int r = clean_settle(c, a, k->place, &n, err);

	t.ways = ways_of(a, k->place, k->format);
	if (r == 0)
		r = read_sent(c, &t.sent, err);
	if (k->rows->n > 0)
		qsort(k->rows->v, k->rows->n, sizeof(int64_t), by_row);
	while (r == 0 && !sig_stop()) {
		r = turf_list(c, k->place->path, TURF_OUT, after, CHUNK, a,
		    &v, &n, err);
		if (r == -1 || n == 0)
			break;
		after = (struct turf_after){ v[n - 1].batch, v[n - 1].row };
		if ((r = check_stopped(t.ways, k->place, "come back",
		    err)) == -1)
			break;
		r = undo_some(&t, k, v, choose(k->rows, v, n), err);
	}
	track_end(&t);
	case_rows_free(&t.sent);
	return r;
}
