#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/xalloc.h"
#include "io/archive.h"

#define BLOCK		(256 * 1024)	/* bytes of the file read at once */
#define TAR_HEADER	512
#define ISO_AT		32768		/* where an ISO image says what it is */

struct arc {
	struct archive	*a;
	locale_t	 utf8;		/* names come out as UTF-8 */
	uint64_t	 size;		/* of the file */
	int64_t		 mtime;
	uint64_t	 out;		/* bytes of members that were read */
	bool		 filtered;	/* compressed as a whole */
	bool		 began;
	bool		 skipped;	/* bytes that are no member */

	/* of the member: */
	struct archive_entry *entry;	/* NULL: none, or a single file */
	const char	*block;		/* the next bytes that are no hole, */
	size_t		 block_n;
	uint64_t	 block_at;	/* and where they belong */
	uint64_t	 pos;		/* what was read already */
	uint64_t	 end;		/* a hole reaches at least to here */
};

/*
 * What begins so is an archive.
 */

static const struct {
	const char	*bytes;
	size_t		 n;
	bool		 filter;
} magics[] = {
	{ "\x1f\x8b", 2, true },
	{ "\x28\xb5\x2f\xfd", 4, true },
	{ "\xfd" "7zXZ\0", 6, true },
	{ "BZh", 3, true },
	{ "PK\3\4", 4, false },
	{ "PK\5\6", 4, false },
	{ "7z\xbc\xaf\x27\x1c", 6, false },
	{ "070701", 6, false },
	{ "070702", 6, false },
	{ "070707", 6, false },
	{ "\xc7\x71", 2, false },
	{ "\x71\xc7", 2, false },
};
#define NMAGICS	(sizeof(magics) / sizeof(magics[0]))

/* A header whose checksum is right; that of an empty block is not looked at. */
static bool
is_tar(const unsigned char *h)
{
	unsigned long sum = 0, says = 0;
	long alt = 0;
	size_t i;

	for (i = 148; i < 156 && (h[i] == ' ' || h[i] == '0'); i++)
		;
	for (; i < 156 && h[i] >= '0' && h[i] <= '7'; i++)
		says = says * 8 + (h[i] - '0');
	if (h[0] == '\0' || says == 0)
		return false;	/* as of any text: it need not be summed up */
	for (i = 0; i < TAR_HEADER; i++) {
		unsigned char c = i >= 148 && i < 156 ? ' ' : h[i];

		sum += c;
		alt += (signed char)c;
	}
	return says == sum || (long)says == alt;
}

static bool
has_magic(const char *p, size_t n, bool *filter)
{
	size_t i;

	for (i = 0; i < NMAGICS; i++)
		if (n >= magics[i].n &&
		    memcmp(p, magics[i].bytes, magics[i].n) == 0) {
			*filter = magics[i].filter;
			return true;
		}
	return false;
}

static bool
begins(struct slice s, bool *filter)
{
	return has_magic(s.p, s.n, filter) || (s.n >= TAR_HEADER &&
	    is_tar((const unsigned char *)s.p));
}

static bool
is_image(int fd)
{
	char iso[7];

	return pread(fd, iso, sizeof(iso), ISO_AT) == sizeof(iso) &&
	    memcmp(iso, "\1CD001\1", sizeof(iso)) == 0;
}

static bool
sniff(int fd, bool *filter)
{
	char head[TAR_HEADER];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	*filter = false;
	if (n <= 0)
		return false;
	return begins((struct slice){ head, (size_t)n }, filter) ||
	    is_image(fd);
}

bool
arc_sniff(int fd)
{
	bool filter;

	return sniff(fd, &filter);
}

bool
arc_begins(struct slice s)
{
	bool filter;

	return begins(s, &filter);
}

/* An image begins with what a machine may boot, or with NULs: no text. */
bool
arc_is(struct slice s, int fd)
{
	return arc_begins(s) ||
	    (sl_find(sl_first(s, TAR_HEADER), SL("\0")) != NULL && is_image(fd));
}

struct slice
arc_stem(struct slice name)
{
	static const char *const ends[] = { ".gz", ".zst", ".xz", ".bz2",
	    ".tgz", ".tzst", ".txz", ".tbz2", ".tbz", ".tar", ".cpio", ".zip",
	    ".7z", ".iso" };
	size_t i, left = 2;	/* .tar.gz is two */

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]) && left > 0; i++)
		if (name.n > strlen(ends[i]) && sl_iends(name, sl(ends[i]))) {
			name.n -= strlen(ends[i]);
			left--;
		}
	return name;
}

