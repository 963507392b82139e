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
#define GZIP_LEVELS	9	/* from 1; as gzip(1) */
void	codec_free(struct codec *c);			/* NULL allowed */

/* The piece, compressed, appended to out. */
void	codec_pack(struct codec *c, struct slice piece, struct buf *out);

/* A zstd piece of exactly n bytes, appended to out; -1: it is damaged. */
int	codec_unpack(struct codec *c, struct slice packed, size_t n,
	    struct buf *out, struct err *err);

/*
 * gunzip - gzip taken off bytes that come in pieces (RFC 1952).
 *
 * What comes out goes to out, in pieces; memory does not grow with it.
 * gunzip_put says 0; -1 and err: the bytes are damaged, or out said -1.
 */
struct gunzip;
bool	gunzip_is(struct slice begin);		/* do bytes begin as gzip? */
struct gunzip *gunzip_new(void);
void	gunzip_free(struct gunzip *g);		/* NULL allowed */
int	gunzip_put(struct gunzip *g, struct slice in,
	    int (*out)(void *ctx, struct slice bytes, struct err *err),
	    void *ctx, struct err *err);
bool	gunzip_done(const struct gunzip *g);	/* the end was seen */

/* By the end of the name: .gz and .tgz, .tar; all else is zstd. */
enum codec_kind codec_by_name(const char *name);
#endif
