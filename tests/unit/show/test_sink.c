#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "show/sink.h"

Suite *suite(void);

#define N(v)	(int)(sizeof(v) / sizeof((v)[0]))
#define JAN5	1073264400	/* 2004-01-05T01:00:00Z */
#define HOSTILE	SL("a\0b\r\n\033]0;x\a\x7f\xff\xc2\x9b\xe2\x80\xae,\";=")

static struct arena *arena;
static struct intern *in;
static struct site *site;
static struct judge *judge;
static struct record rec;
static struct facts *facts;

static void
setup(void)
{
	arena = arena_new();
	in = intern_new();
	site = site_new();
	rec = (struct record){ .spool = "/srv/Imcdata", .format = "ims55",
	    .folder = "out", .path = SL("Out/3SW32JRP"), .size = 4096 };
	facts = NULL;
	judge = NULL;
}

static void
teardown(void)
{
	judge_free(judge);
	site_free(site);
	intern_free(in);
	arena_free(arena);
}

static size_t
rule(const char *id)
{
	size_t i;

	for (i = 0; judge_rules[i].id != NULL; i++)
		if (strcmp(judge_rules[i].id, id) == 0)
			return i;
	ck_abort_msg("no rule %s", id);
	return 0;
}

/* Facts of rec, as if the judge had found them so. */
static void
judged(enum class class, const char *decided, const char *spoke)
{
	facts = facts_make(&rec, arena, in, NULL);
	facts->class = (uint8_t)class;
	facts->rule = UINT8_MAX;
	if (decided != NULL) {
		facts->rule = (uint8_t)rule(decided);
		facts->spoke |= UINT64_C(1) << facts->rule;
	}
	if (spoke != NULL)
		facts->spoke |= UINT64_C(1) << rule(spoke);
	if (facts->nhops > 0) {
		facts->client = facts->hops[0].ip;
		facts->account = facts->hops[0].account;
	}
	judge = judge_new(site, in, &facts, 1);
}

/* What a sink prints of the one entry. */
static struct slice
printed(const struct sink_opts *o)
{
	bool bare = !sink_wants_record(o);
	struct slice all;
	struct sink *s;
	struct row row;
	char *p;
	size_t n;
	FILE *f = open_memstream(&p, &n);

	s = sink_new(f, o);
	row_judged(&row, arena, judge, facts, bare ? NULL : &rec,
	    sink_wants_said(o));
	sink_put(s, &row);
	sink_free(s);
	fclose(f);
	all = arena_dup(arena, (struct slice){ p, n });
	free(p);
	return all;
}

static struct slice
printed_as(enum sink_kind k)
{
	return printed(&(struct sink_opts){ .kind = k });
}

static struct addr
addr(const char *spec)
{
	return (struct addr){ .spec = sl(spec),
	    .domain = sl(strchr(spec, '@') + 1) };
}

static void
give_rcpts(size_t n, const char *spec)
{
	size_t i;

	rec.rcpts = arena_alloc(arena, n * sizeof(*rec.rcpts));
	rec.nrcpts = n;
	for (i = 0; i < n; i++)
		rec.rcpts[i] = (struct spool_rcpt){ .addr = addr(spec),
		    .provenance = PROV_XBLOCK };
}

static void
assert_has(struct slice s, struct slice part)
{
	ck_assert_msg(sl_find(s, part) != NULL, "%s\nis not in\n%s", part.p,
	    s.p);
}

static void
assert_eq(struct slice s, const char *want)
{
	ck_assert_str_eq(s.p, want);
	ck_assert_uint_eq(s.n, strlen(want));
}

/* ---- names ---- */

START_TEST(each_kind_has_its_name)
{
	static const char *const names[] = { [SINK_TABLE] = "table",
	    [SINK_NDJSON] = "ndjson", [SINK_CSV] = "csv", [SINK_ECS] = "ecs",
	    [SINK_BODYFILE] = "bodyfile",
	    [SINK_PATHS] = "paths" };
	enum sink_kind k;
	int i;

	for (i = 0; i < N(names); i++) {
		ck_assert(sink_parse(names[i], &k));
		ck_assert_int_eq((int)k, i);
	}
	ck_assert(!sink_parse("json", &k));
	ck_assert(!sink_parse("", &k));
}
END_TEST

