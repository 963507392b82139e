#ifndef SHOW_SUMMARY_H
#define SHOW_SUMMARY_H
#include <stdbool.h>
#include <stdio.h>
#include "judge/judge.h"
#include "judge/scan.h"

/*
 * The first screen: what is in there, who is behind it, when it came, what
 * could not be read, and what to type next.
 */
struct summary_opts {
	size_t	 width;		/* columns of the terminal */
	size_t	 rows;		/* of each list */
	bool	 colour;
	bool	 utf8;		/* block characters are welcome */
	bool	 folders;	/* spools are: files in them have paths */
	bool	 filtered;	/* v is a choice, not all of the scan */
	const char *site_args;	/* what told the site, to be typed again: "-s f " */
	const char *spool_args;	/* the operands, the same: " spool" */
	const char *case_arg;	/* the case that has it all; NULL: none */
};

void	summary_print(FILE *out, const struct scan *scan,
	    const struct judge *j, struct facts *const *v, size_t n,
	    const struct summary_opts *o);
#endif
