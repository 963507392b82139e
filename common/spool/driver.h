#ifndef SPOOL_DRIVER_H
#define SPOOL_DRIVER_H
#include "base/buf.h"
#include "spool/inject.h"
#include "spool/spool.h"

/*
 * What a format is: one file drv_NAME.c and one const struct in it.
 * Only spool.c and the drivers include this.
 */

/* What bid looks at: the root folder's names, and the start of some files. */
struct spool_probe {
	struct tree		*tree;
	const struct tree_dir	*root;
	const char		*base;	/* name of the root: "Imcdata", "In" */
	struct spool_other	*other;	/* the walk's; NULL while bidding */
	struct spool_near	*near;	/* the same */
};

/* A second folder that companions are looked for in; see companion.h. */
struct spool_other {
	char		*of;		/* path of the folder it goes with */
	struct tree_dir	*dir;		/* NULL: there is none */
};

/* Is there such a name in the folder, A-Z folded, of this type? */
bool	probe_has(const struct tree_dir *d, const char *name,
	    enum tree_type type);

/*
 * The first bytes of the i-th regular file of the root folder (of at most
 * PROBE_FILES), into buf; empty when there is none.
 */
#define PROBE_FILES	8
#define PROBE_BYTES	4096
struct slice	probe_head(const struct spool_probe *p, size_t i,
		    char buf[PROBE_BYTES]);

/* The folders that companions were looked for in lately; see companion.h. */
struct spool_near {
	struct near_dir {
		char		*path;
		struct tree_dir	*dir;	/* NULL: there is none */
	} *v;
	size_t		 n;
};

/* Takes bytes; -1 and err ends it. */
typedef int reader_piece(void *ctx, struct slice bytes, struct err *err);

struct spool_driver {
	const char	*name;
	const char	*what;		/* one line for --help */
	bool		 in_subfolders;	/* may be found below the operand */
	uint64_t	 range;		/* bytes of a file that are one entry;
					   0: all of it */

	/* Facts that speak for us: 0 not ours, 1 if nobody else, to 100. */
	int	(*bid)(const struct spool_probe *p);

	/*
	 * What d->v[i] is, a file or something refused: fill folder (and
	 * with, its folders borrowed), return true; false: no entry of its
	 * own (companion, log, queue.dat).  path, name and dir are filled
	 * already.
	 */
	bool	(*entry)(const struct spool_probe *p, struct tree_dir *d,
		    size_t i, struct arena *a, struct spool_entry *e);

	/*
	 * Take the next message off the reader: text, envelope, hints.
	 * Returns as spool_load.
	 */
	int	(*load)(struct spool_reader *rd, struct spool_msg *m,
		    struct err *err);

	/*
	 * All bytes of the message that was loaded, where it is no range of
	 * its file but put together: as the server would send it, with LFs.
	 */
	int	(*text)(struct spool_reader *rd, reader_piece *piece,
		    void *ctx, struct err *err);

	/*
	 * The queue id in the name of a file in d.  NULL: the server does not
	 * move or replace what lies there, so nobody has to look twice.
	 */
	struct slice (*id)(const struct tree_dir *d, const char *name);

	/* The folders of the root that a message goes through, in this order;
	   NULL after the last, or NULL. */
	const char *const *stages;

	/*
	 * When it came, by its name or its first bytes; 0: neither tells.
	 * NULL: the time of its file does.
	 */
	int64_t	(*when)(const struct spool_entry *e);

	struct spool_ways ways;

	/* How mail goes back, one way or several: ends in a row without a
	   name.  NULL: its server takes none. */
	const struct inject *inject;
};
#define BID_STRUCTURE	20	/* from here on it is more than the fallback */

const struct spool_driver *spool_driver_of(const struct spool *sp);

/* Is it one of n names, A-Z folded? */
bool	name_among(struct slice name, const char *const *names, size_t n);

/*
 * An entry's folder where case means nothing (Windows): d's path in lower
 * case, below the root's own name when the root is such a folder itself;
 * "." for a root that is none.
 */
const char	*folder_lower(const struct spool_probe *p,
		    const struct tree_dir *d, bool root_is_folder,
		    struct arena *a);

/* What load works with. */
struct spool_reader {
	const struct spool_driver *drv;
	const struct spool_entry *e;
	struct arena	*a;
	int		 fd;		/* -1: nothing is open */
	int		 other;		/* nor a second file of the message */
	bool		 look;		/* a first look will do: spool_whole */
	bool		 done;		/* no message is left */
	uint64_t	 size;		/* of the file at open */
	int64_t		 mtime;
	uint32_t	 mode, uid;
	struct buf	 buf;		/* the file's bytes from buf_off on */
	uint64_t	 buf_off;
	uint64_t	 pos;		/* where the next message begins */
	bool		 body;		/* an empty line came since the last */
	unsigned	 part;		/* of the last message */
	uint64_t	 end;		/* where drv->text came to; pos: where it
					   begins */
	bool		 crlf;		/* what it puts together has CRLF */
	struct buf	 text;		/* what drv->text began with */
	const char	*why;		/* what it could not read; NULL: all is
					   there */
};

