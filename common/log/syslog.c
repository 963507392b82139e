#include "log/syslog.h"

bool
syslog_line(struct log_in *in, struct slice line, struct sysline *s)
{
	struct slice rest = line, tag;
	const char *p;

	*s = (struct sysline){ .pid = 0 };
	if (!when_syslog(&in->clock, &rest, &in->at) ||
	    !sl_cut(&rest, ' ', &s->host) ||
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

bool
syslog_by(struct slice line, struct slice prog)
{
	struct log_clock c = { .year = 2000 };
	struct slice host;
	const char *p;
	int64_t at;

	return when_syslog(&c, &line, &at) && sl_cut(&line, ' ', &host) &&
	    (p = sl_find(sl_first(line, 40), prog)) != NULL &&
	    (p == line.p || prog.p[prog.n - 1] == '/');
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

struct slice
syslog_value(struct slice text, struct slice name)
{
	struct slice rest = text;
	const char *p;

	while ((p = sl_find(rest, name)) != NULL) {
		if (p == text.p || p[-1] == ' ' || p[-1] == ',') {
			rest = sl_from(rest, (size_t)(p - rest.p) + name.n);
			if (rest.n > 0 && rest.p[0] == '<')
				return log_between(rest, SL("<"), '>');
			p = rest.n == 0 ? NULL : memchr(rest.p, ',', rest.n);
			return p == NULL ? sl_trim(rest) :
			    sl_first(rest, (size_t)(p - rest.p));
		}
		rest = sl_from(rest, (size_t)(p + 1 - rest.p));
	}
	return SL("");
}
