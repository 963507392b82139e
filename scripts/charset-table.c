/*
 * charset-table - what each character of some charsets becomes.
 *
 *	charset-table NAME ...
 *
 * A line for each byte from 80 on that is a character, and for each pair of
 * bytes that is one while its first is none: name, bytes, text in UTF-8.  Two
 * builds with different iconvs can be compared by it.
 */
#include <stdio.h>

#include "base/buf.h"
#include "mail/charset.h"

static int
put(struct charsets *cs, const char *name, const char *p, size_t n)
{
	struct buf out = { 0 };
	int r = charset_utf8(cs, sl(name), (struct slice){ p, n }, &out);
	size_t i;

	if (r == 0) {
		printf("%s ", name);
		for (i = 0; i < n; i++)
			printf("%02x", (unsigned char)p[i]);
		printf(" %.*s\n", (int)out.n, out.p);
	}
	buf_free(&out);
	return r;
}

static void
table(struct charsets *cs, const char *name)
{
	char p[2];
	int i, k;

	for (i = 0x80; i < 0x100; i++) {
		p[0] = (char)i;
		if (put(cs, name, p, 1) == 0)
			continue;
		for (k = 0x21; k < 0xff; k++) {
			p[1] = (char)k;
			put(cs, name, p, 2);
		}
	}
}

int
main(int argc, char *argv[])
{
	struct charsets *cs = charsets_new();
	int i;

	for (i = 1; i < argc; i++)
		table(cs, argv[i]);
	charsets_free(cs);
	return 0;
}
