#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case/case.h"
#include "case/check.h"
#include "case/ledger.h"
#include "fuzz.h"
#include "show/report.h"
#include "show/sink.h"

/*
 * A case that a stranger made: the bytes are what he has SQLite do to one of
 * ours, whatever he may do with writable_schema, and behind a form feed what
 * he then writes over the file, three bytes of place and one of value each.
 * It is refused with a reason, or read: what is printed is valid UTF-8 in
 * each form, the file stays as it is, and a mark can be made or cannot.
 */
#define OPS_MAX		200000	/* of SQLite's machine, for his statements */
#define VALUE_MAX	100000	/* bytes */

static char path[64];
static struct buf ours;			/* the file, before he has it */

static const char filled[] =
    "INSERT INTO spool (spool, path, first_path, host, format) VALUES"
    " (1, '/nonexistent', '/nonexistent', 'h', 'eml');"
    "INSERT INTO campaign (campaign) VALUES (1);"
    "INSERT INTO entry (row, spool, content, id, class, judged, reason,"
    " path, subject, sender, client, arrived, campaign) VALUES"
    " (1, 1, 7, 'y43h51npfb46', 'relay', 'relay', 'relay/third-party',"
    " 'x.eml', 'Hello', 'a@example.org', '192.0.2.1',"
    " '2004-01-05T01:00:00Z', 1);"
    "INSERT INTO recipient (entry, n, address, domain, state) VALUES"
    " (1, 0, 'b@example.net', 'example.net', 'pending');"
    "INSERT INTO hop (entry, n, client, helo) VALUES"
    " (1, 1, '192.0.2.1', 'h');"
    "INSERT INTO evidence VALUES (1, 0, 'relay/third-party', 1, 'so');";

