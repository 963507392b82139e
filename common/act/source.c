#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/source.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "spool/find.h"

struct source {
	struct casefile		*c;
	struct sha256		*sha;
	struct arena		*arena;		/* of what is opened */

	char			*folder;	/* the last file's, and */
	char			*home;		/* the spool above it */

	char			*root;		/* of the spool that is open */
	struct spool		**set;
	size_t			 nset;
	struct spool_reader	*rd;
	struct spool_entry	 e;
	struct spool_found	 found;		/* by its file's name */
	bool			 from_case;
	struct spool_msg	 m;
};

struct source *
source_new(struct casefile *c)
{
	struct source *s = xcalloc(1, sizeof(*s));

	s->c = c;
	s->sha = sha256_new();
	s->arena = arena_new();
	return s;
}

void
source_done(struct source *s)
{
	spool_reader_free(s->rd);
	s->rd = NULL;
	if (s->e.dir != NULL)
		spool_entry_done(&s->e);
	spool_found_close(&s->found);
}

static void
close_root(struct source *s)
{
	size_t i;

	for (i = 0; i < s->nset; i++)
		spool_close(s->set[i]);
	s->nset = 0;
	free(s->root);
	s->root = NULL;
	arena_reset(s->arena);
}

void
source_free(struct source *s)
{
	if (s == NULL)
		return;
	source_done(s);
	close_root(s);
	free(s->folder);
	free(s->home);
	arena_free(s->arena);
	sha256_free(s->sha);
	free(s);
}

