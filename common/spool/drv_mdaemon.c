#include "mail/header.h"
#include "mail/received.h"
#include "spool/companion.h"

/*
 * MDaemon: Queues with Remote, Local, Inbound, Raw and others.
 * windows-spools 6.
 *
 * The envelope is in fields of the message's own header.  The sender of a
 * message can have written such fields too, so they are hints, and one that
 * says two things says nothing.
 *
 * Raw has a language of its own for what programs drop off: "From <a>",
 * "To <b, c>", "Subject <text>" ... and an empty line.  There is no header
 * to be mistaken about: the lines are the envelope.
 */
static const char *const folders[] = {
	"Remote", "Local", "Inbound", "Raw", "BadMsg", "Bad", "Retry"
};
#define NFOLDERS	(sizeof(folders) / sizeof(folders[0]))

static bool
is_folder(const struct spool_probe *p)
{
	return name_among(sl(p->base), folders, NFOLDERS);
}

/* "From <a@b>" */
static bool
is_raw(struct slice s)
{
	struct slice line;

	return sl_line(&s, &line) && sl_istarts(line, SL("From <")) &&
	    sl_trim(line).p[sl_trim(line).n - 1] == '>';
}

static bool
has_fields(struct slice s)
{
	return sl_ifind(s, SL("\nX-MDaemon-Deliver-To:")) != NULL ||
	    sl_ifind(s, SL("\nX-MDRemoteIP:")) != NULL;
}

/*
 * A lone folder: each of its first files is what MDaemon writes.  Mail that
 * once went through one has the same fields, so the names count as well.
 */
static int
folder_bid(const struct spool_probe *p)
{
	size_t i, files = 0;
	char buf[PROBE_BYTES];
	struct slice s, name;
	bool raw;

	for (i = 0; i < p->root->n && files < PROBE_FILES; i++) {
		if (p->root->v[i].type != TREE_FILE)
			continue;
		name = sl(p->root->v[i].name);
		raw = sl_iends(name, SL(".raw"));
		if (!raw && !sl_iends(name, SL(".msg")))
			return 0;
		s = probe_file(p->root, name.p, buf);
		if (raw ? !is_raw(s) : !has_fields(s))
			return 0;
		files++;
	}
	return files > 0 ? 55 : 0;
}

static int
mdaemon_bid(const struct spool_probe *p)
{
	size_t i, n = 0;

	for (i = 0; i < NFOLDERS; i++)
		n += probe_has(p->root, folders[i], TREE_DIR);
	/* qmail has local and remote, and mess in any case */
	if (probe_has(p->root, "mess", TREE_DIR))
		return 0;
	if (n >= 3 || (n == 2 && sl_ieq(sl(p->base), SL("Queues"))))
		return 75;
	return folder_bid(p);
}

static bool
mdaemon_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	(void)i;
	e->folder = folder_lower(p, d, is_folder(p), a);
	return true;
}

/*
 * The body of a field that is there once, or says the same each time.
 */
static bool
only_field(const struct head *h, const char *name, struct spool_msg *m,
    struct arena *a, struct slice *body)
{
	bool found = false;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (!sl_ieq(h->v[i].name, sl(name)))
			continue;
		if (found && !sl_eq(*body, h->v[i].body)) {
			msg_problem(m, "envelope fields that contradict each "
			    "other: not taken");
			return false;
		}
		*body = h->v[i].body;
		found = true;
	}
	if (found)
		*body = hdr_unfold(a, *body);
	return found;
}

/*
 * Client and account decide whether mail was submitted, so they have to fit
 * the newest Received, which the server wrote.
 */
static void
take_session(struct companion *c, const struct head *h)
{
	struct spool_msg *m = c->m;
	struct hop hop = { .date = 0 };
	struct slice s;
	struct ip ip;

	received_parse(c->a, head_get(h, H_RECEIVED), &hop);
	if (only_field(h, "X-MDRemoteIP", m, c->a, &s) && ip_parse(s, &ip)) {
		if (!ip_is_set(&hop.ip) || ip_eq(&ip, &hop.ip))
			take_client(c, s);
		else
			msg_problem(m, "X-MDRemoteIP is not the client of "
			    "the newest Received: not taken");
	}
	if (ip_is_set(&m->client) && only_field(h, "X-MDHelo", m, c->a, &s))
		take_helo(c, s);
	if (!only_field(h, "X-Authenticated-Sender", m, c->a, &s))
		return;
	if (hop.authenticated)
		take_account(c, s);
	else
		msg_problem(m, "X-Authenticated-Sender, but the newest "
		    "Received knows of no password: not taken");
}

