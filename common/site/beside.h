#ifndef SITE_BESIDE_H
#define SITE_BESIDE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/sandbox.h"
#include "site/site.h"

/*
 * beside - what the configuration of a spool's own server says is ours, where
 * it lies beside the spool.
 *
 *	ROOT/var/spool/NAME	ROOT/etc/...: the machine itself, or a copy
 *	DIR/SPOOL		DIR/main.cf, DIR/exim4.conf, DIR/sendmail.cf ...
 *
 * Files that it names are looked for below ROOT, or beside it.  Of a link, or
 * of anything else that is no file, nothing is read.
 */

/* The folders that site_beside looks into: they may be read.  In the arena. */
void	site_beside_allow(struct sandbox *box, struct arena *a,
	    const char *spool);

/*
 * Into the site, for n spools and their formats; not what has a value
 * already.  Each line of why has a list, its values, and where they stand, as
 * judge_guess has them; or what was not read, or taken, and why.
 */
void	site_beside(struct site *s, const char *const *spools,
	    const char *const *formats, size_t n, struct buf *why);
#endif
