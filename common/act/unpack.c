#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/unpack.h"
#include "base/xalloc.h"
#include "io/codec.h"

#define BLOCK	(256 * 1024)	/* bytes read at once without an index */

struct bag {
	int		 fd;
	uint64_t	 size;
	bool		 indexed;
	struct seek	 seek;
	size_t		*first;		/* frame of each segment, and the end */
	size_t		 nsegments;
};

struct bag_walk {
	struct bag	*b;
	struct codec	*codec;
	struct tarr	*tar;
	struct buf	 packed, raw;
	size_t		 frame, end;	/* to be read */
	struct slice	 here;		/* frames that need not be read */
	size_t		 skip;		/* bytes of the first */
	uint64_t	 at;		/* without an index: of the file */
	size_t		 frames_read;
	struct buf	 base;		/* "BAG/" of the first member */
	struct buf	 name, hard;
};

static void
find_segments(struct bag *b)
{
	size_t i;

	b->first = xcalloc(b->seek.nframes + 2, sizeof(*b->first));
	for (i = 0; i < b->seek.nframes; i++)
		if (b->seek.frames[i].begins)
			b->first[b->nsegments++] = i;
	b->first[b->nsegments] = b->seek.nframes;
}

int
bag_open(struct bag **out, int fd, struct err *err)
{
	struct bag *b = xcalloc(1, sizeof(*b));
	off_t size = lseek(fd, 0, SEEK_END);
	int r;

	b->fd = fd;
	b->size = (uint64_t)size;
	if (size == -1 || (r = seek_read(&b->seek, fd, err)) == -1) {
		if (size == -1)
			err_sys(err, "cannot read");
		free(b);
		return -1;
	}
	b->indexed = r == 1;
	if (b->indexed)
		find_segments(b);
	*out = b;
	return 0;
}

void
bag_close(struct bag *b)
{
	if (b == NULL)
		return;
	seek_free(&b->seek);
	free(b->first);
	free(b);
}

int
bag_fd(const struct bag *b)
{
	return b->fd;
}

uint64_t
bag_size(const struct bag *b)
{
	return b->size;
}

bool
bag_indexed(const struct bag *b)
{
	return b->indexed;
}

size_t
bag_segments(const struct bag *b)
{
	return b->indexed ? b->nsegments : 1;
}

void
bag_segment(const struct bag *b, size_t i, uint64_t *at, uint64_t *n)
{
	*at = 0;
	*n = b->size;
	if (b->indexed) {
		*at = b->seek.frames[b->first[i]].at;
		*n = b->seek.frames[b->first[i + 1]].at - *at;
	}
}

size_t
bag_find(const struct bag *b, struct slice name,
    const struct seek_place **first)
{
	return b->indexed ? seek_find(&b->seek, name, first) : 0;
}

/*
 * Bytes.
 */

static int
read_at(int fd, uint64_t at, char *p, size_t n, size_t *have,
    struct err *err)
{
	ssize_t r;

	for (*have = 0; *have < n; *have += (size_t)r) {
		r = pread(fd, p + *have, n - *have, (off_t)(at + *have));
		if (r == -1 && errno == EINTR)
			r = 0;
		else if (r == -1)
			return err_sys(err, "cannot read the archive");
		else if (r == 0)
			break;
	}
	return 0;
}

static int
next_block(struct bag_walk *w, struct slice *bytes, struct err *err)
{
	size_t n;

	w->packed.n = 0;
	if (read_at(w->b->fd, w->at, buf_room(&w->packed, BLOCK), BLOCK, &n,
	    err) == -1)
		return -1;
	w->at += n;
	*bytes = (struct slice){ w->packed.p, n };
	return 0;
}

static int
take_frame(struct bag_walk *w, size_t want, struct slice *packed,
    struct err *err)
{
	size_t n;

	if (w->here.n >= want) {
		*packed = sl_first(w->here, want);
		w->here = sl_from(w->here, want);
		return 0;
	}
	w->packed.n = 0;
	if (read_at(w->b->fd, w->b->seek.frames[w->frame].at,
	    buf_room(&w->packed, want), want, &n, err) == -1)
		return -1;
	*packed = (struct slice){ w->packed.p, n };
	return n == want ? 0 : err_set(err, ERR_FORMAT,
	    "damaged archive: it breaks off");
}

static int
next_frame(struct bag_walk *w, struct slice *bytes, struct err *err)
{
	const struct seek_frame *f = &w->b->seek.frames[w->frame];
	struct slice packed;

	*bytes = (struct slice){ "", 0 };
	if (w->frame == w->end)
		return 0;
	w->raw.n = 0;
	if (take_frame(w, (size_t)(f[1].at - f->at), &packed, err) == -1 ||
	    codec_unpack(w->codec, packed, (size_t)(f[1].raw - f->raw),
	    &w->raw, err) == -1)
		return -1;
	w->frame++;
	w->frames_read++;
	*bytes = sl_from(buf_sl(&w->raw), w->skip);
	w->skip = 0;
	return 0;
}

static int
on_bytes(void *ctx, struct slice *bytes, struct err *err)
{
	struct bag_walk *w = ctx;

	return w->b->indexed ? next_frame(w, bytes, err) :
	    next_block(w, bytes, err);
}

/*
 * Members.
 */

struct bag_walk *
bag_walk_new(struct bag *b)
{
	struct bag_walk *w = xcalloc(1, sizeof(*w));

	w->b = b;
	w->codec = codec_new(CODEC_ZSTD, 0);
	return w;
}

