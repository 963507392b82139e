#include "net/reply.h"

void
smtp_reply_reset(struct smtp_reply *r)
{
	r->code = 0;
	r->status[0] = r->text[0] = '\0';
	r->n = r->lines = 0;
}

/* "5.7.1" in front of the text, of the same class as the code. */
static void
take_status(struct smtp_reply *r, struct slice s)
{
	struct slice part, rest, word = { NULL, 0 };
	uint64_t n;
	size_t parts = 0;

	sl_word(&s, &word);
	if (word.n < 5 || word.n >= sizeof(r->status) ||
	    (unsigned)(word.p[0] - '0') != smtp_reply_class(r))
		return;
	for (rest = word; sl_cut(&rest, '.', &part); parts++)
		if (part.n > 3 || !sl_num(part, 999, &n))
			return;
	if (parts != 3)
		return;
	memcpy(r->status, word.p, word.n);
	r->status[word.n] = '\0';
}

static void
add(struct smtp_reply *r, char c)
{
	if (r->n < sizeof(r->text) - 1)
		r->text[r->n++] = c;
	r->text[r->n] = '\0';
}

static void
take_text(struct smtp_reply *r, struct slice s)
{
	size_t i;

	if (r->lines > 1)
		add(r, '\n');
	for (i = 0; i < s.n; i++)
		add(r, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' :
		    s.p[i]);
}

/* Three digits, of which the first is 2 to 5; 0 when they are not there. */
static unsigned
code_of(struct slice s)
{
	uint64_t n;

	if (s.n < 3 || !sl_num(sl_first(s, 3), 599, &n) || n < 200)
		return 0;
	return s.n == 3 || s.p[3] == ' ' || s.p[3] == '-' ? (unsigned)n : 0;
}

int
smtp_reply_line(struct smtp_reply *r, struct slice line)
{
	unsigned code = code_of(line);

	if (code == 0 || (r->lines > 0 && code != r->code) ||
	    r->lines == SMTP_LINES_MAX)
		return -1;
	r->code = code;
	r->lines++;
	if (r->lines == 1)
		take_status(r, sl_from(line, 4));
	take_text(r, sl_trim(sl_from(line, 4)));
	return line.n > 3 && line.p[3] == '-';
}

struct slice
smtp_reply_text(const struct smtp_reply *r, size_t i)
{
	struct slice rest = { r->text, r->n }, line = { NULL, 0 };
	size_t k;

	for (k = 0; k <= i; k++)
		if (!sl_cut(&rest, '\n', &line))
			return (struct slice){ NULL, 0 };
	return line;
}
