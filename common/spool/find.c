#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/part.h"
#include "spool/driver.h"
#include "spool/find.h"

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* "mbox@4096" where no file has that name: the offset, and the file. */
static const char *
cut_offset(struct spool_found *f, struct arena *a, const char *file)
{
	const char *at = strrchr(file, '@');

	if (at == NULL || is_file(file) ||
	    !sl_num(sl(at + 1), INT64_MAX, &f->offset))
		return file;
	f->has_offset = true;
	return arena_str(a, (struct slice){ file, (size_t)(at - file) });
}

/* The folder above path, in place; false: there is none. */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash[1] == '\0')
		return false;
	slash[slash == path] = '\0';
	return true;
}

/* Of equals the outermost, since companions may lie in a folder beside. */
char *
spool_home(struct arena *a, const char *file, const char *format)
{
	char *dir = arena_str(a, sl(file)), *best = NULL;
	struct err err;
	int bid, most = 1;
	size_t i;

	for (i = 0; i < FIND_LEVELS && go_up(dir); i++)
		if ((bid = spool_bid(dir, format, &err)) >= most) {
			best = arena_str(a, sl(dir));
			most = bid;
		}
	return best;
}

const char *
spool_find_root(struct arena *a, const char *file, const char *format)
{
	struct spool_found f = { .n = 0 };
	const char *named = file;
	char *whole, *home;

	file = cut_offset(&f, a, file);
	if ((whole = realpath(file, NULL)) == NULL)
		return named;
	home = spool_home(a, whole, format);
	free(whole);
	return home != NULL ? home : named;
}

/* Keep the only spool in set that is this folder itself. */
static int
open_home(struct spool_found *f, struct arena *a, const char *home,
    const char *format, const char *file, struct err *err)
{
	const char *below = file + strlen(home) + (home[1] != '\0');

	if (spool_open(&f->set, &f->n, f->keep, home, format, err) == -1)
		return -1;
	if (f->n != 1)
		return 0;
	f->sp = f->set[0];
	return spool_lookup(f->sp, a, below, &f->e, err);
}

/* Does the entry's full name say file? */
static bool
is_named(const struct spool_found *f, const struct spool_entry *e,
    const char *file)
{
	const char *path = spool_path(f->set[e->nth]);
	size_t n = strlen(path);

	if (strncmp(path, file, n) != 0)
		return false;
	file += n;
	while (*file == '/')
		file++;
	return strcmp(e->path, file) == 0;
}

/* Of an archive: is there another message behind the one that was taken? */
static bool
has_another(struct spool_found *f, struct arena *a)
{
	struct spool_entry e;
	struct err err;

	if (f->e.nheld == 0 || spool_next(f->set[0], a, &e, &err) != 1)
		return false;
	spool_entry_done(&e);
	return true;
}

static int
not_the_only(const char *file, const char *name, struct err *err)
{
	return err_set(err, ERR_USAGE, "%s: several messages in it: "
	    "name one, as %s (spoolscan -0 lists them)", file, name);
}

/*
 * By a walk: the entry of that name, or, with only, the first one, which
 * has to be all there is in a file.
 */
static int
walk_to(struct spool_found *f, struct arena *a, const char *file, bool only,
    struct err *err)
{
	struct spool_entry e;
	struct err why;
	int r;

	while ((r = spool_next(f->set[0], a, &e, &why)) != 0) {
		if (r == -1) {
			*err = why;
			continue;
		}
		if (only || is_named(f, &e, file)) {
			f->e = e;
			f->sp = f->set[e.nth];
			if (only && has_another(f, a))
				return not_the_only(file, "archive/file", err);
			return 1;
		}
		spool_entry_done(&e);
	}
	return err->code == ERR_NONE ? 0 : -1;
}

/* The regular file that path leads into, or NULL: an archive. */
static char *
archive_of(struct arena *a, const char *path)
{
	char *p = arena_str(a, sl(path));

	while (go_up(p))
		if (is_file(p))
			return p;
	return NULL;
}

static int
open_and_walk(struct spool_found *f, struct arena *a, const char *path,
    const char *format, const char *file, struct err *err)
{
	err->code = ERR_NONE;
	if (spool_open(&f->set, &f->n, f->keep, path, format, err) == -1)
		return -1;
	return walk_to(f, a, file, path == file, err);
}

static void
close_set(struct spool_found *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		spool_close(f->set[i]);
	f->n = 0;
	f->sp = NULL;
}

