#ifndef ACT_MAKE_H
#define ACT_MAKE_H
#include "act/pack.h"

/*
 * make - archives in their place: written aside, verified there, and
 * published in one step, each with its digest in a file beside it.
 */
struct make {
	struct pack	*pack;		/* ready, but for the bag's name */
	const char	*path;		/* of the archive */
	uint64_t	 split;		/* bytes of one at most; 0: one archive */
	bool		 no_verify;
	void		(*differs)(void *ctx, const char *what);
	void		(*phase)(void *ctx, const char *what);	/* for progress */
	/* One is whole, and about to get its name; -1 and err stops. */
	int		(*ready)(void *ctx, const char *path,
			    const struct pack *p, struct err *err);
	/* It is there; the same. */
	int		(*made)(void *ctx, const char *path,
			    const struct pack *p, struct err *err);
	void		*ctx;
};

/* Can path be written?  Long work should not end in the answer. */
int	make_check(const char *path, struct err *err);

/*
 * -1: nothing is left of the archive that was being written; those of a
 * split that were made before stay.
 */
int	make_archives(struct make *m, struct err *err);

/* What the bag's folder is called, with a NUL. */
void	make_bag_name(const char *path, struct buf *b);

/*
 * The digest that stands in PATH.sha256, as sha256sum(1) writes it.
 * Returns 1; 0: there is no such file; -1: it is not one.
 */
int	make_digest(const char *path, uint8_t sha256[32], struct err *err);

#define DIGEST_SUFFIX	".sha256"
#endif
