#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/verify.h"
#include "base/digests.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/sig.h"
#include "base/xalloc.h"

#define BLOCK	(1024 * 1024)	/* bytes of the file read at once */
#define ALIGN	4096u		/* where the page cache is passed by */
#define HERE_MAX	(4 * BLOCK)	/* a segment that is kept in memory */
#define TAGS_MAX	64	/* tag files; ours are seven */
#define LOST_MAX	16	/* searches of the whole manifest in vain */

struct tag {
	char		*name;
	struct buf	 text;
	uint8_t		 sha256[32];	/* of it */
	struct tag	*next;
};

/* Bytes of the file, to be used for one segment after another. */
struct room {
	char		*p;
	size_t		 cap;
	struct room	*next;
};

struct segment {
	struct verify_state *s;
	size_t		 number;
	struct room	*room;		/* its frames are here; or NULL */
	struct slice	 bytes;
	struct verified	*v;		/* of a worker's arena */
	size_t		 n, cap;
	size_t		 file;		/* of them, the last with bytes, + 1 */
	struct err	 err;
};

/* The digest of a segment's member that is yet to be taken. */
struct yet {
	struct slice	 bytes;
	size_t		 i;		/* of the segment's v */
};

struct checker {
	struct arena	*a;
	struct bag_walk	*walk;
	struct sha256	*sha;
	struct yet	*yet;
	struct digest	*digests;	/* of as many */
	struct digests	*many;		/* takes them */
	size_t		 nyet, cap;
};

struct verify_state {
	struct verify	*v;
	struct bag	*b;
	struct segment	*segments;
	size_t		 nsegments;
	struct checker	*workers;
	size_t		 nworkers;
	int		 direct;	/* past the page cache, or -1 */
	struct sha256	*sha;		/* of the file; or of one's own */
	struct runsum	*runsum;
	pthread_mutex_t	 lock;		/* of what follows */
	struct room	*rooms;		/* free */
	struct tag	*tags;
	size_t		 ntags;
	atomic_size_t	 names;
	atomic_uint_fast64_t bytes;
};

static void
differs(struct verify *v, const char *where, const char *what)
{
	char line[1024];

	v->differences++;
	snprintf(line, sizeof(line), "%s%s%s", where,
	    where[0] == '\0' ? "" : ": ", what);
	v->differs(v->differs_ctx, line);
}

/*
 * A worker: the members of a segment.
 */

static void
add_zeros(struct sha256 *sha, uint64_t n)
{
	static const char zeros[64 * 1024];

	for (; n > sizeof(zeros) && !sig_stop(); n -= sizeof(zeros))
		sha256_add(sha, (struct slice){ zeros, sizeof(zeros) });
	if (n <= sizeof(zeros))
		sha256_add(sha, (struct slice){ zeros, (size_t)n });
}

static void
take_digests(struct checker *k, struct segment *g)
{
	size_t i;

	for (i = 0; i < k->nyet; i++)
		k->digests[i] = (struct digest){ k->yet[i].bytes,
		    g->v[k->yet[i].i].sha256 };
	digests_make(k->many, k->digests, k->nyet);
	k->nyet = 0;
}

static void
put_off(struct checker *k, struct yet yet)
{
	if (k->nyet == k->cap) {
		k->cap = k->cap == 0 ? 64 : k->cap * 2;
		k->yet = xrealloc(k->yet, k->cap, sizeof(*k->yet));
		k->digests = xrealloc(k->digests, k->cap,
		    sizeof(*k->digests));
	}
	k->yet[k->nyet++] = yet;
}

/* A file of which s at at is the first piece, if r is 1. */
static int
digest_pieces(struct checker *k, int r, struct slice s, uint64_t at,
    uint64_t size, struct segment *g, uint8_t sha256[32])
{
	uint64_t pos = 0;

	sha256_start(k->sha);
	for (; r == 1; r = tarr_data(bag_tarr(k->walk), &s, &at, &g->err)) {
		if (at < pos || at > size)
			return err_set(&g->err, ERR_FORMAT,
			    "damaged archive: a file goes backwards");
		add_zeros(k->sha, at - pos);
		sha256_add(k->sha, s);
		pos = at + s.n;
		g->s->bytes += s.n;
	}
	if (r == 0 && pos < size)
		add_zeros(k->sha, size - pos);
	sha256_end(k->sha, sha256);
	return r;
}

