#ifndef CASE_ARCHIVED_H
#define CASE_ARCHIVED_H
#include "case/case.h"

/*
 * archived - the messages of entries that lie in archives only, in one pass
 * over each archive: a message of its own costs a pass.
 */
struct archived;
struct archived	*archived_new(struct casefile *c, struct err *err);
void		 archived_free(struct archived *p);		/* NULL allowed */

/*
 * Note the entry.  1: it was one of those; 0: its tree has it, or no archive
 * is known of it; -1.
 */
int	archived_add(struct archived *p, int64_t row, struct err *err);

/*
 * Look at all that were noted, and tell of each: same, its bytes are those
 * that were scanned, or why they are not.  One that its archive does not
 * show at its place is given to other, which may know a way.
 */
struct archived_told {
	void	(*same)(void *ctx, int64_t row);
	void	(*differs)(void *ctx, int64_t row, const char *why);
	void	(*other)(void *ctx, int64_t row);
	void	*ctx;
};
void	archived_look(struct archived *p, const struct archived_told *told);
#endif
