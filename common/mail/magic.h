#ifndef MAIL_MAGIC_H
#define MAIL_MAGIC_H
#include "base/slice.h"

/*
 * magics - what bytes are, whatever they are called: libmagic.
 *
 * It sees bytes and nothing else: no file names, no decompression, no
 * program is started, and its own limits are set low.  The database is
 * loaded when it is asked for the first time.  One object belongs to one
 * thread.
 */
struct magics;

struct magics	*magics_new(void);
void		 magics_free(struct magics *mg);	/* NULL allowed */

/*
 * The media type of what begins with these bytes: "application/pdf".  Good
 * until the next call; "application/octet-stream" when it is not known,
 * empty when there is no database.  At most TYPE_BYTES_MAX are looked at,
 * of what seems to be text only the first few hundred: libmagic takes
 * milliseconds over text, and is not asked when it begins with a word; nor
 * of what begins as only a PDF, JPEG, GIF or PNG does.
 */
#define TYPE_BYTES_MAX	(64 * 1024)
struct slice	 magics_type(struct magics *mg, struct slice bytes);

/* Why there are no answers: a finished sentence, or NULL. */
const char	*magics_failure(const struct magics *mg);
#endif
