#ifndef JUDGE_STATE_H
#define JUDGE_STATE_H
#include "judge/judge.h"

/*
 * What judge.c knows and the rules ask.  Only judge.c and rules.c include
 * this.
 */

/* Per string of the scan: answers that cost a look-up, once each. */
enum { ASKED = 1, YES = 2 };

struct judge {
	const struct site	*site;
	const struct intern	*in;
	struct facts		**v;
	size_t			 n;
	size_t			 ids;		/* strings, for the arrays below */
	uint8_t			*ours;		/* domain: ASKED | YES */
	uint8_t			*host;		/* host name: ASKED | YES */
	uint8_t			*client;	/* address: 1 + enum site_client */

	/* Pairs of a local address in the header and one outside. */
	struct pair		*pairs;
	size_t			 npairs, pairs_room;
	uint32_t		*pair_of;	/* [outside] its pair, from 1 */
	uint32_t		*named;		/* [local] messages that go out */
	uint32_t		*targets;	/* [local] addresses outside */

	/* Relayed messages by client, as far as they name nobody of ours. */
	uint32_t		*relayed;	/* [judge_who] */
	uint32_t		*inbound;	/* [judge_who] mail for us only */

	/* Reports by recipient. */
	uint32_t		*false_reports;	/* [address] about mail not ours */
	uint32_t		*true_reports;	/* [address] about mail of ours */
	bool			 counted;	/* all reports are in these */

	uint64_t		*sent;		/* Message-IDs of what we sent */
	size_t			 sent_cap, sent_n;
};

/*
 * Mail that names one of ours in its header and goes to one address
 * outside: a forward, or spam that hides behind a user of ours.
 */
#define PAIR_WHO	3	/* different clients that are told apart */
struct pair {
	uint32_t	local;		/* 0: more than one */
	uint32_t	n;		/* messages */
	uint32_t	who[PAIR_WHO];	/* clients they came from */
};
const struct pair *judge_pair(const struct judge *j, const struct facts *f);

/*
 * Who handed it to us: the client's address, or, behind a gateway that
 * hides it, the name the client gave.
 */
uint32_t	judge_who(const struct facts *f);

/* Where the original in a report came from. */
enum origin {
	ORIGIN_UNKNOWN,		/* no trace, or one that says nothing */
	ORIGIN_OURS,		/* from our own users: trusted, or authenticated */
	ORIGIN_STRANGER,	/* through us, but from a stranger: relayed */
	ORIGIN_ELSEWHERE,	/* it entered the net at another server */
};
enum origin	judge_origin(const struct judge *j, const struct facts *f);

/* Message-ID of mail that went out from our users through this spool? */
bool		judge_sent(const struct judge *j, uint64_t msgid);

enum site_client judge_client(const struct judge *j, uint32_t ip);
uint32_t	judge_target(const struct fact_rcpt *r);	/* domain it goes to */

/* The header names somebody of ours: the first such address, or 0. */
uint32_t	judge_names_us(const struct judge *j, const struct facts *f);
#endif
