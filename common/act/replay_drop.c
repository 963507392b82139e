#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "act/replay_state.h"
#include "base/diag.h"
#include "base/sig.h"
#include "base/xalloc.h"

/*
 * Into a folder, many at a time and each once: replay.h has the steps.  Some
 * batches are in hand: while threads write and sync the files of the younger
 * ones, the oldest is published, and the next is read and its intents are
 * written down.
 */
#define IN_HAND		3		/* batches */
#define BATCH		512		/* messages of one */
#define TOGETHER	8		/* so many are synced by one call */
#define BATCH_BYTES	(8 * 1024 * 1024)	/* rendered, of one */
#define NAME		64		/* bytes of a file's name */
#define LOOK_MS		50		/* between two looks at the folder */

struct drop {
	int64_t		 row;
	const char	*source;
	char		 name[NAME];
	uint8_t		 sha256[32];
	size_t		 from, n;	/* bytes of the batch's buffer */
	size_t		 second;	/* where in them a second file begins, or n */
	int		 fd, fd2;
};

struct batch {
	struct drop	 v[BATCH];
	size_t		 n;
	struct buf	 bytes;

	pthread_t	 thread;	/* that writes the files */
	bool		 threaded;	/* there is one */
	struct replay	*r;
	struct sha256	*sha;
	struct err	 err;		/* of writing them */
	int		 result;
};

/* A name that nobody else gives: the case's and the row's. */
static void
name_of(const struct replay *r, int64_t row, char name[NAME])
{
	if (r->in->name_of != NULL)
		r->in->name_of(case_uuid(r->c), row, name, NAME);
	else
		snprintf(name, NAME, "%.8s-%lldr%s", case_uuid(r->c), (long long)row,
	    r->in->suffix == NULL ? "" : r->in->suffix);
}

/* The second file's name; false: there is none. */
static bool
twin_of(const struct replay *r, const char *name, char twin[NAME])
{
	snprintf(twin, NAME, "%s", name);
	if (r->in->twin_of == NULL)
		return false;
	r->in->twin_of(twin);
	return true;
}

/* ---- the first step: intents ---- */

struct render {
	struct inject_lines lines;
	struct slice	 body;
	bool		 begun;
	struct buf	*out;
	size_t		 most;
};

static int
render_piece(void *ctx, struct slice bytes, struct err *err)
{
	struct render *d = ctx;

	if (d->out->n > d->most)
		return err_set(err, ERR_LIMIT, "larger than %zu bytes",
		    d->most);
	inject_lines(&d->lines, d->begun ? bytes : d->body, d->out);
	d->begun = true;
	return 0;
}

int
ready_render(struct replay *r, const struct ready *x,
    const struct inject_mail *mail, struct buf *out, struct err *err)
{
	struct render d = { .lines = { .in = r->in, .dots = mail->dots,
	    .undo = (enum inject_dots)x->item->undo }, .out = out,
	    .most = REPLAY_BYTES_MAX };

	if (inject_head(r->in, mail, r->st->scratch, out, &d.body, err) == -1 ||
	    source_text(r->st->src, render_piece, &d, err) == -1)
		return -1;
	inject_end(&d.lines, out);
	return 0;
}

/* The bytes of the file, or of both. */
static int
render_files(struct replay *r, const struct ready *x,
    const struct inject_mail *mail, struct drop *d, struct buf *out,
    struct err *err)
{
	struct buf text = { 0 };
	size_t second = 0;
	int result;

	d->from = out->n;
	if (r->in->wrap == NULL)
		result = ready_render(r, x, mail, out, err);
	else if ((result = ready_render(r, x, mail, &text, err)) == 0)
		second = r->in->wrap(mail, d->name, buf_sl(&text), out);
	buf_free(&text);
	d->n = out->n - d->from;
	d->second = second == 0 ? d->n : second;
	return result;
}

