#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "act/replay_state.h"
#include "base/diag.h"
#include "base/pool.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "net/dial.h"
#include "net/smtp.h"

/*
 * To a server or a command, as many at a time as there are connections.  A
 * row is staged before its first byte goes out.
 */
#define CONNECTIONS_MAX	64
#define FAILURES_MAX	3	/* rounds in which nothing could be sent */

extern char **environ;

struct job {
	int64_t		 row;
	struct replay_item *item;
	struct smtp_message m;
	struct smtp_rcpt *v;
	size_t		 n;
	struct buf	 bytes;
	struct err	 err;		/* why some were not sent */
	unsigned	 part;		/* of a message; 0: it is all */
	bool		 last;		/* part of it */
	struct buf	 envelope;	/* on descriptor 1; empty: it has none */
};

struct worker {
	struct smtp	*s;
	struct arena	*a;		/* what the server said */
};

struct sending {
	struct replay	*r;
	struct smtp_opts o;
	struct worker	 workers[CONNECTIONS_MAX];
	struct job	 jobs[CONNECTIONS_MAX];
	size_t		 nworkers, n;
	struct pool	*pool;
	struct arena	*a;		/* of the jobs of a round */
	unsigned	 failures;
	bool		 answered;	/* something went out */
	struct err	 err;		/* of the last */
	size_t		 part_of;	/* an item of several parts; or SIZE_MAX */
	size_t		 untried;	/* its recipients that it was not sent to */
	unsigned	 part;		/* the last one's number; 0: it is all */
	bool		 put_off;	/* of its parts so far some recipients */
	bool		 asked;		/* the command, what it is, */
	bool		 exim;		/* and what it said */
};

/* ---- one message to a server ---- */

static int
dial(struct sending *x, struct worker *w, struct err *err)
{
	struct smtp_reply reply;
	const struct replay_opts *o = x->r->o;
	int in;

	if (smtp_open(&w->s, &x->o, NULL, err) == -1)
		return -1;
	if (o->user == NULL)
		return 0;
	in = smtp_auth(w->s, sl(o->user), sl(o->password), false, &reply,
	    err);
	if (in == 1)
		return 0;
	if (in == 0)
		err_set(err, ERR_FORMAT, "the server did not let %.100s "
		    "in: %s", o->user, reply.code == 0 ? "it offers no way "
		    "that does not show the password" : reply.text);
	smtp_free(w->s);
	w->s = NULL;
	return -1;
}

static bool
all_unsent(const struct job *j)
{
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->v[i].result != SMTP_UNSENT)
			return false;
	return true;
}

/*
 * A server may hang up between two messages, as it likes: what it has not
 * got goes over another connection, once.
 */
static void
to_server(struct sending *x, struct worker *w, struct job *j)
{
	bool again = w->s != NULL;

	for (;; again = false) {
		if (w->s == NULL && dial(x, w, &j->err) == -1)
			return;
		if (smtp_send(w->s, w->a, &j->m, j->v, j->n, &j->err) == 0)
			return;
		smtp_free(w->s);
		w->s = NULL;
		if (!again || !all_unsent(j))
			return;
	}
}

/* ---- one message to a command ---- */

/* The message as a file, so that nobody waits for anybody. */
static int
message_file(struct slice bytes, struct err *err)
{
	int fd = memfd_create("message", MFD_CLOEXEC);
	ssize_t n;

	while (fd != -1 && bytes.n > 0) {
		if ((n = write(fd, bytes.p, bytes.n)) == -1) {
			close(fd);
			fd = -1;
		} else
			bytes = sl_from(bytes, (size_t)n);
	}
	if (fd == -1 || lseek(fd, 0, SEEK_SET) == -1)
		return err_sys(err, "a file in memory");
	return fd;
}

