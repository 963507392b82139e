#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/sig.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "judge/id.h"
#include "judge/scan.h"
#include "mail/charset.h"
#include "spool/spool.h"

#define BATCH		64		/* entries a job */
#define BATCH_MEMORY	(4 * 1024 * 1024)	/* bytes of an archive in it */
#define MEMORY		(256 * 1024 * 1024)	/* of it, in all batches */
#define SPILL		(256 * 1024)	/* bytes gathered before a write */
#define SLOW_NS		100000		/* open and read: it waited for a disk */
#define SLOW_WINDOW	256		/* entries that are remembered, about */
#define SLOW_SHARE	8		/* one slow in so many: a cold tree */
#define AGAIN_MAX	16		/* times that a live spool is listed anew */
#define ASKED		2		/* batches of files that were */
#define ID_CHARS	12		/* 60 bits: a million ids seldom meet */

/*
 * Facts on their way to the order of paths: key has the first bytes of the
 * path, so that few paths are ever looked at, and no facts.
 */
struct sorted {
	uint64_t	 key[2];
	struct facts	*f;
	uint16_t	 spool;
};

/* Where a message was met, of a spool whose server moves them. */
struct sight {
	uint64_t	 id;
	struct facts	*f;
	size_t		 turn;		/* of its batch */
};

/* What one thread reads with, and what it has found. */
struct worker {
	struct arena		*scratch;	/* given back after each message */
	struct arena		*keep;		/* facts */
	struct intern		*strings;	/* a view of the scan's */
	struct sketches		*sketches;
	struct charsets		*cs;
	struct spool_reader	*rd;
	struct sha256		*sha;
	struct magics		*magics;	/* NULL: types are not wanted */
	struct sorted		*v;
	size_t			 n, cap;
	struct sight		*sights;
	size_t			 nsights, sights_cap;
	struct buf		 spill;
	uint64_t		 spilled;	/* bytes in the file */
	int			 fd;
	uint8_t			 number;
	struct batch		*asked[ASKED];	/* of the disk; read next, oldest first */
	size_t			 nasked;
};

struct scan_state {
	struct arena	*arena;
	struct spool	**spools;
	struct worker	*workers;
	size_t		 nworkers;
	struct pool	*pool;
	atomic_size_t	 entries, vanished;
	atomic_ullong	 bytes;
	atomic_uint	 slow;		/* share of slow reads, in 1/65536 */
	atomic_bool	 cold;		/* it was large once */
	size_t		 turn;		/* batches that went to the workers */
	pthread_mutex_t	 lock;		/* of failure */
	atomic_bool	 failed;
	struct err	 failure;	/* the first: the spill file */
};

/* Entries of one folder, on their way to a worker. */
struct batch {
	struct arena		*arena;
	struct spool_entry	 e[BATCH];
	size_t			 n;
	size_t			 spool;		/* and nth behind it */
	size_t			 turn;
	uint64_t		 memory;	/* held by its entries */
	bool			 asked;		/* of the disk */
};

/* The result of one message, with what is needed to put it away. */
struct found {
	struct scan	*s;
	struct worker	*w;
	const struct spool_entry *e;
	size_t		 spool, turn;
	struct record	 rec;
};

static void
fail(struct scan_state *st, const struct err *err)
{
	pthread_mutex_lock(&st->lock);
	if (!st->failed)
		st->failure = *err;
	st->failed = true;
	pthread_mutex_unlock(&st->lock);
}

/* A file without a name, in TMPDIR; gone when we are, however we end. */
static int
spill_open(struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char name[4096];
	int fd;

	if (dir == NULL || dir[0] == '\0')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1 && (errno == EPERM || errno == EACCES))
		fd = memfd_create("records", MFD_CLOEXEC);	/* a sandbox */
	if (fd != -1)
		return fd;
	if (snprintf(name, sizeof(name), "%s/spoolkit.XXXXXX", dir) <
	    (int)sizeof(name) && (fd = mkostemp(name, O_CLOEXEC)) != -1) {
		unlink(name);
		return fd;
	}
	return err_sys(err, "%s: cannot make a temporary file "
	    "(TMPDIR names another place)", dir);
}

