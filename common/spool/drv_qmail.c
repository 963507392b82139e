#include <unistd.h>

#include "spool/companion.h"
#include "spool/mta.h"

/*
 * qmail, notqmail: the queue directory.  unix-spools 5; the numbers QM-n
 * below are those of its statements.
 *
 *	mess/<n>/<id>				the message
 *	info/<n>/<id>				sender, and time of arrival
 *	local/<n>/<id>, remote/<n>/<id>		recipients
 *	bounce/<id>				what the next report will say
 *	todo/<id>, intd/<id>			the envelope, not sorted yet
 *
 * todo may be split as the others are (QM-1).
 */
#define PART_MAX	(8 * 1024 * 1024)	/* bytes of an envelope file */

#define FOLDERS_MAX	64	/* that a message is looked for in */

/*
 * Names.
 */

/* What comes first is the entry where mess is missing. */
static const char *const parts[] = { "mess", "todo", "info", "local",
    "remote", "intd", "bounce" };
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))
enum { MESS, TODO, INFO, LOCAL, REMOTE, INTD, BOUNCE };

static int
qmail_bid(const struct spool_probe *p)
{
	size_t i, n = 0;

	for (i = 0; i < NPARTS; i++)
		n += probe_has(p->root, parts[i], TREE_DIR);
	return n >= 4 && probe_has(p->root, "mess", TREE_DIR) &&
	    probe_has(p->root, "info", TREE_DIR) ? 92 : 0;
}

/* Which part the path is in, and the rest of it; NPARTS: in none. */
static size_t
part_of(const char *path, struct slice *below)
{
	struct slice top;
	size_t i;

	*below = path == NULL ? SL("") : sl(path);
	if (!sl_cut(below, '/', &top))
		return NPARTS;
	for (i = 0; i < NPARTS && !sl_eq(top, sl(parts[i])); i++)
		;
	return i;
}

static const char *
file_in(struct tree_dir *d, const char *name)
{
	ssize_t at = d == NULL ? -1 : tree_dir_find(d, name);

	return at == -1 || d->v[at].type != TREE_FILE ? NULL : d->v[at].name;
}

static const char *
find_below(const struct spool_probe *p, struct arena *a, size_t part,
    const char *n, const char *id, struct tree_dir **d)
{
	*d = near_folder(p, arena_path(a, parts[part], n));
	return file_in(*d, id);
}

/* The same where the folder is not known: it is id modulo their number. */
static const char *
find_anywhere(const struct spool_probe *p, struct arena *a, size_t part,
    const char *id, struct tree_dir **d)
{
	const struct tree_dir *top = near_folder(p, parts[part]);
	size_t i, dirs = 0, seen = 0;
	const char *name;
	uint64_t n;

	for (i = 0; top != NULL && i < top->n; i++)
		dirs += top->v[i].type == TREE_DIR;
	if (dirs == 0 || !sl_num(sl(id), UINT64_MAX, &n))
		return NULL;
	if ((name = find_below(p, a, part, arena_fmt(a, "%llu",
	    (unsigned long long)(n % dirs)).p, id, d)) != NULL)
		return name;
	for (i = 0; i < top->n && seen < FOLDERS_MAX && name == NULL; i++)
		if (top->v[i].type == TREE_DIR) {
			seen++;
			name = find_below(p, a, part, top->v[i].name, id, d);
		}
	return name;
}

/* The file of this id in a part: in the folder n, or at its top. */
static const char *
find_part(const struct spool_probe *p, struct arena *a, size_t part,
    struct slice n, const char *id, struct tree_dir **d)
{
	const char *name;

	*d = near_folder(p, parts[part]);
	if ((name = file_in(*d, id)) != NULL)
		return name;
	return n.n > 0 ? find_below(p, a, part, arena_str(a, n), id, d) :
	    find_anywhere(p, a, part, id, d);
}

