#ifndef BASE_IP_H
#define BASE_IP_H
#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * ip - an IPv4 or IPv6 address, and networks of them.
 *
 * Always 16 bytes: IPv4 is stored as ::ffff:a.b.c.d, and prints as a.b.c.d.
 * All zero (::) stands for "no address".
 */
struct ip {
	uint8_t	b[16];
};

struct ipnet {
	struct ip	ip;
	unsigned	bits;	/* 0 to 128; IPv4 counts from 96 */
};

#define IP_TEXT	46		/* room for the text of an address, NUL included */

/* "192.0.2.1", "2001:db8::1", "[..]", "IPv6:..."; no zone, no port. */
bool	ip_parse(struct slice s, struct ip *ip);
bool	ip_is_set(const struct ip *ip);
bool	ip_is_v4(const struct ip *ip);
bool	ip_eq(const struct ip *a, const struct ip *b);
int	ip_cmp(const struct ip *a, const struct ip *b);
const char *ip_str(const struct ip *ip, char buf[IP_TEXT]);

/* RFC 1918, RFC 4193, link-local, loopback, RFC 6598: not from outside. */
bool	ip_is_private(const struct ip *ip);
bool	ip_is_loopback(const struct ip *ip);

/* "192.0.2.0/24", "192.0.2.0/255.255.255.0", "192.0.2.0;255.255.255.0", one address. */
bool	ipnet_parse(struct slice s, struct ipnet *net);
bool	ipnet_has(const struct ipnet *net, const struct ip *ip);
#endif
