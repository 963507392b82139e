#ifndef IO_PUBLISH_H
#define IO_PUBLISH_H
#include <stdbool.h>
#include "base/err.h"

/*
 * publish - a file that appears whole or not at all.
 *
 * It is written aside, as .NAME.partial in the same folder, synced, and
 * takes its name in one step that cannot overwrite, unless it is to replace
 * the file of that name.  What a killed run left aside is written over; what
 * another run is writing is left alone.
 */
struct publish {
	int	 fd;		/* write here; -1: not begun, or over */
	int	 dir;
	char	*path;		/* as it was given */
	char	*name;		/* its last part */
	char	*aside;
	bool	 over;
};

/*
 * -1 when it cannot be written beside, or path exists already and is not to
 * be replaced (over).
 */
int	publish_begin(struct publish *p, const char *path, bool over,
	    struct err *err);

int	publish_commit(struct publish *p, struct err *err);	/* sync, and name it */
void	publish_cancel(struct publish *p);	/* the partial file goes */
#endif
