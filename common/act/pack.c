#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "act/bag.h"
#include "act/pack.h"
#include "base/digests.h"
#include "base/pool.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "io/below.h"
#include "io/tarw.h"
#include "judge/id.h"

#define FRAME_FULL	(PACK_FRAME + PACK_FRAME / 4)	/* a large file's */
#define BLOCK		512		/* of a tar */
#define EXTENDED	(2 * BLOCK)	/* a pax header, as a rule */
#define JOBS		8		/* a thread: on their way */
/*
 * A file system that has large folios takes memory for a large write that
 * nobody used before, which a virtual machine then has to ask for.
 */
#define WRITE_AT_ONCE	((size_t)64 * 1024)
#define WRITE_OUT	(8 * PACK_FRAME)	/* bytes, at once */
#define TRIES		3		/* to read a file that changes */
#define AHEAD_EVERY	16		/* files of which one is looked at */

struct cut {
	uint64_t	 packed, raw;
	bool		 begins;
};

/* Some members, one frame as a rule; or a frame of the tag files. */
struct job {
	size_t		 number;
	size_t		 from, to;	/* of order */
	struct buf	 raw;		/* the frame, if there are no members */
	bool		 begins;	/* it does so with a member */
	struct buf	 out;		/* compressed, not yet written */
	struct cut	*cuts;		/* of out */
	size_t		 ncuts, cap;
	uint32_t	 frame;		/* that the job is filling, from 0 */
	struct buf	 members, manifest;	/* lines of the tag files */
	bool		 done;
	struct job	*next;		/* idle, too */
};

/* A file that is whole in the frame; its digest is taken with others'. */
struct part {
	uint32_t	 node;
	size_t		 at, n;
};

struct worker {
	struct writer	*w;
	struct job	*job;		/* NULL: frames become jobs */
	struct tarw	*tar;
	struct codec	*codec;
	struct sha256	*sha;
	struct buf	 raw;		/* of the frame */
	bool		 begins;	/* so it did, with a member */
	struct part	*parts;		/* of raw: files */
	struct digest	*digests;	/* of as many, to be taken */
	struct digests	*many;		/* takes them */
	size_t		 nparts, parts_cap;
	struct buf	 file;		/* bytes of a small one, or a piece */
	struct buf	 path, name, head, truth, target;
	uint32_t	 first;		/* of a file's names, the one packed */
	uint32_t	 frames;	/* that became jobs */
	int		 unread;	/* errno of a large one's last bad piece */
};

struct writer {
	struct pack	*p;
	int		 fd;
	struct worker	*workers;
	size_t		 nworkers;
	struct worker	 tags;		/* no thread's: it puts the tag files */
	struct pool	*pool;
	pthread_t	 clerk;		/* makes the lines of the entries */
	bool		 has_clerk;
	int		 clerk_said;
	struct err	 clerk_err;
	struct seek	 seek;
	struct sha256	*sha;		/* of the file */
	struct runsum	*runsum;
	atomic_uint_fast64_t at;	/* written; by whoever has the turn */
	uint64_t	 begun;		/* of it, the disk has begun with */
	uint64_t	 raw;
	atomic_uint_fast64_t bytes;	/* read, for progress */
	atomic_size_t	 names;
	atomic_bool	 failed;
	struct err	 err;

	pthread_mutex_t	 lock;
	pthread_cond_t	 moved;
	struct job	**ring;
	size_t		 size;		/* of it */
	size_t		 turn;		/* the job to be written next */
	size_t		 put;		/* jobs given out */
	bool		 writing;
	struct job	*idle;		/* to be used again */
};

/*
 * The file: one writes at a time, in the order of the jobs.
 */

static void
set_failed(struct writer *w, const struct err *err)
{
	pthread_mutex_lock(&w->lock);
	if (!w->failed)
		w->err = *err;
	w->failed = true;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
}

/* The disk begins now: who waits for it at the end waits less. */
static void
write_out(struct writer *w)
{
	if (w->at - w->begun < WRITE_OUT)
		return;
	(void)sync_file_range(w->fd, (off_t)w->begun,
	    (off_t)(w->at - w->begun), SYNC_FILE_RANGE_WRITE);
	w->begun = w->at;
}

static bool
write_all(struct writer *w, struct slice s)
{
	struct err err = { 0 };
	ssize_t n;

	sha256_add(w->sha, s);
	runsum_add(w->runsum, s);
	w->at += s.n;
	while (s.n > 0) {
		n = write(w->fd, s.p, sl_first(s, WRITE_AT_ONCE).n);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_sys(&err, "cannot write the archive");
			set_failed(w, &err);
			return false;
		}
		s = sl_from(s, (size_t)n);
	}
	write_out(w);
	return true;
}

