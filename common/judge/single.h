#ifndef JUDGE_SINGLE_H
#define JUDGE_SINGLE_H
#include "judge/judge.h"
#include "mail/charset.h"
#include "spool/find.h"

/*
 * single - one message, read whole and judged alone.
 *
 * What only the other messages tell (that its client relays, that a report
 * belongs to a storm) is not known here; a scan, or a case, knows.
 */
typedef void single_piece(void *ctx, struct slice bytes);
typedef int single_text_piece(void *ctx, struct slice bytes, struct err *err);

struct single {
	/* made by single_new; memory until single_free */
	struct arena	*arena;
	struct charsets	*charsets;
	struct magics	*magics;	/* NULL: types are not looked up */
	struct sha256	*sha;

	/* filled by single_open, or by whoever has the message */
	struct spool_msg msg;
	struct record	 rec;		/* whole, with id, digest, contents */
	int		(*read)(void *from, single_piece *piece, void *ctx,
			    struct err *err);	/* all its bytes */
	int		(*read_text)(void *from, single_text_piece *piece,
			    void *ctx, struct err *err);	/* all of msg.text */
	void		*from;
	struct spool_found found;

	struct buf	 bytes;		/* of a large message */

	/* filled by single_judge */
	struct intern	*strings;
	struct facts	*facts;
	struct judge	*judge;
};

struct single	*single_new(bool types);
void		 single_free(struct single *s);		/* NULL allowed */

/*
 * The message that the file's name means, see spool/find.h.  -1 and err: it
 * cannot be found or read.
 */
int	single_open(struct single *s, const char *file, const char *format,
	    struct err *err);

/*
 * why NULL: the site as it is; else what nobody said is guessed from this
 * message alone, and why gets a line for each guess.
 */
void	single_judge(struct single *s, struct site *site, struct buf *why);

/*
 * The text of the message, header first, whole where msg has only its
 * beginning; at most SINGLE_MAX bytes, else *cut.
 */
#define SINGLE_MAX	(64 * 1024 * 1024)	/* bytes of a message */
struct slice	single_text(struct single *s, bool *cut);
#endif
