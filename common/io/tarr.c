#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "io/tarr.h"
#include "io/tarw.h"

struct tarr {
	struct archive	*a;
	struct archive_entry *e;	/* the archive's own */
	locale_t	 utf8;
	tarr_in		*in;
	void		*ctx;
	struct err	 err;		/* of in */
	bool		 opened;
};

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **p)
{
	struct tarr *t = ctx;
	struct slice s = { 0 };

	if (t->in(t->ctx, &s, &t->err) == -1) {
		archive_set_error(a, EIO, "%s", t->err.msg);
		return -1;
	}
	*p = s.p;
	return (la_ssize_t)s.n;
}

struct tarr *
tarr_new(tarr_in *in, void *ctx, bool filters)
{
	struct tarr *t = xcalloc(1, sizeof(*t));

	t->in = in;
	t->ctx = ctx;
	t->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if ((t->a = archive_read_new()) == NULL)
		xalloc_die(sizeof(*t));
	archive_read_support_format_tar(t->a);
	if (filters) {
		archive_read_support_filter_gzip(t->a);
		archive_read_support_filter_zstd(t->a);
	}
	return t;
}

void
tarr_free(struct tarr *t)
{
	if (t == NULL)
		return;
	archive_read_free(t->a);
	if (t->utf8 != (locale_t)0)
		freelocale(t->utf8);
	free(t);
}

static int
fail(struct tarr *t, struct err *err)
{
	const char *why = archive_error_string(t->a);

	if (t->err.code != ERR_NONE) {
		*err = t->err;
		return -1;
	}
	return err_set(err, ERR_FORMAT, "damaged archive: %s",
	    why == NULL ? "it breaks off" : why);
}

static struct slice
attribute(struct archive_entry *e, const char *want)
{
	const char *name;
	const void *value;
	size_t n;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &n) == ARCHIVE_OK)
		if (sl_eq(sl(name), sl(want)))
			return (struct slice){ value, n };
	return (struct slice){ NULL, 0 };
}

static void
describe(struct archive_entry *e, struct tarr_member *m)
{
	struct slice target;

	*m = (struct tarr_member){ .name = archive_entry_pathname(e),
	    .true_name = attribute(e, TARW_NAME),
	    .hard = archive_entry_hardlink(e),
	    .target = archive_entry_symlink(e),
	    .mode = archive_entry_mode(e),
	    .uid = (uid_t)archive_entry_uid(e),
	    .gid = (gid_t)archive_entry_gid(e),
	    .size = archive_entry_size(e) < 0 ? 0 :
	    (uint64_t)archive_entry_size(e),
	    .mtime = { archive_entry_mtime(e), archive_entry_mtime_nsec(e) } };
	target = attribute(e, TARW_TARGET);
	if (target.n > 1 && memchr(target.p, '\0', target.n) ==
	    target.p + target.n - 1)
		m->target = target.p;
	if (m->hard != NULL)
		m->size = 0;
}

static int
next_header(struct tarr *t, struct tarr_member *m)
{
	locale_t was = (locale_t)0;
	int r = ARCHIVE_OK;

	if (t->utf8 != (locale_t)0)
		was = uselocale(t->utf8);
	if (!t->opened)
		r = archive_read_open(t->a, t, NULL, on_read, NULL);
	t->opened = true;
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(t->a, &t->e);
	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		describe(t->e, m);
	if (t->utf8 != (locale_t)0)
		uselocale(was);
	return r;
}

int
tarr_next(struct tarr *t, struct tarr_member *m, struct err *err)
{
	int r = next_header(t, m);

	if (r == ARCHIVE_EOF && t->err.code == ERR_NONE)
		return 0;
	if ((r != ARCHIVE_OK && r != ARCHIVE_WARN) || m->name == NULL)
		return fail(t, err);
	return 1;
}

int
tarr_data(struct tarr *t, struct slice *bytes, uint64_t *at, struct err *err)
{
	const void *p;
	size_t n;
	la_int64_t off;
	int r = archive_read_data_block(t->a, &p, &n, &off);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return fail(t, err);
	if (off < 0)
		return err_set(err, ERR_FORMAT,
		    "damaged archive: a file goes backwards");
	*bytes = (struct slice){ p, n };
	*at = (uint64_t)off;
	return 1;
}