static int
spill_flush(struct worker *w, struct err *err)
{
	size_t done = 0;
	ssize_t r;

	while (done < w->spill.n) {
		r = pwrite(w->fd, w->spill.p + done, w->spill.n - done,
		    (off_t)(w->spilled + done));
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return err_sys(err, "cannot write the temporary file "
			    "(TMPDIR names another place)");
		done += (size_t)r;
	}
	w->spilled += w->spill.n;
	w->spill.n = 0;
	return 0;
}

static void
spill(struct found *fd, struct facts *f)
{
	struct worker *w = fd->w;
	struct err err;
	size_t was = w->spill.n;

	record_pack(&fd->rec, &w->spill);
	f->worker = w->number;
	f->spill = w->spilled + was;
	f->spill_n = (uint32_t)(w->spill.n - was);
	if (w->spill.n >= SPILL && spill_flush(w, &err) == -1) {
		fail(fd->s->state, &err);
		w->spill.n = 0;
	}
}

/*
 * The first bytes as numbers; '@' is the last one, as path_cmp reads numbers
 * behind it.
 */
static void
path_key(const char *path, uint64_t key[2])
{
	size_t i;

	for (i = 0; i < 16; i++) {
		key[i / 8] = key[i / 8] << 8 | (unsigned char)*path;
		if (*path == '@')
			path = "";
		else
			path += *path != '\0';
	}
}

/* Who moves it may show it again, in another place. */
static void
note_sight(struct found *fd, struct facts *f)
{
	struct worker *w = fd->w;
	uint64_t id = spool_entry_id(fd->s->state->spools[fd->spool], fd->e);

	if (id == 0)
		return;
	if (w->nsights == w->sights_cap) {
		w->sights_cap = w->sights_cap == 0 ? 1024 : w->sights_cap * 2;
		w->sights = xrealloc(w->sights, w->sights_cap,
		    sizeof(*w->sights));
	}
	w->sights[w->nsights++] = (struct sight){ id, f, fd->turn };
}

static void
put_away(struct found *fd)
{
	struct worker *w = fd->w;
	struct facts *f = facts_make(&fd->rec, w->keep, w->strings,
	    w->sketches);

	f->spool = (uint16_t)fd->spool;
	if (fd->s->records)
		spill(fd, f);
	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 1024 : w->cap * 2;
		w->v = xrealloc(w->v, w->cap, sizeof(*w->v));
	}
	w->v[w->n] = (struct sorted){ .f = f, .spool = f->spool };
	path_key(f->path, w->v[w->n++].key);
	note_sight(fd, f);
	atomic_fetch_add(&fd->s->state->entries, 1);
	atomic_fetch_add(&fd->s->state->bytes, fd->rec.size);
}

static void
add_piece(void *ctx, struct slice piece)
{
	sha256_add(ctx, piece);
}

/* false: it went away meanwhile. */
static bool
digest(struct found *fd, const struct spool_msg *m)
{
	struct record *rec = &fd->rec;
	struct worker *w = fd->w;
	char *id = arena_alloc(w->scratch, ID_CHARS);
	struct err err = { 0 };

	rec->is_file = fd->s->file_digests && spool_is_file(w->rd, m);
	if (rec->is_file)
		return true;
	sha256_start(w->sha);
	if (spool_bytes(w->rd, m, add_piece, w->sha, &err) == -1) {
		record_problem(rec, w->scratch,
		    arena_dup(w->scratch, sl(err.msg)));
		return err.sys != ENOENT;
	}
	sha256_end(w->sha, rec->sha256);
	rec->has_digest = true;
	id_make(w->sha, rec->sha256, rec->queue_id.n > 0 ? rec->queue_id :
	    sl(fd->e->name), id);
	rec->id = (struct slice){ id, ID_CHARS };
	return true;
}

static void
begin(struct found *fd)
{
	const struct spool_entry *e = fd->e;

	fd->rec = (struct record){
	    .spool = fd->s->spools[fd->spool],
	    .format = fd->s->formats[fd->spool],
	    .folder = e->folder, .path = sl(e->path), .unread = true };
}

