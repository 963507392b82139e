#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/inventory.h"
#include "base/hash.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "io/below.h"
#include "spool/spool.h"

#define FOUND	1024		/* nodes that are told of at once */
#define ODD	"~odd-"		/* no true name that begins so is kept */

bool
inv_name_is_safe(struct slice name)
{
	int32_t c;

	if (sl_starts(name, SL(ODD)))
		return false;
	while ((c = utf8_next(&name)) != -2)
		if (c == -1 || c < ' ' || c == '%' || c == '\\' ||
		    (c >= 0x7f && c < 0xa0))
			return false;
	return true;
}

/* Numbers are given once in a tree: no two names become the same. */
static const char *
safe_name(struct inv *inv, const char *name)
{
	struct slice s;

	if (inv_name_is_safe(sl(name)))
		return name;
	s = arena_fmt(inv->arena, ODD "%zu", ++inv->odd);
	return arena_str(inv->arena, s);
}

void
inv_stat(struct inv_node *node, const struct stat *st)
{
	node->dev = st->st_dev;
	node->ino = st->st_ino;
	node->mode = st->st_mode;
	node->nlink = st->st_nlink;
	node->uid = st->st_uid;
	node->gid = st->st_gid;
	node->rdev = st->st_rdev;
	node->size = (uint64_t)st->st_size;
	node->mtime = st->st_mtim;
	node->ctime = st->st_ctim;
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
inv_same(const struct inv_node *node, const struct stat *st)
{
	return node->dev == st->st_dev && node->ino == st->st_ino &&
	    node->size == (uint64_t)st->st_size &&
	    same_time(node->mtime, st->st_mtim) &&
	    same_time(node->ctime, st->st_ctim);
}

static struct inv_node *
add(struct inv *inv, const char *name, uint32_t parent)
{
	struct inv_node *node;

	if (inv->n == inv->cap) {
		inv->cap = inv->cap == 0 ? 1024 : inv->cap * 2;
		inv->v = xrealloc(inv->v, inv->cap, sizeof(*inv->v));
	}
	node = &inv->v[inv->n++];
	*node = (struct inv_node){ .parent = parent, .chosen = true,
	    .next_link = INV_NONE, .first_link = INV_NONE,
	    .name = arena_str(inv->arena, sl(name)) };
	node->safe = safe_name(inv, node->name);
	return node;
}

static void
fail(struct inv_node *node)
{
	node->state = errno == ENOENT ? INV_VANISHED : INV_UNREADABLE;
	node->sys = errno;
}

/* As the disk has them: in the order of the inodes. */
static int
by_inode(const void *a, const void *b)
{
	const struct inv_node *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* Generations, quarantine and lock of a spool that is a mount point. */
static bool
is_aside(const struct inv_node *node)
{
	return node->parent == 0 && S_ISDIR(node->mode) &&
	    sl_starts(sl(node->name), SL(SPOOL_ASIDE));
}

static void
tell(const struct inv *inv, size_t from, size_t to)
{
	if (inv->found != NULL)
		inv->found(inv->found_ctx, inv, from, to);
}

static void
read_names(struct inv *inv, uint32_t folder, DIR *d)
{
	size_t first = inv->n, told = first, i;
	const struct dirent *e;
	struct inv_node *node;
	struct stat st;

	while (inv->n < INV_MAX && (e = readdir(d)) != NULL) {
		if (sl_eq(sl(e->d_name), SL(".")) ||
		    sl_eq(sl(e->d_name), SL("..")))
			continue;
		node = add(inv, e->d_name, folder);
		node->ino = e->d_ino;
	}
	qsort(inv->v + first, inv->n - first, sizeof(*inv->v), by_inode);
	for (i = first; i < inv->n; i++) {
		node = &inv->v[i];
		if (fstatat(dirfd(d), node->name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == -1)
			fail(node);
		else
			inv_stat(node, &st);
		node->chosen = !is_aside(node);
		if ((i + 1 - first) % FOUND == 0 || i + 1 == inv->n) {
			tell(inv, told, i + 1);
			told = i + 1;
		}
	}
}

static void
read_folder(struct inv *inv, uint32_t i, struct buf *path)
{
	int fd;
	DIR *d;

	path->n = 0;
	inv_path(inv, i, path);
	buf_addc(path, '\0');
	fd = below_open(inv->root, path->p, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -1 || (d = fdopendir(fd)) == NULL) {
		fail(&inv->v[i]);
		if (fd != -1)
			close(fd);
		return;
	}
	read_names(inv, i, d);
	closedir(d);
}

/* The names of one file, in a chain from the first. */
static int
by_file(const void *a, const void *b, void *ctx)
{
	const struct inv *inv = ctx;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct inv_node *x = &inv->v[i], *y = &inv->v[k];

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return i < k ? -1 : 1;
}

static void
join_links(struct inv *inv)
{
	uint32_t *v = xcalloc(inv->n, sizeof(*v)), i;
	struct inv_node *node, *last;
	size_t n = 0, k;

	for (i = 0; i < inv->n; i++)
		if (S_ISREG(inv->v[i].mode) && inv->v[i].nlink > 1)
			v[n++] = i;
	qsort_r(v, n, sizeof(*v), by_file, inv);
	for (k = 0; k < n; k++) {
		node = &inv->v[v[k]];
		node->first_link = v[k];
		last = k == 0 ? NULL : &inv->v[v[k - 1]];
		if (last != NULL && last->dev == node->dev &&
		    last->ino == node->ino) {
			node->first_link = last->first_link;
			last->next_link = v[k];
		}
	}
	free(v);
}

int
inv_read(struct inv *inv, int root, struct err *err)
{
	struct buf path = { 0 };
	struct stat st;
	uint32_t i;

	*inv = (struct inv){ .found = inv->found, .found_ctx = inv->found_ctx,
	    .root = root, .arena = arena_new() };
	if (fstat(root, &st) == -1)
		return err_sys(err, "cannot look at it");
	inv_stat(add(inv, "", 0), &st);
	for (i = 0; i < inv->n && inv->n < INV_MAX && !sig_stop(); i++)
		if (S_ISDIR(inv->v[i].mode) && inv->v[i].chosen &&
		    inv->v[i].state == INV_FOUND)
			read_folder(inv, i, &path);
	buf_free(&path);
	if (sig_stop())
		return err_set(err, ERR_SYS, "stopped");
	if (inv->n == INV_MAX)
		return err_set(err, ERR_LIMIT, "more than %d names", INV_MAX);
	join_links(inv);
	return 0;
}

void
inv_free(struct inv *inv)
{
	size_t i;

	for (i = 0; i < inv->n; i++)
		free(inv->v[i].target);
	free(inv->v);
	arena_free(inv->arena);
	*inv = (struct inv){ 0 };
}

/* Parents from the end to the front: no recursion, no limit of depth. */
static void
put_path(const struct inv *inv, uint32_t i, bool safe, struct buf *b)
{
	size_t n = 0, k;
	const char *name;
	uint32_t p;
	char *end;

	for (p = i; p != 0; p = inv->v[p].parent)
		n += strlen(safe ? inv->v[p].safe : inv->v[p].name) + 1;
	if (n == 0)
		return;
	end = buf_room(b, n) + n;
	b->n += n - 1;		/* but for the last slash */
	for (p = i; p != 0; p = inv->v[p].parent) {
		name = safe ? inv->v[p].safe : inv->v[p].name;
		k = strlen(name);
		*--end = '/';
		end -= k;
		memcpy(end, name, k);
	}
}

void
inv_path(const struct inv *inv, uint32_t i, struct buf *b)
{
	put_path(inv, i, false, b);
}

void
inv_safe(const struct inv *inv, uint32_t i, struct buf *b)
{
	put_path(inv, i, true, b);
}

bool
inv_is_odd(const struct inv *inv, uint32_t i)
{
	for (; i != 0; i = inv->v[i].parent)
		if (inv->v[i].safe != inv->v[i].name)
			return true;
	return false;
}
