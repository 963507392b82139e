#include <stdlib.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "judge/id.h"
#include "judge/single.h"
#include "site/beside.h"

struct single *
single_new(bool types)
{
	struct single *s = xcalloc(1, sizeof(*s));

	s->arena = arena_new();
	s->charsets = charsets_new();
	s->sha = sha256_new();
	if (types)
		s->magics = magics_new();
	return s;
}

void
single_free(struct single *s)
{
	if (s == NULL)
		return;
	judge_free(s->judge);
	intern_free(s->strings);
	spool_found_close(&s->found);
	buf_free(&s->bytes);
	magics_free(s->magics);
	sha256_free(s->sha);
	charsets_free(s->charsets);
	arena_free(s->arena);
	free(s);
}

static void
add_piece(void *ctx, struct slice piece)
{
	sha256_add(ctx, piece);
}

/* Digest and id; without them it can be shown all the same. */
static void
name_it(struct single *s)
{
	struct record *rec = &s->rec;
	char *id = arena_alloc(s->arena, ID_CHARS);
	struct err err;

	sha256_start(s->sha);
	if (s->read(s->from, add_piece, s->sha, &err) == -1) {
		record_problem(rec, s->arena, arena_dup(s->arena,
		    sl(err.msg)));
		return;
	}
	sha256_end(s->sha, rec->sha256);
	rec->has_digest = true;
	id_make(s->sha, rec->sha256, rec->queue_id.n > 0 ? rec->queue_id :
	    sl(s->found.e.name), id);
	rec->id = (struct slice){ id, ID_CHARS };
}

static int
read_found(void *from, single_piece *piece, void *ctx, struct err *err)
{
	struct single *s = from;

	return spool_bytes(s->found.rd, &s->msg, piece, ctx, err);
}

static int
read_found_text(void *from, single_text_piece *piece, void *ctx,
    struct err *err)
{
	struct single *s = from;

	return spool_text(s->found.rd, &s->msg, piece, ctx, err);
}

int
single_open(struct single *s, const char *file, const char *format,
    struct err *err)
{
	struct spool_found *f = &s->found;

	if (spool_find(f, s->arena, file, format, err) == -1)
		return -1;
	if (spool_found_load(f, &s->msg, err) == -1)
		return err_at(err, "%s", file);
	s->read = read_found;
	s->read_text = read_found_text;
	s->from = s;
	s->rec = (struct record){ .spool = spool_path(f->sp),
	    .format = spool_format(f->sp), .folder = f->e.folder,
	    .path = sl(f->e.path) };
	if (s->msg.part > 0 || f->has_offset)
		s->rec.path = arena_fmt(s->arena, "%s@%llu", f->e.path,
		    (unsigned long long)s->msg.offset);
	record_read(&s->rec, s->arena, s->charsets, &s->msg, true);
	record_contents(&s->rec, s->arena, s->charsets, s->magics, &s->msg);
	name_it(s);
	return 0;
}

void
single_judge(struct single *s, struct site *site, struct buf *why)
{
	s->strings = intern_new();
	s->facts = facts_make(&s->rec, s->arena, s->strings, NULL);
	if (why != NULL) {
		site_beside(site, &s->rec.spool, &s->rec.format, 1, why);
		judge_guess(site, s->strings, &s->facts, 1, why);
	}
	s->judge = judge_new(site, s->strings, &s->facts, 1);
	judge_all(s->judge);
}

/* One byte more than the limit tells that there is more. */
static int
keep_piece(void *ctx, struct slice piece, struct err *err)
{
	struct buf *b = ctx;

	(void)err;
	buf_add(b, sl_first(piece, SINGLE_MAX + 1 - b->n));
	return 0;
}

struct slice
single_text(struct single *s, bool *cut)
{
	struct slice text = record_text(&s->msg), all;
	struct err err;

	*cut = s->msg.cut;
	if (!s->msg.cut || (s->bytes.n == 0 &&
	    s->read_text(s->from, keep_piece, &s->bytes, &err) == -1))
		return text;
	all = sl_from(buf_sl(&s->bytes), (size_t)(text.p - s->msg.text.p));
	*cut = s->bytes.n > SINGLE_MAX;
	return sl_first(all, SINGLE_MAX);
}
