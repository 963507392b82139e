#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H
#include "base/arena.h"
#include "base/slice.h"
#include "mail/charset.h"

/*
 * A header body as text: unfolded, encoded words decoded, valid UTF-8.
 *
 * RFC 2047, and what real mail does to it: words without blanks between
 * them, a multibyte character cut between two words of one charset, blanks
 * inside a word, raw 8-bit beside words, a language tag (RFC 2231 5).
 * Plain ASCII without folds comes back as it is, without a copy.
 * At most WORDS_MAX bytes of it.
 */
#define WORDS_MAX	(16 * 1024)

struct slice	words_decode(struct arena *a, struct charsets *cs,
		    struct slice body);

/*
 * A parameter of a structured field ("text/plain; charset=x; name*0*=..."):
 * quotes removed, comments passed over, RFC 2231 continuations joined in
 * order and converted to UTF-8, RFC 2047 words decoded where they should
 * not be.  { NULL, 0 } when it is not there.  The first one wins, but
 * name*= in any form before name=.  A semicolon missing after the value, a
 * quote that is not closed, blanks without quotes are taken as meant.
 */
struct slice	param_get(struct arena *a, struct charsets *cs,
		    struct slice body, const char *name);

/* What stands before the first ';', trimmed, comments removed: "text/plain". */
struct slice	param_value(struct arena *a, struct slice body);
#endif