/* A descriptor of the part of our archive that file, BAG/data/..., is in. */
static int
open_part(const char *archive, const char *file)
{
	struct slice path = sl(file + strlen(archive) + 1), part;
	int fd, got = -1;

	if (!sl_cut(&path, '/', &part) || !sl_cut(&path, '/', &part) ||
	    !sl_eq(part, SL("data")))
		return -1;
	if ((fd = open(archive, O_RDONLY | O_CLOEXEC)) != -1) {
		got = part_open(fd, path);
		close(fd);
	}
	return got;
}

/*
 * By the index of an archive of ours, when the format is known: which one it
 * is all names together would say.  False: all of it has to be read.
 */
static bool
look_in_part(struct spool_found *f, struct arena *a, const char *archive,
    const char *file, const char *format)
{
	struct err err = { .code = ERR_NONE };
	int fd = format == NULL ? -1 : open_part(archive, file);

	if (fd == -1)
		return false;
	if (spool_open_part(&f->set, &f->n, f->keep, archive, fd, format,
	    &err) == 0 && walk_to(f, a, file, false, &err) == 1)
		return true;
	close_set(f);
	return false;
}

static int
look(struct spool_found *f, struct arena *a, const char *file,
    const char *format, struct err *err)
{
	char *whole = realpath(file, NULL), *home = NULL, *archive;
	int r = 0;

	if (whole == NULL && errno == ENOTDIR &&
	    (archive = archive_of(a, file)) != NULL)
		return look_in_part(f, a, archive, file, format) ? 1 :
		    open_and_walk(f, a, archive, format, file, err);
	if (whole == NULL)
		return err_sys(err, "%s: cannot open", file);
	if (!is_file(whole)) {
		free(whole);
		return err_set(err, ERR_USAGE, "%s: not a file; spoolscan "
		    "looks at whole spools", file);
	}
	home = spool_home(a, whole, format);
	if (home != NULL)
		r = open_home(f, a, home, format, arena_str(a, sl(whole)),
		    err);
	free(whole);
	if (r != 0)
		return r;
	close_set(f);
	return open_and_walk(f, a, file, format, file, err);
}

/* One message of a file that is read in ranges. */
static void
set_range(struct spool_found *f)
{
	f->e.off = f->e.len = 0;
	if (f->has_offset && spool_driver_of(f->sp)->range != 0) {
		f->e.off = f->offset;
		f->e.len = 1;
	}
}

int
spool_find(struct spool_found *f, struct arena *a, const char *file,
    const char *format, struct err *err)
{
	int r;

	*f = (struct spool_found){ .keep = arena_new(), .a = a };
	file = cut_offset(f, a, file);
	if ((r = look(f, a, file, format, err)) == 0)
		err_set(err, ERR_FORMAT, "%s: no message of that name", file);
	if (r != 1) {
		spool_found_close(f);
		return -1;
	}
	set_range(f);
	f->packed = f->e.nheld > 0;
	f->rd = spool_reader_new(a);
	return 0;
}

void
spool_found_done(struct spool_found *f)
{
	if (f->e.dir != NULL)
		spool_entry_done(&f->e);
}

int
spool_find_again(struct spool_found *f, const char *path, struct err *err)
{
	const char *at = strrchr(path, '@');
	int r;

	spool_found_done(f);
	if (f->packed)
		return 0;
	f->has_offset = false;
	r = spool_lookup(f->sp, f->a, path, &f->e, err);
	if (r == 0 && at != NULL && sl_num(sl(at + 1), INT64_MAX,
	    &f->offset)) {
		f->has_offset = true;
		r = spool_lookup(f->sp, f->a, arena_str(f->a,
		    (struct slice){ path, (size_t)(at - path) }), &f->e, err);
	}
	if (r == 1)
		set_range(f);
	return r;
}

int
spool_found_load(struct spool_found *f, struct spool_msg *m, struct err *err)
{
	struct spool_msg more;
	int r;

	if (spool_start(f->sp, &f->e, f->rd, err) == -1)
		return -1;
	while ((r = spool_load(f->rd, m, err)) == 1)
		if (!f->has_offset || m->offset == f->offset)
			break;
	if (r == 0)
		return err_set(err, ERR_FORMAT, "%s: no message %s", f->e.path,
		    f->has_offset ? "begins there" : "in it");
	if (r == -1 || f->has_offset || m->part == 0)
		return r == -1 ? -1 : 0;
	if (spool_load(f->rd, &more, err) != 0)
		return not_the_only(f->e.path, "file@offset", err);
	if (spool_start(f->sp, &f->e, f->rd, err) == -1)
		return -1;
	return spool_load(f->rd, m, err) == 1 ? 0 : -1;
}

void
spool_found_close(struct spool_found *f)
{
	spool_reader_free(f->rd);
	spool_found_done(f);
	close_set(f);
	arena_free(f->keep);
	*f = (struct spool_found){ .n = 0 };
}