/* One that lies in memory as a whole waits for others. */
static int
digest_file(struct checker *k, const struct bag_member *m, struct segment *g)
{
	uint64_t at = 0, size = m->tar.size;
	struct slice s = SL("");
	int r = tarr_data(bag_tarr(k->walk), &s, &at, &g->err);

	if (r != 1 || s.n < size || at > 0 || !bag_stays(k->walk, s))
		return digest_pieces(k, r, s, at, size, g,
		    g->v[g->n - 1].sha256);
	g->s->bytes += s.n;
	put_off(k, (struct yet){ s, g->n - 1 });
	return 0;
}

/* The file that a hard link is another name of stands right before its links. */
static int
digest_link(struct checker *k, const struct bag_member *m, struct segment *g)
{
	if (g->file == 0 || !sl_eq(sl(g->v[g->file - 1].name), sl(m->hard)))
		return err_set(&g->err, ERR_FORMAT,
		    "a hard link without the file it is another name of");
	take_digests(k, g);
	memcpy(g->v[g->n - 1].sha256, g->v[g->file - 1].sha256, 32);
	return 0;
}

static int
add_payload(struct checker *k, const struct bag_member *m, struct segment *g)
{
	mode_t type = m->hard != NULL ? S_IFREG : m->tar.mode & S_IFMT;
	int r = 0;

	*(struct verified *)arena_more(k->a, &g->v, &g->n, &g->cap,
	    sizeof(*g->v)) = (struct verified){
	    .name = arena_str(k->a, sl(m->name)), .type = type };
	if (m->hard != NULL)
		r = digest_link(k, m, g);
	else if (S_ISREG(type))
		r = digest_file(k, m, g);
	if (r == -1)
		g->n--;
	else if (m->hard == NULL && S_ISREG(type))
		g->file = g->n;
	return r;
}

static int
add_tag(struct checker *k, const struct bag_member *m, struct segment *g)
{
	struct tag *t = xcalloc(1, sizeof(*t));
	bool many;
	int r = 0;

	t->name = xalloc(strlen(m->name) + 1);
	memcpy(t->name, m->name, strlen(m->name) + 1);
	if (S_ISREG(m->tar.mode) && m->hard == NULL)
		r = bag_text(k->walk, BAG_TEXT_MAX, &t->text, &g->err);
	sha256_start(k->sha);
	sha256_add(k->sha, buf_sl(&t->text));
	sha256_end(k->sha, t->sha256);
	pthread_mutex_lock(&g->s->lock);
	t->next = g->s->tags;
	g->s->tags = t;
	many = ++g->s->ntags > TAGS_MAX;
	pthread_mutex_unlock(&g->s->lock);
	return !many ? r : err_set(&g->err, ERR_LIMIT, "more than %d tag "
	    "files: no archive of ours", TAGS_MAX);
}

static struct room *
room_take(struct verify_state *s, size_t n)
{
	struct room *room;

	pthread_mutex_lock(&s->lock);
	if ((room = s->rooms) != NULL)
		s->rooms = room->next;
	pthread_mutex_unlock(&s->lock);
	if (room == NULL)
		room = xcalloc(1, sizeof(*room));
	if (room->cap >= n)
		return room;
	free(room->p);
	room->cap = (n + BLOCK - 1) / BLOCK * BLOCK;
	if ((room->p = aligned_alloc(ALIGN, room->cap)) == NULL)
		xalloc_die(room->cap);
	return room;
}

static void
room_give(struct verify_state *s, struct room *room)
{
	pthread_mutex_lock(&s->lock);
	room->next = s->rooms;
	s->rooms = room;
	pthread_mutex_unlock(&s->lock);
}

