#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/ip.h"
#include "base/slice.h"

/*
 * hop - one Received field.  RFC 5321 4.4, and the forms of Exchange 4 to
 * 2019, IIS, Postfix, Exim, sendmail and qmail.
 *
 * Slices point into the unfolded field (arena or message) and are empty
 * where the field says nothing.  name is what the server found out, helo
 * what the client claimed: which of the two stands where differs from
 * server to server, and this struct hides that.
 */
struct hop {
	struct slice	helo;		/* as claimed; no brackets, no trailing dot */
	struct slice	name;		/* reverse name as the server saw it */
	struct ip	ip;		/* of the client; all zero: not told */
	struct slice	by;		/* host that wrote the field */
	struct ip	by_ip;
	struct slice	with;		/* "ESMTPSA", "Microsoft SMTPSVC(6.0...)" */
	struct slice	id;
	struct slice	for_;		/* address, without <> */
	struct slice	account;	/* authenticated user, where one is named */
	int64_t		date;		/* seconds since 1970; 0: none */
	bool		authenticated;	/* ESMTPA/ESMTPSA/..., "authenticated" */
	bool		tls;		/* ESMTPS, "using TLS", "version=TLSv1" */
	bool		local;		/* by pickup, uid, MAPI, local: no client */
};

/*
 * False when the field has neither from nor by: it is no hop.  Its date is
 * there all the same, and local of "(qmail 1 invoked by uid 1000)".
 */
bool	received_parse(struct arena *a, struct slice body, struct hop *hop);
#endif
