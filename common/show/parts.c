#include "base/hash.h"
#include "mail/mime.h"
#include "mail/words.h"
#include "show/page.h"

/* The message as a tree; memory is msg's. */
struct tree_of {
	struct head	 head;
	struct mime	 mime;
	bool		 cut;		/* not all of it is there */
};

static void
parse(struct single *msg, struct tree_of *t)
{
	struct slice body, text = single_text(msg, &t->cut);

	head_parse(&t->head, msg->arena, text, &body);
	mime_parse(&t->mime, msg->arena, msg->charsets, &t->head, body);
}

/* ---- header ---- */

void
page_header(struct page *p, struct single *msg)
{
	struct slice body;
	struct head head;
	size_t i;

	head_parse(&head, msg->arena, record_text(&msg->msg), &body);
	for (i = 0; i < head.n; i++) {
		page_safe(p, head.v[i].name);
		buf_add(&p->b, SL(": "));
		page_safe(p, words_decode(msg->arena, msg->charsets,
		    head.v[i].body));
		buf_addc(&p->b, '\n');
	}
	if (head.cut)
		buf_add(&p->b, SL("...\n"));
}

struct slice
whole_header_raw(struct single *msg)
{
	struct slice text = record_text(&msg->msg), body;
	struct head head;

	head_parse(&head, msg->arena, text, &body);
	return body.p == NULL ? text :
	    sl_first(text, (size_t)(body.p - text.p));
}

/* ---- the tree ---- */

static bool
is_leaf(const struct part *part)
{
	return part->child == NULL &&
	    !sl_starts(part->type, SL("multipart/"));
}

static void
put_digest(struct page *p, struct single *msg, struct slice bytes)
{
	uint8_t sum[32];
	char hex[2 * sizeof(sum) + 1];

	sha256_start(msg->sha);
	sha256_add(msg->sha, bytes);
	sha256_end(msg->sha, sum);
	hex_str(sum, sizeof(sum), hex);
	buf_fmt(&p->b, "sha256 %s", hex);
}

/* What a part without parts is: its size, true type and digest. */
static void
put_leaf(struct page *p, struct single *msg, const struct part *part,
    bool cut, size_t indent, struct buf *bytes)
{
	bool bad, text = sl_starts(part->type, SL("text/"));

	bytes->n = 0;
	bad = mime_decode(part, SINGLE_MAX, bytes) != 0;
	buf_add(&p->b, SL(", "));
	page_count(p, bytes->n);
	buf_add(&p->b, SL(" bytes"));
	if (part->cut || cut)
		buf_add(&p->b, SL(" (its end is missing)"));
	if (bad)
		buf_add(&p->b, SL(" (damaged code)"));
	if (msg->magics != NULL && bytes->n > 0 && !text) {
		buf_add(&p->b, SL(", is "));
		page_safe(p, magics_type(msg->magics, buf_sl(bytes)));
	}
	buf_fmt(&p->b, "\n%*s", (int)indent, "");
	put_digest(p, msg, buf_sl(bytes));
}

static void
put_part(struct page *p, struct single *msg, const struct part *part,
    bool cut, struct buf *bytes)
{
	size_t depth = part->depth < 20 ? part->depth : 20;

	buf_fmt(&p->b, "  %-3u %*s", part->number, (int)(2 * depth), "");
	page_safe(p, part->type);
	if (part->charset.n > 0) {
		buf_add(&p->b, SL(", "));
		page_safe(p, part->charset);
	}
	if (part->filename.n > 0) {
		buf_add(&p->b, SL(", \""));
		page_safe(p, part->filename);
		buf_addc(&p->b, '"');
	}
	if (part->disposition.n > 0) {
		buf_add(&p->b, SL(", "));
		page_safe(p, part->disposition);
	}
	if (is_leaf(part))
		put_leaf(p, msg, part, cut && mime_walk(part) == NULL,
		    6 + 2 * depth, bytes);
	buf_addc(&p->b, '\n');
}

/* ---- text ---- */

static bool
is_text(const struct part *part)
{
	return is_leaf(part) && sl_starts(part->type, SL("text/"));
}

static void
put_lines(struct page *p, struct slice text, const char *indent)
{
	struct slice line;

	while (sl_line(&text, &line)) {
		if (line.n > 0)
			buf_add(&p->b, sl(indent));
		page_safe(p, line);
		buf_addc(&p->b, '\n');
	}
}

static void
put_text(struct page *p, struct single *msg, const struct part *part)
{
	struct buf text = { 0 };

	buf_fmt(&p->b, "\ntext of part %u, ", part->number);
	page_safe(p, part->type);
	buf_addc(&p->b, '\n');
	mime_text(part, msg->charsets, WHOLE_TEXT_MAX + 1, &text);
	put_lines(p, sl_first(buf_sl(&text), WHOLE_TEXT_MAX), "  ");
	if (text.n > WHOLE_TEXT_MAX)
		buf_fmt(&p->b, "  ... (--part %u shows all)\n", part->number);
	buf_free(&text);
}

static bool
is_shown(const struct part *part)
{
	return is_text(part) && part->filename.n == 0 &&
	    !sl_eq(part->disposition, SL("attachment"));
}

void
page_parts(struct page *p, struct single *msg)
{
	struct buf bytes = { 0 };
	const struct part *part;
	struct tree_of t;

	parse(msg, &t);
	page_title(p, "parts");
	for (part = t.mime.root; part != NULL; part = mime_walk(part))
		put_part(p, msg, part, t.cut, &bytes);
	buf_free(&bytes);
	for (part = t.mime.root; part != NULL; part = mime_walk(part))
		if (is_shown(part))
			put_text(p, msg, part);
}

/* ---- one part ---- */

static const struct part *
find_part(struct single *msg, unsigned number)
{
	const struct part *part;
	struct tree_of t;

	parse(msg, &t);
	for (part = t.mime.root; part != NULL; part = mime_walk(part))
		if (part->number == number)
			return part;
	return NULL;
}

int
whole_part(FILE *out, struct single *msg, unsigned number, bool raw,
    struct err *err)
{
	const struct part *part = find_part(msg, number);
	struct page p = { .w = NULL };
	struct buf bytes = { 0 };

	if (part == NULL)
		return err_set(err, ERR_USAGE, "there is no part %u", number);
	if (raw) {
		mime_decode(part, SINGLE_MAX, &p.b);
	} else if (is_text(part)) {
		mime_text(part, msg->charsets, SINGLE_MAX, &bytes);
		put_lines(&p, buf_sl(&bytes), "");
		buf_free(&bytes);
	} else
		return err_set(err, ERR_USAGE, "part %u is no text but "
		    SL_FMT ": --raw gives its bytes", number,
		    SL_ARG(sl_first(part->type, 100)));
	fwrite(p.b.p, 1, p.b.n, out);
	buf_free(&p.b);
	return 0;
}
