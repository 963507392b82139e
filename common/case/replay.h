#ifndef CASE_REPLAY_H
#define CASE_REPLAY_H
#include "case/case.h"

/*
 * replays - what was put back on its way, and how far each message came.
 * One row a file or transaction, one below it a recipient.  act/replay.h
 * says what a restart makes of each state.
 */
enum replay_state {
	REPLAY_INTENT,		/* about to be written */
	REPLAY_STAGED,		/* whole on disk; or about to be sent */
	REPLAY_PUBLISHED,	/* in the folder that the server watches */
	REPLAY_TAKEN,		/* seen to vanish from it; or accepted */
	REPLAY_REFUSED,
	REPLAY_RETURNED,	/* it came back: may be replayed again */
	REPLAY_DOUBTFUL,	/* it cannot be known */
	REPLAY_STATES
};
const char	*replay_state_name(enum replay_state s);

#define REPLAY_KEY	16	/* bytes: of a mail and one recipient */

struct replay_to {
	struct slice	 address;
	uint8_t		 key[REPLAY_KEY];
};

struct replay_row {
	int64_t		 row;
	enum replay_state state;
	struct slice	 target;	/* "ims55:/srv/Imcdata/Pickup" */
	int64_t		 entry;		/* of the case; 0: none */
	struct slice	 source;	/* the file it was read from */
	struct slice	 id;
	struct slice	 name;		/* in the target's folder; or empty */
	struct slice	 sender;
	unsigned	 part;		/* from 1, where it had to be split */
	int64_t		 stage;		/* 0: none */
	struct slice	 sha256;	/* of the staged bytes, 32 */
	int64_t		 dev, ino;	/* the target's folder at that time */
	struct slice	 why;
};

struct replays;
int	replays_open(struct replays **out, struct casefile *c,
	    struct err *err);
void	replays_free(struct replays *r);		/* NULL allowed */

/* The number that the next intent will have. */
int64_t	replays_next(const struct replays *r);
/* A new intent; its number goes into row->row. */
int	replays_add(struct replays *r, struct replay_row *row,
	    const struct replay_to *to, size_t n, struct err *err);
/* why empty: as it was. */
int	replays_set(struct replays *r, int64_t row, enum replay_state state,
	    struct slice why, struct err *err);
/* sha256 NULL: there is no file. */
int	replays_staged(struct replays *r, int64_t row,
	    const uint8_t sha256[32], struct err *err);
int	replays_published(struct replays *r, int64_t row, int64_t dev,
	    int64_t ino, struct err *err);
/* Its n-th recipient, from 0, fared otherwise than the row. */
int	replays_rcpt(struct replays *r, int64_t row, size_t n,
	    enum replay_state state, struct slice why, struct err *err);
/* An intent that came to nothing. */
int	replays_forget(struct replays *r, int64_t row, struct err *err);

/*
 * Rows in one of the states (bits, 1 << state) and of the target, NULL any,
 * in order; the slices live until each returns.  each may change its row.
 */
int	replays_each(struct replays *r, unsigned states, const char *target,
	    int (*each)(void *ctx, const struct replay_row *row,
	    struct err *err), void *ctx, struct err *err);

/*
 * What became of this mail for this recipient: 1 and the weightiest state
 * (done, then in hand, then doubtful, then refused), and its row; 0: nothing
 * yet.
 */
int	replays_known(struct replays *r, const uint8_t key[REPLAY_KEY],
	    enum replay_state *state, int64_t *row, struct err *err);

/*
 * How many rows are in each state; of one target, or NULL of all.  Not
 * those that were refused, returned or doubtful when all of their recipients
 * have been tried again since.
 */
int	replays_count(struct replays *r, const char *target,
	    uint64_t n[REPLAY_STATES], struct err *err);

/*
 * Recipients of a row that have not had the mail as far as is known, and
 * were not tried again since.  The slices live until each returns.
 */
struct replay_left {
	enum replay_state state;
	struct slice	 source;
	struct slice	 address;	/* one of them */
	uint64_t	 n;		/* that fared alike */
	struct slice	 why;
};
int	replays_left(struct replays *r, const char *target,
	    int (*each)(void *ctx, const struct replay_left *left,
	    struct err *err), void *ctx, struct err *err);

/*
 * A staging folder is the one it was only if all of this is as it was.
 * Find its number, or give it one.
 */
struct replay_stage {
	struct slice	 path, mark;	/* mark: what the file in it says */
	int64_t		 dev, ino;
};
int	replays_stage(struct replays *r, const struct replay_stage *s,
	    int64_t *number, struct err *err);
#endif
