#include "fuzz.h"

/*
 * The first line is a pattern, the rest a string.  Whether they match is
 * worked out a second time by a table of all their beginnings, which is
 * slow and cannot go wrong by going back too little.
 */
#define LEN	128

/* The set that begins at pat[0]: its length, 0 when it never closes. */
static size_t
set_length(struct slice pat)
{
	size_t i = 1;

	if (i < pat.n && (pat.p[i] == '!' || pat.p[i] == '^'))
		i++;
	for (i++; i < pat.n; i++)
		if (pat.p[i] == ']')
			return i + 1;
	return 0;
}

/* One that is an atom by itself: any one character that it takes. */
static bool
atom_takes(struct slice atom, char c)
{
	return sl_glob(atom, (struct slice){ &c, 1 });
}

static struct slice
next_atom(struct slice pat)
{
	size_t n = pat.p[0] == '[' ? set_length(pat) : 1;

	return sl_first(pat, n == 0 ? 1 : n);
}

static bool
slow_match(struct slice pat, struct slice s)
{
	bool now[LEN + 1] = { true }, next[LEN + 1];
	struct slice atom;
	size_t i;

	for (; pat.n > 0; pat = sl_from(pat, atom.n)) {
		atom = next_atom(pat);
		next[0] = now[0] && atom.p[0] == '*';
		for (i = 0; i < s.n; i++)
			next[i + 1] = atom.p[0] == '*' ?
			    now[i + 1] || next[i] :
			    now[i] && atom_takes(atom, s.p[i]);
		memcpy(now, next, sizeof(now));
	}
	return now[s.n];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice s = fuzz_input(data, n), pat = { NULL, 0 };

	sl_cut(&s, '\n', &pat);
	s = sl_first(s, LEN);
	pat = sl_first(pat, LEN);
	HOLDS(sl_glob(pat, s) == slow_match(pat, s));
	HOLDS(sl_glob(SL("*"), s));
	return 0;
}
