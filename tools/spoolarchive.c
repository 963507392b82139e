#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/bag.h"
#include "act/extract.h"
#include "act/line.h"
#include "act/make.h"
#include "act/plan_from.h"
#include "act/prune.h"
#include "act/rotate.h"
#include "act/verify.h"
#include "base/diag.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "case/ledger.h"
#include "io/progress.h"
#include "mail/date.h"
#include "show/guess.h"
#include "show/head.h"
#include "show/sink.h"
#include "site/beside.h"
#include "site/told.h"

static const char	*case_file, *only, *format, *because;
static bool		 verify, no_verify, list, extract, prune, rotate, commit, nul;
static uint64_t		 wait_for = 60, threads, level, split;
static struct site_told	 told;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'c', "case", "file", "the case of this spool: its entries, and its "
	    "ledger", .str = &case_file },
	{ 'w', "only", "condition", "with -c: only entries of which this SQL "
	    "holds", .str = &only },
	{ 'f', "format", "name", "spool format; default: ask each driver",
	    .str = &format },
	SITE_OPTS(told),
	{ .name = "verify", .help = "read an archive back and compare",
	    .flag = &verify },
	{ .name = "list", .help = "what is in an archive", .flag = &list },
	{ .name = "extract", .help = "archive folder [id or path ...]: all of "
	    "it, or some", .flag = &extract },
	{ .name = "prune", .help = "remove from the tree what the archive "
	    "holds, verified", .flag = &prune },
	{ '0', "null", NULL, "with --list: paths, each ended by NUL",
	    .flag = &nul },
	{ .name = "no-verify", .help = "do not read a new archive back",
	    .flag = &no_verify },
	{ .name = "split", .arg = "bytes", .help = "several archives, none "
	    "larger than this", .num = &split, .max = 1ULL << 60 },
	{ .name = "level", .arg = "n", .help = "of compression: 1 to 19, "
	    "gzip to 9", .num = &level, .max = 19 },
	{ .name = "because", .arg = "text", .help = "why, for bag-info.txt",
	    .str = &because },
	{ .name = "rotate", .help = "put a fresh spool in the place of the "
	    "tree, and keep it beside", .flag = &rotate },
	{ .name = "wait", .arg = "seconds", .help = "with --rotate: for the "
	    "server to take what was replayed; default 60", .num = &wait_for,
	    .max = 86400 },
	{ .name = "commit", .help = "with --rotate and --prune: act; "
	    "without it only the plan is shown", .flag = &commit },
	{ 'j', "threads", "n", "threads; default: one a processor",
	    .num = &threads, .max = 64 },
	SANDBOX_OPTS(box),
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolarchive", .operands = "operand ...", .opts = opts,
	.what = "keep a mail spool in a verified archive",
};


/* What is asked for, beside the options. */
struct job {
	struct casefile	*cf;		/* NULL: no case */
	struct arena	*a;
	struct slice	 args;		/* the command line, for the ledger */
	const char	*tree, *archive;	/* tree: also where to extract */
	char		**names;	/* to be extracted; ends in NULL */
	struct progress	 progress;
	bool		 partly;
};

static int
failed(const struct err *err)
{
	diag_warn(NULL, "%s", err->msg);
	return err->code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
}

static void
on_progress(void *ctx, size_t names, uint64_t bytes)
{
	struct job *job = ctx;

	progress_tell(&job->progress, names, bytes);
}

static void
on_phase(void *ctx, const char *what)
{
	struct job *job = ctx;

	progress_end(&job->progress);
	progress_begin(&job->progress, what);
}

static void
on_difference(void *ctx, const char *what)
{
	const struct job *job = ctx;

	diag_warn(job->archive, "%s", what);
}

/* ---- what is packed ---- */

static void
guess_site(struct site *site, struct scan *scan)
{
	struct buf why = { 0 };

	if (told.file != NULL)
		return;
	site_beside(site, scan->spools, scan->formats, scan->nspools, &why);
	judge_guess(site, scan->strings, scan->entries, scan->n, &why);
	guess_say(&why);
	buf_free(&why);
}

/* What is known of the entries: by a case; or else read and judged here. */
struct known {
	struct job	*job;
	struct plan	*plan;
	struct ahead	*ahead;
	struct scan	 scan;
	struct site	*site;
	struct judge	*judge;
};