/* ---- ndjson ---- */

static void
whole_record(void)
{
	static struct hop hops[2];
	static struct slice hints[] = { { "h@example.com", 13 } };
	static struct slice problems[] = { { "odd", 3 }, { "cut", 3 } };
	static struct attachment files[2];
	static struct spool_stream streams[2];

	rec.has_digest = true;
	memset(rec.sha256, 0xab, sizeof(rec.sha256));
	rec.id = SL("k3f9a1c2");
	rec.queue_id = SL("Q1");
	rec.arrived = JAN5;
	rec.date = JAN5 - 60;
	rec.message_id = SL("1@example.org");
	rec.from = SL("x@example.org");
	rec.subject = SL("Gr\xc3\xbc\xc3\x9f" "e");
	rec.has_sender = true;
	rec.sender = addr("x@example.org");
	rec.sender_prov = PROV_XBLOCK;
	give_rcpts(1, "y@example.net");
	hops[0] = (struct hop){ .name = SL("c.example.org"), .helo = SL("C"),
	    .by = SL("mx.example.com"), .with = SL("ESMTPA"), .id = SL("7"),
	    .for_ = SL("y@example.net"), .account = SL("bob"),
	    .date = JAN5 };
	ip_parse(SL("192.0.2.9"), &hops[0].ip);
	hops[1] = (struct hop){ .by = SL("deep.example.org") };
	rec.hops = hops;
	rec.nhops = 2;
	rec.kind = KIND_BOUNCE;
	rec.has_report = true;
	rec.action = SL("failed");
	rec.failed = SL("z@example.net");
	rec.status = SL("5.1.1");
	rec.diagnostic = SL("550 no");
	rec.reporting_mta = SL("mx.example.net");
	rec.original = ORIG_MESSAGE;
	rec.orig_message_id = SL("0@example.org");
	rec.orig_from = rec.orig_sender = SL("x@example.org");
	rec.orig_subject = SL("old");
	files[0] = (struct attachment){ .filename = SL("a.pdf"),
	    .type = SL("application/pdf"),
	    .true_type = SL("application/x-dosexec"), .has_size = true,
	    .size = 7, .odd = ODD_CALLED | ODD_DECLARED };
	files[1] = (struct attachment){ .size = 9 };	/* not told */
	rec.attachments = files;
	rec.nattachments = 2;
	streams[0] = (struct spool_stream){ .name = SL("P"), .size = 3 };
	streams[1] = (struct spool_stream){ .name = SL("Q"), .sidecar = true };
	rec.streams = streams;
	rec.nstreams = 2;
	rec.hints = hints;
	rec.nhints = 1;
	rec.note = SL("why");
	rec.problems = problems;
	rec.nproblems = 2;
}

