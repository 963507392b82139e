#ifndef ACT_REPLAY_H
#define ACT_REPLAY_H
#include <stdio.h>
#include "base/opt.h"
#include "base/sandbox.h"
#include "case/replay.h"
#include "judge/facts.h"
#include "mail/report.h"
#include "spool/inject.h"

/*
 * replay - valid mail put back on its way, each message once.
 *
 *	replay_open	the target, its lock, the case that remembers
 *	replay_choose*	what is wanted
 *	replay_recover	what a run that was killed has left (acting only)
 *	replay_plan	read it all: what goes, what is left out and why
 *	replay_act	do it, and watch the server take it
 *
 * Into a folder a message goes in four durable steps: the intent is written
 * down; the file is written in a staging folder nobody watches, and synced;
 * that is written down with its SHA-256; one rename publishes it.  So a
 * restart knows, by the row and the staging file:
 *
 *	row		staging file		means
 *	none		present			never published: removed
 *	intent		partial or none		begun: begun again
 *	staged		present, same digest	not published: published
 *	staged		present, another	broken: begun again
 *	staged		absent, folder proven	published: the rename proves it
 *	staged		folder gone or another	cannot be known: doubtful
 *
 * To a command or a server nothing proves the last step.  A row is staged
 * before the first byte goes out, and what is staged after a kill is
 * doubtful.
 */

/* Why an entry stays where it is. */
enum replay_leave {
	LEAVE_NO,		/* it goes */
	LEAVE_UNREAD,
	LEAVE_REFUSED,		/* the profile cannot carry it; or was told no */
	LEAVE_LIVE,
	LEAVE_DELIVERED,	/* its server has seen to all recipients */
	LEAVE_DUPLICATE,	/* of another one in the plan */
	LEAVE_DONE,		/* published or taken in an earlier replay */
	LEAVE_IN_HAND,		/* of another target */
	LEAVE_DOUBTFUL,
	LEAVE_WAS_REFUSED,
	LEAVE_UNPARSED,		/* from here on --force sends it all the same */
	LEAVE_SEVERAL,
	LEAVE_PARTIAL,
	LEAVE_RCPT,
	LEAVE_CLASS,
	LEAVE_UNSURE,
	LEAVE_REPORT,
	LEAVE_NULL,
	LEAVE_ARCHIVE,
	LEAVE_BADMAIL,
	LEAVE_PROVENANCE,
	LEAVE_HELD,
	LEAVE_ELSEWHERE,
	LEAVE_COUNT
};
/* "still in a live spool"; and how to send it all the same, or "". */
const char	*replay_leave_what(enum replay_leave l);
const char	*replay_leave_way(enum replay_leave l);

struct replay;
enum replay_order { REPLAY_BY_AGE, REPLAY_BY_PRIORITY };

struct replay_opts {
	const char	*to;		/* "ims55:/srv/Imcdata/Pickup" */
	const char	*format;	/* of spools named by files */
	bool		 act;
	bool		 trust_headers;	/* envelopes that are guessed */
	bool		 retry_doubtful;
	bool		 fresh;		/* it arrives now, not when it did */
	const char	*add_resent;	/* address; NULL: no Resent- lines */
	const char	*all_to;	/* every recipient is this one */
	int		 dots;		/* enum inject_dots, -1: the profile's */
	enum replay_order order;
	struct opt_list	 force, live;	/* ids or files; spools */
	uint64_t	 rate;		/* a minute; 0: the profile's */
	uint64_t	 max_waiting;	/* files in the folder; 0: no limit */
	uint64_t	 stall;		/* seconds without one taken; 0: no wait */
	uint64_t	 max_rcpts;	/* of a message; 0: the profile's */
	uint64_t	 connections;	/* 0: one */
	uint64_t	 tries;		/* of what is refused for now; 0: one */
	uint64_t	 backoff;	/* seconds before the second try */
	const char	*user, *password;	/* AUTH; NULL: none */
	const char	*helo;		/* NULL: the host's name */
	const char	*tls_ca;	/* NULL: the system's */
	bool		 tls_verify;
	struct sandbox	*box;		/* entered before a server is talked to;
					   NULL: none */
	/* told after each step that a person may want to see; may be NULL */
	void		(*progress)(void *ctx, const struct replay *r);
	void		*ctx;
};

struct replay_item {
	const char	*source;	/* the file, as a person would name it */
	const char	*root, *format, *path, *folder;
	const char	*id;		/* the case's; or "" */
	int64_t		 entry;
	uint8_t		*sha256;	/* as scanned; NULL: not told */
	uint8_t		*mail;		/* what it is known by, since the plan */
	int64_t		 mtime;		/* of its file then */
	uint8_t		 class;		/* enum class, C_COUNT: nobody judged */
	uint8_t		 leave;		/* enum replay_leave */
	uint8_t		 undo;		/* enum inject_dots: of its own file */
	uint8_t		 priority;	/* 1 urgent to 5 */
	bool		 forced;
	uint32_t	 nrcpts;	/* that it goes to */
	uint32_t	 ndone;		/* that had it before */
	uint32_t	 same;		/* index of what it is folded into */
	int64_t		 arrived;
	uint64_t	 size;
	const char	*why;		/* of LEAVE_UNREAD, LEAVE_REFUSED */
};

struct replay_domain {
	const char	*name;
	uint64_t	 n;		/* recipients */
};

struct replay_tally {			/* of what was done in this run */
	uint64_t	 published, taken, refused, returned, doubtful;
	uint64_t	 waiting;
	uint64_t	 some_refused, some_returned;	/* recipients of those
					   that others of had */
	bool		 stalled;	/* the server stopped taking */
	bool		 full;		/* max_waiting, and nobody waits */
	bool		 stopped;	/* a signal came */
};

struct replay {
	const struct replay_opts *o;
	const struct inject	*in;
	const char		*target;	/* canonical */
	struct casefile		*c;		/* NULL: no ledger yet */
	struct replays		*rows;		/* NULL: as that */

	struct replay_item	*items;		/* in the order they go */
	size_t			 n, cap;
	uint64_t		 left[LEAVE_COUNT];
	uint64_t		 rcpts, bytes;	/* of what goes */
	int64_t			 oldest;	/* arrived; 0: not known */
	uint64_t		 old;		/* that go, past their lifetime */
	struct replay_domain	*domains;	/* most first */
	size_t			 ndomains;

	uint64_t		 recovered[REPLAY_STATES];	/* by recover */
	uint64_t		 removed;	/* staging files without a row */
	struct replay_tally	 did;
	struct replay_inner	*st;		/* replay_state.h */
};

/*
 * c: the case, borrowed; NULL: one of its own beside the target's folder,
 * which only acting makes.  -1 and err; then nothing is left to close.
 */
int	replay_open(struct replay **out, const struct replay_opts *o,
	    struct casefile *c, struct err *err);
void	replay_free(struct replay *r);			/* NULL allowed */

void	replay_choose_entry(struct replay *r, const struct case_entry *e);
void	replay_choose_file(struct replay *r, const char *file);
int	replay_recover(struct replay *r, struct err *err);
int	replay_plan(struct replay *r, struct err *err);
int	replay_act(struct replay *r, struct err *err);

/*
 * What became of a file in a folder that no server looks into any more; why
 * is static, or NULL.  Never REPLAY_PUBLISHED.
 */
enum replay_state replay_carried(int dir, const struct inject *in,
	    const char *name, const char **why);

/* Milliseconds of a clock that only goes forward. */
int64_t	replay_clock(void);
#endif
