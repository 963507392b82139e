#include <sys/stat.h>

#include "casebox.h"
#include "case/store.h"
#include "judge/judge.h"

/* ---- a spool of the test's own ---- */

static const char *
in_box(const char *name)
{
	static char path[4][256];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", box_dir, name);
	return path[i];
}

static void
put(const char *name, const char *rcpts, const char *text)
{
	FILE *f = fopen(in_box(name), "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "X-Sender: bob@example.org\r\n%s"
	    "Received: from mx.example.net (mx.example.net [192.0.2.9])\r\n"
	    "\tby mail.example.org with SMTP; "
	    "Mon, 5 Jan 2004 01:00:00 +0000\r\n"
	    "From: Bob <bob@example.org>\r\nTo: x@example.com\r\n"
	    "Message-ID: <%s@example.org>\r\nSubject: %s\r\n"
	    "Date: Mon, 5 Jan 2004 01:00:00 +0000\r\n\r\n%s\r\n",
	    rcpts, name, text, text);
	ck_assert_int_eq(fclose(f), 0);
}
#define TO_X	"X-Receiver: x@example.com\r\n"
#define TO_XY	TO_X "X-Receiver: y@example.net\r\n"

static void
three_messages(void)
{
	ck_assert_int_eq(mkdir(in_box("Imcdata"), 0700), 0);
	ck_assert_int_eq(mkdir(in_box("Imcdata/In"), 0700), 0);
	ck_assert_int_eq(mkdir(in_box("Imcdata/Out"), 0700), 0);
	put("Imcdata/In/A1", TO_X, "one");
	put("Imcdata/In/A2", TO_XY, "two");
	put("Imcdata/Out/A3", TO_X, "three");
}

/* As spoolscan -c does it. */
static struct case_changes
scan_as(struct casefile *c, const char *spool, const char *ours)
{
	char path[256];
	char *paths[] = { path, NULL };
	struct scan s = { .records = true, .digests = true, .contents = true,
	    .threads = 1, .format = "ims55" };
	struct site *site = site_new();
	struct case_campaigns known;
	struct case_changes n;
	struct err err = { 0 };
	struct judge *j;

	snprintf(path, sizeof(path), "%s", in_box(spool));
	ck_assert_int_eq(site_add(site, SITE_LOCAL, sl(ours), &err),
	    0);
	ck_assert_msg(scan_read(&s, paths, &err) == 0, "%s", err.msg);
	j = judge_new(site, s.strings, s.entries, s.n);
	ck_assert_int_eq(case_campaigns_read(c, &s, &known, &err), 0);
	judge_known(j, known.v, known.n, known.used);
	judge_all(j);
	ck_assert_msg(case_store(c, &s, j, &known, SL("test"), &n, &err) == 0,
	    "%s", err.msg);
	case_campaigns_free(&known);
	judge_free(j);
	scan_free(&s);
	site_free(site);
	return n;
}

static struct case_changes
scan(struct casefile *c, const char *spool)
{
	return scan_as(c, spool, "example.org");
}

static void
is_changes(struct case_changes n, size_t fresh, size_t same, size_t changed,
    size_t moved, size_t gone)
{
	ck_assert_uint_eq(n.fresh, fresh);
	ck_assert_uint_eq(n.same, same);
	ck_assert_uint_eq(n.changed, changed);
	ck_assert_uint_eq(n.moved, moved);
	ck_assert_uint_eq(n.gone, gone);
}

/* The paths that a condition chooses, "A B". */
static const char *
chosen(struct casefile *c, const struct case_want *want)
{
	static char out[512];
	struct case_cursor *cur;
	struct case_entry e;
	struct err err = { 0 };
	size_t n = 0;

	out[0] = '\0';
	if (case_select(c, want, &cur, &err) == -1) {
		snprintf(out, sizeof(out), "%s", err.msg);
		return out;
	}
	while (case_next(cur, &e, &err) == 1)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s" SL_FMT,
		    n > 0 ? " " : "", SL_ARG(e.path));
	case_cursor_free(cur);
	return out;
}

static const char *
where(struct casefile *c, const char *cond)
{
	return chosen(c, &(struct case_want){ .where = cond });
}

