#include <jansson.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/date.h"
#include "show/format.h"

/* Absent is absent: no value, no member. */
static void
put(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_object_set_new_nocheck(o, key, value);
}

static json_t *
string(struct sink *s, struct slice v)
{
	if (!utf8_valid(v)) {
		s->tmp.n = 0;
		utf8_clean(&s->tmp, v);
		v = buf_sl(&s->tmp);
	}
	return json_stringn_nocheck(v.n == 0 ? "" : v.p, v.n);
}

static json_t *
text(struct sink *s, struct slice v)
{
	return v.n == 0 ? NULL : string(s, v);
}

static json_t *
moment(int64_t t)
{
	char date[DATE_TEXT];

	return t == 0 ? NULL : json_string_nocheck(date_str(t, date));
}

static json_t *
address_ip(const struct ip *ip)
{
	char b[IP_TEXT];

	return ip_is_set(ip) ? json_string_nocheck(ip_str(ip, b)) : NULL;
}

static json_t *
hex(struct sink *s, const void *bytes, size_t n)
{
	s->tmp.n = 0;
	hex_str(bytes, n, buf_room(&s->tmp, 2 * n + 1));
	return json_stringn_nocheck(s->tmp.p, 2 * n);
}

/* An object or array without anything in it is absent too. */
static json_t *
unless_empty(json_t *v)
{
	if (json_object_size(v) + json_array_size(v) > 0)
		return v;
	json_decref(v);
	return NULL;
}

static json_t *
texts(struct sink *s, const struct slice *v, size_t n)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(a, string(s, v[i]));
	return unless_empty(a);
}

/* A path is bytes: where it is not UTF-8, its hex tells which. */
static void
put_path(struct sink *s, json_t *o, const char *key, const char *key_hex,
    struct slice path)
{
	put(o, key, text(s, path));
	if (!utf8_valid(path))
		put(o, key_hex, hex(s, path.p, path.n));
}

static void
put_names(struct sink *s, json_t *o, const struct row *r)
{
	const struct record *rec = r->rec;

	put(o, "id", text(s, rec->id));
	put(o, "queue_id", text(s, rec->queue_id));
	put_path(s, o, "spool", "spool_hex", sl(rec->spool));
	put(o, "format", text(s, sl(rec->format)));
	put(o, "folder", text(s, r->folder));
	put_path(s, o, "path", "path_hex", rec->path);
	put(o, "size", json_integer((json_int_t)rec->size));
	if (rec->has_digest)
		put(o, "sha256", hex(s, rec->sha256, sizeof(rec->sha256)));
}

static void
put_header(struct sink *s, json_t *o, const struct row *r)
{
	const struct record *rec = r->rec;

	put(o, "arrived", moment(rec->arrived));
	put(o, "date", moment(rec->date));
	put(o, "message_id", text(s, rec->message_id));
	put(o, "from", text(s, rec->from));
	put(o, "subject", text(s, rec->subject));
	put(o, "kind", json_string_nocheck(kind_name(r->kind)));
}

static json_t *
sender(struct sink *s, const struct record *rec)
{
	json_t *o;

	if (!rec->has_sender)
		return NULL;
	o = json_object();
	put(o, "address", rec->null_sender ? json_string_nocheck("") :
	    string(s, rec->sender.spec));
	put(o, "provenance",
	    json_string_nocheck(provenance_name(rec->sender_prov)));
	return o;
}

static json_t *
recipients(struct sink *s, const struct record *rec)
{
	json_t *a = json_array(), *o;
	size_t i;

	for (i = 0; i < rec->nrcpts; i++) {
		const struct spool_rcpt *to = &rec->rcpts[i];

		o = json_object();
		put(o, "address", string(s, to->addr.spec));
		put(o, "state", json_string_nocheck(rcpt_state_name(to->state)));
		put(o, "original", text(s, to->original));
		put(o, "error", text(s, to->error));
		put(o, "provenance",
		    json_string_nocheck(provenance_name(to->provenance)));
		json_array_append_new(a, o);
	}
	return unless_empty(a);
}

static json_t *
client(struct sink *s, const struct row *r)
{
	const struct row_client c = r->client;
	json_t *o = json_object();

	put(o, "ip", text(s, c.ip));
	put(o, "name", text(s, c.name));
	put(o, "helo", text(s, c.helo));
	return unless_empty(o);
}