/* One part of a message: as many recipients as the profile takes. */
static int
add_part(struct replay *r, struct batch *b, const struct ready *x, size_t at,
    size_t n, unsigned part, struct err *err)
{
	struct drop *d = &b->v[b->n];
	struct inject_mail mail = x->mail;
	struct replay_row row = { .target = sl(r->target),
	    .entry = r->st->own == NULL ? x->item->entry : 0,
	    .source = sl(x->item->source), .id = sl(x->item->id),
	    .sender = mail.null_sender ? SL("<>") : mail.sender,
	    .part = part, .stage = r->st->stage,
	    .dev = (int64_t)r->st->dir_st.st_dev,
	    .ino = (int64_t)r->st->dir_st.st_ino };
	size_t was = b->bytes.n;
	struct err why;

	mail.rcpts += at;
	mail.nrcpts = n;
	*d = (struct drop){ .fd = -1, .fd2 = -1,
	    .source = x->item->source };
	name_of(r, replays_next(r->rows), d->name);
	if (render_files(r, x, &mail, d, &b->bytes, &why) == -1) {
		b->bytes.n = was;
		x->item->leave = LEAVE_REFUSED;
		x->item->why = arena_str(r->st->keep, sl(why.msg));
		diag_warn(x->item->source, "%s", why.msg);
		r->did.refused++;
		return 0;
	}
	row.name = sl(d->name);
	if (replays_add(r->rows, &row, x->to + at, n, err) == -1)
		return -1;
	d->row = row.row;
	b->n++;
	return 0;
}

static size_t
rcpts_of_part(const struct replay *r)
{
	size_t most = r->in->rcpt_max;

	if (r->in->block == BLOCK_HEADER)	/* cannot be split */
		return SIZE_MAX;
	if (r->o->max_rcpts != 0 && (most == 0 || r->o->max_rcpts < most))
		most = (size_t)r->o->max_rcpts;
	return most == 0 ? SIZE_MAX : most;
}

static size_t
parts_of(const struct replay *r, size_t nrcpts)
{
	size_t most = rcpts_of_part(r);

	return most == SIZE_MAX ? 1 : (nrcpts + most - 1) / most;
}

/* All parts are of one batch, unless there are more than it holds. */
static int
add_item(struct replay *r, struct batch *b, const struct ready *x,
    struct err *err)
{
	size_t most = rcpts_of_part(r), at, n;
	unsigned part = parts_of(r, x->mail.nrcpts) > 1;

	for (at = 0; at < x->mail.nrcpts && b->n < BATCH; at += n) {
		n = x->mail.nrcpts - at < most ? x->mail.nrcpts - at : most;
		if (add_part(r, b, x, at, n, part, err) == -1)
			return -1;
		part += part > 0;
		if (x->item->leave != LEAVE_NO)
			return 0;
	}
	return 0;
}

/* Is there more of the item, because the batch was full? */
static bool
was_cut(const struct replay *r, const struct ready *x)
{
	return parts_of(r, x->mail.nrcpts) > BATCH;
}

/*
 * Fill the batch from item *next on, with at most room messages.  The
 * intents are one transaction.
 */
static int
fill(struct replay *r, struct batch *b, size_t *next, size_t room,
    struct err *err)
{
	struct ready x;
	int go;

	b->n = 0;
	b->bytes.n = 0;
	if (case_begin(r->c, err) == -1)
		return -1;
	for (; *next < r->n && b->n < room && b->bytes.n < BATCH_BYTES;
	    ++*next) {
		if (r->items[*next].leave != LEAVE_NO)
			continue;
		if ((go = ready_make(r, &r->items[*next], &x, err)) == -1)
			goto failed;
		if (go == 0)
			continue;
		if (b->n > 0 && b->n + parts_of(r, x.mail.nrcpts) > BATCH)
			break;
		if (add_item(r, b, &x, err) == -1)
			goto failed;
		if (was_cut(r, &x))
			break;		/* and again, for those that are left */
	}
	return case_commit(r->c, err);
failed:
	case_rollback(r->c);
	return -1;
}

