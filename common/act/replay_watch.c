#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/replay_state.h"
#include "base/diag.h"
#include "base/xalloc.h"

/*
 * What the server does with the files that were put into its folder.
 */
#define SPARE	20	/* a look costs at most one part in so many */

struct waiting {
	int64_t		 row;
	int64_t		 since;		/* replay_clock */
	enum replay_state state;	/* PUBLISHED: it lies there */
	const char	*why;
	const char	*source;	/* what a person calls it */
	const char	*name;
};

struct watch {
	struct replay	*r;
	struct waiting	*v;
	size_t		 n, cap;
	int64_t		 taken;		/* when one was, the last time */
	int64_t		 next;		/* look, not before */
};

struct watch *
watch_new(struct replay *r)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->r = r;
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	free(w->v);
	free(w);
}

void
watch_add(struct watch *w, int64_t row, const char *source,
    const char *name)
{
	struct waiting *x;

	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 256 : w->cap * 2;
		w->v = xrealloc(w->v, w->cap, sizeof(*w->v));
	}
	x = &w->v[w->n++];
	*x = (struct waiting){ .row = row, .since = replay_clock(),
	    .state = REPLAY_PUBLISHED, .source = source,
	    .name = arena_str(w->r->st->keep, sl(name)) };
}

size_t
watch_waiting(const struct watch *w)
{
	return w->n;
}

/* ---- where it is ---- */

static bool
there(int dir, const char *sub, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", sub, name);
	return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
refused(struct waiting *x, const char *why)
{
	x->state = REPLAY_REFUSED;
	x->why = why;
}

/* Under its name, or as Badmail has names: STEM.BAD. */
static bool
lies_in(int dir, const char *sub, const struct inject *in, const char *name)
{
	int stem = (int)(strlen(name) - (in->suffix == NULL ? 0 :
	    strlen(in->suffix)));
	char bad[64];

	snprintf(bad, sizeof(bad), "%.*s.BAD", stem, name);
	return there(dir, sub, name) || there(dir, sub, bad);
}

/* The folder that the server puts what it does not want in; NULL: none. */
static const char *
put_away(int dir, const struct inject *in, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(in->refused) / sizeof(in->refused[0]) &&
	    in->refused[i] != NULL; i++)
		if (lies_in(dir, in->refused[i], in, name))
			return in->refused[i];
	return NULL;
}

/* It is not where it was put: taken, or put away. */
static void
look_away(struct watch *w, struct waiting *x)
{
	const char *where = put_away(w->r->st->dirfd, w->r->in, x->name);

	x->state = REPLAY_TAKEN;
	if (where != NULL)
		refused(x, where);
}

/* A server reads neither, or sends it and lets it lie; windows-spools 1.4. */
static const char *
why_left(const struct stat *st)
{
	return st->st_size == 0 ? "left empty" :
	    (st->st_mode & S_IWUSR) == 0 ? "left read-only" : NULL;
}

static void
look_at(struct watch *w, struct waiting *x, int64_t now)
{
	struct stat st;
	const char *why;
	int64_t patience = (int64_t)w->r->o->stall * 1000;

	if (fstatat(w->r->st->dirfd, x->name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			look_away(w, x);
		return;
	}
	if ((why = why_left(&st)) != NULL)
		refused(x, why);
	else if (patience > 0 && now - x->since > patience &&
	    w->taken > x->since)
		refused(x, "left lying while others were taken");
}

/*
 * STEM.tmp and STEM<date>.tmp are being read, STEM.bad and STEM<date>.bad
 * were refused, and one that is there again was put back.
 */
static void
look_renamed(struct waiting *x, size_t stem, const char *name)
{
	if (strncmp(x->name, name, stem) != 0)
		return;
	if (sl_iends(sl(name), SL(".bad")))
		refused(x, "renamed to .bad");
	else if (x->state == REPLAY_TAKEN)
		x->state = REPLAY_PUBLISHED;
}

/* Names of ours that the server has changed: few, whatever lies there. */
static void
look_for_renamed(struct watch *w)
{
	const char *suffix = w->r->in->suffix;
	int fd = openat(w->r->st->dirfd, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	size_t i;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, case_uuid(w->r->c), 8) != 0)
			continue;
		for (i = 0; i < w->n; i++)
			if (w->v[i].state == REPLAY_TAKEN)
				look_renamed(&w->v[i], strlen(w->v[i].name) -
				    strlen(suffix), e->d_name);
	}
	if (d != NULL)
		closedir(d);
}

static void
tell(struct replay_tally *did, enum replay_state s, const char *source,
    const char *why)
{
	if (s == REPLAY_REFUSED || s == REPLAY_DOUBTFUL)
		diag_warn(source, "%s: %s", replay_state_name(s), why);
	did->taken += s == REPLAY_TAKEN;
	did->refused += s == REPLAY_REFUSED;
	did->returned += s == REPLAY_RETURNED;
	did->doubtful += s == REPLAY_DOUBTFUL;
}

