#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H
#include <stddef.h>

/* malloc, calloc and realloc that end the process when there is no memory. */
void	*xalloc(size_t n);
void	*xcalloc(size_t n, size_t size);
void	*xrealloc(void *p, size_t n, size_t size);	/* n * size, checked */
void	 xalloc_die(size_t n) __attribute__((noreturn));
#endif
