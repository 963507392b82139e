#ifndef LOG_RANK_H
#define LOG_RANK_H
#include "base/buf.h"
#include "log/usage.h"

/*
 * rank - which accounts are in a stranger's hands, at which clients, and
 * why one thinks so.
 *
 * Each reason has points; an account at a client that has RANK_STOLEN of
 * them is called stolen there, and the same account at another client is
 * not.  One reason alone is never enough.
 */
#define RANK_STOLEN	5

enum reason {
	WHY_GUESSED,	/* the right password came after many wrong ones */
	WHY_TRIED,	/* the client guessed at other accounts too */
	WHY_BULK,	/* very many recipients in an hour */
	WHY_SPREAD,	/* the account has, from all its clients together */
	WHY_SENDERS,	/* under many sender addresses */
	WHY_REFUSED,	/* many recipients do not exist */
	WHY_ROTTEN,	/* very many, at this client */
	WHY_NETWORKS,	/* the account was used from many networks */
	WHY_NEW,	/* others used it from elsewhere before */
	WHY_COUNT
};

#define GUESSES_MANY	20	/* wrong passwords: no person's fingers */
#define BULK_HOUR	100	/* recipients: a person writes to fewer */
#define SENDERS_MANY	5
#define NETWORKS_MANY	4
#define CROWD		20	/* clients: no person has so many */
#define LOST_MANY	20	/* recipients refused or bounced, */
#define LOST_SHARE	10	/* and percent of all that they are */
#define ROTTEN_MANY	50	/* no list of a person is like that */
#define ROTTEN_SHARE	25
#define TRIED_MANY	3	/* accounts that one client guesses at */

/* Sets points and reasons of all pairs, and suspect of all accounts and
   clients. */
void	rank(struct usage *u);

/* Of all stolen pairs of one account, together. */
struct stolen {
	uint32_t	 account;
	uint32_t	 why;		/* bits of reasons */
	uint32_t	 points;	/* the highest */
	uint64_t	 clients, messages, rcpts, guesses;
	int64_t		 first, last;
};

/* The worst first; *n of them, to be freed. */
struct stolen	*rank_stolen(struct usage *u, size_t *n);

/* "41,280 recipients in 3 h from 14 addresses, first seen 2004-..., after
   812 failed guesses; under 40 sender addresses". */
void	rank_say(struct buf *out, const struct stolen *s);
/* Of one pair, shorter: "after 812 failed guesses, 900 recipients an hour" */
void	rank_say_pair(struct buf *out, const struct usage_pair *p);

/* "12,345"; "3 h", "40 min", "5 days" */
void	rank_number(struct buf *out, uint64_t n);
void	rank_span(struct buf *out, int64_t secs);
#endif
