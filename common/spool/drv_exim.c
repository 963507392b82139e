#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mail/date.h"
#include "spool/companion.h"
#include "spool/mta.h"

/*
 * Exim: the spool directory.  unix-spools 2; the numbers EX-n below are
 * those of its statements.
 *
 *	input/<id>-H	envelope and header
 *	input/<id>-D	body
 *	input/<id>-J	who has had it, since -H was written
 *	msglog/<id>	log of attempts
 *
 * each also in a folder of the id's sixth character (EX-2), and all of it
 * below the name of a queue (EX-3).
 */
#define HEAD_FILE_MAX	(8 * 1024 * 1024)	/* bytes of a -H; EX-24 */
#define LOG_MAX		SPOOL_READ_MAX		/* bytes of a log, and of a -J */
#define BODY_PIECE	(64 * 1024)
#define FILES_SEEN	16			/* that a bid looks at */
#define AGAIN_MAX	3			/* times that a -H is read */
#define STRANGERS_MAX	8			/* that are named */
#define MOMENTS		5			/* that a removal may take */
#define MOMENT_NS	10000000

/*
 * Names.
 */

static bool
is_alnum(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]))
			return false;
	return true;
}

/* 6-6-2 characters to 4.96, 6-11-4 since (EX-4). */
static bool
is_id(struct slice s)
{
	struct slice v[3], rest = s;

	return (s.n == 16 || s.n == 23) && sl_cut(&rest, '-', &v[0]) &&
	    sl_cut(&rest, '-', &v[1]) && sl_cut(&rest, '-', &v[2]) &&
	    rest.n == 0 && v[0].n == 6 && v[1].n == (s.n == 16 ? 6u : 11u) &&
	    is_alnum(v[0]) && is_alnum(v[1]) && is_alnum(v[2]);
}

/* 'H', 'D' or 'J' of a message's file; 0: it is another. */
static char
kind_of(const char *name)
{
	size_t n = strlen(name);

	if (n < 2 || name[n - 2] != '-' || strchr("HDJ", name[n - 1]) == NULL ||
	    !is_id(sl_first(sl(name), n - 2)))
		return 0;
	return name[n - 1];
}

static struct slice
exim_id(const struct tree_dir *d, const char *name)
{
	(void)d;
	return kind_of(name) == 0 ? SL("") :
	    sl_first(sl(name), strlen(name) - 2);
}

/* Has the folder the header file of a message in it? */
static bool
has_heads(const struct tree_dir *d)
{
	size_t i;

	for (i = 0; i < d->n && i < FILES_SEEN; i++)
		if (d->v[i].type == TREE_FILE && kind_of(d->v[i].name) == 'H')
			return true;
	return false;
}

static bool
is_split(const char *name)
{
	return ascii_alnum(name[0]) && name[1] == '\0';
}

/* The same of the folders that it is split into (EX-2). */
static bool
has_split_heads(const struct spool_probe *p, const struct tree_dir *d)
{
	struct tree_dir *sub;
	bool found = false;
	size_t i;

	for (i = 0; i < d->n && i < FILES_SEEN && !found; i++) {
		if (d->v[i].type != TREE_DIR || !is_split(d->v[i].name) ||
		    (sub = probe_below(p, d, d->v[i].name)) == NULL)
			continue;
		found = has_heads(sub);
		tree_dir_drop(sub);
	}
	return found;
}

/* What was taken out of a spool has an input, and maybe nothing else. */
static bool
input_has_heads(const struct spool_probe *p)
{
	struct tree_dir *d = probe_below(p, p->root, "input");
	bool found = d != NULL && (has_heads(d) || has_split_heads(p, d));

	if (d != NULL)
		tree_dir_drop(d);
	return found;
}

static int
exim_bid(const struct spool_probe *p)
{
	bool input = probe_has(p->root, "input", TREE_DIR);

	if (input && (probe_has(p->root, "msglog", TREE_DIR) ||
	    probe_has(p->root, "db", TREE_DIR)))
		return 92;
	if (has_heads(p->root))
		return 85;
	if (input)
		return input_has_heads(p) ? 91 : 0;
	return sl_eq(sl(p->base), SL("input")) &&
	    has_split_heads(p, p->root) ? 80 : 0;
}