static void
id_of(struct casefile *c, const char *cond, char id[16])
{
	struct case_want want = { .where = cond, .gone = true };
	struct case_cursor *cur;
	struct case_entry e;
	struct err err = { 0 };

	ck_assert_msg(case_select(c, &want, &cur, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(case_next(cur, &e, &err), 1);
	snprintf(id, 16, SL_FMT, SL_ARG(e.id));
	case_cursor_free(cur);
}

static int64_t
row_of(struct casefile *c, const char *id)
{
	struct case_rows rows = { 0 };
	struct err err = { 0 };
	int64_t row;

	ck_assert_msg(case_ids(c, sl(id), &rows, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(rows.n, 1);
	row = rows.v[0];
	case_rows_free(&rows);
	return row;
}

/* ---- scans, one after the other ---- */

START_TEST(a_scan_twice_finds_all_as_before)
{
	struct casefile *c = box_open(CASE_CREATE);

	three_messages();
	is_changes(scan(c, "Imcdata"), 3, 0, 0, 0, 0);
	is_changes(scan(c, "Imcdata"), 0, 3, 0, 0, 0);
	box_close(c);
	c = box_open(CASE_WRITE);
	is_changes(scan(c, "Imcdata"), 0, 3, 0, 0, 0);
	box_close(c);
}
END_TEST

START_TEST(new_gone_changed_and_moved_are_told_apart)
{
	struct casefile *c = box_open(CASE_CREATE);
	char a1[16], a2[16], id[16];

	three_messages();
	scan(c, "Imcdata");
	id_of(c, "path = 'In/A1'", a1);
	id_of(c, "path = 'In/A2'", a2);
	ck_assert_int_eq(rename(in_box("Imcdata/In/A1"),
	    in_box("Imcdata/Out/A1")), 0);
	ck_assert_int_eq(unlink(in_box("Imcdata/Out/A3")), 0);
	put("Imcdata/In/A4", TO_X, "four");
	is_changes(scan(c, "Imcdata"), 1, 1, 0, 1, 1);
	id_of(c, "path = 'Out/A1'", id);
	ck_assert_str_eq(id, a1);
	ck_assert_str_eq(where(c, "1"), "Out/A1 In/A2 In/A4");
	ck_assert_str_eq(chosen(c, &(struct case_want){ .gone = true,
	    .where = "gone IS NOT NULL" }), "Out/A3");
	is_changes(scan(c, "Imcdata"), 0, 3, 0, 0, 0);
	box_close(c);
}
END_TEST

START_TEST(names_that_change_places_keep_their_ids)
{
	struct casefile *c = box_open(CASE_CREATE);
	char a1[16], id[16];

	three_messages();
	put("Imcdata/Out/A1", TO_X, "another");
	scan(c, "Imcdata");
	id_of(c, "path = 'In/A1'", a1);
	ck_assert_int_eq(rename(in_box("Imcdata/In/A1"), in_box("x")), 0);
	ck_assert_int_eq(rename(in_box("Imcdata/Out/A1"),
	    in_box("Imcdata/In/A1")), 0);
	ck_assert_int_eq(rename(in_box("x"), in_box("Imcdata/Out/A1")), 0);
	is_changes(scan(c, "Imcdata"), 0, 2, 0, 2, 0);
	id_of(c, "path = 'Out/A1'", id);
	ck_assert_str_eq(id, a1);
	box_close(c);
}
END_TEST

START_TEST(a_message_under_a_used_name_is_another_entry)
{
	struct casefile *c = box_open(CASE_CREATE);

	three_messages();
	scan(c, "Imcdata");
	put("Imcdata/In/A1", TO_X, "not one");
	is_changes(scan(c, "Imcdata"), 1, 2, 0, 0, 1);
	ck_assert_str_eq(where(c, "subject = 'not one'"), "In/A1");
	ck_assert_str_eq(where(c, "subject = 'one'"), "");
	box_close(c);
}
END_TEST

START_TEST(a_copy_is_an_entry_and_a_renamed_spool_is_none)
{
	struct casefile *c = box_open(CASE_CREATE);
	char cmd[128];

	three_messages();
	scan(c, "Imcdata");
	snprintf(cmd, sizeof(cmd), "cp -R %s/Imcdata %s/Copy", box_dir,
	    box_dir);
	ck_assert_int_eq(system(cmd), 0);
	is_changes(scan(c, "Copy"), 3, 0, 0, 0, 0);
	ck_assert_int_eq(rename(in_box("Copy"), in_box("Old")), 0);
	is_changes(scan(c, "Old"), 0, 0, 0, 3, 0);
	box_close(c);
}
END_TEST

START_TEST(a_spool_that_was_moved_is_scanned_where_it_is)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct err err = { 0 };

	three_messages();
	scan(c, "Imcdata");
	ck_assert_int_eq(rename(in_box("Imcdata"), in_box("Old")), 0);
	ck_assert_int_eq(case_spool_moved(c, in_box("Imcdata"), in_box("Old"),
	    &err), 1);
	is_changes(scan(c, "Old"), 0, 3, 0, 0, 0);
	three_messages();
	put("Imcdata/In/B1", TO_X, "after");
	is_changes(scan(c, "Imcdata"), 4, 0, 0, 0, 0);
	box_close(c);
}
END_TEST

/* ---- marks ---- */

START_TEST(a_mark_is_the_class_and_no_scan_overwrites_it)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct err err = { 0 };
	struct arena *a = arena_new();
	struct case_mark *m;
	char id[16], before[512];
	size_t n;

	three_messages();
	scan(c, "Imcdata");
	id_of(c, "path = 'In/A1'", id);
	snprintf(before, sizeof(before), "%s", where(c, "class = 'spam'"));
	ck_assert_int_eq(case_mark(c, row_of(c, id), SL("spam"),
	    SL("asked bob"), &err), 0);
	is_changes(scan_as(c, "Imcdata", "example.com"), 0, 0, 3, 0, 0);
	ck_assert_str_eq(where(c, "class = 'spam' AND judged <> 'spam'"
	    " AND because = 'asked bob'"), "In/A1");
	ck_assert_int_eq(case_mark(c, row_of(c, id), SL(""), SL(""), &err),
	    0);
	scan(c, "Imcdata");
	ck_assert_str_eq(where(c, "class = 'spam'"), before);
	ck_assert_int_eq(case_marks(c, row_of(c, id), a, &m, &n, &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert(sl_eq(m[0].class, SL("spam")) && m[1].class.n == 0);
	ck_assert_int_eq(case_mark(c, row_of(c, id), SL("ham"), SL(""), &err),
	    -1);
	ck_assert_int_eq(case_mark(c, 99, SL("spam"), SL(""), &err), -1);
	arena_free(a);
	box_close(c);
}
END_TEST

/* ---- choosing ---- */

static const struct {
	const char	*where, *gives;
} choices[] = {
	{ "1", "In/A1 In/A2 Out/A3" },
	{ "0", "" },
	{ "rcpt = 'y@example.net'", "In/A2" },
	{ "rcpt = 'x@example.com'", "In/A1 In/A2 Out/A3" },
	{ "rcpt_domain IN ('example.net', 'example.com')",
	    "In/A1 In/A2 Out/A3" },
	{ "rcpt_domain = 'example.net' OR folder = 'out'", "In/A2 Out/A3" },
	{ "recipients = 2", "In/A2" },
	{ "client = '192.0.2.9' AND rcpt LIKE 'y@%'", "In/A2" },
	{ "subject GLOB 't*' -- a remark", "In/A2 Out/A3" },
	{ "id IN (SELECT id FROM selection WHERE rcpt_domain ="
	    " 'example.net')", "In/A2" },
	{ "arrived > '2004-01-06'", "" },
	{ "sender = 'bob@example.org' AND sender_domain = 'example.org'",
	    "In/A1 In/A2 Out/A3" },
};

START_TEST(a_condition_chooses_each_entry_once)
{
	struct casefile *c = box_open(CASE_CREATE);

	three_messages();
	scan(c, "Imcdata");
	ck_assert_str_eq(where(c, choices[_i].where), choices[_i].gives);
	box_close(c);
}
END_TEST

static const struct {
	const char	*where, *says;
} wrong[] = {
	{ "clas = 'relay'", "at character 1, \"clas\": no such column" },
	{ "class = 'relay' AND nosuch(1)", "nosuch" },
	{ "class = = 'relay'", "at character 9, \"=\"" },
	{ "class = 'relay", "'relay" },
	{ "class IN ('relay'", "not complete" },
	{ "1; DROP TABLE entry", "semicolon" },
	{ "1); DELETE FROM entry; --", "at character 2" },
	{ "row IN (DELETE FROM entry RETURNING row)", "\"DELETE\"" },
	{ "load_extension('x.so')", "may only read: not authorized to use" },
	{ "EXISTS (SELECT 1 FROM pragma_table_info('entry'))", "may only read" },
	{ "length(zeroblob(1000000000)) > 1", "too big" },
};

START_TEST(a_wrong_condition_says_where)
{
	struct casefile *c = box_open(CASE_CREATE);
	const char *said;

	three_messages();
	scan(c, "Imcdata");
	said = where(c, wrong[_i].where);
	ck_assert_msg(strstr(said, wrong[_i].says) != NULL, "%s: %s",
	    wrong[_i].where, said);
	ck_assert_str_eq(where(c, "1"), "In/A1 In/A2 Out/A3");
	box_close(c);
}
END_TEST

START_TEST(a_condition_that_never_ends_is_stopped)
{
	struct casefile *c = box_open(CASE_CREATE);
	const char *said;

	three_messages();
	scan(c, "Imcdata");
	said = chosen(c, &(struct case_want){ .seconds = 1, .where =
	    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
	    " SELECT max(i) FROM n) > 0" });
	ck_assert_msg(strstr(said, "ran for 1 second") != NULL, "%s", said);
	ck_assert_str_eq(where(c, "1"), "In/A1 In/A2 Out/A3");
	box_close(c);
}
END_TEST

START_TEST(an_order_is_kept_and_a_wrong_one_told)
{
	struct casefile *c = box_open(CASE_CREATE);

	three_messages();
	scan(c, "Imcdata");
	ck_assert_str_eq(chosen(c, &(struct case_want){
	    .order = "subject DESC" }), "In/A2 Out/A3 In/A1");
	ck_assert_ptr_nonnull(strstr(chosen(c, &(struct case_want){
	    .order = "subjet" }), "at character 1, \"subjet\""));
	box_close(c);
}
END_TEST

START_TEST(ids_prefixes_and_paths_name_an_entry)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct case_rows rows = { 0 };
	struct err err = { 0 };
	char id[16];
	int64_t row;

	three_messages();
	scan(c, "Imcdata");
	id_of(c, "path = 'In/A2'", id);
	row = row_of(c, id);
	ck_assert_int_eq(row_of(c, "In/A2"), row);
	ck_assert_int_eq(row_of(c, in_box("Imcdata/In/A2")), row);
	id[6] = '\0';
	ck_assert_int_eq(row_of(c, id), row);
	ck_assert_int_eq(case_ids(c, SL("In/A9"), &rows, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "no entry"));
	id[3] = '\0';
	ck_assert_int_eq(case_ids(c, sl(id), &rows, &err), -1);
	ck_assert_uint_eq(rows.n, 0);
	box_close(c);
}
END_TEST

START_TEST(several_ids_that_begin_alike_are_listed)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct case_rows rows = { 0 };
	struct err err = { 0 };
	char why[256];

	three_messages();
	scan(c, "Imcdata");
	box_close(c);
	ck_assert_int_eq(box_sql("UPDATE entry SET id = 'abcd' || row", why),
	    SQLITE_OK);
	c = box_open(CASE_READ);
	ck_assert_int_eq(case_ids(c, SL("abcd"), &rows, &err), -1);
	ck_assert_msg(strstr(err.msg, "3 ids begin so: abcd1 abcd2 abcd3") !=
	    NULL, "%s", err.msg);
	box_close(c);
}
END_TEST

/* ---- what the case has of an entry ---- */

START_TEST(a_row_is_what_was_scanned)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct record rec;
	struct row row;

	three_messages();
	scan(c, "Imcdata");
	ck_assert_int_eq(case_row(c, row_of(c, "In/A2"), a, &row, &rec, &err),
	    0);
	ck_assert_uint_eq(rec.nrcpts, 2);
	ck_assert(sl_eq(rec.rcpts[1].addr.spec, SL("y@example.net")));
	ck_assert_int_eq((int)rec.rcpts[1].provenance, PROV_XBLOCK);
	ck_assert_uint_eq(rec.nhops, 1);
	ck_assert(sl_eq(rec.hops[0].by, SL("mail.example.org")));
	ck_assert_int_eq(rec.hops[0].date, 1073264400);
	ck_assert(sl_eq(rec.subject, SL("two")));
	ck_assert_int_eq(rec.date, 1073264400);
	ck_assert(rec.has_digest && rec.has_sender && !rec.null_sender);
	ck_assert(sl_eq(row.client.ip, SL("192.0.2.9")));
	ck_assert(sl_eq(row.sender, SL("bob@example.org")));
	ck_assert_str_eq(rec.format, "ims55");
	arena_free(a);
	box_close(c);
}
END_TEST

static void
add_up(void *ctx, struct slice piece)
{
	*(size_t *)ctx += piece.n;
}

static void
reads(struct casefile *c, const char *path, const char *subject)
{
	struct err err = { 0 };
	struct spool_msg m;
	size_t n = 0;
	int64_t row = row_of(c, path);

	ck_assert_msg(case_load(c, row, &m, &err) == 0, "%s", err.msg);
	ck_assert_ptr_nonnull(sl_find(m.text, sl(subject)));
	ck_assert_uint_eq(m.nrcpts, 1);
	ck_assert_msg(case_bytes(c, row, add_up, &n, &err) == 0, "%s",
	    err.msg);
	ck_assert_uint_eq(n, m.size);
}

START_TEST(bytes_are_read_from_where_they_are_now)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct err err = { 0 };
	struct spool_msg m;
	char cmd[256];

	three_messages();
	scan(c, "Imcdata");
	reads(c, "In/A1", "Subject: one");
	ck_assert_int_eq(rename(in_box("Imcdata"), in_box("Old")), 0);
	ck_assert_int_eq(case_load(c, row_of(c, "In/A1"), &m, &err), -1);
	ck_assert_int_eq(case_spool_moved(c, in_box("Imcdata"), in_box("Old"),
	    &err), 1);
	reads(c, "In/A1", "Subject: one");
	snprintf(cmd, sizeof(cmd), "cd %s && mkdir bag && mv Old bag/data &&"
	    " tar cf x.tar bag && rm -r bag", box_dir);
	ck_assert_int_eq(system(cmd), 0);
	ck_assert_int_eq(case_spool_archived(c, in_box("Old"),
	    in_box("x.tar"), "bag/data", &err), 1);
	reads(c, "Out/A3", "Subject: three");
	reads(c, "In/A1", "Subject: one");
	box_close(c);
}
END_TEST