/* ---- the second: files nobody watches ---- */

static int
write_all(int fd, struct slice s, struct err *err)
{
	ssize_t n;

	while (s.n > 0) {
		if ((n = write(fd, s.p, s.n)) == -1 && errno != EINTR)
			return err_sys(err, "write");
		if (n > 0)
			s = sl_from(s, (size_t)n);
	}
	return 0;
}

/* The server has to be able to take it away. */
static int
give_away(const struct replay *r, int fd, struct err *err)
{
	const struct stat *st = &r->st->dir_st;

	if (r->in->mode != 0 && fchmod(fd, r->in->mode) == -1)
		return err_sys(err, "mode");
	if (geteuid() == 0 && (st->st_uid != 0 || st->st_gid != 0) &&
	    fchown(fd, st->st_uid, st->st_gid) == -1 && errno != EPERM)
		return err_sys(err, "owner");
	return 0;
}

static int
write_file(const struct replay *r, const char *name, struct slice s, int *fd,
    struct err *err)
{
	*fd = openat(r->st->stagefd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd == -1)
		return err_sys(err, "%s", name);
	if (write_all(*fd, s, err) == -1 || give_away(r, *fd, err) == -1)
		return err_at(err, "%s", name);
	return 0;
}

static int
write_one(const struct replay *r, struct batch *b, struct drop *d,
    struct err *err)
{
	struct slice s = { b->bytes.p + d->from, d->n };
	char twin[NAME];

	sha256_start(b->sha);
	sha256_add(b->sha, s);
	sha256_end(b->sha, d->sha256);
	if (write_file(r, d->name, sl_first(s, d->second), &d->fd, err) == -1)
		return -1;
	return !twin_of(r, d->name, twin) ? 0 : write_file(r, twin,
	    sl_from(s, d->second), &d->fd2, err);
}

/*
 * File systems whose syncfs(2) reaches the disk, as fsync(2) of each file
 * does; it is one journal commit and one flush for all of the batch.
 */
static bool
syncs_together(int fd)
{
	static const uint32_t known[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,
	    BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC };
	struct statfs fs;
	size_t i;

	if (fstatfs(fd, &fs) == -1)
		return false;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((uint32_t)fs.f_type == known[i])
			return true;
	return false;
}

/*
 * Before Linux 5.8 syncfs keeps an error to itself, and since it tells one
 * once, to whichever batch asks first: each file is asked.
 */
static int
sync_together(const struct replay *r, const struct batch *b, struct err *err)
{
	size_t i;

	if (syncfs(r->st->stagefd) == -1)
		return err_sys(err, "%s: sync", STAGE);
	for (i = 0; i < b->n; i++)
		if (sync_file_range(b->v[i].fd, 0, 0,
		    SYNC_FILE_RANGE_WAIT_BEFORE) == -1 ||
		    (b->v[i].fd2 != -1 && sync_file_range(b->v[i].fd2, 0, 0,
		    SYNC_FILE_RANGE_WAIT_BEFORE) == -1))
			return err_sys(err, "%s: sync", b->v[i].name);
	return 0;
}

static int
sync_files(const struct replay *r, const struct batch *b, struct err *err)
{
	size_t i;

	if (b->n >= TOGETHER && syncs_together(r->st->stagefd))
		return sync_together(r, b, err);
	for (i = 0; i < b->n; i++)
		if (fsync(b->v[i].fd) == -1 ||
		    (b->v[i].fd2 != -1 && fsync(b->v[i].fd2) == -1))
			return err_sys(err, "%s: sync", b->v[i].name);
	return 0;
}