/* The folder without what it is split into: "input", "slow/input". */
static struct slice
unsplit(struct slice path)
{
	const char *slash = path.n == 0 ? NULL :
	    memrchr(path.p, '/', path.n);
	size_t n = slash == NULL ? 0 : (size_t)(slash - path.p);

	if (path.n - n - (slash != NULL) != 1)
		return path;
	return sl_first(path, n);
}

static bool
is_input(struct slice path)
{
	return sl_eq(path, SL("input")) ||
	    (path.n > 6 && sl_eq(sl_from(path, path.n - 6), SL("/input")));
}

/* The folder that the messages of d are said to lie in; NULL: d has none. */
static const char *
folder_of(const struct spool_probe *p, const struct tree_dir *d,
    struct arena *a)
{
	struct slice path = unsplit(sl(d->path));

	if (probe_has(p->root, "input", TREE_DIR))
		return is_input(path) ? arena_str(a, path) : NULL;
	if (path.n > 0)
		return NULL;
	return sl_eq(sl(p->base), SL("input")) ? "input" : ".";
}

static const char *
file_in(struct tree_dir *d, const char *name)
{
	ssize_t at = tree_dir_find(d, name);

	return at == -1 || d->v[at].type != TREE_FILE ? NULL : d->v[at].name;
}

/* The log of attempts, where both of its places are looked at (EX-2). */
static void
add_log(const struct spool_probe *p, struct arena *a, struct spool_entry *e,
    struct slice id)
{
	struct slice queue = sl(e->folder);
	struct tree_dir *d;
	const char *name;
	int split;

	if (!is_input(queue))
		return;
	queue = sl_first(queue, queue.n - 5);
	for (split = 0; split < 2; split++) {
		d = near_folder(p, arena_fmt(a, split ? SL_FMT "msglog/%c" :
		    SL_FMT "msglog", SL_ARG(queue), id.p[5]).p);
		if (d != NULL && (name = file_in(d, id.p)) != NULL) {
			add_with(e, a, d, name);
			return;
		}
	}
}

static bool
exim_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	const char *name = d->v[i].name, *other;
	char kind = kind_of(name), *file;
	static const char below[] = "HDJ";
	struct slice id;
	size_t k;

	if ((e->folder = folder_of(p, d, a)) == NULL ||
	    sl_starts(sl(name), SL("hdr.")))
		return false;
	if (kind == 0 || d->v[i].type != TREE_FILE)
		return true;
	file = arena_str(a, sl(name));
	id = (struct slice){ name, strlen(name) - 2 };
	for (k = 0; below[k] != kind; k++) {
		file[id.n + 1] = below[k];
		if (file_in(d, file) != NULL)
			return false;		/* it is that one's */
	}
	for (k++; below[k] != '\0'; k++) {
		file[id.n + 1] = below[k];
		if ((other = file_in(d, file)) != NULL)
			add_with(e, a, NULL, other);
	}
	add_log(p, a, e, arena_dup(a, id));
	return true;
}

/*
 * The -H file.
 */
struct known {
	struct slice	 address;	/* the domain in lower case: EX-17 */
	bool		 used;
	size_t		 i;		/* of the recipient */
};

struct list {
	struct known	*v;
	size_t		 n, cap;
};

struct head_file {
	struct companion c;
	struct slice	 rest;		/* what is not read yet */
	const char	*why;		/* it cannot be read any further */
	struct slice	 login, auth_id, protocol, frozen;
	struct slice	 about;		/* what its log says that it is about */
	bool		 host_auth, local, wire, localerror;
	struct list	 done, rcpts;
};

static const char short_file[] = "the -H file ends too early";

/* The next line; without its line end it is not one. */
static bool
take_line(struct head_file *h, struct slice *line)
{
	const char *lf = h->rest.n == 0 ? NULL :
	    memchr(h->rest.p, '\n', h->rest.n);

	if (lf == NULL) {
		h->why = short_file;
		return false;
	}
	*line = sl_first(h->rest, (size_t)(lf - h->rest.p));
	h->rest = sl_from(h->rest, line->n + 1);
	return true;
}

static int
known_cmp(const void *x, const void *y)
{
	const struct known *a = x, *b = y;

	return sl_cmp(a->address, b->address);
}

/* As the tree and the journal have it: EX-17. */
static struct slice
lowered(struct arena *a, struct slice address)
{
	const char *at = address.n == 0 ? NULL :
	    memrchr(address.p, '@', address.n);
	size_t local = at == NULL ? address.n : (size_t)(at - address.p);
	char *p = arena_str(a, address);

	ascii_lower_copy(p + local, sl_from(address, local));
	return (struct slice){ p, address.n };
}