/* Tree and archives of all are gone: each message lies in its own piece. */
START_TEST(a_piece_of_an_archive_is_opened_for_its_own_entries)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct err err = { 0 };
	struct spool_msg m;
	struct slice one, three;
	char cmd[256], ids[2][16];

	three_messages();
	scan(c, "Imcdata");
	id_of(c, "path = 'In/A1'", ids[0]);
	id_of(c, "path = 'Out/A3'", ids[1]);
	one = sl(ids[0]);
	three = sl(ids[1]);
	snprintf(cmd, sizeof(cmd), "cd %s && mkdir a b && mv Imcdata a/data &&"
	    " cp -r a/data b && rm a/data/Out/A3 b/data/In/A1 &&"
	    " tar cf a.tar a && tar cf b.tar b && rm -r a b", box_dir);
	ck_assert_int_eq(system(cmd), 0);
	ck_assert_int_eq(case_load(c, row_of(c, "In/A1"), &m, &err), -1);
	ck_assert_int_eq(case_entries_archived(c, in_box("Imcdata"),
	    in_box("a.tar"), "a/data", &one, 1, &err), 1);
	ck_assert_int_eq(case_entries_archived(c, in_box("Imcdata"),
	    in_box("b.tar"), "b/data", &three, 1, &err), 1);
	reads(c, "In/A1", "Subject: one");
	reads(c, "Out/A3", "Subject: three");
	ck_assert_int_eq(case_entries_archived(c, in_box("Imcdata"),
	    in_box("a.tar"), "a/data", NULL, 0, &err), 1);
	ck_assert_int_eq(case_load(c, row_of(c, "In/A1"), &m, &err), -1);
	box_close(c);
}
END_TEST

