#include "spoolbox.h"

/* What stands in the box, and what is found when it is opened. */
static const struct {
	const char	*files[8];
	const char	*format;	/* forced, or NULL */
	const char	*found;		/* "path=format ", below the box */
} opens[] = {
	{ { "a/In/x", "a/Out/y", "b/new/1", "b/cur/2" }, NULL,
	    "a=ims55 b=maildir " },
	{ { "z/y/x/In/1", "z/y/x/Out/2" }, NULL, "z/y/x=ims55 " },
	{ { "z/y/x/w/In/1", "z/y/x/w/Out/2" }, NULL, "=eml " },
	{ { "a/b.eml" }, NULL, "=eml " },
	{ { "In/x", "Out/y", "Out/z/new/1", "Out/z/cur/2" }, NULL,
	    "=ims55 " },
	{ { "a/new/1", "a/cur/2", "a/.Sub/new/3", "a/.Sub/cur/4" }, NULL,
	    "a=maildir " },
	{ { "a/In/x", "a/Out/y", "b/new/1", "b/cur/2" }, "maildir",
	    "b=maildir " },
	{ { "a/In/x", "a/Out/y" }, "eml", "=eml " },
	{ { "a/In/x", "a/Out/y" }, "mbox", "=mbox " },
	{ { "a/x" }, "ims55", "=ims55 " },
	{ { "vsi 2/Queue/x", "vsi 10/Queue/y", "vsi 1/Queue/z" }, NULL,
	    "vsi 1=iis vsi 10=iis vsi 2=iis " },
};

START_TEST(an_operand_is_a_spool_or_holds_some)
{
	struct buf b = { 0 };
	struct spool **set;
	const char *path;
	size_t n, i;

	for (i = 0; i < 8 && opens[_i].files[i] != NULL; i++)
		box_text(opens[_i].files[i], "x");
	set = box_open(box_dir, opens[_i].format, &n);
	for (i = 0; i < n; i++) {
		path = spool_path(set[i]) + strlen(box_dir);
		buf_fmt(&b, "%s=%s ", path + (*path == '/'),
		    spool_format(set[i]));
		spool_close(set[i]);
	}
	ck_assert_msg(sl_eq(buf_sl(&b), sl(opens[_i].found)), SL_FMT,
	    SL_ARG(buf_sl(&b)));
	buf_free(&b);
}
END_TEST

