#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"
#include "io/tree.h"
#include "mail/addr.h"

/*
 * spool - where messages lie: a tree of a known format, walked and read.
 *
 *	walker:	spool_next gives entries: names, nothing is opened
 *	worker:	spool_load opens one and gives its messages, one by one
 *
 * The walk belongs to one thread; any number of threads load at the same
 * time, each with a reader of its own.
 */

/* Where an address of the envelope comes from.  design.md, windows-spools 0. */
enum provenance {
	PROV_NONE,
	PROV_XBLOCK,		/* X-Sender/X-Receiver on top of the file */
	PROV_COMPANION,		/* a file beside it */
	PROV_STREAM,		/* found in a binary preamble or property stream:
				   a hint, good enough to judge, not to replay */
	PROV_NATIVE,		/* the server's own envelope file */
	PROV_LOG,
	PROV_RECEIVED,		/* Received: ... for <x> */
	PROV_HEADERS,		/* To, Cc, Return-Path ...: a guess */
};
const char	*provenance_name(enum provenance p);

/* What became of a recipient, as far as the spool tells. */
enum rcpt_state {
	RCPT_PENDING,		/* the server would still try */
	RCPT_DONE,		/* it would not: delivered, or bounced */
	RCPT_BOUNCED,		/* done, and known to have bounced */
	RCPT_CANCELED,		/* taken off by a filter */
};
const char	*rcpt_state_name(enum rcpt_state s);
enum rcpt_state	 rcpt_state_parse(struct slice name);	/* else pending */

/* A companion, sidecar or log of an entry. */
struct spool_with {
	struct tree_dir	*dir;		/* NULL: the entry's */
	const char	*name;
};

/*
 * One thing to be loaded: a file, or a range of a large mbox.
 * Memory is the arena that was given to spool_next.
 */
struct spool_entry {
	struct tree_dir	*dir;		/* one reference: spool_entry_done */
	const char	*name;		/* in dir */
	const char	*path;		/* below the root */
	const char	*folder;	/* "in", "out", "in/archive", "queue" ... */
	struct spool_with *with;	/* what else belongs to it */
	size_t		 nwith;
	uint64_t	 off, len;	/* mbox: messages that begin in here */
	const char	*refused;	/* why it must not be opened: "a link" */

	/* of an archive: */
	size_t		 nth;		/* the spool it is of, counted from the
					   one that was asked */
	uint64_t	*held;		/* members in memory for it, given */
	size_t		 nheld;		/* back by spool_entry_done */
	uint64_t	 memory;	/* bytes of these, told once */
};

/* Where its ith companion lies. */
static inline struct tree_dir *
spool_with_dir(const struct spool_entry *e, size_t i)
{
	return e->with[i].dir != NULL ? e->with[i].dir : e->dir;
}

#define SPOOL_READ_MAX	(1024 * 1024)	/* bytes of one message that are read */
#define SPOOL_SECONDS_MAX 300	/* for all bytes of one message: a sparse
					   file of a terabyte takes no more */
#define SPOOL_RCPT_MAX	10000		/* recipients kept of one envelope */
#define SPOOL_HINTS_MAX	64
#define SPOOL_STREAMS_MAX	32

struct spool_rcpt {
	struct addr	 addr;
	enum provenance	 provenance;
	struct slice	 notify, orcpt;	/* RFC 3461 4.1, 4.2: as written */
	enum rcpt_state	 state;
	struct slice	 original;	/* before aliases; empty: the same */
	struct slice	 error;		/* of the last attempt, as the server
					   has it: hostile bytes */
};

/* Bytes beside the file: an extended attribute, or a file <file>:<name>. */
struct spool_stream {
	struct slice	 name;		/* hostile bytes */
	uint64_t	 size;
	bool		 sidecar;
};

/* One message of an entry, and what the spool says about it. */
struct spool_msg {
	unsigned	 part;		/* 0: the only one; else from 1 */
	uint64_t	 offset;	/* of the message in its file */
	uint64_t	 size;		/* bytes of the message in its file, all;
					   of what is put together from records
					   or several files, as it is sent */
	struct slice	 text;		/* RFC 5322 bytes, the MTA's wrapping gone */
	struct slice	 preamble;	/* bytes before it, not text */
	struct slice	 trailer;	/* bytes behind it, not text */
	bool		 cut;		/* only the first SPOOL_READ_MAX are here */
	bool		 more;		/* only a first look: spool_whole has more */
	bool		 held;		/* its server was told to keep it */
	int64_t		 mtime;
	int64_t		 arrived;	/* 0: the spool does not say */
	struct slice	 queue_id;

