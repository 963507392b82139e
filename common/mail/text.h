#ifndef MAIL_TEXT_H
#define MAIL_TEXT_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "mail/charset.h"
#include "mail/header.h"

/*
 * text - what a message says, in a form in which copies of one mail with
 * other words filled in are alike, and a sketch of it.
 *
 * Comparable text is words with one blank behind each: lower case, HTML
 * tags and entities gone, "#" for what has a digit in it or is too long for
 * a word, "@" for an address, "//host" for a URL.  Japanese is written
 * without blanks: runs of one script are words, and hiragana, most of it
 * endings, is dropped.
 */
#define TEXT_MAX	512		/* bytes of it: some hundred words */
#define TEXT_WORD_MAX	24		/* bytes; what is longer is no word */

/*
 * Append utf8 to out until out has TEXT_MAX bytes, and no half word; a host
 * that began before is whole.  Linear in utf8.  Returns how many bytes of it
 * were looked at: all of them when out did not become full.
 */
size_t	text_fold(struct buf *out, struct slice utf8, bool html);

/*
 * sketch - of a set of words: the least hash of those that fall into each
 * of some bins.  Two sets that share a part p of all their words agree in
 * about that part of the bins (one permutation hashing).  The same on all
 * machines, for a case keeps it.
 *
 * Words of the body and the subject count, and the hosts of URLs; those
 * under four letters, and those that stand in the recipient's address or
 * name, do not.
 */
#define SKETCH_BINS	64

struct sketch {
	uint16_t	bin[SKETCH_BINS];	/* 0: no word */
	uint32_t	words : 30;	/* that counted */
	uint32_t	runs : 2;	/* enum runs, of what is attached */
	uint32_t	list;		/* hash of whose list it is; 0: of none */
	uint32_t	text;		/* and of the comparable text, */
	uint32_t	subject;	/* of that of the subject, */
	uint32_t	layout;		/* of the names of its fields, in order, */
	uint32_t	file;		/* of its first attachment's first bytes */
};

/* What the sketch of a message is made of. */
struct text_from {
	const struct head *head;
	struct slice	 body;		/* as much of it as was read */
	struct slice	 subject;	/* decoded */
	struct slice	 from;		/* address */
	const struct slice *rcpts;	/* addresses */
	size_t		 nrcpts;
};

/*
 * Memory is a's.  *host gets the host of the first URL, lower case, or
 * nothing.  Bounded: of the body at most TEXT_LOOK decoded bytes are
 * folded, and TEXT_MAX kept.
 */
#define TEXT_LOOK	(4 * 1024)

struct sketch	*text_sketch(struct arena *a, struct charsets *cs,
		    const struct text_from *from, struct slice *host);

/* As a case keeps it, on any machine; false: these bytes are none. */
#define SKETCH_BYTES	(2 * SKETCH_BINS + 6 * 4)
void	sketch_pack(const struct sketch *s, char out[SKETCH_BYTES]);
bool	sketch_unpack(struct sketch *s, struct slice bytes);
#endif
