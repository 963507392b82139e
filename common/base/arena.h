#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>
#include "base/slice.h"

/*
 * arena - memory for one message, given back all at once.
 *
 * Allocation never fails: out of memory ends the process with a message.
 * Sizes that come from input are checked against a limit before this.
 * An arena belongs to one thread at a time.
 */
struct arena;

struct arena	*arena_new(void);
void		 arena_free(struct arena *a);		/* NULL allowed */
void		 arena_reset(struct arena *a);		/* keeps some blocks */
void		*arena_alloc(struct arena *a, size_t n);	/* zeroed, aligned for any type */
size_t		 arena_used(const struct arena *a);	/* bytes held from malloc */

char		*arena_bytes(struct arena *a, size_t n);	/* neither */
char		*arena_str(struct arena *a, struct slice s);	/* NUL at the end */
struct slice	 arena_dup(struct arena *a, struct slice s);
char		*arena_path(struct arena *a, const char *dir,
		    const char *name);			/* "dir/name" */
struct slice	 arena_fmt(struct arena *a, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/*
 * Room for one more element of *v, which holds n of cap; grows by doubling
 * into new arena memory.  Returns the place for element n.
 *	*(struct x *)arena_more(a, &v, &n, &cap, sizeof(*v)) = x;  and n is n + 1
 */
void		 arena_grow(struct arena *a, void *v, size_t n, size_t *cap,
		    size_t size);	/* for arena_more alone */
static inline void *
arena_more(struct arena *a, void *v, size_t *n, size_t *cap, size_t size)
{
	char *p;

	if (*n == *cap)
		arena_grow(a, v, *n, cap, size);
	memcpy(&p, v, sizeof(p));
	return p + (*n)++ * size;
}
#endif
