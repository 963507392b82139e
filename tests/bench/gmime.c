/*
 * What a program would cost that leaves the parsing to GMime: each regular
 * file below some folders parsed, its subject and its parts looked at.  One
 * thread.  Prints messages, parts, seconds.
 *
 *	gmime DIR ...
 */
#include <fts.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <gmime/gmime.h>

static unsigned long messages, parts, subjects;

static void
each_part(GMimeObject *parent, GMimeObject *part, gpointer arg)
{
	(void)parent;
	(void)part;
	(void)arg;
	parts++;
}

static void
parse(const char *path)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *m;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	stream = g_mime_stream_fs_new(fd);	/* closes fd */
	parser = g_mime_parser_new_with_stream(stream);
	if ((m = g_mime_parser_construct_message(parser, NULL)) != NULL) {
		messages++;
		subjects += g_mime_message_get_subject(m) != NULL;
		g_mime_message_foreach(m, each_part, NULL);
		g_object_unref(m);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

int
main(int argc, char *argv[])
{
	struct timespec a, b;
	FTSENT *e;
	FTS *f;

	if (argc < 2) {
		fprintf(stderr, "usage: gmime DIR ...\n");
		return 2;
	}
	g_mime_init();
	clock_gettime(CLOCK_MONOTONIC, &a);
	if ((f = fts_open(argv + 1, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT,
	    NULL)) == NULL)
		return 1;
	while ((e = fts_read(f)) != NULL)
		if (e->fts_info == FTS_F || e->fts_info == FTS_NSOK)
			parse(e->fts_path);
	fts_close(f);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%lu %lu %.6f\n", messages, parts,
	    (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	return subjects == 0;
}