static void
known_free(struct known *k)
{
	ahead_end(k->ahead);
	judge_free(k->judge);
	scan_free(&k->scan);
	site_free(k->site);
}

static int
plan_by_scan(struct known *k, struct err *err)
{
	struct scan *scan = &k->scan;
	struct job *job = k->job;
	char *paths[] = { arena_str(job->a, sl(job->tree)), NULL };
	int r;

	*scan = (struct scan){ .threads = (size_t)threads, .format = format,
	    .records = true, .digests = true, .file_digests = true,
	    .progress = on_progress, .progress_ctx = job };
	k->site = site_new();
	job->progress.total = 0;
	progress_begin(&job->progress, "reading");
	r = site_tell(k->site, &told, err);
	if (r == 0 && (r = scan_read(scan, paths, err)) == 0) {
		guess_site(k->site, scan);
		k->judge = judge_new(k->site, scan->strings, scan->entries,
		    scan->n);
		judge_all(k->judge);
		plan_from_scan(k->plan, scan, k->judge, job->tree);
	}
	progress_end(&job->progress);
	return r;
}

static int
plan_entries(struct known *k, struct err *err)
{
	if (k->job->cf == NULL)
		return plan_by_scan(k, err);
	return plan_from_case(k->plan, k->job->cf, k->job->tree, only, err);
}

static int
scan_lines(void *ctx, struct err *err)
{
	struct known *k = ctx;

	return plan_lines_from_scan(k->plan, &k->scan, k->judge, err);
}

/* What is there and what is known of it, looked up side by side. */
struct look {
	struct known	*known;
	struct inv	*inv;		/* NULL: its entries */
	int		 root;
	int		 r;
	struct err	 err;
};

static void
look_up(void *ctx, size_t worker, void *arg)
{
	struct look *l = arg;

	(void)ctx;
	(void)worker;
	if (l->inv == NULL)
		l->r = plan_entries(l->known, &l->err);
	else if ((l->r = inv_read(l->inv, l->root, &l->err)) == 0)
		plan_files(l->known->plan, l->inv, l->known->job->tree,
		    format);
}

/* Where all of it is going to be packed, and no scan reads it anyway. */
static void
begin_ahead(struct known *k, int root, struct inv *inv)
{
	if (k->job->cf == NULL || only != NULL || threads == 1 ||
	    (k->ahead = ahead_new(root)) == NULL)
		return;
	inv->found = ahead_found;
	inv->found_ctx = k->ahead;
}

static int
plan_tree(struct known *k, int root, struct inv *inv, struct err *err)
{
	struct look looks[] = {
		{ .known = k, .inv = inv, .root = root },
		{ .known = k },
	};
	struct pool *pool = pool_new(threads == 0 ? pool_cpus() :
	    (size_t)threads, look_up, NULL);
	size_t i;

	begin_ahead(k, root, inv);
	for (i = 0; i < 2; i++)
		pool_put(pool, &looks[i]);
	pool_free(pool);
	for (i = 0; i < 2; i++)
		if (looks[i].r == -1) {
			*err = looks[i].err;
			return -1;
		}
	plan_end(k->plan, only != NULL);
	return 0;
}

/* ---- bag-info.txt ---- */

static void
info_line(struct buf *b, const char *label, struct slice value)
{
	if (value.n == 0)
		return;
	buf_fmt(b, "%s: ", label);
	utf8_show(b, value, 0);
	buf_addc(b, '\n');
}

static struct slice
user_name(struct arena *a)
{
	struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? arena_dup(a, sl(pw->pw_name)) :
	    arena_fmt(a, "uid %u", (unsigned)getuid());
}

static int
info_ledger(struct job *job, struct buf *b, struct err *err)
{
	uint8_t hash[32];
	char hex[65];
	int64_t id;

	if (job->cf == NULL)
		return 0;
	if (ledger_head(job->cf, &id, hash, err) == -1)
		return -1;
	hex_str(hash, sizeof(hash), hex);
	info_line(b, "Spoolkit-Case", sl(case_uuid(job->cf)));
	buf_fmt(b, "Spoolkit-Ledger-Head: %lld %s\n", (long long)id, hex);
	return 0;
}

