#ifndef ACT_PLAN_H
#define ACT_PLAN_H
#include "act/inventory.h"
#include "act/pack.h"
#include "base/arena.h"
#include "judge/row.h"

/*
 * plan - what of a tree is packed, and in which order: the files of an entry
 * side by side, so that one is read from one frame; what is alike close
 * together, so that it compresses: a campaign, in it the fields of one format,
 * and of these what has one size, which is often the same but for a name; then
 * what is no entry's.
 */
struct plan_given {
	struct slice	 spool;		/* below the tree; "": the tree */
	struct slice	 path, folder;	/* below the spool */
	uint64_t	 size;
	uint32_t	 campaign;	/* 0: none */
};

struct plan_entry {
	bool		 came;
	struct plan_given is;
	struct pack_entry e;		/* line, when it came before plan_end */
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
	size_t		*alike;		/* those that came, as they are packed */
	size_t		 nalike;
	struct plan_given last;		/* whose words may serve again */
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
 * The nth of the entries, in the order of their paths as far as that is
 * known.  Not each nth has to come.  Another thread may be in plan_files
 * meanwhile.
 */
void	plan_entry(struct plan *p, size_t nth, const struct plan_given *given);

/* All were given. */
void	plan_sort(struct plan *p);

/*
 * After plan_files and plan_sort; those that have no file in the inventory are
 * left out.  only: nothing but these is packed.
 */
void	plan_end(struct plan *p, bool only);

/*
 * What entries.ndjson says of the nth, if it was not left out; before plan_end
 * or after it.
 */
void	plan_line(struct plan *p, size_t nth, const struct row *r);
void	plan_free(struct plan *p);

/* path below tree, "" for tree itself; p NULL: it is not below. */
struct slice	plan_below(struct slice tree, struct slice path);
#endif
