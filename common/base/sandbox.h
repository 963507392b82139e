#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H
#include <stdbool.h>
#include <stddef.h>

/*
 * sandbox - what is left to a command that reads what was written to hurt.
 *
 * Landlock (Linux's, from 5.13 on) leaves the files and trees that were
 * named, for reading; seccomp refuses with EPERM all that a reader does not
 * do: sockets, programs, other processes, new names, other modes, times and
 * attributes, and opening anything for writing.  What is open already stays
 * as it is.  Whoever is root keeps what reading the files of others takes.
 * Nothing of it can be undone, not by a program either that is started.
 *
 * Once, before the first thread.
 */
struct sandbox {
	bool		 off;		/* nothing of it: --no-sandbox */
	bool		 tell;		/* a line about what is in force: -v */
	bool		 files;		/* it also writes files, as its work is:
					   of these the kernel keeps none back */
	const char	**paths;	/* to be read, with all below them */
	size_t		 n;
};

/* Two rows of a table of options: base/opt.h. */
#define SANDBOX_OPT(box) \
	{ .name = "no-sandbox", .help = "keep every right while hostile " \
	    "bytes are read", .flag = &(box).off }
#define SANDBOX_OPTS(box) SANDBOX_OPT(box), \
	{ 'v', "verbose", NULL, "say what the sandbox is made of", \
	    .flag = &(box).tell }

/*
 * The path is kept as it is, not copied.  One that leads into a file, as an
 * operand may, is that file; one that is not there is nothing.
 */
void	sandbox_path(struct sandbox *s, const char *path);

/*
 * From here on.  Where the kernel, or whoever started us, refuses a part,
 * that is one line on stderr, and the rest holds.  The paths are forgotten.
 */
void	sandbox_enter(struct sandbox *s);

/* What is in force. */
struct sandbox_force {
	int	 landlock;	/* its version; 0: none */
	bool	 seccomp;
	bool	 caps;		/* of root's rights those to read are left */
};
struct sandbox_force sandbox_force(struct sandbox *s);	/* enter, silently */
#endif
