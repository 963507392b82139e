#include <expat.h>
#include <stdlib.h>

#include "site/import.h"
#include "site/ipseclist.h"

/*
 * IIS 6 MetaBase.xml: SMTP virtual servers.  Expat reads the XML, and
 * refuses entities that grow.
 */
#define SERVERS_MAX	100

struct server {
	struct slice	location;	/* "/LM/SmtpSvc/1" */
	struct slice	auth;		/* AuthFlags */
	struct slice	relay_list, relay_auth, security, bindings, secure;
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
		{ "SecureBindings", &s->secure },
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

/* ---- rules ---- */

static int
bad_list(struct metabase *m, const struct server *s, const char *what, int r)
{
	return r == -1 ? import_fail(m->in, s->line, "%s is no address list",
	    what) : import_fail(m->in, s->line, "%s has a form that is not "
	    "known, or names in it: write its rules into site.conf", what);
}

/* "permit port 25 client 192.0.2.0/24", for all of a list. */
static void
put_nets(struct metabase *m, const struct server *s, struct slice head,
    const struct ipseclist *list, const char *what)
{
	char text[IP_TEXT];
	size_t i;

	buf_add(m->in->rules, head);
	for (i = 0; i < list->n; i++)
		buf_fmt(m->in->rules, " %s/%u",
		    ip_str(&list->v[i].ip, text), list->v[i].bits - 96);
	import_origin(m->in, s->line, sl(what));
}

/*
 * Who may relay.  No list: "only the list below", with nobody in it.  An
 * empty one: "all except the list below", as IIS makes of it.
 */
static int
put_relay(struct metabase *m, const struct server *s, const char *ports)
{
	struct ipseclist list = { .deny = true };
	int r;

	if (s->relay_list.p == NULL)
		return 0;
	if (s->relay_list.n > 0 && (r = ipseclist_read(m->in->a,
	    s->relay_list, &list)) != 0)
		return bad_list(m, s, "RelayIpList", r);
	if (list.deny)
		import_note(m->in, s->line, "RelayIpList says all except the "
		    "list: a door that is open to %s",
		    list.n == 0 ? "everybody" : "all others");
	put_nets(m, s, arena_fmt(m->in->a, "permit port%s%s client", ports,
	    list.deny ? " not" : ""), &list, "RelayIpList");
	return 0;
}

/* Who may connect. */
static int
put_security(struct metabase *m, const struct server *s, const char *ports)
{
	struct ipseclist list;
	int r;

	if (s->security.n == 0)
		return 0;
	if ((r = ipseclist_read(m->in->a, s->security, &list)) != 0)
		return bad_list(m, s, "IPSecurity", r);
	put_nets(m, s, arena_fmt(m->in->a, "refuse port%s%s client", ports,
	    list.deny ? "" : " not"), &list, "IPSecurity");
	return 0;
}

/* The ports of ":25: 192.0.2.1:587:host", each with a blank in front. */
static void
add_ports(struct metabase *m, const struct server *s, struct slice bindings,
    struct buf *out)
{
	struct slice one, ip, port;
	uint64_t n;

	while (sl_word(&bindings, &one)) {
		if (!sl_cut(&one, ':', &ip) || !sl_cut(&one, ':', &port) ||
		    !sl_num(port, 65535, &n) || n == 0)
			continue;
		if (ip.n > 0)
			import_note(m->in, s->line, "the address in a binding "
			    "is passed over: its port counts on all");
		buf_fmt(out, " %u", (unsigned)n);
	}
}

static bool
is_anonymous(struct slice flags)
{
	uint64_t n;

	if (sl_num(flags, UINT32_MAX, &n))
		return (n & 1) != 0;
	return flags.n == 0 || sl_ifind(flags, SL("AuthAnonymous")) != NULL;
}

static void
put_server_rule(struct metabase *m, const struct server *s, const char *rule,
    const char *ports, const char *cond, const char *what)
{
	buf_fmt(m->in->rules, "%s port%s %s", rule, ports, cond);
	import_origin(m->in, s->line, sl(what));
}

static int
put_rules(struct metabase *m, const struct server *s, const char *ports)
{
	if (put_security(m, s, ports) == -1)
		return -1;
	if (!is_anonymous(s->auth))
		put_server_rule(m, s, "refuse", ports, "not authenticated",
		    "AuthFlags");
	buf_fmt(m->in->rules, "permit port%s recipient ours%.*s", ports,
	    (int)s->domains.n, s->domains.n == 0 ? "" : s->domains.p);
	import_origin(m->in, s->line, SL("domains"));
	if (put_relay(m, s, ports) == -1)
		return -1;
	if (s->relay_auth.n > 0 && !sl_eq(s->relay_auth, SL("0")) &&
	    !sl_ieq(s->relay_auth, SL("false")))
		put_server_rule(m, s, "permit", ports, "authenticated",
		    "RelayForAuth");
	return 0;
}

static int
put_server(struct metabase *m, const struct server *s)
{
	struct buf ports = { 0 };
	int r;

	add_ports(m, s, s->bindings, &ports);
	add_ports(m, s, s->secure, &ports);
	if (ports.n == 0)
		buf_add(&ports, SL(" 25"));
	buf_addc(&ports, '\0');
	r = put_rules(m, s, ports.p);
	buf_free(&ports);
	return r;
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