/* "success,delay"; RFC 3461 4.1. */
static void
add_notify(const struct job *j, struct arena *a, char **argv, size_t *n)
{
	static const char *const names[] = { "never", "success", "failure",
	    "delay" };
	struct slice list = SL("");
	unsigned bits = j->v[0].notify;
	size_t i;

	for (i = 0; i < 4; i++)
		if ((bits >> i & 1) != 0)
			list = arena_fmt(a, SL_FMT "%s%s", SL_ARG(list),
			    list.n == 0 ? "" : ",", names[i]);
	if (list.n == 0)
		return;
	argv[(*n)++] = arena_str(a, SL("-N"));
	argv[(*n)++] = arena_str(a, list);
}

static char *
program(const struct sending *x, struct arena *a)
{
	const char *where = x->r->st->where;

	return arena_str(a, sl(where[0] == '\0' ? x->r->in->program : where));
}

static char **
command_line(struct sending *x, const struct job *j, struct arena *a)
{
	char **argv = arena_alloc(a, (j->n + 16) * sizeof(*argv));
	size_t n = 0, i;

	argv[n++] = program(x, a);
	if (j->envelope.n > 0)
		return argv;
	argv[n++] = arena_str(a, SL("-i"));
	argv[n++] = arena_str(a, SL("-f"));
	argv[n++] = arena_str(a, j->m.sender.n == 0 ? SL("<>") :
	    j->m.sender);
	add_notify(j, a, argv, &n);
	if (j->m.ret != 0) {
		argv[n++] = arena_str(a, SL("-R"));
		argv[n++] = arena_str(a, j->m.ret == 'H' ? SL("hdrs") :
		    SL("full"));
	}
	argv[n++] = arena_str(a, SL("--"));
	for (i = 0; i < j->n; i++)
		argv[n++] = arena_str(a, j->v[i].address);
	return argv;
}

