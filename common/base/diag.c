#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/utf8.h"

static const char	*tool = "spoolkit";
static atomic_size_t	 warned;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;

/* What cannot be used for what its number means: reading 0, writing 1, 2. */
static void
hold_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void
diag_init(const char *argv0)
{
	const char *slash;

	hold_standard();
	if (argv0 == NULL || argv0[0] == '\0')
		return;
	slash = strrchr(argv0, '/');
	tool = slash == NULL ? argv0 : slash + 1;
}

const char *
diag_tool(void)
{
	return tool;
}

/* One write per line, so that threads and other processes do not mix. */
__attribute__((format(printf, 2, 0)))
static void
say(const char *where, const char *fmt, va_list ap)
{
	struct buf b = { 0 };
	char msg[2048];
	ssize_t n;

	vsnprintf(msg, sizeof(msg), fmt, ap);
	buf_fmt(&b, "%s: ", tool);
	if (where != NULL) {
		utf8_show(&b, sl(where), 0);
		buf_add(&b, SL(": "));
	}
	utf8_show(&b, sl(msg), 0);
	buf_addc(&b, '\n');
	pthread_mutex_lock(&lock);
	n = write(STDERR_FILENO, b.p, b.n);
	(void)n;	/* nowhere is left to say that stderr is gone */
	pthread_mutex_unlock(&lock);
	buf_free(&b);
}

void
diag_warn(const char *where, const char *fmt, ...)
{
	va_list ap;

	atomic_fetch_add(&warned, 1);
	va_start(ap, fmt);
	say(where, fmt, ap);
	va_end(ap);
}

void
diag_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(NULL, fmt, ap);
	va_end(ap);
}

size_t
diag_count(void)
{
	return atomic_load(&warned);
}