static int
say(struct watch *w, const struct waiting *x, struct err *err)
{
	if (x->state == REPLAY_TAKEN)
		w->taken = replay_clock();
	tell(&w->r->did, x->state, x->source, x->why);
	return replays_set(w->r->rows, x->row, x->state, sl(x->why), err);
}

int
watch_look(struct watch *w, size_t *gone, struct err *err)
{
	int64_t now = replay_clock();
	size_t i, k = 0;

	*gone = 0;
	if (w->n == 0 || now < w->next)
		return 0;
	for (i = 0; i < w->n; i++) {
		look_at(w, &w->v[i], now);
		k += w->v[i].state == REPLAY_TAKEN;
	}
	if (k > 0 && w->r->in->renames)
		look_for_renamed(w);
	if (case_begin(w->r->c, err) == -1)
		return -1;
	for (i = k = 0; i < w->n; i++) {
		if (w->v[i].state == REPLAY_PUBLISHED)
			w->v[k++] = w->v[i];
		else if (say(w, &w->v[i], err) == -1) {
			case_rollback(w->r->c);
			return -1;
		}
	}
	*gone = w->n - k;
	w->n = k;
	w->next = replay_clock();
	w->next += (w->next - now) * SPARE;
	return case_commit(w->r->c, err);
}

/* ---- what earlier runs published ---- */

/* Is there a STEM.tmp, or whatever it ends in, with a date or without? */
static bool
has_renamed(int dir, const struct inject *in, const char *name,
    const char *end)
{
	size_t stem = strlen(name) - strlen(in->suffix);
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL)
		found = strncmp(name, e->d_name, stem) == 0 &&
		    sl_iends(sl(e->d_name), sl(end));
	if (d != NULL)
		closedir(d);
	return found;
}

enum replay_state
replay_carried(int dir, const struct inject *in, const char *name,
    const char **why)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if ((*why = why_left(&st)) != NULL)
			return REPLAY_REFUSED;
		*why = "a rotation carried it off";
		return REPLAY_RETURNED;
	}
	*why = "renamed to .bad";
	if (in->renames && has_renamed(dir, in, name, ".bad"))
		return REPLAY_REFUSED;
	*why = "a rotation carried it off while it was read";
	if (in->renames && has_renamed(dir, in, name, ".tmp"))
		return REPLAY_DOUBTFUL;
	*why = put_away(dir, in, name);
	return *why != NULL ? REPLAY_REFUSED : REPLAY_TAKEN;
}

/*
 * The folder a row names, when a rotation carried it off: one of the
 * generations beside the spool has it.  -1: not found.
 */
static int
old_folder(struct replay *r, const struct replay_row *row)
{
	const struct place *p = &r->st->place;
	int fd = openat(p->beside, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	char path[512];
	struct dirent *e;
	struct stat st;

	fd = -1;
	while (d != NULL && fd == -1 && (e = readdir(d)) != NULL) {
		if (!p->mount && strncmp(e->d_name, p->base,
		    strlen(p->base)) != 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", e->d_name,
		    strrchr(r->st->dir, '/') + 1) >= (int)sizeof(path))
			continue;
		fd = openat(p->beside, path, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		if (fd != -1 && (fstat(fd, &st) == -1 ||
		    (int64_t)st.st_dev != row->dev ||
		    (int64_t)st.st_ino != row->ino)) {
			close(fd);
			fd = -1;
		}
	}
	if (d != NULL)
		closedir(d);
	return fd;
}

static int
know(void *ctx, const struct replay_row *row, struct err *err)
{
	struct watch *w = ctx;
	struct replay *r = w->r;
	enum replay_state now;
	const char *why;
	char name[64];
	const char *source = arena_str(r->st->keep, row->source);
	int fd;

	snprintf(name, sizeof(name), SL_FMT, SL_ARG(row->name));
	if (row->dev == (int64_t)r->st->dir_st.st_dev &&
	    row->ino == (int64_t)r->st->dir_st.st_ino) {
		watch_add(w, row->row, source, name);
		return 0;
	}
	if ((fd = old_folder(r, row)) == -1)
		return 0;	/* nobody can tell: published it stays */
	now = replay_carried(fd, r->in, name, &why);
	close(fd);
	tell(&r->did, now, source, why);
	return replays_set(r->rows, row->row, now, sl(why), err);
}

int
watch_known(struct watch *w, struct err *err)
{
	return !w->r->in->taken ? 0 : replays_each(w->r->rows,
	    1u << REPLAY_PUBLISHED, w->r->target, know, w, err);
}

int
watch_settle(struct replay *r, struct err *err)
{
	struct watch *w = watch_new(r);
	size_t gone;
	int result = watch_known(w, err);

	if (result == 0)
		result = watch_look(w, &gone, err);
	watch_free(w);
	return result;
}