START_TEST(a_whole_record_has_every_field_in_the_promised_order)
{
	struct slice s;

	whole_record();
	judged(C_RELAY, "relay/third-party", "unsure/no-header");
	s = printed_as(SINK_NDJSON);
	ck_assert(sl_starts(s, SL("{\"v\":1,\"id\":\"k3f9a1c2\","
	    "\"queue_id\":\"Q1\",\"spool\":\"/srv/Imcdata\","
	    "\"format\":\"ims55\",\"folder\":\"out\","
	    "\"path\":\"Out/3SW32JRP\",\"size\":4096,\"sha256\":\""
	    "abababababababababababababababab"
	    "abababababababababababababababab\","
	    "\"arrived\":\"2004-01-05T01:00:00Z\","
	    "\"date\":\"2004-01-05T00:59:00Z\","
	    "\"message_id\":\"1@example.org\",\"from\":\"x@example.org\","
	    "\"subject\":\"Gr\xc3\xbc\xc3\x9f" "e\",\"kind\":\"bounce\","
	    "\"sender\":{\"address\":\"x@example.org\","
	    "\"provenance\":\"xblock\"},"
	    "\"recipients\":[{\"address\":\"y@example.net\","
	    "\"state\":\"pending\",\"provenance\":\"xblock\"}],"
	    "\"client\":{\"ip\":\"192.0.2.9\",\"name\":\"c.example.org\","
	    "\"helo\":\"C\"},\"account\":\"bob\","
	    "\"hops\":[{\"from\":\"c.example.org\",\"helo\":\"C\","
	    "\"ip\":\"192.0.2.9\",\"by\":\"mx.example.com\","
	    "\"with\":\"ESMTPA\",\"id\":\"7\",\"for\":\"y@example.net\","
	    "\"date\":\"2004-01-05T01:00:00Z\",\"account\":\"bob\"},"
	    "{\"by\":\"deep.example.org\"}],"
	    "\"class\":\"relay\",\"reason\":\"relay/third-party\","
	    "\"evidence\":[{\"rule\":\"relay/third-party\",\"fact\":\"")));
	assert_has(s, SL("\"},{\"rule\":\"unsure/no-header\",\"fact\":\""));
	assert_has(s, SL("\"}],\"report\":{\"action\":\"failed\","
	    "\"recipient\":\"z@example.net\",\"status\":\"5.1.1\","
	    "\"diagnostic\":\"550 no\",\"reporting_mta\":\"mx.example.net\","
	    "\"original\":{\"message_id\":\"0@example.org\","
	    "\"from\":\"x@example.org\",\"subject\":\"old\","
	    "\"sender\":\"x@example.org\"}},"
	    "\"attachments\":[{\"filename\":\"a.pdf\","
	    "\"type\":\"application/pdf\","
	    "\"true_type\":\"application/x-dosexec\",\"size_decoded\":7,"
	    "\"odd\":[\"called-otherwise\",\"declared-otherwise\"]}],"
	    "\"streams\":[{\"name\":\"P\",\"size\":3,\"from\":\"xattr\"},"
	    "{\"name\":\"Q\",\"size\":0,\"from\":\"sidecar\"}],"
	    "\"hints\":[\"h@example.com\"],\"note\":\"why\","
	    "\"problems\":[\"odd\",\"cut\"]}\n"));
}
END_TEST

START_TEST(what_is_absent_is_not_there)
{
	judged(C_UNSURE, NULL, NULL);
	assert_eq(printed_as(SINK_NDJSON),
	    "{\"v\":1,\"spool\":\"/srv/Imcdata\",\"format\":\"ims55\","
	    "\"folder\":\"out\",\"path\":\"Out/3SW32JRP\",\"size\":4096,"
	    "\"kind\":\"mail\",\"class\":\"unsure\","
	    "\"reason\":\"unsure/nothing-decides\"}\n");
}
END_TEST

START_TEST(the_null_sender_is_an_empty_address)
{
	rec.has_sender = rec.null_sender = true;
	rec.sender.null = true;
	rec.sender_prov = PROV_NATIVE;
	judged(C_UNSURE, NULL, NULL);
	assert_has(printed_as(SINK_NDJSON), SL("\"sender\":{\"address\":\"\","
	    "\"provenance\":\"native\"},"));
}
END_TEST

START_TEST(what_the_spool_says_of_the_client_goes_before_the_trace)
{
	whole_record();
	rec.helo = SL("told");
	rec.client = rec.hops[0].ip;
	judged(C_UNSURE, NULL, NULL);
	assert_has(printed_as(SINK_NDJSON), SL("\"client\":{\"ip\":"
	    "\"192.0.2.9\",\"name\":\"c.example.org\",\"helo\":\"told\"}"));
}
END_TEST

START_TEST(the_rule_that_decided_comes_first)
{
	struct slice s;
	const char *one, *two;

	judged(C_LEGIT, "legit/inbound", "unsure/no-header");
	s = printed_as(SINK_NDJSON);
	one = sl_find(s, SL("{\"rule\":\"legit/inbound\""));
	two = sl_find(s, SL("{\"rule\":\"unsure/no-header\""));
	ck_assert(one != NULL && two != NULL && one < two);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*json;
} strings[] = {
	{ { "a\0b", 3 }, "\"a\\u0000b\"" },
	{ { "\033[2J", 4 }, "\"\\u001B[2J\"" },
	{ { "a\nb\tc", 5 }, "\"a\\nb\\tc\"" },
	{ { "\"\\/", 3 }, "\"\\\"\\\\/\"" },
	{ { "\x7f", 1 }, "\"\\u007F\"" },
	{ { "\xc2\x9b" "2J", 4 }, "\"\\u009B2J\"" },
	{ { "\xe2\x80\xae" "x", 4 }, "\"\\u202Ex\"" },
	{ { "\xe2\x80\xa8", 3 }, "\"\\u2028\"" },
	{ { "\xff", 1 }, "\"\xef\xbf\xbd\"" },
	{ { "\xc3", 1 }, "\"\xef\xbf\xbd\"" },
	{ { "\xed\xa0\x80", 3 }, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ { "\xf0\x9f\x93\xa7", 4 }, "\"\xf0\x9f\x93\xa7\"" },
	{ { "</script>", 9 }, "\"</script>\"" },
};

