#include <string.h>

#include "io/ustar.h"

#define MODE		0644	/* of an extended header */

/* POSIX.1-2017, ustar Interchange Format. */
struct header {
	char	name[100], mode[8], uid[8], gid[8], size[12], mtime[12],
		chksum[8], typeflag, linkname[100], magic[6], version[2],
		uname[32], gname[32], devmajor[8], devminor[8], prefix[155],
		pad[12];
};
_Static_assert(sizeof(struct header) == USTAR_BLOCK, "a block");

/* Octal, with zeros before it and a NUL behind. */
static bool
put_octal(char *field, size_t n, uint64_t v)
{
	field[--n] = '\0';
	while (n > 0) {
		field[--n] = (char)('0' + (v & 7));
		v >>= 3;
	}
	return v == 0;
}

/* A field that is full has no NUL. */
static bool
put_text(char *field, size_t n, struct slice s)
{
	if (s.n > n)
		return false;
	if (s.n > 0)
		memcpy(field, s.p, s.n);
	return true;
}

static bool
is_ascii(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* What is too long is cut at a slash. */
static bool
put_name(struct header *h, struct slice s)
{
	struct slice head;
	const char *slash;

	if (!is_ascii(s) || put_text(h->name, sizeof(h->name), s))
		return is_ascii(s);
	head = sl_first(s, sizeof(h->prefix) + 1);
	slash = memrchr(head.p, '/', head.n);
	if (slash == NULL || slash == s.p)
		return false;
	head.n = (size_t)(slash - head.p);
	return put_text(h->prefix, sizeof(h->prefix), head) &&
	    put_text(h->name, sizeof(h->name), sl_from(s, head.n + 1));
}

/* It is reckoned with blanks in its place. */
static void
put_sum(struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;
	size_t i;

	memset(h->chksum, ' ', sizeof(h->chksum));
	for (i = 0; i < sizeof(*h); i++)
		sum += p[i];
	(void)put_octal(h->chksum, sizeof(h->chksum) - 1, sum);
}

static bool
put_block(struct buf *b, char type, struct slice name, mode_t mode,
    uint64_t size, const struct stat *st, const char *user,
    const char *group)
{
	struct header h = { .typeflag = type, .magic = "ustar",
	    .version = { '0', '0' } };

	if (!put_name(&h, name) || st->st_mtim.tv_sec < 0 ||
	    !put_octal(h.mode, sizeof(h.mode), mode & 07777) ||
	    !put_octal(h.uid, sizeof(h.uid), st->st_uid) ||
	    !put_octal(h.gid, sizeof(h.gid), st->st_gid) ||
	    !put_octal(h.size, sizeof(h.size), size) ||
	    !put_octal(h.mtime, sizeof(h.mtime),
	    (uint64_t)st->st_mtim.tv_sec) ||
	    !put_text(h.uname, sizeof(h.uname) - 1, sl(user)) ||
	    !put_text(h.gname, sizeof(h.gname) - 1, sl(group)) ||
	    !is_ascii(sl(user)) || !is_ascii(sl(group)))
		return false;
	(void)put_octal(h.devmajor, sizeof(h.devmajor), 0);
	(void)put_octal(h.devminor, sizeof(h.devminor), 0);
	put_sum(&h);
	buf_add(b, (struct slice){ (const char *)&h, sizeof(h) });
	return true;
}

/* "30 mtime=1796071249.880745807\n": the length counts itself. */
static bool
put_time(struct buf *b, const struct stat *st)
{
	char zeros[USTAR_BLOCK] = { 0 };
	struct buf line = { 0 };
	bool fits;

	buf_add(&line, SL("00 mtime="));
	buf_num(&line, (uint64_t)st->st_mtim.tv_sec, 1);
	buf_addc(&line, '.');
	buf_num(&line, (uint64_t)st->st_mtim.tv_nsec, 9);
	buf_addc(&line, '\n');
	line.p[0] = (char)('0' + line.n / 10);
	line.p[1] = (char)('0' + line.n % 10);
	fits = put_block(b, 'x', SL("PaxHeader"), MODE, line.n, st, NULL, NULL);
	if (fits) {
		memcpy(zeros, line.p, line.n);
		buf_add(b, (struct slice){ zeros, sizeof(zeros) });
	}
	buf_free(&line);
	return fits;
}

bool
ustar_header(struct buf *b, const char *name, const struct stat *st,
    const char *user, const char *group)
{
	size_t was = b->n;

	if ((st->st_mtim.tv_nsec == 0 || put_time(b, st)) &&
	    put_block(b, '0', sl(name), st->st_mode, (uint64_t)st->st_size,
	    st, user, group))
		return true;
	b->n = was;
	return false;
}
