#ifndef MAIL_VERDICT_H
#define MAIL_VERDICT_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/slice.h"
#include "mail/header.h"

/*
 * verdict - what a filter on the way wrote into the header about a message.
 *
 * Anybody can write such a field.  What it is worth is told by who says it
 * and where it stands: a client cannot put fields above those of the server
 * that took the message in.
 */
enum filter {
	FILTER_SPAMASSASSIN,	/* X-Spam-Status, X-Spam-Flag */
	FILTER_RSPAMD,		/* X-Spamd-Result, X-Rspamd-Action */
	FILTER_SCL,		/* Exchange: X-MS-Exchange-Organization-SCL,
				   X-Forefront-Antispam-Report */
	FILTER_AUTH,		/* Authentication-Results, RFC 8601 */
	FILTER_COUNT
};
const char	*filter_name(enum filter f);		/* "spamassassin" */
bool		 filter_parse(struct slice s, enum filter *f);

#define VERDICTS_MAX	8	/* of one message; the uppermost are kept */
#define SCL_SPAM	5	/* from here on Exchange takes it for spam */

struct verdict {
	enum filter	 filter;
	bool		 bad;		/* spam; AUTH: the sender is forged */
	bool		 scored;	/* score and limit were told */
	int32_t		 score, limit;	/* in hundredths */
	struct slice	 host;		/* that says so; empty: not told */
	struct slice	 text;		/* AUTH: "spf=fail dkim=none" */
	unsigned	 above;		/* Received fields over it */
};

/*
 * All that the header has, from the top.  Memory is a's; slices point into
 * it or the message.
 */
void	verdicts_read(struct arena *a, const struct head *head,
	    struct verdict **v, size_t *n);

/* rspamd's "reject", "add header" and so on, but not "soft reject". */
#define VERDICT_ACTION	64	/* bytes of one, at most */
bool	verdict_is_bad(struct slice action);

/* "15.3" from hundredths; to has VERDICT_NUMBER bytes. */
#define VERDICT_NUMBER	16
const char	*verdict_number(int32_t hundredths, char *to);
#endif