/* What the job has so far. */
static void
write_cuts(struct writer *w, struct job *job)
{
	size_t i;
	uint64_t at = w->at;

	for (i = 0; i < job->ncuts; i++) {
		seek_add_frame(&w->seek, (struct seek_frame){ at, w->raw,
		    job->cuts[i].begins });
		at += job->cuts[i].packed;
		w->raw += job->cuts[i].raw;
	}
	if (!w->failed)
		write_all(w, buf_sl(&job->out));
	job->out.n = 0;
	job->ncuts = 0;
}

static void
job_free(struct job *job)
{
	buf_free(&job->raw);
	buf_free(&job->out);
	buf_free(&job->members);
	buf_free(&job->manifest);
	free(job->cuts);
	free(job);
}

/* Its buffers are kept, unless a large file made them large. */
static void
job_done(struct writer *w, struct job *job)
{
	if (job->out.cap > 2 * FRAME_FULL) {
		job_free(job);
		return;
	}
	job->next = w->idle;
	w->idle = job;
}

/* Called with the lock. */
static struct job *
job_take(struct writer *w)
{
	struct job *job = w->idle, was;

	if (job == NULL)
		return xcalloc(1, sizeof(*job));
	w->idle = job->next;
	was = *job;
	*job = (struct job){ .raw = was.raw, .out = was.out,
	    .cuts = was.cuts, .cap = was.cap, .members = was.members,
	    .manifest = was.manifest };
	job->raw.n = job->out.n = job->members.n = job->manifest.n = 0;
	return job;
}

/* A job whose frames are all written knows where its members are. */
static void
settle(struct writer *w, struct job *job)
{
	uint32_t first = (uint32_t)(w->seek.nframes - job->frame);
	size_t i;

	for (i = job->from; i < job->to; i++)
		w->p->inv->v[w->p->order[i]].frame += first;
	buf_add(&w->p->members, buf_sl(&job->members));
	buf_add(&w->p->manifest, buf_sl(&job->manifest));
}

/* Whoever holds the turn writes all that are done; called with the lock. */
static void
write_done(struct writer *w)
{
	struct job **at, *job;

	while (!w->writing && (job = *(at = &w->ring[w->turn % w->size])) !=
	    NULL && job->done) {
		w->writing = true;
		pthread_mutex_unlock(&w->lock);
		write_cuts(w, job);
		settle(w, job);
		pthread_mutex_lock(&w->lock);
		*at = NULL;
		job_done(w, job);
		w->turn++;
		w->writing = false;
		pthread_cond_broadcast(&w->moved);
	}
}

static void
hand_in(struct writer *w, struct job *job)
{
	pthread_mutex_lock(&w->lock);
	job->done = true;
	write_done(w);
	pthread_mutex_unlock(&w->lock);
}

/* A large file does not wait in memory until it is whole. */
static void
write_part(struct writer *w, struct job *job)
{
	pthread_mutex_lock(&w->lock);
	while (w->turn != job->number || w->writing)
		pthread_cond_wait(&w->moved, &w->lock);
	pthread_mutex_unlock(&w->lock);
	write_cuts(w, job);
}

/*
 * A worker's frame.
 */