/* A record for what could not be read, so that the lines add up. */
static void
unread(struct found *fd, const char *why)
{
	begin(fd);
	record_problem(&fd->rec, fd->w->scratch, sl(why));
	put_away(fd);
}

static void
gone(struct found *fd)
{
	atomic_fetch_add(&fd->s->state->vanished, 1);
}

static void
lost(struct found *fd, const struct err *err)
{
	if (err->sys == ENOENT)
		gone(fd);
	else
		unread(fd, err->msg);
}

static void
one_message(struct found *fd, struct spool_msg *m)
{
	struct scan *s = fd->s;
	struct err err;

	begin(fd);
	record_read(&fd->rec, fd->w->scratch, fd->w->cs, m, s->records);
	if (fd->rec.wants_whole) {
		if (spool_whole(fd->w->rd, m, &err) == -1) {
			lost(fd, &err);
			return;
		}
		begin(fd);
		record_read(&fd->rec, fd->w->scratch, fd->w->cs, m,
		    s->records);
	}
	if (s->contents)
		record_contents(&fd->rec, fd->w->scratch, fd->w->cs,
		    fd->w->magics, m);
	if (m->part > 0)
		fd->rec.path = arena_fmt(fd->w->scratch, "%s@%llu",
		    fd->e->path, (unsigned long long)m->offset);
	if (s->digests && !digest(fd, m))
		gone(fd);
	else
		put_away(fd);
}

static int64_t
nanoseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/*
 * A running share of slow reads; threads that write over each other do not
 * matter.  What was cold once counts as cold to the end: reads that were
 * asked for ahead look like those of a warm tree.
 */
static void
note_wait(struct scan_state *st, int64_t began)
{
	unsigned was = atomic_load_explicit(&st->slow, memory_order_relaxed);
	unsigned now = nanoseconds() - began > SLOW_NS ? 65536 : 0;

	was = was - was / SLOW_WINDOW + now / SLOW_WINDOW;
	atomic_store_explicit(&st->slow, was, memory_order_relaxed);
	if (was > 65536 / SLOW_SHARE)
		atomic_store_explicit(&st->cold, true, memory_order_relaxed);
}

/* While reads wait, files are asked for ahead. */
static bool
is_cold(struct scan_state *st)
{
	return atomic_load_explicit(&st->cold, memory_order_relaxed);
}

static void
one_entry(struct found *fd)
{
	const struct spool *sp = fd->s->state->spools[fd->spool];
	struct worker *w = fd->w;
	struct err err = { 0 };
	struct spool_msg m;
	int64_t began;
	size_t seen = 0;
	int r;

	if (fd->e->refused != NULL) {
		unread(fd, fd->e->refused);
		return;
	}
	began = is_cold(fd->s->state) ? 0 : nanoseconds();
	if (spool_start(sp, fd->e, w->rd, &err) == -1) {
		lost(fd, &err);
		return;
	}
	while ((r = spool_load(w->rd, &m, &err)) == 1) {
		if (seen == 0 && began != 0)
			note_wait(fd->s->state, began);
		one_message(fd, &m);
		seen++;
	}
	if (r == -1)
		lost(fd, &err);
	else if (seen == 0 && fd->e->len == 0)
		unread(fd, "no message in it");
}

static void
read_batch(struct scan *s, struct worker *w, struct batch *b)
{
	struct found fd = { .s = s, .w = w, .turn = b->turn };
	size_t i;

	for (i = 0; i < b->n; i++) {
		fd.e = &b->e[i];
		fd.spool = b->spool + fd.e->nth;
		if (!sig_stop())
			one_entry(&fd);
		arena_reset(w->scratch);
		spool_entry_done(&b->e[i]);
	}
	arena_free(b->arena);
	free(b);
}

static void
read_oldest(struct scan *s, struct worker *w)
{
	struct batch *b = w->asked[0];
	size_t i;

	for (i = 1; i < w->nasked; i++)
		w->asked[i - 1] = w->asked[i];
	w->nasked--;
	read_batch(s, w, b);
}

