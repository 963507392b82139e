#ifndef BASE_SIG_H
#define BASE_SIG_H
#include <stdbool.h>

/*
 * sig - INT, TERM and HUP set a flag; the second one kills.
 *
 * Loops look at sig_stop between entries.  sig_finish is the last call of
 * main: it dies of the signal that came, so that a shell sees it.
 * SIGPIPE is left alone.
 */
void	sig_init(void);
bool	sig_stop(void);
void	sig_finish(void);
#endif
