#ifndef ACT_VERIFY_H
#define ACT_VERIFY_H
#include "act/unpack.h"
#include "base/arena.h"

/*
 * verify - an archive is read back from the disk, and every byte of it is
 * compared with what it says about itself: the file with its digest, each
 * frame with its checksum, each member with manifest-sha256.txt, the tag
 * files with tagmanifest-sha256.txt.  Of a file that this run wrote, bytes
 * that are the same have the digest that was taken while they were written.
 */
struct verified {
	const char	*name;		/* below data/ */
	mode_t		 type;		/* S_IFMT bits */
	uint8_t		 sha256[32];	/* of a file's bytes */
};

struct verify {
	/* set by the caller */
	size_t		 threads;	/* 0: one a processor */
	bool		 has_digest;
	uint8_t		 digest[32];	/* of the file, if it is known */
	bool		 own;		/* this run wrote it, and knows */
	uint8_t		 runsum[16];	/* this of it: found stays empty */
	bool		 warm;		/* leave the cached pages alone */
	void		(*differs)(void *ctx, const char *what);
	void		*differs_ctx;
	void		(*progress)(void *ctx, size_t names, uint64_t bytes);
	void		*progress_ctx;

	/* filled in */
	struct verified	*v;		/* in the archive's order */
	size_t		 n, files;
	uint64_t	 bytes;		/* of the files */
	uint8_t		 found[32];	/* digest of the file */
	struct buf	 members;	/* text of members.ndjson */
	size_t		 differences;
	struct verify_state *state;
};

/*
 * Returns 1: all is well; 0: it differs, and differs was called for each;
 * -1: it could not be read at all, or a signal came.
 */
int	bag_verify(struct bag *b, struct verify *v, struct err *err);
void	verify_free(struct verify *v);
#endif
