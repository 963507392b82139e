#ifndef BASE_OPERANDS_H
#define BASE_OPERANDS_H
#include <stdbool.h>
#include <stdio.h>
#include "base/buf.h"

/*
 * operands - names from the command line, or, where the only one is "-",
 * from a stream: one a line, or each ended by NUL.
 */
#define OPERAND_MAX	(64 * 1024)	/* bytes of one */

struct operands {
	char *const	*argv;		/* what is left of them */
	FILE		*in;		/* NULL: not from a stream */
	int		 end;		/* '\n' or '\0' */
	struct buf	 name;
};

void		 operands_init(struct operands *o, char *const argv[],
		    FILE *in, bool nul);

/*
 * The next name, or NULL; good until the next call.  Empty lines are passed
 * over, and what is too long for a name is cut off.
 */
const char	*operands_next(struct operands *o);
void		 operands_free(struct operands *o);
#endif
