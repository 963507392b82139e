#ifndef JUDGE_ROW_H
#define JUDGE_ROW_H
#include "judge/judge.h"
#include "judge/record.h"

/*
 * row - one entry on its way out, wherever it comes from: a scan that has
 * just judged it, or a case.
 *
 * Slices are the giver's, good until its next row.  Their bytes are as they
 * stand, hostile ones too: what prints makes them safe.  Empty is absent.
 */
struct row_client {
	struct slice	 ip, name, helo;
};

/* A rule that spoke, and what it said. */
struct said {
	struct slice	 rule, fact;
};

/* What a person decided; who is empty when nobody did. */
struct row_mark {
	struct slice	 who, because;
	enum class	 judged;	/* what the judge had said */
};

struct row {
	enum class	 class;		/* a person's, or else the judge's */
	struct row_mark	 mark;
	struct slice	 reason;	/* the judge's: "relay/third-party" */
	enum kind	 kind;
	struct slice	 folder, path;
	struct slice	 sender;	/* "<>": the null one */
	struct slice	 rcpt;		/* the first of nrcpts */
	size_t		 nrcpts;
	struct row_client client;
	struct slice	 account, subject;
	uint64_t	 size;
	int64_t		 arrived;	/* 0: not told */

	uint32_t	 campaign;	/* its number; 0: in none */
	const struct sketch *sketch;	/* of its text; NULL: none was made */

	const struct said *said;	/* what decided first; where asked for */
	size_t		 nsaid;
	bool		 decided;	/* the first one did */

	const struct record *rec;	/* NULL: the above is enough */
};

/*
 * The row of an entry that was judged.  rec may be NULL.  With said, what
 * the rules say is made too, in the arena.
 */
void	row_judged(struct row *r, struct arena *a, const struct judge *j,
	    const struct facts *f, const struct record *rec, bool said);
#endif