static void
list_add(struct list *l, struct arena *a, struct slice address, size_t i)
{
	*(struct known *)arena_more(a, &l->v, &l->n, &l->cap,
	    sizeof(struct known)) = (struct known){ lowered(a, address),
	    false, i };
}

static void
list_sort(struct list *l)
{
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), known_cmp);
}

/* The tree and the journal may both have an address. */
static void
list_once(struct list *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		if (n == 0 || known_cmp(&l->v[n - 1], &l->v[i]) != 0)
			l->v[n++] = l->v[i];
	l->n = n;
}

static struct known *
list_find(const struct list *l, struct slice address)
{
	struct known key = { .address = address };

	return l->n == 0 ? NULL : bsearch(&key, l->v, l->n, sizeof(key),
	    known_cmp);
}

/* "alice 1001 1001": the login may hold blanks, the numbers a minus (EX-9) */
static void
read_login(struct head_file *h, struct slice line)
{
	const char *at;
	int i;

	for (i = 0; i < 2 && line.n > 0 &&
	    (at = memrchr(line.p, ' ', line.n)) != NULL; i++)
		line = sl_first(line, (size_t)(at - line.p));
	h->login = line;
}

static void
read_sender(struct head_file *h, struct slice line)
{
	if (line.n < 2 || line.p[0] != '<' || line.p[line.n - 1] != '>')
		h->why = "the third line of the -H file is no sender";
	else
		take_sender(&h->c, line);
}

static void
read_time(struct head_file *h, struct slice line)
{
	struct slice word;
	uint64_t t;

	if (sl_word(&line, &word) && sl_num(word, UINT32_MAX, &t))
		h->c.m->arrived = (int64_t)t;
	else
		h->why = "the fourth line of the -H file is no time";
}

/* "[192.0.2.1]:25", and of old "192.0.2.1.25" (EX-13) */
static void
read_host(struct head_file *h, struct slice v)
{
	const char *end = v.n == 0 ? NULL : v.p[0] == '[' ?
	    memchr(v.p, ']', v.n) : memrchr(v.p, '.', v.n);

	if (end != NULL && v.p[0] == '[')
		v = sl_first(sl_from(v, 1), (size_t)(end - v.p - 1));
	else if (end != NULL)
		v = sl_first(v, (size_t)(end - v.p));
	take_client(&h->c, v);
}

static void
read_host_name(struct head_file *h, struct slice v)
{
	h->c.m->client_name = sl_first(v, 255);
}

static void
read_helo(struct head_file *h, struct slice v)
{
	take_helo(&h->c, v);
}

static void
read_auth_id(struct head_file *h, struct slice v)
{
	h->auth_id = v;
}

static void
read_host_auth(struct head_file *h, struct slice v)
{
	(void)v;
	h->host_auth = true;
}

static void
read_protocol(struct head_file *h, struct slice v)
{
	h->protocol = v;
}

static void
read_local(struct head_file *h, struct slice v)
{
	(void)v;
	h->local = true;
}

static void
read_localerror(struct head_file *h, struct slice v)
{
	(void)v;
	h->localerror = true;
}

static void
read_frozen(struct head_file *h, struct slice v)
{
	h->frozen = v;
}

static void
read_wire(struct head_file *h, struct slice v)
{
	(void)v;
	h->wire = true;
}

static void
read_envid(struct head_file *h, struct slice v)
{
	h->c.m->envid = v;
}

static void
read_ret(struct head_file *h, struct slice v)
{
	h->c.m->ret = sl_eq(v, SL("1")) ? SL("FULL") :
	    sl_eq(v, SL("2")) ? SL("HDRS") : SL("");
}

/* "name length", and so many bytes with a LF behind: whatever they are. */
static void
read_acl(struct head_file *h, struct slice v)
{
	const char *blank = v.n == 0 ? NULL : memrchr(v.p, ' ', v.n);
	uint64_t n;

	if (blank == NULL || !sl_num(sl_from(v, (size_t)(blank + 1 - v.p)),
	    HEAD_FILE_MAX, &n)) {
		h->why = "a variable of the -H file has no length";
		return;
	}
	if (n >= h->rest.n) {
		h->why = short_file;
		return;
	}
	h->rest = sl_from(h->rest, (size_t)n);
	if (h->rest.p[0] == '\n')
		h->rest = sl_from(h->rest, 1);
	else
		h->why = "a variable of the -H file is not as long as it says";
}