START_TEST(other_bytes_in_its_place_are_not_the_message)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct err err = { 0 };
	struct spool_msg m;

	three_messages();
	scan(c, "Imcdata");
	put("Imcdata/In/A1", TO_X, "somebody else's");
	ck_assert_int_eq(case_load(c, row_of(c, "In/A1"), &m, &err), -1);
	ck_assert_msg(strstr(err.msg, "another message") != NULL, "%s",
	    err.msg);
	box_close(c);
}
END_TEST

/* ---- open and close ---- */

START_TEST(the_last_close_leaves_one_file)
{
	struct casefile *c = box_open(CASE_CREATE), *reader;

	three_messages();
	scan(c, "Imcdata");
	box_close(c);
	c = box_open(CASE_WRITE);
	scan(c, "Imcdata");
	ck_assert_int_eq(access(in_box("case.db-wal"), F_OK), 0);
	reader = box_open(CASE_READ);
	ck_assert_str_eq(where(reader, "folder = 'out'"), "Out/A3");
	box_close(c);
	box_close(reader);
	ck_assert_int_eq(access(in_box("case.db-wal"), F_OK), -1);
	ck_assert_int_eq(access(in_box("case.db-shm"), F_OK), -1);
	ck_assert_int_eq(access(in_box("case.db-journal"), F_OK), -1);
}
END_TEST

