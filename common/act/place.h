#ifndef ACT_PLACE_H
#define ACT_PLACE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * place - a spool that is about to be changed: its root, the folder beside
 * it where generations and quarantine go, and the lock that keeps rotate,
 * clean and replay of one spool apart.
 *
 * Beside is the folder that holds the spool.  When the spool is a mount
 * point that would be another file system, and it is SPOOL_ASIDE at the
 * spool's root instead.
 */
struct place {
	char	*path;		/* of the spool, absolute, without links */
	char	*base;		/* its last part; points into path */
	char	*beside_path;
	int	 root;		/* -1: the spool is not there */
	int	 beside;	/* -1: not made yet, and nothing is to be changed */
	int	 lock;		/* -1: not locked */
	bool	 mount;		/* the spool is a mount point */
};

/*
 * Look at path; with who, the command's name, also make what is missing and
 * take the lock, which ends with place_close or the process.  A spool that
 * is not there is no error: a rotation may have been killed halfway.
 * ERR_LIMIT: another command has the lock, and err says which.
 */
int	place_open(struct place *p, const char *path, const char *who,
	    struct err *err);
void	place_close(struct place *p);

/* The root again, after it was exchanged. */
int	place_again(struct place *p, struct err *err);

/* Open a folder without following a link; -1 and err. */
int	dir_open(int at, const char *name, struct err *err);

/*
 * Open the folder of path below at, "a/b/c", one name at a time; made are
 * those that are missing (mode 0700, and by root for the owner of the folder
 * above) if make.  An empty path is at itself.
 */
int	dir_below(int at, struct slice path, bool make, struct err *err);

/* Sync a folder; file systems that cannot (SMB) are forgiven. */
int	dir_sync(int fd, const char *what, struct err *err);
#endif