START_TEST(ndjson_is_utf8_without_control_bytes)
{
	struct slice s;
	json_t *o;

	rec.subject = rec.note = strings[_i].in;
	judged(C_UNSURE, NULL, NULL);
	s = printed_as(SINK_NDJSON);
	assert_has(s, arena_fmt(arena, "\"subject\":%s,", strings[_i].json));
	assert_has(s, arena_fmt(arena, "\"note\":%s}\n", strings[_i].json));
	ck_assert(utf8_valid(s));
	ck_assert_ptr_eq(memchr(s.p, '\n', s.n), s.p + s.n - 1);
	o = json_loadb(s.p, s.n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES,
	    NULL);
	ck_assert_ptr_nonnull(o);
	if (utf8_valid(strings[_i].in))
		ck_assert_uint_eq(json_string_length(json_object_get(o,
		    "subject")), strings[_i].in.n);
	json_decref(o);
}
END_TEST

START_TEST(a_path_that_is_not_utf8_comes_in_hex_too)
{
	rec.path = SL("in/\xff\n");
	judged(C_UNSURE, NULL, NULL);
	assert_has(printed_as(SINK_NDJSON), SL("\"path\":\"in/\xef\xbf\xbd"
	    "\\n\",\"path_hex\":\"696e2fff0a\",\"size\""));
}
END_TEST

/* ---- csv ---- */

static const char csv_header[] = "id,class,reason,kind,folder,format,size,"
    "arrived,date,sender,sender_provenance,recipients,rcpt,client,account,"
    "helo,message_id,from,subject,sha256,spool,path,problems,judged,marked_by,"
    "because,campaign\r\n";

START_TEST(csv_has_a_header_and_a_line)
{
	whole_record();
	give_rcpts(2, "y@example.net");
	judged(C_RELAY, "relay/third-party", NULL);
	assert_eq(printed_as(SINK_CSV), arena_fmt(arena, "%sk3f9a1c2,relay,"
	    "relay/third-party,bounce,out,ims55,4096,2004-01-05T01:00:00Z,"
	    "2004-01-05T00:59:00Z,x@example.org,xblock,2,"
	    "y@example.net y@example.net,192.0.2.9,bob,C,1@example.org,"
	    "x@example.org,Gr\xc3\xbc\xc3\x9f" "e,%s,/srv/Imcdata,"
	    "Out/3SW32JRP,odd; cut,,,,\r\n", csv_header,
	    "abababababababababababababababab"
	    "abababababababababababababababab").p);
}
END_TEST

START_TEST(csv_leaves_empty_what_is_absent)
{
	judged(C_UNSURE, NULL, NULL);
	assert_eq(printed_as(SINK_CSV), arena_fmt(arena, "%s,unsure,"
	    "unsure/nothing-decides,mail,out,ims55,4096,,,,,0,,,,,,,,,"
	    "/srv/Imcdata,Out/3SW32JRP,,,,,\r\n", csv_header).p);
}
END_TEST

