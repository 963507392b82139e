#ifndef LOG_BYTES_H
#define LOG_BYTES_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

/*
 * bytes - the text of a log, whatever holds it: as it is, compressed, in an
 * archive, in UTF-16 with a mark in front as Windows exports it, a JSON object
 * a line (journal.h), or the binary log of Windows events (evlog.h), a line
 * for each record.
 */
struct arc;
struct evlog;
enum coded { CODED_NO, CODED_UTF16LE, CODED_UTF16BE, CODED_JSON };
#define BYTES_HEAD	8	/* read ahead, to see what it is */

struct bytes {
	int		 fd;
	bool		 regular, begun;
	struct arc	*arc;		/* NULL: no archive, not compressed */
	struct evlog	*events;	/* NULL: text */
	int64_t		 written;	/* when the file was */
	enum coded	 coded;
	unsigned char	 head[BYTES_HEAD];
	size_t		 nhead, at;	/* of head; those before at are gone */
	struct buf	 raw, text;	/* of what is coded */
	size_t		 given;		/* of text */
};

/* fd is closed by bytes_close, and here when it fails. */
int	bytes_open(struct bytes *b, int fd, struct err *err);
void	bytes_close(struct bytes *b);

/* The next file in it: 1; 0 when there is none; -1 and err. */
int	bytes_next(struct bytes *b, struct err *err);

/* As read(2), of the text of that file. */
ssize_t	bytes_read(struct bytes *b, char *p, size_t n, struct err *err);
#endif