static void
wait_for_room(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->put - w->turn >= w->size && !w->failed)
		pthread_cond_wait(&w->moved, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static struct job *
job_next(struct writer *w)
{
	struct job *job;

	pthread_mutex_lock(&w->lock);
	job = job_take(w);
	job->number = w->put++;
	w->ring[job->number % w->size] = job;
	pthread_mutex_unlock(&w->lock);
	return job;
}

/* What is in the frame goes into a job, whose empty one comes back. */
static void
give_frame(struct worker *k)
{
	struct writer *w = k->w;
	struct buf raw = k->raw;
	struct job *job;

	wait_for_room(w);
	if (w->failed)
		return;
	job = job_next(w);
	k->raw = job->raw;
	job->raw = raw;
	job->begins = k->begins;
	k->frames++;
	pool_put(w->pool, job);
}

static void
pack_frame(struct worker *k, struct job *job, struct slice raw, bool begins)
{
	size_t was = job->out.n;

	codec_pack(k->codec, raw, &job->out);
	if (job->ncuts == job->cap) {
		job->cap = job->cap == 0 ? 1 : job->cap * 2;
		job->cuts = xrealloc(job->cuts, job->cap, sizeof(*job->cuts));
	}
	job->cuts[job->ncuts++] = (struct cut){ job->out.n - was, raw.n,
	    begins };
	job->frame++;
}

static void
take_digests(struct worker *k)
{
	size_t i;

	for (i = 0; i < k->nparts; i++)
		k->digests[i] = (struct digest){
		    { k->raw.p + k->parts[i].at, k->parts[i].n },
		    k->w->p->inv->v[k->parts[i].node].sha256 };
	digests_make(k->many, k->digests, k->nparts);
	k->nparts = 0;
}

static void
cut_frame(struct worker *k)
{
	if (k->raw.n == 0)
		return;
	take_digests(k);
	if (k->job == NULL)
		give_frame(k);
	else
		pack_frame(k, k->job, buf_sl(&k->raw), k->begins);
	k->raw.n = 0;
	k->begins = false;
	if (k->job != NULL && k->job->out.n >= 8 * PACK_FRAME)
		write_part(k->w, k->job);
}

static void
on_tar(void *ctx, struct slice bytes)
{
	struct worker *k = ctx;
	struct slice s;

	while (bytes.n > 0) {
		s = sl_first(bytes, FRAME_FULL - k->raw.n);
		buf_add(&k->raw, s);
		bytes = sl_from(bytes, s.n);
		if (k->raw.n == FRAME_FULL)
			cut_frame(k);
	}
}

/*
 * Members.
 */

static const char *
text(struct buf *b)
{
	buf_addc(b, '\0');
	return b->p;
}

static const char *
node_path(struct worker *k, uint32_t i)
{
	k->path.n = 0;
	inv_path(k->w->p->inv, i, &k->path);
	return text(&k->path);
}

static const char *
node_name(struct worker *k, uint32_t i, struct buf *b)
{
	b->n = 0;
	buf_fmt(b, "%s/data", k->w->p->bag);
	if (i != 0)
		buf_addc(b, '/');
	inv_safe(k->w->p->inv, i, b);
	return text(b);
}

/* The true path, where the bag has another. */
static const char *
node_truth(struct worker *k, uint32_t i)
{
	if (!inv_is_odd(k->w->p->inv, i))
		return NULL;
	k->truth.n = 0;
	inv_path(k->w->p->inv, i, &k->truth);
	return text(&k->truth);
}

static void
lost(struct inv_node *node)
{
	node->sys = errno;
	node->state = errno == ENOENT ? INV_VANISHED : INV_UNREADABLE;
}

static struct tarw_member
member(struct worker *k, uint32_t i, const struct stat *st, int fd)
{
	return (struct tarw_member){ .name = node_name(k, i, &k->name),
	    .true_name = node_truth(k, i), .st = *st, .fd = fd };
}

/* A header alone. */
static void
put_header(struct worker *k, uint32_t i, const struct tarw_member *m)
{
	struct inv_node *node = &k->w->p->inv->v[i];
	struct err err = { 0 };

	if (tarw_begin(k->tar, m, &err) == -1 || tarw_done(k->tar, &err) == -1)
		node->state = INV_UNPACKABLE;
	else
		node->state = INV_PACKED;
}

static void
put_folder(struct worker *k, uint32_t i)
{
	struct inv_node *node = &k->w->p->inv->v[i];
	int fd = below_open(k->w->p->inv->root, node_path(k, i),
	    O_RDONLY | O_DIRECTORY, 0);
	struct tarw_member m;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		lost(node);
	} else {
		inv_stat(node, &st);
		m = member(k, i, &st, fd);
		put_header(k, i, &m);
	}
	if (fd != -1)
		close(fd);
}

