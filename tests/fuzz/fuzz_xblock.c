#include "fuzz_spool.h"

/*
 * The block is taken off the top, or nothing is touched; where it is one of
 * an exported message it is one at all.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct spool_msg none;
	struct slice in = fuzz_input(data, n), rest = in;
	struct arena *a = fuzz_arena();
	struct spool_msg m = none;

	if (xblock_take(&rest, a, &m)) {
		HOLDS(is_forward(in, rest));
		HOLDS(is_inside(m.helo, in) || m.helo.n < n);
		HOLDS(m.account.n < n && m.note.n < 3 * n);
		HOLDS(!m.has_sender || m.sender_prov == PROV_XBLOCK);
		fuzz_check_envelope(&m);
	} else {
		HOLDS(rest.p == in.p && rest.n == in.n);
		HOLDS(!m.has_sender && m.nrcpts == 0 && m.nproblems == 0);
		HOLDS(!xblock_starts(in));
	}
	m = none;
	rest = in;
	if (from_take(&rest, a, &m)) {
		HOLDS(is_forward(in, rest) && sl_starts(in, SL("From ")));
		HOLDS(m.arrived >= 0);
		fuzz_check_envelope(&m);
	} else
		HOLDS(rest.p == in.p && !m.has_sender && m.arrived == 0);
	return 0;
}
