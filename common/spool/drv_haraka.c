#include <jansson.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "mail/date.h"
#include "spool/companion.h"
#include "spool/mta.h"

/*
 * Haraka: the folder of the outbound queue.  unix-spools 6; the numbers HK-n
 * below are those of its statements.
 *
 *	arrival_next_attempts_pid_uid_counter_host	a message to one domain
 *	next_attempts_pid_uniq.host			of old
 *	__tmp__.*, error.*				being written; set aside
 *
 * A file is four bytes of length, so many bytes of JSON, and the message as
 * it goes over the wire: CRLF, and a dot in front of a line doubled.
 */
#define JSON_MAX	(1024 * 1024)	/* bytes of an envelope: parsed it
					   takes fifty times as much */
#define FILES_SEEN	16			/* that a bid looks at */
#define PARTS		7			/* of a name; HK-1 */
#define PARTS_OLD	4
#define LENGTH		4			/* bytes of it; HK-2 */

/*
 * Names.
 */
struct name {
	bool		 writing, aside;
	uint64_t	 arrived, next, tried;	/* ms, ms, times; 0: unknown */
};

static struct slice
without(struct slice s, struct slice head, bool *had)
{
	*had = sl_starts(s, head);
	return *had ? sl_from(s, head.n) : s;
}

/* False: no name of a message (HK-1). */
static bool
parse_name(const char *text, struct name *out)
{
	struct slice s = sl(text), part;
	uint64_t n[PARTS - 1] = { 0 };
	size_t i, count = 0;

	*out = (struct name){ .arrived = 0 };
	s = without(s, SL("__tmp__."), &out->writing);
	s = without(s, SL("error."), &out->aside);
	for (i = 0; i < s.n; i++)
		count += s.p[i] == '_';
	if (count != PARTS - 1 && count != PARTS_OLD - 1)
		return false;
	for (i = 0; i < 3; i++)
		if (!sl_cut(&s, '_', &part) ||
		    !sl_num(part, INT64_MAX, &n[i]))
			return false;
	if (count == PARTS_OLD - 1) {
		out->next = n[0];
		out->tried = n[1];
		return true;
	}
	out->arrived = n[0];
	out->next = n[1];
	out->tried = n[2];
	return true;
}

