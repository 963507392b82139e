#ifndef ACT_MOVER_H
#define ACT_MOVER_H
#include <stdbool.h>
#include "base/err.h"

/*
 * mover - files go from one tree to the same paths of another on the same
 * file system, or are removed.  Folders are made as they are needed (0700);
 * no link in a path is followed, and nothing is overwritten.
 */
#define MOVER_LANES	4	/* folders that are kept open */

struct mover {
	int	 from, to;	/* roots, borrowed; to -1: files are removed */
	struct mover_lane {
		char	*dir;	/* NULL: unused */
		int	 from, to;	/* -1: it is not there */
		bool	 dirty;
	}	 lane[MOVER_LANES];
	unsigned next;
};

void	mover_init(struct mover *m, int from, int to);

/* Returns 1; 0: there is no such file (any more); -1: EEXIST and others. */
int	mover_move(struct mover *m, const char *path, struct err *err);

/* Is the file where it goes? */
int	mover_arrived(struct mover *m, const char *path, bool *there,
	    struct err *err);

/* A descriptor of the file where it comes from; write: for both. */
int	mover_open(struct mover *m, const char *path, bool write,
	    struct err *err);

/* Sync what was changed; the moves so far will last. */
int	mover_sync(struct mover *m, struct err *err);
void	mover_free(struct mover *m);
#endif