/* In a group of its own: what a person types at us is not for it. */
static int
run(char *const argv[], int in, int out, int *status, struct err *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int sys;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
	    POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	sys = posix_spawn(&pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (sys != 0) {
		errno = sys;
		return err_sys(err, "%.200s", argv[0]);
	}
	while (waitpid(pid, status, 0) == -1)
		if (errno != EINTR)
			return err_sys(err, "%.200s", argv[0]);
	return 0;
}

/* qmail-queue(8): 11 to 40 are the message's fault. */
static enum smtp_result
result_of_queue(int code)
{
	return code >= 11 && code <= 40 ? SMTP_REFUSED : SMTP_LATER;
}

/* sysexits.h: what the message is to blame for, and what it is not. */
static enum smtp_result
result_of_exit(const struct job *j, int status)
{
	static const int blame[] = { EX_USAGE, EX_DATAERR, EX_NOINPUT,
	    EX_NOUSER, EX_NOHOST, EX_NOPERM };
	size_t i;

	if (!WIFEXITED(status))
		return SMTP_DOUBTFUL;
	if (WEXITSTATUS(status) == 0)
		return SMTP_TAKEN;
	if (j->envelope.n > 0)
		return result_of_queue(WEXITSTATUS(status));
	for (i = 0; i < sizeof(blame) / sizeof(blame[0]); i++)
		if (WEXITSTATUS(status) == blame[i])
			return SMTP_REFUSED;
	return SMTP_LATER;
}

static void
to_command(struct sending *x, struct worker *w, struct job *j)
{
	int fd = message_file(j->m.bytes, &j->err), status, r;
	int out = j->envelope.n == 0 ? STDERR_FILENO :
	    message_file(buf_sl(&j->envelope), &j->err);
	enum smtp_result result;
	struct slice why = { NULL, 0 };
	size_t i;

	r = fd == -1 || out == -1 ? -1 : run(command_line(x, j, w->a), fd,
	    out, &status, &j->err);
	if (out != -1 && out != STDERR_FILENO)
		close(out);
	if (fd != -1)
		close(fd);
	if (r == -1)
		return;
	if ((result = result_of_exit(j, status)) != SMTP_TAKEN)
		why = WIFEXITED(status) ? arena_fmt(w->a, "exit status %d",
		    WEXITSTATUS(status)) : arena_fmt(w->a, "died of signal %d",
		    WTERMSIG(status));
	for (i = 0; i < j->n; i++) {
		j->v[i].result = result;
		j->v[i].why = why;
	}
}

/*
 * -bV shows Exim's version and does nothing; others refuse it, or have nobody
 * to send an empty message to.
 */
static int
ask_command(struct sending *x, struct err *err)
{
	char said[16] = "", version[] = "-bV";
	char *argv[] = { program(x, x->a), version, NULL };
	int in = message_file(SL(""), err), out, status, r = -1;

	if (in == -1)
		return -1;
	if ((out = message_file(SL(""), err)) != -1) {
		r = run(argv, in, out, &status, err);
		if (r == 0 && pread(out, said, sizeof(said) - 1, 0) > 0)
			x->exim = strncmp(said, "Exim version", 12) == 0;
		close(out);
	}
	close(in);
	x->asked = true;
	return r;
}

/* One that has the envelope in its arguments. */
static bool
starts_command(const struct sending *x)
{
	return x->r->in->way == WAY_COMMAND && x->r->in->envelope == NULL;
}

static bool
has_dsn(const struct inject_mail *mail)
{
	size_t i;

	for (i = 0; i < mail->nrcpts; i++)
		if (mail->rcpts[i].notify.n > 0)
			return true;
	return mail->ret.n > 0;
}

/* DSN options that the command has no words for are left out. */
static int
ask_for(struct sending *x, const struct inject_mail *mail, struct err *err)
{
	return !starts_command(x) || x->asked || !has_dsn(mail) ? 0 :
	    ask_command(x, err);
}

static void
work(void *ctx, size_t worker, void *job)
{
	struct sending *x = ctx;
	struct job *j = job;

	j->err = (struct err){ .code = ERR_NONE };
	if (x->r->in->way == WAY_COMMAND)
		to_command(x, &x->workers[worker], job);
	else
		to_server(x, &x->workers[worker], job);
}

/* ---- making a round ---- */

#define NOTIFY_ALL	16	/* sets of the four */

static unsigned
notify_of(struct slice s)
{
	static const char *const names[] = { "NEVER", "SUCCESS", "FAILURE",
	    "DELAY" };
	struct slice word;
	unsigned bits = 0;
	size_t i;

	while (sl_cut(&s, ',', &word))
		for (i = 0; i < 4; i++)
			if (sl_ieq(word, sl(names[i])))
				bits |= 1u << i;
	return bits;
}

/* +XX of RFC 3461 4, undone. */
static struct slice
from_xtext(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '+' && i + 2 < s.n && ascii_hex(s.p[i + 1]) >= 0
		    && ascii_hex(s.p[i + 2]) >= 0) {
			p[n++] = (char)(ascii_hex(s.p[i + 1]) << 4 |
			    ascii_hex(s.p[i + 2]));
			i += 2;
		} else
			p[n++] = s.p[i];
	return (struct slice){ p, n };
}

static struct slice
kept(struct arena *a, struct slice s)
{
	return s.n == 0 ? s : arena_dup(a, s);
}

/* The job has to live longer than what the message was read with. */
static void
make_job(struct sending *x, struct job *j, const struct inject_mail *mail)
{
	struct slice ret = mail->ret;
	size_t i;

	j->m = (struct smtp_message){ .sender = kept(x->a, mail->sender),
	    .envid = from_xtext(x->a, mail->envid),
	    .ret = x->exim ? '\0' : sl_ieq(ret, SL("HDRS")) ? 'H' :
	    sl_ieq(ret, SL("FULL")) ? 'F' : '\0' };
	j->n = mail->nrcpts;
	j->v = arena_alloc(x->a, j->n * sizeof(*j->v));
	for (i = 0; i < j->n; i++)
		j->v[i] = (struct smtp_rcpt){
		    .address = kept(x->a, mail->rcpts[i].addr.spec),
		    .orcpt = from_xtext(x->a, mail->rcpts[i].orcpt),
		    .notify = x->exim ? 0 :
		    notify_of(mail->rcpts[i].notify) };
}

