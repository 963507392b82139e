#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "mail/date.h"
#include "mail/header.h"
#include "spool/driver.h"

#define CHUNK		(128 * 1024)	/* bytes read at once */
#define NOTE_MAX	4096		/* bytes of one note, as they stand */
#define BYTES_MAX	(1024 * 1024)	/* bytes of a piece for spool_bytes */

/*
 * What drivers say about a message.
 */

void
msg_problem(struct spool_msg *m, const char *what)
{
	size_t i;

	for (i = 0; i < m->nproblems; i++)
		if (strcmp(m->problems[i], what) == 0)
			return;
	if (m->nproblems < sizeof(m->problems) / sizeof(m->problems[0]))
		m->problems[m->nproblems++] = what;
}

/* "Unable to deliver this message because ... 0xC00402C7." of any code page. */
void
msg_note(struct spool_msg *m, struct arena *a, struct slice text)
{
	struct buf b = { 0 };
	struct slice s;
	size_t i, n = 0;
	char *p;

	utf8_clean(&b, sl_first(text, NOTE_MAX));
	s = buf_sl(&b);
	p = arena_alloc(a, s.n + 1);
	for (i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] > ' ' && s.p[i] != 0x7f)
			p[n++] = s.p[i];
		else if (s.p[i] != '\0' && n > 0 && p[n - 1] != ' ')
			p[n++] = ' ';	/* NUL: the text was UTF-16 */
	}
	buf_free(&b);
	s = sl_trim((struct slice){ p, n });
	if (s.n == 0 || m->note.n + s.n > 3 * NOTE_MAX)
		return;
	m->note = m->note.n == 0 ? s : arena_fmt(a, SL_FMT "; " SL_FMT,
	    SL_ARG(m->note), SL_ARG(s));
}

void
msg_tried(struct spool_msg *m, struct arena *a, uint64_t times, int64_t last,
    int64_t next)
{
	char count[32] = "", was[DATE_TEXT], will[DATE_TEXT];

	if (times == 0 && last == 0 && next == 0)
		return;
	if (times == 1)
		snprintf(count, sizeof(count), " once");
	else if (times > 1)
		snprintf(count, sizeof(count), " %llu times",
		    (unsigned long long)times);
	msg_note(m, a, arena_fmt(a, "tried%s%s%s%s%s", count,
	    last == 0 ? "" : ", last at ", last == 0 ? "" :
	    date_str(last, was), next == 0 ? "" : ", again at ",
	    next == 0 ? "" : date_str(next, will)));
}

/* The room that arena_more made for n elements. */
static size_t
room_of(size_t n)
{
	size_t cap = n == 0 ? 0 : 8;

	while (cap < n)
		cap *= 2;
	return cap;
}

void
msg_rcpt(struct spool_msg *m, struct arena *a, const struct addr *ad,
    enum provenance prov)
{
	size_t cap = room_of(m->nrcpts);
	struct spool_rcpt *r;

	if (m->nrcpts == SPOOL_RCPT_MAX) {
		msg_problem(m, "more recipients than are kept");
		return;
	}
	r = arena_more(a, &m->rcpts, &m->nrcpts, &cap, sizeof(*r));
	r->addr = *ad;
	r->provenance = prov;
}

static bool
has_hint(const struct spool_msg *m, struct slice s)
{
	size_t i;

	for (i = 0; i < m->nhints; i++)
		if (sl_ieq(m->hints[i], s))
			return true;
	return false;
}

void
msg_hints(struct spool_msg *m, struct arena *a, struct slice bytes)
{
	struct slice found[SPOOL_HINTS_MAX];
	size_t n = addr_scan(a, bytes, found, SPOOL_HINTS_MAX), i;

	for (i = 0; i < n && m->nhints < SPOOL_HINTS_MAX; i++)
		if (!has_hint(m, found[i]))
			m->hints[m->nhints++] = found[i];
}

