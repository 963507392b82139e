#ifndef IO_PUBLISH_H
#define IO_PUBLISH_H
#include <stdbool.h>
#include "base/err.h"

/*
 * publish - a file that appears whole or not at all.
 *
 * It is written aside, as .NAME.partial in the same folder, synced, and
 * takes its name in one step that cannot overwrite.  What a killed run left
 * aside is written over; what another run is writing is left alone.
 */
struct publish {
	int	 fd;		/* write here; -1: not begun, or over */
	int	 dir;
	char	*path;		/* as it was given */
	char	*name;		/* its last part */
	char	*aside;
};

/* -1 when path exists already, or cannot be written beside. */
int	publish_begin(struct publish *p, const char *path, struct err *err);

/* Sync and give it its name; replace: over one that is there. */
int	publish_commit(struct publish *p, bool replace, struct err *err);
void	publish_cancel(struct publish *p);	/* the partial file goes */
#endif
