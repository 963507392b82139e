#ifndef CASE_LEDGER_H
#define CASE_LEDGER_H
#include "case/case.h"

/*
 * ledger - what was done, by whom and when; append-only.
 *
 * Triggers refuse to change or delete a row, and to add any but the next.
 * Each row holds
 *	SHA-256(hash of the row before ||
 *	    for each column in order: length, 8 bytes, big-endian || bytes)
 * over id (in decimal), at, who, host, tool, version, args, verb, what,
 * result; before the first row stands the case's UUID, 16 bytes.  Absent is
 * empty.  That the end was cut off only a hash printed before can show:
 * every command with --commit prints ledger_head.
 */
struct ledger_row {
	struct slice	verb;		/* "scan", "mark", "rotate", "publish" */
	struct slice	args;		/* the command line, or what matters of it */
	struct slice	what;		/* an id, a path, a condition */
	struct slice	result;		/* "ok", "12 entries", why it failed */

	/* filled in by ledger_add, and when read: */
	int64_t		id;
	struct slice	at, who, host, tool, version;
	uint8_t		hash[32];
};

/*
 * How the result of an archive begins in the row before its file is there;
 * once it is, a row follows that says what became of it.
 */
#define LEDGER_BEGUN	"to be published"

/* Durable when it returns, or with the transaction it is in. */
int	ledger_add(struct casefile *c, const struct ledger_row *row,
	    struct err *err);

/* The last row's number and hash; of an empty ledger 0 and zeros. */
int	ledger_head(struct casefile *c, int64_t *id, uint8_t hash[32],
	    struct err *err);

/* The words of a command line, quoted as a shell wants them. */
struct slice	ledger_args(struct arena *a, char *const argv[]);

/*
 * Every row, in order; the slices live until each returns.  It may stop
 * the walk with -1, having set err.
 */
int	ledger_read(struct casefile *c,
	    int (*each)(void *ctx, const struct ledger_row *row,
	    struct err *err), void *ctx, struct err *err);

/*
 * Does the chain hold?  head: a hash printed before (32 bytes) that must be
 * in it, or NULL.  Returns 1 and how many rows; 0: no, and err says which
 * row; -1: it could not be read.
 */
int	ledger_verify(struct casefile *c, const uint8_t *head, int64_t *rows,
	    struct err *err);
#endif