/* Is the first look at a large file enough? */
static bool
takes_a_look(const struct scan *s)
{
	return !s->digests && !s->contents;
}

static void
ask(const struct scan *s, struct batch *b)
{
	size_t i;

	if (b->asked)
		return;
	for (i = 0; i < b->n && !sig_stop(); i++)
		spool_ahead(&b->e[i], takes_a_look(s));
	b->asked = true;
}

/*
 * On a cold tree a batch is first asked for, and read when the next ones
 * have been: by then the disk has fetched most of it.
 */
static void
work(void *ctx, size_t number, void *job)
{
	struct scan *s = ctx;
	struct worker *w = &s->state->workers[number];
	struct batch *b = job;

	if (!is_cold(s->state) || b->memory > 0) {
		while (w->nasked > 0)
			read_oldest(s, w);
		read_batch(s, w, b);
		return;
	}
	ask(s, b);
	if (w->nasked == ASKED)
		read_oldest(s, w);
	w->asked[w->nasked++] = b;
}

/* What the workers have asked for and not read, when no batch is to come. */
static void
read_asked(struct scan *s)
{
	struct scan_state *st = s->state;
	size_t i;

	for (i = 0; i < st->nworkers; i++)
		while (st->workers[i].nasked > 0)
			read_oldest(s, &st->workers[i]);
}

static struct batch *
batch_new(size_t spool)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->arena = arena_new();
	b->spool = spool;
	return b;
}

static void
tell(struct scan *s)
{
	if (s->progress != NULL)
		s->progress(s->progress_ctx, atomic_load(&s->state->entries),
		    atomic_load(&s->state->bytes));
}

/*
 * A batch ends when the folder changes, so that few folders are open at the
 * same time; in an archive, where none is open and folders may take turns,
 * when it holds much.
 */
static bool
is_full(const struct batch *b)
{
	const struct spool_entry *last = &b->e[b->n - 1];

	if (b->n == BATCH || b->memory >= BATCH_MEMORY)
		return true;
	return last->nheld == 0 && last->dir != b->e[0].dir;
}

/*
 * To the workers, whom it helps where it would have to wait for them.  What an
 * archive's entries hold in memory is limited by waiting for all of them now
 * and then.
 */
static void
hand_on(const struct scan *s, struct batch *b, uint64_t *memory)
{
	struct scan_state *st = s->state;

	*memory += b->memory;
	b->turn = st->turn++;
	if (is_cold(st) && b->memory == 0 && pool_is_full(st->pool))
		ask(s, b);
	pool_put(st->pool, b);
	if (*memory < MEMORY)
		return;
	pool_drain(st->pool);
	*memory = 0;
}

/* Entries of one spool, or of those of one archive; again: told before. */
static void
walk(struct scan *s, size_t spool, bool again)
{
	struct scan_state *st = s->state;
	struct batch *b = batch_new(spool);
	struct spool_entry *e;
	struct err err = { 0 };
	struct found fd = { .s = s, .w = &st->workers[st->nworkers - 1],
	    .spool = spool };
	struct spool_entry dir = { .folder = "" };
	uint64_t memory = 0;
	int r;

	while (!sig_stop() && !atomic_load(&st->failed)) {
		e = &b->e[b->n];
		r = spool_next(st->spools[spool], b->arena, e, &err);
		if (r == 0)
			break;
		if (r == -1 && again)
			continue;
		if (r == -1) {
			/* the walk's own record: a folder, not a file */
			fd.e = &dir;
			dir.path = e->path;
			unread(&fd, err.msg);
			arena_reset(fd.w->scratch);
			continue;
		}
		b->memory += e->memory;
		b->n++;
		if (is_full(b)) {
			hand_on(s, b, &memory);
			b = batch_new(spool);
			tell(s);
		}
	}
	b->turn = st->turn++;
	pool_put(st->pool, b);
}

/*
 * A spool whose server moves messages while we look.
 */

static size_t
count_sights(const struct scan_state *st)
{
	size_t i, n = 0;

	for (i = 0; i < st->nworkers; i++)
		n += st->workers[i].nsights;
	return n;
}