START_TEST(a_linked_folder_is_not_searched)
{
	struct spool **set;
	size_t n;

	box_text("real/x/In/1", "x");
	box_text("real/x/Out/2", "x");
	box_folders("op/x");
	ck_assert_int_eq(symlink(box("real"), box("op/link")), 0);
	set = box_open(box("op"), NULL, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(spool_format(set[0]), "eml");
	spool_close(set[0]);
}
END_TEST

/* What cannot be opened, and what the message must name. */
static const struct {
	const char	*path, *format, *says;
	enum err_code	 code;
} errors[] = {
	{ "s", "x", "unknown format 'x': one of postfix, exim, sendmail,"
	    " opensmtpd, qmail, haraka, ims55, iis, ex2007, maildir,"
	    " mbox, smartermail, imail, mailenable, mailsite,"
	    " xmail, mdaemon, kerio, hmailserver, eml", ERR_USAGE },
	{ "absent", NULL, "absent: cannot open: No such file", ERR_SYS },
	{ "fifo", NULL, "neither a folder nor a regular file", ERR_UNSAFE },
};

START_TEST(what_cannot_be_opened_is_told)
{
	struct err err = { ERR_NONE, 0, "" };
	struct spool **set;
	size_t n;

	box_text("s/x", "x");
	ck_assert_int_eq(mkfifo(box("fifo"), 0600), 0);
	ck_assert_int_eq(spool_open(&set, &n, box_arena,
	    box(errors[_i].path), errors[_i].format, &err), -1);
	ck_assert_int_eq(err.code, errors[_i].code);
	ck_assert_msg(strstr(err.msg, errors[_i].says) != NULL, "%s",
	    err.msg);
}
END_TEST

START_TEST(too_many_folders_are_told_when_spools_are_among_them)
{
	struct err err = { ERR_NONE, 0, "" };
	struct spool **set;
	char name[32];
	size_t n, i;

	for (i = 0; i < 10050; i++) {
		snprintf(name, sizeof(name), "s/d%zu/", i);
		box_folders(name);
	}
	set = box_open(box("s"), NULL, &n);
	ck_assert_uint_eq(n, 1);
	spool_close(set[0]);
	for (i = 0; i < 10050; i += 50) {
		snprintf(name, sizeof(name), "s/d%zu/In/x", i);
		box_folders(name);
		snprintf(name, sizeof(name), "s/d%zu/Out/x", i);
		box_folders(name);
	}
	ck_assert_int_eq(spool_open(&set, &n, box_arena, box("s"), NULL,
	    &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.msg, "one by one"));
}
END_TEST

START_TEST(a_file_is_a_spool_of_one_entry)
{
	static const char *const ways[] = { "s/x.eml", "link" };
	struct spool_entry e;
	struct spool *sp;
	struct err err;
	char path[256];

	box_text("s/x.eml", "Subject: x\n\n");
	box_text("s/y.eml", "Subject: y\n\n");
	ck_assert_int_eq(symlink("s/x.eml", box("link")), 0);
	sp = box_one(box(ways[_i]), "eml");
	ck_assert_int_eq(spool_next(sp, box_arena, &e, &err), 1);
	snprintf(path, sizeof(path), "%s/%s", spool_path(sp), e.path);
	ck_assert_int_eq(access(path, R_OK), 0);
	ck_assert_str_eq(strrchr(path, '/'), "/x.eml");
	spool_entry_done(&e);
	ck_assert_int_eq(spool_next(sp, box_arena, &e, &err), 0);
	spool_close(sp);
}
END_TEST

START_TEST(links_and_fifos_are_entries_that_are_not_opened)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	size_t links = 0, others = 0;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;

	box_text("s/a.eml", "Subject: a\n\n");
	ck_assert_int_eq(symlink("/etc/passwd", box("s/b.eml")), 0);
	ck_assert_int_eq(symlink("/etc", box("s/c")), 0);
	ck_assert_int_eq(mkfifo(box("s/d.eml"), 0600), 0);
	sp = box_one(box("s"), "eml");
	while (spool_next(sp, box_arena, &e, &err) == 1) {
		if (e.refused != NULL) {
			links += strcmp(e.refused, "a link") == 0;
			others += strcmp(e.refused,
			    "a fifo, socket or device") == 0;
			ck_assert_int_eq(spool_start(sp, &e, rd, &err), -1);
			ck_assert_int_eq(err.code, ERR_UNSAFE);
			ck_assert_int_eq(spool_load(rd, &m, &err), 0);
		}
		spool_entry_done(&e);
	}
	ck_assert_uint_eq(links, 2);
	ck_assert_uint_eq(others, 1);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(a_file_that_vanished_is_told_by_errno)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool *sp;
	struct err err;

	box_text("s/a\nb", "x");
	sp = box_one(box("s"), "eml");
	ck_assert_int_eq(spool_next(sp, box_arena, &e, &err), 1);
	ck_assert_str_eq(e.path, "a\nb");
	ck_assert_int_eq(unlink(box("s/a\nb")), 0);
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), -1);
	ck_assert_int_eq(err.sys, ENOENT);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(a_folder_that_went_away_is_no_error)
{
	struct spool_entry e;
	struct spool *sp;
	struct err err;

	box_text("s/a", "x");
	box_folders("s/b/x");
	sp = box_one(box("s"), "eml");
	ck_assert_int_eq(spool_next(sp, box_arena, &e, &err), 1);
	spool_entry_done(&e);
	ck_assert_int_eq(rmdir(box("s/b")), 0);
	ck_assert_int_eq(spool_next(sp, box_arena, &e, &err), 0);
	spool_close(sp);
}
END_TEST

/* The entries' paths, joined by blanks, in the walk's order. */
static void
walked(struct spool *sp, struct buf *b)
{
	struct spool_entry e;
	struct err err;

	b->n = 0;
	while (spool_next(sp, box_arena, &e, &err) == 1) {
		buf_fmt(b, "%s ", e.path);
		spool_entry_done(&e);
	}
	buf_addc(b, '\0');
}

/* PF-39: as the server moves them; and what it moved meanwhile. */
START_TEST(the_walk_of_a_live_spool_begins_anew_without_what_is_known)
{
	struct spool_entry e;
	struct buf b = { 0 };
	uint64_t known;
	struct spool *sp;

	box_text("q/hold/44444A", "x");
	box_text("q/deferred/3/33333A", "x");
	box_text("q/active/22222A", "x");
	box_text("q/incoming/11111A", "x");
	sp = box_one(box("q"), "postfix");
	ck_assert(spool_moves(sp));
	walked(sp, &b);
	ck_assert_str_eq(b.p, "incoming/11111A active/22222A "
	    "deferred/3/33333A hold/44444A ");
	spool_again(sp, NULL, 0);
	ck_assert(box_find(sp, "active/22222A", &e));
	known = spool_entry_id(sp, &e);
	spool_entry_done(&e);
	ck_assert_int_eq(rename(box("q/deferred/3/33333A"),
	    box("q/active/33333A")), 0);
	ck_assert(!spool_has(sp, "deferred/3/33333A"));
	ck_assert(spool_has(sp, "active/33333A"));
	spool_again(sp, &known, 1);
	walked(sp, &b);
	ck_assert_str_eq(b.p, "incoming/11111A active/33333A hold/44444A ");
	buf_free(&b);
	spool_close(sp);
}
END_TEST

