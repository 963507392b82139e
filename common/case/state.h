#ifndef CASE_STATE_H
#define CASE_STATE_H
#include "base/arena.h"
#include "case/case.h"
#include "case/db.h"

/* What the files of common/case/ share. */
struct casefile {
	struct db	*db;
	char		*path;
	char		 uuid[37];
	bool		 write;
	char		 who[256];	/* runs us: "bob", "root (bob)" under sudo */
	bool		 confined;
	struct arena	*places;	/* of case_places; NULL: not asked */
	struct opened	*opened;	/* by case_load; NULL: nothing */
};

/* The schema in a new file; an older one is brought up; -1: not ours. */
int	schema_check(struct db *d, bool write, bool make, const char *path,
	    struct err *err);
/* 1: every table, view and trigger is as it was made; 0: err says which. */
int	schema_same(struct db *d, const char *path, struct err *err);
/* Indexes, which are made after the first scan: it is faster so. */
int	schema_index(struct db *d, struct err *err);

/* A log beside the file: a commit is one sync, and readers go on. */
int	state_log(struct casefile *c, struct err *err);

/* begin, unless a transaction is open: *own says whether to finish it. */
int	state_begin(struct casefile *c, bool *own, struct err *err);
int	state_end(struct casefile *c, bool own, int result, struct err *err);

void	opened_free(struct opened *o);			/* NULL allowed */

/* Now, as the case writes times; 21 bytes. */
const char *state_now(char text[21]);
void	state_host(char *out, size_t n);
#endif
