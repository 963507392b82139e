#ifndef JUDGE_CAMPAIGN_H
#define JUDGE_CAMPAIGN_H
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/intern.h"
#include "judge/facts.h"

/*
 * campaigns - mails that are the same one with other words filled in.
 *
 * Found by the sketches of their text (mail/text.h): those that agree in a
 * bin are compared with a few others of that bin, and what is alike is
 * joined; what was joined is then compared with what most of it has in
 * common, so that two campaigns do not become one by a mail between them.
 * The work grows as the number of mails does, whatever is in them, and the
 * result depends on their sketches alone: not on their order, nor on
 * threads.  Mails of two lists, or of two senders of newsletters, are never
 * in one campaign.
 *
 * f->campaign gets the number, 0: in none.  Numbers start at 1 with the
 * largest; a campaign that is known keeps its number.
 */
#define CAMPAIGN_MIN	3	/* mails; two alike are chance */
#define CAMPAIGN_BAD	16	/* bad ones that stand for all of them */
#define CAMPAIGNS_MAX	(1 << 24)	/* numbers */

struct campaign {
	uint32_t	number;
	uint32_t	n;		/* mails of this scan */
	uint32_t	classes[C_COUNT];	/* of them */
	uint32_t	rcpts[C_COUNT];	/* and their recipients */
	uint32_t	weak;		/* legit by legit/inbound alone */
	/* how many different ones; those without one do not count */
	uint32_t	clients, accounts, senders, subjects, hosts, mailers;
	bool		one_text, one_layout, one_file;	/* in all */
	int64_t		first, last;	/* arrived; 0: nobody tells */
	const struct facts *sample;	/* the first of them, by path */
	const struct facts *bad[CAMPAIGN_BAD];	/* the first: relay or spam */
	uint32_t	nbad;
};

/* What a case knows: sketches of mails that are not of this scan, too. */
struct campaign_known {
	struct sketch	sketch;
	uint32_t	campaign;	/* 0: none.  Written: what it is now */
	bool		counts;		/* it is another mail than the scan's */
};

struct campaigns;
/* used: the highest number that was ever given. */
struct campaigns *campaigns_find(struct facts **entries, size_t n,
		    struct campaign_known *known, size_t nknown,
		    uint32_t used);
void		 campaigns_free(struct campaigns *cs);	/* NULL allowed */

/*
 * What they are made of, when their mails have been judged.  May be asked
 * again when classes have changed.
 */
void		 campaigns_count(struct campaigns *cs,
		    const struct intern *in);

size_t		 campaigns_n(const struct campaigns *cs);
/* The ith, largest first. */
const struct campaign *campaigns_at(const struct campaigns *cs, size_t i);
/*
 * The mail has as much in common with three of four bad ones as two of one
 * campaign have.  Mails of different kinds come into one when what is said
 * in them is little beside the words that are filled in.
 */
bool		 campaign_is_bad_like(const struct campaign *c,
		    const struct facts *f);

/* That of a mail, NULL: of none. */
const struct campaign *campaign_of(const struct campaigns *cs,
		    const struct facts *f);

/*
 * One line for a person: what is the same in all of it, and what varies.
 * 'always subject "Hello", 1 client; varies: words, 41 senders'
 */
void		 campaign_say(const struct campaign *c,
		    const struct intern *in, struct buf *out);

/* The same with its first subject in front: what a list of them shows. */
void		 campaign_label(const struct campaign *c,
		    const struct intern *in, struct buf *out);
#endif
