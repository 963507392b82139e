#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "act/replay_state.h"
#include "base/xalloc.h"

int64_t
replay_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
replay_nap(unsigned ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000,
	    .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

void
replay_tell(struct replay *r)
{
	if (r->o->progress != NULL)
		r->o->progress(r->o->ctx, r);
}

static const struct {
	const char	*what, *way;
} leaves[LEAVE_COUNT] = {
	[LEAVE_NO] = { "goes", "" },
	[LEAVE_UNREAD] = { "could not be read", "" },
	[LEAVE_REFUSED] = { "cannot go this way", "" },
	[LEAVE_LIVE] = { "still-queued: its server would send it too",
	    "turf it first, or rotate the spool" },
	[LEAVE_DELIVERED] = { "no recipient is pending: delivered, or bounced",
	    "" },
	[LEAVE_DUPLICATE] = { "the same mail is in the plan already", "" },
	[LEAVE_DONE] = { "replayed before", "" },
	[LEAVE_IN_HAND] = { "in hand for another target",
	    "run that replay again" },
	[LEAVE_DOUBTFUL] = { "doubtful: it may have been sent",
	    "--retry-doubtful" },
	[LEAVE_WAS_REFUSED] = { "refused before", "--force" },
	[LEAVE_UNPARSED] = { "no header in it", "--force" },
	[LEAVE_SEVERAL] = { "several messages in one file", "--force" },
	[LEAVE_PARTIAL] = { "was being received", "--force" },
	[LEAVE_RCPT] = { "a recipient of it cannot be read", "--force" },
	[LEAVE_CLASS] = { "not legit", "spoolmark, or --force" },
	[LEAVE_UNSURE] = { "class unsure", "spoolmark, or --force" },
	[LEAVE_REPORT] = { "a report of non-delivery or delay", "--force" },
	[LEAVE_NULL] = { "null sender", "--force" },
	[LEAVE_ARCHIVE] = { "in an Archive folder: a copy", "--force" },
	[LEAVE_BADMAIL] = { "in a folder of refused mail", "--force" },
	[LEAVE_PROVENANCE] = { "its envelope is a guess",
	    "--trust-headers, or --force" },
	[LEAVE_HELD] = { "its server was told to keep it", "--force" },
	[LEAVE_ELSEWHERE] = { "it would go to others than its recipients, or "
	    "again to those behind an alias", "--force" },
};

const char *
replay_leave_what(enum replay_leave l)
{
	return leaves[l].what;
}

const char *
replay_leave_way(enum replay_leave l)
{
	return leaves[l].way;
}

/* ---- open and close ---- */

static int
open_rows(struct replay *r, struct err *err)
{
	if (r->c == NULL && target_case(r, err) == -1)
		return -1;
	if (r->c != NULL && replays_open(&r->rows, r->c, err) == -1)
		return -1;
	if (r->in->way == WAY_FOLDER && r->o->act)
		return target_stage(r, err);
	return 0;
}

/* What a person gives us goes into headers and envelopes, too. */
static int
check_opts(const struct replay *r, struct err *err)
{
	const char *const v[] = { r->o->add_resent, r->o->all_to };
	const char *why;
	size_t i;

	for (i = 0; i < 2; i++)
		if (v[i] != NULL &&
		    (why = inject_bad_address(r->in, sl(v[i]))) != NULL)
			return err_set(err, ERR_USAGE, "'%.200s' %s", v[i],
			    why);
	return 0;
}

int
replay_open(struct replay **out, const struct replay_opts *o,
    struct casefile *c, struct err *err)
{
	struct replay *r = xcalloc(1, sizeof(*r));

	r->o = o;
	r->c = c;
	r->st = xcalloc(1, sizeof(*r->st));
	r->st->dirfd = r->st->twinfd = r->st->stagefd = -1;
	r->st->place = (struct place){ .root = -1, .beside = -1, .lock = -1 };
	r->st->keep = arena_new();
	r->st->scratch = arena_new();
	r->st->cs = charsets_new();
	r->st->sha = sha256_new();
	r->st->src = source_new(c);
	if (target_open(r, err) == -1 || check_opts(r, err) == -1 ||
	    open_rows(r, err) == -1) {
		replay_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
replay_free(struct replay *r)
{
	struct replay_inner *st;
	struct err err;

	if (r == NULL)
		return;
	st = r->st;
	source_free(st->src);
	replays_free(r->rows);
	case_close(st->own, &err);
	target_close(r);
	plan_forget(r);
	charsets_free(st->cs);
	sha256_free(st->sha);
	arena_free(st->scratch);
	arena_free(st->keep);
	free(st);
	free(r->items);
	free(r->domains);
	free(r);
}

/* ---- what is wanted ---- */

static struct replay_item *
add_item(struct replay *r)
{
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 256 : r->cap * 2;
		r->items = xrealloc(r->items, r->cap, sizeof(*r->items));
	}
	r->items[r->n] = (struct replay_item){ .id = "", .class = C_COUNT };
	return &r->items[r->n++];
}

/* The string of the item before, when it is the same. */
static const char *
shared(struct replay *r, struct slice s, const char *last)
{
	return last != NULL && sl_eq(s, sl(last)) ? last :
	    arena_str(r->st->keep, s);
}

static uint8_t *
digest_of(struct replay *r, struct slice hex)
{
	uint8_t *d;
	size_t i;

	if (hex.n != 64)
		return NULL;
	d = arena_alloc(r->st->keep, 32);
	for (i = 0; i < 32; i++)
		d[i] = (uint8_t)(ascii_hex(hex.p[2 * i]) << 4 |
		    ascii_hex(hex.p[2 * i + 1]));
	return d;
}

static bool
is_forced(const struct replay *r, const struct replay_item *item)
{
	size_t i;

	for (i = 0; i < r->o->force.n; i++)
		if (strcmp(r->o->force.v[i], item->source) == 0 ||
		    (strlen(r->o->force.v[i]) >= 4 &&
		    sl_starts(sl(item->id), sl(r->o->force.v[i]))))
			return true;
	return false;
}

void
replay_choose_entry(struct replay *r, const struct case_entry *e)
{
	const struct replay_item *last = r->n == 0 ? NULL :
	    &r->items[r->n - 1];
	const char *root = shared(r, e->spool, last == NULL ? NULL :
	    last->root);
	const char *format = shared(r, e->format, last == NULL ? NULL :
	    last->format);
	const char *folder = shared(r, e->folder, last == NULL ? NULL :
	    last->folder);
	struct replay_item *item = add_item(r);
	enum class class;

	item->root = root;
	item->format = format;
	item->folder = folder;
	item->path = arena_str(r->st->keep, e->path);
	item->source = arena_fmt(r->st->keep, "%s/%s", root, item->path).p;
	item->id = arena_str(r->st->keep, e->id);
	item->entry = e->row;
	item->sha256 = digest_of(r, e->sha256);
	if (class_parse(e->class, &class))
		item->class = (uint8_t)class;
	item->forced = is_forced(r, item);
}

void
replay_choose_file(struct replay *r, const char *file)
{
	struct replay_item *item = add_item(r);
	struct source_item where;

	source_name(r->st->src, r->st->keep, file, r->o->format, &where);
	item->source = arena_str(r->st->keep, sl(file));
	item->root = where.root;
	item->path = where.path;
	item->format = where.format;
	item->forced = is_forced(r, item);
}

/* ---- doing it ---- */

int
replay_recover(struct replay *r, struct err *err)
{
	return r->in->way == WAY_FOLDER ? drop_recover(r, err) :
	    send_recover(r, err);
}

int
replay_act(struct replay *r, struct err *err)
{
	return r->in->way == WAY_FOLDER ? drop_all(r, err) :
	    send_all(r, err);
}