/*
 * The file is one message: its first SPOOL_READ_MAX bytes, and what m says
 * about their place.  Lone CRs are LFs in it where there is no LF at all.
 */
int	reader_head(struct spool_reader *rd, struct spool_msg *m,
	    struct slice *bytes, struct err *err);

/*
 * The file holds many messages: the next one of the entry's range, as
 * above.  Where a line begins, mark says whether a message does; w is what
 * is there to look at: READER_BEHIND bytes before and READER_AHEAD bytes
 * after at, unless the file is shorter; body: an empty line has been seen
 * since the message before began.  Returns as spool_load.
 */
#define READER_BEHIND	4
#define READER_AHEAD	4096
typedef bool reader_mark(struct slice w, size_t at, bool body);
int	reader_split(struct spool_reader *rd, reader_mark *mark,
	    struct spool_msg *m, struct slice *bytes, struct err *err);

/*
 * n bytes of the file at off, wherever that is; fewer at its end.  Good
 * until the next call.
 */
#define READER_AT_MAX	(64 * 1024)	/* of one call */
int	reader_at(struct spool_reader *rd, uint64_t off, size_t n,
	    struct slice *bytes, struct err *err);

/* The file's first max bytes into rd->buf: an envelope file, whole. */
int	reader_front(struct spool_reader *rd, size_t max, struct err *err);

/* All bytes of an open file from an offset on, to each piece in turn. */
int	reader_copy(int fd, uint64_t from, reader_piece *piece, void *ctx,
	    struct err *err);

/* For drv->text: what it begins with into m->text, and m->size. */
int	reader_text(struct spool_reader *rd, struct spool_msg *m,
	    struct err *err);

/* The last max bytes of the file, in the arena; empty when unreadable. */
struct slice	reader_tail(struct spool_reader *rd, size_t max);

/* The first max bytes of a companion, in the arena; empty if not there. */
struct slice	reader_companion(struct spool_reader *rd,
		    const struct spool_with *with, size_t max);
/* The same, and how long all of it is: 0 if it is not there. */
struct slice	reader_sized(struct spool_reader *rd,
		    const struct spool_with *with, size_t max, uint64_t *size);

/* List the entry's streams in m, and search them for hints. */
void	reader_streams(struct spool_reader *rd, struct spool_msg *m);

/* Remember something odd about the message: a static sentence, once. */
void	msg_problem(struct spool_msg *m, const char *what);

/*
 * What the server says about the message, as one line of UTF-8; behind what
 * was said before.
 */
void	msg_note(struct spool_msg *m, struct arena *a, struct slice text);

/* Note how often the server tried it, when last, and when next; 0: unknown. */
void	msg_tried(struct spool_msg *m, struct arena *a, uint64_t times,
	    int64_t last, int64_t next);

/* Add a recipient, unless SPOOL_RCPT_MAX are there. */
void	msg_rcpt(struct spool_msg *m, struct arena *a, const struct addr *ad,
	    enum provenance prov);

/* Add the address-shaped strings of bytes that are not text. */
void	msg_hints(struct spool_msg *m, struct arena *a, struct slice bytes);

/*
 * An envelope out of the hints, where there is nothing better.  The sender
 * is the hint that the header knows as From, Sender or Return-Path, else
 * the first of several; all others are recipients.  A null sender leaves no
 * trace in bytes like these, so it can be wrong: PROV_STREAM says so.
 */
void	msg_from_hints(struct spool_msg *m, struct arena *a);

/*
 * Take the X-Sender/X-Receiver block (and the injected lines of Exchange
 * 2007) off the top of text into m.  windows-spools 2.3, 3.3, 3.4.
 * True when there was one.  Only for the top of a file: further down
 * anybody can have written it.
 */
bool	xblock_take(struct slice *text, struct arena *a, struct spool_msg *m);

/* Does w begin with the block of an exported message? */
bool	xblock_starts(struct slice w);

/* Take a From_ line off the top of text, into m.  False: there is none. */
bool	from_take(struct slice *text, struct arena *a, struct spool_msg *m);

/* Why formats of two files a message are not rotated. */
#define TWO_FILES	\
	"the message and its envelope are two files, and a running " \
	"server could leave them in two generations: stop it and " \
	"rename the folder, or archive the spool where it is and " \
	"take entries out with spoolclean"

extern const struct inject inject_postfix[], inject_exim[],
    inject_sendmail[], inject_qmail[];
extern const struct spool_driver drv_postfix, drv_exim, drv_sendmail,
    drv_opensmtpd, drv_qmail, drv_haraka;
extern const struct spool_driver drv_ims55, drv_iis, drv_ex2007,
    drv_maildir, drv_mbox, drv_eml;
extern const struct spool_driver drv_smartermail, drv_imail, drv_mailenable,
    drv_mailsite, drv_xmail, drv_mdaemon, drv_kerio, drv_hmailserver;
#endif