static void
refuse(struct replay *r, struct replay_item *item, const struct err *why)
{
	item->leave = LEAVE_REFUSED;
	item->why = arena_str(r->st->keep, sl(why->msg));
	diag_warn(item->source, "%s", why->msg);
	r->did.refused++;
}

/* In an order that has those together that have the same. */
static void
order_by_notify(struct sending *x, struct ready *ready)
{
	struct inject_mail *mail = &ready->mail;
	struct spool_rcpt *v = arena_alloc(x->a, mail->nrcpts * sizeof(*v));
	struct replay_to *to = arena_alloc(x->a, mail->nrcpts * sizeof(*to));
	unsigned bits;
	size_t i, n = 0;

	for (bits = 0; bits < NOTIFY_ALL; bits++)
		for (i = 0; i < mail->nrcpts; i++)
			if (notify_of(mail->rcpts[i].notify) == bits) {
				v[n] = mail->rcpts[i];
				to[n++] = ready->to[i];
			}
	mail->rcpts = v;
	ready->to = to;
}

/* How many go at once: a command has one NOTIFY for all. */
static size_t
rcpts_of_part(const struct sending *x, const struct inject_mail *mail,
    bool alike)
{
	const struct replay_opts *o = x->r->o;
	size_t most = x->r->in->rcpt_max, n;

	if (o->max_rcpts != 0 && o->max_rcpts < most)
		most = (size_t)o->max_rcpts;
	for (n = 1; n < mail->nrcpts && n < most; n++)
		if (alike && notify_of(mail->rcpts[n].notify) !=
		    notify_of(mail->rcpts[0].notify))
			break;
	return n;
}

/*
 * The recipients that this round is for.  Those of the rounds before come
 * first, where they are still there: put off, they wait for the next pass.
 */
static void
take_part(struct sending *x, size_t item, struct ready *ready)
{
	struct inject_mail *mail = &ready->mail;
	bool more = x->part_of == item, alike = starts_command(x) && !x->exim;
	size_t tried = more && mail->nrcpts > x->untried ?
	    mail->nrcpts - x->untried : 0;

	if (alike)
		order_by_notify(x, ready);
	mail->rcpts += tried;
	ready->to += tried;
	x->untried = mail->nrcpts - tried;
	mail->nrcpts = x->untried;
	mail->nrcpts = rcpts_of_part(x, mail, alike);
	x->untried -= mail->nrcpts;
	x->part_of = x->untried > 0 ? item : SIZE_MAX;
	x->part = more ? x->part + 1 : x->untried > 0;
}

/* The message, to these recipients. */
static int
add_job(struct sending *x, const struct ready *ready, struct err *err)
{
	struct replay *r = x->r;
	const struct inject_mail *mail = &ready->mail;
	struct job *j = &x->jobs[x->n];
	struct replay_row row = { .target = sl(r->target),
	    .entry = r->st->own == NULL ? ready->item->entry : 0,
	    .source = sl(ready->item->source), .id = sl(ready->item->id),
	    .sender = mail->null_sender ? SL("<>") : mail->sender,
	    .part = x->part };
	struct err why;

	j->bytes.n = 0;
	j->part = x->part;
	j->last = x->part_of == SIZE_MAX;
	j->item = ready->item;
	if (ready_render(r, ready, mail, &j->bytes, &why) == -1) {
		refuse(r, ready->item, &why);
		return 0;
	}
	make_job(x, j, mail);
	j->envelope.n = 0;
	if (r->in->envelope != NULL)
		r->in->envelope(mail, &j->envelope);
	j->m.bytes = buf_sl(&j->bytes);
	if (replays_add(r->rows, &row, ready->to, mail->nrcpts, err) == -1 ||
	    replays_staged(r->rows, row.row, NULL, err) == -1)
		return -1;
	j->row = row.row;
	x->n++;
	return 0;
}