START_TEST(csv_lists_twenty_recipients_and_counts_all)
{
	struct slice s, rest;
	size_t n = 0;

	give_rcpts(10000, "y@example.net");
	judged(C_UNSURE, NULL, NULL);
	s = printed_as(SINK_CSV);
	assert_has(s, SL(",10000,y@example.net y@"));
	for (rest = s; (rest.p = sl_find(rest, SL("y@example.net"))) != NULL;
	    n++) {
		rest.p++;
		rest.n = (size_t)(s.p + s.n - rest.p);
	}
	ck_assert_uint_eq(n, 20);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*csv;
} fields[] = {
	{ { "plain", 5 }, "plain" },
	{ { "a,b", 3 }, "\"a,b\"" },
	{ { "a\"b", 3 }, "\"a\"\"b\"" },
	{ { "a\r\nb", 4 }, "a  b" },
	{ { "a\0b\033\x7f\xff", 6 }, "a?b???" },
	{ { "=1+1", 4 }, "'=1+1" },
	{ { "+1", 2 }, "'+1" },
	{ { "-1", 2 }, "'-1" },
	{ { "@A1", 3 }, "'@A1" },
	{ { "\tx", 2 }, "' x" },
	{ { "\rx", 2 }, "' x" },
	{ { " =1", 3 }, "' =1" },
	{ { "=a,\"b\"", 6 }, "\"'=a,\"\"b\"\"\"" },
	{ { "a=b", 3 }, "a=b" },
	{ { " a", 2 }, "\" a\"" },
	{ { "'a", 2 }, "'a" },
};

START_TEST(csv_text_is_quoted_and_never_a_formula)
{
	rec.from = SL("FROM");
	rec.subject = fields[_i].in;
	judged(C_UNSURE, NULL, NULL);
	assert_has(printed_as(SINK_CSV), arena_fmt(arena,
	    ",FROM,%s,,/srv", fields[_i].csv));
}
END_TEST

/* Fields of the last line, by RFC 4180. */
static size_t
count_fields(struct slice s)
{
	bool quoted = false;
	size_t n = 1, i;

	for (i = strlen(csv_header); i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		n += !quoted && s.p[i] == ',';
		if (s.p[i] == '\r' || s.p[i] == '\n')
			ck_assert_uint_ge(i, s.n - 2);
	}
	ck_assert(!quoted);
	return n;
}

static void
hostile_record(void)
{
	static struct hop hop;
	static struct slice text[1];
	static struct attachment file;
	static struct spool_stream stream;

	text[0] = HOSTILE;
	hop = (struct hop){ .helo = HOSTILE, .name = HOSTILE, .by = HOSTILE,
	    .account = HOSTILE, .for_ = HOSTILE };
	ip_parse(SL("192.0.2.9"), &hop.ip);
	rec.hops = &hop;
	rec.nhops = 1;
	rec.has_sender = true;
	rec.sender.spec = rec.from = rec.subject = HOSTILE;
	rec.message_id = rec.queue_id = rec.note = HOSTILE;
	rec.path = SL("Out/\033[2J\n,\"\xff");
	give_rcpts(2, "y@example.net");
	rec.rcpts[0].addr.spec = HOSTILE;
	file.filename = file.type = file.true_type = stream.name = HOSTILE;
	rec.attachments = &file;
	rec.streams = &stream;
	rec.nattachments = rec.nstreams = 1;
	rec.problems = rec.hints = text;
	rec.nproblems = rec.nhints = 1;
	judged(C_RELAY, "relay/third-party", "unsure/no-header");
}

START_TEST(hostile_bytes_add_no_csv_field_and_no_line)
{
	hostile_record();
	ck_assert_uint_eq(count_fields(printed_as(SINK_CSV)), 27);
}
END_TEST

START_TEST(nothing_hostile_gets_through)
{
	static const struct sink_opts kinds[] = {
		{ .kind = SINK_TABLE, .explain = true },
		{ .kind = SINK_TABLE, .explain = true, .width = 100 },
		{ .kind = SINK_NDJSON },
		{ .kind = SINK_CSV },
		{ .kind = SINK_ECS },
		{ .kind = SINK_BODYFILE },
	};
	struct slice s;
	int32_t cp;

	hostile_record();
	s = printed(&kinds[_i]);
	while ((cp = utf8_next(&s)) != -2) {
		ck_assert_int_ne(cp, -1);
		ck_assert_msg(cp == '\n' || cp == '\r' || cp >= ' ',
		    "control byte %d", cp);
		ck_assert(cp != 0x7f && cp != 0x9b && cp != 0x202e);
	}
}
END_TEST

/* ---- ecs, bodyfile, columns ---- */

