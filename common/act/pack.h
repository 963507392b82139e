#ifndef ACT_PACK_H
#define ACT_PACK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "act/ahead.h"
#include "act/inventory.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "io/codec.h"
#include "io/seek.h"

/*
 * pack - an inventory becomes a bag (RFC 8493) in a pax tar, compressed.
 *
 *	BAG/data/...			the tree
 *	BAG/bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt
 *	BAG/members.ndjson		a line for each name, also those that
 *					could not be packed, and why
 *	BAG/entries.ndjson		a line for each message
 *
 * The tar is cut into frames of about PACK_FRAME bytes, which begin with a
 * member where that is possible; threads read, hash and compress them, and
 * they are written in their order.  A zstd archive ends in an index
 * (io/seek.h).
 */
#define PACK_FRAME	(1024 * 1024)

struct pack_entry {
	uint32_t	 node;		/* its file */
	struct slice	 id;
	struct slice	 line;		/* a JSON object */
	char		*sum_at, *id_at;	/* in line: to be filled in, */
	struct slice	 native;		/* with its name in the spool,
					   when the file is read; or NULL */
};

struct pack_totals {
	size_t		 files, folders, links, others;
	size_t		 vanished, unreadable, changed, unpackable;
	uint64_t	 bytes;		/* of files, each name counted */
	uint64_t	 packed;	/* of the archive */
	uint64_t	 payload;	/* of it, the frames of data/ */
	uint64_t	 raw;		/* of the tar */
	uint8_t		 sha256[32];	/* of the archive */
	uint8_t		 runsum[16];	/* so too */
};

struct pack {
	/* set by the caller */
	struct inv	*inv;
	const uint32_t	*order;		/* nodes, as they are to be stored */
	size_t		 norder;
	struct pack_entry *entries;
	size_t		 nentries;
	/* Makes their lines, in a thread of its own; NULL: they are made. */
	int		(*lines)(void *ctx, struct err *err);
	void		*lines_ctx;
	const uint32_t	*next_file;	/* by node: of the same entry, or
					   INV_NONE */
	const char	*bag;		/* name of the bag's folder */
	struct slice	 info;		/* lines for bag-info.txt */
	enum codec_kind	 codec;
	int		 level;		/* 0: the usual */
	size_t		 threads;
	struct ahead	*ahead;		/* of the inventory; or NULL */
	uint64_t	 limit;		/* bytes of an archive; 0: none */
	size_t		 volume;	/* from 1; 0: there is one only */
	void		(*progress)(void *ctx, size_t names, uint64_t bytes);
	void		*progress_ctx;

	/* filled in */
	size_t		 next;		/* of order: the first not packed */
	struct pack_totals t;
	struct buf	 members, manifest;	/* lines; during pack_write */
};

/*
 * Write order[next ...] to fd, as many as limit allows, and tell where next
 * is now.  What cannot be read is a line of members.ndjson and a state in
 * the inventory.  -1: fd cannot be written, or a signal came.
 */
int	pack_write(struct pack *p, int fd, struct err *err);
#endif
