#ifndef SHOW_WHO_H
#define SHOW_WHO_H
#include <stdio.h>
#include "log/blocklist.h"
#include "log/geo.h"
#include "log/rank.h"
#include "show/sink.h"

/*
 * who - what logs told of who used the server, for a person: stolen
 * accounts and why first, then accounts, clients, guesses, relaying.
 */
struct who_opts {
	size_t	 width;		/* columns of the terminal */
	size_t	 rows;		/* of each list */
	bool	 colour;
	bool	 site;		/* it is known what is ours */
	const char *args;	/* the operands, to be typed again: " mail.log" */
	bool	 joined;	/* to a case, with these logs */
	const struct geo *geo;			/* NULL: not told */
	const struct blocklist *blocked;	/* NULL: as that */
};
void	who_print(FILE *out, struct usage *u, const struct log_sum *sum,
	    const struct who_opts *o);

/* The same one by one, as a sink prints them.  How many there were. */
enum who_list {
	WHO_STOLEN, WHO_ACCOUNTS, WHO_CLIENTS, WHO_PAIRS, WHO_GUESSES,
	WHO_RELAYS,
	WHO_HISTORY,	/* of show/history.h: no list of ours */
	WHO_LISTS
};
bool	who_list_parse(const char *name, enum who_list *w);
size_t	who_list(FILE *out, const struct sink_opts *so, struct usage *u,
	    enum who_list w, const struct who_opts *o);

/*
 * Lists to act on, one a line (end: '\n' or NUL): accounts to lock, and
 * clients to deny in the words of who will read them.  How many.
 */
enum who_form { FORM_CIDR, FORM_IMS55, FORM_POSTFIX, FORM_NFT, FORMS };
bool	who_form_parse(const char *name, enum who_form *f);
size_t	who_lock(FILE *out, struct usage *u, char end);
size_t	who_deny(FILE *out, struct usage *u, enum who_form f, char end);
#endif
