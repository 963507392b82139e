#ifndef JUDGE_TOTALS_H
#define JUDGE_TOTALS_H
#include "base/buf.h"
#include "judge/judge.h"

/*
 * totals - who sent how much to whom, over all entries, and who stands out.
 *
 * What our own people send (from a trusted client, or with a password) is
 * cut into streams: one account or client, one way of making messages (the
 * form and the host of the Message-ID, the sender address, what the client
 * calls itself, one text for many or not), and machines of ours and networks
 * that the account was used from before, or others.  A thief has the owner's password but not the
 * owner's program, friends and networks; so the thief's mail and the owner's
 * are two streams of one account.
 *
 * What was submitted on the server itself has neither account nor client.
 * It goes by the domain of its sender, and each campaign in it is a stream:
 * a web form sends the orders of its customers, and for who broke in.
 *
 * A stream has reasons to be called abuse, each with points, as accounts
 * have in log/rank.h; one reason alone is never enough.  What is much is
 * told by the others in the same spool, median and median deviation, and by
 * what the same account did in its other streams.
 *
 * Only judge.c and rules.c include this.  Cost is that of sorting what our
 * people sent; memory is some 100 bytes for each such message.
 */
#define STREAM_ABUSE	5	/* points */
#define STREAM_MAYBE	4

enum stream_by { BY_CLIENT, BY_ACCOUNT, BY_PROGRAM };

enum stream_why {
	WHY_HOURLY,	/* many more recipients an hour than others have */
	WHY_STRANGERS,	/* they never wrote to us; those of others did */
	WHY_ELSEWHERE,	/* networks where the account is not used else */
	WHY_UNSEEN,	/* only from outside, and no owner is seen at all */
	WHY_SCATTERED,	/* many such networks */
	WHY_FORGED,	/* many senders that are not ours */
	WHY_BOUNCED,	/* many recipients do not exist, others' do */
	WHY_CLOCK,	/* day and night, others not */
	WHY_SUDDEN,	/* far above what the same account did else */
	WHY_FLAGGED,	/* a filter of ours takes much of it for spam */
	WHY_MASS,	/* hundreds in an hour, by a program, or by anybody
			   where friends cannot be told from strangers */
	WHY_STREAMS
};

struct stream {
	uint32_t	who;		/* account, address of the client, or
					   domain of the sender */
	enum stream_by	by;		/* which of them */
	bool		owner;		/* its recipients know who sends */
	bool		outside;	/* only from clients that are not ours */
	bool		borrowed;	/* made as the owner's messages are */
	bool		meant;		/* abuse by its points, but as a
					   mailing of its owner would be */
	bool		list;		/* a list, and readers who got more
					   than one issue */
	uint32_t	messages;
	uint32_t	rcpts;		/* different ones, not ours */
	uint32_t	letters;	/* to them: one a message and recipient */
	uint32_t	known;		/* of these: they wrote to us too */
	uint32_t	steady;		/* of these: on two days at least */
	uint32_t	bounced;	/* reports about them */
	uint32_t	nets;		/* /24, or /48 of IPv6 */
	uint32_t	flagged;	/* messages that a filter of ours did not like */
	uint32_t	forged;		/* domains of senders that are not ours */
	uint32_t	busy;		/* recipients in the busiest hour */
	uint32_t	clock;		/* hours of the day, a bit each */
	int64_t		first, last;
	uint32_t	why;		/* bits of enum stream_why */
	uint32_t	points;
};

/* Addresses of our domains that one client writes to. */
struct tries {
	uint32_t	id;		/* of the client: judge_who */
	uint32_t	rcpts;		/* different ones */
	uint32_t	live;		/* they send mail too, or are listed */
	uint32_t	dead;		/* our server reported them unknown */
	uint32_t	messages;
	uint32_t	friends;	/* of them: our people write to the sender */
};

struct totals;
/* After the entries are settled: who handed them to us. */
struct totals	*totals_new(const struct judge *j);
/* Then the streams, when each entry has its campaign. */
void		 totals_streams(struct totals *t);
void		 totals_free(struct totals *t);		/* NULL allowed */

/* The stream of an entry; NULL: our people did not send it, or not out. */
const struct stream *totals_stream(const struct totals *t,
		    const struct facts *f);
/* The stream of the message that this id belongs to, or NULL. */
const struct stream *totals_sent(const struct totals *t, uint64_t msgid);
/* Somebody outside whom our people hear from; or they wrote to. */
bool		 totals_known(const struct totals *t, uint32_t addr);

/* Never NULL. */
const struct tries *totals_tries(const struct totals *t, uint32_t who);
/* Does this client write to names that nobody has? */
bool		 totals_guesses(const struct totals *t, const struct tries *c);
/* Did our server report this address of ours unknown, among very many? */
bool		 totals_dead(const struct totals *t, uint32_t addr);

/* "41,280 recipients in 3 h, 0.2 % of them wrote to us before, ..." */
void		 totals_say(const struct stream *s, struct buf *out);

/* For totals.c: reasons and points of all streams. */
void		 unusual(struct stream *v, size_t n);
#endif