static int
write_files(const struct replay *r, struct batch *b, struct err *err)
{
	size_t i;
	int result = 0;

	for (i = 0; i < b->n && result == 0; i++)
		result = write_one(r, b, &b->v[i], err);
	if (result == 0)
		result = sync_files(r, b, err);
	for (i = 0; i < b->n; i++) {
		if (b->v[i].fd != -1)
			close(b->v[i].fd);
		if (b->v[i].fd2 != -1)
			close(b->v[i].fd2);
	}
	return result == -1 ? -1 : dir_sync(r->st->stagefd, STAGE, err);
}

static void *
write_thread(void *arg)
{
	struct batch *b = arg;

	b->result = write_files(b->r, b, &b->err);
	return NULL;
}

static void
begin_writing(struct batch *b)
{
	b->threaded = pthread_create(&b->thread, NULL, write_thread, b) == 0;
	if (!b->threaded)
		write_thread(b);
}

static int
end_writing(struct batch *b, struct err *err)
{
	if (b->threaded)
		pthread_join(b->thread, NULL);
	if (b->result == -1)
		*err = b->err;
	return b->result;
}

/* ---- the third and fourth: said, and published ---- */

static int
say_staged(struct replay *r, const struct batch *b, struct err *err)
{
	size_t i;

	if (case_begin(r->c, err) == -1)
		return -1;
	for (i = 0; i < b->n; i++)
		if (replays_staged(r->rows, b->v[i].row, b->v[i].sha256,
		    err) == -1) {
			case_rollback(r->c);
			return -1;
		}
	return case_commit(r->c, err);
}

/*
 * One rename that overwrites nothing.  Where the file system does not know
 * the flag, a plain one: nobody else makes a name like this.
 */