static json_t *
hop(struct sink *s, const struct hop *h)
{
	json_t *o = json_object();

	put(o, "from", text(s, h->name));
	put(o, "helo", text(s, h->helo));
	put(o, "ip", address_ip(&h->ip));
	put(o, "by", h->by.n > 0 ? text(s, h->by) : address_ip(&h->by_ip));
	put(o, "with", text(s, h->with));
	put(o, "id", text(s, h->id));
	put(o, "for", text(s, h->for_));
	put(o, "date", moment(h->date));
	put(o, "account", text(s, h->account));
	return unless_empty(o);
}

static json_t *
hops(struct sink *s, const struct record *rec)
{
	json_t *a = json_array(), *o;
	size_t i;

	for (i = 0; i < rec->nhops; i++)
		if ((o = hop(s, &rec->hops[i])) != NULL)
			json_array_append_new(a, o);
	return unless_empty(a);
}

static void
put_way_in(struct sink *s, json_t *o, const struct row *r)
{
	put(o, "sender", sender(s, r->rec));
	put(o, "recipients", recipients(s, r->rec));
	put(o, "client", client(s, r));
	put(o, "account", text(s, r->account));
	put(o, "hops", hops(s, r->rec));
}

static json_t *
evidence(struct sink *s, const struct row *r)
{
	json_t *a = json_array(), *o;
	size_t i;

	for (i = 0; i < r->nsaid; i++) {
		o = json_object();
		put(o, "rule", string(s, r->said[i].rule));
		put(o, "fact", text(s, r->said[i].fact));
		json_array_append_new(a, o);
	}
	return unless_empty(a);
}

static json_t *
mark(struct sink *s, const struct row *r)
{
	json_t *o;

	if (r->mark.who.n == 0)
		return NULL;
	o = json_object();
	put(o, "who", string(s, r->mark.who));
	put(o, "because", text(s, r->mark.because));
	put(o, "judged", json_string_nocheck(class_name(r->mark.judged)));
	return o;
}

static void
put_verdict(struct sink *s, json_t *o, const struct row *r)
{
	put(o, "class",
	    json_string_nocheck(class_name(r->class)));
	put(o, "reason", text(s, r->reason));
	put(o, "mark", mark(s, r));
	put(o, "evidence", evidence(s, r));
	if (r->campaign != 0)
		put(o, "campaign", json_integer(r->campaign));
}

static json_t *
original(struct sink *s, const struct record *rec)
{
	json_t *o = json_object();

	put(o, "message_id", text(s, rec->orig_message_id));
	put(o, "from", text(s, rec->orig_from));
	put(o, "subject", text(s, rec->orig_subject));
	put(o, "sender", text(s, rec->orig_sender));
	return unless_empty(o);
}

static json_t *
report(struct sink *s, const struct record *rec)
{
	json_t *o;

	if (!rec->has_report)
		return NULL;
	o = json_object();
	put(o, "action", text(s, rec->action));
	put(o, "recipient", text(s, rec->failed));
	put(o, "status", text(s, rec->status));
	put(o, "diagnostic", text(s, rec->diagnostic));
	put(o, "reporting_mta", text(s, rec->reporting_mta));
	put(o, "original", original(s, rec));
	return unless_empty(o);
}

static json_t *
attachment(struct sink *s, const struct attachment *at)
{
	json_t *o = json_object(), *odd = json_array();
	unsigned bit;

	put(o, "filename", text(s, at->filename));
	put(o, "type", text(s, at->type));
	put(o, "true_type", text(s, at->true_type));
	if (at->has_size)
		put(o, "size_decoded", json_integer((json_int_t)at->size));
	for (bit = 0; bit < ODD_COUNT; bit++)
		if (at->odd & 1u << bit)
			json_array_append_new(odd,
			    json_string_nocheck(odd_word(bit)));
	put(o, "odd", unless_empty(odd));
	return unless_empty(o);
}

static json_t *
attachments(struct sink *s, const struct record *rec)
{
	json_t *a = json_array(), *o;
	size_t i;

	for (i = 0; i < rec->nattachments; i++)
		if ((o = attachment(s, &rec->attachments[i])) != NULL)
			json_array_append_new(a, o);
	return unless_empty(a);
}

static json_t *
streams(struct sink *s, const struct record *rec)
{
	json_t *a = json_array(), *o;
	size_t i;

	for (i = 0; i < rec->nstreams; i++) {
		const struct spool_stream *st = &rec->streams[i];

		o = json_object();
		put(o, "name", text(s, st->name));
		put(o, "size", json_integer((json_int_t)st->size));
		put(o, "from", json_string_nocheck(st->sidecar ? "sidecar" :
		    "xattr"));
		json_array_append_new(a, o);
	}
	return unless_empty(a);
}

