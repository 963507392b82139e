#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "io/tarw.h"
#include "io/ustar.h"

struct tarw {
	struct archive	*a;		/* writes */
	struct archive	*disk;		/* knows attributes and owners */
	struct archive_entry *e;
	locale_t	 utf8;		/* names go out as UTF-8 */
	tarw_out	*out;
	void		*ctx;
	struct buf	 head;		/* of an ordinary file */
	bool		 ordinary;	/* it is one, and so many bytes of it */
	uint64_t	 left, pad;	/* are to come, and zeros behind them */
};

static la_ssize_t
on_bytes(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct tarw *t = ctx;

	(void)a;
	if (t->out != NULL)
		t->out(t->ctx, (struct slice){ p, n });
	return (la_ssize_t)n;
}

/* GNU tar warns of keywords that it does not know: only its own are used. */
struct tarw *
tarw_new(tarw_out *out, void *ctx)
{
	struct tarw *t = xcalloc(1, sizeof(*t));

	t->out = out;
	t->ctx = ctx;
	t->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	t->a = archive_write_new();
	t->disk = archive_read_disk_new();
	t->e = archive_entry_new();
	if (t->a == NULL || t->disk == NULL || t->e == NULL ||
	    archive_write_set_format_pax(t->a) != ARCHIVE_OK ||
	    archive_write_set_format_option(t->a, "pax", "xattrheader",
	    "SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(t->a, 0) != ARCHIVE_OK ||
	    archive_write_open(t->a, t, NULL, on_bytes, NULL) != ARCHIVE_OK)
		xalloc_die(sizeof(*t));
	archive_read_disk_set_standard_lookup(t->disk);
	return t;
}

void
tarw_free(struct tarw *t)
{
	if (t == NULL)
		return;
	t->out = NULL;			/* no end of archive from here */
	archive_write_free(t->a);
	archive_read_free(t->disk);
	archive_entry_free(t->e);
	if (t->utf8 != (locale_t)0)
		freelocale(t->utf8);
	buf_free(&t->head);
	free(t);
}

static int
fail(struct archive *a, struct err *err)
{
	const char *why = archive_error_string(a);

	return err_set(err, ERR_SYS, "cannot be packed: %s",
	    why == NULL ? "no reason given" : why);
}

static bool
has_attributes(const struct tarw_member *m)
{
	return (m->fd != -1 ? flistxattr(m->fd, NULL, 0) :
	    m->path != NULL ? llistxattr(m->path, NULL, 0) : 0) != 0;
}

static bool
may_have_holes(const struct stat *st)
{
	return S_ISREG(st->st_mode) &&
	    (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
}

/* Most files have no attributes and no holes: what is not there costs. */
static int
what_to_ask(const struct tarw_member *m)
{
	int flags = ARCHIVE_READDISK_NO_FFLAGS;

	if (!has_attributes(m))
		flags |= ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_ACL;
	if (!may_have_holes(&m->st))
		flags |= ARCHIVE_READDISK_NO_SPARSE;
	return flags;
}

/*
 * What our own members are made of has no file.  The default ACL of a folder
 * is asked for by a path only, whatever descriptor there is.
 */
static int
describe(struct tarw *t, const struct tarw_member *m)
{
	char path[32];

	if (m->fd == -1 && m->path == NULL) {
		archive_entry_copy_stat(t->e, &m->st);
		return ARCHIVE_OK;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", m->fd);
	if (m->path != NULL)
		archive_entry_copy_sourcepath(t->e, m->path);
	else if (S_ISDIR(m->st.st_mode))
		archive_entry_copy_sourcepath(t->e, path);
	archive_read_disk_set_behavior(t->disk, what_to_ask(m));
	return archive_read_disk_entry_from_file(t->disk, t->e, m->fd,
	    &m->st);
}

static void
set_links(struct archive_entry *e, const struct tarw_member *m)
{
	if (m->target != NULL && utf8_valid(sl(m->target)))
		archive_entry_copy_symlink(e, m->target);
	else if (m->target != NULL) {
		archive_entry_copy_symlink(e, "~odd");
		archive_entry_xattr_add_entry(e, TARW_TARGET, m->target,
		    sl(m->target).n + 1);
	}
	if (m->hard != NULL) {
		archive_entry_copy_hardlink(e, m->hard);
		archive_entry_set_size(e, 0);
		archive_entry_sparse_clear(e);
	}
	if (m->true_name != NULL)
		archive_entry_xattr_add_entry(e, TARW_NAME, m->true_name,
		    sl(m->true_name).n);
}

/* Of no use in another place, and unknown to GNU tar. */
static void
drop_local(struct archive_entry *e)
{
	archive_entry_set_dev(e, 0);
	archive_entry_set_ino(e, 0);
	archive_entry_set_nlink(e, 1);
	archive_entry_unset_atime(e);
	archive_entry_unset_ctime(e);
	archive_entry_unset_birthtime(e);
}

/*
 * A file with nothing special about it is put without libarchive, which goes
 * a long way for two blocks.
 */
static bool
put_ordinary(struct tarw *t, const struct tarw_member *m)
{
	const struct stat *st = &m->st;

	t->head.n = 0;
	if (m->fd == -1 || !S_ISREG(st->st_mode) || m->hard != NULL ||
	    m->true_name != NULL || may_have_holes(st) ||
	    has_attributes(m) || !ustar_header(&t->head, m->name, st,
	    archive_read_disk_uname(t->disk, st->st_uid),
	    archive_read_disk_gname(t->disk, st->st_gid)))
		return false;
	t->out(t->ctx, buf_sl(&t->head));
	t->left = (uint64_t)st->st_size;
	t->pad = -t->left % USTAR_BLOCK;
	return true;
}

static void
put_zeros(struct tarw *t, uint64_t n)
{
	static const char zeros[64 * 1024];
	struct slice s;

	for (; n > 0; n -= s.n) {
		s = (struct slice){ zeros, n < sizeof(zeros) ? (size_t)n :
		    sizeof(zeros) };
		t->out(t->ctx, s);
	}
}

int
tarw_begin(struct tarw *t, const struct tarw_member *m, struct err *err)
{
	locale_t was = (locale_t)0;
	int r;

	if ((t->ordinary = put_ordinary(t, m)))
		return 0;
	if (t->utf8 != (locale_t)0)
		was = uselocale(t->utf8);
	archive_entry_clear(t->e);
	archive_entry_copy_pathname(t->e, m->name);
	r = describe(t, m);
	if (r >= ARCHIVE_WARN) {
		set_links(t->e, m);
		drop_local(t->e);
		r = archive_write_header(t->a, t->e);
	}
	if (t->utf8 != (locale_t)0)
		uselocale(was);
	return r >= ARCHIVE_WARN ? 0 : fail(
	    archive_error_string(t->a) != NULL ? t->a : t->disk, err);
}

int
tarw_bytes(struct tarw *t, struct slice bytes, struct err *err)
{
	if (t->ordinary) {
		if (bytes.n > t->left)
			bytes = sl_first(bytes, (size_t)t->left);
		t->out(t->ctx, bytes);
		t->left -= bytes.n;
		return 0;
	}
	if (bytes.n > 0 && archive_write_data(t->a, bytes.p, bytes.n) < 0)
		return fail(t->a, err);
	return 0;
}

int
tarw_done(struct tarw *t, struct err *err)
{
	if (t->ordinary) {
		put_zeros(t, t->left + t->pad);
		return 0;
	}
	return archive_write_finish_entry(t->a) == ARCHIVE_FATAL ?
	    fail(t->a, err) : 0;
}