/* Links, fifos, devices: attributes come by a path that cannot mislead. */
static void
put_other(struct worker *k, uint32_t i)
{
	struct inv_node *node = &k->w->p->inv->v[i];
	const char *last;
	int dir = below_parent(k->w->p->inv->root, node_path(k, i), &last);
	struct tarw_member m;
	struct stat st;
	ssize_t n = 0;

	k->file.n = 0;
	if (dir == -1 || fstatat(dir, last, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    (S_ISLNK(st.st_mode) && (n = readlinkat(dir, last,
	    buf_room(&k->file, PATH_MAX), PATH_MAX - 1)) == -1)) {
		lost(node);
	} else if (((st.st_mode ^ node->mode) & S_IFMT) != 0) {
		node->state = INV_VANISHED;	/* another has its name */
	} else {
		inv_stat(node, &st);
		m = member(k, i, &st, -1);
		if (S_ISLNK(st.st_mode)) {
			node->target = xalloc((size_t)n + 1);
			memcpy(node->target, k->file.p, (size_t)n);
			node->target[n] = '\0';
			m.target = node->target;
		}
		k->target.n = 0;
		buf_fmt(&k->target, "/proc/self/fd/%d/%s", dir, last);
		m.path = text(&k->target);
		put_header(k, i, &m);
	}
	if (dir != -1)
		close(dir);
}

static ssize_t
read_some(int fd, char *p, size_t n, uint64_t at)
{
	ssize_t r;
	size_t have = 0;

	while (have < n) {
		r = pread(fd, p + have, n - have, (off_t)(at + have));
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return -1;
		if (r == 0)
			break;
		have += (size_t)r;
	}
	return (ssize_t)have;
}

/* As the inventory has it, before the reading and after it. */
static bool
read_known(struct worker *k, int fd, const struct inv_node *node,
    struct stat *after)
{
	size_t n = (size_t)node->size;

	k->file.n = 0;
	if (read_some(fd, buf_room(&k->file, n + 1), n, 0) != (ssize_t)n ||
	    fstat(fd, after) == -1 || !inv_same(node, after))
		return false;
	k->file.n = n;
	return true;
}

/*
 * All of a small file, as it is at one moment: before and after the reading
 * it has the same times.  The last try is taken as it is.
 */
static int
read_small(struct worker *k, int fd, struct inv_node *node, struct stat *st)
{
	struct stat after;
	ssize_t n;
	int i;

	for (i = 0; i < TRIES; i++) {
		k->file.n = 0;
		n = read_some(fd, buf_room(&k->file, (size_t)st->st_size + 1),
		    (size_t)st->st_size, 0);
		if (n == -1 || fstat(fd, &after) == -1)
			return -1;
		k->file.n = (size_t)n;
		inv_stat(node, st);
		if (n == st->st_size && inv_same(node, &after))
			return 0;
		*st = after;
		if (st->st_size > PACK_FRAME)
			st->st_size = PACK_FRAME;
	}
	st->st_size = (off_t)k->file.n;
	inv_stat(node, st);
	node->state = INV_CHANGED;
	return 0;
}

static void
add_part(struct worker *k, struct part part)
{
	if (k->nparts == k->parts_cap) {
		k->parts_cap = k->parts_cap == 0 ? 64 : k->parts_cap * 2;
		k->parts = xrealloc(k->parts, k->parts_cap,
		    sizeof(*k->parts));
		k->digests = xrealloc(k->digests, k->parts_cap,
		    sizeof(*k->digests));
	}
	k->parts[k->nparts++] = part;
}

/* The digest of the bytes that were read; at: where the frame was before. */
static void
digest_file(struct worker *k, uint32_t i, size_t at)
{
	struct slice file = buf_sl(&k->file);

	if (k->raw.n == at + file.n) {		/* it has them all */
		add_part(k, (struct part){ i, at, file.n });
		return;
	}
	sha256_start(k->sha);
	sha256_add(k->sha, file);
	sha256_end(k->sha, k->w->p->inv->v[i].sha256);
}

static int
put_bytes(struct worker *k, int fd, uint32_t i, const struct stat *st,
    struct err *err)
{
	struct tarw_member m = member(k, i, st, fd);
	size_t at;

	if (tarw_begin(k->tar, &m, err) == -1)
		return -1;
	at = k->raw.n;
	if (tarw_bytes(k->tar, buf_sl(&k->file), err) == -1)
		return -1;
	digest_file(k, i, at);
	return tarw_done(k->tar, err);
}

static int
put_small(struct worker *k, int fd, uint32_t i, struct stat *st,
    struct err *err)
{
	struct inv_node *node = &k->w->p->inv->v[i];

	if (read_small(k, fd, node, st) == -1) {
		lost(node);
		return 0;
	}
	return put_bytes(k, fd, i, st, err);
}

/* Bytes that are in a hole need not be read. */
static uint64_t
hole_until(int fd, uint64_t at, uint64_t end)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	if (data == -1)
		return errno == ENXIO ? end : at;
	return (uint64_t)data < end ? (uint64_t)data : end;
}

static int
put_piece(struct worker *k, struct slice s, struct err *err)
{
	sha256_add(k->sha, s);
	k->w->bytes += s.n;
	return tarw_bytes(k->tar, s, err);
}

/*
 * From at to end; what a file lacks that shrank is zeros, and so is a piece
 * that the disk refuses: the others may be good.
 */
static int
put_range(struct worker *k, int fd, uint64_t at, uint64_t end, bool zeros,
    struct err *err)
{
	size_t want;
	ssize_t n;

