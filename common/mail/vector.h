#ifndef MAIL_VECTOR_H
#define MAIL_VECTOR_H
#include "base/buf.h"
#include "base/slice.h"
#include "mail/addr.h"

/*
 * vector - the known ways to have a server relay, as pairs of envelope
 * addresses: KB304897 (its seven tests: M), nmap's smtp-open-relay (N), and
 * the classic ones (A).  windows-spools 4.
 *
 * One table, read both ways: relaytest(1) tries its rows, and the judge asks
 * it whether a recipient that hides a route is such a trick.
 *
 * In a path "$u" is the user and "$d" the domain that we want to reach,
 * "$L" a local domain of the server, "$H" its name, "$I" its address as it
 * stands in a literal, "$f" another foreign domain.
 */
struct vector {
	const char	*id;		/* "M1" */
	const char	*from, *rcpt;	/* without <> */
	enum addr_route	 form;		/* how rcpt hides its route */
	const char	*what;		/* a few words */
};
extern const struct vector vectors[];
extern const size_t vectors_n;

/* Row by its id, any case; NULL. */
const struct vector	*vector_find(struct slice id);

/* The first row whose recipient hides its route that way; NULL for none. */
const struct vector	*vector_like(enum addr_route form);

/*
 * Is 250 to RCPT alone a proof that the server relays?  A plain foreign
 * recipient, or one behind a source route, cannot be a user of the server.
 * The other forms can: it may take u%d for a name, and bounce it later.
 */
bool	vector_proves(const struct vector *v);

struct vector_words {
	struct slice	 user, domain;	/* $u $d */
	struct slice	 local;		/* $L */
	struct slice	 host;		/* $H */
	struct slice	 address;	/* $I: "192.0.2.1", "IPv6:2001:db8::1" */
	struct slice	 foreign;	/* $f */
};
void	vector_path(struct buf *to, const char *pattern,
	    const struct vector_words *w);
#endif
