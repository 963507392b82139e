#include "mtabox.h"
#include "spool/mta.h"

#define GOOD	"postfix/good-queue"
#define ODD	"postfix/odd-queue"
#define BAD	"postfix/bad-queue"

static const struct queued messages[] = {
	/* PF-13 to PF-18, PF-34, PF-35 */
	{ GOOD, "deferred/3/3F9A01234", "deferred: alice@example.org>"
	    " bob@example.net 'connect to mx.example.net[198.51.100.7]:25:"
	    " Connection refused'; carol@example.net:done;"
	    " dave@example.net:bounced 'host mx.example.net said: 550 5.1.1"
	    " no such user'; client 203.0.113.9; name host.example.net;"
	    " helo client.example.net; account alice;", NULL, NULL },
	/* PF-16, PF-21, and a peer without a name */
	{ GOOD, "hold/4B7C05678", "hold: \"john doe\"@example.com>"
	    " bob@example.org was sales@example.org"
	    " ORCPT=rfc822;sales@example.org NOTIFY=SUCCESS,FAILURE;"
	    " \"a@b\"@example.net ORCPT=rfc822;\"a@b\"@example.net"
	    " NOTIFY=NEVER; client 2001:db8::25; helo six.example.com;"
	    " ret HDRS; envid QQ+201+2B2;", NULL, NULL },
	/* PF-19, PF-20 */
	{ GOOD, "active/5C1D09999", "active: <>> alice@example.org;"
	    " note a report of this server about 3F9A01234;", NULL, NULL },
	/* PF-32 */
	{ GOOD, "maildrop/7E2F0AAAA", "maildrop: carol@example.org>"
	    " bob@example.net;",
	    "To: bob@example.net\nSubject: by hand\n\nHi.\n", NULL },
	/* PF-3, PF-5 */
	{ GOOD, "deferred/E/3/4jWyZY6bvpzCr0t", "deferred: zoe@example.net>"
	    " bob@example.org; client 198.51.100.7; name zoe.example.net;"
	    " helo zoe.example.net;", NULL, NULL },
	/* PF-36 */
	{ GOOD, "corrupt/8A0B0CCCC", "corrupt: x@example.com>"
	    " bob@example.org;", "Subject: x\n\nx\n",
	    "the file ends before its last record" },

	/* PF-25, PF-28: pointers to and fro, a changed sender, a recipient
	   added and one taken off, a header edited in place */
	{ ODD, "deferred/A0000000A", "deferred: new-sender@example.org>"
	    " kept@example.net; off@example.net:canceled; added@example.net;"
	    " note to go through smtp:[127.0.0.1]:10025;",
	    "Received: from x by mail.example.org; Mon, 5 Jan 2004 01:02:03"
	    " +0000\nFrom: x@example.com\nSubject: the new one\n"
	    "To: kept@example.net\n\nbody\n", NULL },
	/* PF-16, PF-23, PF-27, PF-29 */
	{ ODD, "active/A0000000B", "active: <>> j\xc3\xb6rg@example.org;"
	    " note redirected to trap@example.com;", NULL,
	    "redirected: it goes to one other address" },
	/* PF-24 */
	{ ODD, "active/A0000000C", "active: x@example.com> bob@example.org;",
	    "", NULL },
	/* PF-17: records of old; what is logged of the peer counts */
	{ ODD, "active/A0000000D", "active: x@example.com> bob@example.org"
	    " ORCPT=rfc822;Bob@example.org NOTIFY=DELAY; client 192.0.2.33;"
	    " name far.example.com; helo far; ret FULL; envid old-id;",
	    "Subject: forwarded\n\nx\n", NULL },
	/* PF-33 */
	{ ODD, "maildrop/A0000000E", "maildrop: bob@example.org>"
	    " c@example.net; account bob;", "Subject: requeued\n\nx\n", NULL },

	{ BAD, "active/B00000002", "active: nobody>", "",
	    "a record goes beyond the end" },
	{ BAD, "active/B00000003", "active: nobody>", NULL,
	    "a record of a type that is none there" },
	{ BAD, "active/B00000004", "active: nobody>", NULL,
	    "a record's length is none" },		/* PF-9 */
	{ BAD, "active/B00000005", "active: nobody>", NULL,
	    "a record goes beyond the end" },
	{ BAD, "active/B00000006", "active: nobody>", NULL,
	    "its pointers go in circles" },		/* PF-26 */
	{ BAD, "active/B00000007", "active: nobody>", NULL,
	    "a pointer leads out of the file" },
	{ BAD, "incoming/B00000008", "incoming: x@example.com>"
	    " bob@example.org;", "Subject: half\n",
	    "still being received" },			/* PF-11 */
	{ BAD, "active/B00000009", "active: nobody>", "",
	    "the file ends before its last record" },
	{ BAD, "active/B0000000A", "active: nobody>", "Subject: none\n\n",
	    "an address of the envelope is none" },
	{ BAD, "incoming/B0000000C", "incoming: nobody>", "",
	    "still being received" },			/* PF-7 */
};