	while (at < end && !k->w->failed && !sig_stop()) {
		want = end - at < PACK_FRAME ? (size_t)(end - at) : PACK_FRAME;
		n = zeros ? 0 : read_some(fd, k->file.p, want, at);
		if (n == -1) {
			k->unread = errno;
			n = 0;
		}
		if ((size_t)n < want)
			memset(k->file.p + n, 0, want - (size_t)n);
		if (put_piece(k, (struct slice){ k->file.p, want }, err) == -1)
			return -1;
		at += want;
	}
	return 0;
}

static int
put_pieces(struct worker *k, int fd, uint64_t size, struct err *err)
{
	uint64_t at = 0, data, hole;

	buf_room(&k->file, PACK_FRAME);
	while (at < size && !k->w->failed && !sig_stop()) {
		data = hole_until(fd, at, size);
		hole = size;
		if (data < size) {
			off_t h = lseek(fd, (off_t)data, SEEK_HOLE);

			if (h > (off_t)data && (uint64_t)h < size)
				hole = (uint64_t)h;
		}
		if (put_range(k, fd, at, data, true, err) == -1 ||
		    put_range(k, fd, data, hole, false, err) == -1)
			return -1;
		at = hole;
	}
	return 0;
}

static int
put_large(struct worker *k, int fd, uint32_t i, struct stat *st,
    struct err *err)
{
	struct inv_node *node = &k->w->p->inv->v[i];
	struct tarw_member m;
	struct stat after;

	inv_stat(node, st);
	m = member(k, i, st, fd);
	if (tarw_begin(k->tar, &m, err) == -1)
		return -1;
	sha256_start(k->sha);
	k->unread = 0;
	if (put_pieces(k, fd, (uint64_t)st->st_size, err) == -1)
		node->state = INV_CHANGED;
	sha256_end(k->sha, node->sha256);
	if (tarw_done(k->tar, err) == -1)
		return -1;
	if (k->unread != 0) {
		node->state = INV_CHANGED;
		node->sys = k->unread;
	}
	if (fstat(fd, &after) == -1 || !inv_same(node, &after))
		node->state = INV_CHANGED;
	return 0;
}

static void
file_done(struct worker *k, uint32_t i, int r)
{
	struct inv_node *node = &k->w->p->inv->v[i];

	if (r == -1) {
		node->state = INV_UNPACKABLE;
		return;
	}
	if (node->state == INV_FOUND)
		node->state = INV_PACKED;
	if (node->state == INV_PACKED || node->state == INV_CHANGED)
		k->first = i;
}

static void
put_open_file(struct worker *k, int fd, uint32_t i, struct stat *st)
{
	struct err err = { 0 };
	bool small = st->st_size <= PACK_FRAME;

	file_done(k, i, small ? put_small(k, fd, i, st, &err) :
	    put_large(k, fd, i, st, &err));
	if (small)
		k->w->bytes += k->w->p->inv->v[i].size;
}

/*
 * As a rule it is what the inventory says, and one look at it is enough: all
 * others are begun anew.
 */
static bool
put_known(struct worker *k, int fd, uint32_t i)
{
	struct inv_node *node = &k->w->p->inv->v[i];
	struct err err = { 0 };
	struct stat st;

	if (node->first_link != INV_NONE || node->size > PACK_FRAME ||
	    !read_known(k, fd, node, &st))
		return false;
	file_done(k, i, put_bytes(k, fd, i, &st, &err));
	k->w->bytes += node->size;
	return true;
}

/* Another name of the file before it. */
static bool
put_hard(struct worker *k, uint32_t i, int fd, const struct stat *st)
{
	struct inv_node *node = &k->w->p->inv->v[i];
	const struct inv_node *first;
	struct tarw_member m;

	if (k->first == INV_NONE || node->first_link == INV_NONE)
		return false;
	first = &k->w->p->inv->v[k->first];
	if (first->dev != st->st_dev || first->ino != st->st_ino ||
	    !S_ISREG(first->mode))
		return false;
	inv_stat(node, st);
	m = member(k, i, st, fd);
	m.hard = node_name(k, k->first, &k->head);
	put_header(k, i, &m);
	take_digests(k);
	memcpy(node->sha256, first->sha256, sizeof(node->sha256));
	node->size = first->size;
	if (node->state == INV_PACKED)
		node->state = first->state;
	return true;
}

static void
put_file(struct worker *k, uint32_t i)
{
	struct inv_node *node = &k->w->p->inv->v[i];
	int fd = below_open(k->w->p->inv->root, node_path(k, i), O_RDONLY, 0);
	struct stat st;

	if (fd == -1) {
		lost(node);
		return;
	}
	if (put_known(k, fd, i))
		;
	else if (fstat(fd, &st) == -1)
		lost(node);
	else if (!S_ISREG(st.st_mode))
		node->state = INV_VANISHED;	/* another has its name */
	else if (!put_hard(k, i, fd, &st))
		put_open_file(k, fd, i, &st);
	close(fd);
}

