#ifndef FUZZ_SPOOL_H
#define FUZZ_SPOOL_H
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "spool/driver.h"

/*
 * What the targets of the formats share.  The bytes become a file without a
 * name, and a reader that has it open, as spool_start would leave it.
 *
 * A DC1 byte and the one behind it, c, stand for c times 256 of the
 * byte before them: files longer than what is read at once.
 */
#define FILE_MAX	(SPOOL_READ_MAX + 256 * 1024)

static inline int
fuzz_fd(struct slice bytes)
{
	static int fd = -1;

	if (fd == -1)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	HOLDS(fd != -1 && ftruncate(fd, 0) == 0);
	HOLDS(pwrite(fd, bytes.p, bytes.n, 0) == (ssize_t)bytes.n);
	return fd;
}

/* The bytes of the file into to, if it is not NULL; returns how many. */
static inline size_t
fuzz_expand(struct slice in, char *to)
{
	size_t n = 0, i, more;
	char last = '\0';

	for (i = 0; i < in.n; i++) {
		more = 1;
		if (in.p[i] != 0x11 || i + 1 == in.n || n == 0)
			last = in.p[i];
		else
			more = (size_t)(unsigned char)in.p[++i] * 256;
		if (n + more > FILE_MAX)
			more = 0;
		if (to != NULL)
			memset(to + n, last, more);
		n += more;
	}
	return n;
}

static inline struct slice
fuzz_file(struct arena *a, struct slice in)
{
	char *p;

	if (in.n == 0 || memchr(in.p, 0x11, in.n) == NULL)
		return in;
	p = arena_alloc(a, fuzz_expand(in, NULL));
	return (struct slice){ p, fuzz_expand(in, p) };
}

static inline struct spool_reader *
fuzz_reader(const struct spool_driver *drv, const struct spool_entry *e,
    struct slice file, struct arena *a)
{
	static struct spool_reader *rd;

	if (rd == NULL)
		rd = spool_reader_new(a);
	rd->drv = drv;
	rd->e = e;
	rd->a = a;
	rd->fd = fuzz_fd(file);
	rd->size = file.n;
	rd->done = false;
	rd->pos = rd->buf_off = 0;
	rd->buf.n = 0;
	rd->part = 0;
	return rd;
}

struct fuzz_piece {
	struct slice	left;
};

static inline void
fuzz_piece(void *ctx, struct slice bytes)
{
	struct fuzz_piece *p = ctx;

	HOLDS(sl_starts(p->left, bytes));
	p->left = sl_from(p->left, bytes.n);
}

static inline void
fuzz_check_envelope(const struct spool_msg *m)
{
	size_t i;

	HOLDS(m->nproblems <= NITEMS(m->problems));
	HOLDS(m->nrcpts <= SPOOL_RCPT_MAX);
	for (i = 0; i < m->nrcpts; i++) {
		HOLDS(!m->rcpts[i].addr.null);
		HOLDS(!has_control(m->rcpts[i].addr.spec));
		HOLDS(m->rcpts[i].provenance != PROV_NONE);
	}
	HOLDS(!m->has_sender || m->sender_prov != PROV_NONE);
	HOLDS(!has_control(m->sender.spec));
	HOLDS(m->nhints <= SPOOL_HINTS_MAX);
	for (i = 0; i < m->nhints; i++)
		HOLDS(!has_control(m->hints[i]) && m->hints[i].n > 2);
}

/* Was a piece of the message written anew, with LFs? */
static inline bool
fuzz_had_cr(const struct spool_msg *m)
{
	size_t i;

	for (i = 0; i < m->nproblems; i++)
		if (strstr(m->problems[i], "bare CR") != NULL)
			return true;
	return false;
}

static inline bool
fuzz_ends(struct slice s, struct slice tail)
{
	return tail.n <= s.n && sl_eq(sl_from(s, s.n - tail.n), tail);
}

/* Is s among the bytes of the message?  CR may have become LF in it. */
static inline bool
fuzz_is_of(struct arena *a, struct slice s, struct slice bytes)
{
	char *p, *q;
	size_t i;

	if (s.n == 0 || memmem(bytes.p, bytes.n, s.p, s.n) != NULL)
		return true;
	p = arena_str(a, bytes);
	q = arena_str(a, s);
	for (i = 0; i < bytes.n; i++)
		p[i] = p[i] == '\r' ? '\n' : p[i];
	for (i = 0; i < s.n; i++)
		q[i] = q[i] == '\r' ? '\n' : q[i];
	return memmem(p, bytes.n, q, s.n) != NULL;
}

/* The message lies in the file, and spool_bytes gives just its bytes. */
static inline void
fuzz_check_msg(struct spool_reader *rd, const struct spool_msg *m,
    struct slice file)
{
	struct fuzz_piece piece;
	struct slice all;
	struct err err;

	HOLDS(m->offset <= file.n && m->size <= file.n - m->offset);
	all = sl_first(sl_from(file, (size_t)m->offset), (size_t)m->size);
	HOLDS(m->cut == (m->size > SPOOL_READ_MAX));
	HOLDS(m->text.n <= SPOOL_READ_MAX);
	HOLDS(m->preamble.n + m->text.n + m->trailer.n <= m->size);
	HOLDS(fuzz_is_of(rd->a, m->text, all));
	HOLDS(fuzz_is_of(rd->a, m->preamble, all));
	HOLDS(fuzz_is_of(rd->a, m->trailer, all));
	fuzz_check_envelope(m);
	piece.left = all;
	HOLDS(spool_bytes(rd, m, fuzz_piece, &piece, &err) == 0);
	HOLDS(piece.left.n == 0);
}

/* All messages of the entry, one behind the other; returns how many. */
static inline size_t
fuzz_load_all(struct spool_reader *rd, struct slice file)
{
	struct spool_msg m;
	struct err err;
	uint64_t end = 0;
	size_t n = 0;
	int r;

	while ((r = spool_load(rd, &m, &err)) == 1) {
		HOLDS(m.offset >= end);
		end = m.offset + m.size;
		fuzz_check_msg(rd, &m, file);
		n++;
	}
	HOLDS(r == 0);
	HOLDS(n <= file.n + 1);
	return n;
}
#endif