/* The first hint that an address of the field is; m->nhints: none. */
static size_t
hint_in(const struct spool_msg *m, struct arena *a, struct slice body)
{
	struct slice rest = hdr_unfold(a, body);
	struct addr ad;
	size_t k;
	int r;

	while ((r = addr_next(a, &rest, &ad)) != 0)
		for (k = 0; r == 1 && k < m->nhints; k++)
			if (sl_ieq(ad.spec, m->hints[k]))
				return k;
	return m->nhints;
}

/* The field that begins so and names an author; else what begins no line. */
static struct slice
author_field(char first)
{
	switch (first) {
	case 'f': case 'F':
		return SL("From");
	case 's': case 'S':
		return SL("Sender");
	case 'r': case 'R':
		return SL("Return-Path");
	default:
		return SL("\n");
	}
}

/*
 * The first hint that the header names as where the message comes from.
 * The whole header is parsed later, once; here lines are passed over, and
 * the walk ends with the first field that will do.
 */
static size_t
author_hint(const struct spool_msg *m, struct arena *a)
{
	struct slice rest = m->text, at, line, name;
	struct hdr h;
	size_t best;

	for (at = rest; sl_line(&rest, &line) && line.n > 0; at = rest) {
		name = author_field(line.p[0]);
		if (sl_istarts(line, name) && hdr_next(&at, &h) == 1 &&
		    sl_ieq(h.name, name) &&
		    (best = hint_in(m, a, h.body)) < m->nhints)
			return best;
	}
	return m->nhints;
}

/*
 * The one that the header names is the sender; else the first of several,
 * as every envelope has it.  A single one that the header does not name is
 * the recipient: the sender was null, or left no trace.
 */
void
msg_from_hints(struct spool_msg *m, struct arena *a)
{
	struct addr ad;
	size_t i, sender;

	if (m->nhints == 0 || m->has_sender || m->nrcpts > 0)
		return;
	sender = author_hint(m, a);
	if (sender == m->nhints && m->nhints > 1)
		sender = 0;
	for (i = 0; i < m->nhints; i++) {
		ad = addr_scanned(m->hints[i]);
		if (i != sender) {
			msg_rcpt(m, a, &ad, PROV_STREAM);
			continue;
		}
		m->has_sender = true;
		m->sender = ad;
		m->sender_prov = PROV_STREAM;
	}
}

/*
 * Reading.
 */

/* Files that went through an old Macintosh have CR for line ends. */
static struct slice
with_lf(struct spool_reader *rd, struct spool_msg *m, struct slice s)
{
	char *p, *end;

	if (s.n == 0 || memchr(s.p, '\n', s.n) != NULL ||
	    memchr(s.p, '\r', s.n) == NULL)
		return s;
	msg_problem(m, "line ends are bare CR");
	p = arena_str(rd->a, s);
	s.p = p;
	for (end = p + s.n; (p = memchr(p, '\r', (size_t)(end - p))) != NULL; )
		*p = '\n';
	return s;
}

int
reader_head(struct spool_reader *rd, struct spool_msg *m,
    struct slice *bytes, struct err *err)
{
	size_t most = rd->look ? SPOOL_LOOK : SPOOL_READ_MAX;
	size_t want = rd->size < most ? (size_t)rd->size : most;
	ssize_t n;

	rd->done = true;
	rd->buf.n = 0;
	rd->buf_off = 0;
	if ((n = tree_read(rd->fd, 0, buf_room(&rd->buf, want), want,
	    err)) == -1)
		return -1;
	rd->buf.n = (size_t)n;
	if ((size_t)n < want) {
		rd->size = (uint64_t)n;
		msg_problem(m, "the file shrank while it was read");
	} else if (n == 0)
		msg_problem(m, "the file is empty");
	m->size = rd->size;
	m->cut = rd->size > SPOOL_READ_MAX;
	m->more = rd->look && rd->size > SPOOL_LOOK;
	*bytes = with_lf(rd, m, buf_sl(&rd->buf));
	return 0;
}