/*
 * Reading.
 */

static int
fail(struct arc *a, enum err_code code, struct err *err)
{
	const char *why = archive_error_string(a->a);

	if (why == NULL)
		why = "it breaks off";
	return err_set(err, code, "damaged archive: %.*s",
	    (int)strcspn(why, "\n"), why);
}

static void
support(struct archive *a, bool filter)
{
	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	if (!filter) {
		archive_read_support_format_zip(a);
		archive_read_support_format_7zip(a);
		archive_read_support_format_iso9660(a);
		return;
	}
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
}

int
arc_open(struct arc **out, int fd, struct err *err)
{
	struct arc *a;
	struct stat st;
	bool filter;
	int r;

	if (fstat(fd, &st) == -1 || lseek(fd, 0, SEEK_SET) == -1)
		return err_sys(err, "cannot read");
	if (!sniff(fd, &filter))
		return err_set(err, ERR_FORMAT, "not an archive");
	a = xcalloc(1, sizeof(*a));
	a->size = (uint64_t)st.st_size;
	a->mtime = st.st_mtime;
	a->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if ((a->a = archive_read_new()) == NULL)
		xalloc_die(sizeof(*a));
	support(a->a, filter);
	r = archive_read_open_fd(a->a, fd, BLOCK);
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
		r = fail(a, ERR_FORMAT, err);
		arc_close(a);
		return r;
	}
	a->filtered = archive_filter_count(a->a) > 1;
	*out = a;
	return 0;
}

void
arc_close(struct arc *a)
{
	if (a == NULL)
		return;
	archive_read_free(a->a);
	if (a->utf8 != (locale_t)0)
		freelocale(a->utf8);
	free(a);
}

bool
arc_is_bomb(uint64_t out, uint64_t in)
{
	return out > ARC_FREE && out / ARC_RATIO_MAX > in;
}

/*
 * What came out, beside what went in for it.  Where members are compressed
 * one by one, the whole file is what went in.
 */
static int
check_limits(const struct arc *a, struct err *err)
{
	uint64_t out = a->out, in = a->size, n;

	if (a->filtered) {
		if ((n = (uint64_t)archive_filter_bytes(a->a, 0)) > out)
			out = n;
		in = (uint64_t)archive_filter_bytes(a->a, -1);
	}
	if (arc_is_bomb(out, in))
		return err_set(err, ERR_LIMIT, "unpacks to more than %d times "
		    "its size: the rest is not read", ARC_RATIO_MAX);
	if (out > ARC_TOTAL_MAX)
		return err_set(err, ERR_LIMIT, "unpacks to more than %llu "
		    "bytes: the rest is not read",
		    (unsigned long long)ARC_TOTAL_MAX);
	return 0;
}

/*
 * To the end of the member.  Where that means to decompress it, in pieces,
 * so that a bomb is noticed.
 */
static int
skip_data(struct arc *a, struct err *err)
{
	const void *p;
	size_t n;
	la_int64_t off;
	int r;

	if (!a->began || (!a->filtered &&
	    archive_format(a->a) != ARCHIVE_FORMAT_7ZIP))
		return 0;
	do {
		r = archive_read_data_block(a->a, &p, &n, &off);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		a->out += n;
		if (check_limits(a, err) == -1)
			return -1;
	} while (!sig_stop());
	return r == ARCHIVE_FATAL ? fail(a, ERR_FORMAT, err) : 0;
}

static enum arc_type
type_of(struct archive_entry *e)
{
	if (archive_entry_hardlink(e) != NULL)
		return ARC_HARD;
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:	return ARC_FILE;
	case AE_IFDIR:	return ARC_DIR;
	case AE_IFLNK:	return ARC_LINK;
	default:	return ARC_OTHER;
	}
}

