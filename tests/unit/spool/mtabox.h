#ifndef MTABOX_H
#define MTABOX_H
#include "spoolbox.h"

/*
 * What the tests of Unix servers share: a message as a row of a table, all
 * that the queue says of it in one string.
 */
struct queued {
	const char	*spool, *path;	/* below FIXTURES, and below that */
	const char	*says;		/* as tell_all does; NULL: anything */
	const char	*text;		/* all of it; NULL: not compared */
	const char	*problem;	/* NULL: no problem at all */
};

UNUSED static void
tell_rcpt(struct buf *b, const struct spool_rcpt *to)
{
	buf_fmt(b, " " SL_FMT, SL_ARG(to->addr.spec));
	if (to->state != RCPT_PENDING)
		buf_fmt(b, ":%s", rcpt_state_name(to->state));
	if (to->original.n > 0)
		buf_fmt(b, " was " SL_FMT, SL_ARG(to->original));
	if (to->orcpt.n > 0)
		buf_fmt(b, " ORCPT=" SL_FMT, SL_ARG(to->orcpt));
	if (to->notify.n > 0)
		buf_fmt(b, " NOTIFY=" SL_FMT, SL_ARG(to->notify));
	if (to->error.n > 0)
		buf_fmt(b, " '" SL_FMT "'", SL_ARG(to->error));
	buf_addc(b, ';');
}

UNUSED static void
tell(struct buf *b, const char *name, struct slice s)
{
	if (s.n > 0)
		buf_fmt(b, " %s " SL_FMT ";", name, SL_ARG(s));
}

/* "folder: sender> recipient; ... client ...; account ...;" */
UNUSED static void
tell_all(struct buf *b, const struct spool_entry *e, const struct spool_msg *m)
{
	char ip[IP_TEXT];
	size_t i;

	buf_fmt(b, "%s: " SL_FMT ">", e->folder, SL_ARG(!m->has_sender ?
	    SL("nobody") : m->sender.null ? SL("<>") : m->sender.spec));
	for (i = 0; i < m->nrcpts; i++)
		tell_rcpt(b, &m->rcpts[i]);
	if (ip_is_set(&m->client))
		tell(b, "client", sl(ip_str(&m->client, ip)));
	tell(b, "name", m->client_name);
	tell(b, "helo", m->helo);
	tell(b, "account", m->account);
	tell(b, "ret", m->ret);
	tell(b, "envid", m->envid);
	if (strcmp(e->folder, "maildrop") != 0)	/* says whose file it is */
		tell(b, "note", m->note);
}

UNUSED static void
add_bytes(void *ctx, struct slice s)
{
	buf_add(ctx, s);
}

/* What came, and whether the first piece was what was loaded. */
struct came {
	const struct spool_msg *m;
	struct buf	 b;
	bool		 begun;
};

UNUSED static int
add_text(void *ctx, struct slice bytes, struct err *err)
{
	struct came *c = ctx;

	(void)err;
	if (!c->begun)
		ck_assert(sl_eq(bytes, c->m->text));
	c->begun = true;
	buf_add(&c->b, bytes);
	return 0;
}

/*
 * All bytes are those of the text, and as many as it says; piece by piece,
 * too, the first of which is what was loaded.
 */
UNUSED static void
check_bytes(struct spool_reader *rd, const struct spool_msg *m)
{
	struct came c = { .m = m };
	struct buf b = { 0 };
	struct err err;

	ck_assert_int_eq(spool_bytes(rd, m, add_bytes, &b, &err), 0);
	ck_assert_uint_eq(b.n, m->size);
	ck_assert(sl_eq(m->text, sl_first(buf_sl(&b), m->text.n)));
	ck_assert(m->cut || m->more || m->text.n == b.n);
	ck_assert_int_eq(spool_text(rd, m, add_text, &c, &err), 0);
	ck_assert(c.begun);
	ck_assert(sl_eq(buf_sl(&c.b), buf_sl(&b)));
	buf_free(&c.b);
	buf_free(&b);
}

UNUSED static void
check_queued(const struct queued *x, const char *format)
{
	char path[256];
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct buf b = { 0 };
	struct spool_msg m;
	struct spool *sp;
	struct err err;

	snprintf(path, sizeof(path), FIXTURES "%s", x->spool);
	sp = box_one(path, format);
	ck_assert(box_find(sp, x->path, &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	tell_all(&b, &e, &m);
	buf_addc(&b, '\0');
	if (x->says != NULL)
		ck_assert_str_eq(b.p, x->says);
	if (x->text != NULL)
		ck_assert_msg(sl_eq(m.text, sl(x->text)), "text: " SL_FMT,
		    SL_ARG(m.text));
	if (x->problem == NULL)
		ck_assert_msg(m.nproblems == 0, "%s", m.problems[0]);
	else
		ck_assert_msg(has_problem(&m, x->problem), "%s",
		    m.nproblems > 0 ? m.problems[0] : "no problem");
	check_bytes(rd, &m);
	ck_assert_int_eq(spool_load(rd, &m, &err), 0);
	buf_free(&b);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}

/*
 * A file of a fixture, ended after each 64 bytes: every piece is a message
 * with a problem, whose bytes can be had.
 */
UNUSED static void
check_cuts(const char *from, const char *dir, const char *name,
    const char *const beside[], const char *format)
{
	char bytes[65536], to[256];
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	ssize_t n, at;
	int fd = open(from, O_RDONLY);
	size_t i;

	ck_assert_int_ne(fd, -1);
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	ck_assert_int_gt(n, 0);
	snprintf(to, sizeof(to), "%s/%s", dir, name);
	for (i = 0; beside[i] != NULL; i++)
		box_text(beside[i], "x\n");
	for (at = 0; at < n; at += 64) {
		box_put(to, (struct slice){ bytes, (size_t)at });
		sp = box_one(box("."), format);
		rd = load_one(sp, to, &e, &m);
		ck_assert_uint_gt(m.nproblems, 0);
		check_bytes(rd, &m);
		spool_entry_done(&e);
		spool_reader_free(rd);
		spool_close(sp);
		arena_reset(box_msgs);
	}
}
#endif
