#ifndef ACT_REPLAY_STATE_H
#define ACT_REPLAY_STATE_H
#include "act/place.h"
#include "act/replay.h"
#include "act/source.h"
#include "base/hash.h"
#include "base/intern.h"
#include "judge/record.h"
#include "mail/charset.h"

/* What the files of replay share. */

#define STAGE	".spoolkit-stage"	/* beside the spool */
#define STAGE_MARK	"mark"		/* the file that proves a folder */

/* Does a server work in this spool? */
struct asked {
	const char	*root;
	bool		 running;
	struct asked	*next;
};

struct replay_inner {
	struct arena		*keep;		/* names of items */
	struct arena		*scratch;	/* one message */
	struct source		*src;
	struct charsets		*cs;
	struct sha256		*sha;
	struct casefile		*own;		/* the case we made ourselves */
	struct intern		*seen;		/* keys of what goes, */
	uint32_t		*first;		/* and by their number the item */
	size_t			 nfirst;

	struct asked		*asked;		/* of each spool, once */
	const char		*looked;	/* the last folder asked about */
	bool			 looked_live;

	struct place		 place;		/* the target's spool */
	char			*dir;		/* the folder, absolute */
	char			*where;		/* host:port, or the command */
	int			 dirfd;		/* -1: not open */
	int			 twinfd;	/* of second files; may be dirfd */
	int			 stagefd;
	int64_t			 stage;		/* its number */
	int64_t			 first_row;	/* that this run may add */
	struct stat		 dir_st;
};

/* One message made ready: what goes where.  Memory is the scratch arena's. */
struct ready {
	struct replay_item	*item;
	struct spool_msg	*m;
	struct record		 rec;
	struct inject_mail	 mail;		/* rcpts: those that are left */
	struct replay_to	*to;		/* as mail.rcpts */
	bool			 folded;	/* a recipient had it before */
};

/* replay_plan.c */
void	plan_forget(struct replay *r);		/* its memory */
/* 1: it goes; 0: item->leave says why not; -1: the case. */
int	ready_make(struct replay *r, struct replay_item *item,
	    struct ready *ready, struct err *err);

/* replay_target.c */
int	target_open(struct replay *r, struct err *err);
int	target_stage(struct replay *r, struct err *err);	/* to act */
int	target_case(struct replay *r, struct err *err);	/* one of our own */
void	target_close(struct replay *r);
bool	target_is_live(const struct replay *r, const char *root,
	    const char *path);

/* The whole message, as the profile has it, appended to out. */
#define REPLAY_BYTES_MAX	((size_t)256 << 20)	/* rendered */
int	ready_render(struct replay *r, const struct ready *x,
	    const struct inject_mail *mail, struct buf *out,
	    struct err *err);

/* replay_drop.c, replay_send.c: all items that go. */
int	drop_all(struct replay *r, struct err *err);
int	drop_recover(struct replay *r, struct err *err);
int	send_all(struct replay *r, struct err *err);
int	send_recover(struct replay *r, struct err *err);

/* replay_watch.c */
struct watch;
struct watch *watch_new(struct replay *r);
void	watch_free(struct watch *w);		/* NULL allowed */
int	watch_known(struct watch *w, struct err *err);	/* of earlier runs */
/* Look once what became of what earlier runs published. */
int	watch_settle(struct replay *r, struct err *err);
void	watch_add(struct watch *w, int64_t row, const char *source,
	    const char *name);		/* source borrowed */
size_t	watch_waiting(const struct watch *w);
/* Look once, if it is time; *gone: how many went. */
int	watch_look(struct watch *w, size_t *gone, struct err *err);

void	replay_nap(unsigned ms);
void	replay_tell(struct replay *r);
#endif