static uint32_t
length_of(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	return s.n < LENGTH ? 0 : (uint32_t)p[0] << 24 |
	    (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool
is_queue_file(struct slice s)
{
	struct slice json = sl_trim(sl_from(s, LENGTH));

	return length_of(s) > 0 && length_of(s) <= JSON_MAX && json.n > 0 &&
	    json.p[0] == '{';
}

static int
haraka_bid(const struct spool_probe *p)
{
	const struct tree_dir *d = p->root;
	char buf[PROBE_BYTES];
	struct name name;
	size_t i, seen = 0;

	for (i = 0; i < d->n && seen < FILES_SEEN; i++) {
		if (d->v[i].type != TREE_FILE ||
		    !parse_name(d->v[i].name, &name))
			continue;
		seen++;
		if (is_queue_file(probe_file(d, d->v[i].name, buf)))
			return 90;
	}
	return 0;
}

static bool
haraka_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	(void)p;
	(void)i;
	(void)a;
	e->folder = ".";
	return d->path[0] == '\0';
}

/*
 * The envelope.
 */

/* {"original":"<a@b>", ...}, or the address alone (HK-2). */
static struct slice
address_of(const json_t *v)
{
	const json_t *s = json_is_object(v) ? json_object_get(v, "original") :
	    v;

	return json_is_string(s) ? (struct slice){ json_string_value(s),
	    json_string_length(s) } : SL("");
}

static struct slice
string_of(struct arena *a, const json_t *o, const char *key)
{
	const json_t *s = json_object_get(o, key);

	return json_is_string(s) ? arena_dup(a, (struct slice){
	    json_string_value(s), json_string_length(s) }) : SL("");
}

static bool
read_address(struct spool_msg *m, struct arena *a, const json_t *v,
    struct addr *ad)
{
	struct slice s = address_of(v), params;

	if (s.n > 0 && addr_path(a, arena_dup(a, s), ad, &params) == 0 &&
	    params.n == 0)
		return true;
	msg_problem(m, "an address of the envelope is none: not taken");
	return false;
}

static void
take_json(struct companion *c, const json_t *o)
{
	struct spool_msg *m = c->m;
	const json_t *v;
	struct addr ad;
	size_t i;

	if (read_address(m, c->a, json_object_get(o, "mail_from"), &ad)) {
		m->has_sender = true;
		m->sender = ad;
		m->sender_prov = PROV_NATIVE;
	}
	json_array_foreach(json_object_get(o, "rcpt_to"), i, v)
		if (read_address(m, c->a, v, &ad) && !ad.null)
			msg_rcpt(m, c->a, &ad, PROV_NATIVE);
	m->queue_id = string_of(c->a, o, "uuid");
	take_account(c, string_of(c->a, json_object_get(o, "notes"),
	    "auth_user"));
	v = json_object_get(o, "queue_time");
	if (json_is_integer(v) && json_integer_value(v) > 0)
		m->arrived = json_integer_value(v) / 1000;
}

/* Where the message begins. */
static uint64_t
take_front(struct companion *c, struct slice s)
{
	struct spool_msg *m = c->m;
	uint32_t n = length_of(s);
	json_error_t why;
	json_t *o;

	if (n == 0 || n > JSON_MAX || n > s.n - LENGTH) {
		msg_problem(m, "the envelope is longer than its file, or "
		    "has no length: not taken");
		return s.n < LENGTH ? s.n : LENGTH;
	}
	o = json_loadb(s.p + LENGTH, n, 0, &why);
	if (json_is_object(o))
		take_json(c, o);
	else
		msg_problem(m, "the envelope is no JSON: not taken");
	json_decref(o);
	return LENGTH + n;
}

/*
 * The message: CRLF is LF, and of a dot in front of a line there were two.
 */
struct unwire {
	reader_piece	*piece;
	void		*ctx;
	char		*p;		/* room for a piece and a byte more */
	size_t		 room;
	bool		 inside;	/* a line has begun */
	bool		 cr;		/* held back */
};

static size_t
unwire_byte(struct unwire *u, char b, size_t n)
{
	if (u->cr && b != '\n')
		u->p[n++] = '\r';
	u->cr = b == '\r';
	if (!u->cr && (u->inside || b != '.'))
		u->p[n++] = b;
	u->inside = b != '\n';
	return n;
}

static int
unwire_piece(void *ctx, struct slice s, struct err *err)
{
	struct unwire *u = ctx;
	size_t i, n = 0;

	if (s.n + 1 > u->room) {	/* one was held back */
		u->room = s.n + 1;
		u->p = xrealloc(u->p, u->room, 1);
	}
	for (i = 0; i < s.n; i++)
		n = unwire_byte(u, s.p[i], n);
	return u->piece(u->ctx, (struct slice){ u->p, n }, err);
}

static int
haraka_text(struct spool_reader *rd, reader_piece *piece, void *ctx,
    struct err *err)
{
	struct unwire u = { .piece = piece, .ctx = ctx };
	int r = reader_copy(rd->fd, rd->pos, unwire_piece, &u, err);

	if (r == 0 && u.cr)
		r = piece(ctx, SL("\r"), err);
	free(u.p);
	return r;
}

/*
 * All of it.
 */

static void
take_name(struct companion *c, const struct name *name)
{
	struct spool_msg *m = c->m;

	if (m->arrived == 0)
		m->arrived = (int64_t)(name->arrived / 1000);
	if (name->writing)
		msg_problem(m, "still being received");
	if (name->aside)
		msg_problem(m, "the server set it aside as damaged");
	if (name->tried > 0)
		msg_tried(m, c->a, name->tried, 0,
		    (int64_t)(name->next / 1000));
}

static int
haraka_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct companion c = { rd->a, m, PROV_NATIVE, 0 };
	struct name name;

	rd->done = true;
	rd->pos = 0;
	m->mtime = 0;
	if (!parse_name(rd->e->name, &name)) {
		msg_problem(m, "no file of a message");
		return reader_text(rd, m, err) == -1 ? -1 : 1;
	}
	if (reader_front(rd, LENGTH + JSON_MAX, err) == -1)
		return -1;
	rd->pos = take_front(&c, buf_sl(&rd->buf));
	if (m->queue_id.n == 0)
		m->queue_id = arena_dup(rd->a, sl(rd->e->name));
	take_name(&c, &name);
	companion_done(&c);
	return reader_text(rd, m, err) == -1 ? -1 : 1;
}

const struct spool_driver drv_haraka = {
	.name = "haraka",
	.what = "Haraka: the folder of its outbound queue",
	.in_subfolders = true,
	.bid = haraka_bid,
	.entry = haraka_entry,
	.load = haraka_load,
	.text = haraka_text,
	.ways = { .no_rotate = "its server has the queue in memory: stop it "
	    "and rename the folder",
	    .no_remove = "its server has the queue in memory: stop it, and "
	    "move the files away" },
};
