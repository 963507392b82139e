#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/slice.h"
#include "io/below.h"

#define SAFE	(O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

/* One name after the other, where the kernel is older than openat2. */
static int
walk(int root, const char *path, int flags, mode_t mode)
{
	struct slice rest = sl(path), part;
	int fd = -1, next;
	char name[NAME_MAX + 1];

	while (sl_cut(&rest, '/', &part)) {
		if (part.n == 0 || part.n > NAME_MAX ||
		    sl_eq(part, SL(".."))) {
			errno = EXDEV;
			next = -1;
		} else {
			memcpy(name, part.p, part.n);
			name[part.n] = '\0';
			next = openat(fd == -1 ? root : fd, name, SAFE |
			    (rest.n == 0 ? flags : O_PATH | O_DIRECTORY),
			    mode);
		}
		if (fd != -1)
			close(fd);
		if ((fd = next) == -1)
			return -1;
	}
	return fd;
}

static int
open_once(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = { .flags = (uint64_t)(flags | SAFE),
	    .mode = flags & O_CREAT ? mode : 0,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		fd = walk(root, path, flags, mode);
	return fd;
}

/* O_NOATIME is for the owner and root only. */
int
below_open(int root, const char *path, int flags, mode_t mode)
{
	int fd;

	if (path[0] == '\0')
		path = ".";
	if ((flags & (O_ACCMODE | O_PATH)) != O_RDONLY)
		return open_once(root, path, flags, mode);
	fd = open_once(root, path, flags | O_NOATIME, mode);
	if (fd == -1 && errno == EPERM)
		fd = open_once(root, path, flags, mode);
	return fd;
}

int
below_parent(int root, const char *path, const char **last)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	*last = slash == NULL ? path : slash + 1;
	if (slash == NULL)
		return below_open(root, "", O_RDONLY | O_DIRECTORY, 0);
	if ((size_t)(slash - path) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	return below_open(root, dir, O_RDONLY | O_DIRECTORY, 0);
}
