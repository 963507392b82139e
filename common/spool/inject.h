#ifndef SPOOL_INJECT_H
#define SPOOL_INJECT_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "spool/spool.h"

/*
 * inject - how mail goes back on its way: what a server takes, as one const
 * struct a profile.  It describes and renders; act/ does the writing.
 *
 * The tables are windows-spools 1.4, 2.3, 3.2, 3.3 and 7.
 */
enum inject_block {
	BLOCK_NONE,		/* the envelope goes another way, or none */
	BLOCK_BARE,		/* X-Sender: a@b, one X-Receiver: a line */
	BLOCK_ANGLE,		/* the same with <a@b> and DSN parameters */
	BLOCK_DELIVERED,	/* Return-Path and Delivered-To, of a mailbox */
	BLOCK_HEADER,		/* none may be there: To and Cc are the envelope */
};

enum inject_dots {
	DOTS_NONE,
	DOTS_LONE,		/* a line that is one dot gets another */
	DOTS_ALL,		/* each leading dot */
};

struct inject_mail;
enum inject_way { WAY_FOLDER, WAY_COMMAND, WAY_SMTP, WAY_LMTP };

struct inject {
	const char	*name;		/* "ims55"; NULL ends a table */
	enum inject_way	 way;
	const char	*what;		/* one line for --help */
	const char	*program;	/* of a command: where it lies as a rule */
	const char	*folder;	/* DIR is this folder of a spool; NULL:
					   it is the whole of one */
	const char	*into;		/* below DIR, or NULL */
	const char	*suffix;	/* of the file's name */
	enum inject_block block;
	enum inject_dots dots;
	bool		 lf;		/* line ends are LF, else CRLF */
	bool		 utf8;		/* addresses may have 8-bit in them */
	size_t		 head_max;	/* bytes of a header; 0: no limit */
	size_t		 rcpt_max;	/* recipients of a message; 0: no limit */
	unsigned	 rate;		/* messages a minute; 0: no limit */
	bool		 taken;		/* a server takes the files away */
	bool		 renames;	/* to STEM.tmp, and to STEM*.bad */
	const char	*refused[3];	/* folders, seen from DIR, that it puts
					   what it does not want in */
	uint32_t	 mode;		/* of the file; 0: for its owner only */
	bool		 owner;		/* which has to be DIR's */
	unsigned	 lifetime;	/* days; the arrival is kept, and what is
					   older comes back at the first failure */

	/*
	 * What the server reads, made of the message as lines, appended to
	 * out.  Returns where in it a second file begins, 0: there is none;
	 * it is there before the first.  NULL: it reads the message.
	 */
	size_t		(*wrap)(const struct inject_mail *mail,
			    const char *name, struct slice text,
			    struct buf *out);
	/* The name of a file, that nobody else gives; NULL: any will do. */
	void		(*name_of)(const char *uuid, int64_t row, char *name,
			    size_t n);
	/* The envelope, for a command that reads it on descriptor 1; NULL:
	   it is in the command line. */
	void		(*envelope)(const struct inject_mail *mail,
			    struct buf *out);
	/* Of the first file's name the second's; NULL: there is none. */
	void		(*twin_of)(char *name);
	const char	*twin_folder;	/* it lies in there, seen from the folder,
					   where the first does in folder; NULL:
					   beside it */
};

/* By name, over all drivers; NULL: there is none. */
const struct inject *inject_find(struct slice name);
/* The n-th of all, for --help; NULL after the last. */
const struct inject *inject_nth(size_t n);

/*
 * What is put back: a message and whom it is for.  All borrowed.
 */
struct inject_mail {
	bool		 null_sender;
	struct slice	 sender;	/* a@b, without <> */
	struct slice	 ret, envid;	/* RFC 3461 4.3, 4.4; empty: not said */
	const struct spool_rcpt *rcpts;
	size_t		 nrcpts;
	struct slice	 trace;		/* header lines to put on top, LF ended */
	enum inject_dots dots;		/* the profile's, or another */
	int64_t		 arrived;
	struct slice	 account, client, client_name, helo;	/* or empty */
	unsigned	 uid, gid;	/* of the folder it goes to */
	struct slice	 text;		/* RFC 5322; the header is whole in it */
};

/*
 * Block, trace and header, with the blank line, appended to out; *body is
 * where the body begins in mail->text.  Left out are fields that would set
 * an envelope or tell a secret: X-lines of old blocks, Bcc, Return-Path.
 * -1 and err: it cannot be put back this way, and why.
 */
int	inject_head(const struct inject *in, const struct inject_mail *mail,
	    struct arena *a, struct buf *out, struct slice *body,
	    struct err *err);

/*
 * The bytes as the profile has its lines: line ends, dots, no stray CR.
 * Start with { .in = in, .dots = ... }; pieces may be cut anywhere.  undo
 * takes off the dots that were doubled where the bytes come from, first.
 */
struct inject_lines {
	const struct inject *in;
	enum inject_dots dots, undo;
	bool		 within;	/* a line has begun */
	bool		 undone;	/* a dot was taken off it */
	bool		 cr;		/* held back, until the next byte, as is */
	unsigned char	 held;		/* so many dots the line begins with */
};
void	inject_lines(struct inject_lines *l, struct slice bytes,
	    struct buf *out);
void	inject_end(struct inject_lines *l, struct buf *out);

/*
 * The dots that are doubled in the files of a folder: a profile writes into
 * it, and its server takes them off.  DOTS_NONE: nobody knows of any.
 */
enum inject_dots inject_dots_of(struct slice format, struct slice folder);

/* Both: all of a message whose text is whole. */
int	inject_render(const struct inject *in, const struct inject_mail *mail,
	    struct arena *a, struct buf *out, struct err *err);

/* May this address stand in an envelope of the profile?  NULL: yes. */
const char *inject_bad_address(const struct inject *in, struct slice addr);
#endif
