#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "io/archive.h"
#include "io/members.h"

#define NONE		UINT32_MAX
#define PIECE		(128 * 1024)	/* bytes read at once */
#define HEAP_MAX	(1024 * 1024)	/* larger ones have a descriptor */

struct member {
	uint64_t	 size;		/* as the archive says */
	int64_t		 mtime;
	uint64_t	 hash;		/* of the name, to know it again */
	char		*p;		/* its bytes, or only the first */
	uint32_t	 n;
	int		 fd;		/* or they are here; else -1 */
	uint32_t	 users;
	struct buf	*streams;	/* or NULL: as streams_hold has them */
};

/* A name that has a place in the tree. */
struct node {
	const char	*name;
	const char	*refused;
	uint64_t	 member;
	uint32_t	 up;		/* its folder */
	uint32_t	 first, n;	/* a folder's names, in v */
	enum tree_type	 type;
	uint8_t		 heads;		/* of a folder's files */
	bool		 deep;		/* a folder's, said to be too deep */
};

/* A hard link: what it is comes out when all names are known. */
struct hard {
	uint32_t	 node;
	uint64_t	 member;
	const char	*link;
};

struct members {
	atomic_size_t	 refs;
	int		 fd;
	uint64_t	 file_size;
	struct arc	*arc;
	bool		 single;
	struct err	 broken;	/* code is ERR_NONE: it is whole */
	uint64_t	 next;		/* the number of the next member */

	struct arena	*arena;		/* names, nodes */
	struct member	*v;
	size_t		 n, cap;
	struct node	*nodes;
	size_t		 nnodes, nodes_cap;
	struct hard	*hards;
	size_t		 nhards, hards_cap;
	struct tree_name *odd;
	size_t		 nodd, odd_cap;
	uint32_t	*table;		/* nodes by folder and name */
	size_t		 size;		/* of table, a power of two */
	size_t		 heads;		/* bytes of beginnings */
	size_t		 streams;	/* bytes of streams held */
	struct tree_name *names;	/* of all folders, one behind the other */
	struct buf	 buf;
	pthread_mutex_t	 lock;		/* of members' users and bytes */
};

/*
 * Names.
 */