int
reader_at(struct spool_reader *rd, uint64_t off, size_t n,
    struct slice *bytes, struct err *err)
{
	size_t want = rd->look && off == 0 ? SPOOL_LOOK : CHUNK;
	ssize_t got;

	if (off >= rd->size)
		n = 0;
	else if (n > rd->size - off)
		n = (size_t)(rd->size - off);	/* its end is read once */
	if (off < rd->buf_off || off + n > rd->buf_off + rd->buf.n) {
		if (want < n)
			want = n;
		if (off >= rd->size)
			want = 0;
		else if (rd->size - off < want)
			want = (size_t)(rd->size - off);
		rd->buf.n = 0;
		rd->buf_off = off;
		if ((got = tree_read(rd->fd, off, buf_room(&rd->buf, want),
		    want, err)) == -1)
			return -1;
		rd->buf.n = (size_t)got;
	}
	*bytes = sl_first(sl_from(buf_sl(&rd->buf),
	    (size_t)(off - rd->buf_off)), n);
	return 0;
}

int
reader_front(struct spool_reader *rd, size_t max, struct err *err)
{
	size_t want = rd->size < max ? (size_t)rd->size : max;
	ssize_t n;

	rd->buf.n = 0;
	rd->buf_off = 0;
	if ((n = tree_read(rd->fd, 0, buf_room(&rd->buf, want), want,
	    err)) == -1)
		return -1;
	rd->buf.n = (size_t)n;
	return 0;
}

int
reader_copy(int fd, uint64_t from, reader_piece *piece, void *ctx,
    struct err *err)
{
	char *p = xalloc(CHUNK);
	ssize_t n;

	do {
		n = tree_read(fd, from, p, CHUNK, err);
		if (n > 0 && piece(ctx, (struct slice){ p, (size_t)n },
		    err) == -1)
			n = -1;
		from += CHUNK;
	} while (n == CHUNK);
	free(p);
	return n == -1 ? -1 : 0;
}

/* The beginning of a message, and how long all of it is. */
struct beginning {
	struct buf	*b;
	size_t		 most;
	uint64_t	 n;
};

static int
begin_piece(void *ctx, struct slice bytes, struct err *err)
{
	struct beginning *t = ctx;

	(void)err;
	t->n += bytes.n;
	buf_add(t->b, sl_first(bytes, t->most - t->b->n));
	return 0;
}

int
reader_text(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct beginning t = { .b = &rd->text,
	    .most = rd->look ? SPOOL_LOOK : SPOOL_READ_MAX };

	rd->text.n = 0;
	if (rd->drv->text(rd, begin_piece, &t, err) == -1)
		return -1;
	m->text = buf_sl(&rd->text);
	m->size = t.n;
	m->cut = t.n > SPOOL_READ_MAX;
	m->more = rd->look && t.n > SPOOL_LOOK;
	return 0;
}

struct slice
reader_tail(struct spool_reader *rd, size_t max)
{
	size_t want = rd->size < max ? (size_t)rd->size : max;
	char *p = arena_bytes(rd->a, want);
	struct err err;
	ssize_t n = tree_read(rd->fd, rd->size - want, p, want, &err);

	return (struct slice){ p, n == -1 ? 0 : (size_t)n };
}

struct slice
reader_companion(struct spool_reader *rd, const struct spool_with *with,
    size_t max)
{
	uint64_t size;

	return reader_sized(rd, with, max, &size);
}

