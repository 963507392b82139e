#ifndef IO_ARCHIVE_H
#define IO_ARCHIVE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * arc - an archive read once from its first member to its last, by
 * libarchive: tar, cpio, zip, 7z, ISO 9660; tar and cpio also in gzip, zstd,
 * xz or bzip2.  What is only compressed, and no archive in there, is one
 * member without a name.  An archive within an archive is a file like others.
 *
 * Nothing is believed of what it says about itself: sizes are hints.
 */
struct arc;

enum arc_type {
	ARC_FILE,
	ARC_DIR,
	ARC_LINK,		/* symbolic */
	ARC_HARD,		/* the bytes of another member; or its own */
	ARC_OTHER,		/* fifo, device */
};

struct arc_member {
	const char	*name;		/* raw; NULL: it cannot be read; it and
					   link until the next arc_next */
	const char	*link;		/* of ARC_HARD: whose bytes */
	enum arc_type	 type;
	uint64_t	 size;		/* as it says; 0 where it does not */
	int64_t		 mtime;		/* the archive's own where it has none */
	bool		 encrypted;
	bool		 single;	/* a compressed file, no archive */
};

/*
 * More bytes than ARC_FREE are read out only while they are at most
 * ARC_RATIO_MAX times those that went in: gzip reaches 1032, a spool full of
 * copies of one message about 100.
 */
#define ARC_FREE	(64 * 1024 * 1024)
#define ARC_RATIO_MAX	500
#define ARC_TOTAL_MAX	1099511627776	/* bytes out: 1 TiB; hours of work */
bool	arc_is_bomb(uint64_t out, uint64_t in);

/*
 * Do the first bytes of the file say that it is one?  Only what no message
 * begins with counts, so that a mail with a zip at its end stays a mail.
 */
bool	arc_sniff(int fd);

/* The same of bytes that were read; an ISO 9660 image is not seen. */
bool	arc_begins(struct slice s);

/* It is, where the file that s was read of can be asked. */
bool	arc_is(struct slice s, int fd);

/* fd is borrowed, and read from its start.  It has to be a regular file. */
int	arc_open(struct arc **a, int fd, struct err *err);
void	arc_close(struct arc *a);			/* NULL allowed */

/*
 * The next member; bytes of the last one that were not read are passed
 * over.  Returns 1; 0 at the end, or when a signal came; -1: damaged, or a
 * limit: there is no next one.
 */
int	arc_next(struct arc *a, struct arc_member *m, struct err *err);

/*
 * The member's extended attributes, one by one, from the first one again after
 * arc_next; name and value until then.  False: no more.
 */
bool	arc_xattr(struct arc *a, struct slice *name, struct slice *value);

/* At most n of the member's bytes; 0 at its end, -1 and err. */
ssize_t	arc_read(struct arc *a, char *p, size_t n, struct err *err);

/* The name of the file without what says that it is an archive. */
struct slice	arc_stem(struct slice name);
#endif