static bool
qmail_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	const char *id = d->v[i].name, *other;
	struct slice n;
	size_t part = part_of(d->path, &n), k;
	struct tree_dir *at;

	if (part == NPARTS)
		return false;		/* lock, pid */
	e->folder = parts[part];
	if (d->v[i].type != TREE_FILE || !name_is_number(id))
		return true;
	for (k = 0; k < part; k++)
		if (find_part(p, a, k, n, id, &at) != NULL)
			return false;		/* it is that one's */
	for (k++; k < NPARTS; k++)
		if ((other = find_part(p, a, k, n, id, &at)) != NULL)
			add_with(e, a, at, other);
	return true;
}

static const struct spool_with *
with_part(const struct spool_entry *e, size_t part)
{
	struct slice n;
	size_t i;

	for (i = 0; i < e->nwith; i++)
		if (part_of(e->with[i].dir->path, &n) == part ||
		    strcmp(e->with[i].dir->path, parts[part]) == 0)
			return &e->with[i];
	return NULL;
}

/*
 * Envelope files: records of a letter, a text and a NUL.
 */
struct queue {
	struct companion c;
	const char	*why;
};

/* 1; 0 at the end; what has no NUL behind it is none, and damage. */
static int
next_record(struct queue *q, struct slice *rest, char *type,
    struct slice *text)
{
	const char *nul = rest->n == 0 ? NULL :
	    memchr(rest->p, '\0', rest->n);

	if (nul == NULL || nul == rest->p) {
		if (rest->n > 0)
			q->why = "an envelope file ends within a record, "
			    "which is not taken";
		return 0;
	}
	*type = rest->p[0];
	*text = (struct slice){ rest->p + 1, (size_t)(nul - rest->p - 1) };
	*rest = sl_from(*rest, text->n + 2);
	return 1;
}

/* QM-4: #@[] is a double bounce's; QM-6: -@[] at the end is VERP's. */
static void
add_sender(struct queue *q, struct slice s)
{
	struct spool_msg *m = q->c.m;
	struct addr ad;

	if (sl_eq(s, SL("#@[]"))) {
		msg_note(m, q->c.a, SL("a double bounce of this server"));
		s = SL("");
	} else if (sl_iends(s, SL("-@[]"))) {
		msg_note(m, q->c.a, SL("its sender is another for each "
		    "recipient"));
		s = sl_first(s, s.n - 4);
	}
	if (!addr_internal(q->c.a, arena_dup(q->c.a, s), &ad)) {
		msg_problem(m,
		    "an address of the envelope is none: not taken");
		return;
	}
	m->has_sender = true;
	m->sender = ad;
	m->sender_prov = PROV_NATIVE;
}

static void
add_rcpt(struct queue *q, struct slice s, enum rcpt_state state)
{
	struct spool_msg *m = q->c.m;
	size_t n = m->nrcpts;
	struct addr ad;

	if (!addr_internal(q->c.a, arena_dup(q->c.a, s), &ad) || ad.null) {
		msg_problem(m,
		    "an address of the envelope is none: not taken");
		return;
	}
	msg_rcpt(m, q->c.a, &ad, PROV_NATIVE);
	if (m->nrcpts > n)
		m->rcpts[n].state = state;
}

/* QM-2, QM-3 */
static void
read_part(struct queue *q, struct slice s)
{
	struct slice text;
	char type;

	while (next_record(q, &s, &type, &text) == 1)
		switch (type) {
		case 'F':
			add_sender(q, text);
			break;
		case 'T':
			add_rcpt(q, text, RCPT_PENDING);
			break;
		case 'D':
			add_rcpt(q, text, RCPT_DONE);
			break;
		case 'u':
			msg_note(q->c.m, q->c.a, arena_fmt(q->c.a, "handed in "
			    "by uid " SL_FMT, SL_ARG(text)));
			break;
		case 'p':
			break;
		default:
			q->why = "a record of a type that is none there";
		}
}

