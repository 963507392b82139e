#include "spool/driver.h"
#include "spool/mta.h"

/*
 * What qmail-queue reads on descriptor 1.  unix-spools QM-5: F sender NUL,
 * T recipient NUL for each, and a NUL; addresses without quotes, as in its
 * queue (QM-2).
 */
static void
put_address(struct buf *out, char type, struct slice spec)
{
	buf_addc(out, type);
	addr_bare(out, spec);
	buf_addc(out, '\0');
}

static void
envelope(const struct inject_mail *m, struct buf *out)
{
	size_t i;

	put_address(out, 'F', m->null_sender ? SL("") : m->sender);
	for (i = 0; i < m->nrcpts; i++)
		put_address(out, 'T', m->rcpts[i].addr.spec);
	buf_addc(out, '\0');
}

const struct inject inject_qmail[] = {
	{ .name = "qmail-queue", .way = WAY_COMMAND, .lf = true,
	    .utf8 = true, .rcpt_max = 1000,
	    .program = "/var/qmail/bin/qmail-queue", .envelope = envelope,
	    .what = "qmail: the program that queues a message" },
	{ .name = NULL },
};