static int
by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The ids of the spool's messages that were read, sorted. */
static uint64_t *
known_ids(const struct scan_state *st, size_t spool, size_t *n)
{
	uint64_t *ids = xcalloc(count_sights(st), sizeof(*ids));
	const struct worker *w;
	size_t i, k;

	*n = 0;
	for (i = 0; i < st->nworkers; i++)
		for (w = &st->workers[i], k = 0; k < w->nsights; k++)
			if (w->sights[k].f->spool == spool)
				ids[(*n)++] = w->sights[k].id;
	if (*n > 0)
		qsort(ids, *n, sizeof(*ids), by_id);
	return ids;
}

/*
 * What was moved into a folder that had been listed already is found when
 * all are listed anew: until that brings nothing, or nothing that went away.
 */
static void
look_again(struct scan *s, size_t spool)
{
	struct scan_state *st = s->state;
	size_t i, n, gone;
	uint64_t *known;

	for (i = 0; i < AGAIN_MAX && !sig_stop(); i++) {
		pool_drain(st->pool);
		read_asked(s);
		gone = atomic_load(&st->vanished);
		known = known_ids(st, spool, &n);
		spool_again(st->spools[spool], known, n);
		walk(s, spool, true);
		pool_drain(st->pool);
		read_asked(s);
		free(known);
		if (atomic_load(&st->vanished) == gone)
			return;
	}
}

static int
by_sight(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;

	if (x->f->spool != y->f->spool)
		return x->f->spool < y->f->spool ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->turn < y->turn ? -1 : x->turn > y->turn;
}

static struct sight *
all_sights(const struct scan_state *st, size_t *n)
{
	struct sight *v = xcalloc(count_sights(st), sizeof(*v));
	const struct worker *w;
	size_t i;

	*n = 0;
	for (i = 0; i < st->nworkers; i++) {
		w = &st->workers[i];
		if (w->nsights > 0)
			memcpy(v + *n, w->sights, w->nsights * sizeof(*v));
		*n += w->nsights;
	}
	if (*n > 0)
		qsort(v, *n, sizeof(*v), by_sight);
	return v;
}

/*
 * Of several places where one message was met those count where it still
 * lies; where it is in none any more, the last.  One that is moved while we
 * ask seems to lie in two: of those that are there we ask once more.
 */
static void
drop_places(const struct scan_state *st, struct sight *v, size_t n)
{
	struct spool *sp = st->spools[v[0].f->spool];
	size_t left = n, time, i;

	for (time = 0; time < 2; time++)
		for (i = 0; left > 1 && i < n; i++)
			if (!v[i].f->moved && !spool_has(sp, v[i].f->path)) {
				v[i].f->moved = true;
				left--;
			}
}

static void
drop_moved(struct scan *s)
{
	struct scan_state *st = s->state;
	size_t n, i, k;
	struct sight *v = all_sights(st, &n);

	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && v[k].id == v[i].id &&
		    v[k].f->spool == v[i].f->spool; k++)
			;
		drop_places(st, v + i, k - i);
	}
	free(v);
}

/*
 * "mbox@1000" comes after "mbox@200".  Digits behind '@' are a number
 * wherever they stand: names are hostile, and an order that depends on what
 * follows would go in circles.
 */
static int
path_cmp(const char *a, const char *b)
{
	size_t i = 0, at, na, nb;

	while (a[i] != '\0' && a[i] == b[i])
		i++;
	if (!ascii_digit(a[i]) && !ascii_digit(b[i]))
		return (unsigned char)a[i] < (unsigned char)b[i] ? -1 :
		    (unsigned char)a[i] > (unsigned char)b[i];
	for (at = i; at > 0 && ascii_digit(a[at - 1]); at--)
		;
	na = strspn(a + at, "0123456789");
	nb = strspn(b + at, "0123456789");
	if (at > 0 && a[at - 1] == '@' && na > 0 && nb > 0 && na != nb)
		return na < nb ? -1 : 1;
	return (unsigned char)a[i] < (unsigned char)b[i] ? -1 :
	    (unsigned char)a[i] > (unsigned char)b[i];
}

