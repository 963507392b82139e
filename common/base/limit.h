#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

/*
 * As many open files as the system lets us have: each spool of a scan keeps
 * its folder open, and the usual 1,024 are used up by some hundred users'
 * maildirs.  Once, before any thread.
 */
void	limit_files(void);
#endif
