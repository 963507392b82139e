#ifndef JUDGE_STATE_H
#define JUDGE_STATE_H
#include <stdatomic.h>
#include "base/idmap.h"
#include "judge/judge.h"
#include "judge/totals.h"

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
	atomic_uchar		*ours;		/* domain: ASKED | YES */
	atomic_uchar		*host;		/* host name: ASKED | YES */
	atomic_uchar		*client;	/* address: 1 + enum site_client */

	/* Pairs of a local address in the header and one outside. */
	struct pair		*pairs;
	size_t			 npairs, pairs_room;

	struct idmap		 clients;	/* struct client_sums, by judge_who */
	struct idmap		 addrs;		/* struct addr_sums, by address */
	bool			 counted;	/* all reports are in these */

	struct campaigns	*campaigns;
	struct campaign_known	*known;
	size_t			 nknown;
	uint32_t		 numbers;	/* of campaigns, that were given */
	bool			 pulling;	/* all mail is in its campaigns */
	size_t			 threads;	/* 0: one */
	struct idmap		 lists;		/* struct list_sums, by List-Id */
	struct totals		*totals;

	uint64_t		*sent;		/* Message-IDs of what we sent */
	size_t			 sent_cap, sent_n;
};

/* Messages by client. */
struct client_sums {
	uint32_t	id;
	uint32_t	relayed;	/* for strangers, and naming nobody of ours */
	uint32_t	inbound;	/* for us only */
};

/* Messages by address: the first of one outside, the next two of our own. */
struct addr_sums {
	uint32_t	id;
	uint32_t	pair;		/* it is in, from 1 */
	uint32_t	named;		/* messages that go out and name it */
	uint32_t	targets;	/* addresses outside that these go to */
	uint32_t	false_reports;	/* to it, about mail not ours */
	uint32_t	true_reports;	/* to it, about mail of ours */
};

/* What comes for us from one mailing list, by the header. */
struct list_sums {
	uint32_t	id;
	uint32_t	messages;
	uint32_t	domain;		/* of the senders */
	uint32_t	client;
	int64_t		first, last;
	bool		mixed;		/* other domains or clients too */
};
const struct list_sums *judge_list_sums(const struct judge *j, uint32_t list);

/* Came in with a password, from a client of ours, or was made here. */
bool		judge_trusted(const struct facts *f);

/* A filter of ours, that had the message behind its client, took it for spam. */
bool		judge_flagged(const struct judge *j, const struct facts *f);

/* The first recipient that is not ours; firm: not guessed from headers. */
const struct fact_rcpt *judge_foreign_rcpt(const struct judge *j,
		    const struct facts *f, bool firm);

/* Never NULL: zeroes for who was not counted. */
const struct client_sums *judge_client_sums(const struct judge *j,
		    uint32_t who);
const struct addr_sums *judge_addr_sums(const struct judge *j, uint32_t addr);

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