static void
read_fields(struct spool_reader *rd, struct spool_msg *m)
{
	struct companion c = { rd->a, m, PROV_STREAM, 0 };
	struct slice rest, s;
	struct head h;

	head_parse(&h, rd->a, m->text, &rest);
	if (only_field(&h, "X-Return-Path", m, rd->a, &s) ||
	    only_field(&h, "X-Envelope-From", m, rd->a, &s))
		take_sender(&c, s);
	if (only_field(&h, "X-MDaemon-Deliver-To", m, rd->a, &s))
		take_rcpts(&c, s);
	take_session(&c, &h);
	if (only_field(&h, "X-MDBadQueue-Reason", m, rd->a, &s))
		m->note = s;
}

/* "Subject <text>": what stands in the brackets; false when there are none. */
static bool
raw_value(struct slice line, struct slice *token, struct slice *value)
{
	const char *lt = line.n == 0 ? NULL : memchr(line.p, '<', line.n);
	const char *gt = line.n == 0 ? NULL : memrchr(line.p, '>', line.n);

	if (lt == NULL || gt == NULL || gt < lt)
		return false;
	*token = sl_trim(sl_first(line, (size_t)(lt - line.p)));
	*value = (struct slice){ lt + 1, (size_t)(gt - lt - 1) };
	return true;
}

/* Each becomes the field that the server would make of it. */
static void
raw_line(struct companion *c, struct slice token, struct slice value,
    struct buf *b)
{
	static const struct {
		const char *token, *field;
		companion_take *take;
	} words[] = {
		{ "From", "From: ", take_sender },
		{ "To", "To: ", take_rcpts },
		{ "CC", "Cc: ", take_rcpts },
		{ "ReplyTo", "Reply-To: ", NULL },
		{ "Subject", "Subject: ", NULL },
		{ "Header", "", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!sl_ieq(token, sl(words[i].token)))
			continue;
		buf_add(b, sl(words[i].field));
		buf_add(b, value);
		buf_add(b, SL("\n"));
		if (words[i].take != NULL)
			words[i].take(c, value);
	}
}

static void
read_raw(struct spool_reader *rd, struct spool_msg *m)
{
	struct companion c = { rd->a, m, PROV_NATIVE, 0 };
	struct slice rest = m->text, line, token, value;
	struct buf b = { 0 };
	bool end = false;

	while (!end && sl_line(&rest, &line)) {
		end = sl_trim(line).n == 0;
		if (raw_value(line, &token, &value))
			raw_line(&c, token, value, &b);
		else if (!end)
			msg_problem(m, "a line in front of the text is not "
			    "'word <value>': not taken");
	}
	buf_add(&b, SL("\n"));
	buf_add(&b, rest);
	m->text = arena_dup(rd->a, buf_sl(&b));
	buf_free(&b);
	companion_done(&c);
}

static int
mdaemon_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct slice name = sl(rd->e->name);

	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	m->queue_id = arena_dup(rd->a, name_stem(name));
	if (is_raw(m->text) && (sl_iends(name, SL(".raw")) ||
	    sl_iends(sl(rd->e->folder), SL("raw"))))
		read_raw(rd, m);
	else
		read_fields(rd, m);
	return 1;
}

static const char *const skeleton[] = {
	"Remote", "Local", "Inbound", "Raw", NULL
};

const struct spool_driver drv_mdaemon = {
	.name = "mdaemon",
	.what = "MDaemon: Queues, envelope in the header; Raw",
	.in_subfolders = true,
	.bid = mdaemon_bid,
	.entry = mdaemon_entry,
	.load = mdaemon_load,
	.ways = { .skeleton = skeleton },
};
