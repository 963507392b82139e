#ifndef JUDGE_SCAN_H
#define JUDGE_SCAN_H
#include "base/buf.h"
#include "base/err.h"
#include "base/intern.h"
#include "judge/facts.h"
#include "judge/judge.h"
#include "judge/record.h"
#include "site/site.h"

/*
 * scan - the way of an entry, left to right and never back:
 *
 *	spool_next -> pool -> spool_load -> record_read -> facts_make
 *	-> (all entries) judge_all -> the caller's sink
 *
 * Results come in the order of spools, then of paths, whatever the number
 * of threads.
 */
struct scan {
	/* set by the caller */
	size_t		 threads;	/* 0: as many as there are processors */
	bool		 records;	/* scan_record will be asked for */
	bool		 digests;	/* with sha256 and id */
	bool		 file_digests;	/* but not of messages that are a whole
					   file, which the caller will read */
	bool		 contents;	/* with attachments and streams */
	bool		 types;		/* and what bytes are: mail/magic.h */
	const char	*format;	/* NULL: ask each driver */
	void		(*progress)(void *ctx, size_t entries, uint64_t bytes);
	void		*progress_ctx;

	/* filled by scan_read */
	struct intern	*strings;
	struct facts	**entries;	/* sorted */
	size_t		 n;
	const char	**spools;	/* path of spool i */
	const char	**formats;	/* its format */
	size_t		 nspools;
	struct buf	 beside;	/* spool_beside of operands, a line each */
	size_t		 vanished;	/* files that went away meanwhile: normal */
	bool		 stopped;	/* a signal came: entries are not all */
	char		 no_types[256];	/* why records do not say it */

	struct scan_state *state;
};

/*
 * Open what it writes, the files without a name that records are kept in;
 * before a sandbox goes up.  scan_read does it, too.
 */
int	scan_ready(struct scan *s, struct err *err);

/* Read all of it.  -1 and err: a path could not be opened at all. */
int	scan_read(struct scan *s, char *const paths[], struct err *err);

/* The record of an entry, read back from the spill file. */
bool	scan_record(struct scan *s, const struct facts *f, struct arena *a,
	    struct record *rec, struct err *err);

void	scan_free(struct scan *s);
#endif
