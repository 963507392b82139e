#ifndef LOG_AGAIN_H
#define LOG_AGAIN_H
#include "base/slice.h"

/*
 * again - is a log the copy of another one?  A syslog daemon writes what mail
 * servers say into several files, as mail.log, mail.info and syslog, and an
 * old log lies beside its compressed copy: read together all would count
 * twice.
 *
 * One line in AGAIN_OF, the same ones in each file, is kept as a hash, in so
 * much memory: of files with more than about ten million lines the first
 * are forgotten.
 */
#define AGAIN_OF	16

struct again;
struct again	*again_new(void);
void		 again_free(struct again *g);	/* NULL allowed */

/* Another file, and its lines that say something. */
void		 again_begin(struct again *g, const char *path);
void		 again_line(struct again *g, struct slice line);

/* The file before this one that has most of its lines, too; NULL: none. */
const char	*again_of(const struct again *g);
#endif