START_TEST(the_records_are_envelope_and_message)
{
	check_queued(&messages[_i], "postfix");
}
END_TEST

START_TEST(logs_locks_and_sockets_are_no_messages)	/* PF-1, PF-2 */
{
	check_counts(GOOD, "postfix", 6, 6);
	check_counts(ODD, "postfix", 5, 5);
	check_counts(BAD, "postfix", 12, 12);
}
END_TEST

START_TEST(a_long_line_is_a_chain_of_records)		/* PF-23 */
{
	struct spool *sp = box_one(FIXTURES ODD, "postfix");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, "active/A0000000B", &e, &m);
	static const char head[] = "Subject: odd\n\n";
	size_t n = sizeof(head) - 1;

	ck_assert(sl_starts(m.text, sl(head)));
	ck_assert_uint_eq(m.text.n, n + 2 * 2048 + 2 + 9);
	ck_assert_int_eq(m.text.p[n + 2047], 'a');
	ck_assert_int_eq(m.text.p[n + 2048], 'b');
	ck_assert(sl_eq(sl_from(m.text, n + 4096), SL("c\nnul\0here\n")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(a_damaged_envelope_leaves_the_message)	/* PF-10 */
{
	struct spool *sp = box_one(FIXTURES BAD, "postfix");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, "active/B00000003", &e, &m);

	ck_assert(sl_starts(m.text, SL("Received: from ")));
	ck_assert(sl_iends(m.text, SL("\n\nHello.\n")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(the_logs_of_a_message_belong_to_it)
{
	struct spool *sp = box_one(FIXTURES GOOD, "postfix");
	struct spool_entry e;

	ck_assert(box_find(sp, "deferred/3/3F9A01234", &e));
	ck_assert_uint_eq(e.nwith, 2);
	ck_assert_str_eq(e.with[0].dir->path, "defer/3");
	ck_assert_str_eq(e.with[1].dir->path, "bounce");
	spool_entry_done(&e);
	spool_close(sp);

	/* again: which folder comes first is the file system's choice */
	sp = box_one(FIXTURES GOOD, "postfix");
	ck_assert(box_find(sp, "deferred/E/3/4jWyZY6bvpzCr0t", &e));
	ck_assert_uint_eq(e.nwith, 1);
	ck_assert_str_eq(e.with[0].dir->path, "defer/E/3");
	spool_entry_done(&e);
	spool_close(sp);
}
END_TEST

/* PF-8.  The sample arrived in 2004. */
static const struct {
	const char	*folder;
	time_t		 mtime;
	const char	*note;
} retries[] = {
	{ "deferred", 1073268123, "tried, again at 2004-01-05T02:02:03Z" },
	{ "deferred", 1073264522, "" },		/* before it came */
	{ "deferred", 1100000000, "" },		/* a copy lost its time */
	{ "hold", 1073268123, "" },
};

START_TEST(the_time_of_a_deferred_file_is_that_of_the_next_attempt)
{
	struct timespec t[2] = { { .tv_sec = retries[_i].mtime },
	    { .tv_sec = retries[_i].mtime } };
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	char path[64], cmd[512];

	snprintf(path, sizeof(path), "%s/3F9A01234", retries[_i].folder);
	box_folders("active/x");
	box_folders(path);
	snprintf(cmd, sizeof(cmd), "cp " FIXTURES GOOD
	    "/deferred/3/3F9A01234 %s", box(path));
	ck_assert_int_eq(system(cmd), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, box(path), t, 0), 0);
	sp = box_one(box("."), "postfix");
	rd = load_one(sp, path, &e, &m);
	ck_assert(sl_eq(m.note, sl(retries[_i].note)));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* Hashed twice, so that more folders are looked into than are kept. */
START_TEST(the_folders_of_logs_stay_as_long_as_their_entries)
{
	enum { MANY = 16 * 16 };
	struct spool_entry e[MANY];
	char name[64], want[64];
	struct spool *sp;
	struct err err;
	size_t i;

	box_text("active/x", "x");
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "deferred/%zX/%zX/%zX%zX000",
		    i / 16, i % 16, i / 16, i % 16);
		box_text(name, "x");
		snprintf(name, sizeof(name), "defer/%zX/%zX/%zX%zX000",
		    i / 16, i % 16, i / 16, i % 16);
		box_text(name, "x");
	}
	sp = box_one(box("."), "postfix");
	for (i = 0; i < MANY; i++) {
		ck_assert_int_eq(spool_next(sp, box_arena, &e[i], &err), 1);
		if (strcmp(e[i].folder, "active") == 0)
			spool_entry_done(&e[i--]);
	}
	for (i = 0; i < MANY; i++) {
		ck_assert_uint_eq(e[i].nwith, 1);
		snprintf(want, sizeof(want), "defer/%c/%c", e[i].name[0],
		    e[i].name[1]);
		ck_assert_str_eq(e[i].with[0].dir->path, want);
		spool_entry_done(&e[i]);
	}
	spool_close(sp);
}
END_TEST

/* Queues that were taken out of their directory, and the format that wins. */
static const struct {
	const char	*from, *to, *root, *format;
} alone[] = {
	{ GOOD "/hold/4B7C05678", "hold/4B7C05678", "hold", "postfix" },
	{ GOOD "/deferred/3/3F9A01234", "x/3F9A01234", "x", "postfix" },
	{ GOOD "/deferred/3/3F9A01234", "deferred/3/3F9A01234", "deferred",
	    "postfix" },
	{ GOOD "/maildrop/7E2F0AAAA", "maildrop/7E2F0AAAA", "maildrop",
	    "postfix" },
	{ "eml/good-plain.eml", "hold/x", "hold", "eml" },
};

START_TEST(a_lone_queue_is_known_by_its_files)
{
	char cmd[512];

	box_folders(alone[_i].to);
	snprintf(cmd, sizeof(cmd), "cp " FIXTURES "%s %s", alone[_i].from,
	    box(alone[_i].to));
	ck_assert_int_eq(system(cmd), 0);
	spool_close(box_one(box(alone[_i].root), alone[_i].format));
}
END_TEST

START_TEST(a_file_cut_anywhere_gives_what_is_left)
{
	static const char *const beside[] = { "incoming/x", NULL };

	check_cuts(FIXTURES GOOD "/deferred/3/3F9A01234", "active",
	    "3F9A01234", beside, "postfix");
	check_cuts(FIXTURES ODD "/deferred/A0000000A", "active",
	    "3F9A01234", beside, "postfix");
}
END_TEST

/* Internal form, and as RFC 5321 has it: PF-16. */
static const struct {
	const char	*in, *out;
} addresses[] = {
	{ "bob@Example.NET", "bob@example.net" },
	{ "john doe@example.net", "\"john doe\"@example.net" },
	{ "a@b@example.net", "\"a@b\"@example.net" },
	{ "a\"b\\c@example.net", "\"a\\\"b\\\\c\"@example.net" },
	{ ".x@example.net", "\".x\"@example.net" },
	{ "root", "root" },
	{ "", "" },
	{ "a\nb@example.net", NULL },
};

START_TEST(an_internal_address_gets_its_quotes)
{
	struct addr ad;
	bool is = addr_internal(box_arena, sl(addresses[_i].in), &ad);

	ck_assert_int_eq(is, addresses[_i].out != NULL);
	if (is)
		ck_assert_msg(sl_eq(ad.spec, sl(addresses[_i].out)), SL_FMT,
		    SL_ARG(ad.spec));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_postfix");
	TCase *tc = tcase_create("postfix");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, the_records_are_envelope_and_message, 0,
	    NITEMS(messages));
	tcase_add_test(tc, logs_locks_and_sockets_are_no_messages);
	tcase_add_test(tc, a_long_line_is_a_chain_of_records);
	tcase_add_test(tc, a_damaged_envelope_leaves_the_message);
	tcase_add_test(tc, the_logs_of_a_message_belong_to_it);
	tcase_add_loop_test(tc,
	    the_time_of_a_deferred_file_is_that_of_the_next_attempt, 0,
	    NITEMS(retries));
	tcase_add_test(tc,
	    the_folders_of_logs_stay_as_long_as_their_entries);
	tcase_add_loop_test(tc, a_lone_queue_is_known_by_its_files, 0,
	    NITEMS(alone));
	tcase_add_test(tc, a_file_cut_anywhere_gives_what_is_left);
	tcase_add_loop_test(tc, an_internal_address_gets_its_quotes, 0,
	    NITEMS(addresses));
	suite_add_tcase(s, tc);
	return s;
}
