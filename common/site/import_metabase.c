#include <expat.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ip.h"
#include "site/import.h"

/*
 * IIS 6 MetaBase.xml: SMTP virtual servers.  Expat reads the XML, and
 * refuses entities that grow.
 */
#define SERVERS_MAX	100
#define BLOB_HEAD	80	/* bytes of an address list before the first */

struct server {
	struct slice	location;	/* "/LM/SmtpSvc/1" */
	struct slice	auth;		/* AuthFlags */
	struct slice	relay_list, relay_auth, security, bindings;
	struct buf	domains;	/* " example.org" of its local ones */
	size_t		line;
};

struct metabase {
	struct import	*in;
	XML_Parser	 parser;
	struct server	 service;	/* what servers inherit */
	struct server	*v;
	size_t		 n;
	struct server	*now;		/* Custom elements belong to it */
	bool		 failed;
};

static size_t
line_of(const struct metabase *m)
{
	return (size_t)XML_GetCurrentLineNumber(m->parser);
}

static void
take(struct metabase *m, struct server *s, const char *name,
    const char *value)
{
	const struct {
		const char	*name;
		struct slice	*to;
	} known[] = {
		{ "AuthFlags", &s->auth },
		{ "RelayIpList", &s->relay_list },
		{ "RelayForAuth", &s->relay_auth },
		{ "IPSecurity", &s->security },
		{ "ServerBindings", &s->bindings },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0)
			*known[i].to = arena_dup(m->in->a, sl(value));
}

static const char *
attribute(const char **atts, const char *name)
{
	for (; atts[0] != NULL; atts += 2)
		if (strcmp(atts[0], name) == 0)
			return atts[1];
	return "";
}

static void
begin_server(struct metabase *m, const char **atts)
{
	struct server *s;

	if (m->n == SERVERS_MAX) {
		m->failed = true;
		import_fail(m->in, line_of(m), "more than %d servers",
		    SERVERS_MAX);
		return;
	}
	s = &m->v[m->n++];
	*s = m->service;
	s->domains = (struct buf){ 0 };
	s->line = line_of(m);
	s->location = arena_dup(m->in->a, sl(attribute(atts, "Location")));
	for (; atts[0] != NULL; atts += 2)
		take(m, s, atts[0], atts[1]);
	m->now = s;
}

#define ROUTE_LOCAL	(0x10 | 0x20 | 0x40)	/* alias, deliver, default */
#define ROUTE_RELAY	0x1000	/* mail to it may be relayed */

static void
begin_domain(struct metabase *m, const char **atts)
{
	struct slice where = sl(attribute(atts, "Location")), name;
	const char *slash = memrchr(where.p, '/', where.n);
	uint64_t action = 0;
	size_t i;

	m->now = NULL;
	if (slash == NULL || !sl_num(sl(attribute(atts, "RouteAction")),
	    UINT32_MAX, &action) || (action & (ROUTE_LOCAL | ROUTE_RELAY)) == 0)
		return;
	name = sl_from(where, (size_t)(slash - where.p) + 1);
	for (i = 0; i < m->n; i++)
		if (sl_istarts(where, m->v[i].location) && name.n > 0)
			buf_fmt(&m->v[i].domains, " %s" SL_FMT,
			    sl_starts(name, SL("*.")) ? "" : "=",
			    SL_ARG(sl_from(name, sl_starts(name, SL("*.")) ?
			    1 : 0)));
}

static void
on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
	struct metabase *m = ctx;
	size_t i;

	if (strcmp(name, "IIsSmtpService") == 0) {
		for (i = 0; atts[i] != NULL; i += 2)
			take(m, &m->service, atts[i], atts[i + 1]);
		m->now = &m->service;
	} else if (strcmp(name, "IIsSmtpServer") == 0)
		begin_server(m, atts);
	else if (strcmp(name, "IIsSmtpDomain") == 0)
		begin_domain(m, atts);
	else if (strcmp(name, "Custom") == 0 && m->now != NULL)
		take(m, m->now, attribute(atts, "Name"),
		    attribute(atts, "Value"));
	else
		m->now = NULL;
	if (m->failed)
		XML_StopParser(m->parser, XML_FALSE);
}

/* ---- address lists ---- */

static bool
unhex(struct arena *a, struct slice s, struct slice *out)
{
	char *b = arena_alloc(a, s.n / 2 + 1);
	size_t i;

	for (i = 0; i + 1 < s.n; i += 2) {
		int hi = ascii_hex(s.p[i]), lo = ascii_hex(s.p[i + 1]);

		if (hi == -1 || lo == -1)
			return false;
		b[i / 2] = (char)(hi << 4 | lo);
	}
	*out = (struct slice){ b, s.n / 2 };
	return s.n % 2 == 0;
}

