#include "site/import.h"

/*
 * What sendmail.cf says is ours: "Dj" the host's name; the classes w and
 * {VirtHost}, domains that are local; the class R, domains that it passes
 * mail on to, and clients that it relays for.  Bat book 22, cf/README.
 */
struct sendmail {
	struct import	*in;
	struct buf	 local, relay, trusted, host;
};

/* "192.0.2": all that begins so. */
static bool
is_net(struct slice word, struct arena *a, struct slice *net)
{
	static const char *const more[] = { ".0.0.0/8", ".0.0/16", ".0/24",
	    "" };
	size_t i, dots = 0;
	struct ip ip;

	if (sl_istarts(word, SL("IPv6:")))
		word = sl_from(word, 5);
	*net = word;
	if (ip_parse(word, &ip))
		return true;
	for (i = 0; i < word.n; i++) {
		if (!ascii_digit(word.p[i]) && word.p[i] != '.')
			return false;
		dots += word.p[i] == '.';
	}
	if (dots > 3)
		return false;
	*net = arena_fmt(a, SL_FMT "%s", SL_ARG(word), more[dots]);
	return true;
}

/* A macro in a word stands for what only the server knows. */
static void
add_words(struct sendmail *m, bool relays, struct slice s)
{
	struct slice word, net;

	while (sl_word(&s, &word)) {
		if (memchr(word.p, '$', word.n) != NULL)
			continue;
		if (is_net(word, m->in->a, &net))
			buf_fmt(relays ? &m->trusted : &m->host, " " SL_FMT,
			    SL_ARG(net));
		else if (word.p[0] != '[')
			buf_fmt(relays ? &m->relay : &m->local, " %s" SL_FMT,
			    relays ? "" : "=", SL_ARG(word));
	}
}

/* "-o /etc/mail/relay-domains %[^\#]": a file, a value a line. */
static void
add_file(struct sendmail *m, bool relays, struct slice s, size_t line)
{
	struct slice path = SL(""), text, l, value;
	struct err *err = m->in->err;
	const char *name;

	while (sl_word(&s, &path) && path.p[0] != '/')
		;
	if (path.n == 0 || path.p[0] != '/')
		return;
	if (import_file(m->in, line, path, &name, &text) == -1) {
		import_note(m->in, line, "%s", err->msg);
		*err = (struct err){ 0 };
		return;
	}
	while (sl_line(&text, &l))
		if (sl_cut(&l, '#', &value))
			add_words(m, relays, value);
}

/* Behind "C" and "F": "w", "{VirtHost}", "R".  False: another class. */
static bool
cut_class(struct slice *s, bool *relays)
{
	static const struct slice names[] = { SL("w"), SL("{VirtHost}"),
	    SL("{R}"), SL("R") };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sl_starts(*s, names[i])) {
			*s = sl_from(*s, names[i].n);
			*relays = i >= 2;
			return true;
		}
	return false;
}

int
ours_sendmail(struct import *in, import_ours *took, void *ctx)
{
	struct sendmail m = { .in = in };
	struct slice line, s;
	size_t number = 0;
	bool relays;

	while (sl_line(&in->text, &line)) {
		number++;
		s = sl_from(line, 1);
		if (sl_starts(line, SL("Dj")) &&
		    memchr(line.p, '$', line.n) == NULL)
			buf_fmt(&m.host, " " SL_FMT,
			    SL_ARG(sl_trim(sl_from(line, 2))));
		else if (line.n > 0 && line.p[0] == 'C' &&
		    cut_class(&s, &relays))
			add_words(&m, relays, s);
		else if (line.n > 0 && line.p[0] == 'F' &&
		    cut_class(&s, &relays))
			add_file(&m, relays, s, number);
	}
	took(ctx, SITE_HOST, buf_sl(&m.host), "$j");
	took(ctx, SITE_LOCAL, buf_sl(&m.local), "class w");
	took(ctx, SITE_RELAY, buf_sl(&m.relay), "class R");
	took(ctx, SITE_TRUSTED, buf_sl(&m.trusted), "class R");
	buf_free(&m.host);
	buf_free(&m.local);
	buf_free(&m.relay);
	buf_free(&m.trusted);
	return 0;
}
