#ifndef NET_DIALOGUE_H
#define NET_DIALOGUE_H
#include "base/buf.h"
#include "net/smtp.h"
#include "net/wire.h"

/* What smtp.c, smtp_auth.c and smtp_send.c share. */
struct smtp {
	struct wire		*w;
	struct smtp_opts	 o;
	char			 name[256];	/* the server's, as it says */
	unsigned		 caps;
	uint64_t		 size_max;
	char			 in[2 * SMTP_LINE_MAX];
	size_t			 from, to;	/* bytes of in not yet read */
	struct buf		 out;		/* lines not yet sent */
};

/* One reply within secs.  -1 when none came. */
int	smtp_hear(struct smtp *s, unsigned secs, struct smtp_reply *r,
	    struct err *err);
/* Queue "line CRLF"; said is what the transcript gets instead of it. */
void	smtp_queue(struct smtp *s, struct slice line, struct slice said);
int	smtp_flush(struct smtp *s, unsigned secs, struct err *err);
void	smtp_tell(struct smtp *s, bool by_us, struct slice line);
/* Holds CR, LF or NUL: no part of a command. */
bool	smtp_is_torn(struct slice line);
#endif
