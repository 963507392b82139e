#ifndef BASE_IDMAP_H
#define BASE_IDMAP_H
#include <stddef.h>
#include <stdint.h>

/*
 * idmap - a row for each of a few numbers out of many, such as base/intern.h
 * gives: clients among all strings.
 *
 * Rows are of one size and begin with their number, a uint32_t, which is
 * never 0.  { .size = sizeof(struct x) } is an empty map.
 */
struct idmap {
	size_t		 size;		/* of a row */
	size_t		 n;		/* rows, in the order they came */
	char		*rows;		/* n of them */
	size_t		 room;
	uint32_t	*slots;		/* row + 1, or 0 */
	size_t		 cap;		/* of slots: 0, or a power of two */
};

/* The row of id, zeroes when it is new; until the next new one. */
void	*idmap_row(struct idmap *m, uint32_t id);

/* The same, NULL where there is none. */
const void *idmap_find(const struct idmap *m, uint32_t id);

void	 idmap_free(struct idmap *m);
#endif