/* "-name value", "--name value", "--(lookup)name value"; EX-10, EX-11 */
static void
read_variable(struct head_file *h, struct slice line)
{
	static const struct {
		const char	*name;
		void		(*read)(struct head_file *h, struct slice v);
	} names[] = {
		{ "host_address", read_host }, { "host_name", read_host_name },
		{ "helo_name", read_helo }, { "auth_id", read_auth_id },
		{ "host_auth", read_host_auth },
		{ "received_protocol", read_protocol },
		{ "local", read_local }, { "localerror", read_localerror },
		{ "frozen", read_frozen },
		{ "spool_file_wireformat", read_wire },
		{ "dsn_envid", read_envid }, { "dsn_ret", read_ret },
		{ "aclc", read_acl }, { "aclm", read_acl },
		{ "acl", read_acl },
	};
	struct slice name;
	const char *end;
	size_t i;

	line = sl_from(line, line.n > 1 && line.p[1] == '-' ? 2 : 1);
	if (line.n > 0 && line.p[0] == '(' &&
	    (end = memchr(line.p, ')', line.n)) != NULL)
		line = sl_from(line, (size_t)(end + 1 - line.p));
	if (!sl_cut(&line, ' ', &name))
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sl_eq(name, sl(names[i].name))) {
			names[i].read(h, line);
			return;
		}
}

/*
 * Who has had it: a tree, each node a line in front of those below it, Y
 * and N for those that are there (EX-16).
 */
static void
read_tree(struct head_file *h, struct slice line)
{
	size_t wanted = 1;

	if (sl_eq(line, SL("XX")))
		return;
	for (;;) {
		if (line.n < 3 || strchr("YN", line.p[0]) == NULL ||
		    strchr("YN", line.p[1]) == NULL || line.p[2] != ' ') {
			h->why = "the tree of the -H file is damaged";
			return;
		}
		list_add(&h->done, h->c.a, sl_from(line, 3), 0);
		wanted += (size_t)(line.p[0] == 'Y') + (line.p[1] == 'Y') - 1;
		if (wanted == 0 || !take_line(h, &line))
			return;
	}
}

/* Off the end of s: " TEXT LENGTH,NUMBER".  False: there is none. */
static bool
cut_data(struct slice *s, struct slice *text, struct slice *number)
{
	const char *blank = s->n == 0 ? NULL : memrchr(s->p, ' ', s->n);
	struct slice word, length;
	uint64_t n;
	size_t at;

	if (blank == NULL)
		return false;
	at = (size_t)(blank - s->p);
	word = sl_from(*s, at + 1);
	if (!sl_cut(&word, ',', &length) || !sl_num(length, s->n, &n) ||
	    n + 1 > at || s->p[at - n - 1] != ' ')
		return false;
	*text = sl_first(sl_from(*s, at - (size_t)n), (size_t)n);
	*number = word;
	*s = sl_first(*s, at - (size_t)n - 1);
	return true;
}

/* "a@b 3" and "a@b 3,0,0", of old: the address alone. */
static struct slice
without_numbers(struct slice s)
{
	size_t n = s.n;

	while (n > 0 && (ascii_digit(s.p[n - 1]) || s.p[n - 1] == ',' ||
	    s.p[n - 1] == '-'))
		n--;
	return n > 1 && n < s.n && s.p[n - 1] == ' ' ? sl_first(s, n - 1) : s;
}

/* What stands behind the address is read from the right (EX-18). */
static struct slice
read_data(struct slice line, struct spool_rcpt *to)
{
	const char *hash = line.n == 0 ? NULL : memrchr(line.p, '#', line.n);
	struct slice s = line, text, number;
	uint64_t bits, dsn;

	if (hash == NULL || !sl_num(sl_from(line, (size_t)(hash + 1 - line.p)),
	    UINT32_MAX, &bits))
		return without_numbers(line);
	s = sl_first(s, (size_t)(hash - s.p));
	if ((bits & 1) != 0 && !cut_data(&s, &text, &number))
		return line;
	if ((bits & 2) == 0)
		return s;
	if (!cut_data(&s, &text, &number))
		return line;
	to->orcpt = text;
	if (sl_num(number, UINT32_MAX, &dsn))		/* EX-19 */
		to->notify = notify_words((dsn & 2) != 0, (dsn & 4) != 0,
		    (dsn & 8) != 0, (dsn & 16) != 0);
	return s;
}

