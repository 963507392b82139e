#ifndef ACT_LINE_H
#define ACT_LINE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include "base/arena.h"
#include "base/slice.h"

/*
 * line - what a line of a bag's members.ndjson or entries.ndjson says.
 * Slices are the arena's, empty where nothing is said.
 */
struct line {
	struct slice	 type;		/* "file", "folder", "link" ... */
	struct slice	 path;		/* true bytes */
	struct slice	 member;	/* below data/; is path unless told */
	struct slice	 target;	/* of a link, true bytes */
	struct slice	 problem;
	bool		 absent;	/* it is not in the archive */
	uint64_t	 size, ino, links;
	struct timespec	 mtime, ctime;

	struct slice	 id, class, reason;	/* of an entry */
};

/* False: it is no such line. */
bool	line_read(struct slice json, struct arena *a, struct line *l);

/* The file that "x.eml#2" and "mbox@4096" are parts of. */
struct slice	path_without_part(struct slice path);

/*
 * lines - entries.ndjson by the paths of their files, of which a message may
 * be a part: "x.eml#2", "mbox@4096".
 */
struct lines;
struct lines *lines_new(struct slice text);		/* borrowed */
void	lines_free(struct lines *ls);			/* NULL allowed */

/* The first entry of the file; false: there is none. */
bool	lines_of(const struct lines *ls, struct slice path, struct arena *a,
	    struct line *l);
#endif
