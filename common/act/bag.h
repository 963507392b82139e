#ifndef ACT_BAG_H
#define ACT_BAG_H
#include "act/pack.h"

/*
 * bag - the tag files of a bag (RFC 8493), as text.
 *
 * members.ndjson has a line for each name of the tree, in the archive's
 * order: its path, type, owner, times, inode, and what went wrong.  Prune
 * compares with it what it is about to remove.
 */
struct bag_tag {
	const char	*name;
	/* Its text, made in b or kept by p; sums: lines of those before. */
	struct slice	(*text)(const struct pack *p, const struct buf *sums,
			    struct buf *b);
};
extern const struct bag_tag bag_tags[];		/* ends without a name */

/* "digest  name", as sha256sum prints it. */
void	bag_sum(struct buf *b, const uint8_t sha256[32], struct slice name);

/* The lines of a node that was packed, or could not be; path is for use. */
void	bag_lines(const struct pack *p, uint32_t node, struct buf *path,
	    struct buf *members, struct buf *manifest);

/* Is it in the archive that is being written? */
bool	bag_has(const struct pack *p, const struct inv_node *node);

/* Fill the totals from order[from ... next). */
void	bag_count(struct pack *p, size_t from);
#endif