static void
read_rcpts(struct head_file *h)
{
	struct spool_msg *m = h->c.m;
	struct slice line, address;
	struct spool_rcpt to;
	uint64_t count, k;
	size_t n;

	if (!take_line(h, &line))
		return;
	if (!sl_num(line, UINT32_MAX, &count)) {
		h->why = "the number of recipients is none";
		return;
	}
	for (k = 0; k < count && take_line(h, &line); k++) {
		if (line.n == 0) {
			msg_problem(m, "fewer recipients than the -H file "
			    "says");
			return;
		}
		to = (struct spool_rcpt){ .state = RCPT_PENDING };
		address = read_data(line, &to);
		n = m->nrcpts;
		take_rcpt(&h->c, address);
		if (m->nrcpts == n)
			continue;
		m->rcpts[n].notify = to.notify;
		m->rcpts[n].orcpt = to.orcpt;
		list_add(&h->rcpts, h->c.a, address, n);
	}
	if (h->why == NULL && take_line(h, &line) && line.n > 0)
		h->why = "no blank line in front of the header";
}

static void
read_envelope(struct head_file *h)
{
	static void (*const lines[])(struct head_file *, struct slice) = {
		read_login, read_sender, read_time
	};
	struct slice line;
	size_t i;

	for (i = 0; h->why == NULL && i < sizeof(lines) / sizeof(lines[0]);
	    i++)
		if (take_line(h, &line))
			lines[i](h, line);
	while (h->why == NULL && take_line(h, &line)) {
		if (line.n > 0 && line.p[0] == '-') {
			read_variable(h, line);
			continue;
		}
		read_tree(h, line);
		if (h->why == NULL)
			read_rcpts(h);
		return;
	}
}

/*
 * The message.
 */

/*
 * The next header: its length, a flag, a blank and its bytes (EX-21).  1; 0
 * at the end; -1 when it is none.
 */
static int
next_header(struct slice *rest, char *flag, struct slice *text)
{
	uint64_t n;
	size_t k;

	for (k = 0; k < rest->n && k < 9 && ascii_digit(rest->p[k]); k++)
		;
	if (rest->n == 0)
		return 0;
	if (k < 3 || rest->n < k + 2 || rest->p[k + 1] != ' ' ||
	    !sl_num(sl_first(*rest, k), HEAD_FILE_MAX, &n) ||
	    n > rest->n - k - 2)
		return -1;
	*flag = rest->p[k];
	*text = sl_first(sl_from(*rest, k + 2), (size_t)n);
	*rest = sl_from(*rest, k + 2 + (size_t)n);
	return 1;
}

/* CRLF is LF in a body in wire format (EX-7); *cr: the last byte was one. */
static size_t
unwire(char *p, size_t n, bool *cr)
{
	size_t i, k = 0;

	/* p has room for one byte in front: the CR that was held back */
	for (i = 0; i < n; i++) {
		if (*cr && p[i + 1] != '\n')
			p[k++] = '\r';
		*cr = p[i + 1] == '\r';
		if (!*cr)
			p[k++] = p[i + 1];
	}
	return k;
}

/* The bytes of a file; of a -D those behind its first line (EX-6). */
static int
put_body(int fd, bool named, bool wire, reader_piece *piece, void *ctx,
    struct err *err)
{
	char buf[BODY_PIECE + 1];
	uint64_t at;
	bool cr = false;
	const char *lf;
	ssize_t n;
	size_t skip, k;

	for (at = 0, n = BODY_PIECE; n == BODY_PIECE; at += (uint64_t)n) {
		if ((n = tree_read(fd, at, buf + 1, BODY_PIECE, err)) == -1)
			return -1;
		skip = 0;
		if (at == 0 && named) {
			lf = memchr(buf + 1, '\n', (size_t)n);
			skip = lf == NULL ? (size_t)n :
			    (size_t)(lf - buf);
		}
		k = (size_t)n - skip;
		if (!wire) {
			if (piece(ctx, (struct slice){ buf + 1 + skip, k },
			    err) == -1)
				return -1;
			continue;
		}
		k = unwire(buf + skip, k, &cr);
		if (piece(ctx, (struct slice){ buf + skip, k }, err) == -1)
			return -1;
	}
	return cr ? piece(ctx, SL("\r"), err) : 0;
}