static int
add_part(struct sending *x, size_t item, struct ready *ready,
    struct err *err)
{
	take_part(x, item, ready);
	return add_job(x, ready, err);
}

/*
 * A job for each connection.  A message with more recipients than go at
 * once stays the next one until it was sent to all.
 */
static int
fill(struct sending *x, size_t *next, struct err *err)
{
	struct replay *r = x->r;
	struct ready ready;
	int go;

	x->n = 0;
	arena_reset(x->a);
	if (case_begin(r->c, err) == -1)
		return -1;
	while (*next < r->n && x->n < x->nworkers) {
		struct replay_item *item = &r->items[*next];

		if (item->leave != LEAVE_NO ||
		    (go = ready_make(r, item, &ready, err)) == 0) {
			++*next;
			continue;
		}
		if (go == -1 || ask_for(x, &ready.mail, err) == -1 ||
		    add_part(x, *next, &ready, err) == -1) {
			case_rollback(r->c);
			return -1;
		}
		if (x->part_of == *next)
			break;
		++*next;
	}
	return case_commit(r->c, err);
}

/* ---- what became of it ---- */

static const enum replay_state states[] = {
	[SMTP_UNSENT] = REPLAY_RETURNED,
	[SMTP_TAKEN] = REPLAY_TAKEN,
	[SMTP_LATER] = REPLAY_RETURNED,
	[SMTP_REFUSED] = REPLAY_REFUSED,
	[SMTP_DOUBTFUL] = REPLAY_DOUBTFUL,
};