START_TEST(what_has_no_id_is_met_the_first_time_only)
{
	struct buf b = { 0 };
	struct spool *sp;

	box_text("x/input/odd", "x");
	box_folders("x/msglog/x");
	sp = box_one(box("x"), "exim");
	walked(sp, &b);
	ck_assert_str_eq(b.p, "input/odd ");
	spool_again(sp, NULL, 0);
	walked(sp, &b);
	ck_assert_str_eq(b.p, "");
	buf_free(&b);
	spool_close(sp);
}
END_TEST

START_TEST(a_folder_nested_too_deep_is_told_and_the_walk_goes_on)
{
	struct buf b = { 0 };
	size_t i, entries = 0, bad = 0;
	struct spool_entry e;
	struct spool *sp;
	struct err err;
	int r;

	buf_add(&b, SL("s/"));
	for (i = 0; i < 70; i++)
		buf_add(&b, SL("d/"));
	buf_add(&b, SL("deep"));
	box_text(arena_str(box_arena, buf_sl(&b)), "x");
	box_text("s/e", "x");
	box_text("s/f/g", "x");
	sp = box_one(box("s"), "eml");
	while ((r = spool_next(sp, box_arena, &e, &err)) != 0) {
		if (r == 1) {
			entries++;
			spool_entry_done(&e);
			continue;
		}
		bad++;
		ck_assert_int_eq(err.code, ERR_LIMIT);
	}
	ck_assert_uint_eq(entries, 2);
	ck_assert_uint_eq(bad, 1);
	spool_close(sp);
	buf_free(&b);
}
END_TEST

static void
gather(void *ctx, struct slice bytes)
{
	buf_add(ctx, bytes);
}

START_TEST(all_bytes_of_a_message_can_be_had)
{
	static const size_t sizes[] = { 0, 1, 5000, SPOOL_READ_MAX,
	    SPOOL_READ_MAX + 1, 3u * SPOOL_READ_MAX + 7 };
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct buf in = { 0 }, out = { 0 };
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	size_t i;

	for (i = 0; i < sizes[_i]; i++)
		buf_addc(&in, (char)(i * 7 + i / 251));
	box_put("x", buf_sl(&in));
	sp = box_one(box("x"), "eml");
	ck_assert(box_find(sp, "x", &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert_uint_eq(m.size, sizes[_i]);
	ck_assert_int_eq(m.cut, sizes[_i] > SPOOL_READ_MAX);
	ck_assert_int_eq(spool_bytes(rd, &m, gather, &out, &err), 0);
	ck_assert(sl_eq(buf_sl(&in), buf_sl(&out)));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
	buf_free(&in);
	buf_free(&out);
}
END_TEST

START_TEST(every_format_has_a_name_and_a_line_of_help)
{
	const struct spool_driver *const *d;
	size_t n = 0;

	for (d = spool_drivers(); *d != NULL; d++, n++) {
		ck_assert_uint_gt(strlen(spool_driver_name(*d)), 0);
		ck_assert_uint_gt(strlen(spool_driver_what(*d)), 0);
	}
	ck_assert_uint_ge(n, 6);
}
END_TEST

START_TEST(provenances_have_the_words_of_the_design)
{
	ck_assert_str_eq(provenance_name(PROV_NONE), "none");
	ck_assert_str_eq(provenance_name(PROV_XBLOCK), "xblock");
	ck_assert_str_eq(provenance_name(PROV_HEADERS), "headers");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("spool");
	TCase *tc = tcase_create("spool");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, an_operand_is_a_spool_or_holds_some, 0,
	    NITEMS(opens));
	tcase_add_test(tc, a_linked_folder_is_not_searched);
	tcase_add_loop_test(tc, what_cannot_be_opened_is_told, 0,
	    NITEMS(errors));
	tcase_add_test(tc,
	    too_many_folders_are_told_when_spools_are_among_them);
	tcase_add_loop_test(tc, a_file_is_a_spool_of_one_entry, 0, 2);
	tcase_add_test(tc, links_and_fifos_are_entries_that_are_not_opened);
	tcase_add_test(tc, a_file_that_vanished_is_told_by_errno);
	tcase_add_test(tc, a_folder_that_went_away_is_no_error);
	tcase_add_test(tc,
	    the_walk_of_a_live_spool_begins_anew_without_what_is_known);
	tcase_add_test(tc, what_has_no_id_is_met_the_first_time_only);
	tcase_add_test(tc,
	    a_folder_nested_too_deep_is_told_and_the_walk_goes_on);
	tcase_add_loop_test(tc, all_bytes_of_a_message_can_be_had, 0, 6);
	tcase_add_test(tc, every_format_has_a_name_and_a_line_of_help);
	tcase_add_test(tc, provenances_have_the_words_of_the_design);
	suite_add_tcase(s, tc);
	return s;
}
