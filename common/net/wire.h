#ifndef NET_WIRE_H
#define NET_WIRE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"
#include "io/broker.h"

/*
 * wire - one connection, plain or TLS, where nothing waits for ever.
 *
 * Blocking calls with one deadline: wire_within sets it for all calls that
 * follow, so that a peer that sends a byte a second gains nothing.  A call
 * that runs into it, or into a signal (base/sig.h), is -1 with a sentence
 * that does not name the peer.
 */
struct wire;

/* An address and port, or the path of a socket: what can be dialled. */
void	wire_tcp(struct broker_address *to, const struct ip *ip,
	    uint16_t port);
int	wire_unix(struct broker_address *to, const char *path,
	    struct err *err);

/* To it and to no other; by the broker where there is one. */
int	wire_dial(struct wire **out, const struct broker_address *to,
	    struct broker *broker, unsigned secs, struct err *err);
/* Over a connected stream socket, which is closed by wire_free. */
struct wire *wire_over(int fd);
void	wire_free(struct wire *w);		/* NULL allowed */

void	wire_within(struct wire *w, unsigned secs);
int	wire_write(struct wire *w, struct slice s, struct err *err);
/* Bytes read, at least one; 0 at the end of the stream; -1. */
ssize_t	wire_read(struct wire *w, char *to, size_t n, struct err *err);

struct wire_tls {
	const char	*name;		/* the host as it was asked for (SNI) */
	bool		 verify;	/* the certificate has to be good for it */
	const char	*ca;		/* file of authorities; NULL: the system's */
};
int	wire_tls(struct wire *w, const struct wire_tls *t, struct err *err);
bool	wire_is_tls(const struct wire *w);
#endif
