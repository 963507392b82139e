#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "io/seek.h"

#define HEAD		8u
#define ROW		16u
#define TAIL		40u		/* behind the places */
#define BEGINS		(UINT64_C(1) << 63)
#define MARK		"SPKSEEK1"

static void
put32(struct buf *b, uint32_t n)
{
	size_t i;

	for (i = 0; i < 4; i++)
		buf_addc(b, (char)(n >> 8 * i & 0xff));
}

static void
put64(struct buf *b, uint64_t n)
{
	put32(b, (uint32_t)n);
	put32(b, (uint32_t)(n >> 32));
}

static uint32_t
get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 |
	    (uint32_t)u[3] << 24;
}

static uint64_t
get64(const char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

void
seek_add_frame(struct seek *s, struct seek_frame f)
{
	if (s->nframes == s->frames_cap) {
		s->frames_cap = s->frames_cap == 0 ? 256 : s->frames_cap * 2;
		s->frames = xrealloc(s->frames, s->frames_cap,
		    sizeof(*s->frames));
	}
	s->frames[s->nframes++] = f;
}

static void
add_place(struct seek *s, struct seek_place p)
{
	if (s->nplaces == s->places_cap) {
		s->places_cap = s->places_cap == 0 ? 256 : s->places_cap * 2;
		s->places = xrealloc(s->places, s->places_cap,
		    sizeof(*s->places));
	}
	s->places[s->nplaces++] = p;
}

void
seek_add_place(struct seek *s, struct slice name, uint32_t frame, uint32_t at)
{
	add_place(s, (struct seek_place){ hash64_kept(name), frame, at });
}

void
seek_free(struct seek *s)
{
	free(s->frames);
	free(s->places);
	*s = (struct seek){ 0 };
}

static int
by_place(const void *a, const void *b)
{
	const struct seek_place *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* By their keys, which few share; of these by the place. */
static void
sort_places(struct seek *s)
{
	struct sort_key *v = xcalloc(s->nplaces + 1, sizeof(*v));
	struct seek_place *to = xcalloc(s->nplaces + 1, sizeof(*to));
	size_t i, n;

	for (i = 0; i < s->nplaces; i++)
		v[i] = (struct sort_key){ s->places[i].key, (uint32_t)i };
	sort_keys(v, s->nplaces);
	for (i = 0; i < s->nplaces; i++)
		to[i] = s->places[v[i].i];
	for (i = 0; i < s->nplaces; i += n)
		if ((n = sort_run(v + i, s->nplaces - i)) > 1)
			qsort(to + i, n, sizeof(*to), by_place);
	free(v);
	free(s->places);
	s->places = to;
	s->places_cap = s->nplaces + 1;
}

void
seek_write(struct seek *s, struct buf *out)
{
	size_t first = out->n, i;

	sort_places(s);
	put32(out, SEEK_MAGIC);
	put32(out, (uint32_t)(s->nframes * ROW + s->nplaces * ROW + TAIL));
	for (i = 0; i < s->nframes; i++) {
		put64(out, s->frames[i].at);
		put64(out, s->frames[i].raw |
		    (s->frames[i].begins ? BEGINS : 0));
	}
	for (i = 0; i < s->nplaces; i++) {
		put64(out, s->places[i].key);
		put32(out, s->places[i].frame);
		put32(out, s->places[i].at);
	}
	put64(out, s->nframes);
	put64(out, s->nplaces);
	put64(out, s->raw);
	put64(out, hash64_kept((struct slice){ out->p + first, out->n - first }));
	buf_add(out, SL(MARK));
}

/*
 * Reading.
 */

bool
seek_bytes(int fd, uint64_t at, char *p, size_t n)
{
	ssize_t r;

	while (n > 0) {
		r = pread(fd, p, n, (off_t)at);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
		at += (uint64_t)r;
	}
	return true;
}

static int
damaged(struct err *err)
{
	return err_set(err, ERR_FORMAT, "the index at the end is damaged");
}

/* One frame after the other, the first at the beginning. */
static bool
frames_fit(const struct seek *s, uint64_t end)
{
	const struct seek_frame *f = s->frames, *next;
	size_t i;

	if (s->nframes == 0 || f->at != 0 || f->raw != 0 || !f->begins)
		return false;
	for (i = 0; i < s->nframes; i++, f++) {
		next = f + 1;
		if (next->at <= f->at || next->raw <= f->raw ||
		    next->at > end || next->raw > s->raw ||
		    next->at - f->at > SEEK_FRAME_MAX ||
		    next->raw - f->raw > SEEK_FRAME_MAX)
			return false;
	}
	return f->at == end && f->raw == s->raw;
}

static bool
places_fit(const struct seek *s)
{
	const struct seek_place *p;
	const struct seek_frame *f;
	size_t i;

	for (i = 0; i < s->nplaces; i++) {
		p = &s->places[i];
		if (p->frame >= s->nframes || (i > 0 && p[-1].key > p->key))
			return false;
		f = &s->frames[p->frame];
		if (p->at >= f[1].raw - f->raw)
			return false;
	}
	return true;
}

/* p has the frame whole, its sizes fit. */
static bool
take(struct seek *s, const char *p, size_t nframes, size_t nplaces,
    uint64_t begin)
{
	size_t i;

	p += HEAD;
	for (i = 0; i < nframes; i++, p += ROW)
		seek_add_frame(s, (struct seek_frame){ get64(p),
		    get64(p + 8) & ~BEGINS, (get64(p + 8) & BEGINS) != 0 });
	for (i = 0; i < nplaces; i++, p += ROW)
		add_place(s, (struct seek_place){ get64(p), get32(p + 8),
		    get32(p + 12) });
	s->raw = get64(p + 16);
	seek_add_frame(s, (struct seek_frame){ begin, s->raw, true });
	s->nframes--;
	return frames_fit(s, begin) && places_fit(s);
}

/* The end of the file of so many bytes: does it say that it has an index? */
static bool
read_tail(int fd, uint64_t size, char tail[TAIL])
{
	return size >= HEAD + TAIL && seek_bytes(fd, size - TAIL, tail, TAIL) &&
	    memcmp(tail + 32, MARK, 8) == 0;
}

int
seek_read(struct seek *s, int fd, struct err *err)
{
	char tail[TAIL], *p;
	struct stat st;
	uint64_t nframes, nplaces, n, size;
	bool good;

	*s = (struct seek){ 0 };
	if (fstat(fd, &st) == -1)
		return err_sys(err, "cannot read");
	size = (uint64_t)st.st_size;
	if (!read_tail(fd, size, tail))
		return 0;
	nframes = get64(tail);
	nplaces = get64(tail + 8);
	if (nframes > size / ROW || nplaces > size / ROW ||
	    (n = HEAD + (nframes + nplaces) * ROW + TAIL) > size)
		return damaged(err);
	p = xalloc((size_t)n);
	good = seek_bytes(fd, size - n, p, (size_t)n) &&
	    get32(p) == SEEK_MAGIC && get32(p + 4) == n - HEAD &&
	    hash64_kept((struct slice){ p, (size_t)n - 16 }) == get64(tail + 24) &&
	    take(s, p, (size_t)nframes, (size_t)nplaces, size - n);
	free(p);
	if (good)
		return 1;
	seek_free(s);
	return damaged(err);
}

/*
 * Row by row.
 */

bool
seek_rows_open(struct seek_rows *s, int fd)
{
	char tail[TAIL];
	struct stat st;
	uint64_t size, n;

	if (fstat(fd, &st) == -1)
		return false;
	size = (uint64_t)st.st_size;
	if (!read_tail(fd, size, tail))
		return false;
	*s = (struct seek_rows){ .fd = fd, .nframes = get64(tail),
	    .nplaces = get64(tail + 8), .raw = get64(tail + 16) };
	if (s->nframes > size / ROW || s->nplaces > size / ROW)
		return false;
	n = HEAD + (s->nframes + s->nplaces) * ROW + TAIL;
	if (n > size)
		return false;
	s->begin = size - n;
	s->at = s->begin + HEAD;
	return true;
}

static bool
place_row(const struct seek_rows *s, uint64_t i, struct seek_place *p)
{
	char row[ROW];

	if (!seek_bytes(s->fd, s->at + (s->nframes + i) * ROW, row, ROW))
		return false;
	*p = (struct seek_place){ get64(row), get32(row + 8),
	    get32(row + 12) };
	return true;
}

bool
seek_rows_find(const struct seek_rows *s, struct slice name,
    struct seek_place *p)
{
	uint64_t key = hash64_kept(name), lo = 0, hi = s->nplaces, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (!place_row(s, mid, p))
			return false;
		if (p->key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->nplaces && place_row(s, lo, p) && p->key == key;
}

bool
seek_rows_frame(const struct seek_rows *s, uint64_t i, struct seek_frame *f)
{
	char row[ROW];

	if (i == s->nframes) {
		*f = (struct seek_frame){ s->begin, s->raw, true };
		return true;
	}
	if (i > s->nframes || !seek_bytes(s->fd, s->at + i * ROW, row, ROW))
		return false;
	*f = (struct seek_frame){ get64(row), get64(row + 8) & ~BEGINS,
	    (get64(row + 8) & BEGINS) != 0 };
	return true;
}

size_t
seek_find(const struct seek *s, struct slice name,
    const struct seek_place **first)
{
	uint64_t key = hash64_kept(name);
	size_t lo = 0, hi = s->nplaces, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->places[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < s->nplaces && s->places[lo + n].key == key)
		n++;
	*first = n > 0 ? s->places + lo : NULL;
	return n;
}
