#ifndef BASE_OPT_H
#define BASE_OPT_H
#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * opt - one table of options makes the parsing, --help and the manual's
 * SYNOPSIS.
 *
 * A row has one of: flag (set to true), str (the last one wins), list (each
 * one kept, in order), num (checked against max).  Short options as POSIX
 * has them; long ones as --name=value or --name value; "--" ends them; an
 * operand "-" is an operand.  Options may stand after operands.
 */
#define OPT_LIST_MAX	256	/* values of one repeatable option */

struct opt_list {
	const char	*v[OPT_LIST_MAX];
	size_t		 n;
};

struct opt {
	char		 letter;	/* 0: long only */
	const char	*name;
	const char	*arg;		/* what the value is called; NULL: none */
	const char	*help;		/* one line, lower case */
	bool		*flag;
	const char	**str;
	struct opt_list	*list;
	uint64_t	*num;
	uint64_t	 max;		/* largest num; 0: no limit */
};

struct opt_cmd {
	const char	*name;
	const char	*operands;	/* "spool ..." */
	const char	*what;		/* one line: what the command is for */
	const struct opt *opts;		/* ends in a row without a name */
	void		(*more)(void);	/* printed at the end of --help; may be NULL */
};

/*
 * Parse.  Operands are moved to the front of argv + 1, ended by NULL;
 * returns 1, the index of the first.  --help prints and exits 0, --version
 * too; a bad command line prints a message and the usage line and exits 2.
 */
int	opt_parse(const struct opt_cmd *cmd, int argc, char *argv[]);

/* Say what is wrong with the command line, and exit 2. */
void	opt_usage(const struct opt_cmd *cmd, const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 2, 3)));

/* The conventions' exit statuses. */
enum {
	STATUS_OK	= 0,	/* done; something was selected */
	STATUS_NONE	= 1,	/* done; nothing was selected */
	STATUS_USAGE	= 2,
	STATUS_PART	= 3,	/* done in part; each skipped entry is on stderr */
	STATUS_FAILED	= 4,
};
#endif
