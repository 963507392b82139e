#include "base/diag.h"
#include "show/guess.h"

void
guess_say(const struct buf *why)
{
	struct slice rest = buf_sl(why), line;

	while (sl_cut(&rest, '\n', &line))
		diag_note("guessed: " SL_FMT, SL_ARG(line));
}