/*
 * On disk.
 */

struct tard {
	struct archive	*a;
};

struct tard *
tard_new(bool dress)
{
	struct tard *d = xcalloc(1, sizeof(*d));

	if ((d->a = archive_write_disk_new()) == NULL)
		xalloc_die(sizeof(*d));
	archive_write_disk_set_options(d->a, ARCHIVE_EXTRACT_OWNER |
	    ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
	    ARCHIVE_EXTRACT_ACL | ARCHIVE_EXTRACT_XATTR |
	    (dress ? 0 : ARCHIVE_EXTRACT_NO_OVERWRITE) |
	    ARCHIVE_EXTRACT_SECURE_NODOTDOT |
	    ARCHIVE_EXTRACT_SECURE_SYMLINKS |
	    ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS);
	archive_write_disk_set_standard_lookup(d->a);
	return d;
}

static int
disk_said(struct tard *d, const char *what, struct err *err)
{
	const char *why = archive_error_string(d->a);
	int sys = archive_errno(d->a);	/* -1: libarchive's own */

	if (why == NULL)
		why = "no reason given";
	err_set(err, ERR_SYS, "%s: %s%s%s", what, why, sys > 0 ? ": " : "",
	    sys > 0 ? strerrordesc_np(sys) : "");
	err->sys = sys;
	return -1;
}

static int
disk_error(struct tard *d, struct err *err)
{
	return disk_said(d, "cannot be extracted", err);
}

/* Our own attributes are names, and go back into names. */
static void
drop_ours(struct archive_entry *e)
{
	struct archive_entry *all = archive_entry_clone(e);
	const char *name;
	const void *value;
	size_t n;

	if (all == NULL)
		xalloc_die(0);
	archive_entry_xattr_clear(e);
	archive_entry_xattr_reset(all);
	while (archive_entry_xattr_next(all, &name, &value, &n) == ARCHIVE_OK)
		if (!sl_eq(sl(name), SL(TARW_NAME)) &&
		    !sl_eq(sl(name), SL(TARW_TARGET)))
			archive_entry_xattr_add_entry(e, name, value, n);
	archive_entry_free(all);
}

static int
put_data(struct tard *d, struct tarr *t, struct err *err)
{
	struct slice s;
	uint64_t at;
	int r;

	while ((r = tarr_data(t, &s, &at, err)) == 1)
		if (archive_write_data_block(d->a, s.p, s.n,
		    (la_int64_t)at) < ARCHIVE_OK)
			return disk_error(d, err);
	return r;
}

int
tard_put(struct tard *d, struct tarr *t, const char *path, const char *hard,
    const char *target, struct err *err)
{
	int r, end;

	archive_entry_copy_pathname(t->e, path);
	if (hard != NULL)
		archive_entry_copy_hardlink(t->e, hard);
	if (target != NULL)
		archive_entry_copy_symlink(t->e, target);
	if (archive_entry_xattr_count(t->e) > 0)
		drop_ours(t->e);
	r = archive_write_header(d->a, t->e);
	if (r < ARCHIVE_WARN)
		return disk_error(d, err);
	if (hard == NULL && archive_entry_size(t->e) > 0 &&
	    put_data(d, t, err) == -1) {
		(void)archive_write_finish_entry(d->a);
		(void)unlink(path);	/* a part of it is no file */
		return -1;
	}
	end = archive_write_finish_entry(d->a);
	if (end < ARCHIVE_WARN)
		return disk_error(d, err);
	if (end == ARCHIVE_OK && r == ARCHIVE_OK)
		return 0;
	(void)disk_said(d, "is there, but not all that the tar says of it",
	    err);
	return 1;
}

int
tard_free(struct tard *d, struct err *err)
{
	int r = 0;

	if (d == NULL)
		return 0;
	if (archive_write_close(d->a) != ARCHIVE_OK)
		r = disk_error(d, err);
	archive_write_free(d->a);
	free(d);
	return r;
}
