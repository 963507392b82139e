#include <sys/mman.h>
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
#include "io/publish.h"

/* What open(2) may be told; all else is not passed on. */
#define OPEN_FLAGS	(O_ACCMODE | O_CREAT | O_EXCL)

enum verb { OPEN, UNLINK, DIAL, PUT };

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
	struct broker_out	 outs[BROKER_OUTS];
	size_t			 nouts;
};

/* Room for one descriptor beside a message. */
union control {
	struct cmsghdr	 head;
	char		 room[CMSG_SPACE(sizeof(int))];
};

static ssize_t
send_with(int to, const void *p, size_t n, int fd)
{
	struct iovec io = { (void *)(uintptr_t)p, n };
	union control c = { .room = { 0 } };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	ssize_t r;

	if (fd != -1) {
		m.msg_control = &c;
		m.msg_controllen = sizeof(c.room);
		c.head.cmsg_level = SOL_SOCKET;
		c.head.cmsg_type = SCM_RIGHTS;
		c.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	}
	while ((r = sendmsg(to, &m, MSG_NOSIGNAL)) == -1 && errno == EINTR)
		;
	return r;
}

/* fd: -1 where none came. */
static ssize_t
receive_with(int from, void *p, size_t n, int *fd)
{
	struct iovec io = { p, n };
	union control c;
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = sizeof(c.room) };
	struct cmsghdr *head;
	ssize_t r;

	while ((r = recvmsg(from, &m, MSG_CMSG_CLOEXEC)) == -1 &&
	    errno == EINTR)
		;
	*fd = -1;
	head = r > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (head != NULL && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(*fd)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return r;
}

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
	if (which != BROKER_FOLDER && which != BROKER_TEMP)
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

