#include <idn2.h>

#include "mail/idn.h"

/*
 * The mapping makes an '@' of a full-width one.  (With STD3 rules libidn2
 * drops it without a word, and makes another name.)
 */
static bool
is_host_name(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.' &&
		    s.p[i] != '_')
			return false;
	return s.n > 0;
}

bool
idn_ascii(struct arena *a, struct slice domain, struct slice *out)
{
	uint8_t *name = NULL;
	bool ok;

	if (domain.n == 0 || domain.n > IDN_MAX ||
	    memchr(domain.p, '\0', domain.n) != NULL)
		return false;
	if (idn2_lookup_u8((const uint8_t *)arena_str(a, domain), &name,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	ok = is_host_name(sl((const char *)name));
	if (ok)
		*out = arena_dup(a, sl((const char *)name));
	idn2_free(name);
	return ok;
}