struct slice
reader_sized(struct spool_reader *rd, const struct spool_with *with,
    size_t max, uint64_t *size)
{
	struct stat st;
	struct err err;
	ssize_t n;
	char *p;
	int fd = tree_file(with->dir != NULL ? with->dir : rd->e->dir,
	    with->name, &st, &err);

	*size = 0;
	if (fd == -1)
		return (struct slice){ NULL, 0 };
	*size = (uint64_t)st.st_size;
	if (*size < max)
		max = (size_t)*size;
	p = arena_bytes(rd->a, max);
	n = tree_read(fd, 0, p, max, &err);
	close(fd);
	return (struct slice){ p, n == -1 ? 0 : (size_t)n };
}

/* More bytes at the end of the window; those before keep are dropped. */
static int
fill(struct spool_reader *rd, uint64_t keep, struct err *err)
{
	uint64_t end = rd->buf_off + rd->buf.n;
	size_t drop = keep > rd->buf_off ? (size_t)(keep - rd->buf_off) : 0;
	size_t want = rd->size - end < CHUNK ? (size_t)(rd->size - end) : CHUNK;
	ssize_t n;

	if (drop > 0) {
		memmove(rd->buf.p, rd->buf.p + drop, rd->buf.n - drop);
		rd->buf.n -= drop;
		rd->buf_off += drop;
	}
	if ((n = tree_read(rd->fd, end, buf_room(&rd->buf, want), want,
	    err)) == -1)
		return -1;
	rd->buf.n += (size_t)n;
	if ((size_t)n < want)
		rd->size = end + (uint64_t)n;	/* it shrank */
	return 0;
}

/* The first message that begins at *at or behind it, before stop. */
static bool
in_window(struct spool_reader *rd, reader_mark *mark, uint64_t *at,
    uint64_t stop)
{
	struct slice w = buf_sl(&rd->buf);
	size_t i = (size_t)(*at - rd->buf_off);
	size_t end = (size_t)(stop - rd->buf_off);
	const char *lf;

	while (i < end) {
		if (rd->buf_off + i == 0 || w.p[i - 1] == '\n') {
			*at = rd->buf_off + i;
			if (mark(w, i, rd->body))
				return true;
			rd->body |= w.p[i] == '\n' || w.p[i] == '\r';
		}
		lf = memchr(w.p + i, '\n', end - i);
		i = lf == NULL ? end : (size_t)(lf - w.p) + 1;
	}
	*at = stop;
	return false;
}

/*
 * Where the next message begins, at *at or behind it; the limit or the end
 * of the file when there is none before.  Bytes from keep on stay in the
 * window, and READER_BEHIND before *at in any case.
 */
static int
seek_mark(struct spool_reader *rd, reader_mark *mark, uint64_t *at,
    uint64_t keep, uint64_t limit, struct err *err)
{
	uint64_t end, stop, behind;

	for (;;) {
		end = rd->buf_off + rd->buf.n;
		stop = end >= rd->size ? rd->size :
		    end > *at + READER_AHEAD ? end - READER_AHEAD : *at;
		if (stop > limit)
			stop = limit;
		if (in_window(rd, mark, at, stop) || *at >= limit ||
		    end >= rd->size)
			return 0;
		behind = *at < READER_BEHIND ? 0 : *at - READER_BEHIND;
		if (fill(rd, keep < behind ? keep : behind, err) == -1)
			return -1;
	}
}

/* Where the range's first message begins.  A file's first needs no mark. */
static int
seek_first(struct spool_reader *rd, reader_mark *mark, uint64_t limit,
    struct err *err)
{
	rd->pos = rd->e->off;
	if (rd->pos == 0 || rd->pos >= rd->size)
		return 0;
	rd->buf.n = 0;
	rd->buf_off = rd->pos < READER_BEHIND ? 0 : rd->pos - READER_BEHIND;
	return seek_mark(rd, mark, &rd->pos, UINT64_MAX, limit, err);
}

/* The bytes from rd->pos to *end, where the next message begins. */
static int
seek_end(struct spool_reader *rd, reader_mark *mark, uint64_t *end,
    struct slice *bytes, struct err *err)
{
	uint64_t from = rd->pos, limit = from + SPOOL_READ_MAX;

