#include "spool/spool.h"

/*
 * Where packages and source builds put their queues: Debian, Fedora, the
 * BSDs, and what the servers' own documents say.  unix-spools 1 to 6.
 */
static const struct spool_usual usual[] = {
	{ "postfix", "/var/spool/postfix" },
	{ "exim", "/var/spool/exim4" },
	{ "exim", "/var/spool/exim" },
	{ "sendmail", "/var/spool/mqueue" },
	{ "sendmail", "/var/spool/mqueue-client" },
	{ "sendmail", "/var/spool/clientmqueue" },
	{ "opensmtpd", "/var/spool/smtpd" },
	{ "qmail", "/var/qmail/queue" },
	{ "qmail", "/var/lib/qmail/queue" },
	{ "haraka", "/var/spool/haraka" },
	{ NULL, NULL },
};

const struct spool_usual *
spool_usual(void)
{
	return usual;
}