static int
by_path(const void *x, const void *y)
{
	struct facts *const *a = x, *const *b = y;

	return path_cmp((*a)->path, (*b)->path);
}

static bool
same_key(const struct sorted *a, const struct sorted *b)
{
	return a->spool == b->spool && a->key[0] == b->key[0] &&
	    a->key[1] == b->key[1];
}

/* By spool and path, into to. */
static void
sort_paths(const struct sorted *v, size_t n, struct facts **to)
{
	struct sort_key *k = xcalloc(n, sizeof(*k));
	size_t i, from;

	for (i = 0; i < n; i++)
		k[i] = (struct sort_key){ v[i].key[1], (uint32_t)i };
	sort_keys(k, n);
	for (i = 0; i < n; i++)
		k[i].key = v[k[i].i].key[0];
	sort_keys(k, n);
	for (i = 0; i < n; i++)
		k[i].key = v[k[i].i].spool;
	sort_keys(k, n);
	for (i = from = 0; i < n; i++) {
		to[i] = v[k[i].i].f;
		if (i + 1 < n && same_key(&v[k[i].i], &v[k[i + 1].i]))
			continue;
		if (i > from)
			qsort(to + from, i + 1 - from,
			    sizeof(struct facts *), by_path);
		from = i + 1;
	}
	free(k);
}

/* One worker tells for all: they share the database. */
static void
types_failure(struct scan *s)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; i < s->state->nworkers && why == NULL; i++)
		why = magics_failure(s->state->workers[i].magics);
	if (why != NULL)
		snprintf(s->no_types, sizeof(s->no_types), "%s", why);
}

static void
gather(struct scan *s)
{
	struct scan_state *st = s->state;
	struct sorted *v;
	size_t i, n = 0;

	for (i = 0; i < st->nworkers; i++)
		n += st->workers[i].n;
	v = xcalloc(n, sizeof(*v));
	for (n = 0, i = 0; i < st->nworkers; i++) {
		struct worker *w = &st->workers[i];

		if (w->n > 0)
			memcpy(v + n, w->v, w->n * sizeof(*w->v));
		n += w->n;
		free(w->v);
		w->v = NULL;
	}
	s->entries = xcalloc(n, sizeof(struct facts *));
	sort_paths(v, n, s->entries);
	free(v);
	for (i = 0; i < n; i++)
		if (!s->entries[i]->moved)
			s->entries[s->n++] = s->entries[i];
	s->vanished = atomic_load(&st->vanished);
	types_failure(s);
}

static int
workers_new(struct scan *s, struct err *err)
{
	struct scan_state *st = s->state;
	size_t i;

	/* the last one is the walker's, for what has no file */
	st->nworkers = s->threads + 1;
	st->workers = xcalloc(st->nworkers, sizeof(*st->workers));
	for (i = 0; i < st->nworkers; i++)
		st->workers[i].fd = -1;
	for (i = 0; i < st->nworkers; i++) {
		struct worker *w = &st->workers[i];

		w->number = (uint8_t)i;
		w->scratch = arena_new();
		w->keep = arena_new();
		w->strings = intern_view(s->strings);
		w->sketches = sketches_new();
		w->cs = charsets_new();
		w->rd = spool_reader_new(w->scratch);
		spool_reader_look(w->rd, takes_a_look(s));
		if (s->digests)
			w->sha = sha256_new();
		if (s->contents && s->types)
			w->magics = magics_new();
		if (s->records && (w->fd = spill_open(err)) == -1)
			return -1;
	}
	return 0;
}