static const struct spool_with *
companion_of(const struct spool_entry *e, char kind)
{
	size_t i;

	for (i = 0; i < e->nwith; i++)
		if (kind_of(e->with[i].name) == kind)
			return &e->with[i];
	return NULL;
}

static int
put_header(struct spool_reader *rd, reader_piece *piece, void *ctx,
    struct err *err)
{
	struct slice rest = sl_from(buf_sl(&rd->buf), (size_t)rd->pos), text;
	char flag;

	while (next_header(&rest, &flag, &text) == 1)
		if (flag != '*' && piece(ctx, text, err) == -1)
			return -1;
	return piece(ctx, SL("\n"), err);
}

/* The name of another file of the message: it may be newer than the listing. */
static const char *
other_name(struct spool_reader *rd, char kind)
{
	struct slice name = sl(rd->e->name);
	char *other = arena_str(rd->a, name);

	other[name.n - 1] = kind;
	return other;
}

/* Is there no such file in the entry's folder? */
static bool
is_gone(struct spool_reader *rd, const char *name)
{
	struct stat st;
	struct err err;

	return tree_stat(rd->e->dir, name, &st, &err) == 0;
}

/* Its server may have been stopped between two files that it removes. */
static bool
is_going(struct spool_reader *rd, const char *name)
{
	static const struct timespec moment = { 0, MOMENT_NS };
	int i;

	for (i = 0; i < MOMENTS; i++) {
		if (is_gone(rd, name))
			return true;
		(void)nanosleep(&moment, NULL);
	}
	return is_gone(rd, name);
}

/*
 * The -D file, in rd->other: 1, 0 when there is none to be read, -1.  Its
 * server removes it before -H: where it was listed, or -H is not there any
 * more, the message has gone (ENOENT).
 */
static int
open_body(struct spool_reader *rd, struct err *err)
{
	struct stat st;
	struct err e;

	if (rd->other == -1)
		rd->other = tree_file(rd->e->dir, other_name(rd, 'D'), &st,
		    &e);
	if (rd->other != -1)
		return 1;
	if (e.sys != ENOENT ||
	    (companion_of(rd->e, 'D') == NULL &&
	    !is_going(rd, rd->e->name)))
		return 0;
	*err = e;
	return -1;
}

static int
exim_text(struct spool_reader *rd, reader_piece *piece, void *ctx,
    struct err *err)
{
	int r;

	if (kind_of(rd->e->name) != 'H')
		return put_body(rd->fd, kind_of(rd->e->name) == 'D', false,
		    piece, ctx, err);
	if ((r = open_body(rd, err)) == -1 ||
	    put_header(rd, piece, ctx, err) == -1)
		return -1;
	return r == 0 ? 0 : put_body(rd->other, true, rd->crlf, piece, ctx,
	    err);
}

/*
 * Who has had it, and what was wrong with the others.
 */

/* The journal: an address a line, the last one may be half (EX-25). */
static void
read_journal(struct head_file *h, struct slice text)
{
	const char *lf;
	size_t n;

	while (text.n > 0 && (lf = memchr(text.p, '\n', text.n)) != NULL) {
		n = (size_t)(lf - text.p);
		if (n > 0)
			list_add(&h->done, h->c.a, sl_first(text, n), 0);
		text = sl_from(text, n + 1);
	}
}

static void
settle_done(struct head_file *h)
{
	struct spool_msg *m = h->c.m;
	struct slice others = SL("");
	struct known *k;
	size_t i, n = 0;

	list_sort(&h->done);
	list_once(&h->done);
	for (i = 0; i < h->rcpts.n; i++) {
		k = list_find(&h->done, h->rcpts.v[i].address);
		if (k == NULL)
			continue;
		m->rcpts[h->rcpts.v[i].i].state = RCPT_DONE;
		k->used = true;
	}
	for (i = 0; i < h->done.n; i++)
		if (!h->done.v[i].used && n++ < STRANGERS_MAX)
			others = arena_fmt(h->c.a, SL_FMT " " SL_FMT,
			    SL_ARG(others), SL_ARG(h->done.v[i].address));
	if (n == 0)
		return;
	msg_problem(m, "addresses behind an alias have had it: who puts it "
	    "back delivers to them again");		/* EX-20 */
	msg_note(m, h->c.a, arena_fmt(h->c.a, "had by" SL_FMT "%s",
	    SL_ARG(others), n > STRANGERS_MAX ? " and others" : ""));
}

