#ifndef ACT_SKELETON_H
#define ACT_SKELETON_H
#include <stddef.h>
#include "base/err.h"

/*
 * skeleton - the folders of a spool without the files.
 *
 * Each folder gets owner, mode, ACLs and extended attributes of the one it
 * stands for, the root last of all.
 */
#define SKELETON_MAX	100000		/* folders; hashed queues have thousands */

/*
 * Make in the folder to what is in the folder from, and what is in must
 * (paths, parents first; A-Z folded; with the owner and mode of the folder
 * around them) and not in from.  Folders that are there already are kept, so
 * it may be called again.  Each folder that changed is synced.
 *
 * A folder of another file system (ERR_UNSAFE) would stay behind with the
 * old generation; *n counts the folders.
 */
int	skeleton_build(int from, int to, const char *const *must, size_t *n,
	    struct err *err);

/* How many folders that would be; the same errors, and nothing is made. */
int	skeleton_count(int from, size_t *n, struct err *err);

/*
 * Remove the folder and the folders in it.  The first that holds anything
 * else stays, and all around it: -1.
 */
int	skeleton_remove(int at, const char *name, struct err *err);

/*
 * Owner, mode, ACLs and extended attributes of the folder from, to the
 * folder to; only what differs is changed.
 */
int	meta_copy(int from, int to, struct err *err);
#endif
