#ifndef CASE_CASE_H
#define CASE_CASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/sandbox.h"
#include "base/slice.h"
#include "judge/row.h"
#include "spool/spool.h"

/*
 * case - one SQLite file with all entries of some spools, what was said
 * about them, what a person decided, and the ledger of what was done.
 * docs/man/spool-case.5 describes it for those who read it without us.
 *
 * A casefile belongs to one thread at a time.  Text it gives is as hostile
 * as the mail it comes from.  Times are text, "2004-01-05T01:00:00Z".
 */
struct casefile;
enum case_mode {
	CASE_READ,	/* as it is; works on read-only media */
	CASE_WRITE,	/* must be there; one writer at a time */
	CASE_CREATE,	/* made when it is absent or empty */
};
#define CASE_WAIT	10	/* seconds that a second writer waits */

/*
 * Open a case, and bring an older one up to this version's schema when
 * writing.  -1 and err: who is writing to it, or that it is no case, of a
 * newer schema, read-only; such a file is left as it was.
 */
int	case_open(struct casefile **out, const char *path,
	    enum case_mode mode, struct err *err);

/* Everything is in the one file afterwards, unless others have it open. */
int	case_close(struct casefile *c, struct err *err);	/* NULL allowed */

/*
 * Before a sandbox (base/sandbox.h) goes up, which leaves no right to make or
 * remove files: a process beside ours does that for the files of this case,
 * until case_close.  One case at a time; nothing when box is off.
 */
int	case_confine(struct casefile *c, const struct sandbox *box,
	    struct err *err);
/* Where its spools and archives are said to be, added to what may be read. */
int	case_places(struct casefile *c, struct sandbox *box, struct err *err);

const char *case_path(const struct casefile *c);
const char *case_uuid(const struct casefile *c);	/* 36 characters */

/*
 * What is done between begin and commit is there whole or not at all, power
 * loss included.  Everything that writes may be called outside, too.
 */
int	case_begin(struct casefile *c, struct err *err);
int	case_commit(struct casefile *c, struct err *err);
void	case_rollback(struct casefile *c);

/*
 * One entry.  Slices are empty where nothing is known, and live until the
 * cursor's next step.  Recipients, hops, parts and evidence come with
 * case_row.
 */
struct case_entry {
	int64_t		row;		/* its number in this case, for ever */
	struct slice	id;		/* the same in every case; two copies
					   of a message have the same */
	struct slice	spool;		/* where the tree is now */
	struct slice	format, folder, path, queue_id;
	uint64_t	size;
	struct slice	sha256;		/* hex */
	struct slice	arrived, date, message_id, header_from, subject, kind;
	struct slice	sender, sender_provenance;	/* "<>": null sender */
	struct slice	rcpt;		/* the first */
	uint64_t	nrcpts;
	struct slice	client, client_name, helo, account;
	struct slice	class;		/* a person's, or else the judge's */
	struct slice	reason;		/* the rule that decided */
	struct slice	judged;		/* the judge's class */
	struct slice	because;	/* of the mark in force */
	struct slice	marked_by;	/* who; empty: nobody marked it */
	int64_t		campaign;	/* 0: none */
	struct slice	gone;		/* when a scan did not find it any more */
};

/*
 * What is wanted.  where is an SQL condition over the view "selection":
 * the columns of "entries", with rcpt, rcpt_domain and client of each
 * recipient and client in turn, so that they mean any of them.  It can
 * read and nothing else, for so many seconds.
 */
struct case_want {
	const char	*where;		/* NULL: all */
	const char	*filter;	/* and this, over the table entry: ours,
					   not a person's; NULL: all */
	const char	*order;		/* "arrived DESC"; NULL: as first found */
	bool		 gone;		/* those that are gone, too */
	unsigned	 seconds;	/* 0: CASE_SECONDS */
	size_t		 most;		/* entries; 0: no limit */
};
#define CASE_SECONDS	30

struct case_cursor;

/*
 * The choice is made here; the entries are read one by one, and nothing is
 * locked between the steps: a person may look at a page of them for hours.
 */
int	case_select(struct casefile *c, const struct case_want *want,
	    struct case_cursor **out, struct err *err);
size_t	case_count(const struct case_cursor *cur);
int	case_next(struct case_cursor *cur, struct case_entry *e,
	    struct err *err);				/* 1; 0 end; -1 */
void	case_cursor_free(struct case_cursor *cur);	/* NULL allowed */

/*
 * Totals of what is wanted, by one of case_by; most: so many of the largest
 * (of hours: all, in order).  each may stop the walk with -1, having set err.
 */
