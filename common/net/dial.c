#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "net/dial.h"

#define HOST_MAX	255	/* bytes of a host name; RFC 1035 */

static bool
take(struct ip *ip, const struct sockaddr *sa)
{
	memset(ip, 0, sizeof(*ip));
	if (sa->sa_family == AF_INET) {
		ip->b[10] = ip->b[11] = 0xff;
		memcpy(ip->b + 12,
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(ip->b,
	    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	return true;
}

static void
keep(struct dial *d, const struct sockaddr *sa)
{
	struct ip ip;
	size_t i;

	if (d->n == DIAL_MAX || !take(&ip, sa))
		return;
	for (i = 0; i < d->n; i++)
		if (ip_eq(&ip, &d->ip[i]))
			return;
	d->ip[d->n++] = ip;
}

static void
keep_canon(struct dial *d, const char *name)
{
	size_t i, n = name == NULL ? 0 : strlen(name);

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (n >= sizeof(d->canon))
		n = 0;
	for (i = 0; i < n; i++)
		d->canon[i] = ascii_lower(name[i]);
	d->canon[n] = '\0';
}

int
dial_find(struct dial *d, const char *host, enum dial_family family,
    struct err *err)
{
	static const int families[] = { AF_UNSPEC, AF_INET, AF_INET6 };
	struct addrinfo hints = { .ai_family = families[family],
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME }, *list, *a;
	struct ip ip;
	int r;

	memset(d, 0, sizeof(*d));
	if (ip_parse(sl(host), &ip)) {
		if (family != DIAL_ANY &&
		    ip_is_v4(&ip) != (family == DIAL_IPV4))
			return err_set(err, ERR_USAGE, "%s: not an address "
			    "of that family", host);
		d->ip[d->n++] = ip;
		return 0;
	}
	if (host[0] == '\0' || strlen(host) > HOST_MAX)
		return err_set(err, ERR_USAGE, "no host name");
	if ((r = getaddrinfo(host, NULL, &hints, &list)) != 0)
		return err_set(err, ERR_SYS, "%s: cannot be found: %s", host,
		    gai_strerror(r));
	keep_canon(d, list->ai_canonname);
	for (a = list; a != NULL; a = a->ai_next)
		keep(d, a->ai_addr);
	freeaddrinfo(list);
	return d->n > 0 ? 0 :
	    err_set(err, ERR_SYS, "%s: has no address", host);
}

int
dial_split(struct slice where, struct slice *host, uint16_t *port,
    struct err *err)
{
	const char *colon = where.n == 0 ? NULL :
	    memrchr(where.p, ':', where.n);
	struct slice head = where, tail = { NULL, 0 };
	struct ip ip;
	uint64_t n;

	if (colon != NULL && !ip_parse(where, &ip)) {
		head = sl_first(where, (size_t)(colon - where.p));
		tail = sl_from(where, head.n + 1);
		if (!sl_num(tail, UINT16_MAX, &n) || n == 0)
			return err_set(err, ERR_USAGE, "'" SL_FMT
			    "' is not a port", SL_ARG(tail));
		*port = (uint16_t)n;
	}
	if (head.n >= 2 && head.p[0] == '[' && head.p[head.n - 1] == ']')
		head = (struct slice){ head.p + 1, head.n - 2 };
	if (head.n == 0)
		return err_set(err, ERR_USAGE, "no host name");
	*host = head;
	return 0;
}
