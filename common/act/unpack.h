#ifndef ACT_UNPACK_H
#define ACT_UNPACK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "io/seek.h"
#include "io/tarr.h"

/*
 * bag - an archive that pack_write made, read again.  Nothing of it is
 * believed: it may be damaged, or made by somebody else.
 *
 * It is cut into segments, which begin with a member: with an index these
 * are frames, and any thread may read any of them; without one (gzip, none,
 * a bag packed by others) there is one segment, which is all of it.
 */
struct bag;

/* fd is borrowed, a regular file.  -1: the index at its end is damaged. */
int	bag_open(struct bag **out, int fd, struct err *err);
void	bag_close(struct bag *b);			/* NULL allowed */
int	bag_fd(const struct bag *b);
uint64_t bag_size(const struct bag *b);			/* of the file */
size_t	bag_segments(const struct bag *b);
void	bag_segment(const struct bag *b, size_t i, uint64_t *at, uint64_t *n);
bool	bag_indexed(const struct bag *b);

/*
 * walk - the members of a segment, in order.  One thread's; may be used for
 * one segment after the other.
 */
struct bag_walk;
enum bag_part {
	BAG_PAYLOAD,		/* of the tree */
	BAG_TAG,		/* about it: manifest-sha256.txt ... */
};
struct bag_member {
	struct tarr_member tar;
	enum bag_part	 part;
	const char	*name;		/* below data/; of a tag, below BAG/ */
	const char	*hard;		/* the same, of its target */
	struct slice	 path;		/* the true one below the tree */
};

struct bag_walk *bag_walk_new(struct bag *b);
void	bag_walk_free(struct bag_walk *w);		/* NULL allowed */

/*
 * Begin with a segment; or with one whose bytes are here already; or with a
 * place of the index; or with the segment that the place is in.
 */
void	bag_walk_segment(struct bag_walk *w, size_t segment);
void	bag_walk_bytes(struct bag_walk *w, size_t segment,
	    struct slice bytes);			/* borrowed */
void	bag_walk_home(struct bag_walk *w, const struct seek_place *p);
void	bag_walk_place(struct bag_walk *w, const struct seek_place *p);

/*
 * The next one.  Returns 1; 0 at the segment's end; -1 and err: it is
 * damaged, or a name is not of a bag.
 */
int	bag_next(struct bag_walk *w, struct bag_member *m, struct err *err);
struct tarr *bag_tarr(struct bag_walk *w);	/* for the member's bytes */
/* Do bytes that tarr_data gave stay where they are until the walk is over? */
bool	bag_stays(const struct bag_walk *w, struct slice bytes);

size_t	bag_frames_read(const struct bag_walk *w);	/* so far, of all */

/* The member's bytes, all of them; at most max. */
int	bag_text(struct bag_walk *w, uint64_t max, struct buf *out,
	    struct err *err);

/*
 * The places of a true path, an entry's id or a tag file's name.  0 when
 * there is no such, or no index.  The names there have to be compared.
 */
size_t	bag_find(const struct bag *b, struct slice name,
	    const struct seek_place **first);

/* The text of a tag file; returns 1; 0: there is none; -1. */
#define BAG_TEXT_MAX	4294967296	/* bytes; millions of lines */
int	bag_tag(struct bag *b, const char *name, struct buf *out,
	    struct err *err);
#endif
