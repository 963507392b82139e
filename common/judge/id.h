#ifndef JUDGE_ID_H
#define JUDGE_ID_H
#include "base/hash.h"

/*
 * id - the short name of an entry, the same in every scan and on every
 * host: from the SHA-256 of its bytes in the spool and its native queue id,
 * or its file's name where it has none.  Queue files are rewritten in
 * place, so neither is enough alone.
 */
#define ID_CHARS	12	/* 60 bits: a million ids seldom meet */

void	id_make(struct sha256 *h, const uint8_t digest[32],
	    struct slice native, char out[ID_CHARS]);
#endif