/* Where a file system makes none without a name, it has one for a moment. */
static int
open_temp(const struct broker *b, const char *folder)
{
	char name[PATH_MAX];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), n;

	if (fd != -1 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	n = snprintf(name, sizeof(name), "%s-temp", b->path);
	if (n < 0 || (size_t)n >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1)
		(void)unlink(name);
	return fd;
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
	if (r->which == BROKER_TEMP)
		return open_temp(b, name);
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
	    r->which == BROKER_TEMP || !name_of(b, r->which, name, sizeof(name))) {
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

/* Whatever descriptor we were sent, it is read to its end. */
static int
copy_all(int to, int from)
{
	char bytes[65536];
	off_t at = 0;
	ssize_t n, done, w = 0;

	for (; (n = pread(from, bytes, sizeof(bytes), at)) > 0; at += n)
		for (done = 0; done < n; done += w)
			if ((w = write(to, bytes + done,
			    (size_t)(n - done))) <= 0)
				return -1;
	return (int)n;
}

static int
do_put(const struct broker *b, const struct request *r, int from,
    struct err *err)
{
	const struct broker_out *o;
	struct publish p;

	if (r->which >= b->nouts || from == -1)
		return err_sys(err, "cannot write");
	o = &b->outs[r->which];
	if (publish_begin(&p, o->path, true, err) == -1)
		return -1;
	if (copy_all(p.fd, from) == -1 || fchmod(p.fd, o->mode) == -1) {
		err_sys(err, "%s: cannot write", o->path);
		publish_cancel(&p);
		return -1;
	}
	return publish_commit(&p, err);
}

/* A descriptor, or 0 where there is none to give; -1. */
static int
do_one(const struct broker *b, const struct request *r, int sent,
    struct err *err)
{
	int done = -1;

	errno = EPERM;
	switch (r->verb) {
	case OPEN:	done = do_open(b, r); break;
	case UNLINK:	done = do_unlink(b, r); break;
	case DIAL:	done = do_dial(b, r); break;
	case PUT:	return do_put(b, r, sent, err);
	}
	if (done == -1)
		*err = (struct err){ .code = ERR_SYS, .sys = errno };
	return done;
}

static void
serve(const struct broker *b, int s)
{
	struct request r;
	struct err err;
	ssize_t n;
	int sent, done, fd;

	while ((n = receive_with(s, &r, sizeof(r), &sent)) > 0) {
		memset(&err, 0, sizeof(err));
		if (n != sizeof(r))
			r.verb = UINT32_MAX;
		done = do_one(b, &r, sent, &err);
		fd = done > 0 ? done : -1;
		if (send_with(s, &err, sizeof(err), fd) == -1)
			_exit(0);
		if (fd != -1)
			close(fd);
		if (sent != -1)
			close(sent);
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

static struct broker *
new_broker(void)
{
	struct broker *b = xcalloc(1, sizeof(*b));

	b->fd = -1;
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

static int
start(struct broker *b, struct err *err)
{
	pid_t parent = getpid();
	int s[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == -1)
		return err_sys(err, "no pair of sockets");
	b->fd = s[0];
	if ((b->pid = fork()) == 0)
		other(b, s[1], parent);
	close(s[1]);
	return b->pid == -1 ? err_sys(err, "no second process") : 0;
}

/* One that could not be started is none. */
static int
give(struct broker **out, struct broker *b, int r)
{
	if (r == -1)
		broker_free(b);
	else
		*out = b;
	return r;
}

int
broker_new(struct broker **out, const char *path,
    const struct broker_address *v, size_t n, struct err *err)
{
	struct broker *b = new_broker();

	b->n = n < BROKER_ADDRESSES ? n : BROKER_ADDRESSES;
	if (b->n > 0)
		memcpy(b->v, v, b->n * sizeof(*v));
	if (path != NULL && (b->path = realpath(path, NULL)) == NULL)
		return give(out, b, err_sys(err, "%s", path));
	return give(out, b, start(b, err));
}

int
broker_writer(struct broker **out, const struct broker_out *v, size_t n,
    struct err *err)
{
	struct broker *b = new_broker();

	b->nouts = n < BROKER_OUTS ? n : BROKER_OUTS;
	memcpy(b->outs, v, b->nouts * sizeof(*v));
	return give(out, b, start(b, err));
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

/* The descriptor, or 0 where there is none; -1. */
static int
exchange(struct broker *b, const struct request *r, int send, struct err *err)
{
	struct err said = { 0 };
	ssize_t n = send_with(b->fd, r, sizeof(*r), send);
	int fd = -1;

	if (n > 0)
		n = receive_with(b->fd, &said, sizeof(said), &fd);
	if (n != sizeof(said)) {
		errno = n == -1 ? errno : EIO;
		return err_sys(err, "the second process is gone");
	}
	if (said.code == ERR_NONE)
		return fd != -1 ? fd : 0;
	*err = said;
	return -1;
}

static int
ask(struct broker *b, enum verb verb, size_t which, int flags, int send,
    struct err *err)
{
	struct request r = { (uint32_t)verb, (uint32_t)which, flags };
	int answer;

	pthread_mutex_lock(&b->lock);
	answer = exchange(b, &r, send, err);
	pthread_mutex_unlock(&b->lock);
	return answer;
}

/* As a call of the system: errno tells. */
static int
call(struct broker *b, enum verb verb, size_t which, int flags)
{
	struct err err = { 0 };
	int answer = ask(b, verb, which, flags, -1, &err);

	if (answer == -1)
		errno = err.sys != 0 ? err.sys : EIO;
	return answer;
}

int
broker_open(struct broker *b, enum broker_file f, int flags)
{
	return call(b, OPEN, f, flags);
}

int
broker_unlink(struct broker *b, enum broker_file f)
{
	return call(b, UNLINK, f, 0) == -1 ? -1 : 0;
}

int
broker_dial(struct broker *b, const struct sockaddr *sa, socklen_t n)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->v[i].n == n && memcmp(&b->v[i].sa, sa, n) == 0)
			return call(b, DIAL, i, 0);
	errno = EPERM;
	return -1;
}

int
broker_put(struct broker *b, size_t i, struct slice bytes, struct err *err)
{
	int fd = memfd_create("spoolkit", MFD_CLOEXEC), r = -1;
	ssize_t n = 0;

	while (fd != -1 && bytes.n > 0 &&
	    (n = write(fd, bytes.p, bytes.n)) > 0)
		bytes = sl_from(bytes, (size_t)n);
	if (fd == -1 || bytes.n > 0)
		err_sys(err, "no memory for what is to be written");
	else
		r = ask(b, PUT, i, 0, fd, err);
	if (fd != -1)
		close(fd);
	return r == -1 ? -1 : 0;
}
