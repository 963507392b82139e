#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "log/blocklist.h"

/*
 * A list without exceptions has each address that stands alone in a line; what
 * begins with a colon is a zone's default answer.
 */
static void
has_its_lines(const struct blocklist *b, struct slice text)
{
	struct slice line;
	struct ip ip;

	while (sl_line(&text, &line))
		if (!sl_starts(sl_trim(line), SL(":")) &&
		    ip_parse(sl_trim(line), &ip))
			HOLDS(blocklist_has(b, &ip));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = fuzz_input(data, n);
	int fd = memfd_create("list", MFD_CLOEXEC);
	struct blocklist *b;
	char path[64];
	struct err err;
	size_t odd;

	HOLDS(fd != -1 && write(fd, data, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (blocklist_load(&b, path, &odd, &err) == 0) {
		HOLDS(odd <= n);
		if (n > 0 && memchr(data, '!', n) == NULL &&
		    memchr(data, 0, n) == NULL)
			has_its_lines(b, text);
		blocklist_free(b);
	}
	close(fd);
	return 0;
}
