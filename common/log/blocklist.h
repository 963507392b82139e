#ifndef LOG_BLOCKLIST_H
#define LOG_BLOCKLIST_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/ip.h"

/*
 * blocklist - addresses that somebody has listed, in a local file: one
 * address, network or range a line, as plain lists and zones of rbldnsd
 * (ip4set, ip6trie) have them.  "!" in front takes one out again.
 */
struct blocklist;
#define BLOCKLIST_MAX	8000000		/* ranges */

/* *odd: lines that are none. */
int	blocklist_load(struct blocklist **out, const char *path, size_t *odd,
	    struct err *err);
void	blocklist_free(struct blocklist *b);		/* NULL allowed */
bool	blocklist_has(const struct blocklist *b, const struct ip *ip);
#endif