/* Of several answers the row has the one that matters most. */
static enum smtp_result
worst(const struct job *j)
{
	static const enum smtp_result order[] = { SMTP_DOUBTFUL, SMTP_TAKEN,
	    SMTP_LATER, SMTP_UNSENT, SMTP_REFUSED };
	size_t i, k;

	for (k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (i = 0; i < j->n; i++)
			if (j->v[i].result == order[k])
				return order[k];
	return SMTP_UNSENT;
}

static struct slice
why_of(struct sending *x, const struct job *j, const struct smtp_rcpt *to)
{
	if (to->result == SMTP_UNSENT)
		return sl(j->err.msg);
	if (to->code == 0)
		return to->why;
	return arena_fmt(x->a, "%u " SL_FMT, to->code, SL_ARG(to->why));
}

static int
say_rcpts(struct sending *x, const struct job *j, enum replay_state row,
    struct err *err)
{
	const struct smtp_rcpt *to;
	struct slice why;
	size_t i;

	for (i = 0; i < j->n; i++) {
		to = &j->v[i];
		why = why_of(x, j, to);
		if (to->result != SMTP_TAKEN && to->result != SMTP_DOUBTFUL)
			diag_warn(j->item->source, SL_FMT ": " SL_FMT,
			    SL_ARG(to->address), SL_ARG(why));
		if (replays_rcpt(x->r->rows, j->row, i, states[to->result],
		    why, err) == -1)
			return -1;
	}
	return replays_set(x->r->rows, j->row, row, why_of(x, j, &j->v[0]), err);
}

/* A message is done when nobody of any of its parts was put off. */
static void
end_part(struct sending *x, const struct job *j, bool put_off)
{
	x->put_off = put_off || (j->part > 1 && x->put_off);
	if (j->last && !x->put_off)
		j->item->leave = LEAVE_DONE;
}

static void
count(struct sending *x, const struct job *j, enum replay_state s)
{
	struct replay *r = x->r;
	uint64_t *const n[REPLAY_STATES] = {
		[REPLAY_TAKEN] = &r->did.taken,
		[REPLAY_REFUSED] = &r->did.refused,
		[REPLAY_RETURNED] = &r->did.returned,
		[REPLAY_DOUBTFUL] = &r->did.doubtful,
	};
	size_t i, returned = 0, refused = 0;

	++*n[s];
	j->item->why = NULL;
	if (s == REPLAY_DOUBTFUL)
		diag_warn(j->item->source, "doubtful: the line was lost "
		    "before the answer came; --retry-doubtful sends it again");
	for (i = 0; i < j->n; i++) {
		returned += states[j->v[i].result] == REPLAY_RETURNED;
		refused += states[j->v[i].result] == REPLAY_REFUSED;
	}
	if (s == REPLAY_TAKEN) {
		r->did.some_refused += refused;
		r->did.some_returned += returned;
	}
	end_part(x, j, returned > 0);
}

static int
say_job(struct sending *x, const struct job *j, struct err *err)
{
	enum replay_state s = states[worst(j)];

	if (all_unsent(j)) {		/* it never went out */
		x->err = j->err;
		end_part(x, j, true);
		j->item->why = arena_str(x->r->st->keep, sl(j->err.msg));
		return replays_forget(x->r->rows, j->row, err);
	}
	count(x, j, s);
	return say_rcpts(x, j, s, err);
}

static int
say_round(struct sending *x, struct err *err)
{
	size_t i, unsent = 0;

	if (case_begin(x->r->c, err) == -1)
		return -1;
	for (i = 0; i < x->n; i++) {
		unsent += all_unsent(&x->jobs[i]);
		if (say_job(x, &x->jobs[i], err) == -1) {
			case_rollback(x->r->c);
			return -1;
		}
	}
	x->failures = unsent == x->n && x->n > 0 ? x->failures + 1 : 0;
	x->answered |= unsent < x->n;
	for (i = 0; i < x->nworkers; i++)
		arena_reset(x->workers[i].a);
	return case_commit(x->r->c, err);
}

/* ---- all of it ---- */

/* A person who types ^C waits for the answer to what is on the wire. */
static void
hold_signals(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void
keep_pace(const struct replay *r, int64_t began, uint64_t sent)
{
	while (r->o->rate > 0 && !sig_stop() && sent * 60000 >
	    (uint64_t)(replay_clock() - began) * r->o->rate)
		replay_nap(20);
}

static int
send_pass(struct sending *x, struct err *err)
{
	int64_t began = replay_clock();
	size_t next = 0, i;
	uint64_t sent = 0;

	x->part_of = SIZE_MAX;
	while (next < x->r->n && !sig_stop()) {
		if (fill(x, &next, err) == -1)
			return -1;
		hold_signals(true);
		for (i = 0; i < x->n; i++)
			pool_put(x->pool, &x->jobs[i]);
		pool_drain(x->pool);
		hold_signals(false);
		if (say_round(x, err) == -1)
			return -1;
		sent += x->n;
		replay_tell(x->r);
		if (x->failures >= (x->answered ? FAILURES_MAX : 1))
			return err_set(err, x->err.code, "%.100s: %.300s",
			    x->r->target, x->err.msg);
		keep_pace(x->r, began, sent);
	}
	return 0;
}

static bool
anything_left(const struct replay *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->items[i].leave == LEAVE_NO)
			return true;
	return false;
}

/* What was answered was told then. */
static void
tell_unsent(const struct replay *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->items[i].leave == LEAVE_NO && r->items[i].why != NULL)
			diag_warn(r->items[i].source, "not sent: %s",
			    r->items[i].why);
}

/* What was refused for now is tried again, after longer and longer. */
static int
send_passes(struct sending *x, struct err *err)
{
	uint64_t tries = x->r->o->tries, wait = x->r->o->backoff, s;

	for (;;) {
		if (send_pass(x, err) == -1)
			return -1;
		if (tries-- <= 1 || sig_stop() || !anything_left(x->r)) {
			tell_unsent(x->r);
			return 0;
		}
		for (s = 0; s < wait * 10 && !sig_stop(); s++)
			replay_nap(100);
		wait *= 2;
	}
}

