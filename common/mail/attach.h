#ifndef MAIL_ATTACH_H
#define MAIL_ATTACH_H
#include "mail/magic.h"
#include "mail/mime.h"

/*
 * attachment - a part that carries a file: what it is called, what it is
 * declared as, and what its bytes are.
 *
 * That is each part without parts of its own that has a file name or the
 * disposition "attachment", or whose type is neither text nor message;
 * uuencoded files, and the parts of messages inside, too.
 */
struct attachment {
	struct slice	 filename;	/* UTF-8, hostile; empty: none */
	struct slice	 type;		/* as declared, lower case, or empty */
	struct slice	 true_type;	/* empty: nobody looked */
	bool		 has_size;	/* false: its end is missing */
	uint64_t	 size;		/* bytes, decoded */
	unsigned	 odd;		/* ODD_... */
};

#define ATTACH_MAX		64	/* attachments of a message */
#define ATTACH_NAME_MAX		255	/* bytes of a name; as NAME_MAX */

#define ODD_CALLED	(1u << 0)	/* a program, script or archive under
					   the name of something else */
#define ODD_DECLARED	(1u << 1)	/* the same with its declared type */
#define ODD_DOUBLE	(1u << 2)	/* invoice.pdf.exe */
#define ODD_REVERSED	(1u << 3)	/* the name turns the direction of text */
#define ODD_COUNT	4
const char	*odd_word(unsigned bit);	/* "double-extension"; bit from 0 */

/* The sentence for one of the bits: "executable called report.pdf". */
struct slice	attachment_odd(const struct attachment *at, unsigned bit,
		    struct arena *a);

/*
 * Would Windows run it, were it opened?  By its name and its first bytes
 * (front, decoded), or, where they are those of a zip, by the name of the
 * first file in it.
 */
enum runs {
	RUNS_NOT,
	RUNS_OPENLY,		/* a program or script that looks like one */
	RUNS_HIDDEN,		/* one that hides it: what worms come as */
};
enum runs	attachment_runs(struct slice filename, struct slice front);

/* Can there be attachments?  Decided by the header, mostly. */
bool	attachments_likely(const struct head *head, struct slice body);

/*
 * The attachments of a tree, at most ATTACH_MAX, into *v; *more when there
 * are others.  mg NULL: names only, no part is decoded for its type.
 */
size_t	attachments_read(const struct mime *m, struct arena *a,
	    struct magics *mg, struct attachment **v, bool *more);
#endif
