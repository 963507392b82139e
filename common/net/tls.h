#ifndef NET_TLS_H
#define NET_TLS_H
#include "base/buf.h"
#include "base/err.h"
#include "net/wire.h"

/*
 * tls - one TLS session as a machine without a socket: what came from the
 * peer goes in with tls_put, what has to be sent is in *out.  OpenSSL.
 *
 * tls_shake, tls_read and tls_write are 1 when done, 0 when they need more
 * from the peer, -1 when the session is broken.  tls_read is done with
 * *got == 0 when the peer closed it.
 */
struct tls;

int	tls_new(struct tls **out, const struct wire_tls *t, struct err *err);
void	tls_free(struct tls *t);		/* NULL allowed */
void	tls_put(struct tls *t, struct slice from_peer);
int	tls_shake(struct tls *t, struct buf *out, struct err *err);
int	tls_read(struct tls *t, char *to, size_t n, size_t *got,
	    struct buf *out, struct err *err);
int	tls_write(struct tls *t, struct slice s, size_t *taken,
	    struct buf *out, struct err *err);
#endif
