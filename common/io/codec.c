#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/xalloc.h"
#include "io/codec.h"

#define ZSTD_LEVEL	3	/* as zstd(1) */
#define GZIP_LEVEL	6	/* as gzip(1) */
#define GZIP_BITS	(15 + 16)	/* the largest window, a gzip header */

struct codec {
	enum codec_kind	 kind;
	ZSTD_CCtx	*cctx;
	ZSTD_DCtx	*dctx;
	z_stream	 z;
};

static void
zstd_new(struct codec *c, int level)
{
	c->cctx = ZSTD_createCCtx();
	c->dctx = ZSTD_createDCtx();
	if (c->cctx == NULL || c->dctx == NULL)
		xalloc_die(sizeof(*c));
	ZSTD_CCtx_setParameter(c->cctx, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(c->cctx, ZSTD_c_checksumFlag, 1);
}

struct codec *
codec_new(enum codec_kind kind, int level)
{
	struct codec *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	if (kind == CODEC_ZSTD)
		zstd_new(c, level == 0 ? ZSTD_LEVEL : level);
	if (kind == CODEC_GZIP && deflateInit2(&c->z,
	    level == 0 ? GZIP_LEVEL : level, Z_DEFLATED, GZIP_BITS, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		xalloc_die(sizeof(*c));
	return c;
}

void
codec_free(struct codec *c)
{
	if (c == NULL)
		return;
	ZSTD_freeCCtx(c->cctx);
	ZSTD_freeDCtx(c->dctx);
	if (c->kind == CODEC_GZIP)
		deflateEnd(&c->z);
	free(c);
}

/* Neither can fail with room for the worst. */
static size_t
pack_zstd(struct codec *c, struct slice piece, struct buf *out)
{
	size_t room = ZSTD_compressBound(piece.n), n;

	n = ZSTD_compress2(c->cctx, buf_room(out, room), room, piece.p,
	    piece.n);
	if (ZSTD_isError(n))
		xalloc_die(room);
	return n;
}

static size_t
pack_gzip(struct codec *c, struct slice piece, struct buf *out)
{
	size_t room;

	deflateReset(&c->z);
	room = deflateBound(&c->z, piece.n);
	c->z.next_out = (Bytef *)buf_room(out, room);
	c->z.avail_out = (uInt)room;
	c->z.next_in = (z_const Bytef *)(uintptr_t)piece.p;
	c->z.avail_in = (uInt)piece.n;
	if (deflate(&c->z, Z_FINISH) != Z_STREAM_END)
		xalloc_die(room);
	return room - c->z.avail_out;
}

void
codec_pack(struct codec *c, struct slice piece, struct buf *out)
{
	switch (c->kind) {
	case CODEC_NONE:
		buf_add(out, piece);
		break;
	case CODEC_GZIP:
		out->n += pack_gzip(c, piece, out);
		break;
	case CODEC_ZSTD:
		out->n += pack_zstd(c, piece, out);
		break;
	}
}

int
codec_unpack(struct codec *c, struct slice packed, size_t n, struct buf *out,
    struct err *err)
{
	size_t is = ZSTD_decompressDCtx(c->dctx, buf_room(out, n), n,
	    packed.p, packed.n);

	if (ZSTD_isError(is))
		return err_set(err, ERR_FORMAT, "damaged archive: %s",
		    ZSTD_getErrorName(is));
	if (is != n)
		return err_set(err, ERR_FORMAT,
		    "damaged archive: a frame has another size");
	out->n += n;
	return 0;
}

/*
 * The other way, in pieces.
 */
#define GUNZIP_PIECE	(64 * 1024)

struct gunzip {
	z_stream	 z;
	bool		 done;
	char		 out[GUNZIP_PIECE];
};

bool
gunzip_is(struct slice begin)
{
	return sl_starts(begin, SL("\x1f\x8b\x08"));
}

struct gunzip *
gunzip_new(void)
{
	struct gunzip *g = xcalloc(1, sizeof(*g));

	if (inflateInit2(&g->z, GZIP_BITS) != Z_OK)
		xalloc_die(sizeof(*g));
	return g;
}

void
gunzip_free(struct gunzip *g)
{
	if (g == NULL)
		return;
	inflateEnd(&g->z);
	free(g);
}

int
gunzip_put(struct gunzip *g, struct slice in,
    int (*out)(void *ctx, struct slice bytes, struct err *err), void *ctx,
    struct err *err)
{
	size_t n;
	int r;

	g->z.next_in = (z_const Bytef *)(uintptr_t)in.p;
	g->z.avail_in = (uInt)in.n;
	while (!g->done) {
		g->z.next_out = (Bytef *)g->out;
		g->z.avail_out = sizeof(g->out);
		r = inflate(&g->z, Z_NO_FLUSH);
		g->done = r == Z_STREAM_END;
		if (!g->done && r != Z_OK && r != Z_BUF_ERROR)
			return err_set(err, ERR_FORMAT,
			    "the compressed message is damaged");
		n = sizeof(g->out) - g->z.avail_out;
		if (n > 0 && out(ctx, (struct slice){ g->out, n }, err) == -1)
			return -1;
		if (g->z.avail_in == 0 && g->z.avail_out > 0)
			break;		/* it wants more */
	}
	return 0;
}

bool
gunzip_done(const struct gunzip *g)
{
	return g->done;
}

enum codec_kind
codec_by_name(const char *name)
{
	struct slice s = sl(name);

	if (sl_iends(s, SL(".gz")) || sl_iends(s, SL(".tgz")))
		return CODEC_GZIP;
	return sl_iends(s, SL(".tar")) ? CODEC_NONE : CODEC_ZSTD;
}
