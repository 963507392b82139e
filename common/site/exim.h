#ifndef SITE_EXIM_H
#define SITE_EXIM_H
#include "site/import.h"

/*
 * exim - the lines and the lists of an Exim configuration, as its importer
 * reads them.  Exim's specification, chapters 6 and 10.
 */
#define EXIM_DEPTH_MAX	10	/* levels: lists inside lists, .ifdef inside .ifdef */

struct exim_macro {
	struct slice	name, value;
};

struct exim_text {
	struct import	*in;
	struct slice	 rest;
	size_t		 number;	/* of the line read last */
	struct exim_macro *v;
	size_t		 n, cap;
	struct {
		bool	on, taken;	/* this branch, or one before it */
		size_t	line;
	} ifs[EXIM_DEPTH_MAX];
	size_t		 nifs;
};

/*
 * The next logical line, trimmed, in the arena: a backslash continues it,
 * comments and branches that are not taken are left out, macros are put in.
 * *first is its first line's number.  1; 0 at the end; -1.
 */
int	exim_line(struct exim_text *t, size_t *first, struct slice *out);

struct exim_named {
	struct slice	name, value;
	bool		hosts;
	size_t		line;
};

struct exim_lists {
	struct import	*in;
	struct exim_named *v;
	size_t		 n, cap;
	struct slice	 primary;	/* primary_hostname: what "@" is */
	bool		 open;		/* of a list: there may be more in it */
	bool		 hole;		/* and less */
};

/* "name = value" of a hostlist or domainlist. */
int	exim_list_named(struct exim_lists *l, struct slice text, bool hosts,
	    size_t line);

/*
 * The condition "hosts = VALUE" or "domains = VALUE", or the contrary when
 * not, goes to out as one of policy.h, with a blank in front.
 *
 * An item that is not understood is noted, and taken to match nothing; where
 * that would widen the condition, *unknown becomes true.  Of a file or a
 * lookup that cannot be read l->open, and then l->hole, become true instead.
 */
int	exim_list(struct exim_lists *l, struct slice value, bool hosts,
	    bool not, size_t line, struct buf *out, bool *unknown);
#endif
