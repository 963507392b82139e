#include <check.h>
#include <stdlib.h>

#include "judge/record.h"

static struct arena *a;
static struct charsets *cs;
static struct buf packed;
static struct record rec;

static const char message[] =
    "Return-Path: <>\n"
    "Received: from a.example.net ([192.0.2.7]) by mx.example.org with ESMTP"
    " id 1 for <bob@example.org>; Mon, 5 Jan 2004 01:00:00 +0000\n"
    "From: mailer-daemon@mx.example.org\n"
    "To: bob@example.org\n"
    "Subject: =?utf-8?Q?caf=C3=A9?=\n"
    "this is no field\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
    "\n"
    "--b\n\nnot delivered\n"
    "--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.org\n\n"
    "Final-Recipient: rfc822; carol@example.com\n"
    "Action: failed\nStatus: 5.1.1\n\n"
    "--b\nContent-Type: message/rfc822\n\n"
    "From: bob@example.org\nSubject: hello\n\nhi\n"
    "--b--\n";

static void
setup(void)
{
	struct spool_msg m = { .text = sl(message), .size = 1 };

	a = arena_new();
	cs = charsets_new();
	m.hints[m.nhints++] = SL("hint@example.org");
	rec = (struct record){ .unread = true };
	record_read(&rec, a, cs, &m, RECORD_HOPS_MAX);
	packed.n = 0;
	record_pack(&rec, &packed);
}

static void
teardown(void)
{
	buf_free(&packed);
	packed = (struct buf){ NULL, 0, 0 };
	charsets_free(cs);
	arena_free(a);
}

START_TEST(a_record_comes_back_as_it_was)
{
	struct record r = { .size = 0 };
	struct buf again = { 0 };

	ck_assert(record_unpack(&r, a, buf_sl(&packed)));
	ck_assert_int_eq(r.kind, KIND_BOUNCE);
	ck_assert(r.has_sender && r.null_sender && r.has_report);
	ck_assert(sl_eq(r.subject, SL("caf\xc3\xa9")));
	ck_assert(sl_eq(r.failed, SL("carol@example.com")));
	ck_assert(sl_eq(r.orig_subject, SL("hello")));
	ck_assert_uint_eq(r.nhops, 1);
	ck_assert(sl_eq(r.hops[0].by, SL("mx.example.org")));
	ck_assert_uint_eq(r.nrcpts, rec.nrcpts);
	ck_assert_uint_eq(r.nproblems, 1);
	ck_assert_uint_eq(r.nhints, 1);
	record_pack(&r, &again);
	ck_assert(sl_eq(buf_sl(&again), buf_sl(&packed)));
	buf_free(&again);
}
END_TEST

START_TEST(verdicts_of_filters_come_back_too)
{
	struct spool_msg m = { .text = SL("X-Spam-Status: Yes, score=-1.5"
	    " required=5\nAuthentication-Results: mx.example.org; spf=fail\n"
	    "From: a@example.net\n\nhi\n"), .size = 1 };
	struct record r = { .size = 0 };

	rec = (struct record){ .unread = true };
	record_read(&rec, a, cs, &m, RECORD_HOPS_MAX);
	packed.n = 0;
	record_pack(&rec, &packed);
	ck_assert(record_unpack(&r, a, buf_sl(&packed)));
	ck_assert_uint_eq(r.nverdicts, 2);
	ck_assert_int_eq(r.verdicts[0].score, -150);
	ck_assert(r.verdicts[0].bad && r.verdicts[1].bad);
	ck_assert(sl_eq(r.verdicts[1].host, SL("mx.example.org")));
	ck_assert(sl_eq(r.verdicts[1].text, SL("spf=fail")));
}
END_TEST

START_TEST(bytes_that_are_cut_off_are_refused)
{
	size_t i;

	for (i = 0; i < packed.n; i++) {
		struct record r = { .size = 0 };
		char *p = malloc(i == 0 ? 1 : i);

		memcpy(p, packed.p, i);
		ck_assert(!record_unpack(&r, a, (struct slice){ p, i }));
		free(p);
	}
}
END_TEST

START_TEST(a_changed_byte_gives_no_value_that_does_not_exist)
{
	size_t i;

	for (i = 0; i < packed.n; i++) {
		struct record r = { .size = 0 };

		packed.p[i] ^= 0x78;
		if (record_unpack(&r, a, buf_sl(&packed))) {
			ck_assert(r.kind < KIND_COUNT);
			ck_assert(r.original <= ORIG_MESSAGE);
			ck_assert(r.sender_prov <= PROV_HEADERS);
		}
		packed.p[i] ^= 0x78;
		if (i % 64 == 0)
			arena_reset(a);
	}
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("pack");
	TCase *t = tcase_create("pack");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_record_comes_back_as_it_was);
	tcase_add_test(t, verdicts_of_filters_come_back_too);
	tcase_add_test(t, bytes_that_are_cut_off_are_refused);
	tcase_add_test(t, a_changed_byte_gives_no_value_that_does_not_exist);
	suite_add_tcase(s, t);
	return s;
}
