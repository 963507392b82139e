#ifndef SITE_IPSECLIST_H
#define SITE_IPSECLIST_H
#include "base/arena.h"
#include "base/ip.h"
#include "base/slice.h"

/*
 * ipseclist - a list of addresses as IIS 6 keeps it in its metabase
 * (IPSECLIST: RelayIpList, IPSecurity).
 *
 * The form is not documented.  What scripts write and audits look for gives
 * it away: little-endian words; four offsets with the top bit set, of the
 * networks that are denied, those that are granted, and the names of both; a
 * word; where the head ends.  A list of networks is how many masks and how
 * many addresses it has, then for each mask five words: 2 (AF_INET), how many
 * entries, 4 (bytes), 0, their offset.  The entries are the mask, then the
 * addresses, in the order of the network.  All of that has to be so.
 */
struct ipseclist {
	struct ipnet	*v;	/* 0.0.0.0, which says "nobody", is left out */
	size_t		 n;
	bool		 deny;	/* "all except the list below" */
};

/* 0; -1: no hexadecimal digits; -2: another form, such as one with names. */
int	ipseclist_read(struct arena *a, struct slice hex,
	    struct ipseclist *out);
#endif
