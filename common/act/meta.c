#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "act/skeleton.h"
#include "base/buf.h"

#define XATTR_LIST	(64 * 1024)	/* bytes; XATTR_LIST_MAX of Linux */
#define XATTR_BYTES	(64 * 1024)	/* of one value; XATTR_SIZE_MAX */

/* The names, each ended by NUL; none where there are no attributes. */
static int
list_names(int fd, struct buf *names, struct err *err)
{
	ssize_t n;

	names->n = 0;
	n = flistxattr(fd, buf_room(names, XATTR_LIST), XATTR_LIST);
	if (n == -1 && errno != ENOTSUP)
		return err_sys(err, "extended attributes");
	names->n = n == -1 ? 0 : (size_t)n;
	return 0;
}

static ssize_t
get(int fd, const char *name, struct buf *value)
{
	ssize_t n;

	value->n = 0;
	n = fgetxattr(fd, name, buf_room(value, XATTR_BYTES), XATTR_BYTES);
	value->n = n == -1 ? 0 : (size_t)n;
	return n;
}

/* An ACL that the folder got from its new parent, and the old had not. */
static int
drop_extra(int from, int to, struct buf *names, struct buf *value,
    struct err *err)
{
	size_t i;

	if (list_names(to, names, err) == -1)
		return -1;
	for (i = 0; i < names->n; i += strlen(names->p + i) + 1)
		if (get(from, names->p + i, value) == -1 &&
		    errno == ENODATA &&
		    fremovexattr(to, names->p + i) == -1)
			return err_sys(err, "%.100s", names->p + i);
	return 0;
}

static int
set_all(int from, int to, struct buf *names, struct buf *value,
    struct buf *now, struct err *err)
{
	const char *name;
	size_t i;

	if (list_names(from, names, err) == -1)
		return -1;
	for (i = 0; i < names->n; i += strlen(name) + 1) {
		name = names->p + i;
		if (get(from, name, value) == -1) {
			if (errno == ENODATA)
				continue;
			return err_sys(err, "%.100s", name);
		}
		if (get(to, name, now) != -1 &&
		    sl_eq(buf_sl(now), buf_sl(value)))
			continue;
		if (fsetxattr(to, name, value->p, value->n, 0) == -1)
			return err_sys(err, "%.100s", name);
	}
	return 0;
}

static int
copy_xattrs(int from, int to, struct err *err)
{
	struct buf names = { 0 }, value = { 0 }, now = { 0 };
	int r;

	r = drop_extra(from, to, &names, &value, err);
	if (r == 0)
		r = set_all(from, to, &names, &value, &now, err);
	buf_free(&names);
	buf_free(&value);
	buf_free(&now);
	return r;
}

int
meta_copy(int from, int to, struct err *err)
{
	struct stat f, t;

	if (fstat(from, &f) == -1 || fstat(to, &t) == -1)
		return err_sys(err, "stat");
	if ((f.st_uid != t.st_uid || f.st_gid != t.st_gid) &&
	    fchown(to, f.st_uid, f.st_gid) == -1)
		return err_sys(err, "owner %ju:%ju", (uintmax_t)f.st_uid,
		    (uintmax_t)f.st_gid);
	if (copy_xattrs(from, to, err) == -1)
		return -1;
	if (fstat(to, &t) == -1 || (f.st_mode != t.st_mode &&
	    fchmod(to, f.st_mode & 07777) == -1))
		return err_sys(err, "mode");
	return 0;
}
