#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "log/bytes.h"

/*
 * A file that somebody calls a log: text of any coding, compressed, in an
 * archive, or the binary log of Windows events.  What comes out of it ends,
 * and of a binary one it is lines without control bytes.
 */
#define FILES_MAX	64
#define TEXT_MAX	(1024 * 1024)

static bool
is_line(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\n')
			return false;
	return true;
}

static void
read_file(struct bytes *b)
{
	char text[4096];
	size_t all = 0;
	struct err err;
	ssize_t n;

	while (all < TEXT_MAX && (n = bytes_read(b, text, sizeof(text),
	    &err)) > 0) {
		HOLDS((size_t)n <= sizeof(text));
		HOLDS(b->events == NULL || is_line((struct slice){ text,
		    (size_t)n }));
		all += (size_t)n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int fd = memfd_create("log", MFD_CLOEXEC), i;
	struct bytes b;
	struct err err;

	HOLDS(fd != -1 && write(fd, data, n) == (ssize_t)n &&
	    lseek(fd, 0, SEEK_SET) == 0);
	if (bytes_open(&b, fd, &err) == -1)
		return 0;
	for (i = 0; i < FILES_MAX; i++)
		if (bytes_next(&b, &err) == 1)
			read_file(&b);
		else if (b.over)
			break;
	bytes_close(&b);
	return 0;
}
