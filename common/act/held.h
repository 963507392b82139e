#ifndef ACT_HELD_H
#define ACT_HELD_H
#include <stdbool.h>
#include "base/err.h"

/*
 * held - what an archive holds, after all of it has been verified: for each
 * file of the tree the digest of its bytes.
 */
struct held;

/*
 * inside: the folder of the archive that the paths below begin at, as the
 * case has it ("BAG/data/sub").  -1 and err: the archive cannot be read, or
 * differs from what it says of itself.
 */
int	held_open(struct held **out, const char *archive, const char *inside,
	    struct err *err);
void	held_free(struct held *h);			/* NULL allowed */

/* Are the bytes of fd those that the archive has under this path? */
bool	held_has(const struct held *h, const char *path, int fd);
#endif
