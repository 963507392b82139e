#ifndef MAIL_IDN_H
#define MAIL_IDN_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/slice.h"

/*
 * idn - a domain name in its A-label form, by libidn2.
 *
 * Slow, so only for a domain that has bytes over 0x7f.  IDNA2008 with the
 * mapping of UTS 46, not transitional: lower case, NFC, ideographic full
 * stops as dots.
 *
 * False when domain is not UTF-8, too long or no name; *out is untouched.
 */
#define IDN_MAX	1000	/* bytes of domain; a name on the wire has 253 */

bool	idn_ascii(struct arena *a, struct slice domain, struct slice *out);
#endif
