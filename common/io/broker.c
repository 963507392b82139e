#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "io/broker.h"

/* What open(2) may be told; all else is not passed on. */
#define OPEN_FLAGS	(O_ACCMODE | O_CREAT | O_EXCL)

enum verb { OPEN, UNLINK, DIAL };

struct request {
	uint32_t	verb, which;
	int32_t		flags;
};

struct broker {
	int			 fd;		/* to the other process */
	pid_t			 pid;
	pthread_mutex_t		 lock;		/* one question at a time */
	char			*path;		/* NULL: no files */
	struct broker_address	 v[BROKER_ADDRESSES];
	size_t			 n;
};

/* Room for one descriptor beside a message. */
union control {
	struct cmsghdr	 head;
	char		 room[CMSG_SPACE(sizeof(int))];
};

/* ---- the other process ---- */

/* false: there is no such file, or its name is too long. */
static bool
name_of(const struct broker *b, uint32_t which, char *out, size_t n)
{
	static const char *const ends[] = { "", "-journal", "-wal", "-shm" };
	const char *slash;
	int len;

	if (b->path == NULL || which >= BROKER_FILES)
		return false;
	slash = strrchr(b->path, '/');
	if (which != BROKER_FOLDER)
		len = snprintf(out, n, "%s%s", b->path, ends[which]);
	else
		len = snprintf(out, n, "%.*s/", (int)(slash - b->path),
		    b->path);
	return len > 0 && (size_t)len < n;
}

/* What is new is as the file itself: its folder may be root's. */
static void
as_the_file(const struct broker *b, int fd)
{
	struct stat st, is;

	if (stat(b->path, &st) == -1 || fstat(fd, &is) == -1 ||
	    is.st_size > 0 || !S_ISREG(is.st_mode))
		return;
	(void)fchmod(fd, st.st_mode & 0777);
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) == -1)
		return;		/* as SQLite: root can read it anyway */
}

static int
do_open(const struct broker *b, const struct request *r)
{
	char name[PATH_MAX];
	int flags = r->flags & OPEN_FLAGS, fd;

	if (!name_of(b, r->which, name, sizeof(name))) {
		errno = EPERM;
		return -1;
	}
	if (r->which == BROKER_FOLDER)
		flags = O_RDONLY | O_DIRECTORY;
	if (r->which == BROKER_MAIN)
		flags &= ~(O_CREAT | O_EXCL);
	fd = open(name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1 && (flags & O_CREAT) != 0)
		as_the_file(b, fd);
	return fd;
}

static int
do_unlink(const struct broker *b, const struct request *r)
{
	char name[PATH_MAX];

	if (r->which == BROKER_MAIN || r->which == BROKER_FOLDER ||
	    !name_of(b, r->which, name, sizeof(name))) {
		errno = EPERM;
		return -1;
	}
	return unlink(name);
}

static int
do_dial(const struct broker *b, const struct request *r)
{
	const struct broker_address *a;
	int fd;

	if (r->which >= b->n) {
		errno = EPERM;
		return -1;
	}
	a = &b->v[r->which];
	fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd == -1 || connect(fd, (const void *)&a->sa, a->n) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

/* errno, and the descriptor if there is one. */
static void
answer(int to, int32_t error, int fd)
{
	struct iovec io = { &error, sizeof(error) };
	union control c = { .room = { 0 } };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };

	if (fd != -1) {
		m.msg_control = &c;
		m.msg_controllen = sizeof(c.room);
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	}
	if (sendmsg(to, &m, MSG_NOSIGNAL) == -1)
		_exit(0);
}

static void
serve(const struct broker *b, int s)
{
	struct request r;
	ssize_t n;
	int done, fd, error;

	while ((n = recv(s, &r, sizeof(r), 0)) > 0 ||
	    (n == -1 && errno == EINTR)) {
		if (n != sizeof(r))
			continue;
		errno = EPERM;
		fd = done = -1;
		if (r.verb == UNLINK)
			done = do_unlink(b, &r);
		else if (r.verb == OPEN || r.verb == DIAL)
			done = fd = r.verb == OPEN ? do_open(b, &r) :
			    do_dial(b, &r);
		error = done == -1 ? errno : 0;
		answer(s, error, fd);
		if (fd != -1)
			close(fd);
	}
}