static int
publish_file(struct replay *r, int to, const char *name, struct err *err)
{
	if (renameat2(r->st->stagefd, name, to, name, RENAME_NOREPLACE) == 0)
		return 0;
	if ((errno == EINVAL || errno == ENOSYS) &&
	    faccessat(to, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT &&
	    renameat(r->st->stagefd, name, to, name) == 0)
		return 0;
	return err_sys(err, "%.200s/%s: cannot be published", r->st->dir,
	    name);
}

/*
 * Of two files the second goes first, and means nothing alone.  It may be
 * there already, by a run that was killed in between.
 */
static int
publish(struct replay *r, const char *name, struct err *err)
{
	char twin[NAME];

	if (twin_of(r, name, twin) &&
	    faccessat(r->st->stagefd, twin, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (publish_file(r, r->st->twinfd, twin, err) == -1 ||
	    dir_sync(r->st->twinfd, r->st->dir, err) == -1))
		return -1;
	return publish_file(r, r->st->dirfd, name, err);
}

/* What was staged and not published, and what went before it. */
static int
remove_staged(struct replay *r, const char *name, struct err *err)
{
	char twin[NAME];

	if (twin_of(r, name, twin)) {
		unlinkat(r->st->stagefd, twin, 0);
		unlinkat(r->st->twinfd, twin, 0);
	}
	if (unlinkat(r->st->stagefd, name, 0) == -1 && errno != ENOENT)
		return err_sys(err, "%s/%.200s", STAGE, name);
	return 0;
}

static int
say_published(struct replay *r, int64_t row, struct err *err)
{
	return replays_published(r->rows, row, (int64_t)r->st->dir_st.st_dev,
	    (int64_t)r->st->dir_st.st_ino, err);
}

static int
sync_folders(struct replay *r, struct err *err)
{
	return dir_sync(r->st->dirfd, r->st->dir, err) == -1 ? -1 :
	    dir_sync(r->st->stagefd, STAGE, err);
}

static int
publish_all(struct replay *r, const struct batch *b, struct watch *w,
    struct err *err)
{
	size_t i;
	int result = 0;

	for (i = 0; i < b->n && result == 0; i++)
		result = publish(r, b->v[i].name, err);
	if (result == -1)
		i--;
	if (i == 0)
		return result;
	if (sync_folders(r, err) == -1 || case_begin(r->c, err) == -1)
		return -1;
	while (i-- > 0) {
		if (say_published(r, b->v[i].row, err) == -1) {
			case_rollback(r->c);
			return -1;
		}
		r->did.published++;
		watch_add(w, b->v[i].row, b->v[i].source, b->v[i].name);
	}
	return case_commit(r->c, err) == -1 ? -1 : result;
}

static int
settle(struct replay *r, const struct batch *b, struct watch *w,
    struct err *err)
{
	return say_staged(r, b, err) == -1 ? -1 : publish_all(r, b, w, err);
}

/* Nothing of the batch was published: it leaves no trace. */
static void
undo(struct replay *r, const struct batch *b)
{
	struct err err;
	size_t i;

	for (i = 0; i < b->n; i++) {
		remove_staged(r, b->v[i].name, &err);
		replays_forget(r->rows, b->v[i].row, &err);
	}
}

/* ---- batches in hand ---- */

struct hand {
	struct batch	*v[IN_HAND];	/* the oldest first */
	size_t		 n;		/* whose files are written */
	uint64_t	 sent;		/* messages, of all that there were */
};

static void
hand_init(struct hand *h, struct replay *r)
{
	size_t i;

	*h = (struct hand){ .n = 0 };
	for (i = 0; i < IN_HAND; i++) {
		h->v[i] = xcalloc(1, sizeof(*h->v[i]));
		h->v[i]->r = r;
		h->v[i]->sha = sha256_new();
	}
}

static void
hand_free(struct hand *h)
{
	size_t i;

	for (i = 0; i < IN_HAND; i++) {
		buf_free(&h->v[i]->bytes);
		sha256_free(h->v[i]->sha);
		free(h->v[i]);
	}
}

/* Messages that are not published yet. */
static size_t
hand_waiting(const struct hand *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		n += h->v[i]->n;
	return n;
}

static void
hand_drop(struct replay *r, struct hand *h)
{
	struct err other;

	while (h->n-- > 0) {
		end_writing(h->v[h->n], &other);
		undo(r, h->v[h->n]);
	}
	h->n = 0;
}

/* The oldest is published; where one fails, nothing of the others is. */
static int
hand_settle(struct replay *r, struct hand *h, struct watch *w,
    struct err *err)
{
	struct batch *b = h->v[0];
	int result = end_writing(b, err);

	if (result == -1)
		undo(r, b);
	else
		result = settle(r, b, w, err);
	memmove(h->v, h->v + 1, (IN_HAND - 1) * sizeof(b));
	h->v[IN_HAND - 1] = b;
	h->n--;
	if (result == -1)
		hand_drop(r, h);
	return result;
}

/* One more, from item *next on, with at most room messages. */
static int
hand_take(struct replay *r, struct hand *h, size_t *next, size_t room,
    struct err *err)
{
	struct batch *b = h->v[h->n];

	if (fill(r, b, next, room, err) == -1)
		return -1;
	if (b->n == 0)
		return 0;
	h->n++;
	h->sent += b->n;
	begin_writing(b);
	return 0;
}

/* ---- pace ---- */

struct pace {
	int64_t		 began, moved;	/* ms; the last time one was taken */
	uint64_t	 rate;		/* a minute; 0: no limit */
};

/* How many may go now. */
static size_t
room_for(struct replay *r, const struct pace *p, const struct hand *h,
    const struct watch *w)
{
	uint64_t room = BATCH, due;
	size_t waiting = watch_waiting(w) + hand_waiting(h);

	if (p->rate > 0) {
		due = 1 + (uint64_t)(replay_clock() - p->began) * p->rate /
		    60000;
		due = due > h->sent ? due - h->sent : 0;
		room = due < room ? due : room;
	}
	if (r->in->taken && r->o->max_waiting > 0) {
		due = r->o->max_waiting > waiting ?
		    r->o->max_waiting - waiting : 0;
		room = due < room ? due : room;
	}
	return (size_t)room;
}

/* As many lie there as may. */
static bool
is_full(const struct replay *r, const struct watch *w)
{
	return r->in->taken && r->o->max_waiting > 0 &&
	    watch_waiting(w) >= r->o->max_waiting;
}

/* 1: go on; 0: the server takes nothing any more. */
static int
look(struct replay *r, struct watch *w, struct pace *p, struct err *err)
{
	size_t gone;

	if (!r->in->taken)
		return 1;
	if (watch_look(w, &gone, err) == -1)
		return -1;
	if (gone > 0 || watch_waiting(w) == 0)
		p->moved = replay_clock();
	r->did.waiting = watch_waiting(w);
	replay_tell(r);
	if (r->o->stall == 0 ||
	    replay_clock() - p->moved < (int64_t)r->o->stall * 1000)
		return 1;
	r->did.stalled = true;
	return 0;
}

/* Until nothing is left to publish; then until all are taken. */
static int
run(struct replay *r, struct hand *h, struct watch *w, struct err *err)
{
	struct pace p = { .began = replay_clock(), .moved = replay_clock(),
	    .rate = r->o->rate != 0 ? r->o->rate : r->in->rate };
	size_t next = 0, room;
	int go = 1;

	while (go == 1 && !sig_stop() && (next < r->n || h->n > 0 ||
	    (r->in->taken && watch_waiting(w) > 0))) {
		room = next == r->n || h->n == IN_HAND ? 0 :
		    room_for(r, &p, h, w);
		if (room > 0) {
			if (hand_take(r, h, &next, room, err) == -1)
				return -1;
			continue;
		}
		if (h->n == 0 && r->o->stall == 0 &&
		    (next == r->n || is_full(r, w))) {
			r->did.full = next < r->n;
			break;
		}
		if (h->n == 0)
			replay_nap(LOOK_MS);
		else if (hand_settle(r, h, w, err) == -1)
			return -1;
		go = look(r, w, &p, err);
	}
	r->did.stopped = sig_stop();
	return go == -1 ? -1 : 0;
}

int
drop_all(struct replay *r, struct err *err)
{
	struct watch *w = watch_new(r);
	struct err later;
	struct hand h;
	int result = watch_known(w, err);

	hand_init(&h, r);
	if (result == 0)
		result = run(r, &h, w, err);
	while (h.n > 0)			/* it is done, whatever ended the run */
		if (hand_settle(r, &h, w, &later) == -1 && result == 0) {
			*err = later;
			result = -1;
		}
	r->did.waiting = watch_waiting(w);
	watch_free(w);
	hand_free(&h);
	return result;
}

/* ---- after a kill ---- */

static int
digest_file(struct replay *r, int fd)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sha256_add(r->st->sha, (struct slice){ buf, (size_t)n });
	return n == -1 || fsync(fd) == -1 ? -1 : 0;
}

static int
open_in(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
}

/* The second file, staged or published; none is no error. */
static int
digest_twin(struct replay *r, const char *name)
{
	char twin[NAME];
	int fd, result;

	if (!twin_of(r, name, twin))
		return 0;
	if ((fd = open_in(r->st->stagefd, twin)) == -1 &&
	    (fd = open_in(r->st->twinfd, twin)) == -1)
		return 0;
	result = digest_file(r, fd);
	close(fd);
	return result;
}

/* 1: there, as the row says; 0: there, and other; -1: not there. */
static int
staged_file(struct replay *r, const struct replay_row *row, const char *name)
{
	int fd = open_in(r->st->stagefd, name), result;
	uint8_t is[32];

	if (fd == -1)
		return errno == ENOENT ? -1 : 0;
	sha256_start(r->st->sha);
	result = digest_file(r, fd) == -1 ? -1 : digest_twin(r, name);
	sha256_end(r->st->sha, is);
	close(fd);
	return result == 0 &&
	    sl_eq(row->sha256, (struct slice){ (const char *)is, 32 });
}

/*
 * The row first: without its file it would say that it was published.  A
 * file without a row says that it was not.
 */
static int
begin_again(struct replay *r, const struct replay_row *row, const char *name,
    struct err *err)
{
	r->recovered[REPLAY_INTENT]++;
	return replays_forget(r->rows, row->row, err) == -1 ? -1 :
	    remove_staged(r, name, err);
}

/* A file of another with that name is in the way: under the next one. */
static int
publish_again(struct replay *r, const struct replay_row *row,
    const char *name, struct err *err)
{
	struct err why = { .code = ERR_NONE };

	if (publish(r, name, &why) == -1) {
		if (why.sys == EEXIST && r->in->wrap == NULL)
			return begin_again(r, row, name, err);
		*err = why;
		return -1;
	}
	r->recovered[REPLAY_PUBLISHED]++;
	return sync_folders(r, err) == -1 ? -1 :
	    say_published(r, row->row, err);
}

/* Every row of the table in replay.h. */
static int
recover_row(void *ctx, const struct replay_row *row, struct err *err)
{
	struct replay *r = ctx;
	char name[NAME];
	int is;

	snprintf(name, sizeof(name), SL_FMT, SL_ARG(row->name));
	if (row->stage != r->st->stage) {
		r->recovered[row->state == REPLAY_INTENT ? REPLAY_INTENT :
		    REPLAY_DOUBTFUL]++;
		return row->state == REPLAY_INTENT ?
		    replays_forget(r->rows, row->row, err) :
		    replays_set(r->rows, row->row, REPLAY_DOUBTFUL,
		    SL("the staging folder is gone, or another"), err);
	}
	is = row->state == REPLAY_INTENT ? 0 : staged_file(r, row, name);
	if (is == 0)
		return begin_again(r, row, name, err);
	if (is == 1)
		return publish_again(r, row, name, err);
	r->recovered[REPLAY_PUBLISHED]++;
	if (faccessat(r->st->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return say_published(r, row->row, err);
	return replays_published(r->rows, row->row, row->dev, row->ino,
	    err);			/* into the folder of that time */
}

struct rowless {
	struct replay	*r;
	const char	*name;
	bool		 found;
};

static int
is_of(void *ctx, const struct replay_row *row, struct err *err)
{
	struct rowless *x = ctx;
	char name[NAME], twin[NAME];

	(void)err;
	snprintf(name, sizeof(name), SL_FMT, SL_ARG(row->name));
	twin_of(x->r, name, twin);
	x->found |= (strcmp(name, x->name) == 0 ||
	    strcmp(twin, x->name) == 0) &&
	    row->stage == x->r->st->stage;
	return 0;
}

/* A file that no row knows was never published. */
static int
remove_rowless(struct replay *r, const char *name, struct err *err)
{
	struct rowless x = { .r = r, .name = name };

	if (replays_each(r->rows, 1u << REPLAY_INTENT | 1u << REPLAY_STAGED,
	    NULL, is_of, &x, err) == -1)
		return -1;
	if (x.found)
		return 0;
	if (unlinkat(r->st->stagefd, name, 0) == -1)
		return err_sys(err, "%s/%.200s", STAGE, name);
	r->removed++;
	return 0;
}

static int
remove_leftovers(struct replay *r, struct err *err)
{
	int fd = openat(r->st->stagefd, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC), result = 0;
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (d == NULL)
		return err_sys(err, "%s", STAGE);
	while (result == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, STAGE_MARK) != 0)
			result = remove_rowless(r, e->d_name, err);
	closedir(d);
	return result;
}

int
drop_recover(struct replay *r, struct err *err)
{
	if (replays_each(r->rows, 1u << REPLAY_INTENT | 1u << REPLAY_STAGED,
	    r->target, recover_row, r, err) == -1)
		return -1;
	if (remove_leftovers(r, err) == -1)
		return -1;
	return watch_settle(r, err);
}
