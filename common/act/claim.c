#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "act/claim.h"

#define LINE_MAX_BYTES	64	/* of the first line of a locked file */

/* Is it the file that it was, and unchanged? */
static bool
is_same(int fd, const struct stat *was)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == was->st_ino &&
	    st.st_size == was->st_size &&
	    st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

static const char *
lock_whole(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
		return "its server has it locked";
	/*
	 * A read lease is refused while somebody has it open for writing.
	 * What tells of its end is a signal that nobody needs to catch.
	 */
	(void)fcntl(fd, F_SETSIG, SIGURG);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == -1 && errno == EAGAIN)
		return "it is being written";
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return NULL;
}

/* From the start to the end of the first line. */
static const char *
lock_line(int fd)
{
	char line[LINE_MAX_BYTES];
	ssize_t n = pread(fd, line, sizeof(line), 0);
	const char *lf = n <= 0 ? NULL : memchr(line, '\n', (size_t)n);
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_len = lf == NULL ? 0 : lf - line + 1 };

	return fcntl(fd, F_OFD_SETLK, &l) == -1 ?
	    "its server has it locked" : NULL;
}

/* The file of the entry that its server locks, or NULL. */
static const char *
locked_file(const struct spool_ways *w, const struct turf_entry *e)
{
	size_t i;

	for (i = 0; i < e->nfiles; i++)
		if (sl_iends(sl(e->files[i]), sl(w->lock_on)))
			return e->files[i];
	return NULL;
}

static const char *
lock_other(struct claim *c, struct mover *m, const struct spool_ways *w,
    const struct turf_entry *e)
{
	const char *file = locked_file(w, e);

	if (file == NULL)
		return NULL;
	if ((c->locked = mover_open(m, file, true, &c->err)) == -1)
		return c->err.sys == ENOENT ? "it went away" :
		    "cannot be locked";
	return lock_line(c->locked);
}

const char *
claim_take(struct claim *c, struct mover *m, const struct spool_ways *w,
    const struct turf_entry *e, const struct stat *was)
{
	const char *why;

	*c = (struct claim){ .locked = -1 };
	if ((c->fd = mover_open(m, e->path, false, &c->err)) == -1)
		return c->err.sys == ENOENT ? "it went away" : c->err.msg;
	why = w->lock_on != NULL ? lock_other(c, m, w, e) :
	    lock_whole(c->fd);
	if (why == NULL && !is_same(c->fd, was))
		why = "it changed meanwhile: scan again";
	return why;
}

void
claim_end(struct claim *c)
{
	if (c->fd != -1)
		close(c->fd);
	if (c->locked != -1)
		close(c->locked);
}

bool
claim_runs(const struct spool_ways *w, int root)
{
	bool runs = false;
	int fd;

	if (w->running == NULL || (fd = openat(root, w->running, O_RDONLY |
	    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) == -1)
		return false;
	runs = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	close(fd);
	return runs;
}

bool
claim_works(const struct spool_ways *w, int root, const char *path,
    char who[RUNNING_WHO])
{
	if (w == NULL || w->stop == NULL)
		return false;
	if (claim_runs(w, root)) {
		snprintf(who, RUNNING_WHO, "who has %s locked", w->running);
		return true;
	}
	return running_in(path, who);
}

static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && path[n] == '/';
}

const char *
claim_in_hand(const struct spool_ways *w, const char *path, uint32_t mode)
{
	size_t i;

	for (i = 0; w->has != NULL && w->has[i] != NULL; i++)
		if (is_below(path, w->has[i]))
			return "its server has it in hand: try again, or stop "
			    "the server";
	if (w->ready != 0 && (mode & w->ready) == 0)
		return "it is being received";
	return NULL;
}

bool
claim_unread(const struct spool_ways *w, int root, const char *path)
{
	return w != NULL && w->at_start != NULL &&
	    is_below(path, w->at_start) && claim_runs(w, root);
}
