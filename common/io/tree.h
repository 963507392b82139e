#ifndef IO_TREE_H
#define IO_TREE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * tree - a directory walked without being led out of it.
 *
 * Everything is opened below the root's descriptor, one name at a time,
 * with O_NOFOLLOW: a link planted anywhere in the tree is seen and not
 * followed.  Only directories and regular files are ever opened.  The
 * access times stay as they were where the system allows that.
 *
 * The root may be one regular file: then the tree is a single folder that
 * holds this file alone.
 */
struct tree;

enum tree_type {
	TREE_FILE,
	TREE_DIR,
	TREE_LINK,
	TREE_OTHER,		/* fifo, socket, device */
};

struct tree_name {
	const char	*name;	/* hostile bytes; no '/' and no NUL in it */
	uint64_t	 ino;
	enum tree_type	 type;
};

/*
 * tree_dir - one folder, listed whole.  Counted: the walk holds one
 * reference until its next step, and whoever keeps a name takes one more.
 * Any thread may read files in it, and drop its reference.
 */
struct tree_dir {
	const char	*path;	/* below the root, "" for the root itself */
	struct tree_name *v;	/* in inode order: as the disk has them */
	size_t		 n;
	bool		 cut;	/* TREE_NAMES_MAX was reached */
};

#define TREE_DEPTH_MAX	64		/* folders; no spool has ten */
#define TREE_NAMES_MAX	20000000	/* in one folder */
#define TREE_PATH_MAX	4096		/* bytes of a folder's path; as PATH_MAX:
					   no other program takes a longer one */

/*
 * Open what path is; it may be a link, since the user named it.  A folder
 * of the tree as a tree of its own: tree_below.
 */
int	tree_open(struct tree **t, const char *path, struct err *err);
int	tree_below(struct tree **below, struct tree *t, const char *sub,
	    struct err *err);
void	tree_close(struct tree *t);		/* NULL allowed */
const char *tree_path(const struct tree *t);	/* as it was given; where a
						   link to a file leads */
const char *tree_base(const struct tree *t);	/* its last part */
bool	tree_is_file(const struct tree *t);	/* the root is one file */

/*
 * The next folder, parents before children.
 * Returns 1; 0 at the end; -1 for a folder that could not be read: err says
 * why, tree_where which, and the walk may go on.
 */
int	tree_next(struct tree *t, struct tree_dir **dir, struct err *err);

/* Its path below the root, "." for the root; until the next tree_next. */
const char *tree_where(const struct tree *t);

/* A folder by its path below the root ("" is the root); one reference. */
int	tree_list(struct tree *t, const char *path, struct tree_dir **dir,
	    struct err *err);

/*
 * The index of a name in the folder, or -1.  The first call sorts; only the
 * thread that walks may call.
 */
ssize_t	tree_dir_find(struct tree_dir *dir, const char *name);

/*
 * The indexes of all names that begin with head, in byte order, into *v
 * (owned by the folder); returns how many.  Companions share the beginning
 * of their names.
 */
size_t	tree_dir_heads(struct tree_dir *dir, const char *head,
	    const uint32_t **v);

struct tree_dir *tree_dir_keep(struct tree_dir *dir);
void	tree_dir_drop(struct tree_dir *dir);

/*
 * Open a regular file of the folder for reading.  Returns a descriptor and
 * fills st, or -1: err->sys is ENOENT when the file went away meanwhile
 * (normal on a live spool), code is ERR_UNSAFE when it is no regular file.
 */
int	tree_file(const struct tree_dir *dir, const char *name,
	    struct stat *st, struct err *err);

/*
 * The file will be read soon: let the disk begin.  Costs an open, so it is
 * for reads that wait; nothing happens when it cannot be opened.
 */
void	tree_ahead(const struct tree_dir *dir, const char *name);

/* Read until n bytes or the end, from offset; -1 and err, or the count. */
ssize_t	tree_read(int fd, uint64_t offset, char *p, size_t n, struct err *err);
#endif
