#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H
#include "base/buf.h"
#include "base/slice.h"

/*
 * charsets - converters to UTF-8 for the charsets that mail uses.
 *
 * The name in a message is looked up in our own list (with the aliases and
 * misspellings of real mail), and only what stands there is ever given to
 * iconv: a sender does not choose which converter gets loaded.  Converters
 * are opened once and kept; one object belongs to one thread.
 */
struct charsets;

struct charsets	*charsets_new(void);
void		 charsets_free(struct charsets *cs);	/* NULL allowed */

/* The name we know it by ("SHIFT_JIS"), or NULL: not a mail charset. */
const char	*charset_name(struct slice name);

/*
 * Append in, written in charset name, to out as valid UTF-8.  What cannot
 * be converted becomes U+FFFD, and the conversion goes on behind it; state
 * (ISO-2022) never leaks into the next call.
 *
 * Returns 0; 1 when something was replaced; -1 when the charset is not on
 * the list, or the C library cannot convert it (then in is appended as
 * utf8_clean does).  Names that say nothing ("us-ascii" round 8-bit bytes,
 * "unknown-8bit", "default") are taken as charset_guess_utf8 does.
 */
int	charset_utf8(struct charsets *cs, struct slice name, struct slice in,
	    struct buf *out);

/*
 * The same for a text, whose name may be untrue: one that is not on the list
 * is no name.
 */
int	charset_text(struct charsets *cs, struct slice name, struct slice in,
	    struct buf *out);

/*
 * The same for bytes whose charset nobody named: UTF-8 if valid, ISO-2022-JP
 * if its escapes are there, Windows-1252 otherwise.
 */
int	charset_guess_utf8(struct charsets *cs, struct slice in, struct buf *out);
#endif
