#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"

char *
buf_grow(struct buf *b, size_t n)
{
	size_t cap = b->cap == 0 ? 256 : b->cap;

	while (cap - b->n < n) {
		if (cap > SIZE_MAX / 2)
			xalloc_die(n);
		cap *= 2;
	}
	b->p = xrealloc(b->p, cap, 1);
	b->cap = cap;
	return b->p + b->n;
}

void
buf_add(struct buf *b, struct slice s)
{
	if (s.n == 0)
		return;
	memcpy(buf_room(b, s.n), s.p, s.n);
	b->n += s.n;
}

/* As a rule there is room: it is measured first where there was none. */
void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room == 0 ? NULL : b->p + b->n, room, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	if ((size_t)n >= room) {
		buf_room(b, (size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->n += (size_t)n;
}

void
buf_num(struct buf *b, uint64_t n, int digits)
{
	char text[20], *p = text + sizeof(text);

	for (; n > 0 || digits > 0; n /= 10, digits--)
		*--p = (char)('0' + n % 10);
	buf_add(b, (struct slice){ p, (size_t)(text + sizeof(text) - p) });
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ NULL, 0, 0 };
}
