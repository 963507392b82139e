#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/slice.h"

/*
 * Take one character off rest.  Returns its code point; -1 for a byte that
 * is not UTF-8 (one byte is taken; overlong forms, surrogates and values
 * beyond U+10FFFF are not UTF-8); -2 at the end.  RFC 3629.
 */
int32_t	utf8_next(struct slice *rest);
bool	utf8_valid(struct slice s);
void	utf8_put(struct buf *b, uint32_t cp);

/* s with U+FFFD for each byte that is not UTF-8. */
void	utf8_clean(struct buf *b, struct slice s);

/*
 * s as a person may see it: valid UTF-8, control, bidi and zero-width
 * characters replaced by '?', tab and line ends by a blank, cut at cols
 * columns (0: no limit; wide East Asian characters count two).
 * Returns the columns used.
 */
size_t	utf8_show(struct buf *b, struct slice s, size_t cols);
void	utf8_print(const char *s);		/* so, whole, to stdout */

/*
 * The same where there is room to say what was there: "‹U+202E›" for
 * a character that is not seen, byte by byte for what is not UTF-8.  Cut, with
 * an ellipsis, before more than max characters (0: no limit).
 */
void	utf8_visible(struct buf *b, struct slice s, size_t max);

/*
 * A word for a shell command line that is shown to be typed: quoted where
 * it has to be, and nothing raw in it.
 */
void	quote_arg(struct buf *b, const char *word);
#endif
