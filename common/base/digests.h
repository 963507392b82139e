#ifndef BASE_DIGESTS_H
#define BASE_DIGESTS_H
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * digests - SHA-256 of many byte strings, for one thread.
 *
 * A processor's instructions for it wait for one another, and most of what it
 * could do is left undone.  Intel's multi-buffer library takes as many strings
 * side by side as a processor has room for, which takes two thirds of the
 * time when they are many.  Strings that are too long for it, and all where it
 * is not built in, libcrypto takes one after the other.
 */
struct digests;

struct digest {
	struct slice	 bytes;
	uint8_t		*out;		/* 32 bytes */
};

struct digests	*digests_new(void);
void		 digests_free(struct digests *d);	/* NULL allowed */
void		 digests_make(struct digests *d, const struct digest *v,
		    size_t n);
#endif