/*
 * Nobody's output ends later because of us, and what asks the group of
 * processes to stop does not mean us.
 */
static void
settle(int *s)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
	    SIGTSTP };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t i;

	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], SIG_IGN);
	if (dup2(*s, 3) == -1)
		_exit(1);
	*s = 3;
	for (i = 0; null != -1 && i < 3; i++)
		(void)dup2(null, (int)i);
	(void)close_range(4, ~0u, 0);
}

static void
other(const struct broker *b, int s, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	settle(&s);
	serve(b, s);
	_exit(0);
}

/* ---- ours ---- */

int
broker_new(struct broker **out, const char *path,
    const struct broker_address *v, size_t n, struct err *err)
{
	struct broker *b = xcalloc(1, sizeof(*b));
	pid_t parent = getpid();
	int s[2];

	b->n = n < BROKER_ADDRESSES ? n : BROKER_ADDRESSES;
	if (b->n > 0)
		memcpy(b->v, v, b->n * sizeof(*v));
	b->fd = -1;
	pthread_mutex_init(&b->lock, NULL);
	if ((path != NULL && (b->path = realpath(path, NULL)) == NULL) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == -1) {
		err_sys(err, "%s", path == NULL ? "no pair of sockets" : path);
		broker_free(b);
		return -1;
	}
	b->fd = s[0];
	if ((b->pid = fork()) == 0)
		other(b, s[1], parent);
	close(s[1]);
	if (b->pid == -1) {
		err_sys(err, "no second process");
		broker_free(b);
		return -1;
	}
	*out = b;
	return 0;
}

void
broker_free(struct broker *b)
{
	if (b == NULL)
		return;
	if (b->fd != -1)
		close(b->fd);
	while (b->pid > 0 && waitpid(b->pid, NULL, 0) == -1 && errno == EINTR)
		;
	pthread_mutex_destroy(&b->lock);
	free(b->path);
	free(b);
}

const char *
broker_path(const struct broker *b)
{
	return b->path;
}

static int
take_fd(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* The descriptor, or 0 where there is none; -1 and errno. */
static int
exchange(struct broker *b, const struct request *r)
{
	int32_t error = 0;
	struct iovec io = { &error, sizeof(error) };
	union control c;
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = sizeof(c.room) };
	ssize_t n;
	int fd;

	while ((n = send(b->fd, r, sizeof(*r), MSG_NOSIGNAL)) == -1 &&
	    errno == EINTR)
		;
	while (n > 0 && (n = recvmsg(b->fd, &m, MSG_CMSG_CLOEXEC)) == -1 &&
	    errno == EINTR)
		;
	if (n != sizeof(error)) {
		errno = n == -1 ? errno : EIO;
		return -1;
	}
	fd = take_fd(&m);
	errno = error;
	return error != 0 ? -1 : fd != -1 ? fd : 0;
}

static int
ask(struct broker *b, enum verb verb, size_t which, int flags)
{
	struct request r = { (uint32_t)verb, (uint32_t)which, flags };
	int answer;

	pthread_mutex_lock(&b->lock);
	answer = exchange(b, &r);
	pthread_mutex_unlock(&b->lock);
	return answer;
}

int
broker_open(struct broker *b, enum broker_file f, int flags)
{
	return ask(b, OPEN, f, flags);
}

int
broker_unlink(struct broker *b, enum broker_file f)
{
	return ask(b, UNLINK, f, 0) == -1 ? -1 : 0;
}

int
broker_dial(struct broker *b, const struct sockaddr *sa, socklen_t n)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->v[i].n == n && memcmp(&b->v[i].sa, sa, n) == 0)
			return ask(b, DIAL, i, 0);
	errno = EPERM;
	return -1;
}
