#ifndef BASE_BUF_H
#define BASE_BUF_H
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * buf - bytes that grow.  { 0 } is an empty one; buf_free gives the memory
 * back.  Out of memory ends the process, as with arena.
 */
struct buf {
	char	*p;
	size_t	 n;	/* bytes in use */
	size_t	 cap;
};

void	buf_add(struct buf *b, struct slice s);
void	buf_fmt(struct buf *b, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	buf_num(struct buf *b, uint64_t n, int digits);	/* decimal; digits at
					   least, with zeros in front */
char	*buf_grow(struct buf *b, size_t n);	/* for buf_room */
void	buf_free(struct buf *b);

/* n writable bytes at the end. */
static inline char *
buf_room(struct buf *b, size_t n)
{
	if (b->p == NULL || b->cap - b->n < n)
		return buf_grow(b, n);
	return b->p + b->n;
}

static inline void
buf_addc(struct buf *b, char c)
{
	*buf_room(b, 1) = c;
	b->n++;
}

static inline struct slice
buf_sl(const struct buf *b)
{
	return (struct slice){ b->p, b->n };
}
#endif