	*end = from + 1;
	rd->body = false;
	if (seek_mark(rd, mark, end, from, limit, err) == -1)
		return -1;
	*bytes = sl_first(sl_from(buf_sl(&rd->buf),
	    (size_t)(from - rd->buf_off)), (size_t)(*end - from));
	if (*end < limit || *end >= rd->size)
		return 0;
	*bytes = arena_dup(rd->a, *bytes);	/* the window moves on */
	return seek_mark(rd, mark, end, UINT64_MAX, UINT64_MAX, err);
}

int
reader_split(struct spool_reader *rd, reader_mark *mark, struct spool_msg *m,
    struct slice *bytes, struct err *err)
{
	uint64_t limit = rd->e->len == 0 ? rd->size : rd->e->off + rd->e->len;
	uint64_t end;

	if (rd->part == 0 && seek_first(rd, mark, limit, err) == -1)
		return -1;
	if (rd->pos >= limit || rd->pos >= rd->size) {
		rd->done = true;
		return 0;
	}
	if (seek_end(rd, mark, &end, bytes, err) == -1)
		return -1;
	if (end == 0) {			/* it shrank to nothing */
		rd->done = true;
		return 0;
	}
	m->offset = rd->pos;
	m->size = end - rd->pos;
	m->cut = m->size > SPOOL_READ_MAX;
	rd->part++;
	m->part = m->size == rd->size ? 0 : rd->part;
	rd->pos = end;
	*bytes = with_lf(rd, m, *bytes);
	return 1;
}

/*
 * The reader.
 */

struct spool_reader *
spool_reader_new(struct arena *a)
{
	struct spool_reader *rd = xcalloc(1, sizeof(*rd));

	rd->a = a;
	rd->fd = rd->other = -1;
	return rd;
}

static void
reader_close(struct spool_reader *rd)
{
	if (rd->fd != -1)
		close(rd->fd);
	if (rd->other != -1)
		close(rd->other);
	rd->fd = rd->other = -1;
}

void
spool_reader_free(struct spool_reader *rd)
{
	if (rd == NULL)
		return;
	reader_close(rd);
	buf_free(&rd->buf);
	buf_free(&rd->text);
	free(rd);
}

int
spool_start(const struct spool *sp, const struct spool_entry *e,
    struct spool_reader *rd, struct err *err)
{
	struct stat st;

	reader_close(rd);
	rd->drv = spool_driver_of(sp);
	rd->e = e;
	rd->done = false;
	rd->pos = rd->buf_off = 0;
	rd->buf.n = 0;
	rd->part = 0;
	if (e->refused != NULL)
		return err_set(err, ERR_UNSAFE, "%s, not opened", e->refused);
	if ((rd->fd = tree_file(e->dir, e->name, &st, err)) == -1)
		return -1;
	rd->size = (uint64_t)st.st_size;
	rd->mtime = st.st_mtime;
	rd->mode = st.st_mode;
	rd->uid = st.st_uid;
	return 0;
}

void
spool_reader_look(struct spool_reader *rd, bool look)
{
	rd->look = look;
}

static int
load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	int r;

	memset(m, 0, sizeof(*m));
	m->mtime = rd->mtime;
	if ((r = rd->drv->load(rd, m, err)) == -1) {
		rd->done = true;
		return -1;
	}
	m->text = with_lf(rd, m, m->text);
	return r;
}

int
spool_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	if (rd->fd == -1 || rd->done) {
		memset(m, 0, sizeof(*m));
		return 0;
	}
	return load(rd, m, err);
}

int
spool_whole(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	int r;

	rd->look = false;
	r = load(rd, m, err);
	rd->look = true;
	return r;
}

struct plain {
	void	(*piece)(void *ctx, struct slice bytes);
	void	*ctx;
};

