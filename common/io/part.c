#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/codec.h"
#include "io/part.h"
#include "io/seek.h"

#define TAR_END		1024		/* zeros */
#define PART_MAX	(64 * 1024 * 1024)	/* bytes of the tar, without */

struct part {
	struct seek_rows rows;
	struct codec	*codec;
	struct buf	 packed, tar;
};

static bool
add_frame(struct part *p, const struct seek_frame *f,
    const struct seek_frame *next)
{
	uint64_t n = next->at - f->at, raw = next->raw - f->raw;
	struct err err;

	if (next->at <= f->at || next->raw <= f->raw ||
	    next->at > p->rows.begin || n > SEEK_FRAME_MAX ||
	    raw > PART_MAX - p->tar.n)
		return false;
	p->packed.n = 0;
	if (!seek_bytes(p->rows.fd, f->at, buf_room(&p->packed, (size_t)n),
	    (size_t)n))
		return false;
	return codec_unpack(p->codec, (struct slice){ p->packed.p, (size_t)n },
	    (size_t)raw, &p->tar, &err) == 0;
}

/*
 * From the frame, which a member begins with, to the next such one: all or
 * nothing; *end is that one.
 */
static bool
add_segment(struct part *p, uint64_t frame, uint64_t *end)
{
	struct seek_frame f, next;
	size_t was = p->tar.n;

	if (!seek_rows_frame(&p->rows, frame, &f) || !f.begins)
		return false;
	do {
		if (!seek_rows_frame(&p->rows, ++frame, &next) ||
		    !add_frame(p, &f, &next)) {
			p->tar.n = was;
			return false;
		}
		f = next;
	} while (!f.begins);
	*end = frame;
	return true;
}

/* The file's segment, which has its companions, and that of the folders. */
static bool
add_all(struct part *p, struct slice path)
{
	struct seek_place place;
	uint64_t end = 0;

	if (!seek_rows_find(&p->rows, path, &place) ||
	    place.frame >= p->rows.nframes || !add_segment(p, 0, &end))
		return false;
	return place.frame < end || add_segment(p, place.frame, &end);
}

static int
keep(struct buf *tar)
{
	int fd = memfd_create("part", MFD_CLOEXEC);
	size_t at = 0;
	ssize_t n;

	memset(buf_room(tar, TAR_END), 0, TAR_END);
	tar->n += TAR_END;
	while (fd != -1 && at < tar->n) {
		n = write(fd, tar->p + at, tar->n - at);
		if (n <= 0) {
			close(fd);
			return -1;
		}
		at += (size_t)n;
	}
	return fd;
}

int
part_open(int archive, struct slice path)
{
	struct part p = { .packed = { 0 } };
	int fd = -1;

	if (!seek_rows_open(&p.rows, archive))
		return -1;
	p.codec = codec_new(CODEC_ZSTD, 0);
	if (add_all(&p, path))
		fd = keep(&p.tar);
	codec_free(p.codec);
	buf_free(&p.packed);
	buf_free(&p.tar);
	return fd;
}
