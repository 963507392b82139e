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
#define BYTES_HEAD	512	/* read ahead, to see what it is */
#define BYTES_DEPTH	3	/* a compressed log in a compressed archive */

struct bytes {
	int		 fd;
	bool		 regular, begun;
	struct {
		struct arc	*arc;
		int		 fd;	/* of what was in another one */
		size_t		 name;	/* bytes of b->name in front of its own */
	}		 in[BYTES_DEPTH];
	size_t		 depth;		/* 0: no archive, not compressed */
	struct buf	 name;		/* of the file in it, as "x.tar/log.gz" */
	bool		 over;		/* nothing can follow what failed */
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

/*
 * The next file in it: 1; 0 when there is none; -1 and err: this one cannot be
 * read, and unless it is over the next call goes on behind it.
 */
int	bytes_next(struct bytes *b, struct err *err);

/* As read(2), of the text of that file. */
ssize_t	bytes_read(struct bytes *b, char *p, size_t n, struct err *err);
#endif
