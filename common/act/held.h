#ifndef ACT_HELD_H
#define ACT_HELD_H
#include <stdbool.h>
#include "base/err.h"

/*
 * held - what some archives hold, after all of each has been verified: for
 * each file of the tree the digest of its bytes.
 */
struct held;

struct held	*held_new(void);
void		 held_free(struct held *h);		/* NULL allowed */

/*
 * Add one; inside: the folder of the archive that the paths below begin at,
 * as the case has it ("BAG/data/sub").  -1 and err: it cannot be read, or
 * differs from what it says of itself, and nothing of it is taken as held.
 */
int	held_add(struct held *h, const char *archive, const char *inside,
	    struct err *err);

/* Are the bytes of fd those that one of them has under this path? */
bool	held_has(const struct held *h, const char *path, int fd);
#endif
