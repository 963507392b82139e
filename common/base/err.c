#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define REASON	64	/* bytes kept for what the system says */
#define WHERE	200	/* bytes of where that stay before any message */

__attribute__((format(printf, 4, 0)))
static void
put(struct err *e, enum err_code code, int sys, const char *fmt, va_list ap)
{
	e->code = code;
	e->sys = sys;
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(e, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	const char *why = strerrordesc_np(sys);
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	put(e, ERR_SYS, sys, fmt, ap);
	va_end(ap);
	n = strnlen(e->msg, sizeof(e->msg) - REASON);
	snprintf(e->msg + n, sizeof(e->msg) - n, ": %s",
	    why != NULL ? why : "unknown error");
	return -1;
}

int
err_at(struct err *e, const char *fmt, ...)
{
	size_t room = sizeof(e->msg) - 1, n = strlen(e->msg), w;
	char where[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	w = strnlen(where, n + 2 + WHERE < room ? room - 2 - n : WHERE);
	if (n > room - 2 - w)
		n = room - 2 - w;
	memmove(e->msg + w + 2, e->msg, n);
	memcpy(e->msg, where, w);
	memcpy(e->msg + w, ": ", 2);
	e->msg[w + 2 + n] = '\0';
	return -1;
}