static int
open_all(struct scan *s, char *const paths[], struct err *err)
{
	struct scan_state *st = s->state;
	struct spool **set;
	size_t i, j, n;

	for (i = 0; paths[i] != NULL; i++) {
		if (spool_open(&set, &n, st->arena, paths[i], s->format,
		    err) == -1)
			return -1;
		st->spools = xrealloc(st->spools, s->nspools + n,
		    sizeof(struct spool *));
		s->spools = xrealloc(s->spools, s->nspools + n,
		    sizeof(char *));
		s->formats = xrealloc(s->formats, s->nspools + n,
		    sizeof(char *));
		for (j = 0; j < n; j++, s->nspools++) {
			st->spools[s->nspools] = set[j];
			s->spools[s->nspools] = spool_path(set[j]);
			s->formats[s->nspools] = spool_format(set[j]);
		}
		if (n > 0 && spool_beside(set[0]).n > 0) {
			buf_add(&s->beside, spool_beside(set[0]));
			buf_addc(&s->beside, '\n');
		}
		if (s->nspools > UINT16_MAX)
			return err_set(err, ERR_LIMIT, "%s: more than %d "
			    "spools in one scan", paths[i], UINT16_MAX);
	}
	return 0;
}

int
scan_ready(struct scan *s, struct err *err)
{
	struct scan_state *st = xcalloc(1, sizeof(*st));

	s->state = st;
	st->arena = arena_new();
	pthread_mutex_init(&st->lock, NULL);
	s->strings = intern_new();
	if (s->threads == 0)
		s->threads = pool_cpus();
	if (s->threads > 64)
		s->threads = 64;
	return workers_new(s, err);
}

int
scan_read(struct scan *s, char *const paths[], struct err *err)
{
	struct scan_state *st;
	size_t i;

	if ((s->state == NULL && scan_ready(s, err) == -1) ||
	    open_all(s, paths, err) == -1)
		return -1;
	st = s->state;
	st->pool = pool_new(s->threads, work, s);
	for (i = 0; i < s->nspools && !sig_stop(); i++) {
		walk(s, i, false);
		if (spool_moves(st->spools[i]))
			look_again(s, i);
	}
	pool_drain(st->pool);
	read_asked(s);
	s->stopped = sig_stop();
	for (i = 0; s->records && i < st->nworkers; i++)
		if (spill_flush(&st->workers[i], err) == -1)
			return -1;
	if (st->failed) {
		*err = st->failure;
		return -1;
	}
	drop_moved(s);
	gather(s);
	return 0;
}

bool
scan_record(struct scan *s, const struct facts *f, struct arena *a,
    struct record *rec, struct err *err)
{
	char *p = arena_alloc(a, f->spill_n);
	size_t done = 0;
	ssize_t r;

	while (done < f->spill_n) {
		r = pread(s->state->workers[f->worker].fd, p + done,
		    f->spill_n - done, (off_t)(f->spill + done));
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1) {
			err_sys(err, "cannot read the temporary file");
			return false;
		}
		if (r == 0) {
			err_set(err, ERR_FORMAT,
			    "the temporary file is damaged");
			return false;
		}
		done += (size_t)r;
	}
	*rec = (struct record){ .spool = s->spools[f->spool],
	    .format = s->formats[f->spool],
	    .folder = intern_str(s->strings, f->folder).p };
	if (!record_unpack(rec, a, (struct slice){ p, f->spill_n })) {
		err_set(err, ERR_FORMAT, "the temporary file is damaged");
		return false;
	}
	return true;
}

void
scan_free(struct scan *s)
{
	struct scan_state *st = s->state;
	size_t i;

	if (st == NULL)
		return;
	pool_free(st->pool);
	for (i = 0; st->workers != NULL && i < st->nworkers; i++) {
		struct worker *w = &st->workers[i];

		if (w->fd != -1)
			close(w->fd);
		sha256_free(w->sha);
		spool_reader_free(w->rd);
		magics_free(w->magics);
		charsets_free(w->cs);
		intern_free(w->strings);
		sketches_free(w->sketches);
		buf_free(&w->spill);
		free(w->v);
		free(w->sights);
		arena_free(w->keep);
		arena_free(w->scratch);
	}
	for (i = 0; i < s->nspools; i++)
		spool_close(st->spools[i]);
	free(st->workers);
	free(st->spools);
	free(s->spools);
	free(s->formats);
	free(s->entries);
	buf_free(&s->beside);
	intern_free(s->strings);
	pthread_mutex_destroy(&st->lock);
	arena_free(st->arena);
	free(st);
	*s = (struct scan){ 0 };
}
