/*
 * moves - a server at work, in the command that this is loaded into
 * (LD_PRELOAD): the first file called $MOVES that the command asks after goes
 * away, right behind the answer that it is there.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int	asking(int, const char *, void *, int);

static int
ask(const char *symbol, int dir, const char *name, void *st, int flags)
{
	static atomic_bool moved;
	asking *real = (asking *)dlsym(RTLD_NEXT, symbol);
	const char *it = getenv("MOVES");
	int r = real(dir, name, st, flags);

	if (r == 0 && it != NULL && strcmp(name, it) == 0 &&
	    !atomic_exchange(&moved, 1))
		unlinkat(dir, name, 0);
	return r;
}

int
fstatat(int dir, const char *name, struct stat *st, int flags)
{
	return ask("fstatat", dir, name, st, flags);
}

int
fstatat64(int dir, const char *name, struct stat64 *st, int flags)
{
	return ask("fstatat64", dir, name, st, flags);
}
