#include <sys/xattr.h>

#include "spoolbox.h"

#define GOOD	"iis/good-mailroot"
#define BAD	"iis/bad-badmail/Badmail"
#define BADNAME	"Badmail/0a1b2c3d01c96f00000002"

static const struct expect messages[] = {
	{ GOOD, "Queue/NTFS_0a1b2c3d01c96f00000001.EML", 0, "queue", NULL,
	    NULL, PROV_NONE, "Received: ", NULL },
	{ GOOD, "Pickup/report.txt", 0, "pickup", "alice@example.org",
	    "bob@example.net", PROV_XBLOCK, "From: alice", NULL },
	{ GOOD, "Drop/0a1b2c3d.eml", 0, "drop", "zoe@example.net",
	    "bob@example.org hidden@example.org", PROV_XBLOCK, "Received: ",
	    NULL },
	{ GOOD, BADNAME ".BAD", 0, "badmail", NULL, NULL, PROV_NONE,
	    "From: postmaster", NULL },
	{ BAD, "lonely.BDR", 0, "badmail", NULL, NULL, PROV_NONE, "The spec",
	    "a message that is not there" },
	{ BAD, "other.BAD", 0, "badmail", NULL, NULL, PROV_NONE, "X-Sender: ",
	    NULL },
};

START_TEST(mailroot_entries_are_read_with_what_they_say)
{
	check_message(&messages[_i], "iis");
}
END_TEST

START_TEST(companions_are_no_entries_of_their_own)
{
	check_counts(GOOD, "iis", 4, 4);
	check_counts(BAD, "iis", 2, 2);
}
END_TEST

START_TEST(each_virtual_server_is_a_spool)
{
	size_t n, i;
	struct spool **set = box_open(FIXTURES "iis/odd-two-servers", NULL,
	    &n);

	ck_assert_uint_eq(n, 2);
	for (i = 0; i < n; i++) {
		ck_assert_str_eq(spool_format(set[i]), "iis");
		ck_assert_str_eq(spool_path(set[i]), i == 0 ?
		    FIXTURES "iis/odd-two-servers/vsi 1" :
		    FIXTURES "iis/odd-two-servers/vsi 2");
		spool_close(set[i]);
	}
}
END_TEST

/* Load the entry, whatever it is, of the one spool in the box. */
static void
load(const char *path, struct spool_msg *m, size_t *with)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool *sp = box_one(box("s"), "iis");
	struct spool_entry e;
	struct err err;

	ck_assert(box_find(sp, path, &e));
	*with = e.nwith;
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, m, &err), 1);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}

static void
mailroot(void)
{
	box_folders("s/Pickup/x");
	box_folders("s/Queue/x");
	box_folders("s/Badmail/x");
}

START_TEST(a_reason_becomes_one_clean_line)
{
	static const struct {
		struct slice in;
		const char *note;
	} reasons[] = {
		{ SL("because: x.\r\n\r\nCode 0xC00402C7.\r\n"),
		    "because: x. Code 0xC00402C7." },
		{ SL("a\0b\0\r\0\n\0c\0"), "ab c" },
		{ SL("\x93" "a\x1b[1m"), "\xef\xbf\xbd" "a [1m" },
		{ SL(""), "" },
	};
	struct spool_msg m;
	size_t with;

	mailroot();
	box_text("s/Badmail/one.bad", "From: a\n\n");
	box_put("s/Badmail/one.Bdr", reasons[_i].in);
	load("Badmail/one.bad", &m, &with);
	ck_assert_uint_eq(with, 1);
	ck_assert(sl_eq(m.note, sl(reasons[_i].note)));
}
END_TEST

START_TEST(a_stream_beside_the_file_gives_hints)
{
	struct spool_msg m;
	size_t with;

	mailroot();
	box_text("s/Queue/NTFS_1.EML", "Received: x\nFrom: Zoe "
	    "<zoe@example.net>\nSubject: y\n\n");
	box_put("s/Queue/NTFS_1.EML:PROPERTIES", SL("\0\1bob@example.org"
	    "\0\2zoe@example.net\0c\0@\0e\0.\0o\0r\0g\0\0"));
	load("Queue/NTFS_1.EML", &m, &with);
	ck_assert_uint_eq(with, 1);
	ck_assert_uint_ge(m.nhints, 2);
	ck_assert(m.has_sender);
	ck_assert(sl_eq(m.sender.spec, SL("zoe@example.net")));
	ck_assert_int_eq(m.sender_prov, PROV_STREAM);
	ck_assert(sl_eq(m.rcpts[0].addr.spec, SL("bob@example.org")));
	ck_assert(sl_eq(m.queue_id, SL("NTFS_1")));
	ck_assert_uint_eq(m.nstreams, 1);
	ck_assert(sl_eq(m.streams[0].name, SL("PROPERTIES")));
	ck_assert_uint_eq(m.streams[0].size, 50);
	ck_assert(m.streams[0].sidecar);
	ck_assert(!m.stream_absent);
}
END_TEST

