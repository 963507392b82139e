#ifndef LOG_DRIVER_H
#define LOG_DRIVER_H
#include "base/buf.h"
#include "log/log.h"
#include "log/when.h"

/*
 * driver - one kind of log: which lines are its own, and what they say.
 *
 * Only the files of log/ include this.
 */
struct log_in;

struct log_driver {
	const char	*name, *what;
	/* How much the line speaks for this kind: 0, not at all. */
	unsigned	(*bid)(struct slice line);
	/* False: it says nothing to us. */
	bool		(*line)(struct log_in *in, struct slice line);
	size_t		 state;		/* bytes of its own, zeroed for a file */
	bool		 numeric;	/* dates whose order has to be found */
};
extern const struct log_driver log_postfix, log_exim, log_sendmail, log_w3c,
    log_ims55, log_ex2007, log_iis, log_ncsa, log_opensmtpd, log_events;

/* Text kept of what is being put together. */
struct span {
	uint32_t	at, n;
};
#define SPAN_MAX	512	/* bytes kept of one value */

enum auth_step { AUTH_NO, AUTH_USER, AUTH_PASS, AUTH_BLOB };
#define PENDING	16		/* commands sent ahead of their replies */

/* A command that waits for its reply. */
struct pending {
	char		 what;		/* its first letter: HMRDA., or ? */
	struct span	 arg;
};

/* A session, or a message, as far as it is known. */
struct log_open {
	uint64_t	 key;
	struct log_open	*chain, *newer, *older;
	int64_t		 at;
	struct ip	 client;
	struct span	 name, helo, account, method, tried, workstation;
	struct span	 sender, message_id, queue_id;
	struct span	 rcpts[LOG_RCPTS];
	uint32_t	 nknown;
	uint64_t	 nrcpts, told;	/* told: the log says so many */
	uint64_t	 bytes;
	bool		 has_sender, message;	/* a message is in it */
	bool		 failed;	/* it was refused */
	struct buf	 text;

	/* of log/dialogue.h */
	struct pending	 wait[PENDING];
	uint8_t		 first, waits;
	uint8_t		 step;		/* enum auth_step */
	char		 mech;		/* P lain, N TLM, C RAM, X OAUTH2 */
	bool		 data, in_body, outbound, helloed;
};

/* What a driver works with. */
struct log_in {
	const struct log_opts *o;
	struct log_sum	*sum;
	struct openings	*open;
	struct log_clock clock;
	int64_t		 at;		/* of the line */
	uint64_t	 scope;		/* a number of the file's own */
	void		*state;		/* the driver's */
	struct buf	 tmp;
};

struct openings	*openings_new(void);
void		 openings_free(struct openings *os);

/* By its key; open_get makes it, told the oldest one where there are too many. */
struct log_open	*open_find(struct log_in *in, uint64_t key);
struct log_open	*open_get(struct log_in *in, uint64_t key);
/* It has ended: tell the message that is in it, and forget it. */
void		 open_end(struct log_in *in, struct log_open *o);
void		 open_end_all(struct log_in *in);

uint64_t	 log_key(struct slice a, struct slice b, uint64_t c);

void		 open_set(struct log_open *o, struct span *s, struct slice v);
/* s of to becomes what v is in from. */
void		 open_copy(struct log_open *to, struct span *s,
		    const struct log_open *from, struct span v);
static inline struct slice
open_str(const struct log_open *o, struct span s)
{
	return s.n == 0 ? SL("") : (struct slice){ o->text.p + s.at, s.n };
}
void		 open_rcpt(struct log_open *o, struct slice addr);
/* The message is over; the session may go on. */
void		 open_message(struct log_in *in, struct log_open *o);
void		 open_forget(struct log_open *o);	/* RSET */

/* Tell what happened now, of who is in o. */
void		 log_tell(struct log_in *in, const struct log_open *o,
		    enum log_what what);
/* This recipient was refused; reply says why. */
void		 log_refuse(struct log_in *in, const struct log_open *o,
		    struct slice rcpt, struct slice reply);
/* The message in o was taken, and cannot be delivered to this recipient. */
void		 log_bounce(struct log_in *in, const struct log_open *o,
		    struct slice rcpt);

/* ---- pieces of lines ---- */

/* What stands between before and after; empty when there is no such thing. */
struct slice	 log_between(struct slice s, struct slice before, char after);
/* "name[192.0.2.1]", "name [192.0.2.1]", "[192.0.2.1]:25", an address. */
void		 log_peer(struct log_open *o, struct slice s);
/* The address of "<a@b>", "FROM:<a@b> SIZE=1", "+TO:+<a@b>". */
struct slice	 log_path(struct slice s);
bool		 log_says_relay(struct slice reply);
#endif
