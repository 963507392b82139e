#ifndef IO_BELOW_H
#define IO_BELOW_H
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Open path, which is relative, below the folder root: no ".." leads out of
 * it and no link is followed, the last one neither.  "" is root itself.
 * O_CLOEXEC, O_NOFOLLOW and O_NONBLOCK are added.  Reading leaves the access
 * time as it was where the system allows that.  -1 and errno: ELOOP or
 * ENOTDIR for a link, EXDEV for a way out.
 */
int	below_open(int root, const char *path, int flags, mode_t mode);

/* The folder that path lies in, and where its last part begins in path. */
int	below_parent(int root, const char *path, const char **last);
#endif
