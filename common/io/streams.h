#ifndef IO_STREAMS_H
#define IO_STREAMS_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "io/tree.h"

/*
 * stream - bytes that a file has beside its own, as extended attributes.
 *
 * NTFS lets a file have named streams.  A copy on another system has them
 * as user.NAME (ntfs-3g) or user.DosStream.NAME:$DATA (Samba); all of
 * user.* is taken for one, but for what Samba keeps of its own there.
 */
struct stream {
	struct slice	 name;	/* as NTFS has it; hostile bytes */
	uint64_t	 size;
	struct slice	 bytes;	/* the first max of it */
};

#define TREE_STREAMS_MAX	16	/* of one file */

/*
 * The streams of a file that tree_file opened, by name, into v; memory is
 * the arena's.  Returns how many; *more: there are others, not listed.
 * A file system without extended attributes has none.
 */
size_t	tree_streams(int fd, struct arena *a, size_t max,
	    struct stream v[TREE_STREAMS_MAX], bool *more);

/*
 * The same of a file of dir that is open as fd.  In an archive fd has bytes
 * only; its streams are there while the member is loaded.  dir NULL: fd's.
 */
size_t	tree_file_streams(const struct tree_dir *dir, const char *name, int fd,
	    struct arena *a, size_t max, struct stream v[TREE_STREAMS_MAX],
	    bool *more);

/*
 * Attributes that are no file's, held in one piece: those that are streams,
 * each once, and one more than are listed.  streams_held: as tree_streams.
 */
void	streams_hold(struct buf *held, struct slice attr, struct slice value);
size_t	streams_held(struct slice held, struct arena *a, size_t max,
	    struct stream v[TREE_STREAMS_MAX], bool *more);
#endif