static char *
copy(const char *p, size_t n)
{
	char *s = xalloc(n + 1);

	memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

/* The spool above the files of a folder is looked for once. */
static const char *
home_of(struct source *s, struct arena *a, const char *file, size_t folder,
    const char *format)
{
	char *home;

	if (s->folder != NULL && strlen(s->folder) == folder &&
	    memcmp(s->folder, file, folder) == 0)
		return s->home;
	free(s->folder);
	free(s->home);
	s->folder = copy(file, folder);
	home = spool_home(a, file, format);
	s->home = home == NULL ? NULL : copy(home, strlen(home));
	return s->home;
}

void
source_name(struct source *s, struct arena *a, const char *file,
    const char *format, struct source_item *item)
{
	char *real = realpath(file, NULL);
	const char *slash, *home;

	*item = (struct source_item){ .format = format,
	    .path = arena_str(a, sl(file)) };
	if (real == NULL)
		return;
	slash = strrchr(real, '/');
	home = home_of(s, a, real, (size_t)(slash - real), format);
	if (home != NULL) {
		item->root = arena_str(a, sl(home));
		item->path = arena_str(a, sl(real + strlen(home) +
		    (home[1] != '\0')));
	}
	free(real);
}

/* The spool itself; spools below it are others. */
static int
open_root(struct source *s, const struct source_item *item, struct err *err)
{
	if (s->root != NULL && strcmp(s->root, item->root) == 0)
		return 0;
	close_root(s);
	if (spool_open(&s->set, &s->nset, s->arena, item->root, item->format,
	    err) == -1)
		return -1;
	s->root = copy(item->root, strlen(item->root));
	return 0;
}

/* "x.eml#2" is the second message of x.eml, unless there is such a file. */
static const char *
cut_part(struct arena *a, const char *path, char sep, uint64_t max,
    uint64_t *n)
{
	const char *at = strrchr(path, sep);

	if (at == NULL || !sl_num(sl(at + 1), max, n))
		return NULL;
	return arena_str(a, (struct slice){ path, (size_t)(at - path) });
}

struct which {
	bool		 has_part, has_offset;
	uint64_t	 part, offset;
};

static int
look_up(struct source *s, const struct source_item *item, struct arena *a,
    struct which *w, struct err *err)
{
	struct spool *sp = s->set[0];
	const char *file;
	int r = spool_lookup(sp, a, item->path, &s->e, err);

	if (r == 0 && (file = cut_part(a, item->path, '#', UINT32_MAX,
	    &w->part)) != NULL) {
		w->has_part = true;
		r = spool_lookup(sp, a, file, &s->e, err);
	}
	if (r == 0 && (file = cut_part(a, item->path, '@', INT64_MAX,
	    &w->offset)) != NULL) {
		w->has_offset = true;
		w->has_part = false;
		r = spool_lookup(sp, a, file, &s->e, err);
	}
	if (r == 0)
		err_set(err, ERR_FORMAT, "it is not there any more");
	return r == 1 ? 0 : -1;
}

static int
load_part(struct source *s, const struct which *w, struct err *err)
{
	int r;

	while ((r = spool_load(s->rd, &s->m, err)) == 1)
		if ((!w->has_part || s->m.part == w->part) &&
		    (!w->has_offset || s->m.offset == w->offset))
			return 0;
	return r == -1 ? -1 : err_set(err, ERR_FORMAT, "no such message in it");
}

static int
load_here(struct source *s, const struct source_item *item, struct arena *a,
    struct err *err)
{
	struct which w = { .part = 0 };

	if (open_root(s, item, err) == -1 ||
	    look_up(s, item, a, &w, err) == -1)
		return -1;
	s->rd = spool_reader_new(a);
	if (w.has_offset) {
		s->e.off = w.offset;
		s->e.len = 1;
	}
	return spool_start(s->set[0], &s->e, s->rd, err) == -1 ? -1 :
	    load_part(s, &w, err);
}

static int
load_found(struct source *s, const struct source_item *item, struct arena *a,
    struct err *err)
{
	struct buf name = { 0 };
	int r;

	if (item->root != NULL)
		buf_fmt(&name, "%s/", item->root);
	buf_fmt(&name, "%s", item->path);
	buf_addc(&name, '\0');
	r = spool_find(&s->found, a, name.p, item->format, err);
	buf_free(&name);
	return r == -1 ? -1 : spool_found_load(&s->found, &s->m, err);
}

static void
digest(void *ctx, struct slice bytes)
{
	sha256_add(ctx, bytes);
}

/* Are these the bytes that somebody looked at and decided about? */
static int
same_bytes(struct source *s, const uint8_t want[32], struct err *err)
{
	uint8_t is[32];

	sha256_start(s->sha);
	if (spool_bytes(s->rd != NULL ? s->rd : s->found.rd, &s->m, digest,
	    s->sha, err) == -1)
		return -1;
	sha256_end(s->sha, is);
	return memcmp(is, want, sizeof(is)) == 0 ? 0 : err_set(err, ERR_FORMAT,
	    "its bytes are not those that were scanned: scan again");
}

/* The tree is a directory that is there. */
static bool
in_tree(const struct source_item *item)
{
	char path[4096];
	size_t n;

	if (item->root == NULL || (n = strlen(item->root)) + 3 > sizeof(path))
		return false;
	memcpy(path, item->root, n);
	memcpy(path + n, "/.", 3);
	return access(path, F_OK) == 0;
}

int
source_load(struct source *s, const struct source_item *item,
    struct arena *a, struct spool_msg **m, struct err *err)
{
	int r = -1;

	source_done(s);
	*m = &s->m;
	s->from_case = false;
	if (in_tree(item))
		r = load_here(s, item, a, err);
	else if (item->entry == 0)
		r = load_found(s, item, a, err);
	if (r == 0 && item->sha256 != NULL)
		r = same_bytes(s, item->sha256, err);
	if (r == 0 || item->entry == 0)
		return r;
	source_done(s);
	s->from_case = true;		/* it may have an archive of it */
	return case_load(s->c, item->entry, &s->m, err);
}

const char *
source_folder(const struct source *s)
{
	const struct spool_entry *e = s->rd != NULL ? &s->e : &s->found.e;

	return e->folder == NULL ? "" : e->folder;
}

const char *
source_format(const struct source *s)
{
	if (s->rd != NULL)
		return spool_format(s->set[0]);
	return s->found.sp == NULL ? "" : spool_format(s->found.sp);
}

int
source_text(struct source *s,
    int (*piece)(void *ctx, struct slice bytes, struct err *err), void *ctx,
    struct err *err)
{
	if (s->from_case)
		return case_text(s->c, piece, ctx, err);
	return spool_text(s->rd != NULL ? s->rd : s->found.rd, &s->m, piece,
	    ctx, err);
}
