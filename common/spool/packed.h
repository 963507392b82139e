#ifndef SPOOL_PACKED_H
#define SPOOL_PACKED_H
#include "io/members.h"
#include "spool/spool.h"

/*
 * packed - the walk over the spools of one archive, in the archive's order.
 *
 * Which names are entries, and what each one needs, is settled before.  Then
 * the members go by; one that belongs to an entry of several files waits in
 * memory until the entry is whole.  Where too much waits, what comes later
 * is left for another pass.  Only spool.c and this include it.
 */
struct packed;

#define PACKED_WAIT_MAX	268435456	/* bytes that wait for others */
#define PACKED_PASSES_MAX 16		/* over the archive, behind the first */

/* Where the walk stands. */
struct packed_at {
	size_t		 nth;		/* of the spools */
	struct tree_dir	*dir;
	size_t		 i;		/* in dir; or, when odd is set: */
	const struct tree_name *odd;	/* what has no place in the tree */
	const char	*refused;	/* NULL: one use of each member it
					   needs passes to the caller */
};

/* As spool_driver's entry, for dir->v[i] of the nth spool. */
typedef bool packed_entry(void *ctx, size_t nth, struct tree_dir *dir,
	    size_t i, struct arena *a, struct spool_entry *e);

/*
 * The trees are of one archive, each walked to its end here.  wait_max is
 * PACKED_WAIT_MAX, but for tests.
 */
struct packed *packed_new(struct tree *const *trees, size_t n,
	    uint64_t wait_max, packed_entry *entry, void *ctx);
void	packed_free(struct packed *p);			/* NULL allowed */

/*
 * Returns 1; 0 at the end; -1 and err, "path in the archive: what": this
 * was not read, or not all of it; the walk may go on.
 */
int	packed_next(struct packed *p, struct packed_at *at, struct err *err);

/* The members that an entry needs: its own is the first. */
size_t	packed_needs(struct tree_dir *dir, size_t i,
	    const struct spool_entry *e, struct arena *a, uint64_t **v);
#endif