static json_t *
verdict(struct sink *s, const struct verdict *v)
{
	json_t *o = json_object();

	put(o, "filter", json_string_nocheck(filter_name(v->filter)));
	put(o, "host", text(s, v->host));
	put(o, "bad", json_boolean(v->bad));
	if (v->scored) {
		put(o, "score", json_real(v->score / 100.0));
		put(o, "limit", json_real(v->limit / 100.0));
	}
	put(o, "text", text(s, v->text));
	put(o, "above", json_integer(v->above));
	return o;
}

static json_t *
verdicts(struct sink *s, const struct record *rec)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < rec->nverdicts; i++)
		json_array_append_new(a, verdict(s, &rec->verdicts[i]));
	return unless_empty(a);
}

static void
put_rest(struct sink *s, json_t *o, const struct record *rec)
{
	put(o, "report", report(s, rec));
	put(o, "attachments", attachments(s, rec));
	put(o, "verdicts", verdicts(s, rec));
	put(o, "streams", streams(s, rec));
	put(o, "hints", texts(s, rec->hints, rec->nhints));
	put(o, "note", text(s, rec->note));
	put(o, "problems", texts(s, rec->problems, rec->nproblems));
}

/*
 * Characters that JSON allows as they are and a terminal obeys: DEL and
 * C1, zero-width, line separators and bidi.
 */
