#include <errno.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "io/streams.h"

#define LIST_FIRST	1024		/* bytes: seldom is there any */
#define LIST_MAX	(64 * 1024)	/* bytes; as Linux XATTR_LIST_MAX */
#define VALUE_MAX	(64 * 1024)	/* bytes; as Linux XATTR_SIZE_MAX */
#define NAME_MAX_BYTES	255		/* as Linux XATTR_NAME_MAX */

/* What the attribute is called as a stream; empty when it is none. */
static struct slice
stream_name(struct slice attr)
{
	static const struct slice dos = { "user.DosStream.", 15 };
	static const struct slice data = { ":$DATA", 6 };

	if (sl_istarts(attr, dos)) {
		attr = sl_from(attr, dos.n);
		return sl_iends(attr, data) ?
		    sl_first(attr, attr.n - data.n) : attr;
	}
	if (!sl_starts(attr, SL("user.")) ||
	    sl_eq(attr, SL("user.DOSATTRIB")) ||
	    sl_eq(attr, SL("user.SAMBA_PAI")))
		return sl_first(attr, 0);
	return sl_from(attr, 5);
}

/* Its size, and its bytes where they are few enough to be had. */
static bool
read_value(int fd, const char *attr, struct arena *a, size_t max,
    struct stream *s)
{
	ssize_t n = fgetxattr(fd, attr, NULL, 0);
	char *p;

	if (n == -1)
		return false;
	s->size = (uint64_t)n;
	if (n == 0 || n > VALUE_MAX)
		return true;
	p = arena_alloc(a, (size_t)n);
	if ((n = fgetxattr(fd, attr, p, (size_t)n)) == -1)
		return true;		/* it grew: the size tells */
	s->size = (uint64_t)n;
	s->bytes = sl_first((struct slice){ p, (size_t)n }, max);
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct stream *x = a, *y = b;

	return sl_cmp(x->name, y->name);
}

/* Names with a NUL behind each. */
static size_t
read_list(int fd, struct arena *a, size_t max, struct slice list,
    struct stream *v, bool *more)
{
	struct slice attr, name;
	size_t n = 0;

	while (sl_cut(&list, '\0', &attr)) {
		if ((name = stream_name(attr)).n == 0)
			continue;
		if (n == TREE_STREAMS_MAX) {
			*more = true;
			break;
		}
		v[n] = (struct stream){ .name = arena_dup(a, name) };
		n += read_value(fd, arena_str(a, attr), a, max, &v[n]);
	}
	qsort(v, n, sizeof(*v), by_name);
	return n;
}

size_t
tree_streams(int fd, struct arena *a, size_t max,
    struct stream v[TREE_STREAMS_MAX], bool *more)
{
	char first[LIST_FIRST], *list = first;
	ssize_t n = flistxattr(fd, first, sizeof(first));

	*more = false;
	if (n == -1 && errno == ERANGE) {
		list = arena_alloc(a, LIST_MAX);
		n = flistxattr(fd, list, LIST_MAX);
	}
	if (n <= 0)
		return 0;
	return read_list(fd, a, max, (struct slice){ list, (size_t)n }, v,
	    more);
}

/* What stands in front of an attribute that is held. */
struct held {
	uint32_t	 name, value;	/* bytes */
	uint64_t	 size;		/* of the stream */
};

static bool
next_held(struct slice *rest, struct stream *s)
{
	struct held h;

	if (rest->n < sizeof(h))
		return false;
	memcpy(&h, rest->p, sizeof(h));
	*rest = sl_from(*rest, sizeof(h));
	*s = (struct stream){ .name = sl_first(*rest, h.name),
	    .size = h.size };
	*rest = sl_from(*rest, h.name);
	s->bytes = sl_first(*rest, h.value);
	*rest = sl_from(*rest, h.value);
	return true;
}

void
streams_hold(struct buf *held, struct slice attr, struct slice value)
{
	struct held h = { (uint32_t)attr.n, (uint32_t)value.n, value.n };
	struct slice rest = buf_sl(held);
	struct stream s;
	size_t n;

	if (stream_name(attr).n == 0 || attr.n > NAME_MAX_BYTES)
		return;
	for (n = 0; next_held(&rest, &s); n++)
		if (sl_eq(s.name, attr))
			return;
	if (n > TREE_STREAMS_MAX)
		return;
	if (value.n > VALUE_MAX)
		h.value = 0;
	buf_add(held, (struct slice){ (const char *)&h, sizeof(h) });
	buf_add(held, attr);
	buf_add(held, sl_first(value, h.value));
}

size_t
streams_held(struct slice held, struct arena *a, size_t max,
    struct stream v[TREE_STREAMS_MAX], bool *more)
{
	struct stream s;
	size_t n = 0;

	*more = false;
	while (next_held(&held, &s)) {
		if (n == TREE_STREAMS_MAX) {
			*more = true;
			break;
		}
		s.name = arena_dup(a, stream_name(s.name));
		s.bytes = arena_dup(a, sl_first(s.bytes, max));
		v[n++] = s;
	}
	qsort(v, n, sizeof(*v), by_name);
	return n;
}