static int
make_info(struct job *job, struct buf *b, struct err *err)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	buf_add(b, SL("Bag-Software-Agent: spoolarchive " VERSION "\n"));
	info_line(b, "Contact-Name", user_name(job->a));
	info_line(b, "Source-Organization", sl(host));
	info_line(b, "External-Identifier", case_abspath(job->a, job->tree));
	info_line(b, "External-Description", sl(because));
	info_line(b, "Spoolkit-Condition", sl(only));
	return info_ledger(job, b, err);
}

/* ---- packing ---- */

/* What became of those that are not in there as they were found. */
static void
warn_lost(struct job *job, const struct inv *inv)
{
	static const char *const why[] = { [INV_CHANGED] =
	    "changed while it was read", [INV_UNPACKABLE] =
	    "a tar cannot hold it" };
	struct buf path = { 0 };
	size_t vanished = 0, sockets = 0;
	bool socket;
	uint32_t i;

	for (i = 0; i < inv->n; i++) {
		const struct inv_node *node = &inv->v[i];

		socket = node->state == INV_UNPACKABLE &&
		    S_ISSOCK(node->mode);
		sockets += socket;
		vanished += node->state == INV_VANISHED;
		if (node->state < INV_CHANGED || socket ||
		    node->state == INV_VANISHED)
			continue;
		path.n = 0;
		inv_path(inv, i, &path);
		buf_addc(&path, '\0');
		if (node->state == INV_CHANGED && node->sys != 0)
			diag_warn(path.p, "parts cannot be read, and are "
			    "zeros: %s", strerror(node->sys));
		else
			diag_warn(path.p, "%s", node->state ==
			    INV_UNREADABLE ? strerror(node->sys) :
			    why[node->state]);
		job->partly = true;
	}
	buf_free(&path);
	if (sockets > 0)
		diag_note("%zu sockets, which have no bytes, are in "
		    "members.ndjson only", sockets);
	if (vanished > 0)
		diag_note("%zu files went away while we looked: the spool is "
		    "live", vanished);
}

/*
 * The ledger says what will be there before it is: a run that was killed
 * between the archive and the ledger is completed by the next one.
 */
static int
keep_archive(struct job *job, const char *path, const char *how,
    const uint8_t sha256[32], size_t files, struct err *err)
{
	char hex[65];
	struct ledger_row row = { .verb = SL("archive"), .args = job->args,
	    .what = case_abspath(job->a, path) };

	if (job->cf == NULL)
		return 0;
	hex_str(sha256, 32, hex);
	row.result = arena_fmt(job->a, "%s, sha256 %s, %zu files of " SL_FMT,
	    how, hex, files, SL_ARG(case_abspath(job->a, job->tree)));
	return ledger_add(job->cf, &row, err);
}

static int
on_ready(void *ctx, const char *path, const struct pack *p, struct err *err)
{
	return keep_archive(ctx, path, LEDGER_BEGUN, p->t.sha256, p->t.files,
	    err);
}

/* Ids of the entries that an archive holds, when these may not be all. */
struct held_ids {
	struct slice	*v;
	size_t		 n, cap;
};

static void
add_id(struct job *job, struct held_ids *ids, struct slice id)
{
	*(struct slice *)arena_more(job->a, &ids->v, &ids->n, &ids->cap,
	    sizeof(*ids->v)) = id;
}

/* The case learns where the bytes are, and the ledger what was done. */
static int
keep_made(struct job *job, const char *path, const char *bag,
    const uint8_t sha256[32], size_t files, const struct held_ids *ids,
    struct err *err)
{
	const char *inside = arena_str(job->a, arena_fmt(job->a, "%s/data",
	    bag));
	int r;

	if (job->cf == NULL)
		return 0;
	if (split == 0 && only == NULL)
		r = case_spool_archived(job->cf, job->tree, path, inside, err);
	else
		r = case_entries_archived(job->cf, job->tree, path, inside,
		    ids->v, ids->n, err);
	if (r == -1)
		return -1;
	return keep_archive(job, path, no_verify ? "not verified" :
	    "verified", sha256, files, err);
}

