#ifndef MAIL_ADDR_H
#define MAIL_ADDR_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/slice.h"

/*
 * addr - one mail address.
 *
 * spec is "local@domain", as a server would compare it: comments and blanks
 * gone, domain in lower case and, for an internationalised one, in its
 * A-label form (RFC 5890) where it can be converted; the local part as it
 * stands, quotes kept only where they are needed.  No domain: spec is the
 * local part alone.  A source route ("@a,@b:x@y") is in route, not in spec.
 * Of several @ the last one counts: the local part of a@b@c is a@b without
 * quotes, that of "a@b"@c has them.  display is the name, without quotes
 * around all of it, or the first comment when there is no name.
 * Memory is the arena's or the message's.
 */
struct addr {
	struct slice	display;	/* raw: mail/words.h decodes */
	struct slice	spec;
	struct slice	local;
	struct slice	domain;		/* lower case; "[192.0.2.1]" for a literal */
	struct slice	route;		/* "@a,@b", or empty */
	bool		null;		/* <>: the null reverse-path */
	bool		utf8;		/* 8-bit in the local part: RFC 6531 */
};

#define ADDR_MAX	1000	/* bytes of one address; RFC 5321 says 256 */

/*
 * Take the next address off rest, the unfolded body of To, From, ...
 * Groups ("name: a, b;") give their members; empty ones give none.
 *
 * Missing commas and brackets are made up for, and a semicolon is a comma.
 * A word without @ is a mailbox of this host, but not in "Doe, John <a@b>".
 *
 * Returns 1; 0 at the end; -1 for something that is no address (passed
 * over; the walk may go on), or holds control bytes, or is too long.
 * RFC 5322 3.4 with the obsolete forms.
 */
int	addr_next(struct arena *a, struct slice *rest, struct addr *out);

/*
 * One envelope address in the forms that spools use: a@b, <a@b>,
 * "Name" <a@b>, <a@b> KEY=VALUE, <a@b>; X-ExtendedProps=..., <>, empty
 * (null).  *params is what follows it, without blanks and ';' in front; a
 * second address begins with its comma.  RFC 5321 4.1.2; windows-spools 2.3.
 * Returns 0, or -1 when there is no address in it.
 */
int	addr_path(struct arena *a, struct slice s, struct addr *out,
	    struct slice *params);

/* A domain as addr.domain has it. */
struct slice	addr_domain(struct arena *a, struct slice domain);

/*
 * Addresses that carry another one inside.  RFC 2505, windows-spools 4:
 * the innermost target of a recipient that hides a route.
 */
enum addr_route {
	ROUTE_NONE,
	ROUTE_SOURCE,		/* @us:a@b */
	ROUTE_PERCENT,		/* a%b@us */
	ROUTE_BANG,		/* b!a@us */
	ROUTE_QUOTED,		/* "a@b"@us */
	ROUTE_DOUBLE_AT,	/* a@b@us */
};
const char	*addr_route_name(enum addr_route r);

/*
 * How ad hides a route, and where it leads: *target is "a@b".  A percent
 * sign or bang in the local part counts only when what it names looks like
 * a domain (has a dot, or is a literal).
 */
enum addr_route	addr_route(struct arena *a, const struct addr *ad,
		    struct addr *target);

/*
 * Tags that servers put into a sender address.  windows-spools 5.2.
 * BATV (prvs=, btv1==), SRS0/SRS1, VERP: *inner is the address inside.
 * Untouched with TAG_NONE.  VERP is a guess: what names the list may stick
 * to the user when nothing tells them apart.
 */
enum addr_tag {
	TAG_NONE,
	TAG_BATV,
	TAG_SRS,
	TAG_VERP,
};
enum addr_tag	addr_tag(struct arena *a, const struct addr *ad,
		    struct addr *inner);

/*
 * Address-shaped strings in bytes that are not text: 8-bit and UTF-16LE,
 * in order, each once.  Conservative: a dot in the domain, letters at its
 * end, at most 254 bytes.  The length in front of a counted UTF-16 string
 * is not taken for its first letter.  At most max; returns how many.
 */
size_t	addr_scan(struct arena *a, struct slice bytes, struct slice *found,
	    size_t max);

/* One of these, as addr_path has it. */
struct addr	addr_scanned(struct slice found);
#endif