	bool		 has_sender;
	struct addr	 sender;
	enum provenance	 sender_prov;
	struct slice	 ret, envid;	/* RFC 3461 4.3, 4.4: as written */
	struct spool_rcpt *rcpts;
	size_t		 nrcpts;

	struct ip	 client;	/* X-SourceIPAddress and its like */
	struct slice	 client_name;	/* as the server found it */
	struct slice	 helo;
	struct slice	 account;

	struct slice	 hints[SPOOL_HINTS_MAX];	/* address-shaped */
	size_t		 nhints;
	struct spool_stream *streams;
	size_t		 nstreams;
	bool		 stream_absent;	/* its envelope was in one */
	struct slice	 note;		/* .BDR reason and its like */

	const char	*problems[8];	/* static sentences */
	size_t		 nproblems;
};

struct spool;
struct spool_driver;

/*
 * Open what path is: one spool, or those found in its subfolders (three
 * levels down) when it is none itself.  format NULL: ask each driver, the
 * highest bid wins; "eml" takes anything.
 * *set is an array from the arena a; each is closed with spool_close.
 *
 * Spools in one archive are walked together: spool_next of the first gives
 * the entries of all, with nth, and that of the others none.
 */
int	spool_open(struct spool ***set, size_t *n, struct arena *a,
	    const char *path, const char *format, struct err *err);

/* The same of an archive of which fd, which passes to it, has a part. */
int	spool_open_part(struct spool ***set, size_t *n, struct arena *a,
	    const char *path, int fd, const char *format, struct err *err);
void	spool_close(struct spool *sp);			/* NULL allowed */

/*
 * How much the folder looks like a spool, of this format or any: 0, not at
 * all, to 100.  -1 and err: it cannot be opened.
 */
int	spool_bid(const char *path, const char *format, struct err *err);

const char *spool_path(const struct spool *sp);		/* as shown to a person */

/*
 * A sentence about mail that lies beside the spools of an operand, in folders
 * that are none: it is left out.  Of the first of the set; empty: there is none.
 */
struct slice spool_beside(const struct spool *sp);
const char *spool_format(const struct spool *sp);	/* "ims55" */

/*
 * The next entry.  Returns 1; 0 at the end; -1: a folder could not be read
 * (its path is all there is in e, err says why; the walk may go on).
 */
int	spool_next(struct spool *sp, struct arena *a, struct spool_entry *e,
	    struct err *err);
void	spool_entry_done(struct spool_entry *e);

/*
 * A live spool's server moves messages from folder to folder while it is
 * walked: one can be met twice, and one not at all.  So the walk can begin
 * anew, with all folders as they are then, and without the n messages that
 * are known already: sorted hashes of their ids, borrowed until it ends.
 * What has no id was met the first time.
 *
 * spool_moves: is it a folder of such a server?  spool_entry_id: the entry's
 * hash, 0: it has none.  spool_has: does this path lead to a file now?
 */
bool	spool_moves(const struct spool *sp);
uint64_t spool_entry_id(const struct spool *sp, const struct spool_entry *e);
void	spool_again(struct spool *sp, const uint64_t *known, size_t n);
bool	spool_has(const struct spool *sp, const char *path);

/*
 * The entry of this path below the root, whole, without a walk; not in an
 * archive.  A folder is listed once, and again for a name that was not in
 * it.  Returns 1; 0: there is none; -1 and err.
 */
int	spool_lookup(struct spool *sp, struct arena *a, const char *path,
	    struct spool_entry *e, struct err *err);

/*
 * What can be told of an entry that is not read: the bytes of all its files,
 * and when it came, by its name, else by the time of its file.  Only where
 * neither tells (Postfix with short ids) its first bytes are looked at.
 * Returns 1; 0: it went away; -1 and err.
 */
