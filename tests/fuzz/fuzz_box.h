#ifndef FUZZ_BOX_H
#define FUZZ_BOX_H
#include <fcntl.h>

#include "fuzz_spool.h"

/*
 * What the targets of formats with companions share.  The input is a message
 * and the files beside it, separated by a form feed alone on its line.  The
 * companions lie in a folder of their own; the message has no name.
 */
#define BOX_MAX	4

struct fuzz_box {
	const struct spool_driver *drv;
	struct spool_entry	 e;	/* with: names of the companions */
	bool			 apart;	/* the envelope is not the message's */
	bool			 new_text;	/* the text may be the driver's */

	struct spool_reader	*rd;	/* from here on fuzz_box_msg's */
	char			 dir[64];
	struct tree		*tree;
	struct tree_dir		*names;
	int			 fd[BOX_MAX];
};

/* For atexit, which has no argument: there is one box in a program. */
static inline struct fuzz_box **
fuzz_the_box(void)
{
	static struct fuzz_box *box;

	return &box;
}

static inline void
fuzz_box_path(const struct fuzz_box *b, size_t i, char path[128])
{
	snprintf(path, 128, "%s/%s", b->dir, b->e.with[i].name);
}

static inline void
fuzz_box_remove(void)
{
	struct fuzz_box *b = *fuzz_the_box();
	char path[128];
	size_t i;

	for (i = 0; i < b->e.nwith; i++) {
		fuzz_box_path(b, i, path);
		unlink(path);
	}
	rmdir(b->dir);
	tree_dir_drop(b->names);
	tree_close(b->tree);
}

static inline void
fuzz_box_make(struct fuzz_box *b)
{
	char path[128];
	struct err err;
	size_t i;

	HOLDS(b->e.nwith <= BOX_MAX);
	snprintf(b->dir, sizeof(b->dir), "%s/fuzz_%s.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", b->drv->name);
	HOLDS(mkdtemp(b->dir) != NULL);
	for (i = 0; i < b->e.nwith; i++) {
		fuzz_box_path(b, i, path);
		b->fd[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		HOLDS(b->fd[i] != -1);
	}
	HOLDS(tree_open(&b->tree, b->dir, &err) == 0);
	HOLDS(tree_next(b->tree, &b->names, &err) == 1);
	b->e.dir = tree_dir_keep(b->names);
	*fuzz_the_box() = b;
	atexit(fuzz_box_remove);
}

static inline struct slice
fuzz_cut_file(struct slice *rest)
{
	const char *mark = sl_find(*rest, SL("\n\f\n"));
	struct slice s = *rest;

	*rest = sl_from(s, s.n);
	if (mark == NULL)
		return s;
	*rest = sl_from(s, (size_t)(mark + 3 - s.p));
	return sl_first(s, (size_t)(mark - s.p) + 1);
}

/* The input into the files; returns the message. */
static inline struct slice
fuzz_box_fill(struct fuzz_box *b, struct arena *a, struct slice input)
{
	struct slice msg = fuzz_cut_file(&input), s;
	size_t i;

	if (b->names == NULL)
		fuzz_box_make(b);
	for (i = 0; i < b->e.nwith; i++) {
		s = i + 1 < b->e.nwith ? fuzz_cut_file(&input) : input;
		HOLDS(ftruncate(b->fd[i], 0) == 0);
		HOLDS(s.n == 0 ||
		    pwrite(b->fd[i], s.p, s.n, 0) == (ssize_t)s.n);
	}
	return fuzz_file(a, msg);
}

static inline void
fuzz_box_load(struct fuzz_box *b, struct arena *a, struct slice msg,
    struct spool_msg *m)
{
	struct err err;

	b->rd = fuzz_reader(b->drv, &b->e, msg, a);
	HOLDS(spool_load(b->rd, m, &err) == 1);
}

static inline void
fuzz_same_envelope(const struct spool_msg *m, const struct spool_msg *n)
{
	size_t i;

	HOLDS(m->has_sender == n->has_sender && m->nrcpts == n->nrcpts);
	HOLDS(sl_eq(m->sender.spec, n->sender.spec));
	for (i = 0; i < m->nrcpts; i++)
		HOLDS(sl_eq(m->rcpts[i].addr.spec, n->rcpts[i].addr.spec));
	HOLDS(sl_eq(m->account, n->account) && ip_eq(&m->client, &n->client));
}

static inline void
fuzz_add(void *ctx, struct slice bytes)
{
	buf_add(ctx, bytes);
}

/* All bytes of what is put together, twice: as many, and begun with. */
static inline void
fuzz_check_text(struct fuzz_box *b, const struct spool_msg *m)
{
	struct buf first = { 0 }, again = { 0 };
	struct err err;

	HOLDS(spool_bytes(b->rd, m, fuzz_add, &first, &err) == 0);
	HOLDS(spool_bytes(b->rd, m, fuzz_add, &again, &err) == 0);
	HOLDS(sl_eq(buf_sl(&first), buf_sl(&again)));
	HOLDS(first.n == m->size && m->cut == (m->size > SPOOL_READ_MAX));
	HOLDS(m->cut || m->text.n == first.n);
	buf_free(&first);
	buf_free(&again);
}

/*
 * One message whatever the bytes are, twice the same, and one whose envelope
 * is apart has the same with any text.  *m is the message.
 */
static inline void
fuzz_box_msg(struct fuzz_box *b, const uint8_t *data, size_t n,
    struct spool_msg *m)
{
	struct arena *a = fuzz_arena();
	struct slice msg = fuzz_box_fill(b, a, fuzz_input(data, n));
	struct spool_msg again;

	if (!b->new_text)
		HOLDS(fuzz_load_all(fuzz_reader(b->drv, &b->e, msg, a),
		    msg) == 1);
	fuzz_box_load(b, a, b->apart ? SL("Subject: x\n\n") : msg, &again);
	fuzz_box_load(b, a, msg, m);
	fuzz_check_envelope(m);
	fuzz_same_envelope(m, &again);
}
#endif
