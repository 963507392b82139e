#ifndef SPOOL_FIND_H
#define SPOOL_FIND_H
#include "spool/spool.h"

/*
 * found - one message, named by its file, in the spool that it lies in.
 *
 * The spool is looked for in the folders above the file, so that companions
 * and envelopes are there as in a scan.  A file in no spool is one by
 * itself.  What spoolscan -0 prints is such a name: "spool/Out/3SW32JRP",
 * "x.tar/Imcdata/In/1", "box.mbox@4096".
 */
struct spool_found {
	struct arena	 *keep;		/* what the spools are in */
	struct arena	 *a;		/* the entry and the message */
	struct spool	**set;
	size_t		  n;
	struct spool	 *sp;		/* the entry's; one of set */
	struct spool_entry e;
	bool		  packed;	/* of an archive */
	bool		  has_offset;	/* the name said which message */
	uint64_t	  offset;	/* of it in the file */
	struct spool_reader *rd;
};

#define FIND_LEVELS	4	/* folders above the file that may be the spool */

/* The folder above the file that looks most like a spool, or NULL. */
char	*spool_home(struct arena *a, const char *file, const char *format);

/*
 * What spool_find will read for this file, before it does: that folder, or
 * the file.  Names only are looked at, and what drivers need to bid.
 */
const char *spool_find_root(struct arena *a, const char *file,
	    const char *format);

/*
 * Memory is the arena's, until spool_found_close.  format NULL: ask each
 * driver.  -1 and err: no such file, or nothing in it is a message.
 */
int	spool_find(struct spool_found *f, struct arena *a, const char *file,
	    const char *format, struct err *err);

/*
 * Another message of the same spool, by its path below it, "Out/1" or
 * "box@4096": the spool stays open, and its folder listed.  The arena may
 * be reset between done and again.  Returns 1; 0: not there, or in an archive; -1 and err.
 */
void	spool_found_done(struct spool_found *f);
int	spool_find_again(struct spool_found *f, const char *path,
	    struct err *err);

/*
 * The message itself, as spool_load gives it.  -1 and err: it cannot be
 * read, or the file holds several and the name did not say which.
 */
int	spool_found_load(struct spool_found *f, struct spool_msg *m,
	    struct err *err);

void	spool_found_close(struct spool_found *f);
#endif
