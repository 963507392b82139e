#ifndef ACT_PRUNE_H
#define ACT_PRUNE_H
#include "act/verify.h"

/*
 * prune - remove from a tree what a verified archive holds, and nothing
 * else: a file goes when inode, size and both times are those that were
 * written down when it was packed, and no process has it open (a write lease
 * is asked for).  Another name of a file that went already has a new ctime:
 * its bytes are compared instead.  Folders go when they are empty, and still
 * the ones that were packed.
 *
 * It goes folder by folder, and may be killed and run again: what is gone
 * is gone.
 */
struct prune {
	/* set by the caller */
	bool		 commit;	/* else it is looked at only */
	bool		 live;		/* all folders stay: a server has them */
	void		(*stays)(void *ctx, struct slice path,
			    const char *why);
	void		*ctx;
	void		(*progress)(void *ctx, size_t names, uint64_t bytes);
	void		*progress_ctx;

	/* filled in */
	size_t		 files, folders;	/* removed, or to be */
	uint64_t	 bytes;
	size_t		 gone;		/* were not there any more */
	size_t		 stay;		/* were told to stays */
	bool		 same;		/* with commit: root is the packed one */
};

/* v: of the archive, which bag_verify found to be well. */
int	bag_prune(const struct verify *v, int root, struct prune *p,
	    struct err *err);
#endif