static void
check(struct checker *k, struct segment *g)
{
	struct bag_member m;
	int r = 0;

	while (r != -1 && !sig_stop() &&
	    (r = bag_next(k->walk, &m, &g->err)) == 1) {
		r = m.part == BAG_PAYLOAD ? add_payload(k, &m, g) :
		    add_tag(k, &m, g);
		g->s->names += r == 0;
	}
	take_digests(k, g);
}

static void
work(void *ctx, size_t number, void *job)
{
	struct verify_state *s = ctx;
	struct checker *k = &s->workers[number];
	struct segment *g = job;

	if (g->room == NULL) {
		bag_walk_segment(k->walk, g->number);
		check(k, g);
		return;
	}
	bag_walk_bytes(k->walk, g->number, g->bytes);
	check(k, g);
	room_give(s, g->room);
}

/*
 * The file as a whole, while the segments are worked on.
 */

static void
add_whole(struct verify_state *s, struct slice bytes)
{
	if (s->v->own)
		runsum_add(s->runsum, bytes);
	else
		sha256_add(s->sha, bytes);
}

static int
add_range(struct verify_state *s, uint64_t at, uint64_t end, struct buf *b,
    struct err *err)
{
	ssize_t n;
	size_t want;

	while (at < end && !sig_stop()) {
		want = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
		n = pread(bag_fd(s->b), buf_room(b, BLOCK), want, (off_t)at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, "cannot read the archive");
		add_whole(s, (struct slice){ b->p, (size_t)n });
		at += (size_t)n;
	}
	return 0;
}

/* Where the file cannot be read past the page cache, it is read through it. */
static ssize_t
read_direct(struct verify_state *s, char *p, size_t n, uint64_t at)
{
	ssize_t r = -1;

	errno = EINVAL;
	if (s->direct != -1)
		r = pread(s->direct, p, n, (off_t)at);
	if (r != -1 || errno != EINVAL)
		return r;
	if (s->direct != -1)
		close(s->direct);
	s->direct = -1;
	return pread(bag_fd(s->b), p, n, (off_t)at);
}

/* A segment's bytes are read once, for its digest and for its worker. */
static int
load(struct verify_state *s, struct segment *g, uint64_t at, size_t n,
    struct err *err)
{
	size_t lead = (size_t)(at % ALIGN), have = 0;
	size_t want = (lead + n + ALIGN - 1) / ALIGN * ALIGN;
	ssize_t r;

	g->room = room_take(s, want);
	while (have < lead + n) {
		r = read_direct(s, g->room->p + have, want - have,
		    at - lead + have);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0) {
			room_give(s, g->room);
			return err_sys(err, "cannot read the archive");
		}
		have += (size_t)r;
	}
	g->bytes = (struct slice){ g->room->p + lead, n };
	return 0;
}

static int
read_segment(struct verify_state *s, size_t i, uint64_t *end, struct buf *b,
    struct err *err)
{
	struct segment *g = &s->segments[i];
	uint64_t at, n;

	bag_segment(s->b, i, &at, &n);
	*end = at + n;
	*g = (struct segment){ .s = s, .number = i };
	if (!bag_indexed(s->b) || n > HERE_MAX)
		return add_range(s, at, at + n, b, err);
	if (load(s, g, at, (size_t)n, err) == -1)
		return -1;
	add_whole(s, g->bytes);
	return 0;
}

static int
read_all(struct verify_state *s, struct pool *pool, struct err *err)
{
	struct verify *v = s->v;
	struct buf b = { 0 };
	uint64_t end = 0;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->nsegments && !sig_stop(); i++) {
		r = read_segment(s, i, &end, &b, err);
		if (r == 0)
			pool_put(pool, &s->segments[i]);
		if (v->progress != NULL)
			v->progress(v->progress_ctx, s->names, s->bytes);
	}
	if (r == 0)
		r = add_range(s, end, bag_size(s->b), &b, err);
	pool_drain(pool);
	buf_free(&b);
	return r;
}

/*
 * The comparison.
 */

