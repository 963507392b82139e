#ifndef ACT_ROTATE_H
#define ACT_ROTATE_H
#include "case/case.h"

/*
 * rotate - put a fresh skeleton in the spool's place and keep the old tree
 * beside it, as its generation: Imcdata.20261121T0755Z.
 *
 * The skeleton is built under the generation's name, then both names are
 * exchanged in one step (renameat2): its server never misses a folder, and
 * after a crash at any moment both names are right.  At a mount point the
 * folders at the top are exchanged one by one, with SPOOL/.spoolkit/NAME.
 * Where the file system cannot exchange it takes two renames, between which
 * there is no spool; a run that was killed there is completed by the next.
 */
struct rotate {
	const char	*format;	/* asked: NULL, ask each driver */
	struct slice	 args;		/* for the ledger */
	unsigned	 wait;		/* seconds for what lies in Pickup */
	bool		 commit;	/* no: only the plan */

	char		*spool;		/* told, absolute; rotate_free */
	char		*generation;	/* where the old tree is, or would be */
	char		 kind[16];	/* "ims55" */
	size_t		 folders;	/* in the skeleton */
	size_t		 returned;	/* replayed, and never taken */
	bool		 by_folder;	/* a mount point */
	bool		 completed;	/* an earlier run's, by this one */
	bool		 renamed;	/* the file system cannot exchange */
};

/*
 * -1 and err: ERR_USAGE, the format has no safe way, and what to do instead;
 * ERR_LIMIT, another command has the spool; others.  Either nothing was
 * changed then, or the next run completes it.
 */
int	rotate_spool(struct casefile *c, const char *path, struct rotate *r,
	    struct err *err);
void	rotate_free(struct rotate *r);

/*
 * May a server have the tree, or a tree in it, as its spool?  One that could
 * be rotated is taken for such, but for an old generation: that has a time
 * behind its name, or "_old" as KB836500 has it.
 */
bool	rotate_is_live(const char *tree, const char *format);
#endif
