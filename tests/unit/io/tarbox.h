#ifndef TARBOX_H
#define TARBOX_H
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Archives written by hand, with names and lengths no archiver would write. */

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

static char tarbox_dir[64];
static int tarbox_home;

static inline void
tarbox_setup(void)
{
	snprintf(tarbox_dir, sizeof(tarbox_dir), "/tmp/tarbox.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tarbox_dir));
	tarbox_home = open(".", O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(chdir(tarbox_dir), 0);
}

static inline void
tarbox_teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", tarbox_dir);
	ck_assert_int_eq(fchdir(tarbox_home), 0);
	close(tarbox_home);
	ck_assert_int_eq(system(cmd), 0);
}

/* One header; type as in tar: '0' file, '1' hard link, '2' link, '5' folder. */
static inline void
tar_header(FILE *f, const char *name, char type, const char *link,
    unsigned size)
{
	char h[512] = { 0 };
	unsigned sum = 0;
	size_t i;

	snprintf(h, 100, "%s", name);
	memcpy(h + 100, "0000600", 8);
	snprintf(h + 124, 12, "%011o", size);
	snprintf(h + 136, 12, "%011o", 1073295000u);
	h[156] = type;
	snprintf(h + 157, 100, "%s", link == NULL ? "" : link);
	memcpy(h + 257, "ustar\0" "00", 8);
	memset(h + 148, ' ', 8);
	for (i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	ck_assert_uint_eq(fwrite(h, sizeof(h), 1, f), 1);
}

static inline void
tar_file(FILE *f, const char *name, const char *text)
{
	static const char zero[512];
	size_t n = strlen(text);

	tar_header(f, name, '0', NULL, (unsigned)n);
	fwrite(text, 1, n, f);
	fwrite(zero, 1, (512 - n % 512) % 512, f);
}

static inline void
tar_end(FILE *f)
{
	static const char zero[1024];

	fwrite(zero, 1, sizeof(zero), f);
	ck_assert_int_eq(fclose(f), 0);
}

/* A member of a "newc" cpio archive. */
static inline void
cpio_file(FILE *f, const char *name, unsigned ino, unsigned links,
    const char *text)
{
	static const char zero[4];
	size_t n = strlen(name) + 1, size = strlen(text);

	fprintf(f, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X"
	    "%08zX%08X", ino, 0100600u, 0u, 0u, links, 1073295000u, size, 0u,
	    1u, 0u, 0u, n, 0u);
	fwrite(name, 1, n, f);
	fwrite(zero, 1, (4 - (110 + n) % 4) % 4, f);
	fwrite(text, 1, size, f);
	fwrite(zero, 1, (4 - size % 4) % 4, f);
}
#endif
