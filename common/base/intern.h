#ifndef BASE_INTERN_H
#define BASE_INTERN_H
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * intern - one copy of each string, and a number for it.
 *
 * Numbers start at 1 and depend on the order of arrival, so they are never
 * printed and never sorted by; 0 is the empty string.  Any thread may call.
 * Strings live until intern_free.  intern_str may be called only when no
 * other thread adds: after the workers are done.
 */
struct intern;

struct intern	*intern_new(void);
void		 intern_free(struct intern *in);	/* NULL allowed */

/*
 * The same table for one thread, which remembers what it asked for lately:
 * most of a message's strings stood in the one before.  Goes before of does.
 */
struct intern	*intern_view(struct intern *of);

uint32_t	 intern(struct intern *in, struct slice s);
uint32_t	 intern_lower(struct intern *in, struct slice s);	/* A-Z folded */

/*
 * The same when many are wanted: *to has its number when intern_answer
 * returns, at the latest; s and *to must last so long.  The table is too
 * large for the processor's caches, and so it is asked for all of them before
 * the first is looked up.
 */
void		 intern_ask(struct intern *in, struct slice s, uint32_t *to);
void		 intern_ask_lower(struct intern *in, struct slice s,
		    uint32_t *to);
void		 intern_answer(struct intern *in);

struct slice	 intern_str(const struct intern *in, uint32_t id);	/* NUL follows;
		    empty for a number that was never given */
uint32_t	 intern_count(const struct intern *in);	/* the highest number */
#endif