static void
clean_up(void)
{
	static const char *const ends[] = { "", "-journal", "-wal", "-shm" };
	char name[80];
	size_t i;

	for (i = 0; i < NITEMS(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static void
read_file(struct buf *b)
{
	FILE *f = fopen(path, "re");
	size_t n;

	HOLDS(f != NULL);
	b->n = 0;
	while ((n = fread(buf_room(b, 65536), 1, 65536, f)) > 0)
		b->n += n;
	fclose(f);
}

static void
write_file(struct slice s)
{
	FILE *f = fopen(path, "we");

	HOLDS(f != NULL && fwrite(s.p, 1, s.n, f) == s.n);
	HOLDS(fclose(f) == 0);
}

static void
make_ours(void)
{
	struct ledger_row row = { .verb = SL("scan"), .what = SL("a") };
	struct casefile *c;
	struct err err;
	sqlite3 *sq;

	snprintf(path, sizeof(path), "%s/fuzz_case.%ld",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
	    (long)getpid());
	clean_up();
	atexit(clean_up);
	HOLDS(case_open(&c, path, CASE_CREATE, &err) == 0);
	HOLDS(ledger_add(c, &row, &err) == 0);
	HOLDS(case_close(c, &err) == 0);
	HOLDS(sqlite3_open(path, &sq) == SQLITE_OK);
	HOLDS(sqlite3_exec(sq, filled, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(sq);
	read_file(&ours);
}

/* ---- what he does ---- */

static int
enough(void *left)
{
	return (*(int *)left)-- <= 0;
}

/* His files are his own affair. */
static int
allowed(void *ctx, int action, const char *a, const char *b, const char *db,
    const char *by)
{
	(void)ctx, (void)b, (void)db, (void)by;
	if (action == SQLITE_ATTACH || action == SQLITE_DETACH ||
	    action == SQLITE_CREATE_VTABLE)
		return SQLITE_DENY;
	if (action == SQLITE_PRAGMA && sqlite3_stricmp(a, "writable_schema")
	    != 0 && sqlite3_stricmp(a, "user_version") != 0 &&
	    sqlite3_stricmp(a, "application_id") != 0)
		return SQLITE_DENY;
	return SQLITE_OK;
}

static void
run_his(const char *sql)
{
	int left = OPS_MAX / 1000;
	sqlite3 *sq;

	HOLDS(sqlite3_open(path, &sq) == SQLITE_OK);
	sqlite3_limit(sq, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	sqlite3_progress_handler(sq, 1000, enough, &left);
	sqlite3_set_authorizer(sq, allowed, NULL);
	sqlite3_exec(sq, sql, NULL, NULL, NULL);
	sqlite3_close(sq);
}

static void
write_over(struct slice s)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	HOLDS(fd != -1 && fstat(fd, &st) == 0);
	for (; s.n >= 4 && st.st_size > 0; s = sl_from(s, 4)) {
		const unsigned char *p = (const unsigned char *)s.p;
		off_t at = (p[0] << 16 | p[1] << 8 | p[2]) % st.st_size;

		HOLDS(pwrite(fd, p + 3, 1, at) == 1);
	}
	close(fd);
}

/* ---- what we do then ---- */

static void
check_printed(struct slice s, enum sink_kind kind)
{
	struct slice line;

	if (kind == SINK_PATHS)
		return;			/* names as they are */
	HOLDS(utf8_valid(s));
	if (kind == SINK_CSV)
		return;			/* a line end may stand in a cell */
	while (sl_cut(&s, '\n', &line))
		HOLDS(!has_control(line));
}

static void
print_all(struct casefile *c, enum sink_kind kind)
{
	const struct sink_opts o = { .kind = kind, .explain = true };
	const struct case_want want = { .gone = true, .seconds = 2,
	    .most = 50 };
	struct arena *a = arena_new();
	struct case_cursor *cur;
	struct case_entry e;
	struct err err;
	char *p;
	size_t n;
	FILE *out = open_memstream(&p, &n);
	struct sink *s = sink_new(out, &o);

	if (case_select(c, &want, &cur, &err) == 0) {
		while (case_next(cur, &e, &err) == 1) {
			struct record rec = { 0 };
			struct row row;

			if (case_row(c, e.row, a, &row, &rec, &err) == 0)
				sink_put(s, &row);
			case_glance(&e, a, &row);
			arena_reset(a);
		}
		case_cursor_free(cur);
	}
	sink_free(s);
	fclose(out);
	check_printed((struct slice){ p, n }, kind);
	free(p);
	arena_free(a);
}

static int
put_total(void *ctx, const struct case_total *t, struct err *err)
{
	(void)ctx, (void)t, (void)err;
	return 0;
}

static int
put_done(void *ctx, const struct ledger_row *row, struct err *err)
{
	(void)ctx, (void)row, (void)err;
	return 0;
}

static void
report_it(struct casefile *c)
{
	static void (*const forms[])(const struct doc *, struct buf *) = {
	    doc_html, doc_markdown, doc_json };
	const struct report_opts o = { .entries = true, .rows = 10 };
	struct doc d = { .a = arena_new() };
	struct buf out = { 0 };
	struct err err;
	size_t i;

	if (report_make(&d, c, &o, &err) == 0)
		for (i = 0; i < NITEMS(forms); i++) {
			out.n = 0;
			forms[i](&d, &out);
			HOLDS(utf8_valid(buf_sl(&out)));
		}
	buf_free(&out);
	arena_free(d.a);
}

static void
read_it(void)
{
	const struct case_want want = { .seconds = 2 };
	struct casefile *c;
	struct err err = { 0 };
	int64_t rows;
	int i;

	if (case_open(&c, path, CASE_READ, &err) == -1) {
		HOLDS(err.msg[0] != '\0');
		return;
	}
	for (i = 0; i <= SINK_PATHS; i++)
		print_all(c, (enum sink_kind)i);
	for (i = 0; i < CASE_BYS; i++)
		(void)case_totals(c, &want, (enum case_by)i, put_total, NULL,
		    &err);
	(void)ledger_verify(c, NULL, &rows, &err);
	(void)ledger_read(c, put_done, NULL, &err);
	(void)case_check_schema(c, &err);
	report_it(c);
	(void)case_close(c, &err);
}

/* What a mark says of itself is in the case, or it was not made. */
static void
mark_it(void)
{
	struct casefile *c;
	struct case_mark *v;
	struct err err;
	size_t n;

	if (case_open(&c, path, CASE_WRITE, &err) == -1)
		return;
	if (case_mark(c, 1, SL("spam"), SL("seen"), &err) == 0) {
		HOLDS(case_marks(c, 1, fuzz_arena(), &v, &n, &err) == 0);
		HOLDS(n > 0 && sl_eq(v[n - 1].class, SL("spam")));
	}
	(void)case_close(c, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct buf before, after;
	struct slice rest = fuzz_input(data, n), sql;

	if (ours.n == 0)
		make_ours();
	if (!sl_cut(&rest, '\f', &sql))
		sql = SL("");
	write_file(buf_sl(&ours));
	run_his(arena_str(fuzz_arena(), sql));
	write_over(rest);
	read_file(&before);
	read_it();
	read_file(&after);
	HOLDS(sl_eq(buf_sl(&before), buf_sl(&after)));
	mark_it();
	clean_up();
	return 0;
}
