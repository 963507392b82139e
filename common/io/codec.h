#ifndef IO_CODEC_H
#define IO_CODEC_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * codec - bytes compressed in pieces that stand for themselves: one after
 * the other they are what gzip or zstd would take for one file (RFC 1952
 * 2.2, RFC 8878 3.1), and each can be read without the others.
 *
 * zstd frames tell their size and end in a checksum.
 */
enum codec_kind { CODEC_NONE, CODEC_GZIP, CODEC_ZSTD };

struct codec;
struct codec *codec_new(enum codec_kind kind, int level);  /* 0: the usual */
void	codec_free(struct codec *c);			/* NULL allowed */

/* The piece, compressed, appended to out. */
void	codec_pack(struct codec *c, struct slice piece, struct buf *out);

/* A zstd piece of exactly n bytes, appended to out; -1: it is damaged. */
int	codec_unpack(struct codec *c, struct slice packed, size_t n,
	    struct buf *out, struct err *err);

/* By the end of the name: .gz and .tgz, .tar; all else is zstd. */
enum codec_kind codec_by_name(const char *name);
#endif