/*
 * What the report will say: "<a@b>:", lines, an empty line.  An address in it
 * is as it is in the queue.
 */
static void
bounce_of(struct queue *q, struct slice address, struct slice error)
{
	struct spool_msg *m = q->c.m;
	struct addr ad;
	size_t i;

	if (!addr_internal(q->c.a, address, &ad))
		return;
	for (i = 0; i < m->nrcpts; i++)
		if (m->rcpts[i].state == RCPT_DONE &&
		    sl_eq(m->rcpts[i].addr.spec, ad.spec)) {
			m->rcpts[i].state = RCPT_BOUNCED;
			m->rcpts[i].error = error;
			return;
		}
}

#define BOUNCES_MAX	200	/* that are looked up: each costs a search */

static void
read_bounces(struct queue *q, struct slice s)
{
	struct slice line, error;
	size_t n = 0;
	const char *end;

	while (n < BOUNCES_MAX && sl_line(&s, &line)) {
		if (line.n < 4 || line.p[0] != '<' ||
		    !sl_iends(line, SL(">:")))
			continue;
		n++;
		end = sl_find(s, SL("\n\n"));
		error = end == NULL ? s : sl_first(s, (size_t)(end - s.p));
		s = sl_from(s, error.n);
		bounce_of(q, sl_first(sl_from(line, 1), line.n - 3),
		    sl_trim(error));
	}
}

/* QM-4: the time of info's file; before it is there, that of todo's. */
static int64_t
time_of(const struct spool_with *with)
{
	struct stat st;
	struct err err;
	int fd = with == NULL ? -1 : tree_file(with->dir, with->name, &st,
	    &err);

	if (fd == -1)
		return 0;
	close(fd);
	return st.st_mtime;
}

static void
read_envelope(struct queue *q, struct spool_reader *rd)
{
	static const int sorted[] = { INFO, LOCAL, REMOTE };
	const struct spool_with *todo = with_part(rd->e, TODO), *with;
	size_t i;

	q->c.m->arrived = time_of(todo);
	if (todo != NULL)		/* the others count only later: QM-3 */
		read_part(q, reader_companion(rd, todo, PART_MAX));
	for (i = 0; todo == NULL && i < 3; i++)
		if ((with = with_part(rd->e, (size_t)sorted[i])) != NULL)
			read_part(q, reader_companion(rd, with, PART_MAX));
	if (todo == NULL) {
		with = with_part(rd->e, INFO);
		q->c.m->arrived = time_of(with);
		if (with == NULL)
			msg_problem(q->c.m, "still being received");
	}
	if ((with = with_part(rd->e, BOUNCE)) != NULL)
		read_bounces(q, reader_companion(rd, with, PART_MAX));
	if (q->why != NULL)
		msg_problem(q->c.m, q->why);
}

static int
qmail_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct queue q = { .c = { rd->a, m, PROV_NATIVE, 0 } };

	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (!name_is_number(rd->e->name)) {
		msg_problem(m, "no file of a message");
		return 1;
	}
	m->queue_id = arena_dup(rd->a, sl(rd->e->name));
	if (strcmp(rd->e->folder, "mess") != 0) {
		msg_problem(m, "what belongs to a message that is not there");
		return 1;
	}
	read_envelope(&q, rd);
	companion_done(&q.c);
	return 1;
}

const struct spool_driver drv_qmail = {
	.name = "qmail",
	.what = "qmail, notqmail: the queue directory",
	.in_subfolders = true,
	.bid = qmail_bid,
	.entry = qmail_entry,
	.load = qmail_load,
	.inject = inject_qmail,
	.ways = { .no_rotate = "its names are numbers of files, and it has "
	    "the queue in memory: stop qmail-send and rename the folder",
	    .stop = "shut the door, and let qmail-send run the queue empty",
	    .running = "lock/sendmutex" },	/* QM-5 */
};
