#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/sig.h"
#include "base/utf8.h"
#include "io/archive.h"
#include "log/bytes.h"
#include "log/evlog.h"
#include "log/journal.h"

#define CODED_CHUNK	65536			/* bytes at a time */
#define JSON_MAX	((size_t)1 << 20)	/* of a line; what is longer is
						   cut into pieces */
#define PACKED_MAX	((size_t)1 << 30)	/* of an event log, or of what is
						   compressed, that is not a
						   file of its own */

/* ---- what is packed ---- */

static int
go_in(struct bytes *b, int fd, struct err *err)
{
	if (arc_open(&b->in[b->depth].arc, fd, err) == -1)
		return -1;
	b->in[b->depth].fd = fd;
	b->in[b->depth++].name = b->name.n;
	return 0;
}

static void
go_out(struct bytes *b)
{
	b->depth--;
	arc_close(b->in[b->depth].arc);
	if (b->in[b->depth].fd != b->fd)
		close(b->in[b->depth].fd);
}

int
bytes_open(struct bytes *b, int fd, struct err *err)
{
	struct stat st;

	*b = (struct bytes){ .fd = fd };
	if (fstat(fd, &st) == -1)
		st = (struct stat){ 0 };
	b->regular = S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
	b->written = S_ISREG(st.st_mode) ? st.st_mtime : time(NULL);
	if (!b->regular || !arc_sniff(fd) || go_in(b, fd, err) == 0)
		return 0;
	close(fd);
	return -1;
}

static void
forget(struct bytes *b)
{
	evlog_close(b->events);
	b->events = NULL;
	b->coded = CODED_NO;
	b->nhead = b->at = b->given = 0;
	b->raw.n = b->text.n = 0;
}

void
bytes_close(struct bytes *b)
{
	forget(b);
	while (b->depth > 0)
		go_out(b);
	buf_free(&b->name);
	buf_free(&b->raw);
	buf_free(&b->text);
	close(b->fd);
}

/* ---- as they come ---- */

static ssize_t
read_more(struct bytes *b, char *p, size_t n, struct err *err)
{
	ssize_t got;

	if (b->depth > 0)
		return arc_read(b->in[b->depth - 1].arc, p, n, err);
	do
		got = read(b->fd, p, n);
	while (got == -1 && errno == EINTR && !sig_stop());
	return got == -1 ? err_sys(err, "read") : got;
}

static ssize_t
read_raw(struct bytes *b, char *p, size_t n, struct err *err)
{
	size_t left = b->nhead - b->at;

	if (left == 0)
		return read_more(b, p, n, err);
	n = n < left ? n : left;
	memcpy(p, b->head + b->at, n);
	b->at += n;
	return (ssize_t)n;
}

static int
read_head(struct bytes *b, struct err *err)
{
	ssize_t got = 1;

	while (b->nhead < BYTES_HEAD && got > 0) {
		got = read_more(b, (char *)b->head + b->nhead,
		    BYTES_HEAD - b->nhead, err);
		if (got > 0)
			b->nhead += (size_t)got;
	}
	return got == -1 ? -1 : 0;
}

/* ---- what it is ---- */

/* What is packed, or comes through a pipe, as a file in memory. */
static int
unpack(struct bytes *b, struct err *err)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);
	char buf[65536];
	size_t sum = 0;
	ssize_t got = 0;

	if (fd == -1)
		return err_sys(err, "no memory to unpack it");
	while (sum <= PACKED_MAX &&
	    (got = read_raw(b, buf, sizeof(buf), err)) > 0) {
		if (write(fd, buf, (size_t)got) != got) {
			got = err_sys(err, "no memory to unpack it");
			break;
		}
		sum += (size_t)got;
	}
	if (got > 0)
		got = err_set(err, ERR_LIMIT, "more than %zu bytes: unpack "
		    "it first", PACKED_MAX);
	if (got == 0)
		return fd;
	close(fd);
	return -1;
}

static int
open_events(struct bytes *b, struct err *err)
{
	int fd, r;

	if (b->regular && b->depth == 0)
		return evlog_open(&b->events, b->fd, err);
	if ((fd = unpack(b, err)) == -1)
		return -1;
	r = evlog_open(&b->events, fd, err);
	close(fd);
	return r;
}

static int
see(struct bytes *b, struct err *err)
{
	static const struct {
		struct slice	mark;
		enum coded	coded;
	} marks[] = {
		{ { "\xff\xfe", 2 }, CODED_UTF16LE }, { { "\xfe\xff", 2 }, CODED_UTF16BE },
		{ { "\xef\xbb\xbf", 3 }, CODED_NO },
		{ { "{", 1 }, CODED_JSON },
	};
	struct slice head = { (const char *)b->head, b->nhead };
	size_t i;

	if (evlog_sniff(head))
		return open_events(b, err);
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (sl_starts(head, marks[i].mark)) {
			b->at = marks[i].coded == CODED_JSON ? 0 :
			    marks[i].mark.n;
			b->coded = marks[i].coded;
		}
	return 0;
}