static int
on_made(void *ctx, const char *path, const struct pack *p, struct err *err)
{
	const struct pack_totals *t = &p->t;
	struct job *job = ctx;
	struct held_ids ids = { 0 };
	size_t i;

	for (i = 0; i < p->nentries; i++)
		if (bag_has(p, &p->inv->v[p->entries[i].node]))
			add_id(job, &ids, p->entries[i].id);
	progress_end(&job->progress);
	utf8_print(path);
	printf(": %zu files, %.1f MB in %.1f MB%s\n", t->files,
	    (double)t->bytes / 1e6, (double)t->packed / 1e6,
	    no_verify ? "" : ", verified");
	return keep_made(job, path, p->bag, t->sha256, t->files, &ids, err);
}

static uint64_t
bytes_of(const struct inv *inv, const struct plan *plan)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (S_ISREG(inv->v[plan->order[i]].mode))
			n += inv->v[plan->order[i]].size;
	return n;
}

static int
pack_plan(struct known *k, struct inv *inv, struct err *err)
{
	const struct plan *plan = k->plan;
	struct job *job = k->job;
	struct buf info = { 0 };
	struct pack p = { .inv = inv, .order = plan->order,
	    .norder = plan->n, .entries = plan->entries,
	    .nentries = plan->nentries, .lines = job->cf == NULL ?
	    scan_lines : NULL, .lines_ctx = k, .next_file = plan->next_file,
	    .codec = codec_by_name(job->archive),
	    .level = (int)level, .threads = (size_t)threads,
	    .ahead = k->ahead, .progress = on_progress, .progress_ctx = job };
	struct make m = { .pack = &p, .path = job->archive, .split = split,
	    .no_verify = no_verify, .differs = on_difference,
	    .phase = on_phase, .ready = on_ready, .made = on_made,
	    .ctx = job };
	int r = make_info(job, &info, err);

	p.info = buf_sl(&info);
	job->progress.unit = "files";
	job->progress.total = bytes_of(inv, plan);
	if (r == 0)
		r = make_archives(&m, err);
	progress_end(&job->progress);
	warn_lost(job, inv);
	buf_free(&info);
	return r;
}

static int
pack_tree(struct job *job, int root, struct err *err)
{
	struct inv inv = { 0 };
	struct plan plan;
	struct known k = { .job = job, .plan = &plan };
	int r;

	plan_init(&plan);
	r = plan_tree(&k, root, &inv, err);
	if (r == 0 && only != NULL && plan.nentries == 0)
		r = 1;
	if (r == 0)
		r = pack_plan(&k, &inv, err);
	known_free(&k);
	plan_free(&plan);
	inv_free(&inv);
	return r;
}

/* ---- an archive that is there ---- */

static int
verify_bag(struct job *job, struct bag *b, struct verify *v, struct err *err)
{
	int r = make_digest(job->archive, v->digest, err);

	if (r == -1)
		return -1;
	v->has_digest = r == 1;
	if (!v->has_digest)
		diag_note("%s" DIGEST_SUFFIX " is not there: the file is "
		    "compared with itself only", job->archive);
	job->progress.unit = "files";
	progress_begin(&job->progress, "verifying");
	r = bag_verify(b, v, err);
	progress_end(&job->progress);
	if (r == -1)
		err_at(err, "%s", job->archive);
	else if (r == 1) {
		utf8_print(job->archive);
		printf(": %zu files, %.1f MB, verified\n", v->files,
		    (double)v->bytes / 1e6);
	} else
		diag_warn(job->archive, "%zu differences: do not rely on it",
		    v->differences);
	return r;
}

static int
open_bag(const char *path, struct bag **b, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return err_sys(err, "%s: cannot open", path);
	if (bag_open(b, fd, err) == 0)
		return fd;
	close(fd);
	return err_at(err, "%s", path);
}

/* ---- what is in it ---- */

static void
list_line(const struct line *l, const struct line *entry, struct buf *b)
{
	char date[DATE_TEXT];

	if (nul) {
		buf_add(b, l->path);
		buf_addc(b, '\0');
		return;
	}
	utf8_show(b, entry == NULL ? l->type : entry->class, 0);
	buf_fmt(b, "  %llu  %s  ", (unsigned long long)l->size,
	    date_str(l->mtime.tv_sec, date));
	utf8_show(b, l->path.n == 0 ? SL(".") : l->path, 0);
	if (entry != NULL) {
		buf_add(b, SL("  "));
		utf8_show(b, entry->id, 0);
		buf_add(b, SL("  "));
		utf8_show(b, entry->reason, 0);
	}
	if (l->problem.n > 0) {
		buf_add(b, SL("  "));
		utf8_show(b, l->problem, 0);
	}
	buf_addc(b, '\n');
}

