#ifndef ACT_PLAN_H
#define ACT_PLAN_H
#include "act/inventory.h"
#include "act/pack.h"
#include "base/arena.h"
#include "judge/row.h"

/*
 * plan - what of a tree is packed, and in which order: the files of an entry
 * side by side, entries in the order in which they are given, so that those
 * of a campaign compress together and one is read from one frame; then what
 * is no entry's.
 */
struct plan_entry {
	bool		 came;
	struct slice	 path;		/* below the tree */
	size_t		 entry;		/* of entries; or SIZE_MAX */
};

struct plan {
	struct inv	*inv;
	uint32_t	*order;		/* for struct pack */
	size_t		 n;
	struct pack_entry *entries;
	size_t		 nentries;
	uint32_t	*next_file;	/* of an entry, by node */
	struct plan_paths *paths;

	struct arena	*a;
	struct plan_entry *given;	/* by nth */
	size_t		 ngiven, cap;
	struct buf	 line;
};

void	plan_init(struct plan *p);

/*
 * The files, as the inventory has them.  tree is where it was made; it is
 * asked which files make an entry, if it is a spool.  format NULL: each driver
 * is asked.
 */
void	plan_files(struct plan *p, struct inv *inv, const char *tree,
	    const char *format);

/*
 * The nth entry of those that are packed: its path; spool is its spool's path
 * below the tree, "" for the tree.  They may come in any order, and not each
 * nth has to.  Another thread may be in plan_files meanwhile.
 */
void	plan_entry(struct plan *p, size_t nth, struct slice spool,
	    struct slice path);

/*
 * All were given; those that have no file in the inventory are left out.
 * only: nothing but these is packed.
 */
void	plan_end(struct plan *p, bool only);

/* What entries.ndjson says of the nth, if it was not left out. */
void	plan_line(struct plan *p, size_t nth, const struct row *r);
void	plan_free(struct plan *p);

/* path below tree, "" for tree itself; p NULL: it is not below. */
struct slice	plan_below(struct slice tree, struct slice path);
#endif
