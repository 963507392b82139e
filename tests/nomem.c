/*
 * nomem - no memory, once, in the command that this is loaded into (LD_PRELOAD).
 *
 * $NOMEM_AT=n: the n-th time that memory is asked for there is none, whoever
 * asks: we, or a library of ours; in a process that was forked by it, too.
 * $NOMEM_COUNT=FILE: how often that was, without a failure, as it ends.
 *
 * libseccomp always has it: without, version 2.5.4 goes round for ever.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void	*__libc_malloc(size_t n);
void	*__libc_calloc(size_t n, size_t size);
void	*__libc_realloc(void *p, size_t n);

static atomic_ulong asked;
static atomic_ulong at;
static bool begun;
static int told = -1;

static bool
is_none(const void *caller)
{
	Dl_info by;

	if (!begun || atomic_fetch_add(&asked, 1) + 1 < at || at == 0)
		return false;
	if (dladdr(caller, &by) != 0 && by.dli_fname != NULL &&
	    strstr(by.dli_fname, "libseccomp") != NULL)
		return false;		/* whoever comes next */
	at = 0;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return is_none(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return is_none(__builtin_return_address(0)) ? NULL :
	    __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return is_none(__builtin_return_address(0)) ? NULL :
	    __libc_realloc(p, n);
}

/* Before a sandbox goes up. */
static void __attribute__((constructor))
begin(void)
{
	const char *s = getenv("NOMEM_AT"), *path = getenv("NOMEM_COUNT");

	if (path != NULL)
		told = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0600);
	at = s == NULL ? 0 : strtoul(s, NULL, 10);
	begun = true;
}

static void __attribute__((destructor))
tell(void)
{
	begun = false;
	if (told != -1)
		dprintf(told, "%lu\n", atomic_load(&asked));
}