static int
make_opts(struct sending *x, struct err *err)
{
	const struct replay *r = x->r;
	struct slice host = { NULL, 0 };
	char *name = arena_alloc(r->st->keep, 256);

	if (gethostname(name, 255) == -1)
		name = arena_str(r->st->keep, SL("localhost"));
	x->o = (struct smtp_opts){ .port = r->in->way == WAY_LMTP ? 24 : 25,
	    .helo = r->o->helo != NULL ? r->o->helo : name,
	    .lmtp = r->in->way == WAY_LMTP,
	    .tls = strcmp(r->in->name, "smtps") == 0 ? SMTP_TLS_WRAPPED :
	    r->o->tls_verify ? SMTP_TLS_STARTTLS : SMTP_TLS_OFFERED,
	    .tls_verify = r->o->tls_verify, .tls_ca = r->o->tls_ca,
	    .secs = (unsigned)r->o->stall, .data_secs =
	    (unsigned)r->o->stall };
	if (r->in->way == WAY_COMMAND)
		return 0;
	if (x->o.tls == SMTP_TLS_WRAPPED)
		x->o.port = 465;
	if (r->st->where[0] == '/') {
		x->o.host = r->st->where;
		return 0;
	}
	if (dial_split(sl(r->st->where), &host, &x->o.port, err) == -1)
		return -1;
	x->o.host = arena_str(r->st->keep, host);
	return 0;
}

/* Commands are started by us; with a server nothing is but talked. */
static int
confine(struct sending *x, struct err *err)
{
	struct sandbox *box = x->r->o->box;

	if (x->r->in->way == WAY_COMMAND || box == NULL || box->off)
		return 0;
	if (smtp_settle(&x->o, err) == -1)
		return -1;
	sandbox_enter(box);
	return 0;
}

int
send_all(struct replay *r, struct err *err)
{
	struct sending *x = xcalloc(1, sizeof(*x));
	size_t i;
	int result;

	x->r = r;
	x->a = arena_new();
	x->nworkers = r->o->connections == 0 ? 1 :
	    r->o->connections > CONNECTIONS_MAX ? CONNECTIONS_MAX :
	    (size_t)r->o->connections;
	for (i = 0; i < x->nworkers; i++)
		x->workers[i].a = arena_new();
	signal(SIGCHLD, SIG_DFL);	/* ignored, no command is waited for */
	result = make_opts(x, err) == -1 ? -1 : confine(x, err);
	hold_signals(true);		/* the threads keep it so */
	x->pool = pool_new(x->nworkers, work, x);
	hold_signals(false);
	if (result == 0)
		result = send_passes(x, err);
	r->did.stopped = sig_stop();
	pool_free(x->pool);
	for (i = 0; i < CONNECTIONS_MAX; i++) {
		if (x->workers[i].s != NULL)
			smtp_quit(x->workers[i].s);
		smtp_free(x->workers[i].s);
		arena_free(x->workers[i].a);
		buf_free(&x->jobs[i].bytes);
		buf_free(&x->jobs[i].envelope);
	}
	smtp_place_free(x->o.place);
	arena_free(x->a);
	free(x);
	return result;
}

/* ---- after a kill ---- */

static int
recover_row(void *ctx, const struct replay_row *row, struct err *err)
{
	struct replay *r = ctx;

	r->recovered[row->state == REPLAY_INTENT ? REPLAY_INTENT :
	    REPLAY_DOUBTFUL]++;
	return row->state == REPLAY_INTENT ?
	    replays_forget(r->rows, row->row, err) :
	    replays_set(r->rows, row->row, REPLAY_DOUBTFUL,
	    SL("killed before the answer came"), err);
}

int
send_recover(struct replay *r, struct err *err)
{
	return replays_each(r->rows, 1u << REPLAY_INTENT |
	    1u << REPLAY_STAGED, r->target, recover_row, r, err);
}