static void
put_node(struct worker *k, uint32_t i)
{
	struct inv_node *node = &k->w->p->inv->v[i];

	node->volume = (uint32_t)k->w->p->volume;
	node->frame = k->job->frame;
	node->at = (uint32_t)k->raw.n;
	if (k->raw.n == 0 && !node->with_last)
		k->begins = true;
	if (node->state != INV_FOUND)
		return;		/* it was not readable when it was found */
	if (S_ISREG(node->mode))
		put_file(k, i);
	else if (S_ISDIR(node->mode))
		put_folder(k, i);
	else if (S_ISSOCK(node->mode))
		node->state = INV_UNPACKABLE;
	else
		put_other(k, i);
}

static void
pack_members(struct worker *k, struct job *job)
{
	struct writer *w = k->w;
	size_t i;

	k->job = job;
	k->first = INV_NONE;
	k->begins = true;
	for (i = job->from; i < job->to && !w->failed && !sig_stop(); i++)
		put_node(k, w->p->order[i]);
	cut_frame(k);
	for (i = job->from; i < job->to; i++)
		bag_lines(w->p, w->p->order[i], &k->path, &job->members,
		    &job->manifest);
	w->names += job->to - job->from;
	ahead_used(w->p->ahead, w->bytes);
}

static void
work(void *ctx, size_t number, void *arg)
{
	struct writer *w = ctx;
	struct worker *k = &w->workers[number];
	struct job *job = arg;

	if (job->raw.n > 0)
		pack_frame(k, job, buf_sl(&job->raw), job->begins);
	else
		pack_members(k, job);
	hand_in(w, job);
}

/*
 * The way there.
 */

/* What is packed next; while all is in memory, one in a few is looked at. */
static void
read_ahead(struct writer *w, size_t from, size_t to, struct buf *path)
{
	const struct inv_node *node;
	bool cold = true;
	size_t i;

	for (i = from; i < to; i++) {
		node = &w->p->inv->v[w->p->order[i]];
		if (!S_ISREG(node->mode) || node->size == 0 ||
		    (!cold && (i - from) % AHEAD_EVERY != 0))
			continue;
		path->n = 0;
		inv_path(w->p->inv, w->p->order[i], path);
		cold = ahead_file(w->p->inv->root, text(path));
	}
}

/* Bytes of its headers; attributes come on top. */
static uint64_t
head_cost(const struct pack *p, uint32_t i)
{
	return BLOCK + (p->inv->v[i].mtime.tv_nsec != 0 ||
	    inv_is_odd(p->inv, i) ? EXTENDED : 0);
}

static uint64_t
cost(const struct pack *p, uint32_t i)
{
	const struct inv_node *node = &p->inv->v[i];

	return head_cost(p, i) + (S_ISREG(node->mode) ?
	    (node->size + BLOCK - 1) / BLOCK * BLOCK : 0);
}

/* Is it another name of the same file as the one before? */
static bool
joined(const struct pack *p, size_t i)
{
	const struct inv_node *node = &p->inv->v[p->order[i]], *before;

	if (i == 0 || node->first_link == INV_NONE)
		return false;
	before = &p->inv->v[p->order[i - 1]];
	return before->first_link == node->first_link;
}

/* The files of an entry stay together; where they end, and their cost to *n. */
static size_t
group_end(const struct pack *p, size_t from, uint64_t *n)
{
	size_t i = from;

	*n = 0;
	do
		*n += joined(p, i) ? head_cost(p, p->order[i]) :
		    cost(p, p->order[i]);
	while (++i < p->norder && p->inv->v[p->order[i]].with_last);
	return i;
}

/* How far a frame goes from here; its cost to *n. */
static size_t
frame_end(const struct pack *p, size_t from, uint64_t *n)
{
	uint64_t c, full = PACK_FRAME;
	size_t i = from, end;

	if (p->limit > 0 && p->limit / 4 < full)
		full = p->limit / 4;
	for (*n = 0; i < p->norder; i = end) {
		end = group_end(p, i, &c);
		if (i > from && *n + c > full)
			break;
		*n += c;
	}
	return i;
}

/* Bytes that may still come for what is given out, and for the tag files. */
static bool
is_full(struct writer *w, uint64_t pending, uint64_t more, size_t names)
{
	uint64_t limit = w->p->limit;

	if (limit == 0 || names == 0)
		return false;
	return w->at + pending + more + 1024 * (uint64_t)names > limit;
}