struct case_total {
	struct slice	key;		/* empty: those without a value */
	uint64_t	entries, relay, backscatter, spam, legit, unsure, bytes;
	struct slice	first, last;	/* arrived */
	uint64_t	recipients;
	/* of a campaign: different ones, the id of the first by its path, and
	   what it is */
	uint64_t	clients, accounts, senders;
	struct slice	sample, label;
};
enum case_by {
	CASE_BY_CLIENT, CASE_BY_ACCOUNT, CASE_BY_SENDER, CASE_BY_CAMPAIGN,
	CASE_BY_CLASS, CASE_BY_HOUR,
	CASE_BYS
};
const char *case_by_name(enum case_by by);
int	case_totals(struct casefile *c, const struct case_want *want,
	    enum case_by by, int (*each)(void *ctx,
	    const struct case_total *t, struct err *err), void *ctx,
	    struct err *err);

/* A cursor over given rows, as case_ids collects them. */
struct case_rows {
	int64_t	*v;
	size_t	 n, cap;
};
void	case_rows_free(struct case_rows *r);
int	case_select_rows(struct casefile *c, const struct case_want *want,
	    struct case_rows *rows, struct err *err);
int	case_entries(struct casefile *c, const struct case_rows *rows,
	    struct case_cursor **out, struct err *err);

/*
 * Add the rows that text means: an id, the beginning of one (4 characters
 * at least), a path below a spool, or the path of a file.  -1 and err:
 * none, or several ids begin so.
 */
int	case_ids(struct casefile *c, struct slice text, struct case_rows *rows,
	    struct err *err);

/*
 * Everything about it that spoolscan had, for the sinks: out with what the
 * rules said, and its record in rec.  Memory is a's.
 */
int	case_row(struct casefile *c, int64_t row, struct arena *a,
	    struct row *out, struct record *rec, struct err *err);

/*
 * What an archive says of each of the rows, which ascend: who sent it to whom
 * and from where, what it was judged to be, its digest and campaign.  nth is
 * its number in rows; text is good for the moment.  -1 from each stops.
 */
typedef int case_each_envelope(void *ctx, size_t nth, const struct row *row,
    struct err *err);
int	case_envelopes(struct casefile *c, const struct case_rows *rows,
	    case_each_envelope *each, void *ctx, struct err *err);

/* Much of the case is going to be read: the disk may begin. */
void	case_ahead(struct casefile *c);

/*
 * The entry as a row, with what stands in it alone: its record has no
 * lists.  Enough for a table; memory is a's and e's.
 */
void	case_glance(const struct case_entry *e, struct arena *a,
	    struct row *r);

/*
 * A person's decision; class empty takes the one in force back.  Who and
 * when are filled in.  The judge never overwrites it.
 */
int	case_mark(struct casefile *c, int64_t row, struct slice class,
	    struct slice because, struct err *err);

struct case_mark {
	struct slice	at, who, class, because;	/* class empty: undone */
};
int	case_marks(struct casefile *c, int64_t row, struct arena *a,
	    struct case_mark **v, size_t *n, struct err *err);

/*
 * The message itself, wherever its bytes are now: in its spool, in the
 * tree that was moved, in an archive.  The bytes are those that were
 * scanned: their SHA-256 has been compared.  m is good until the next
 * case_load, case_bytes or case_close.
 */
int	case_load(struct casefile *c, int64_t row, struct spool_msg *m,
	    struct err *err);
/* All the text of what was loaded last, as spool_text. */
int	case_text(struct casefile *c,
	    int (*piece)(void *ctx, struct slice bytes, struct err *err),
	    void *ctx, struct err *err);
/* All its bytes, to each piece in turn; of the one that case_load gave last,
   m stays good. */
int	case_bytes(struct casefile *c, int64_t row,
	    void (*piece)(void *ctx, struct slice bytes), void *ctx,
	    struct err *err);

/*
 * A tree, with the spools below it, went from one place to another; or an
 * archive of it was made, in which it is the folder inside ("" for all of
 * it).  Paths may be relative; old need not be there any more.  Returns how
 * many spools of the case that was, or -1.
 */
int	case_spool_moved(struct casefile *c, const char *old, const char *now,
	    struct err *err);
int	case_spool_archived(struct casefile *c, const char *tree,
	    const char *archive, const char *inside, struct err *err);

/*
 * The same of an archive that holds some entries of the tree only, by their
 * ids: one of a split, or of a selection.  An archive of all stays known.
 */
int	case_entries_archived(struct casefile *c, const char *tree,
	    const char *archive, const char *inside, const struct slice *ids,
	    size_t n, struct err *err);

/*
 * The archives that were made of a spool: the last one of all of it, then
 * those of some entries that hold any of the rows, the last made first.
 * Memory is a's.
 */
struct case_archive {
	const char	*path, *inside;	/* the folder in it, "BAG/data/sub" */
};
int	case_archives(struct casefile *c, const char *spool,
	    const struct case_rows *rows, struct arena *a,
	    struct case_archive **v, size_t *n, struct err *err);

/* The path as the case has it: absolute, links resolved as far as it is there. */
struct slice	case_abspath(struct arena *a, const char *path);
#endif