START_TEST(ecs_has_the_names_of_the_schema)
{
	struct slice s;

	whole_record();
	judged(C_RELAY, "relay/third-party", NULL);
	s = printed_as(SINK_ECS);
	assert_has(s, SL("{\"@timestamp\":\"2004-01-05T01:00:00Z\","));
	assert_has(s, SL("\"rule\":{\"name\":\"relay/third-party\"}"));
	assert_has(s, SL("\"sender\":{\"address\":\"x@example.org\"},"
	    "\"to\":{\"address\":[\"y@example.net\"]}"));
	assert_has(s, SL("\"source\":{\"ip\":\"192.0.2.9\","
	    "\"domain\":\"c.example.org\"},\"user\":{\"name\":\"bob\"}"));
}
END_TEST

START_TEST(a_body_file_has_eleven_fields_and_both_times)
{
	whole_record();
	rec.subject = SL("a|b %1B");
	judged(C_RELAY, "relay/third-party", NULL);
	assert_eq(printed_as(SINK_BODYFILE), "0|/srv/Imcdata/Out/3SW32JRP "
	    "(k3f9a1c2 relay relay/third-party) x@example.org -> "
	    "y@example.net: a%7Cb %251B|0|r/rrw-------|0|0|4096|"
	    "1073264400|1073264400|1073264400|1073264340\n");
}
END_TEST

START_TEST(columns_are_chosen_by_name)
{
	enum column_id v[COL_COUNT];
	struct sink_opts o = { .kind = SINK_CSV, .columns = v };
	struct err err;

	ck_assert_int_eq(sink_columns(SINK_CSV, "path, id,rcpt", v,
	    &o.ncolumns, &err), 0);
	ck_assert_uint_eq(o.ncolumns, 3);
	ck_assert_int_eq((int)v[2], COL_RCPTS);
	whole_record();
	judged(C_UNSURE, NULL, NULL);
	assert_eq(printed(&o), "path,id,rcpt\r\n"
	    "Out/3SW32JRP,k3f9a1c2,y@example.net\r\n");
	ck_assert_int_eq(sink_columns(SINK_TABLE, "rcpt", v, &o.ncolumns,
	    &err), 0);
	ck_assert_int_eq((int)v[0], COL_RCPT);
	ck_assert_int_eq(sink_columns(SINK_CSV, "id,nope", v, &o.ncolumns,
	    &err), -1);
	ck_assert_int_eq(sink_columns(SINK_ECS, "id", v, &o.ncolumns, &err),
	    -1);
	ck_assert_int_eq(sink_columns(SINK_CSV, "", v, &o.ncolumns, &err),
	    -1);
}
END_TEST

/* ---- paths ---- */

START_TEST(paths_are_raw_bytes_and_end_as_asked)
{
	struct slice s;

	rec.path = SL("in/a\n\xff");
	judged(C_UNSURE, NULL, NULL);
	s = printed_as(SINK_PATHS);
	ck_assert(sl_eq(s, SL("/srv/Imcdata/in/a\n\xff\n")));
	s = printed(&(struct sink_opts){ .kind = SINK_PATHS, .nul = true });
	ck_assert(sl_eq(s, SL("/srv/Imcdata/in/a\n\xff\0")));
	rec.spool = "/";
	s = printed_as(SINK_PATHS);
	ck_assert(sl_eq(s, SL("/in/a\n\xff\n")));
}
END_TEST

/* ---- table ---- */

static void
long_record(void)
{
	whole_record();
	rec.folder = "in/archive/of/old/things";
	rec.path = SL("somewhere/far/below/in/a/very/long/path/3SW32JRP");
	rec.subject = SL("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e with a long tail of words");
	rec.sender = addr("a-rather-long-name-for-a-sender@mail.example.org");
	rec.size = UINT64_MAX;
	give_rcpts(12, "another-long-name-of-a-person@mail.example.net");
	judged(C_BACKSCATTER, "backscatter/outbound", "unsure/no-header");
}

static size_t
columns_of(struct slice line)
{
	struct buf b = { NULL, 0, 0 };
	size_t n = utf8_show(&b, line, 0);

	buf_free(&b);
	return n;
}

static const size_t widths[] = { 80, 81, 99, 100, 132, 160, 200, 250 };

