#ifndef ACT_SOURCE_H
#define ACT_SOURCE_H
#include "case/case.h"
#include "spool/spool.h"

/*
 * source - the messages that are to be put back, read one by one wherever
 * they lie: by the name of a file, or as entries of a case, in the tree
 * where it is now or in an archive.
 */
struct source_item {
	const char	*root;		/* of the spool; NULL: not known */
	const char	*format;	/* NULL: ask each driver */
	const char	*path;		/* below root; "x.eml#2", "box@4096";
					   without a root the file's name */
	int64_t		 entry;		/* of the case; 0: none */
	const uint8_t	*sha256;	/* 32 bytes; NULL: not told */
};

struct source;
struct source	*source_new(struct casefile *c);	/* NULL: no case */
void		 source_free(struct source *s);		/* NULL allowed */

/*
 * Fill in root and path of the item that a file's name means; files of one
 * folder should come one after the other.  Memory is the arena's.
 */
void	source_name(struct source *s, struct arena *a, const char *file,
	    const char *format, struct source_item *item);

/*
 * The message; it is the source's until the next load.  -1 and err: it
 * cannot be read, or its bytes are not those that sha256 tells.
 */
int	source_load(struct source *s, const struct source_item *item,
	    struct arena *a, struct spool_msg **m, struct err *err);

/* The folder it lies in, and that spool's format; "" where only the case
   knows. */
const char	*source_folder(const struct source *s);
const char	*source_format(const struct source *s);

/* Before the arena of the last load is reset. */
void	source_done(struct source *s);

/* All of its text, as spool_text. */
int	source_text(struct source *s,
	    int (*piece)(void *ctx, struct slice bytes, struct err *err),
	    void *ctx, struct err *err);
#endif
