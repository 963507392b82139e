#ifndef ACT_EXTRACT_H
#define ACT_EXTRACT_H
#include "act/unpack.h"

/*
 * extract - the tree of a bag, or some of it, put back on disk with its true
 * names and all its metadata.  Nothing leads out of the folder: no absolute
 * path, no "..", no link to the outside; no device is made, and what exists
 * is left alone.
 */
struct extract {
	void		(*left)(void *ctx, struct slice path,
			    const char *why);	/* not extracted, or not with
						   all its metadata */
	void		*ctx;
	void		(*progress)(void *ctx, size_t names, uint64_t bytes);
	void		*progress_ctx;

	/* filled in */
	size_t		 names;		/* extracted */
	uint64_t	 bytes;
	size_t		 frames;	/* of the archive, that were read */
};

/*
 * All of it.  The working directory is dir afterwards.  with_root: dir gets
 * the owner, mode and times of the tree's folder.  Of a damaged archive that
 * has an index, what can be read: left is told where the rest was.
 */
int	bag_extract(struct bag *b, int dir, bool with_root,
	    struct extract *x, struct err *err);

/*
 * What name means: a path below the tree, an entry's id or its beginning,
 * with all files of the entry.  Returns 1; 0: there is no such; -1.
 */
int	bag_extract_name(struct bag *b, int dir, const char *name,
	    struct extract *x, struct err *err);
#endif
