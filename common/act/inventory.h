#ifndef ACT_INVENTORY_H
#define ACT_INVENTORY_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * inventory - everything below a folder, by name: files, folders, links and
 * what else there is, with what lstat says.  Nothing is opened but folders,
 * and no link is followed.  What our own commands keep at the root of a spool
 * that is a mount point (SPOOL_ASIDE) is not looked into, and not chosen.
 *
 * Numbers are stable; 0 is the folder itself, parents come before children.
 */
#define INV_NONE	UINT32_MAX
#define INV_MAX		50000000	/* nodes */

/* What became of a node while it was packed. */
enum inv_state {
	INV_FOUND,		/* not yet, or never to be packed */
	INV_PACKED,
	INV_CHANGED,		/* packed, but somebody wrote to it meanwhile */
	INV_VANISHED,		/* normal on a live spool */
	INV_UNREADABLE,
	INV_UNPACKABLE,		/* a socket: tar has no word for it */
};

struct inv_node {
	const char	*name;		/* true bytes, hostile */
	const char	*safe;		/* what a bag calls it; often name itself */
	char		*target;	/* of a link, once it was packed */
	uint32_t	 parent;
	uint32_t	 next_link;	/* another name of the same file */
	uint32_t	 first_link;	/* of these the first; itself; or INV_NONE */
	uint8_t		 state;		/* enum inv_state */
	bool		 chosen;	/* to be packed */
	bool		 with_last;	/* of the same entry or file as the one
					   that is packed before it */
	uint8_t		 sha256[32];	/* of a packed file */
	uint32_t	 volume;	/* of several archives, the one */
	uint32_t	 frame;		/* where it begins in the archive: */
	uint32_t	 at;		/* its header, in the frame's bytes */
	int		 sys;		/* errno of INV_UNREADABLE; of
					   INV_CHANGED: parts are zeros */

	dev_t		 dev;
	ino_t		 ino;
	mode_t		 mode;
	nlink_t		 nlink;
	uid_t		 uid;
	gid_t		 gid;
	dev_t		 rdev;
	uint64_t	 size;
	struct timespec	 mtime, ctime;
};

struct inv {
	/* set by the caller, or NULL: nodes whose folder and state are known */
	void		(*found)(void *ctx, const struct inv *inv,
			    size_t from, size_t to);
	void		*found_ctx;

	/* filled in */
	struct inv_node	*v;
	size_t		 n;
	int		 root;		/* descriptor, borrowed */
	struct arena	*arena;
	size_t		 cap;
	size_t		 odd;		/* names that have a safe one */
};

/*
 * Look at all below root.  A folder that cannot be read is in the list, its
 * state INV_UNREADABLE.  -1: INV_MAX, or a signal came.
 */
int	inv_read(struct inv *inv, int root, struct err *err);
void	inv_free(struct inv *inv);

/* The path below the root, appended to b: true names, or those of a bag. */
void	inv_path(const struct inv *inv, uint32_t i, struct buf *b);
void	inv_safe(const struct inv *inv, uint32_t i, struct buf *b);
bool	inv_is_odd(const struct inv *inv, uint32_t i);	/* they differ */

/* What lstat says, into the node. */
void	inv_stat(struct inv_node *node, const struct stat *st);

/* Is it as it was: the same inode, its size, its times? */
bool	inv_same(const struct inv_node *node, const struct stat *st);

/* A name that a bag can hold: printing UTF-8 without '%' and '\\'. */
bool	inv_name_is_safe(struct slice name);
#endif
