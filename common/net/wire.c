#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "net/tls.h"
#include "net/wire.h"

#define LOOK	250	/* ms: how late a signal between two looks is seen */

struct wire {
	int		 fd;
	int64_t		 deadline;	/* ms, monotonic */
	struct tls	*tls;		/* NULL: plain */
	struct buf	 out;		/* what TLS wants sent */
};

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
wire_within(struct wire *w, unsigned secs)
{
	w->deadline = now() + (int64_t)secs * 1000;
}

/* Until the socket can do what; -1 when the time is up. */
static int
wait_for(struct wire *w, short what, struct err *err)
{
	struct pollfd p = { .fd = w->fd, .events = what };
	int64_t left;
	int r;

	for (;;) {
		if (sig_stop())
			return err_set(err, ERR_SYS, "interrupted");
		if ((left = w->deadline - now()) <= 0)
			return err_set(err, ERR_SYS, "no answer in time");
		r = poll(&p, 1, left < LOOK ? (int)left : LOOK);
		if (r > 0)
			return 0;
		if (r == -1 && errno != EINTR)
			return err_sys(err, "poll");
	}
}

struct wire *
wire_over(int fd)
{
	struct wire *w = xcalloc(1, sizeof(*w));
	int flags = fcntl(fd, F_GETFL);

	w->fd = fd;
	if (flags != -1)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return w;
}

void
wire_free(struct wire *w)
{
	if (w == NULL)
		return;
	tls_free(w->tls);
	buf_free(&w->out);
	close(w->fd);
	free(w);
}

/* The connection as the kernel settled it. */
static int
connected(struct wire *w, struct err *err)
{
	socklen_t n = sizeof(int);
	int e = 0;

	if (wait_for(w, POLLOUT, err) == -1)
		return -1;
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &e, &n) == -1)
		return err_sys(err, "getsockopt");
	errno = e;
	return e == 0 ? 0 : err_sys(err, "no connection");
}

void
wire_tcp(struct broker_address *to, const struct ip *ip, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(port) };

	*to = (struct broker_address){ .n = sizeof(in6) };
	memcpy(&in6.sin6_addr, ip->b, 16);
	memcpy(&in.sin_addr, ip->b + 12, 4);
	if (ip_is_v4(ip)) {
		to->n = sizeof(in);
		memcpy(&to->sa, &in, sizeof(in));
	} else {
		memcpy(&to->sa, &in6, sizeof(in6));
	}
}

int
wire_unix(struct broker_address *to, const char *path, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	*to = (struct broker_address){ .n = sizeof(un) };
	if (n >= sizeof(un.sun_path))
		return err_set(err, ERR_USAGE, "the socket's path is too long");
	memcpy(un.sun_path, path, n + 1);
	memcpy(&to->sa, &un, sizeof(un));
	return 0;
}

/* A socket that is on its way there, or -1 and errno. */
static int
dial(const struct broker_address *to, struct broker *broker)
{
	const struct sockaddr *sa = (const void *)&to->sa;
	int fd;

	if (broker != NULL)
		return broker_dial(broker, sa, to->n);
	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd == -1 || connect(fd, sa, to->n) == 0 || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

int
wire_dial(struct wire **out, const struct broker_address *to,
    struct broker *broker, unsigned secs, struct err *err)
{
	int fd = dial(to, broker);
	struct wire *w;

	*out = NULL;
	if (fd == -1)
		return err_sys(err, "no connection");
	w = wire_over(fd);
	wire_within(w, secs);
	if (connected(w, err) == 0) {
		*out = w;
		return 0;
	}
	wire_free(w);
	return -1;
}

/* ---- plain ---- */

static int
send_all(struct wire *w, struct slice s, struct err *err)
{
	ssize_t n;

	while (s.n > 0) {
		n = send(w->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n > 0)
			s = sl_from(s, (size_t)n);
		else if (n == -1 && errno != EAGAIN && errno != EINTR)
			return err_sys(err, "the connection broke");
		else if (wait_for(w, POLLOUT, err) == -1)
			return -1;
	}
	return 0;
}

static ssize_t
recv_some(struct wire *w, char *to, size_t n, struct err *err)
{
	ssize_t r;

	for (;;) {
		r = recv(w->fd, to, n, 0);
		if (r >= 0)
			return r;
		if (errno == ECONNRESET)
			return 0;	/* as a close: the peer is gone */
		if (errno != EAGAIN && errno != EINTR)
			return err_sys(err, "the connection broke");
		if (wait_for(w, POLLIN, err) == -1)
			return -1;
	}
}

/* ---- TLS ---- */

static int
flush(struct wire *w, struct err *err)
{
	int r = send_all(w, buf_sl(&w->out), err);

	w->out.n = 0;
	return r;
}

/* More for the session: 1, 0 at the end of the stream, -1. */
static int
feed(struct wire *w, struct err *err)
{
	char raw[16384];
	ssize_t n = recv_some(w, raw, sizeof(raw), err);

	if (n > 0)
		tls_put(w->tls, (struct slice){ raw, (size_t)n });
	return n > 0 ? 1 : (int)n;
}

int
wire_tls(struct wire *w, const struct wire_tls *t, struct err *err)
{
	int r, more = 1;

	if (tls_new(&w->tls, t, err) == -1)
		return -1;
	for (;;) {
		r = tls_shake(w->tls, &w->out, err);
		if (flush(w, err) == -1 || r == -1)
			return -1;
		if (r == 1)
			return 0;
		if ((more = feed(w, err)) == -1)
			return -1;
		if (more == 0)
			return err_set(err, ERR_FORMAT,
			    "TLS: the server hung up");
	}
}

bool
wire_is_tls(const struct wire *w)
{
	return w->tls != NULL;
}

static int
write_tls(struct wire *w, struct slice s, struct err *err)
{
	size_t taken;
	int r;

	while (s.n > 0) {
		r = tls_write(w->tls, s, &taken, &w->out, err);
		if (r == -1 || flush(w, err) == -1)
			return -1;
		s = sl_from(s, taken);
		if (r == 1)
			continue;
		if ((r = feed(w, err)) <= 0)
			return r == -1 ? -1 : err_set(err, ERR_FORMAT,
			    "TLS: the server hung up");
	}
	return 0;
}

static ssize_t
read_tls(struct wire *w, char *to, size_t n, struct err *err)
{
	size_t got;
	int r;

	for (;;) {
		r = tls_read(w->tls, to, n, &got, &w->out, err);
		if (r == -1 || flush(w, err) == -1)
			return -1;
		if (r == 1)
			return (ssize_t)got;
		if ((r = feed(w, err)) <= 0)
			return r;
	}
}

int
wire_write(struct wire *w, struct slice s, struct err *err)
{
	return w->tls != NULL ? write_tls(w, s, err) : send_all(w, s, err);
}

ssize_t
wire_read(struct wire *w, char *to, size_t n, struct err *err)
{
	return w->tls != NULL ? read_tls(w, to, n, err) :
	    recv_some(w, to, n, err);
}
