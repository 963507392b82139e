#include <libpsl.h>

#include "base/ip.h"
#include "site/site.h"

#define NAME_MAX_	255	/* bytes of a domain name; RFC 1035 2.3.4 */

/* Where the last two labels of name begin. */
static const char *
last_two(struct slice name)
{
	size_t i, dots = 0;

	for (i = name.n; i > 0; i--)
		if (name.p[i - 1] == '.' && ++dots == 2)
			break;
	return name.p + i;
}

/*
 * Where the registered domain begins; NULL when there is none, as in
 * "co.uk".  The builtin list is constant: threads need no lock.
 */
static const char *
registered(struct slice name)
{
	const psl_ctx_t *list = psl_builtin();
	char low[NAME_MAX_ + 1];
	const char *found;
	size_t i;

	if (list == NULL)
		return last_two(name);
	for (i = 0; i < name.n; i++)
		low[i] = name.p[i] == '\0' ? '?' : ascii_lower(name.p[i]);
	low[i] = '\0';
	found = psl_registrable_domain(list, low);
	return found == NULL ? NULL : name.p + (found - low);
}

struct slice
site_registered(struct slice name)
{
	struct slice s = name;
	const char *from;
	struct ip ip;

	while (s.n > 0 && s.p[0] == '.')
		s = sl_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] == '.')
		s = sl_first(s, s.n - 1);
	if (s.n == 0 || memchr(s.p, '.', s.n) == NULL || ip_parse(s, &ip))
		return name;
	if (s.n > NAME_MAX_)	/* only the end of it matters */
		s = sl_from(s, s.n - NAME_MAX_);
	from = registered(s);
	if (from == NULL)
		return name;
	return sl_from(s, (size_t)(from - s.p));
}