static uint32_t
word(struct slice s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p + 4 * i;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/*
 * The list as scripts that set it write it: a head of 80 bytes, where word
 * 9 is how many and word 11 one more, then the addresses.  Single ones
 * only: how networks and names stand in it is not documented.
 */
static int
put_list(struct metabase *m, const struct server *s, struct slice hex,
    const char *what, const char *head)
{
	static const uint32_t known[] = { 0x80000018, 0x80000020, 0x8000003c,
	    0x80000044, 1, 0x4c, 0, 0, 1 };
	struct slice b;
	size_t i, n;

	if (hex.n == 0)
		return 0;
	if (!unhex(m->in->a, hex, &b) || b.n < BLOB_HEAD)
		return import_fail(m->in, s->line, "%s is no address list",
		    what);
	n = (b.n - BLOB_HEAD) / 4;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (word(b, i) != known[i])
			break;
	if (i < sizeof(known) / sizeof(known[0]) || b.n % 4 != 0 ||
	    word(b, 9) != n || word(b, 11) != n + 1 ||
	    word(b, 19) != UINT32_MAX)
		return import_fail(m->in, s->line, "%s has a form that is not "
		    "documented (networks, names, or all except): write its "
		    "rules into site.conf", what);
	for (i = 0; i < n; i++) {
		const unsigned char *p =
		    (const unsigned char *)b.p + BLOB_HEAD + 4 * i;

		buf_fmt(m->in->rules, "%s %u.%u.%u.%u", head, p[0], p[1],
		    p[2], p[3]);
		import_origin(m->in, s->line, sl(what));
	}
	return 0;
}

/* The port of ":25:" or "192.0.2.1:25:host"; 25 when it does not tell. */
static unsigned
port_of(struct slice bindings)
{
	struct slice part = { NULL, 0 };
	uint64_t n = 25;

	sl_cut(&bindings, ':', &part);
	if (sl_cut(&bindings, ':', &part))
		sl_num(part, 65535, &n);
	return n == 0 ? 25 : (unsigned)n;
}

static bool
is_anonymous(struct slice flags)
{
	uint64_t n;

	if (sl_num(flags, UINT32_MAX, &n))
		return (n & 1) != 0;
	return flags.n == 0 || sl_ifind(flags, SL("AuthAnonymous")) != NULL;
}

static int
put_server(struct metabase *m, const struct server *s)
{
	unsigned port = port_of(s->bindings);
	struct buf *out = m->in->rules;
	char head[64];

	snprintf(head, sizeof(head), "permit port %u client", port);
	if (s->security.n > 0)
		import_note(m->in, s->line, "connection control (IPSecurity) "
		    "is not read");
	if (!is_anonymous(s->auth)) {
		buf_fmt(out, "refuse port %u not authenticated", port);
		import_origin(m->in, s->line, SL("AuthFlags"));
	}
	buf_fmt(out, "permit port %u recipient ours%.*s", port,
	    (int)s->domains.n, s->domains.n == 0 ? "" : s->domains.p);
	import_origin(m->in, s->line, SL("domains"));
	if (put_list(m, s, s->relay_list, "RelayIpList", head) == -1)
		return -1;
	if (s->relay_auth.n > 0 && !sl_eq(s->relay_auth, SL("0")) &&
	    !sl_ieq(s->relay_auth, SL("false"))) {
		buf_fmt(out, "permit port %u authenticated", port);
		import_origin(m->in, s->line, SL("RelayForAuth"));
	}
	return 0;
}

static int
parse(struct metabase *m)
{
	XML_SetUserData(m->parser, m);
	XML_SetElementHandler(m->parser, on_start, NULL);
	if (XML_Parse(m->parser, m->in->text.p, (int)m->in->text.n, 1) !=
	    XML_STATUS_OK)
		return m->failed ? -1 : import_fail(m->in, line_of(m), "%s",
		    XML_ErrorString(XML_GetErrorCode(m->parser)));
	if (m->n == 0)
		return import_fail(m->in, 1, "has no SMTP virtual server");
	return 0;
}

int
import_metabase(struct import *in)
{
	struct metabase m = { .in = in,
	    .parser = XML_ParserCreate(NULL) };
	size_t i;
	int r;

	m.v = arena_alloc(in->a, SERVERS_MAX * sizeof(*m.v));
	r = parse(&m);
	for (i = 0; r == 0 && i < m.n; i++)
		r = put_server(&m, &m.v[i]);
	if (r == 0) {
		buf_add(in->rules, SL("refuse"));
		import_origin(in, 0, SL("everything else"));
	}
	for (i = 0; i < m.n; i++)
		buf_free(&m.v[i].domains);
	XML_ParserFree(m.parser);
	return r;
}
