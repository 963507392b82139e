#ifndef SITE_IMPORT_H
#define SITE_IMPORT_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "site/site.h"

/*
 * import - what the importers of policy.h share.  Each turns the text of a
 * file into rules, or fails with "path:line: what".
 */
#define IMPORT_MAX	(16 * 1024 * 1024)	/* bytes of one file */

struct import {
	struct arena	*a;
	const char	*path;		/* of the file */
	const char	*root;		/* what absolute names begin at, and no
					   link is followed; NULL: as they are */
	struct slice	 text;
	struct buf	*rules;		/* as policy_parse reads them */
	struct buf	*notes;
	struct err	*err;
};

int	import_postfix(struct import *in);
int	import_exim(struct import *in);
int	import_reg(struct import *in);
int	import_metabase(struct import *in);

/*
 * The other use of a configuration: what it says is ours.  Each list that it
 * has goes to took, in words as site_add has them, "!" in front of what is
 * taken out of it.  What of a list cannot be read is noted.
 */
typedef void import_ours(void *ctx, enum site_what what, struct slice words,
		    const char *name);
int	ours_postfix(struct import *in, import_ours *took, void *ctx);
int	ours_exim(struct import *in, import_ours *took, void *ctx);
int	ours_sendmail(struct import *in, import_ours *took, void *ctx);

/* Always -1. */
int	import_fail(struct import *in, size_t line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	import_note(struct import *in, size_t line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* The end of a rule: where it comes from. */
void	import_origin(struct import *in, size_t line, struct slice what);

/*
 * A file that path names: beside the imported one when it is there under
 * its last name, as in a copy of a configuration; else itself, below root.
 * *name is which one it was.  1; 0 when it cannot be read, which is noted;
 * -1 when it is too large.
 */
int	import_file(struct import *in, size_t line, struct slice path,
	    const char **name, struct slice *text);
/* Read it whole.  -1: err says why; a file over IMPORT_MAX too. */
int	import_read(struct arena *a, const char *path, struct slice *text,
	    struct err *err);
#endif