void
bag_walk_free(struct bag_walk *w)
{
	if (w == NULL)
		return;
	tarr_free(w->tar);
	codec_free(w->codec);
	buf_free(&w->packed);
	buf_free(&w->raw);
	buf_free(&w->base);
	buf_free(&w->name);
	buf_free(&w->hard);
	free(w);
}

static void
begin(struct bag_walk *w, size_t frame, size_t end, size_t skip)
{
	tarr_free(w->tar);
	w->tar = tarr_new(on_bytes, w, !w->b->indexed);
	w->frame = frame;
	w->end = end;
	w->skip = skip;
	w->here = (struct slice){ NULL, 0 };
	w->at = 0;
}

void
bag_walk_segment(struct bag_walk *w, size_t i)
{
	if (w->b->indexed)
		begin(w, w->b->first[i], w->b->first[i + 1], 0);
	else
		begin(w, 0, 0, 0);
}

void
bag_walk_bytes(struct bag_walk *w, size_t i, struct slice bytes)
{
	bag_walk_segment(w, i);
	w->here = bytes;
}

/* The last segment that begins at or before the place goes to its end. */
void
bag_walk_place(struct bag_walk *w, const struct seek_place *p)
{
	size_t end = p->frame + 1;

	while (end < w->b->seek.nframes && !w->b->seek.frames[end].begins)
		end++;
	begin(w, p->frame, end, p->at);
}

void
bag_walk_home(struct bag_walk *w, const struct seek_place *p)
{
	size_t i = 0;

	while (i + 1 < w->b->nsegments && w->b->first[i + 1] <= p->frame)
		i++;
	bag_walk_segment(w, i);
}

struct tarr *
bag_tarr(struct bag_walk *w)
{
	return w->tar;
}

bool
bag_stays(const struct bag_walk *w, struct slice bytes)
{
	return w->b->indexed && w->frame == w->end && bytes.p >= w->raw.p &&
	    bytes.p + bytes.n <= w->raw.p + w->raw.n;
}

size_t
bag_frames_read(const struct bag_walk *w)
{
	return w->frames_read;
}

/* A name below "BAG/", without the last slash; false: it is not of a bag. */
static bool
below_base(struct bag_walk *w, const char *name, struct buf *out)
{
	struct slice s = sl(name), base;

	if (w->base.n == 0) {
		if (!sl_cut(&s, '/', &base) || base.n == 0)
			return false;
		buf_add(&w->base, base);
		buf_addc(&w->base, '/');
	} else if (!sl_starts(s, buf_sl(&w->base)))
		return false;
	else
		s = sl_from(s, w->base.n);
	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	out->n = 0;
	buf_add(out, s);
	buf_addc(out, '\0');
	return true;
}

/* "data/x" is x, "data" is "". */
static const char *
below_data(const char *name)
{
	struct slice s = sl(name);

	if (sl_eq(s, SL("data")))
		return name + s.n;
	return sl_starts(s, SL("data/")) ? name + 5 : NULL;
}

static int
name_it(struct bag_walk *w, struct bag_member *m, struct err *err)
{
	if (!below_base(w, m->tar.name, &w->name) || (m->tar.hard != NULL &&
	    !below_base(w, m->tar.hard, &w->hard)))
		return err_set(err, ERR_FORMAT,
		    "not a bag: a member lies outside of its folder");
	m->name = below_data(w->name.p);
	m->part = m->name == NULL ? BAG_TAG : BAG_PAYLOAD;
	if (m->name == NULL)
		m->name = w->name.p;
	if (m->tar.hard != NULL && (m->hard = below_data(w->hard.p)) == NULL)
		return err_set(err, ERR_FORMAT,
		    "not a bag: a link leads to a tag file");
	m->path = m->tar.true_name.n > 0 ? m->tar.true_name : sl(m->name);
	return 1;
}

int
bag_next(struct bag_walk *w, struct bag_member *m, struct err *err)
{
	int r;

	*m = (struct bag_member){ .hard = NULL };
	if ((r = tarr_next(w->tar, &m->tar, err)) != 1)
		return r;
	return name_it(w, m, err);
}

int
bag_text(struct bag_walk *w, uint64_t max, struct buf *out, struct err *err)
{
	struct slice s;
	uint64_t at;
	int r;

	out->n = 0;
	while ((r = tarr_data(w->tar, &s, &at, err)) == 1) {
		if (at != out->n || at + s.n > max)
			return err_set(err, ERR_LIMIT, "a file of the archive "
			    "is too large to be read into memory");
		buf_add(out, s);
	}
	return r;
}

/* In the segments from the last to the first: tag files are at the end. */
static int
search_tag(struct bag_walk *w, const char *name, struct buf *out,
    struct err *err)
{
	size_t i = bag_segments(w->b);
	struct bag_member m;
	int r = 0;

	while (r != -1 && i-- > 0) {
		bag_walk_segment(w, i);
		while ((r = bag_next(w, &m, err)) == 1)
			if (m.part == BAG_TAG && sl_eq(sl(m.name), sl(name)))
				return bag_text(w, BAG_TEXT_MAX, out, err) == -1 ?
				    -1 : 1;
	}
	return r;
}

int
bag_tag(struct bag *b, const char *name, struct buf *out, struct err *err)
{
	struct bag_walk *w = bag_walk_new(b);
	const struct seek_place *p;
	size_t n = bag_find(b, sl(name), &p), i;
	struct bag_member m;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		bag_walk_place(w, &p[i]);
		if (bag_next(w, &m, err) == 1 && m.part == BAG_TAG &&
		    sl_eq(sl(m.name), sl(name)))
			r = bag_text(w, BAG_TEXT_MAX, out, err) == -1 ? -1 : 1;
	}
	if (r == 0)
		r = search_tag(w, name, out, err);
	bag_walk_free(w);
	return r;
}
