#ifndef IO_MEMBERS_H
#define IO_MEMBERS_H
#include <stdint.h>
#include "base/err.h"
#include "io/streams.h"
#include "io/tree.h"

/*
 * members - what an archive holds, as folders of names, and the bytes of
 * those members that somebody works on.
 *
 *	members_new	the first pass: names only, and the first bytes of
 *			some files
 *	members_pass	from the first member again
 *	members_next	the number of the next one, in the archive's order
 *	members_load	its bytes, into memory, until all users released them
 *
 * Members have numbers from 0, in the archive's order.  The same name twice:
 * the last one is it, as if it was unpacked, and those before are odd.  A
 * hard link is the member that it names.
 *
 * One thread loads; any thread opens what is loaded, and releases.
 */
struct members;

#define MEMBERS_MAX	4000000	/* names and folders, in all */
#define MEMBER_NAME_MAX	4096	/* bytes of a name; as PATH_MAX */
#define MEMBER_SIZE_MAX	536870912	/* bytes of one: they are in memory */
#define MEMBER_HEADS_MAX 16777216	/* bytes of beginnings, in all */
#define MEMBER_HEAD	4096	/* bytes of a beginning */
#define MEMBER_STREAMS_MAX 16777216	/* bytes of streams held, in all */
#define MEMBER_HEADS	8	/* files of one folder that have one */

/*
 * fd passes to it, read to its end here.  name is the file's own, for a
 * compressed file that is no archive.  An archive that is damaged further
 * on, or too large, is one of less: members_broken.
 */
int	members_new(struct members **ms, int fd, const char *name,
	    struct err *err);
struct members *members_keep(struct members *ms);
void	members_drop(struct members *ms);

size_t	members_count(const struct members *ms);
bool	members_single(const struct members *ms);	/* see io/archive.h */

/* Why the archive could not be read to its end; false: it could. */
bool	members_broken(const struct members *ms, struct err *err);

/* Members that have no place in the tree: hostile names and the like. */
size_t	members_odd(const struct members *ms, const struct tree_name **v);

/*
 * Folders are numbered, too; 0 is the root.  members_folder: the one called
 * name in folder, or -1.  members_names: all in it, owned by ms.
 */
int64_t	members_folder(const struct members *ms, uint32_t folder,
	    struct slice name);
size_t	members_names(const struct members *ms, uint32_t folder,
	    struct tree_name **v);

int	members_pass(struct members *ms, struct err *err);
int	members_next(struct members *ms, uint64_t *number, struct err *err);
uint64_t members_size(const struct members *ms, uint64_t number);
						/* exact when loaded */

/*
 * The bytes of the member that members_next just gave, for so many users.
 * -1 and err when not all could be read: what could is there, if anything,
 * and they are its users all the same.
 */
int	members_load(struct members *ms, uint32_t users, struct err *err);
bool	members_loaded(struct members *ms, uint64_t number);
void	members_hold(struct members *ms, uint64_t number, uint32_t users);
void	members_release(struct members *ms, uint64_t number);

/* A descriptor for its bytes, and what fstat would say; -1: not loaded. */
int	members_open(struct members *ms, uint64_t number, struct stat *st,
	    struct err *err);
size_t	members_streams(struct members *ms, uint64_t number, struct arena *a,
	    size_t max, struct stream v[TREE_STREAMS_MAX], bool *more);
size_t	members_head(const struct members *ms, uint64_t number, char *p,
	    size_t n);
#endif