/* As Samba and ntfs-3g show it. */
START_TEST(a_stream_that_is_an_attribute_gives_hints)
{
	static const char *const names[] = { "user.PROPERTIES",
	    "user.DosStream.PROPERTIES:$DATA" };
	struct spool_msg m;
	size_t with;

	mailroot();
	box_text("s/Queue/NTFS_1.EML", "Received: x\nFrom: Zoe "
	    "<zoe@example.net>\nSubject: y\n\n");
	if (setxattr(box("s/Queue/NTFS_1.EML"), names[_i],
	    "\1zoe@example.net\0\2bob@example.org", 33, 0) == -1) {
		fputs("skipped iis: no user xattrs on /tmp\n", stderr);
		return;
	}
	load("Queue/NTFS_1.EML", &m, &with);
	ck_assert_uint_eq(with, 0);
	ck_assert_uint_eq(m.nstreams, 1);
	ck_assert(sl_eq(m.streams[0].name, SL("PROPERTIES")));
	ck_assert_uint_eq(m.streams[0].size, 33);
	ck_assert(!m.streams[0].sidecar);
	ck_assert(!m.stream_absent);
	ck_assert(sl_eq(m.sender.spec, SL("zoe@example.net")));
	ck_assert_int_eq(m.sender_prov, PROV_STREAM);
	ck_assert_uint_eq(m.nrcpts, 1);
	ck_assert(sl_eq(m.rcpts[0].addr.spec, SL("bob@example.org")));
}
END_TEST

static const struct {
	const char	*file, *text, *beside;
	bool		 absent;
} absent[] = {
	{ "Queue/NTFS_1.EML", "From: a\n\n", NULL, true },
	{ "Queue/NTFS_1.EML", "From: a\n\n", ":Zone.Identifier", true },
	{ "Queue/NTFS_1.EML", "From: a\n\n", ":other", false },
	{ "Queue/NTFS_1.EML", "X-Sender: a@example.org\n"
	    "X-Receiver: b@example.org\nFrom: a\n\n", NULL, false },
	{ "Pickup/one.txt", "From: a\n\n", NULL, false },
};

START_TEST(only_a_queue_file_can_lack_its_stream)
{
	char name[128];
	struct spool_msg m;
	size_t with;

	mailroot();
	snprintf(name, sizeof(name), "s/%s", absent[_i].file);
	box_text(name, absent[_i].text);
	if (absent[_i].beside != NULL) {
		snprintf(name, sizeof(name), "s/%s%s", absent[_i].file,
		    absent[_i].beside);
		box_text(name, "x");
	}
	load(absent[_i].file, &m, &with);
	ck_assert_int_eq(m.stream_absent, absent[_i].absent);
	ck_assert_uint_eq(m.nproblems, 0);
}
END_TEST

START_TEST(a_stream_without_its_file_is_an_entry)
{
	struct spool_msg m;
	size_t with;

	mailroot();
	box_text("s/Queue/gone.EML:x", "\1bob@example.org");
	load("Queue/gone.EML:x", &m, &with);
	ck_assert_uint_eq(with, 0);
	ck_assert(has_problem(&m, "a stream of a file"));
	ck_assert(!m.has_sender);
}
END_TEST

static const struct tree_case trees[] = {
	{ { "s/pickup/x", "s/queue/y", "s/badmail/z" }, "s", "iis" },
	{ { "vsi 1/Queue/x" }, "vsi 1", "iis" },
	{ { "s/Queue/x" }, "s", "eml" },
	{ { "Badmail/a.BAD" }, "Badmail", "iis" },
	{ { "Badmail/a.txt" }, "Badmail", "eml" },
	{ { "Queue/NTFS_01.EML" }, "Queue", "iis" },
	{ { "s/Pickup/x", "s/Replay/y" }, "s", "ex2007" },
};

START_TEST(a_tree_is_a_mailroot_by_its_folders)
{
	check_tree(&trees[_i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_iis");
	TCase *tc = tcase_create("iis");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, mailroot_entries_are_read_with_what_they_say,
	    0, NITEMS(messages));
	tcase_add_test(tc, companions_are_no_entries_of_their_own);
	tcase_add_test(tc, each_virtual_server_is_a_spool);
	tcase_add_loop_test(tc, a_reason_becomes_one_clean_line, 0, 4);
	tcase_add_test(tc, a_stream_beside_the_file_gives_hints);
	tcase_add_loop_test(tc, a_stream_that_is_an_attribute_gives_hints, 0,
	    2);
	tcase_add_loop_test(tc, only_a_queue_file_can_lack_its_stream, 0,
	    NITEMS(absent));
	tcase_add_test(tc, a_stream_without_its_file_is_an_entry);
	tcase_add_loop_test(tc, a_tree_is_a_mailroot_by_its_folders, 0,
	    NITEMS(trees));
	suite_add_tcase(s, tc);
	return s;
}