static void
describe(const struct arc *a, struct archive_entry *e, struct arc_member *m)
{
	la_int64_t size = archive_entry_size(e);

	*m = (struct arc_member){ .type = type_of(e),
	    .name = archive_entry_pathname(e),
	    .link = archive_entry_hardlink(e),
	    .size = size < 0 ? 0 : (uint64_t)size,
	    .mtime = archive_entry_mtime_is_set(e) ?
	    archive_entry_mtime(e) : a->mtime,
	    .encrypted = archive_entry_is_data_encrypted(e) == 1,
	    .single = archive_format(a->a) == ARCHIVE_FORMAT_RAW };
	if (m->single) {
		m->name = NULL;
		m->type = ARC_FILE;
	}
}

/* libarchive converts names to the charset of the thread's locale. */
static int
next_header(struct arc *a, struct archive_entry **e, struct arc_member *m)
{
	locale_t was = (locale_t)0;
	int r;

	if (a->utf8 != (locale_t)0)
		was = uselocale(a->utf8);
	while ((r = archive_read_next_header(a->a, e)) == ARCHIVE_RETRY &&
	    !sig_stop())
		a->skipped = true;	/* it looks for the next header */
	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		describe(a, *e, m);
	if (a->utf8 != (locale_t)0)
		uselocale(was);
	return r;
}

int
arc_next(struct arc *a, struct arc_member *m, struct err *err)
{
	bool first = !a->began;
	struct archive_entry *e;
	int r;

	if (!first && archive_format(a->a) == ARCHIVE_FORMAT_EMPTY)
		return 0;
	if (skip_data(a, err) == -1 || check_limits(a, err) == -1)
		return -1;
	if (sig_stop())
		return 0;
	a->began = true;
	a->entry = NULL;
	r = next_header(a, &e, m);
	if (r == ARCHIVE_EOF && first &&
	    archive_format(a->a) == ARCHIVE_FORMAT_EMPTY) {
		*m = (struct arc_member){ .type = ARC_FILE, .single = true,
		    .mtime = a->mtime };
		return 1;
	}
	if (r == ARCHIVE_EOF && a->skipped)
		return err_set(err, ERR_FORMAT,
		    "damaged archive: parts of it are not read");
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return fail(a, ERR_FORMAT, err);
	a->entry = e;
	archive_entry_xattr_reset(e);
	a->block_n = 0;
	a->pos = a->block_at = 0;
	a->end = m->type == ARC_FILE && !m->single ? m->size : 0;
	return 1;
}

bool
arc_xattr(struct arc *a, struct slice *name, struct slice *value)
{
	const void *p;
	const char *s;
	size_t n;

	if (a->entry == NULL ||
	    archive_entry_xattr_next(a->entry, &s, &p, &n) != ARCHIVE_OK)
		return false;
	*name = sl(s);
	*value = (struct slice){ p, n };
	return true;
}

/* The next bytes of the member, or none: its end. */
static int
next_block(struct arc *a, struct err *err)
{
	const void *p;
	la_int64_t at;
	int r;

	do {		/* a block may be empty, and not the last */
		r = archive_read_data_block(a->a, &p, &a->block_n, &at);
	} while ((r == ARCHIVE_OK || r == ARCHIVE_WARN) && a->block_n == 0 &&
	    at >= 0 && (uint64_t)at <= a->pos && !sig_stop());
	if (r == ARCHIVE_EOF) {
		a->block_n = 0;
		a->block_at = a->end;	/* a sparse file's last hole */
		return 0;
	}
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
		a->block_n = 0;
		return fail(a, ERR_FORMAT, err);
	}
	if (at < 0 || (uint64_t)at < a->pos)
		return err_set(err, ERR_FORMAT,
		    "damaged archive: a file goes backwards");
	a->block = p;
	a->block_at = (uint64_t)at;
	return 0;
}

ssize_t
arc_read(struct arc *a, char *p, size_t n, struct err *err)
{
	if (archive_format(a->a) == ARCHIVE_FORMAT_EMPTY)
		return 0;
	if (a->block_n == 0 && a->pos >= a->block_at &&
	    next_block(a, err) == -1)
		return -1;
	if (a->pos < a->block_at) {
		if (n > a->block_at - a->pos)
			n = (size_t)(a->block_at - a->pos);
		memset(p, 0, n);
	} else {
		if (n > a->block_n)
			n = a->block_n;
		if (n > 0) {
			memcpy(p, a->block, n);
			a->block += n;
			a->block_n -= n;
			a->block_at += n;
		}
	}
	a->pos += n;
	a->out += n;
	return check_limits(a, err) == -1 ? -1 : (ssize_t)n;
}
