#include "log/syslog.h"

/* "<22>1 ", as only RFC 5424 begins. */
static bool
take_v1(struct slice *s)
{
	size_t i;

	for (i = 1; i < s->n && i < 4 && ascii_digit(s->p[i]); i++)
		;
	if (i == 1 || s->p[0] != '<' || !sl_starts(sl_from(*s, i), SL(">1 ")))
		return false;
	*s = sl_from(*s, i + 3);
	return true;
}

/* Structured data: "-", or elements in brackets with quoted values. */
static bool
pass_data(struct slice *s)
{
	bool quoted = false;
	size_t i;

	if (sl_starts(*s, SL("-"))) {
		*s = sl_from(*s, 1);
		return true;
	}
	while (s->n > 0 && s->p[0] == '[') {
		for (i = 1; i < s->n && (quoted || s->p[i] != ']'); i++)
			if (s->p[i] == '"')
				quoted = !quoted;
			else if (s->p[i] == '\\')
				i++;
		if (i >= s->n)
			return false;
		*s = sl_from(*s, i + 1);
	}
	return true;
}

/* RFC 5424 6: "host prog pid msgid data text". */
static bool
take_fields(struct slice rest, struct sysline *s)
{
	struct slice pid, id;

	if (!sl_cut(&rest, ' ', &s->host) || !sl_cut(&rest, ' ', &s->prog) ||
	    !sl_cut(&rest, ' ', &pid) || !sl_cut(&rest, ' ', &id) ||
	    !pass_data(&rest))
		return false;
	if (!sl_num(pid, UINT32_MAX, &s->pid))
		s->pid = 0;
	if (sl_starts(rest, SL(" ")))
		rest = sl_from(rest, 1);
	if (sl_starts(rest, SL("\xef\xbb\xbf")))
		rest = sl_from(rest, 3);
	s->text = rest;
	return s->prog.n > 0;
}

/* RFC 3164: "host prog[pid]: text". */
static bool
take_tag(struct slice rest, struct sysline *s)
{
	struct slice tag;
	const char *p;

	if (!sl_cut(&rest, ' ', &s->host) ||
	    (p = memchr(rest.p, ':', rest.n)) == NULL)
		return false;
	tag = sl_first(rest, (size_t)(p - rest.p));
	s->text = sl_from(rest, (size_t)(p + 1 - rest.p));
	if (s->text.n > 0 && s->text.p[0] == ' ')
		s->text = sl_from(s->text, 1);
	s->prog = tag;
	if (tag.n > 2 && tag.p[tag.n - 1] == ']' &&
	    (p = memchr(tag.p, '[', tag.n)) != NULL) {
		s->prog = sl_first(tag, (size_t)(p - tag.p));
		(void)sl_num(log_between(tag, SL("["), ']'), UINT32_MAX,
		    &s->pid);
	}
	return s->prog.n > 0 && memchr(s->prog.p, ' ', s->prog.n) == NULL;
}

static bool
parse(struct log_clock *c, struct slice rest, int64_t *at, struct sysline *s)
{
	bool v1 = take_v1(&rest);

	*s = (struct sysline){ .pid = 0 };
	if (!when_syslog(c, &rest, at))
		return false;
	return v1 ? take_fields(rest, s) : take_tag(rest, s);
}

bool
syslog_line(struct log_in *in, struct slice line, struct sysline *s)
{
	return parse(&in->clock, line, &in->at, s);
}

bool
syslog_by(struct slice line, struct slice prog)
{
	struct log_clock c = { .year = 2000 };
	struct sysline s;
	int64_t at;

	return parse(&c, line, &at, &s) &&
	    (ascii_alnum(prog.p[prog.n - 1]) ? sl_eq(s.prog, prog) :
	    sl_starts(s.prog, prog));
}

bool
syslog_id(struct slice *text, struct slice *id)
{
	size_t i;

	for (i = 0; i < text->n && ascii_alnum(text->p[i]); i++)
		;
	if (i < 5 || i > 24 || i + 1 >= text->n || text->p[i] != ':')
		return false;
	*id = sl_first(*text, i);
	*text = sl_from(*text, i + 1);
	if (text->p[0] == ' ')
		*text = sl_from(*text, 1);
	return true;
}

/* From the name on; empty: it is not there. */
static struct slice
behind(struct slice text, struct slice name)
{
	struct slice rest = text;
	const char *p;

	while ((p = sl_find(rest, name)) != NULL) {
		rest = sl_from(rest, (size_t)(p - rest.p) + name.n);
		if (p == text.p || p[-1] == ' ' || p[-1] == ',')
			return rest;
	}
	return SL("");
}

static struct slice
value_of(struct slice rest)
{
	const char *p;

	if (rest.n > 0 && rest.p[0] == '<')
		return log_between(rest, SL("<"), '>');
	p = rest.n == 0 ? NULL : memchr(rest.p, ',', rest.n);
	return p == NULL ? sl_trim(rest) :
	    sl_first(rest, (size_t)(p - rest.p));
}

struct slice
syslog_value(struct slice text, struct slice name)
{
	return value_of(behind(text, name));
}

struct slice
syslog_last(struct slice text, struct slice name)
{
	struct slice rest = text, last = SL("");

	while ((rest = behind(rest, name)).n > 0)
		last = rest;
	return value_of(last);
}
