#ifndef SITE_NAMES_H
#define SITE_NAMES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * names - a set of strings that keeps the order they came in.
 *
 * { 0 } is an empty one.  The strings are the caller's and must stay.
 * Reading takes no lock: any number of threads, once nobody adds.
 */
struct names {
	struct slice	*v;		/* in order of arrival */
	size_t		 n, cap;
	uint32_t	*slots;		/* places in v, from 1; 0: free */
	size_t		 nslots;	/* a power of two */
};

bool	names_has(const struct names *t, struct slice s);
bool	names_add(struct names *t, struct slice s);	/* false: was there */
void	names_free(struct names *t);
#endif
