#ifndef LOG_USAGE_H
#define LOG_USAGE_H
#include "base/intern.h"
#include "log/log.h"

/*
 * usage - who used the server: totals of all that logs tell, by account, by
 * client, and by account at a client, which is what tells a thief from the
 * owner.
 *
 * A client is its address, or its name where no address is told.  Accounts
 * are compared without regard to case.
 */
struct usage_sums {
	int64_t		 first, last;	/* 0: no time was told */
	uint64_t	 sessions, messages, rcpts, refused, denied, bytes;
	uint64_t	 bounced;	/* of rcpts, as far as logs tell */
	uint64_t	 failed;	/* passwords */
	uint64_t	 foreign;	/* recipients that are not ours, where
					   it is known what is */
	uint64_t	 senders;	/* different ones */
	uint32_t	 hours[24];	/* messages, by hour of the day */
	uint64_t	 busy;		/* recipients in the busiest hour */
	int64_t		 hour;		/* the last hour with a message ... */
	uint64_t	 in_hour;	/* and its recipients */
};

struct usage_who {
	uint32_t	 id;		/* of the string, as idmap.h wants */
	struct usage_sums s;
	uint32_t	 tried;		/* client: accounts guessed at */
	uint32_t	 peers;		/* account: clients that used it;
					   client: accounts that it used */
	uint32_t	 nets;		/* account: their networks */
	int64_t		 guessed;	/* when a guess succeeded; 0: none did */
	uint64_t	 guesses;	/* account: failures before that */
	uint32_t	 suspect;	/* points; see rank.h */
	bool		 trusted;	/* client: the site says so */
	bool		 gateway;	/* client: who is behind it is hidden */
};

/* An account at a client. */
struct usage_pair {
	uint32_t	 id;		/* from 1 */
	uint32_t	 account, client;
	struct usage_sums s;
	uint64_t	 before;	/* failures until the first success */
	int64_t		 success;	/* 0: never */
	uint32_t	 why;		/* bits of rank.h's reasons */
	uint32_t	 points;
	bool		 own_name;	/* its senders begin with its name */
};

#define USAGE_MAX	2000000	/* accounts, clients, pairs of them, each;
				   more are counted in the totals alone */
#define SENDERS_MAX	8000000	/* different senders told apart, in all */

struct usage_opts {
	/* What is ours; NULL where nobody told. */
	bool		(*ours)(void *ctx, struct slice domain);
	bool		(*trusted)(void *ctx, const struct ip *ip);
	bool		(*gateway)(void *ctx, const struct ip *ip);	/* or NULL */
	void		*ctx;
};

struct usage;
struct usage	*usage_new(const struct usage_opts *o);
void		 usage_free(struct usage *u);		/* NULL allowed */
void		 usage_add(struct usage *u, const struct log_event *e);

struct usage_totals {
	uint64_t	 sessions, messages, rcpts, refused, denied, failed;
	uint64_t	 turfed;	/* put aside by a filter */
	uint64_t	 bounced;
	uint64_t	 relayed;	/* recipients taken for strangers, of a
					   client that is one, no password */
	bool		 more;		/* a limit was reached */
};
const struct usage_totals *usage_totals(const struct usage *u);

/* Of a hundred recipients, those that were refused or bounced. */
unsigned	 usage_lost(const struct usage_sums *s);

/* All of a kind, in no order; n of them. */
struct usage_who *usage_accounts(struct usage *u, size_t *n);
struct usage_who *usage_clients(struct usage *u, size_t *n);
struct usage_pair *usage_pairs(struct usage *u, size_t *n);
struct slice	 usage_str(const struct usage *u, uint32_t id);
struct usage_who *usage_account(struct usage *u, uint32_t id);
struct usage_who *usage_client(struct usage *u, uint32_t id);
/* The pair of an account at a client; NULL: it never succeeded or tried. */
const struct usage_pair *usage_pair(const struct usage *u,
		    struct slice account, struct slice client);

/* The text that an event's client is known by; buf has IP_TEXT bytes. */
struct slice	 usage_client_text(const struct log_event *e, char *buf);
#endif
