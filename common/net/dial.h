#ifndef NET_DIAL_H
#define NET_DIAL_H
#include <stdint.h>
#include "base/err.h"
#include "base/ip.h"

/*
 * dial - where a host name leads, asked once.
 *
 * The addresses are in the resolver's order.  canon is the name at the end
 * of the aliases, lower case, without the last dot; empty for an address.
 */
#define DIAL_MAX	16	/* addresses of one name that are kept */

enum dial_family { DIAL_ANY, DIAL_IPV4, DIAL_IPV6 };

struct dial {
	struct ip	ip[DIAL_MAX];
	size_t		n;
	char		canon[256];
};

/* A name or an address ("192.0.2.1", "[2001:db8::1]").  -1 when none. */
int	dial_find(struct dial *d, const char *host, enum dial_family family,
	    struct err *err);

/*
 * "host", "host:port", "[2001:db8::1]:port", "2001:db8::1".  *port stays as
 * it was when there is none.  -1 for an empty host or what is no port.
 */
int	dial_split(struct slice where, struct slice *host, uint16_t *port,
	    struct err *err);
#endif