static void
wait_for_all(struct writer *w)
{
	pool_drain(w->pool);
	pthread_mutex_lock(&w->lock);
	while (w->turn < w->put)
		pthread_cond_wait(&w->moved, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static void
pack_payload(struct writer *w)
{
	struct pack *p = w->p;
	size_t from = p->next, to;
	uint64_t n, limit_at = 0;
	struct buf path = { 0 };
	struct job *job;

	while (p->next < p->norder && !w->failed && !sig_stop()) {
		to = frame_end(p, p->next, &n);
		if (is_full(w, limit_at, n, p->next - from)) {
			wait_for_all(w);	/* it may be less than feared */
			limit_at = 0;
			if (is_full(w, 0, n, p->next - from))
				break;
		}
		limit_at += p->limit > 0 ? n : 0;
		wait_for_room(w);
		if (w->failed)
			break;
		if (w->nworkers > 1)
			read_ahead(w, p->next, to, &path);
		job = job_next(w);
		job->from = p->next;
		job->to = p->next = to;
		pool_put(w->pool, job);
		if (p->progress != NULL)
			p->progress(p->progress_ctx, w->names, w->bytes);
	}
	buf_free(&path);
	wait_for_all(w);
}

/*
 * The tag files, behind the payload.
 */

static int
put_tag(struct worker *k, const char *name, struct slice s,
    struct err *err)
{
	struct tarw_member m = { .fd = -1 };

	k->name.n = 0;
	buf_fmt(&k->name, "%s/%s", k->w->p->bag, name);
	m.name = text(&k->name);
	m.st.st_mode = S_IFREG | 0644;
	m.st.st_size = (off_t)s.n;
	m.st.st_mtime = time(NULL);
	if (k->raw.n > PACK_FRAME / 2)
		cut_frame(k);
	if (k->raw.n == 0)
		k->begins = true;
	seek_add_place(&k->w->seek, sl(name), k->frames, (uint32_t)k->raw.n);
	return tarw_begin(k->tar, &m, err) == -1 ||
	    tarw_bytes(k->tar, s, err) == -1 ||
	    tarw_done(k->tar, err) == -1 ? -1 : 0;
}

static int
put_tags(struct writer *w, struct err *err)
{
	struct worker *k = &w->tags;
	struct buf b = { 0 }, sums = { 0 };
	static const char zeros[TARW_END];
	struct slice s;
	uint8_t digest[32];
	size_t i;
	int r = 0;

	k->frames = (uint32_t)w->seek.nframes;
	for (i = 0; r == 0 && bag_tags[i].name != NULL; i++) {
		b.n = 0;
		s = bag_tags[i].text(w->p, &sums, &b);
		r = put_tag(k, bag_tags[i].name, s, err);
		sha256_start(k->sha);	/* while it is compressed */
		sha256_add(k->sha, s);
		sha256_end(k->sha, digest);
		bag_sum(&sums, digest, sl(bag_tags[i].name));
	}
	on_tar(k, (struct slice){ zeros, sizeof(zeros) });
	cut_frame(k);
	buf_free(&b);
	buf_free(&sums);
	return r;
}

/* Entries and paths: where to look for them. */
static void
add_places(struct writer *w, size_t from)
{
	const struct pack *p = w->p;
	const struct inv_node *node;
	struct buf b = { 0 };
	uint32_t k;
	size_t i;

	for (i = from; i < p->next; i++) {
		node = &p->inv->v[p->order[i]];
		if (!bag_has(p, node))
			continue;
		b.n = 0;
		inv_path(p->inv, p->order[i], &b);
		seek_add_place(&w->seek, buf_sl(&b), node->frame, node->at);
	}
	for (i = 0; i < p->nentries; i++)
		for (k = p->entries[i].sum_at != NULL ? INV_NONE :
		    p->entries[i].node; k != INV_NONE;
		    k = p->next_file[k]) {
			node = &p->inv->v[k];
			if (bag_has(p, node))
				seek_add_place(&w->seek, p->entries[i].id,
				    node->frame, node->at);
		}
	buf_free(&b);
}

static void
put_index(struct writer *w)
{
	struct buf b = { 0 };

	w->seek.raw = w->raw;
	seek_write(&w->seek, &b);
	write_all(w, buf_sl(&b));
	buf_free(&b);
}

/*
 * The lines of the entries are made while files are packed.
 */

static void *
make_lines(void *arg)
{
	struct writer *w = arg;

	w->clerk_said = w->p->lines(w->p->lines_ctx, &w->clerk_err);
	return NULL;
}

static void
begin_lines(struct writer *w)
{
	if (w->p->lines == NULL)
		return;
	w->has_clerk = w->nworkers > 1 &&
	    pthread_create(&w->clerk, NULL, make_lines, w) == 0;
	if (!w->has_clerk)
		make_lines(w);
}

static int
end_lines(struct writer *w, struct err *err)
{
	if (w->has_clerk)
		pthread_join(w->clerk, NULL);
	w->has_clerk = false;
	w->p->lines = NULL;
	if (w->clerk_said == -1)
		*err = w->clerk_err;
	return w->clerk_said;
}

/* A message that is a file has the file's digest, and now its id. */
static void
name_entries(struct writer *w)
{
	struct pack *p = w->p;
	const struct inv_node *node;
	struct pack_entry *e;
	char hex[65];
	size_t i;

	for (i = 0; i < p->nentries; i++) {
		e = &p->entries[i];
		node = &p->inv->v[e->node];
		if (e->sum_at == NULL || !bag_has(p, node))
			continue;
		hex_str(node->sha256, 32, hex);
		memcpy(e->sum_at, hex, 64);
		id_make(w->tags.sha, node->sha256, e->native, e->id_at);
		e->sum_at = NULL;
	}
}

/* The index of names is made while the tag files are compressed. */
static int
put_rest(struct writer *w, size_t from, struct err *err)
{
	int r;

	bag_count(w->p, from);
	name_entries(w);
	r = put_tags(w, err);
	if (w->p->codec == CODEC_ZSTD)
		add_places(w, from);
	wait_for_all(w);
	if (r == 0 && !w->failed && !sig_stop() && w->p->codec == CODEC_ZSTD)
		put_index(w);
	return r;
}

/*
 * All of it.
 */

static void
worker_begin(struct writer *w, struct worker *k)
{
	k->w = w;
	k->tar = tarw_new(on_tar, k);
	k->sha = sha256_new();
	k->many = digests_new();
}

static void
writer_begin(struct writer *w, struct pack *p, int fd)
{
	size_t i, n = p->threads == 0 ? pool_cpus() : p->threads;

	*w = (struct writer){ .p = p, .fd = fd, .nworkers = n,
	    .size = n * JOBS };
	w->ring = xcalloc(w->size, sizeof(*w->ring));
	w->workers = xcalloc(n, sizeof(*w->workers));
	w->sha = sha256_new();
	sha256_start(w->sha);
	w->runsum = runsum_new();
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->moved, NULL);
	worker_begin(w, &w->tags);
	for (i = 0; i < n; i++) {
		worker_begin(w, &w->workers[i]);
		w->workers[i].codec = codec_new(p->codec, p->level);
	}
	w->pool = pool_new(n, work, w);
}

static void
worker_free(struct worker *k)
{
	tarw_free(k->tar);
	codec_free(k->codec);
	sha256_free(k->sha);
	buf_free(&k->raw);
	free(k->parts);
	free(k->digests);
	digests_free(k->many);
	buf_free(&k->file);
	buf_free(&k->path);
	buf_free(&k->name);
	buf_free(&k->head);
	buf_free(&k->truth);
	buf_free(&k->target);
}

static void
writer_end(struct writer *w)
{
	struct job *job;
	size_t i;

	pool_free(w->pool);
	for (i = 0; i < w->nworkers; i++)
		worker_free(&w->workers[i]);
	worker_free(&w->tags);
	while ((job = w->idle) != NULL) {
		w->idle = job->next;
		job_free(job);
	}
	free(w->workers);
	free(w->ring);
	seek_free(&w->seek);
	sha256_free(w->sha);
	runsum_free(w->runsum);
	buf_free(&w->p->members);
	buf_free(&w->p->manifest);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->moved);
}

int
pack_write(struct pack *p, int fd, struct err *err)
{
	struct writer w;
	size_t from = p->next;
	int r = 0;

	p->t = (struct pack_totals){ 0 };
	writer_begin(&w, p, fd);
	begin_lines(&w);
	pack_payload(&w);
	p->t.payload = w.at;
	r = end_lines(&w, err);
	if (r == 0 && !w.failed && !sig_stop())
		r = put_rest(&w, from, err);
	p->t.packed = w.at;
	p->t.raw = w.raw;
	sha256_end(w.sha, p->t.sha256);
	runsum_end(w.runsum, p->t.runsum);
	if (r == 0 && w.failed) {
		*err = w.err;
		r = -1;
	}
	if (r == 0 && sig_stop())
		r = err_set(err, ERR_SYS, "stopped");
	writer_end(&w);
	return r;
}
