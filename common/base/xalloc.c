#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/opt.h"
#include "base/xalloc.h"

void
xalloc_die(size_t n)
{
	/* Not diag_warn: it allocates. */
	dprintf(STDERR_FILENO, "%s: out of memory: %zu bytes more were "
	    "refused\n", diag_tool(), n);
	_Exit(STATUS_FAILED);
}

void *
xalloc(size_t n)
{
	void *p = malloc(n == 0 ? 1 : n);

	if (p == NULL)
		xalloc_die(n);
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		xalloc_die(n);
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		xalloc_die(SIZE_MAX);
	p = realloc(p, n * size == 0 ? 1 : n * size);
	if (p == NULL)
		xalloc_die(n * size);
	return p;
}