static size_t
list_lines(struct slice members, struct slice entries)
{
	struct lines *ls = lines_new(entries);
	struct arena *a = arena_new();
	struct buf b = { 0 };
	struct line l, e;
	struct slice one;
	size_t n = 0;

	while (!sig_stop() && sl_cut(&members, '\n', &one)) {
		arena_reset(a);
		if (!line_read(one, a, &l))
			continue;
		b.n = 0;
		list_line(&l, lines_of(ls, l.path, a, &e) ? &e : NULL, &b);
		n += fwrite(b.p, 1, b.n, stdout) == b.n;
	}
	buf_free(&b);
	arena_free(a);
	lines_free(ls);
	return n;
}

static int
list_bag(struct job *job, struct bag *b, struct err *err)
{
	struct buf members = { 0 }, entries = { 0 };
	int r = bag_tag(b, "members.ndjson", &members, err);
	size_t n = 0;

	if (r == 1 && bag_tag(b, "entries.ndjson", &entries, err) == -1)
		r = -1;
	if (r == 0)
		r = err_set(err, ERR_FORMAT, "no archive of ours: it has no "
		    "members.ndjson");
	if (r == -1)
		err_at(err, "%s", job->archive);
	else
		n = list_lines(buf_sl(&members), buf_sl(&entries));
	buf_free(&members);
	buf_free(&entries);
	return r == -1 ? -1 : n > 0;
}

/* ---- out of it ---- */

static void
on_left(void *ctx, struct slice path, const char *why)
{
	struct job *job = ctx;

	diag_warn(arena_str(job->a, path), "%s", why);
	job->partly = true;
}

/* Returns 1, also when it is damaged, which is said; 0: no such; -1. */
static int
extract_name(struct job *job, struct bag *b, int dir, const char *name,
    struct extract *x, struct err *err)
{
	int r = bag_extract_name(b, dir, name, x, err);

	if (r != -1)
		return r;
	if (err->code != ERR_FORMAT || !bag_indexed(b))
		return err_at(err, "%s", job->archive);
	on_left(job, sl(name), err->msg);
	return 1;
}

static int
extract_names(struct job *job, struct bag *b, int dir, struct extract *x,
    struct err *err)
{
	char **name;
	int r;

	for (name = job->names; *name != NULL && !sig_stop(); name++) {
		if ((r = extract_name(job, b, dir, *name, x, err)) == -1)
			return -1;
		if (r == 0)
			on_left(job, sl(*name), "is not in the archive");
	}
	return 0;
}

/* The ids that the condition chooses. */
static int
extract_only(struct job *job, struct bag *b, int dir, struct extract *x,
    struct err *err)
{
	struct case_want want = { .where = only };
	struct case_cursor *cur;
	struct case_entry e;
	int r = case_select(job->cf, &want, &cur, err);

	if (r == -1)
		return -1;
	while (r != -1 && !sig_stop() && (r = case_next(cur, &e, err)) == 1)
		if (extract_name(job, b, dir, arena_str(job->a, e.id), x,
		    err) == -1)
			r = -1;
	case_cursor_free(cur);
	return r;
}