static bool
is_unsafe(int32_t cp)
{
	static const struct { int32_t from, to; } v[] = {
		{ 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff },
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (cp >= v[i].from && cp <= v[i].to)
			return true;
	return false;
}

/*
 * Outside of strings JSON is ASCII without DEL, so that \u can stand for
 * every unsafe character.  jansson never cuts a character in two.
 */
static int
append_safe(const char *p, size_t n, void *line)
{
	struct slice s = { p, n }, at;
	int32_t cp;

	if (sl_ascii(s) && memchr(p, 0x7f, n) == NULL) {
		buf_add(line, s);
		return 0;
	}
	for (at = s; (cp = utf8_next(&s)) != -2; at = s) {
		if (is_unsafe(cp))
			buf_fmt(line, "\\u%04X", (unsigned)cp);
		else
			buf_add(line, sl_first(at, at.n - s.n));
	}
	return 0;
}

/* From here on jansson cannot fail for want of memory: the process ends. */
static void
ndjson_begin(struct sink *s)
{
	(void)s;
	json_set_alloc_funcs(xalloc, free);
}

static void
put_line(struct buf *line, json_t *o)
{
	json_dump_callback(o, append_safe, line,
	    JSON_COMPACT | JSON_REAL_PRECISION(10));
	json_decref(o);
	buf_addc(line, '\n');
}

static void
ndjson_put(struct sink *s, const struct row *r)
{
	json_t *o = json_object();

	put(o, "v", json_integer(1));
	put_names(s, o, r);
	put_header(s, o, r);
	put_way_in(s, o, r);
	put_verdict(s, o, r);
	put_rest(s, o, r->rec);
	put_line(&s->line, o);
}

const struct format format_ndjson = {
	.name = "ndjson", .record = true, .lists = true,
	.begin = ndjson_begin, .put = ndjson_put,
};

/*
 * The Elastic Common Schema.  What it has no field for is below "spoolkit".
 */
#define ECS_VERSION	"8.11.0"

static json_t *
one_text(struct sink *s, struct slice v)
{
	return v.n == 0 ? NULL : texts(s, &v, 1);
}

static json_t *
ecs_address(struct sink *s, struct slice v)
{
	json_t *o = json_object();

	put(o, "address", one_text(s, v));
	return unless_empty(o);
}

static json_t *
ecs_recipients(struct sink *s, const struct record *rec)
{
	json_t *a = json_array(), *o = json_object();
	size_t i;

	for (i = 0; i < rec->nrcpts; i++)
		json_array_append_new(a, string(s, rec->rcpts[i].addr.spec));
	put(o, "address", unless_empty(a));
	return unless_empty(o);
}

static json_t *
ecs_attachments(struct sink *s, const struct record *rec)
{
	json_t *a = json_array(), *o, *file;
	size_t i;

	for (i = 0; i < rec->nattachments; i++) {
		const struct attachment *at = &rec->attachments[i];

		file = json_object();
		put(file, "name", text(s, at->filename));
		put(file, "mime_type", text(s, at->true_type.n > 0 ?
		    at->true_type : at->type));
		if (at->has_size)
			put(file, "size", json_integer((json_int_t)at->size));
		o = json_object();
		put(o, "file", unless_empty(file));
		if ((o = unless_empty(o)) != NULL)
			json_array_append_new(a, o);
	}
	return unless_empty(a);
}

static json_t *
ecs_email(struct sink *s, const struct row *r)
{
	const struct record *rec = r->rec;
	json_t *o = json_object(), *sender = json_object();

	put(o, "local_id", text(s, rec->queue_id));
	put(o, "message_id", text(s, rec->message_id));
	put(o, "subject", text(s, r->subject));
	put(o, "from", ecs_address(s, rec->from));
	put(sender, "address", text(s, r->sender));
	put(o, "sender", unless_empty(sender));
	put(o, "to", ecs_recipients(s, rec));
	put(o, "origination_timestamp", moment(rec->date));
	put(o, "delivery_timestamp", moment(r->arrived));
	put(o, "attachments", ecs_attachments(s, rec));
	return unless_empty(o);
}

static json_t *
ecs_event(struct sink *s, const struct row *r)
{
	json_t *o = json_object(), *list = json_array();

	put(o, "kind", json_string_nocheck("event"));
	json_array_append_new(list, json_string_nocheck("email"));
	put(o, "category", list);
	put(o, "dataset", json_string_nocheck("spoolkit.entry"));
	put(o, "id", text(s, r->rec->id));
	if (r->decided)
		put(o, "reason", text(s, r->said[0].fact));
	return o;
}

static json_t *
ecs_file(struct sink *s, const struct row *r)
{
	json_t *o = json_object(), *hash = json_object();

	s->cell.n = 0;
	buf_fmt(&s->cell, "%s/" SL_FMT, r->rec->spool, SL_ARG(r->path));
	put(o, "path", text(s, buf_sl(&s->cell)));
	put(o, "size", json_integer((json_int_t)r->size));
	if (r->rec->has_digest)
		put(hash, "sha256", hex(s, r->rec->sha256,
		    sizeof(r->rec->sha256)));
	put(o, "hash", unless_empty(hash));
	return o;
}

static json_t *
ecs_own(struct sink *s, const struct row *r)
{
	json_t *o = json_object();

	put(o, "class", json_string_nocheck(class_name(r->class)));
	put(o, "kind", json_string_nocheck(kind_name(r->kind)));
	put(o, "folder", text(s, r->folder));
	put(o, "format", text(s, sl(r->rec->format)));
	put(o, "helo", text(s, r->client.helo));
	put(o, "mark", mark(s, r));
	put(o, "problems", texts(s, r->rec->problems, r->rec->nproblems));
	return o;
}

/* { key: value }, where there is a value. */
static void
put_in(json_t *o, const char *name, const char *key, json_t *value)
{
	json_t *in = json_object();

	put(in, key, value);
	put(o, name, unless_empty(in));
}

static void
ecs_put(struct sink *s, const struct row *r)
{
	json_t *o = json_object(), *source = json_object();

	put(o, "@timestamp", moment(r->arrived != 0 ? r->arrived :
	    r->rec->date));
	put_in(o, "ecs", "version", json_string_nocheck(ECS_VERSION));
	put(o, "event", ecs_event(s, r));
	put_in(o, "rule", "name", text(s, r->reason));
	put(o, "email", ecs_email(s, r));
	put(source, "ip", text(s, r->client.ip));
	put(source, "domain", text(s, r->client.name));
	put(o, "source", unless_empty(source));
	put_in(o, "user", "name", text(s, r->account));
	put(o, "file", ecs_file(s, r));
	put(o, "spoolkit", ecs_own(s, r));
	put_line(&s->line, o);
}

const struct format format_ecs = {
	.name = "ecs", .record = true, .lists = true,
	.begin = ndjson_begin, .put = ecs_put,
};

void
json_line(struct buf *line, const char *const *names, const bool *numbers,
    const struct slice *values, size_t n)
{
	struct sink s = { .o = { .kind = SINK_NDJSON } };
	json_t *o = json_object();
	uint64_t number;
	size_t i;

	put(o, "v", json_integer(1));
	for (i = 0; i < n; i++)
		put(o, names[i], numbers[i] && sl_num(values[i], INT64_MAX,
		    &number) ? json_integer((json_int_t)number) :
		    text(&s, values[i]));
	put_line(line, o);
	buf_free(&s.tmp);
}
