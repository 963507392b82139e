#ifndef BASE_SORT_H
#define BASE_SORT_H
#include <stddef.h>
#include <stdint.h>

/*
 * sort - by numbers, in linear time.
 *
 * What is sorted stays where it is: i says which one it was.  Equals keep
 * their order, so that to sort by the lesser key first and by the greater
 * one then is to sort by both.  n is at most UINT32_MAX.
 */
struct sort_key {
	uint64_t	key;
	uint32_t	i;
};

void	sort_keys(struct sort_key *v, size_t n);

/* How many from v[0] on have one key; 0 when n is. */
size_t	sort_run(const struct sort_key *v, size_t n);
#endif