struct spool_glance {
	uint64_t	 bytes;
	int64_t		 arrived;
};
int	spool_glance(const struct spool *sp, const struct spool_entry *e,
	    struct spool_glance *g, struct err *err);
bool	spool_is_split(const struct spool *sp);	/* files hold many messages:
						   a glance cannot count them */

/*
 * All its files will be loaded soon, for a first look or whole: for a slow
 * disk.  Of a large file it is what is read before the kernel reads ahead.
 */
void	spool_ahead(const struct spool_entry *e, bool look);

/*
 * reader - a worker's buffers.  What spool_load gives points into it and
 * into its arena, until the next spool_load or spool_start.
 */
struct spool_reader;
struct spool_reader *spool_reader_new(struct arena *a);
void	spool_reader_free(struct spool_reader *rd);	/* NULL allowed */

/*
 * Open the entry's file.  -1 and err: it cannot be read (ENOENT: it went
 * away meanwhile).  Messages of a reader say why; where is the entry's path.
 */
int	spool_start(const struct spool *sp, const struct spool_entry *e,
	    struct spool_reader *rd, struct err *err);

/* Its next message.  Returns 1; 0: no more; -1: damaged, no more. */
int	spool_load(struct spool_reader *rd, struct spool_msg *m,
	    struct err *err);

/*
 * A reader that takes a first look only: SPOOL_LOOK bytes of a file that is
 * one message, which has the header of nearly all mail.  Where the text goes
 * on, m->more is set, and spool_whole loads the same message anew.
 */
#define SPOOL_LOOK	(16 * 1024)
void	spool_reader_look(struct spool_reader *rd, bool look);
int	spool_whole(struct spool_reader *rd, struct spool_msg *m,
	    struct err *err);

/* Are the message's bytes all of its file's, and no others? */
bool	spool_is_file(const struct spool_reader *rd,
	    const struct spool_msg *m);

/*
 * All bytes of the current message, to each piece in turn, whatever its
 * size: for digests and copies.
 */
int	spool_bytes(struct spool_reader *rd, const struct spool_msg *m,
	    void (*piece)(void *ctx, struct slice bytes), void *ctx,
	    struct err *err);

/*
 * ways - what its server lets others do to a live spool of this format;
 * nothing, where the format does not say.
 * Read by act/; nothing below spool/ writes.
 */
struct spool_ways {
	const char *const *skeleton;	/* folders a fresh spool must have,
					   parents first, NULL after the last;
					   NULL: it cannot be rotated */
	const char	*no_rotate;	/* then why, and what to do instead */
	const char	*no_remove;	/* why entries cannot be taken out, and
					   what to do instead; NULL: they can */
	const char	*stop;		/* its server has the queue in memory:
					   entries go out, and come back, only
					   while it is stopped; and what can be
					   done while it runs.  NULL: it need not
					   be */
	bool		 message_first;	/* the message tells its server, and goes
					   before its companions; else behind */
	const char	*lock_on;	/* its server locks the file that ends
					   so, with fcntl, its first line; NULL:
					   the message, with flock */
	const char	*running;	/* a file that its server keeps locked
					   while it runs, with flock; or NULL */
	const char *const *has;		/* folders whose entries it has in hand
					   while it runs; NULL after the last */
	const char	*at_start;	/* the one that it reads only when it
					   starts: nothing comes back there */
	uint32_t	 ready;		/* mode bits of a file that it has
					   received; 0: any */
};
const struct spool_ways *spool_ways(const struct spool *sp);

/* A folder of ours at the root of a spool that is a mount point: no entries. */
#define SPOOL_ASIDE	".spoolkit"

/*
 * The message's text, all of it: m->text is the first piece, whatever is in
 * it, then comes what does not fit in there.
 */
int	spool_text(struct spool_reader *rd, const struct spool_msg *m,
	    int (*piece)(void *ctx, struct slice bytes, struct err *err),
	    void *ctx, struct err *err);

/* Where servers keep their queues, whether this build reads them or not. */
struct spool_usual {
	const char	*server, *path;	/* NULL: the end */
};
const struct spool_usual *spool_usual(void);

/* The formats, for --help: NULL after the last. */
const struct spool_driver *const *spool_drivers(void);
const char	*spool_driver_name(const struct spool_driver *d);
const char	*spool_driver_what(const struct spool_driver *d);
#endif