static void
join(struct verify *v, struct verify_state *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->nsegments; i++)
		n += s->segments[i].n;
	v->v = xcalloc(n + 1, sizeof(*v->v));
	for (i = 0; i < s->nsegments; i++) {
		if (s->segments[i].n > 0)
			memcpy(v->v + v->n, s->segments[i].v,
			    s->segments[i].n * sizeof(*v->v));
		v->n += s->segments[i].n;
		if (s->segments[i].err.code != ERR_NONE)
			differs(v, "", s->segments[i].err.msg);
	}
}

static struct tag *
find_tag(struct verify_state *s, const char *name)
{
	struct tag *t;

	for (t = s->tags; t != NULL; t = t->next)
		if (strcmp(t->name, name) == 0)
			return t;
	differs(s->v, name, "is missing");
	return NULL;
}

/* A line of sha256sum(1): false when it is none. */
static bool
sum_line(struct slice line, char hex[65], struct slice *name)
{
	if (line.n < 67 || line.p[64] != ' ')
		return false;
	memcpy(hex, line.p, 64);
	hex[64] = '\0';
	*name = sl_from(line, 66);
	return true;
}

static bool
is_of(struct slice line, char hex[65], const char *file)
{
	struct slice name;

	return sum_line(line, hex, &name) && sl_starts(name, SL("data/")) &&
	    sl_eq(sl_from(name, 5), sl(file));
}

/* Only the manifest has the file: its frame is damaged, or it was cut out. */
static void
missing(struct verify *v, struct slice line)
{
	struct buf path = { 0 };
	struct slice name;
	char hex[65];

	if (sum_line(line, hex, &name) && sl_starts(name, SL("data/")))
		buf_add(&path, sl_from(name, 5));
	else
		buf_add(&path, SL("manifest-sha256.txt"));
	buf_addc(&path, '\0');
	differs(v, path.p, "a file that is not in the archive");
	buf_free(&path);
}

/*
 * The file's line, of those not used yet; the ones before it have no file.
 * *lost counts the searches in vain, of which there are few: they go to the
 * manifest's end.
 */
static bool
find_line(struct verify *v, struct slice *rest, const char *file,
    char hex[65], size_t *lost)
{
	struct slice ahead = *rest, line;

	while (*lost < LOST_MAX && sl_cut(&ahead, '\n', &line)) {
		if (!is_of(line, hex, file))
			continue;
		while (sl_cut(rest, '\n', &line) && rest->n != ahead.n)
			missing(v, line);
		return true;
	}
	(*lost)++;
	return *lost > LOST_MAX && sl_cut(rest, '\n', &line) &&
	    is_of(line, hex, file);
}

/* The files stand in the manifest in the archive's order. */
static void
check_manifest(struct verify *v, struct slice rest)
{
	struct slice line;
	char hex[65], is[65];
	size_t i, lost = 0;

	for (i = 0; i < v->n; i++) {
		if (!S_ISREG(v->v[i].type))
			continue;
		v->files++;
		hex_str(v->v[i].sha256, 32, is);
		if (rest.n == 0)
			differs(v, v->v[i].name, "is not in the manifest");
		else if (!find_line(v, &rest, v->v[i].name, hex, &lost))
			differs(v, v->v[i].name,
			    "stands in another place of the manifest");
		else if (strcmp(hex, is) != 0)
			differs(v, v->v[i].name,
			    "its bytes are not those of the manifest");
	}
	while (sl_cut(&rest, '\n', &line))
		missing(v, line);
}

static void
check_tags(struct verify_state *s, struct slice rest)
{
	struct slice line, name;
	char hex[65], is[65];
	struct tag *t;
	char *c;

	while (sl_cut(&rest, '\n', &line)) {
		if (!sum_line(line, hex, &name)) {
			differs(s->v, "tagmanifest-sha256.txt",
			    "a line that is no digest");
			continue;
		}
		c = xalloc(name.n + 1);
		memcpy(c, name.p, name.n);
		c[name.n] = '\0';
		if ((t = find_tag(s, c)) != NULL) {
			hex_str(t->sha256, 32, is);
			if (strcmp(hex, is) != 0)
				differs(s->v, c,
				    "its bytes are not those of the manifest");
		}
		free(c);
	}
}