/* "Received from <> R=1AdJ2p-0000a1-01 U=exim P=local S=1921" (EX-15) */
static void
log_received(struct head_file *h, struct slice rest)
{
	struct slice word;

	while (h->about.n == 0 && sl_word(&rest, &word))
		if (sl_starts(word, SL("R=")) && is_id(sl_from(word, 2)))
			h->about = sl_from(word, 2);
}

/* "2026-11-21 07:40:00 a@b R=x T=y defer (111): Connection refused" */
static void
log_line(struct head_file *h, struct slice line)
{
	struct slice word, rest = line;
	struct known *k;
	struct spool_rcpt *to;

	if (!sl_word(&rest, &word) || !sl_word(&rest, &word) ||
	    !sl_word(&rest, &word))
		return;
	if (sl_eq(word, SL("Received")))
		log_received(h, rest);
	if ((k = list_find(&h->rcpts, lowered(h->c.a, word))) == NULL)
		return;
	to = &h->c.m->rcpts[k->i];
	if (to->state == RCPT_PENDING)
		to->error = sl_trim(rest);
}

static void
read_log(struct head_file *h, struct slice text)
{
	struct slice line;

	list_sort(&h->rcpts);
	while (sl_line(&text, &line))
		if (line.n > 20 && ascii_digit(line.p[0]))
			log_line(h, line);
}

/*
 * All of it.
 */

/*
 * -H is replaced and never edited, so it is read whole, then -J, and once
 * more when it was replaced meanwhile: then -J was that of the next (EX-27).
 */
static int
read_files(struct spool_reader *rd, struct slice *journal, struct err *err)
{
	const struct spool_with j = { .name = other_name(rd, 'J') };
	size_t want = rd->size < HEAD_FILE_MAX ? (size_t)rd->size :
	    HEAD_FILE_MAX;
	struct stat was, now;
	struct err gone;
	ssize_t n;
	int i, fd;

	for (i = 0; ; i++) {
		rd->buf.n = 0;
		if (fstat(rd->fd, &was) == -1 || (n = tree_read(rd->fd, 0,
		    buf_room(&rd->buf, want), want, err)) == -1)
			return -1;
		rd->buf.n = (size_t)n;
		*journal = reader_companion(rd, &j, LOG_MAX);
		if (was.st_nlink == 0 || i == AGAIN_MAX ||
		    fstat(rd->fd, &now) == -1 || now.st_nlink > 0)
			return 0;
		if ((fd = tree_file(rd->e->dir, rd->e->name, &now,
		    &gone)) == -1)
			return 0;		/* all have had it */
		close(rd->fd);
		rd->fd = fd;
		rd->size = (uint64_t)now.st_size;
		want = rd->size < HEAD_FILE_MAX ? (size_t)rd->size :
		    HEAD_FILE_MAX;
	}
}

/* EX-14: local callers have an auth_id as well. */
static void
settle_account(struct head_file *h)
{
	struct spool_msg *m = h->c.m;
	struct slice p = h->protocol;

	if (h->host_auth || (p.n > 1 && p.p[p.n - 1] == 'a'))
		take_account(&h->c, h->auth_id);
	else if (h->local && !h->localerror && h->login.n > 0)
		msg_note(m, h->c.a, arena_fmt(h->c.a, "handed in by " SL_FMT,
		    SL_ARG(h->login)));
}

/* EX-15: the log has what it is about, where it is still there. */
static void
settle_report(struct head_file *h)
{
	struct slice id = h->about;

	if (!h->localerror)
		return;
	if (id.n == 0)
		id = report_about(h->c.a, h->c.m->text);
	msg_report(h->c.m, h->c.a, is_id(id) ? id : SL(""));
}

static void
settle_frozen(struct head_file *h)
{
	char date[DATE_TEXT];
	uint64_t t;

	h->c.m->held = h->frozen.n > 0;
	if (h->frozen.n > 0 && sl_num(h->frozen, UINT32_MAX, &t))
		msg_note(h->c.m, h->c.a, arena_fmt(h->c.a, "frozen since %s",
		    date_str((int64_t)t, date)));
}

static void
check_header(struct spool_reader *rd, struct spool_msg *m)
{
	struct slice rest = sl_from(buf_sl(&rd->buf), (size_t)rd->pos), text;
	char flag;
	int r;

	while ((r = next_header(&rest, &flag, &text)) == 1)
		;
	if (r == -1)
		msg_problem(m, "a header in the -H file is not as long as it "
		    "says");
}