START_TEST(no_line_of_a_table_is_wider_than_asked)
{
	struct sink_opts o = { .kind = SINK_TABLE, .width = widths[_i] };
	struct slice s, line;
	size_t n = 0;

	long_record();
	s = printed(&o);
	while (sl_cut(&s, '\n', &line)) {
		ck_assert_uint_le(columns_of(line), widths[_i]);
		n++;
	}
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(a_wide_enough_table_keeps_names_and_numbers)
{
	struct slice s;

	long_record();
	s = printed(&(struct sink_opts){ .kind = SINK_TABLE, .width = 80 });
	assert_has(s, SL("class "));
	assert_has(s, SL(" sender "));
	assert_has(s, SL(" subject path\n"));
	assert_has(s, SL("back~ "));
	assert_has(s, SL(" 2004-01-05  16E "));
	assert_has(s, SL("~ +11 "));
	s = printed(&(struct sink_opts){ .kind = SINK_TABLE, .width = 200 });
	assert_has(s, SL("backscatter outbound "));
	assert_has(s, SL(" 2004-01-05 01:00 "));
	assert_has(s, SL("/3SW32JRP\n"));
}
END_TEST

START_TEST(a_table_without_a_width_cuts_nothing)
{
	struct slice s;

	long_record();
	s = printed_as(SINK_TABLE);
	assert_has(s, rec.sender.spec);
	assert_has(s, rec.path);
	assert_has(s, rec.subject);
	assert_has(s,
	    SL("another-long-name-of-a-person@mail.example.net +11 "));
	assert_has(s, SL(" 18446744073709551615 "));
	ck_assert_ptr_null(memchr(s.p, '~', s.n));
}
END_TEST

START_TEST(a_table_marks_what_is_absent)
{
	rec.has_sender = rec.null_sender = true;
	judged(C_UNSURE, NULL, NULL);
	assert_eq(printed_as(SINK_TABLE),
	    "class       reason             folder     arrived          "
	    "     size client          sender                       "
	    "rcpt                         subject                          "
	    "path\n"
	    "unsure      nothing-decides    out        -                "
	    "     4096 -               <>                           "
	    "-                            -                                "
	    "Out/3SW32JRP\n");
}
END_TEST

static const struct {
	uint64_t	 size;
	const char	*want;
} sizes[] = {
	{ 0, "    0 " }, { 9999, " 9999 " }, { 10000, "  10K " },
	{ 10240, "  10K " }, { 10241, "  11K " },
	{ UINT64_C(999) << 10, " 999K " }, { UINT64_C(1000) << 10, "   1M " },
	{ UINT64_C(5) << 30, "   5G " }, { UINT64_MAX, "  16E " },
};

START_TEST(a_size_that_does_not_fit_is_rounded_up)
{
	rec.size = sizes[_i].size;
	judged(C_UNSURE, NULL, NULL);
	assert_has(printed(&(struct sink_opts){ .kind = SINK_TABLE,
	    .width = 80 }), sl(sizes[_i].want));
}
END_TEST

START_TEST(colour_changes_nothing_but_the_class)
{
	struct sink_opts o = { .kind = SINK_TABLE, .width = 100,
	    .explain = true };
	struct slice plain, shown;
	const char *on, *off;

	hostile_record();
	plain = printed(&o);
	o.colour = true;
	shown = printed(&o);
	on = sl_find(shown, SL("\033[31m"));
	off = sl_find(shown, SL("\033[0m"));
	ck_assert(on != NULL && off > on);
	ck_assert(sl_starts(sl(on + 5), SL("relay")));
	ck_assert_uint_eq(shown.n, plain.n + 9);
	ck_assert_mem_eq(shown.p, plain.p, (size_t)(on - shown.p));
	ck_assert_str_eq(off + 4, plain.p + (off - shown.p) - 5);
}
END_TEST

START_TEST(explained_entries_name_the_rules_that_spoke)
{
	struct sink_opts o = { .kind = SINK_TABLE, .explain = true };
	struct slice s;

	judged(C_LEGIT, "legit/inbound", "unsure/no-header");
	s = printed(&o);
	assert_has(s, SL("\n  * legit/inbound: "));
	assert_has(s, SL("\n    unsure/no-header: "));
	ck_assert(sl_find(s, SL("  * legit/inbound: ")) <
	    sl_find(s, SL("    unsure/no-header: ")));
	o.explain = false;
	ck_assert_ptr_null(sl_find(printed(&o), SL("legit/inbound")));
}
END_TEST

START_TEST(no_rule_is_marked_when_none_decided)
{
	struct slice s;

	judged(C_UNSURE, NULL, "unsure/no-header");
	s = printed(&(struct sink_opts){ .kind = SINK_TABLE,
	    .explain = true });
	assert_has(s, SL("\n    unsure/no-header: "));
	ck_assert_ptr_null(sl_find(s, SL("  * ")));
}
END_TEST

/* ---- stdout ---- */

START_TEST(colour_and_width_are_those_of_the_terminal)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 117 };
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *tty, *file = tmpfile();

	if (fd == -1 || grantpt(fd) == -1 || unlockpt(fd) == -1 ||
	    (tty = fopen(ptsname(fd), "w")) == NULL) {
		fputs("skipped colour_and_width: no pseudo-terminal here\n",
		    stderr);
		return;
	}
	ck_assert_int_eq(ioctl(fd, TIOCSWINSZ, &ws), 0);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	ck_assert(term_colour(tty));
	ck_assert(!term_colour(file));
	ck_assert_uint_eq(term_width(tty), 117);
	ck_assert_uint_eq(term_width(file), 80);
	setenv("NO_COLOR", "", 1);
	ck_assert(term_colour(tty));
	setenv("NO_COLOR", "1", 1);
	ck_assert(!term_colour(tty));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	ck_assert(!term_colour(tty));
	fclose(tty);
	fclose(file);
	close(fd);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	int keep, full = open("/dev/full", O_WRONLY), ret;

	ck_assert_int_eq(out_finish(), 0);
	keep = dup(STDOUT_FILENO);
	ck_assert(keep != -1 && full != -1);
	ck_assert_int_ne(dup2(full, STDOUT_FILENO), -1);
	fputs("x", stdout);
	ret = out_finish();
	__fpurge(stdout);
	clearerr(stdout);
	dup2(keep, STDOUT_FILENO);
	close(keep);
	close(full);
	ck_assert_int_eq(ret, -1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sink");
	TCase *tc = tcase_create("sink");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_kind_has_its_name);
	tcase_add_test(tc,
	    a_whole_record_has_every_field_in_the_promised_order);
	tcase_add_test(tc, what_is_absent_is_not_there);
	tcase_add_test(tc, the_null_sender_is_an_empty_address);
	tcase_add_test(tc,
	    what_the_spool_says_of_the_client_goes_before_the_trace);
	tcase_add_test(tc, the_rule_that_decided_comes_first);
	tcase_add_loop_test(tc, ndjson_is_utf8_without_control_bytes, 0,
	    N(strings));
	tcase_add_test(tc, a_path_that_is_not_utf8_comes_in_hex_too);
	tcase_add_test(tc, csv_has_a_header_and_a_line);
	tcase_add_test(tc, csv_leaves_empty_what_is_absent);
	tcase_add_test(tc, csv_lists_twenty_recipients_and_counts_all);
	tcase_add_loop_test(tc, csv_text_is_quoted_and_never_a_formula, 0,
	    N(fields));
	tcase_add_test(tc, hostile_bytes_add_no_csv_field_and_no_line);
	tcase_add_loop_test(tc, nothing_hostile_gets_through, 0, 6);
	tcase_add_test(tc, ecs_has_the_names_of_the_schema);
	tcase_add_test(tc, a_body_file_has_eleven_fields_and_both_times);
	tcase_add_test(tc, columns_are_chosen_by_name);
	tcase_add_test(tc, paths_are_raw_bytes_and_end_as_asked);
	tcase_add_loop_test(tc, no_line_of_a_table_is_wider_than_asked, 0,
	    N(widths));
	tcase_add_test(tc, a_wide_enough_table_keeps_names_and_numbers);
	tcase_add_test(tc, a_table_without_a_width_cuts_nothing);
	tcase_add_test(tc, a_table_marks_what_is_absent);
	tcase_add_loop_test(tc, a_size_that_does_not_fit_is_rounded_up, 0,
	    N(sizes));
	tcase_add_test(tc, colour_changes_nothing_but_the_class);
	tcase_add_test(tc, explained_entries_name_the_rules_that_spoke);
	tcase_add_test(tc, no_rule_is_marked_when_none_decided);
	tcase_add_test(tc, colour_and_width_are_those_of_the_terminal);
	tcase_add_test(tc, a_full_disk_is_an_error);
	suite_add_tcase(s, tc);
	return s;
}