static int
plain_piece(void *ctx, struct slice bytes, struct err *err)
{
	struct plain *p = ctx;

	(void)err;
	if (bytes.n > 0)
		p->piece(p->ctx, bytes);
	return 0;
}

/* -1: a signal came, or all of it will take longer than anybody waits. */
static int
still_time(const struct timespec *began, struct err *err)
{
	struct timespec now;

	if (sig_stop())
		return err_set(err, ERR_SYS, "stopped");
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - began->tv_sec <= SPOOL_SECONDS_MAX)
		return 0;
	return err_set(err, ERR_LIMIT, "not read to its end: it takes more "
	    "than %d seconds", SPOOL_SECONDS_MAX);
}

bool
spool_is_file(const struct spool_reader *rd, const struct spool_msg *m)
{
	return rd->drv->text == NULL && m->offset == 0 && m->size == rd->size;
}

int
spool_bytes(struct spool_reader *rd, const struct spool_msg *m,
    void (*piece)(void *ctx, struct slice bytes), void *ctx, struct err *err)
{
	uint64_t at = m->offset, end = m->offset + m->size;
	uint64_t have = rd->buf_off + rd->buf.n;
	struct timespec began;
	char *p = NULL;
	size_t want;
	ssize_t n = 0;

	if (rd->drv->text != NULL)
		return rd->drv->text(rd, plain_piece,
		    &(struct plain){ piece, ctx }, err);
	if (at >= rd->buf_off && end <= have) {	/* it is here already */
		if (m->size > 0)
			piece(ctx, (struct slice){
			    rd->buf.p + (at - rd->buf_off), (size_t)m->size });
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	for (; at < end; at += (uint64_t)n) {
		want = end - at < BYTES_MAX ? (size_t)(end - at) : BYTES_MAX;
		if (p == NULL)
			p = xalloc(want);
		if ((n = still_time(&began, err)) != -1 &&
		    (n = tree_read(rd->fd, at, p, want, err)) != -1 &&
		    (size_t)n < want)
			n = err_set(err, ERR_FORMAT,
			    "shrank while it was read");
		if (n == -1)
			break;
		piece(ctx, (struct slice){ p, (size_t)n });
	}
	free(p);
	return n == -1 ? -1 : 0;
}

/* What comes behind bytes that have been given already. */
struct behind {
	reader_piece	*piece;
	void		*ctx;
	size_t		 given;
};

static int
behind_piece(void *ctx, struct slice bytes, struct err *err)
{
	struct behind *b = ctx;
	size_t n = bytes.n < b->given ? bytes.n : b->given;

	b->given -= n;
	return n == bytes.n ? 0 : b->piece(b->ctx, sl_from(bytes, n), err);
}

int
spool_text(struct spool_reader *rd, const struct spool_msg *m,
    int (*piece)(void *ctx, struct slice bytes, struct err *err), void *ctx,
    struct err *err)
{
	uint64_t at = m->offset + SPOOL_READ_MAX;
	uint64_t end = m->offset + m->size - m->trailer.n;
	struct slice s = m->text;
	char *p = NULL;
	ssize_t n;
	int r;

	if ((r = piece(ctx, s, err)) != 0 || !m->cut)
		return r;
	if (rd->drv->text != NULL)
		return rd->drv->text(rd, behind_piece,
		    &(struct behind){ piece, ctx, s.n }, err);
	while (r == 0 && at < end) {
		s.n = end - at < BYTES_MAX ? (size_t)(end - at) : BYTES_MAX;
		if (p == NULL)
			p = xalloc(BYTES_MAX);
		s.p = p;
		if ((n = tree_read(rd->fd, at, p, s.n, err)) != -1 &&
		    (size_t)n < s.n)
			n = err_set(err, ERR_FORMAT,
			    "shrank while it was read");
		if (n == -1) {
			r = -1;
			break;
		}
		at += s.n;
		r = piece(ctx, s, err);
	}
	free(p);
	return r;
}