static void
check_whole(struct verify_state *s)
{
	struct verify *v = s->v;
	uint8_t sum[16];

	if (v->own) {
		runsum_end(s->runsum, sum);
		if (memcmp(sum, v->runsum, sizeof(sum)) != 0)
			differs(v, "", "the file is not the one that was "
			    "written");
		return;
	}
	sha256_end(s->sha, v->found);
	if (v->has_digest && memcmp(v->digest, v->found, 32) != 0)
		differs(v, "", "the file is not the one whose digest was "
		    "written down");
}

static void
compare(struct verify_state *s)
{
	static const char *const needed[] = { "bagit.txt",
	    "manifest-sha256.txt", "tagmanifest-sha256.txt",
	    "members.ndjson" };
	struct tag *t[4];
	size_t i;

	for (i = 0; i < 4; i++)
		t[i] = find_tag(s, needed[i]);
	if (t[1] != NULL)
		check_manifest(s->v, buf_sl(&t[1]->text));
	if (t[2] != NULL)
		check_tags(s, buf_sl(&t[2]->text));
	if (t[3] != NULL) {
		s->v->members = t[3]->text;
		t[3]->text = (struct buf){ 0 };
	}
	check_whole(s);
}

/* The same file, opened anew: other readers of it read as before. */
static int
open_direct(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
}

static void
begin(struct verify_state *s, struct verify *v, struct bag *b)
{
	size_t i;

	*s = (struct verify_state){ .v = v, .b = b,
	    .nsegments = bag_segments(b),
	    .direct = v->warm ? -1 : open_direct(bag_fd(b)),
	    .nworkers = v->threads == 0 ? pool_cpus() : v->threads };
	s->segments = xcalloc(s->nsegments, sizeof(*s->segments));
	s->workers = xcalloc(s->nworkers, sizeof(*s->workers));
	s->sha = sha256_new();
	sha256_start(s->sha);
	s->runsum = runsum_new();
	pthread_mutex_init(&s->lock, NULL);
	for (i = 0; i < s->nworkers; i++) {
		s->workers[i].a = arena_new();
		s->workers[i].walk = bag_walk_new(b);
		s->workers[i].sha = sha256_new();
		s->workers[i].many = digests_new();
	}
	v->state = s;
	v->v = NULL;
	v->n = v->files = v->differences = 0;
	v->members = (struct buf){ 0 };
}

int
bag_verify(struct bag *b, struct verify *v, struct err *err)
{
	struct verify_state *s = xcalloc(1, sizeof(*s));
	struct pool *pool;
	int r;

	begin(s, v, b);
	if (!v->warm)	/* what is read is on the disk */
		posix_fadvise(bag_fd(b), 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(bag_fd(b), 0, 0, POSIX_FADV_SEQUENTIAL);
	pool = pool_new(s->nworkers, work, s);
	r = read_all(s, pool, err);
	pool_free(pool);
	if (s->direct != -1)
		close(s->direct);
	if (r == 0 && sig_stop())
		r = err_set(err, ERR_SYS, "stopped");
	if (r == -1)
		return -1;
	join(v, s);
	v->bytes = s->bytes;
	compare(s);
	return v->differences == 0;
}

void
verify_free(struct verify *v)
{
	struct verify_state *s = v->state;
	struct room *room;
	struct tag *t;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nworkers; i++) {
		arena_free(s->workers[i].a);
		bag_walk_free(s->workers[i].walk);
		sha256_free(s->workers[i].sha);
		free(s->workers[i].yet);
		free(s->workers[i].digests);
		digests_free(s->workers[i].many);
	}
	while ((t = s->tags) != NULL) {
		s->tags = t->next;
		free(t->name);
		buf_free(&t->text);
		free(t);
	}
	while ((room = s->rooms) != NULL) {
		s->rooms = room->next;
		free(room->p);
		free(room);
	}
	pthread_mutex_destroy(&s->lock);
	sha256_free(s->sha);
	runsum_free(s->runsum);
	free(s->segments);
	free(s->workers);
	free(v->v);
	buf_free(&v->members);
	free(s);
	v->state = NULL;
}
