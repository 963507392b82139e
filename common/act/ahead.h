#ifndef ACT_AHEAD_H
#define ACT_AHEAD_H
#include "act/inventory.h"

/*
 * ahead - the files of a tree are read into the page cache as the disk has
 * them, from the moment they are found, while they are packed in another
 * order.
 *
 * It goes no further ahead of what was used than a part of the memory, and
 * only looks here and there as long as all is in memory already.
 */
struct ahead;
struct ahead	*ahead_new(int root);		/* NULL: it goes without */

/* For struct inv: files that were found, in the order of their inodes. */
void		 ahead_found(void *a, const struct inv *inv, size_t from,
		    size_t to);

/* So many bytes of the files were read for good. */
void		 ahead_used(struct ahead *a, uint64_t bytes);	/* NULL allowed */
void		 ahead_end(struct ahead *a);			/* so too */

/*
 * Let the disk begin with the file of the path below root.  Returns false
 * when it need not: it was in memory, or cannot be read.
 */
bool		 ahead_file(int root, const char *path);
#endif
