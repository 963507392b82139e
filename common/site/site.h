#ifndef SITE_SITE_H
#define SITE_SITE_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"

/*
 * site - what is ours: domains, hosts, networks, gateways, accounts.
 * From site.conf(5), from options, or guessed from the evidence.
 *
 * Filled by one thread, then read by any.  Strings are copied.
 */
struct site;

struct site	*site_new(void);
void		 site_free(struct site *s);	/* NULL allowed */

/* Read site.conf.  -1 and err: "path:line: what: why". */
int	site_load(struct site *s, const char *path, struct err *err);

/*
 * One value, as it stands in site.conf.  -1 and err when it is malformed.
 *	SITE_LOCAL	"example.com", ".example.com" (subdomains only),
 *			"*.example.com" (the same), "=example.com" (without
 *			subdomains; a plain name has them)
 *	SITE_RELAY	domains we accept mail for and pass on: as SITE_LOCAL
 *	SITE_HOST	name or address of a server of ours
 *	SITE_TRUSTED, SITE_DENIED, SITE_GATEWAY	network or address
 *	SITE_ACCOUNT	name of an account that may submit
 *	SITE_RCPT	valid recipient; with one, others of ours are unknown;
 *			"@example.com": any recipient there
 */
enum site_what {
	SITE_LOCAL, SITE_RELAY, SITE_HOST, SITE_TRUSTED, SITE_DENIED,
	SITE_GATEWAY, SITE_ACCOUNT, SITE_RCPT,
	SITE_WHATS
};
const char	*site_key(enum site_what w);	/* "local_domains" ... */
int	site_add(struct site *s, enum site_what w, struct slice value,
	    struct err *err);
bool	site_has(const struct site *s, enum site_what w);	/* any value */

/* The trusted networks are a guess: others of ours may be missing. */
void	site_set_guessed(struct site *s);
bool	site_is_guessed(const struct site *s);

/* The domains are what a configuration tells without all of its tables. */
void	site_set_partial(struct site *s);
bool	site_is_partial(const struct site *s);

/*
 * Local or relay domain: mail to it is for us.  domain is lower case;
 * "[192.0.2.1]" is ours when it is the address of one of our hosts.
 */
bool	site_is_ours(const struct site *s, struct slice domain);

/* A server of ours, by name (any case, trailing dot) or address. */
bool	site_is_host(const struct site *s, struct slice name);
bool	site_is_host_ip(const struct site *s, const struct ip *ip);

/* May submit by authenticating; any case. */
bool	site_is_account(const struct site *s, struct slice name);

enum site_client {
	CLIENT_NONE,		/* no address: nobody connected, or not told */
	CLIENT_STRANGER,
	CLIENT_TRUSTED,
	CLIENT_DENIED,
	CLIENT_GATEWAY,		/* inside, but it rewrites source addresses */
	CLIENT_OWN,		/* one of our own servers, loopback */
};
const char	*site_client_name(enum site_client c);

/* Denied before gateway before own before trusted: the narrow one wins. */
enum site_client site_client(const struct site *s, const struct ip *ip);

enum site_rcpt {
	RCPT_NO_LIST,		/* nobody gave a list */
	RCPT_VALID,
	RCPT_UNKNOWN,
};
enum site_rcpt	site_rcpt(const struct site *s, struct slice address);

/* The rules of [policy] as they stand, for site/policy.h; empty: none. */
void		site_add_policy(struct site *s, struct slice rules);
struct slice	site_policy(const struct site *s);

/* The site as a site.conf(5) that site_load reads back to the same. */
void	site_print(const struct site *s, struct buf *out);

/*
 * The domain that somebody registered: "example.co.uk" of
 * "mail.example.co.uk", by the public suffix list; the name itself when it
 * has no dot or is an address.  Points into name.
 */
struct slice	site_registered(struct slice name);
#endif
