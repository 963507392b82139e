#ifndef SHOW_WHOLE_H
#define SHOW_WHOLE_H
#include <stdio.h>
#include "case/case.h"
#include "judge/single.h"
#include "judge/row.h"
#include "site/site.h"

/*
 * whole - one message on a page: what it is and why, envelope, the way it
 * took, header, parts, text.  Nothing raw is printed but by whole_raw.
 */
struct whole {
	const struct row *row;		/* with its record */
	struct single	*msg;		/* NULL: its bytes are not here */
	const struct site *site;	/* who is one of us */
	const struct case_mark *marks;	/* what persons said, oldest first */
	size_t		 nmarks;
	const char	*absent;	/* why msg is NULL */
	bool		 alone;		/* judged without the others */
	bool		 colour;
};

#define WHOLE_TEXT_MAX	(64 * 1024)	/* bytes shown of one part's text */

void	whole_print(FILE *out, const struct whole *w);

/* The header alone, decoded; and the bytes that it is. */
void	whole_header(FILE *out, struct single *msg);
struct slice	whole_header_raw(struct single *msg);

/*
 * The number'th part, decoded, as text that may be seen; raw: its bytes.
 * -1 and err: there is no such part, or it is no text.
 */
int	whole_part(FILE *out, struct single *msg, unsigned number, bool raw,
	    struct err *err);

/* All bytes of the message, as they lie in the spool. */
int	whole_raw(FILE *out, struct single *msg, struct err *err);
#endif