static const struct {
	const char	*make, *says;
} strangers[] = {
	{ "printf 'hello world, this is no database' >case.db", "no SQLite file" },
	{ "mkfifo case.db", "no regular file" },
	{ "mkdir case.db", "case.db" },
	{ "sqlite3 case.db 'CREATE TABLE x (y)'", "of another program" },
	{ "sqlite3 case.db 'PRAGMA application_id = 1936747363;"
	    " PRAGMA user_version = 999; CREATE TABLE x (y)'",
	    "newer version" },
	{ "sqlite3 case.db 'PRAGMA application_id = 1936747363;"
	    " PRAGMA user_version = -2; CREATE TABLE x (y)'",
	    "of another program" },
};

START_TEST(what_is_no_case_is_left_alone)
{
	struct casefile *c;
	struct err err = { 0 };
	char cmd[512];
	enum case_mode m;

	snprintf(cmd, sizeof(cmd), "cd %s && %s", box_dir, strangers[_i].make);
	ck_assert_int_eq(system(cmd), 0);
	snprintf(cmd, sizeof(cmd), "cp -a %s %s.before", box_path, box_path);
	ck_assert_int_eq(system(cmd), 0);
	for (m = CASE_READ; m <= CASE_CREATE; m++) {
		ck_assert_int_eq(case_open(&c, box_path, m, &err), -1);
		ck_assert_msg(strstr(err.msg, strangers[_i].says) != NULL,
		    "%s", err.msg);
	}
	snprintf(cmd, sizeof(cmd), "cd %s; [ ! -f case.db ] ||"
	    " cmp case.db case.db.before", box_dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

START_TEST(an_absent_or_empty_case_is_made_only_when_asked)
{
	struct casefile *c;
	struct err err = { 0 };

	ck_assert_int_eq(case_open(&c, box_path, CASE_WRITE, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "spoolscan -c"));
	ck_assert_int_eq(case_open(&c, box_path, CASE_READ, &err), -1);
	ck_assert_int_eq(access(box_path, F_OK), -1);
	ck_assert_int_eq(fclose(fopen(box_path, "w")), 0);
	ck_assert_int_eq(case_open(&c, box_path, CASE_WRITE, &err), -1);
	c = box_open(CASE_CREATE);
	ck_assert_uint_eq(strlen(case_uuid(c)), 36);
	box_close(c);
}
END_TEST

Suite *suite(void);
Suite *
suite(void)
{
	Suite *s = suite_create("case");
	TCase *t = tcase_create("case");

	tcase_add_checked_fixture(t, box_setup, box_teardown);
	tcase_add_test(t, a_scan_twice_finds_all_as_before);
	tcase_add_test(t, new_gone_changed_and_moved_are_told_apart);
	tcase_add_test(t, names_that_change_places_keep_their_ids);
	tcase_add_test(t, a_message_under_a_used_name_is_another_entry);
	tcase_add_test(t, a_copy_is_an_entry_and_a_renamed_spool_is_none);
	tcase_add_test(t, a_spool_that_was_moved_is_scanned_where_it_is);
	tcase_add_test(t, a_mark_is_the_class_and_no_scan_overwrites_it);
	tcase_add_loop_test(t, a_condition_chooses_each_entry_once, 0,
	    sizeof(choices) / sizeof(choices[0]));
	tcase_add_loop_test(t, a_wrong_condition_says_where, 0,
	    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, a_condition_that_never_ends_is_stopped);
	tcase_add_test(t, an_order_is_kept_and_a_wrong_one_told);
	tcase_add_test(t, ids_prefixes_and_paths_name_an_entry);
	tcase_add_test(t, several_ids_that_begin_alike_are_listed);
	tcase_add_test(t, a_row_is_what_was_scanned);
	tcase_add_test(t, bytes_are_read_from_where_they_are_now);
	tcase_add_test(t, a_piece_of_an_archive_is_opened_for_its_own_entries);
	tcase_add_test(t, other_bytes_in_its_place_are_not_the_message);
	tcase_add_test(t, the_last_close_leaves_one_file);
	tcase_add_loop_test(t, what_is_no_case_is_left_alone, 0,
	    sizeof(strangers) / sizeof(strangers[0]));
	tcase_add_test(t, an_absent_or_empty_case_is_made_only_when_asked);
	tcase_set_timeout(t, 30);
	suite_add_tcase(s, t);
	return s;
}
