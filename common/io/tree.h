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
 *
 * It may be an archive: then the tree is what the archive holds, listed and
 * found in the same way, and nothing is unpacked.  Files in it can be opened
 * while io/members.h has their bytes.
 */
struct tree;
struct members;

enum tree_type {
	TREE_FILE,
	TREE_DIR,
	TREE_LINK,
	TREE_OTHER,		/* fifo, socket, device */
};

struct tree_name {
	const char	*name;	/* hostile bytes; no '/' and no NUL in it */
	uint64_t	 ino;		/* in an archive: the member's number */
	const char	*refused;	/* an archive's: why it is not opened */
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
 * Open what path is; it may be a link, since the user named it.  It may lead
 * to a folder within an archive.  A folder of the tree as a tree of its own:
 * tree_below.
 */
int	tree_open(struct tree **t, const char *path, struct err *err);

/* The same of an archive of which fd, which passes to it, has a part. */
int	tree_open_part(struct tree **t, const char *path, int fd,
	    struct err *err);
int	tree_below(struct tree **below, struct tree *t, const char *sub,
	    struct err *err);
void	tree_close(struct tree *t);		/* NULL allowed */
const char *tree_path(const struct tree *t);	/* as it was given; where a
						   link to a file leads */
const char *tree_base(const struct tree *t);	/* its last part */
bool	tree_is_file(const struct tree *t);	/* the root is one file */
struct members *tree_members(const struct tree *t);	/* NULL: no archive */
bool	tree_is_name(struct slice s);	/* of something in a folder, and not
					   of the way out of it */

/*
 * The next folder, parents before children.
 * Returns 1; 0 at the end; -1 for a folder that could not be read: err says
 * why, tree_where which, and the walk may go on.
 */
int	tree_next(struct tree *t, struct tree_dir **dir, struct err *err);

/*
 * The walk begins anew, with folders as they are then; those of the root
 * whose names stand in first (NULL after the last, or NULL) are visited
 * before the others, in that order.
 */
void	tree_again(struct tree *t, const char *const *first);

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
 * What the folder says of a name: nothing is opened, and no link followed.
 * Not in an archive.  Returns 1; 0: it went away; -1 and err.
 */
int	tree_stat(const struct tree_dir *dir, const char *name,
	    struct stat *st, struct err *err);

/* Does a path below the root lead to a file now?  Not in an archive. */
bool	tree_has(struct tree *t, const char *path);

/*
 * The file's first n bytes will be read soon, and the last ones, as many as
 * tail says: let the disk begin.  Costs an open, so it is for reads that wait;
 * nothing happens when it cannot be opened.
 */
void	tree_ahead(const struct tree_dir *dir, const char *name, size_t n,
	    size_t tail);

/*
 * The first n bytes, or fewer, of v[i], for a look at what it is; the count,
 * 0 when there are none.  Of an archive some files' beginnings are known,
 * until members are loaded.
 */
size_t	tree_head(const struct tree_dir *dir, size_t i, char *p, size_t n);

/* One user less of an archive's bytes; nothing for a folder. */
void	tree_release(const struct tree_dir *dir, uint64_t member);

/* Read until n bytes or the end, from offset; -1 and err, or the count. */
ssize_t	tree_read(int fd, uint64_t offset, char *p, size_t n, struct err *err);
#endif
