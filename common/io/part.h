#ifndef IO_PART_H
#define IO_PART_H
#include "base/slice.h"

/*
 * part - of an archive of ours (io/seek.h) what lies around one file: a tar
 * in memory that begins with the archive's folders, then has the frame of the
 * file, which has its companions: an entry is not cut in two.
 *
 * path is the file's true one below the tree.  Returns a descriptor; -1: the
 * archive has no such index, or not that file, or it is damaged or too large to
 * be held: whoever reads all of it will be told.
 */
int	part_open(int archive, struct slice path);
#endif