/* The name of a file in archives, each in the one before. */
static void
set_name(struct bytes *b, const struct arc_member *m)
{
	b->name.n = b->in[b->depth - 1].name;
	if (m->single || m->name == NULL)
		return;
	buf_addc(&b->name, '/');
	buf_add(&b->name, sl(m->name));
}

/* The next file of the innermost archive, or of one around it. */
static int
next_file(struct bytes *b, struct err *err)
{
	struct arc_member m;
	int r;

	if (!b->begun && b->depth == 0) {
		b->begun = true;
		return 1;
	}
	while (b->depth > 0) {
		if ((r = arc_next(b->in[b->depth - 1].arc, &m, err)) == 1 &&
		    m.type == ARC_FILE) {
			set_name(b, &m);
			if (b->depth == 1 || !m.single)
				b->written = m.mtime;
			return 1;
		}
		if (r != 1) {
			b->name.n = b->in[b->depth - 1].name;
			go_out(b);
		}
		if (r == -1)
			return -1;
	}
	return 0;
}

/* What is compressed, or an archive, in an archive or from a pipe. */
static bool
is_packed(const struct bytes *b)
{
	return b->depth < BYTES_DEPTH && arc_begins((struct slice){
	    (const char *)b->head, b->nhead });
}

static int
open_packed(struct bytes *b, struct err *err)
{
	int fd = unpack(b, err);

	if (fd == -1 || go_in(b, fd, err) == 0)
		return fd == -1 ? -1 : 0;
	close(fd);
	return -1;
}

static int
find_file(struct bytes *b, struct err *err)
{
	int r;

	do {
		forget(b);
		if ((r = next_file(b, err)) != 1)
			return r;
		if (read_head(b, err) == -1)
			return -1;
		if (!is_packed(b))
			return see(b, err) == -1 ? -1 : 1;
	} while (open_packed(b, err) == 0);
	return -1;
}

int
bytes_next(struct bytes *b, struct err *err)
{
	int r = find_file(b, err);

	b->over = r == 0 || b->depth == 0;
	return r;
}

/* ---- what is coded ---- */

static unsigned
unit_at(const struct bytes *b, size_t i)
{
	const unsigned char *p = (const unsigned char *)b->raw.p + i;

	return b->coded == CODED_UTF16LE ? p[0] | (unsigned)p[1] << 8 :
	    p[1] | (unsigned)p[0] << 8;
}

/* RFC 2781: all whole characters of raw; the rest waits, but at the end. */
static size_t
decode_utf16(struct bytes *b, bool end)
{
	size_t i = 0, left;
	unsigned u, low;

	while ((left = b->raw.n - i) >= 2) {
		u = unit_at(b, i);
		if (u >= 0xd800 && u < 0xdc00 && left < 4 && !end)
			break;
		low = u >= 0xd800 && u < 0xdc00 && left >= 4 ?
		    unit_at(b, i + 2) : 0;
		i += 2;
		if (low >= 0xdc00 && low < 0xe000) {
			u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		} else if (u >= 0xd800 && u < 0xe000) {
			u = 0xfffd;
		}
		utf8_put(&b->text, u);
	}
	return i;
}

/* All whole lines. */
static size_t
decode_json(struct bytes *b, bool end)
{
	struct slice rest = buf_sl(&b->raw);
	const char *nl;

	while (rest.n > 0 && (nl = memchr(rest.p, '\n', rest.n)) != NULL) {
		journal_line(sl_first(rest, (size_t)(nl - rest.p)), &b->text);
		rest = sl_from(rest, (size_t)(nl + 1 - rest.p));
	}
	if (rest.n > 0 && (end || rest.n > JSON_MAX)) {
		journal_line(rest, &b->text);
		rest.n = 0;
	}
	return b->raw.n - rest.n;
}

static void
decode(struct bytes *b, bool end)
{
	size_t done = b->coded == CODED_JSON ? decode_json(b, end) :
	    decode_utf16(b, end);

	b->raw.n -= done;
	if (b->raw.n > 0)
		memmove(b->raw.p, b->raw.p + done, b->raw.n);
}

static ssize_t
read_coded(struct bytes *b, char *p, size_t n, struct err *err)
{
	ssize_t got = 1;

	if (b->given == b->text.n)
		b->given = b->text.n = 0;
	while (b->text.n == 0 && got > 0) {
		got = read_raw(b, buf_room(&b->raw, CODED_CHUNK), CODED_CHUNK,
		    err);
		if (got == -1)
			return -1;
		b->raw.n += (size_t)got;
		decode(b, got == 0);
	}
	if (n > b->text.n - b->given)
		n = b->text.n - b->given;
	if (n > 0)
		memcpy(p, b->text.p + b->given, n);
	b->given += n;
	return (ssize_t)n;
}

ssize_t
bytes_read(struct bytes *b, char *p, size_t n, struct err *err)
{
	if (b->events != NULL)
		return evlog_read(b->events, p, n, err);
	return b->coded == CODED_NO ? read_raw(b, p, n, err) :
	    read_coded(b, p, n, err);
}
