#ifndef BASE_DIAG_H
#define BASE_DIAG_H
#include <stddef.h>

/*
 * diag - what goes to stderr: `tool: path: what: why`.
 *
 * Control bytes and bytes that are not UTF-8 are replaced, because paths
 * and headers are hostile.  Any thread may call; a line is never torn.
 *
 * diag_init comes before any file is opened: descriptors 0 to 2 that the
 * caller has closed are taken, so that none of our files gets their numbers,
 * and what is printed with it.  They still fail as a closed one does.
 */
void	diag_init(const char *argv0);
const char *diag_tool(void);		/* the command's name */
void	diag_warn(const char *where, const char *fmt, ...)	/* counted; where may be NULL */
	    __attribute__((format(printf, 2, 3)));
void	diag_note(const char *fmt, ...)		/* not counted: progress, guesses */
	    __attribute__((format(printf, 1, 2)));
size_t	diag_count(void);			/* warnings so far */
#endif
