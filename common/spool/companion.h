#ifndef SPOOL_COMPANION_H
#define SPOOL_COMPANION_H
#include "spool/driver.h"

/*
 * companion - the envelope in one file, the message in another of the same
 * name.  What the formats of windows-spools 6 share: names, the other
 * folder, and lines that say one thing each.
 *
 * A damaged companion never makes an envelope that is wrong: what cannot be
 * read for certain is left out, and said as a problem of the message.
 */

/* The name without what begins at its last dot. */
struct slice	name_stem(struct slice name);

/* A name that is a number. */
bool	name_is_number(const char *name);

/*
 * pair - which names belong together: the stem is the same to the byte, the
 * extension is one of these, A-Z folded.
 */
struct pair {
	const char	*msg[3];	/* ".eml"; NULL after the last */
	const char	*with[3];	/* ".hdr" */
};
bool	pair_is_msg(const struct pair *pr, const char *name);
bool	pair_is_with(const struct pair *pr, const char *name);

/*
 * What entry does: false for a companion whose message is there; else true,
 * and the companions of d->v[i] are in e->with.
 */
bool	pair_entry(const struct pair *pr, struct tree_dir *d, size_t i,
	    struct arena *a, struct spool_entry *e);

/*
 * What load begins with: text and queue id.  Returns 1 when an envelope may
 * be beside the file; 0: it is none of these messages, and all is said;
 * -1 and err.
 */
int	pair_load(const struct pair *pr, struct spool_reader *rd,
	    struct spool_msg *m, struct err *err);

/* For a bid: the companion of one of the first messages, or NULL. */
const char *pair_seen(const struct pair *pr, const struct tree_dir *d);

/* For a bid: the first bytes of a file of the folder. */
struct slice	probe_file(const struct tree_dir *d, const char *name,
		    char buf[PROBE_BYTES]);

/* For a bid: a subfolder of d; one reference.  NULL: not to be read. */
struct tree_dir	*probe_below(const struct spool_probe *p,
		    const struct tree_dir *d, const char *name);

/*
 * The folder above d ("..") or the one below it that has this name, A-Z
 * folded; NULL when there is none in this tree.  Listed once for all
 * entries of d; it is p's.
 */
struct tree_dir	*other_folder(const struct spool_probe *p,
		    const struct tree_dir *d, const char *name);
void	other_drop(struct spool_other *o);

/*
 * The folder at this path below the root, listed once for the entries that
 * follow; NULL when there is none.  It stays until near_trim, which is for
 * the walk, between two entries, and forgets all when they are many.
 */
#define NEAR_MAX	32
void	near_trim(struct spool_near *near);
struct tree_dir	*near_folder(const struct spool_probe *p, const char *path);
void	near_drop(struct spool_near *near);

/* One more in e->with, unless WITH_MAX are there; dir NULL: the entry's. */
#define WITH_MAX	18
void	add_with(struct spool_entry *e, struct arena *a, struct tree_dir *dir,
	    const char *name);

/*
 * The text of a companion, whole lines only, without a byte order mark.
 * with NULL: it is missing.  False when there is nothing to read an envelope
 * from; addresses in what is no text become hints.
 */
#define COMPANION_MAX	SPOOL_READ_MAX	/* bytes of one that are read */
bool	companion_text(struct spool_reader *rd, struct spool_msg *m,
	    const struct spool_with *with, struct slice *text);

/* What reads its lines; the taken addresses get this provenance. */
struct companion {
	struct arena	*a;
	struct spool_msg *m;
	enum provenance	 prov;
	size_t		 senders;	/* seen; of several none is certain */
};

/*
 * What a value is.  An address has a domain or is postmaster's, and nothing
 * but parameters behind it; of several senders none is taken.
 */
typedef void companion_take(struct companion *c, struct slice value);
companion_take	take_sender, take_rcpt, take_rcpts, take_account, take_client,
		take_helo, take_arrived;

struct companion_key {
	const char	*key;
	companion_take	*take;
};

/* Take "key<sep>value", A-Z folded in the key; n keys.  False: not one. */
bool	companion_line(struct companion *c, struct slice line, char sep,
	    const struct companion_key *keys, size_t n);

/* "MAIL FROM:<a>", "RCPT TO:<b>": true when the line is one of them. */
bool	companion_smtp(struct companion *c, struct slice line);

/* Say so when no recipient was taken. */
void	companion_done(struct companion *c);
#endif
