#ifndef SHOW_GUESS_H
#define SHOW_GUESS_H
#include "base/buf.h"

/* What judge_guess says of each guess, as notes on stderr. */
void	guess_say(const struct buf *why);
#endif
