#ifndef IO_SEEK_H
#define IO_SEEK_H
#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * seek - the index at the end of an archive of ours: where each frame
 * begins, and in which one a name is found.
 *
 * It is a skippable frame (RFC 8878 3.1.2), which zstd passes over:
 *
 *	magic 184D2A5D, size			4, 4 bytes
 *	frames: where it begins in the file, in the tar		8, 8
 *	places: key, number of the frame, where in it		8, 4, 4
 *	how many frames, how many places	8, 8
 *	bytes of the tar, xxh3 of all before	8, 8
 *	"SPKSEEK1"				8
 *
 * All numbers little-endian.  The highest bit of a frame's second number
 * says that a member begins with it.  Places are sorted by key, which is the
 * xxh3 of a true path below the tree, of an entry's id, or of a tag file's
 * name.  The last frame's end is where the index begins.
 */
#define SEEK_MAGIC	0x184D2A5Du

struct seek_frame {
	uint64_t	 at;		/* in the file */
	uint64_t	 raw;		/* in the tar */
	bool		 begins;	/* a member does, here */
};

struct seek_place {
	uint64_t	 key;
	uint32_t	 frame;
	uint32_t	 at;		/* in the frame's bytes */
};

struct seek {
	struct seek_frame *frames;	/* and one more: the end */
	size_t		 nframes, frames_cap;
	struct seek_place *places;
	size_t		 nplaces, places_cap;
	uint64_t	 raw;		/* bytes of the tar */
};

void	seek_add_frame(struct seek *s, struct seek_frame f);
void	seek_add_place(struct seek *s, struct slice name, uint32_t frame,
	    uint32_t at);
void	seek_free(struct seek *s);

/* The whole skippable frame, to follow the last one. */
void	seek_write(struct seek *s, struct buf *out);

/*
 * Read it from the end of the file.  Returns 1; 0: there is none; -1: it is
 * damaged.  What it says is checked: frames follow each other to its begin,
 * none is larger than SEEK_FRAME_MAX, no place is outside.
 */
#define SEEK_FRAME_MAX	(64 * 1024 * 1024)	/* bytes; ours are about 1 MB */
int	seek_read(struct seek *s, int fd, struct err *err);

/* n bytes of the archive from at on; false: not all can be had. */
bool	seek_bytes(int fd, uint64_t at, char *p, size_t n);

/*
 * The same for one name: rows are read where they are wanted, some thirty,
 * however many there are.  Their sum is not looked at; what is believed of
 * them is what the frames themselves confirm.
 */
struct seek_rows {
	int		 fd;		/* borrowed */
	uint64_t	 at;		/* of the first frame's row */
	uint64_t	 nframes, nplaces;
	uint64_t	 begin, raw;	/* where the index does; of the tar */
};
bool	seek_rows_open(struct seek_rows *s, int fd);	/* false: no index */
bool	seek_rows_find(const struct seek_rows *s, struct slice name,
	    struct seek_place *p);		/* the first of them */
bool	seek_rows_frame(const struct seek_rows *s, uint64_t i,
	    struct seek_frame *f);		/* nframes: the end */

/* The places of a name: how many, *first the first one. */
size_t	seek_find(const struct seek *s, struct slice name,
	    const struct seek_place **first);
#endif