static uint64_t
node_hash(uint32_t up, struct slice name)
{
	return hash64(name) ^ (up + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Where the name is in the table, or would be. */
static size_t
place(const struct members *ms, uint32_t up, struct slice name)
{
	size_t i = node_hash(up, name) & (ms->size - 1);
	const struct node *nd;

	for (; ms->table[i] != NONE; i = (i + 1) & (ms->size - 1)) {
		nd = &ms->nodes[ms->table[i]];
		if (nd->up == up && sl_eq(sl(nd->name), name))
			break;
	}
	return i;
}

static void
grow_table(struct members *ms)
{
	size_t i;

	ms->size = ms->size == 0 ? 1024 : ms->size * 2;
	ms->table = xrealloc(ms->table, ms->size, sizeof(*ms->table));
	memset(ms->table, 0xff, ms->size * sizeof(*ms->table));
	for (i = 1; i < ms->nnodes; i++)
		ms->table[place(ms, ms->nodes[i].up,
		    sl(ms->nodes[i].name))] = (uint32_t)i;
}

/* One more element at the end of a malloc'ed array. */
static void *
more(void *pv, size_t *n, size_t *cap, size_t size)
{
	void **v = pv;

	if (*n == *cap) {
		*cap = *cap == 0 ? 64 : *cap * 2;
		*v = xrealloc(*v, *cap, size);
	}
	return (char *)*v + size * (*n)++;
}

static uint32_t
add_node(struct members *ms, uint32_t up, const char *name,
    enum tree_type type, uint64_t member)
{
	struct node *nd;

	if (ms->nnodes * 2 >= ms->size)
		grow_table(ms);
	nd = more(&ms->nodes, &ms->nnodes, &ms->nodes_cap, sizeof(*nd));
	*nd = (struct node){ .name = name, .up = up, .type = type,
	    .member = member };
	if (ms->nnodes > 1)	/* the root has no name */
		ms->table[place(ms, up, sl(name))] =
		    (uint32_t)(ms->nnodes - 1);
	return (uint32_t)(ms->nnodes - 1);
}

static void
add_odd(struct members *ms, const char *name, const char *why)
{
	struct tree_name *o = more(&ms->odd, &ms->nodd, &ms->odd_cap,
	    sizeof(*o));

	*o = (struct tree_name){ .name = name, .refused = why,
	    .ino = ms->n - 1, .type = TREE_OTHER };
}

/* The path as it came, for what is odd about it. */
static const char *
path_of(struct members *ms, uint32_t node)
{
	struct slice s = { NULL, 0 };

	for (; node != 0; node = ms->nodes[node].up)
		s = s.n == 0 ? sl(ms->nodes[node].name) :
		    arena_fmt(ms->arena, "%s/%s", ms->nodes[node].name, s.p);
	return s.p;
}

/* What stood here is no longer to be seen: it is reported. */
static void
make_odd(struct members *ms, uint32_t node, const char *why)
{
	struct node *nd = &ms->nodes[node];

	add_odd(ms, path_of(ms, node), why);
	ms->odd[ms->nodd - 1].ino = nd->member;
	nd->refused = NULL;
}

/* Without "./" in front and '/' behind, which mean nothing. */
static struct slice
plain(struct slice s)
{
	while (s.n >= 2 && s.p[0] == '.' && s.p[1] == '/')
		s = sl_from(s, 2);
	if (s.n == 1 && s.p[0] == '.')
		s.n = 0;
	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

static const char too_deep[] = "folders nested deeper than the limit";

/* Why a path has no place in the tree; NULL: it has. */
static const char *
bad_path(struct slice path)
{
	struct slice rest = path, part;
	size_t depth = 0;

	while (sl_cut(&rest, '/', &part)) {
		if (!tree_is_name(part))
			return "its name leads elsewhere, or nowhere";
		if (depth++ > TREE_DEPTH_MAX)
			return too_deep;
	}
	return path.n > MEMBER_NAME_MAX ? "its name is too long" : NULL;
}

/* The folder at path, made where there is none; something else gives way. */
static uint32_t
folder_at(struct members *ms, struct slice path)
{
	struct slice part;
	uint32_t up = 0, at;

	while (sl_cut(&path, '/', &part)) {
		at = ms->table[place(ms, up, part)];
		if (at == NONE)
			at = add_node(ms, up, arena_str(ms->arena, part),
			    TREE_DIR, 0);
		else if (ms->nodes[at].type != TREE_DIR) {
			make_odd(ms, at, "a folder has the same name");
			ms->nodes[at].type = TREE_DIR;
		}
		up = at;
	}
	return up;
}

static struct slice
dir_of(struct slice path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	return sl_first(path, slash == NULL ? 0 : (size_t)(slash - path.p));
}

/* The node at a path, or NONE. */
static uint32_t
find(const struct members *ms, struct slice path)
{
	struct slice part;
	uint32_t at = 0;

	while (at != NONE && sl_cut(&path, '/', &part))
		at = ms->table[place(ms, at, part)];
	return at;
}

/*
 * The first pass.
 */

static enum tree_type
type_of(enum arc_type type)
{
	switch (type) {
	case ARC_FILE:
	case ARC_HARD:	return TREE_FILE;
	case ARC_DIR:	return TREE_DIR;
	case ARC_LINK:	return TREE_LINK;
	default:	return TREE_OTHER;
	}
}

/* Why a file's bytes are not read; NULL: they are. */
static const char *
refusal(const struct members *ms, const struct arc_member *m)
{
	if (m->encrypted)
		return "encrypted";
	if (m->size > MEMBER_SIZE_MAX)
		return "too large to be read within an archive";
	if (arc_is_bomb(m->size, ms->file_size))
		return "unpacks to many times the archive's size";
	return NULL;
}

/* The beginnings of a folder's first files, for the drivers' bids. */
static void
take_head(struct members *ms, struct node *folder, struct member *mb)
{
	char head[MEMBER_HEAD];
	struct err err;
	size_t n = 0;
	ssize_t r;

	if (folder->heads == MEMBER_HEADS ||
	    ms->heads + sizeof(head) > MEMBER_HEADS_MAX)
		return;
	folder->heads++;
	while (n < sizeof(head) && (r = arc_read(ms->arc, head + n,
	    sizeof(head) - n, &err)) > 0)
		n += (size_t)r;
	if (n == 0)
		return;
	mb->p = xalloc(n);
	memcpy(mb->p, head, n);
	mb->n = (uint32_t)n;
	ms->heads += n;
}

/* The member becomes what stands at this path. */
static void
add_file(struct members *ms, struct slice path, const struct arc_member *m)
{
	uint32_t up = folder_at(ms, dir_of(path)), at;
	struct slice name = dir_of(path);
	struct node *nd;

	name = name.n == 0 ? path : sl_from(path, name.n + 1);
	at = ms->table[place(ms, up, name)];
	if (at == NONE)
		at = add_node(ms, up, arena_str(ms->arena, name),
		    type_of(m->type), ms->n - 1);
	else if (ms->nodes[at].type == TREE_DIR) {
		add_odd(ms, arena_str(ms->arena, path),
		    "a folder has the same name");
		return;
	} else
		make_odd(ms, at, "replaced by a later one of the same name");
	nd = &ms->nodes[at];
	nd->type = type_of(m->type);
	nd->member = ms->n - 1;
	nd->refused = nd->type == TREE_FILE ? refusal(ms, m) : NULL;
	if (m->type == ARC_HARD)
		*(struct hard *)more(&ms->hards, &ms->nhards,
		    &ms->hards_cap, sizeof(struct hard)) = (struct hard){
		    at, ms->n - 1, arena_str(ms->arena, sl(m->link)) };
	else if (nd->type == TREE_FILE && nd->refused == NULL)
		take_head(ms, &ms->nodes[up], &ms->v[ms->n - 1]);
}

/* Of a folder within folders the last one that is kept is told, once. */
static void
add_deep(struct members *ms, struct slice path)
{
	struct slice rest = path, part = { path.p, 0 };
	uint32_t at;
	size_t i;

	for (i = 0; i <= TREE_DEPTH_MAX; i++)
		sl_cut(&rest, '/', &part);
	path = sl_first(path, (size_t)(part.p + part.n - path.p));
	at = folder_at(ms, path);
	if (!ms->nodes[at].deep)
		add_odd(ms, arena_str(ms->arena, path), too_deep);
	ms->nodes[at].deep = true;
}

static void
add_member(struct members *ms, const struct arc_member *m, const char *name)
{
	struct slice full = sl(m->single ? name : m->name);
	struct slice path = plain(full);
	struct member *mb = more(&ms->v, &ms->n, &ms->cap, sizeof(*mb));
	const char *why = bad_path(path);

	memset(mb, 0, sizeof(*mb));
	mb->size = m->size;
	mb->mtime = m->mtime;
	mb->hash = hash64(sl(m->name));
	mb->fd = -1;
	if (m->name == NULL && !m->single)
		add_odd(ms, "(no name)", "its name cannot be read");
	else if (m->type == ARC_DIR && why == NULL)
		folder_at(ms, path);
	else if (m->type == ARC_DIR && why == too_deep)
		add_deep(ms, path);
	else if (why == NULL && path.n > 0)
		add_file(ms, path, m);
	else
		add_odd(ms, arena_str(ms->arena,
		    sl_first(full, MEMBER_NAME_MAX)),
		    why != NULL ? why : "its name leads elsewhere, or nowhere");
}

/*
 * A link that brings bytes of its own (cpio has them with the last one) is
 * a file, and where the file it names has none they are that one's as well.
 */
static void
resolve_own(struct members *ms, const struct hard *h)
{
	uint32_t at = find(ms, plain(sl(h->link)));
	struct node *nd = &ms->nodes[h->node];

	if (at != NONE && at != h->node && ms->nodes[at].type == TREE_FILE &&
	    ms->v[ms->nodes[at].member].size == 0)
		ms->nodes[at].member = nd->member;
}

/*
 * Many links to one file are read each for itself: what that adds up to is
 * limited as if it had been packed.
 */
static void
resolve(struct members *ms, const struct hard *h, uint64_t *bytes)
{
	uint32_t at = find(ms, plain(sl(h->link)));
	struct node *nd = &ms->nodes[h->node], *to;

	if (at == NONE || at == h->node || ms->nodes[at].type != TREE_FILE) {
		nd->refused = "a hard link to no file in the archive";
		return;
	}
	to = &ms->nodes[at];
	*bytes += ms->v[to->member].size;
	nd->member = to->member;
	nd->refused = arc_is_bomb(*bytes, ms->file_size) ?
	    "one of too many hard links to large files" : to->refused;
}

/* Is it still there, and not replaced by another member? */
static bool
stands(const struct members *ms, const struct hard *h)
{
	const struct node *nd = &ms->nodes[h->node];

	return nd->type == TREE_FILE && nd->member == h->member;
}

static void
resolve_hards(struct members *ms)
{
	const struct hard *h, *end;
	uint64_t bytes = 0;

	if (ms->nhards == 0)
		return;
	end = ms->hards + ms->nhards;
	for (h = ms->hards; h != end; h++)
		if (stands(ms, h) && ms->v[h->member].size > 0)
			resolve_own(ms, h);
	for (h = ms->hards; h != end; h++)
		if (stands(ms, h) && ms->v[h->member].size == 0)
			resolve(ms, h, &bytes);
	free(ms->hards);
	ms->hards = NULL;
}

/* Each folder's names, one folder behind the other. */
static void
list_folders(struct members *ms)
{
	struct node *nd, *up;
	uint32_t at = 0;
	size_t i;

	for (i = 1; i < ms->nnodes; i++)
		ms->nodes[ms->nodes[i].up].n++;
	for (i = 0; i < ms->nnodes; i++) {
		ms->nodes[i].first = at;
		at += ms->nodes[i].n;
		ms->nodes[i].n = 0;
	}
	ms->names = xcalloc(ms->nnodes, sizeof(*ms->names));
	for (i = 1; i < ms->nnodes; i++) {
		nd = &ms->nodes[i];
		up = &ms->nodes[nd->up];
		ms->names[up->first + up->n++] = (struct tree_name){
		    .name = nd->name, .ino = nd->member, .type = nd->type,
		    .refused = nd->refused };
	}
}

static int
read_names(struct members *ms, const char *name, struct err *err)
{
	struct arc_member m;
	int r;

	while ((r = arc_next(ms->arc, &m, &ms->broken)) == 1) {
		ms->single |= m.single;
		add_member(ms, &m, name);
		if (ms->n >= MEMBERS_MAX || ms->nnodes >= MEMBERS_MAX) {
			r = err_set(&ms->broken, ERR_LIMIT, "more than %d "
			    "names in an archive: the rest is not read",
			    MEMBERS_MAX);
			break;
		}
	}
	if (r == 0 && ms->n == 0)
		err_set(&ms->broken, ERR_FORMAT, "an empty archive");
	if (r == -1 && ms->n == 0) {
		*err = ms->broken;
		return -1;
	}
	return 0;
}

int
members_new(struct members **out, int fd, const char *name, struct err *err)
{
	struct members *ms = xcalloc(1, sizeof(*ms));
	struct stat st;

	atomic_init(&ms->refs, 1);
	pthread_mutex_init(&ms->lock, NULL);
	ms->fd = fd;
	ms->arena = arena_new();
	add_node(ms, 0, "", TREE_DIR, 0);
	if (fstat(fd, &st) == -1) {
		err_sys(err, "cannot stat");
		members_drop(ms);
		return -1;
	}
	ms->file_size = (uint64_t)st.st_size;
	if (arc_open(&ms->arc, fd, err) == -1 ||
	    read_names(ms, name, err) == -1) {
		members_drop(ms);
		return -1;
	}
	arc_close(ms->arc);
	ms->arc = NULL;
	resolve_hards(ms);
	list_folders(ms);
	*out = ms;
	return 0;
}

struct members *
members_keep(struct members *ms)
{
	atomic_fetch_add(&ms->refs, 1);
	return ms;
}

static void
forget(struct member *mb)
{
	if (mb->streams != NULL)
		buf_free(mb->streams);
	free(mb->streams);
	mb->streams = NULL;
	free(mb->p);
	if (mb->fd != -1)
		close(mb->fd);
	mb->p = NULL;
	mb->n = 0;
	mb->fd = -1;
}

void
members_drop(struct members *ms)
{
	size_t i;

	if (atomic_fetch_sub(&ms->refs, 1) != 1)
		return;
	arc_close(ms->arc);
	for (i = 0; i < ms->n; i++)
		forget(&ms->v[i]);
	free(ms->v);
	free(ms->nodes);
	free(ms->hards);
	free(ms->odd);
	free(ms->table);
	free(ms->names);
	buf_free(&ms->buf);
	arena_free(ms->arena);
	pthread_mutex_destroy(&ms->lock);
	close(ms->fd);
	free(ms);
}

size_t
members_count(const struct members *ms)
{
	return ms->n;
}

bool
members_single(const struct members *ms)
{
	return ms->single;
}

bool
members_broken(const struct members *ms, struct err *err)
{
	if (ms->broken.code == ERR_NONE)
		return false;
	*err = ms->broken;
	return true;
}

size_t
members_odd(const struct members *ms, const struct tree_name **v)
{
	*v = ms->odd;
	return ms->nodd;
}

int64_t
members_folder(const struct members *ms, uint32_t folder, struct slice name)
{
	uint32_t at = ms->table[place(ms, folder, name)];

	if (at == NONE || ms->nodes[at].type != TREE_DIR)
		return -1;
	return at;
}

size_t
members_names(const struct members *ms, uint32_t folder, struct tree_name **v)
{
	*v = ms->names + ms->nodes[folder].first;
	return ms->nodes[folder].n;
}

/*
 * The passes after it.
 */

int
members_pass(struct members *ms, struct err *err)
{
	size_t i;

	for (i = 0; i < ms->n && ms->heads > 0; i++)
		forget(&ms->v[i]);
	ms->heads = 0;
	arc_close(ms->arc);
	ms->arc = NULL;
	ms->next = 0;
	return arc_open(&ms->arc, ms->fd, err);
}

int
members_next(struct members *ms, uint64_t *number, struct err *err)
{
	struct arc_member m;
	int r;

	if (ms->next == ms->n)
		return 0;
	if ((r = arc_next(ms->arc, &m, err)) != 1)
		return r;
	if (hash64(sl(m.name)) != ms->v[ms->next].hash)
		return err_set(err, ERR_FORMAT,
		    "the archive was changed while it was read");
	*number = ms->next++;
	return 1;
}

uint64_t
members_size(const struct members *ms, uint64_t number)
{
	return ms->v[number].size;
}

static int
write_all(int fd, struct slice s, struct err *err)
{
	ssize_t r;

	while (s.n > 0) {
		r = write(fd, s.p, s.n);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return err_sys(err, "cannot hold a member in memory");
		s = sl_from(s, (size_t)r);
	}
	return 0;
}

static int
new_memory(struct err *err)
{
	int fd = memfd_create("member", MFD_CLOEXEC);

	return fd != -1 ? fd : err_sys(err, "cannot hold a member in memory");
}

/* What is in the buffer goes to a descriptor of its own. */
static int
move_out(struct members *ms, int *fd, struct err *err)
{
	if (*fd == -1 && (*fd = new_memory(err)) == -1)
		return -1;
	if (write_all(*fd, buf_sl(&ms->buf), err) == -1)
		return -1;
	ms->buf.n = 0;
	return 0;
}

/* The rest of the member: to the buffer, or all to a descriptor. */
static int
read_bytes(struct members *ms, int *fd, uint64_t *all, struct err *err)
{
	ssize_t r;

	ms->buf.n = 0;
	while ((r = arc_read(ms->arc, buf_room(&ms->buf, PIECE), PIECE,
	    err)) > 0) {
		ms->buf.n += (size_t)r;
		*all += (uint64_t)r;
		if (ms->buf.n >= HEAP_MAX && move_out(ms, fd, err) == -1)
			return -1;
		if (*all > MEMBER_SIZE_MAX)
			return err_set(err, ERR_LIMIT, "too large to be read "
			    "within an archive: the rest is not read");
	}
	return r == -1 ? -1 : 0;
}

/* What lies beside the member's bytes; NULL: nothing does. */
static struct buf *
read_streams(struct members *ms)
{
	struct slice name, value;
	struct buf held = { 0 }, *b;

	while (arc_xattr(ms->arc, &name, &value))
		streams_hold(&held, name, value);
	if (held.n == 0)
		return NULL;
	b = xalloc(sizeof(*b));
	*b = held;
	return b;
}

/* Too many at once: nothing is held, and it is not called complete. */
static struct buf *
keep_streams(struct members *ms, struct buf *b)
{
	if (b != NULL && ms->streams + b->n > MEMBER_STREAMS_MAX) {
		buf_free(b);
		*b = (struct buf){ 0 };
	}
	ms->streams += b == NULL ? 0 : b->n;
	return b;
}

/* The bytes become the member's, unless somebody still has them. */
static void
publish(struct members *ms, struct member *mb, int fd, uint64_t size,
    uint32_t users)
{
	char *p = fd != -1 ? NULL : xalloc(ms->buf.n + 1);
	struct member late = { .fd = -1, .streams = read_streams(ms) };

	if (p != NULL && ms->buf.n > 0)
		memcpy(p, ms->buf.p, ms->buf.n);
	pthread_mutex_lock(&ms->lock);
	mb->users += users;
	if (mb->p == NULL && mb->fd == -1) {
		mb->p = p;
		mb->n = (uint32_t)ms->buf.n;
		mb->fd = fd;
		mb->size = size;
		mb->streams = keep_streams(ms, late.streams);
		late.streams = NULL;
		p = NULL;
		fd = -1;
	}
	pthread_mutex_unlock(&ms->lock);
	late.p = p;
	late.fd = fd;
	forget(&late);
}

int
members_load(struct members *ms, uint32_t users, struct err *err)
{
	struct member *mb = &ms->v[ms->next - 1];
	uint64_t size = 0;
	struct err late;
	int fd = -1, r = read_bytes(ms, &fd, &size, err);

	if (fd != -1 && move_out(ms, &fd, r == 0 ? err : &late) == -1)
		r = -1;
	if (r == -1 && size == 0) {
		if (fd != -1)
			close(fd);
		members_hold(ms, ms->next - 1, users);
		return -1;
	}
	publish(ms, mb, fd, size, users);
	return r;
}

bool
members_loaded(struct members *ms, uint64_t number)
{
	bool is;

	pthread_mutex_lock(&ms->lock);
	is = ms->v[number].p != NULL || ms->v[number].fd != -1;
	pthread_mutex_unlock(&ms->lock);
	return is;
}

void
members_hold(struct members *ms, uint64_t number, uint32_t users)
{
	pthread_mutex_lock(&ms->lock);
	ms->v[number].users += users;
	pthread_mutex_unlock(&ms->lock);
}

void
members_release(struct members *ms, uint64_t number)
{
	struct member was = { .fd = -1 }, *mb = &ms->v[number];

	pthread_mutex_lock(&ms->lock);
	if (--mb->users == 0) {
		was = *mb;
		ms->streams -= mb->streams == NULL ? 0 : mb->streams->n;
		mb->streams = NULL;
		mb->p = NULL;
		mb->n = 0;
		mb->fd = -1;
	}
	pthread_mutex_unlock(&ms->lock);
	forget(&was);
}

int
members_open(struct members *ms, uint64_t number, struct stat *st,
    struct err *err)
{
	const struct member *mb = &ms->v[number];
	struct slice s = { mb->p, mb->n };
	int fd;

	if (mb->fd == -1 && mb->p == NULL)
		return err_set(err, ERR_FORMAT,
		    "not found again in the archive");
	fd = mb->fd == -1 ? new_memory(err) : dup(mb->fd);
	if (fd == -1)
		return mb->fd == -1 ? -1 : err_sys(err, "cannot open");
	if (mb->fd == -1 && write_all(fd, s, err) == -1) {
		close(fd);
		return -1;
	}
	if (fstat(fd, st) == -1) {
		close(fd);
		return err_sys(err, "cannot stat");
	}
	st->st_mtime = mb->mtime;
	return fd;
}

size_t
members_streams(struct members *ms, uint64_t number, struct arena *a,
    size_t max, struct stream v[TREE_STREAMS_MAX], bool *more)
{
	const struct buf *b = ms->v[number].streams;
	size_t n;

	*more = false;
	if (b == NULL)
		return 0;
	n = streams_held(buf_sl(b), a, max, v, more);
	*more |= b->n == 0;
	return n;
}

size_t
members_head(const struct members *ms, uint64_t number, char *p, size_t n)
{
	const struct member *mb = &ms->v[number];

	if (n > mb->n)
		n = mb->n;
	if (n > 0)
		memcpy(p, mb->p, n);
	return n;
}
