#ifndef IO_BROKER_H
#define IO_BROKER_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * broker - a process beside ours that keeps a few rights we give up.
 *
 * Started before the sandbox goes up, it opens and removes the files of one
 * SQLite database, dials addresses, or replaces files, those it was started
 * with; each by its number, nothing by a name that we send.  It believes
 * nothing of what we ask, ends when we end, and has no other descriptor than
 * ours to it.
 */
struct broker;

enum broker_file {
	BROKER_MAIN,		/* the file itself */
	BROKER_JOURNAL,		/* "-journal" */
	BROKER_WAL,		/* "-wal" */
	BROKER_SHM,		/* "-shm" */
	BROKER_FOLDER,		/* that they lie in: to be synced */
	BROKER_TEMP,		/* a new file in it, that has no name */
	BROKER_FILES
};

struct broker_address {
	struct sockaddr_storage	 sa;
	socklen_t		 n;
};

#define BROKER_ADDRESSES	64	/* of one host, at most */

/* A file that is to be replaced, as io/publish.h does; path NULL: none. */
struct broker_out {
	const char	*path;
	mode_t		 mode;
};

#define BROKER_OUTS	2

/*
 * path NULL: no files.  The path has to be there, and is where it leads to
 * now.  Before the first thread.
 */
int	broker_new(struct broker **out, const char *path,
	    const struct broker_address *v, size_t n, struct err *err);
/* Of files only that it can replace, whole; path is as of now, too. */
int	broker_writer(struct broker **out, const struct broker_out *v,
	    size_t n, struct err *err);
void	broker_free(struct broker *b);			/* NULL allowed */
const char *broker_path(const struct broker *b);	/* where it led to */

/*
 * As open(2), unlink(2), and connect(2) that does not wait: -1 and errno.
 * What it makes gets the owner and the mode of the file itself.  dial gives
 * a socket that is connected or is about to be, if that is an address it
 * was started with.  Any thread may ask.
 */
int	broker_open(struct broker *b, enum broker_file f, int flags);
int	broker_unlink(struct broker *b, enum broker_file f);
int	broker_dial(struct broker *b, const struct sockaddr *sa, socklen_t n);

/* The i-th file of broker_writer is these bytes from now on, or as it was. */
int	broker_put(struct broker *b, size_t i, struct slice bytes,
	    struct err *err);
#endif