static int
extract_bag(struct job *job, struct bag *b, struct err *err)
{
	struct extract x = { .left = on_left, .ctx = job,
	    .progress = on_progress, .progress_ctx = job };
	bool made = mkdir(job->tree, 0700) == 0;
	int dir = open(job->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (dir == -1)
		return err_sys(err, "%s: cannot open", job->tree);
	job->progress.unit = "files";
	progress_begin(&job->progress, "extracting");
	if (only != NULL)
		r = extract_only(job, b, dir, &x, err);
	else if (job->names[0] != NULL)
		r = extract_names(job, b, dir, &x, err);
	else if ((r = bag_extract(b, dir, made, &x, err)) == -1)
		err_at(err, "%s", job->archive);
	else if (x.names == 0 && !job->partly)
		r = err_set(err, ERR_FORMAT, "%s: no archive of ours: it has "
		    "no data/", job->archive);
	progress_end(&job->progress);
	close(dir);
	return r == -1 ? -1 : x.names > 0;
}

/* ---- what it holds, out of the tree ---- */

static int
keep_row(struct job *job, const uint8_t sha256[32], struct slice result,
    struct err *err)
{
	char hex[65];
	struct ledger_row row = { .verb = SL("prune"), .args = job->args,
	    .what = case_abspath(job->a, job->tree) };

	if (job->cf == NULL || !commit)
		return 0;
	hex_str(sha256, 32, hex);
	row.result = arena_fmt(job->a, SL_FMT ", archive sha256 %s",
	    SL_ARG(result), hex);
	return ledger_add(job->cf, &row, err);
}

static int
prune_verified(struct job *job, const struct verify *v, int root,
    struct err *err)
{
	struct prune p = { .commit = commit, .stays = on_left, .ctx = job,
	    .live = rotate_is_live(job->tree, format),
	    .progress = on_progress, .progress_ctx = job };
	int r;

	if (keep_row(job, v->found, SL("begin"), err) == -1)
		return -1;
	progress_begin(&job->progress, "pruning");
	r = bag_prune(v, root, &p, err);
	progress_end(&job->progress);
	if (keep_row(job, v->found, arena_fmt(job->a, "%zu removed, %zu gone "
	    "before, %zu stay", p.files, p.gone, p.stay), err) == -1)
		return -1;
	if (r == -1)
		return -1;
	if (p.same && !p.live)
		(void)rmdir(job->tree);		/* when it is empty */
	utf8_print(job->tree);
	printf(": %zu files, %.1f MB %s, %zu gone before, %zu stay\n",
	    p.files, (double)p.bytes / 1e6, commit ? "removed" :
	    "to be removed", p.gone, p.stay);
	if (p.live)
		diag_note("%s: a spool that a server may be using: its "
		    "folders stay", job->tree);
	if (!commit)
		diag_note("nothing was removed: --commit does it");
	else if (job->cf != NULL && head_print(stdout, job->cf, err) == -1)
		return -1;
	return p.files + p.gone > 0;
}

static int
prune_bag(struct job *job, struct bag *b, struct err *err)
{
	struct verify v = { .threads = (size_t)threads,
	    .differs = on_difference, .differs_ctx = job,
	    .progress = on_progress, .progress_ctx = job };
	int root = open(job->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (root == -1)
		return err_sys(err, "%s: cannot open", job->tree);
	r = verify_bag(job, b, &v, err);
	if (r == 1)
		r = prune_verified(job, &v, root, err);
	else if (r == 0)
		r = err_set(err, ERR_FORMAT, "%s: does not verify: nothing is "
		    "removed", job->archive);
	verify_free(&v);
	close(root);
	return r;
}

/* ---- the run ---- */

static int
with_bag(struct job *job, int (*f)(struct job *, struct bag *, struct err *))
{
	struct err err = { 0 };
	struct bag *b;
	int fd = open_bag(job->archive, &b, &err), r;

	if (fd == -1) {
		failed(&err);
		return err.code == ERR_FORMAT ? STATUS_NONE : STATUS_FAILED;
	}
	r = f(job, b, &err);
	bag_close(b);
	close(fd);
	if (r == -1)
		return failed(&err);
	return r == 0 ? STATUS_NONE : job->partly ? STATUS_PART : STATUS_OK;
}

static int
verify_alone(struct job *job, struct bag *b, struct err *err)
{
	struct verify v = { .threads = (size_t)threads,
	    .differs = on_difference, .differs_ctx = job,
	    .progress = on_progress, .progress_ctx = job };
	int r = verify_bag(job, b, &v, err);

	verify_free(&v);
	return r;
}

/* ---- what was begun, or begins ---- */

/* The last row about the archive, when it says no more than begun. */
struct begun {
	struct slice	 path;
	bool		 is;
	char		 hex[65];
};

static int
on_row(void *ctx, const struct ledger_row *row, struct err *err)
{
	static const struct slice head = { LEDGER_BEGUN ", sha256 ",
	    sizeof(LEDGER_BEGUN ", sha256 ") - 1 };
	struct begun *b = ctx;

	(void)err;
	if (!sl_eq(row->verb, SL("archive")) || !sl_eq(row->what, b->path))
		return 0;
	b->is = sl_starts(row->result, head) &&
	    row->result.n >= head.n + 64;
	if (b->is)
		memcpy(b->hex, row->result.p + head.n, 64);
	return 0;
}

/* Of the entries that stand in the archive. */
static int
read_ids(struct job *job, struct bag *b, struct held_ids *ids,
    struct err *err)
{
	struct buf text = { 0 };
	struct slice rest, one;
	struct line l;
	int r = bag_tag(b, "entries.ndjson", &text, err);

	rest = buf_sl(&text);
	while (sl_cut(&rest, '\n', &one))
		if (line_read(one, job->a, &l) && l.id.n > 0)
			add_id(job, ids, l.id);
	buf_free(&text);
	return r == -1 ? -1 : 0;
}

static int
complete_bag(struct job *job, struct bag *b, struct err *err)
{
	struct verify v = { .threads = (size_t)threads,
	    .differs = on_difference, .differs_ctx = job,
	    .progress = on_progress, .progress_ctx = job };
	struct begun begun = { .path = case_abspath(job->a, job->archive) };
	struct held_ids ids = { 0 };
	char hex[65];
	struct buf bag = { 0 };
	int r = ledger_read(job->cf, on_row, &begun, err);

	if (r == -1 || !begun.is)
		return r == -1 ? -1 : err_set(err, ERR_USAGE, "%s: exists "
		    "already: nothing is ever written over", job->archive);
	make_bag_name(job->archive, &bag);
	if ((r = verify_bag(job, b, &v, err)) == 1 &&
	    (r = read_ids(job, b, &ids, err)) == 0) {
		hex_str(v.found, sizeof(v.found), hex);
		r = strcmp(hex, begun.hex) == 0 ? keep_made(job, job->archive,
		    bag.p, v.found, v.files, &ids, err) : err_set(err, ERR_FORMAT,
		    "%s: is not the archive that was begun", job->archive);
		r = r == 0 ? 1 : -1;
	}
	if (r == 1)
		diag_note("%s: what an earlier run began is completed",
		    job->archive);
	verify_free(&v);
	buf_free(&bag);
	return r;
}

static int
pack(struct job *job)
{
	struct err err = { 0 };
	struct stat st;
	int root = open(job->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (root == -1) {
		err_sys(&err, "%s: cannot open", job->tree);
		return failed(&err);
	}
	if (job->cf != NULL && split == 0 && stat(job->archive, &st) == 0) {
		close(root);
		return with_bag(job, complete_bag);
	}
	r = split == 0 ? make_check(job->archive, &err) : 0;
	if (r == 0)
		r = pack_tree(job, root, &err);
	close(root);
	if (r == -1)
		return failed(&err);
	return r == 1 ? STATUS_NONE : job->partly ? STATUS_PART : STATUS_OK;
}

static size_t
count(char *argv[])
{
	size_t n = 0;

	while (argv[n] != NULL)
		n++;
	return n;
}

/* ---- rotation ---- */

static void
print_rotation(const struct rotate *r)
{
	if (r->completed) {
		utf8_print(r->spool);
		printf(": what an earlier run began %s completed\n",
		    r->commit ? "is" : "would be");
	}
	utf8_print(r->spool);
	printf(": %s to ", r->commit ? "rotated" : "would rotate");
	utf8_print(r->generation);
	if (r->by_folder)
		printf(", folder by folder: it is a mount point");
	putchar('\n');
	if (r->returned > 0) {
		utf8_print(r->spool);
		printf(": %zu messages that were replayed into it %s "
		    "returned\n", r->returned, r->commit ?
		    "are" : "are not taken yet, and would be");
	}
	if (r->renamed)
		diag_note("%s: the file system cannot exchange two folders: "
		    "there was no spool between two renames", r->spool);
	if (!r->commit)
		puts("Nothing was changed: --commit does it.");
}

static int
rotate_tree(struct job *job)
{
	struct rotate r = { .format = format, .args = job->args,
	    .wait = (unsigned)wait_for, .commit = commit };
	struct err err = { 0 };
	int status = STATUS_OK;

	if (rotate_spool(job->cf, job->tree, &r, &err) == -1)
		status = failed(&err);
	else {
		print_rotation(&r);
		if (commit && head_print(stdout, job->cf, &err) == -1)
			status = failed(&err);
	}
	rotate_free(&r);
	return status;
}

static int
verify_archive(struct job *job)
{
	return with_bag(job, verify_alone);
}

static int
list_archive(struct job *job)
{
	return with_bag(job, list_bag);
}

static int
extract_archive(struct job *job)
{
	return with_bag(job, extract_bag);
}

static int
prune_tree(struct job *job)
{
	return with_bag(job, prune_bag);
}

/* What can be asked for; the last needs no option. */
static const struct mode {
	const bool	*flag;
	size_t		 least, most;	/* operands; most 0: no limit */
	const char	*operands;
	size_t		 tree, archive;	/* which of them, if so many */
	int		(*run)(struct job *job);
	bool		 reads;		/* and writes nothing but a case */
} modes[] = {
	{ &verify, 1, 1, "--verify: one archive, please", 1, 0,
	    verify_archive, true },
	{ &list, 1, 1, "--list: one archive, please", 1, 0, list_archive,
	    true },
	{ &extract, 2, 0, "--extract: an archive, a folder, and then ids or "
	    "paths", 1, 0, extract_archive, false },
	{ &prune, 2, 2, "--prune: a tree and its archive, please", 0, 1,
	    prune_tree, false },
	{ &rotate, 1, 1, "--rotate: one spool, please", 0, 1, rotate_tree,
	    false },
	{ NULL, 2, 2, "a tree and the archive to be made of it, please", 0, 1,
	    pack, false },
};

static const struct mode *
chosen_mode(void)
{
	const struct mode *m, *chosen = NULL;

	for (m = modes; m->flag != NULL; m++)
		if (*m->flag && chosen != NULL)
			opt_usage(&cmd, "one of --verify, --list, --extract, "
			    "--prune, --rotate");
		else if (*m->flag)
			chosen = m;
	return chosen != NULL ? chosen : m;
}

/* The archive, and its digest beside it. */
static int
confine(struct job *job, struct err *err)
{
	if (job->cf != NULL && case_confine(job->cf, &box, err) == -1)
		return -1;
	sandbox_path(&box, job->archive);
	sandbox_path(&box, arena_fmt(job->a, "%s.sha256", job->archive).p);
	sandbox_enter(&box);
	return 0;
}

static int
run(struct job *job, char *argv[])
{
	const struct mode *m = chosen_mode();
	size_t n = count(argv);
	struct err err;

	if (n < m->least || (m->most > 0 && n > m->most))
		opt_usage(&cmd, "%s", m->operands);
	if (only != NULL && case_file == NULL)
		opt_usage(&cmd, "--only: a condition needs a case (-c)");
	if (only != NULL && extract && n > 2)
		opt_usage(&cmd, "--only: a condition, or names");
	if (rotate && case_file == NULL)
		opt_usage(&cmd, "--rotate: which case? (-c)");
	job->tree = m->tree < n ? argv[m->tree] : NULL;
	job->archive = m->archive < n ? argv[m->archive] : NULL;
	job->names = argv + (n < 2 ? n : 2);
	if (m->flag == NULL && level > GZIP_LEVELS &&
	    codec_by_name(job->archive) == CODEC_GZIP)
		opt_usage(&cmd, "--level: gzip has 1 to %d", GZIP_LEVELS);
	if (m->reads && confine(job, &err) == -1)
		return failed(&err);
	return m->run(job);
}

/* A rotation is often the first that is done. */
static enum case_mode
case_mode(void)
{
	return !rotate ? CASE_WRITE : commit ? CASE_CREATE : CASE_READ;
}

int
main(int argc, char *argv[])
{
	struct job job = { .a = arena_new() };
	struct err err = { 0 };
	int status;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	job.args = ledger_args(job.a, argv);
	argv += opt_parse(&cmd, argc, argv);
	if (case_file != NULL &&
	    case_open(&job.cf, case_file, case_mode(), &err) == -1)
		return failed(&err);
	status = run(&job, argv);
	if (case_close(job.cf, &err) == -1)
		status = failed(&err);
	arena_free(job.a);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}