/* Where the header begins in a file whose front is damaged; its end: none. */
static size_t
find_header(struct slice s)
{
	struct slice rest = s, at, text;
	const char *gap;
	char flag;

	while ((gap = sl_find(rest, SL("\n\n"))) != NULL) {
		rest = sl_from(rest, (size_t)(gap + 1 - rest.p));
		at = sl_from(rest, 1);
		if (next_header(&at, &flag, &text) == 1)
			return (size_t)(rest.p + 1 - s.p);
	}
	return s.n;
}

static void
read_head_file(struct spool_reader *rd, struct head_file *h,
    struct slice journal)
{
	struct slice line;
	size_t i;

	h->rest = buf_sl(&rd->buf);
	if (take_line(h, &line) && !sl_eq(line, sl(rd->e->name)))
		msg_problem(h->c.m, "the -H file says that it is another's");
	if (h->why == NULL)
		read_envelope(h);
	rd->pos = h->why != NULL ? find_header(buf_sl(&rd->buf)) :
	    rd->buf.n - h->rest.n;
	rd->crlf = h->wire;
	if (h->why != NULL)
		msg_problem(h->c.m, h->why);
	check_header(rd, h->c.m);
	read_journal(h, journal);
	if (h->why == NULL)
		settle_done(h);
	for (i = 0; i < rd->e->nwith; i++)
		if (kind_of(rd->e->with[i].name) == 0)
			read_log(h, reader_companion(rd, &rd->e->with[i],
			    LOG_MAX));
	settle_account(h);
	companion_done(&h->c);
}

/* EX-26: its server locks the first line of a -D that it works on. */
static bool
is_locked(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_len = 1 };

	return fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/*
 * A file without its -H: one that is being received (EX-8), unless it was
 * in the meantime, or has been delivered: then it is no entry.
 */
static int
load_alone(struct spool_reader *rd, struct spool_msg *m, char kind,
    struct err *err)
{
	bool archived = rd->e->nheld > 0;
	bool locked = kind == 'D' && !archived && is_locked(rd->fd);

	if (kind != 0 && !archived && (is_gone(rd, rd->e->name) ||
	    !is_gone(rd, other_name(rd, 'H')))) {
		errno = ENOENT;
		return err_sys(err, "%.300s", rd->e->name);
	}
	msg_problem(m, kind == 0 ? "no file of a message" :
	    locked ? "still being received" : kind == 'D' ?
	    "cut off while it was received: it has no -H file" :
	    "what belongs to a message that is not there");
	return reader_text(rd, m, err) == -1 ? -1 : 1;
}

static int
exim_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct slice name = sl(rd->e->name), journal = SL("");
	struct head_file h = { .c = { rd->a, m, PROV_NATIVE, 0 } };
	char kind = kind_of(name.p);
	int r;

	rd->done = true;
	m->mtime = 0;
	if (kind != 0)
		m->queue_id = arena_dup(rd->a, sl_first(name, name.n - 2));
	if (kind != 'H')
		return load_alone(rd, m, kind, err);
	if (read_files(rd, &journal, err) == -1 ||
	    (r = open_body(rd, err)) == -1)
		return -1;
	read_head_file(rd, &h, journal);
	if (r == 0)
		msg_problem(m, "its -D file is missing: the body is lost");
	if (reader_text(rd, m, err) == -1)
		return -1;
	settle_report(&h);
	settle_frozen(&h);
	return 1;
}

/* The first part of the id: seconds in base 62.  EX-4. */
static int64_t
exim_when(const struct spool_entry *e)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz";
	const char *at;
	int64_t t = 0;
	size_t i;

	if (kind_of(e->name) == 0)
		return 0;
	for (i = 0; i < 6; i++) {
		if ((at = strchr(digits, e->name[i])) == NULL)
			return 0;
		t = t * 62 + (at - digits);
	}
	return t;
}

const struct spool_driver drv_exim = {
	.name = "exim",
	.what = "Exim: the spool directory, input with -H and -D",
	.in_subfolders = true,
	.bid = exim_bid,
	.entry = exim_entry,
	.load = exim_load,
	.id = exim_id,
	.when = exim_when,
	.text = exim_text,
	.inject = inject_exim,
	.ways = { .no_rotate = TWO_FILES, .message_first = true,
	    .lock_on = "-D" },			/* EX-26, EX-29 */
};
