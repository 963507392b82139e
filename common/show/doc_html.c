#include "base/hash.h"
#include "mail/date.h"
#include "show/assets.h"
#include "show/doc.h"

#define SHORT	26	/* bytes of a cell that is not broken in two */
#define MANY	20	/* lines of a list that is printed in columns */

void
html_text(struct buf *out, struct slice s)
{
	static const struct { char c; struct slice as; } v[] = {
		{ '&', SL("&amp;") }, { '<', SL("&lt;") },
		{ '>', SL("&gt;") }, { '"', SL("&quot;") },
		{ '\'', SL("&#39;") },
	};
	size_t i, k;

	for (i = 0; i < s.n; i++) {
		for (k = 0; k < 5 && v[k].c != s.p[i]; k++)
			;
		if (k < 5)
			buf_add(out, v[k].as);
		else
			buf_addc(out, s.p[i]);
	}
}

/* ---- the head ---- */

/* 'sha256-...' of an inline element's text, for the policy: CSP 3, 2.3.1. */
static void
csp_hash(struct buf *out, struct slice text)
{
	struct sha256 *h = sha256_new();
	uint8_t digest[32];

	sha256_start(h);
	sha256_add(h, text);
	sha256_end(h, digest);
	sha256_free(h);
	buf_add(out, SL("'sha256-"));
	base64_add(out, (struct slice){ (const char *)digest, 32 });
	buf_addc(out, '\'');
}

static void
put_head(struct buf *out, const struct doc *d)
{
	buf_add(out, SL("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta http-equiv=\""
	    "Content-Security-Policy\" content=\"default-src 'none'; "
	    "script-src "));
	csp_hash(out, asset_script());
	buf_add(out, SL("; style-src "));
	csp_hash(out, asset_style());
	buf_add(out, SL("; base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n<meta name=\"referrer\" "
	    "content=\"no-referrer\">\n<title>"));
	html_text(out, d->title);
	buf_add(out, SL("</title>\n<style>"));
	buf_add(out, asset_style());
	buf_add(out, SL("</style>\n</head>\n<body>\n<header>\n<h1>"));
	html_text(out, d->title);
	buf_add(out, SL("</h1>\n<p class=\"when\">"));
	html_text(out, d->when);
	buf_add(out, SL("</p>\n"));
}

static void
put_nav(struct buf *out, const struct doc *d)
{
	size_t i;

	buf_add(out, SL("<nav aria-label=\"Sections\"><ul>\n"));
	for (i = 0; i < d->n; i++)
		if (d->sections[i].title != NULL)
			buf_fmt(out, "<li><a href=\"#%s\">%s</a></li>\n",
			    d->sections[i].id, d->sections[i].title);
	buf_add(out, SL("</ul></nav>\n"));
}

/* ---- blocks ---- */

static void
put_titles(struct buf *out, const struct doc_block *b)
{
	size_t i;

	buf_add(out, SL("<thead><tr>"));
	for (i = 0; i < b->ncolumns; i++)
		buf_fmt(out, "<th scope=\"col\"%s>%s</th>",
		    b->columns[i].number ? " class=\"n\"" : "",
		    b->columns[i].title);
	buf_add(out, SL("</tr></thead>\n"));
}

static const char *
cell_class(const struct doc_block *b, size_t i)
{
	const struct slice s = b->cells[i];

	if (b->columns[i % b->ncolumns].number)
		return sl_eq(s, SL("0")) ? " class=\"n z\"" : " class=\"n\"";
	if (s.n <= SHORT)
		return " class=\"s\"";
	return i % b->ncolumns == 0 ? " class=\"wide\"" : "";
}

/* A long address is broken before its domain rather than anywhere. */
static void
cell_text(struct buf *out, struct slice s)
{
	const char *at;

	while (s.n > SHORT && (at = memchr(s.p, '@', s.n)) != NULL) {
		html_text(out, sl_first(s, (size_t)(at - s.p)));
		buf_add(out, SL("<wbr>@"));
		s = sl_from(s, (size_t)(at + 1 - s.p));
	}
	html_text(out, s);
}

static void
put_table(struct buf *out, const struct doc_block *b)
{
	size_t i;

	buf_fmt(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	    "aria-label=\"%s\">\n<table><caption>%s</caption>\n", b->title,
	    b->title);
	put_titles(out, b);
	buf_add(out, SL("<tbody>\n"));
	for (i = 0; i < b->n; i++) {
		if (i % b->ncolumns == 0)
			buf_add(out, SL("<tr>"));
		buf_fmt(out, "<td%s>", cell_class(b, i));
		cell_text(out, b->cells[i]);
		buf_add(out, SL("</td>"));
		if (i % b->ncolumns == b->ncolumns - 1)
			buf_add(out, SL("</tr>\n"));
	}
	buf_add(out, SL("</tbody></table></div>\n"));
}

static void
put_list(struct buf *out, const struct doc_block *b)
{
	size_t i;

	buf_fmt(out, "<p class=\"list\">%s</p>\n<pre%s tabindex=\"0\" "
	    "role=\"region\" aria-label=\"%s\">", b->title,
	    b->n > MANY ? " class=\"many\"" : "", b->title);
	for (i = 0; i < b->n; i++) {
		html_text(out, b->cells[i]);
		buf_addc(out, '\n');
	}
	buf_add(out, SL("</pre>\n"));
}

static void
put_chart(struct buf *out, const struct doc_chart *c)
{
	char at[DATE_TEXT];
	size_t i;
	int k;

	buf_add(out, SL("<figure>\n"));
	chart_svg(c, out);
	buf_add(out, SL("<ul class=\"legend\">\n"));
	for (k = 0; k < C_COUNT; k++)
		buf_fmt(out, "<li><span class=\"dot %s\"></span>%s</li>\n",
		    class_name((enum class)k), class_name((enum class)k));
	buf_add(out, SL("</ul>\n<figcaption>"));
	html_text(out, c->said);
	buf_add(out, SL("</figcaption>\n"));
	if (c->nevents > 0)
		buf_add(out, SL("<ol class=\"events\">\n"));
	for (i = 0; i < c->nevents; i++) {
		buf_fmt(out, "<li>%s ", date_str(c->events[i].at, at));
		html_text(out, c->events[i].what);
		buf_add(out, SL("</li>\n"));
	}
	if (c->nevents > 0)
		buf_add(out, SL("</ol>\n"));
	buf_add(out, SL("</figure>\n"));
}

/* ---- entries ---- */

static void
put_tools(struct buf *out)
{
	int k;

	buf_add(out, SL("<div class=\"tools\">\n<div><label for=\"search\">"
	    "Words in any column</label><input type=\"search\" id=\"search\" "
	    "autocomplete=\"off\"></div>\n<div><label for=\"class\">Class"
	    "</label><select id=\"class\"><option value=\"\">all</option>"));
	for (k = 0; k < C_COUNT; k++)
		buf_fmt(out, "<option>%s</option>", class_name((enum class)k));
	buf_add(out, SL("</select></div>\n"
	    "<button type=\"button\" id=\"all\">Select all shown</button>\n"
	    "<button type=\"button\" id=\"none\">Select none</button>\n"
	    "</div>\n<p id=\"count\" role=\"status\"></p>\n"));
}

static void
put_entries_head(struct buf *out, const struct doc_block *b)
{
	size_t i;

	buf_fmt(out, "<div id=\"view\" tabindex=\"0\" role=\"region\" "
	    "aria-label=\"Entries\">\n<table id=\"grid\" "
	    "aria-rowcount=\"%zu\"><colgroup>", b->n / b->ncolumns + 1);
	for (i = 0; i <= b->ncolumns; i++)
		buf_fmt(out, "<col class=\"k%zu\">", i);
	buf_add(out, SL("</colgroup>\n<thead><tr><th scope=\"col\">"
	    "<abbr title=\"selected\">\xe2\x9c\x93</abbr></th>"));
	for (i = 0; i < b->ncolumns; i++)
		buf_fmt(out, "<th scope=\"col\" aria-sort=\"none\">"
		    "<button type=\"button\">%s</button></th>",
		    b->columns[i].title);
	buf_add(out, SL("</tr></thead>\n<tbody id=\"rows\"></tbody>"
	    "</table></div>\n"));
}

/* Not a script: the policy lets none but ours run, and JSON is only read. */
static void
put_data(struct buf *out, const struct doc_block *b)
{
	size_t i;

	buf_add(out, SL("<script type=\"application/json\" id=\"data\">["));
	for (i = 0; i < b->n; i++) {
		if (i % b->ncolumns == 0)
			buf_add(out, i == 0 ? SL("[") : SL(",\n["));
		else
			buf_addc(out, ',');
		script_string(out, b->cells[i]);
		if (i % b->ncolumns == b->ncolumns - 1)
			buf_addc(out, ']');
	}
	buf_add(out, SL("]</script>\n"));
}

static void
put_entries(struct buf *out, const struct doc_block *b)
{
	put_tools(out);
	put_entries_head(out, b);
	buf_add(out, SL("<div class=\"export\">\n<label for=\"list\">Ids of "
	    "the selection, for <code>spoolmark -c case.db - CLASS</code> and "
	    "<code>spoolreplay -c case.db --to TARGET -</code></label>\n"
	    "<textarea id=\"list\" readonly spellcheck=\"false\"></textarea>\n"
	    "<div class=\"row\"><button type=\"button\" id=\"copy\" disabled>"
	    "Copy</button>\n<button type=\"button\" id=\"save\" disabled>Save "
	    "as selection.txt</button></div>\n</div>\n"
	    "<noscript><p>The table needs JavaScript; spoollist prints the "
	    "same.</p></noscript>\n<p class=\"onpaper\">The table is not "
	    "printed; spoollist prints it.</p>\n"));
	put_data(out, b);
}

static void
put_block(struct buf *out, const struct doc_block *b)
{
	switch (b->kind) {
	case DOC_TEXT:
		buf_add(out, SL("<p>"));
		html_text(out, b->text);
		buf_add(out, SL("</p>\n"));
		break;
	case DOC_TABLE:		put_table(out, b); break;
	case DOC_LIST:		put_list(out, b); break;
	case DOC_CHART:		put_chart(out, b->chart); break;
	case DOC_ENTRIES:	put_entries(out, b); break;
	}
}

static void
put_section(struct buf *out, const struct doc_section *s)
{
	size_t i;

	buf_fmt(out, "<section id=\"%s\"%s>\n", s->id,
	    s->title == NULL ? " class=\"lead\"" : "");
	if (s->title != NULL)
		buf_fmt(out, "<h2>%s</h2>\n", s->title);
	for (i = 0; i < s->n; i++)
		put_block(out, &s->blocks[i]);
	buf_add(out, SL("</section>\n"));
}

void
doc_html(const struct doc *d, struct buf *out)
{
	size_t i;

	put_head(out, d);
	put_nav(out, d);
	buf_add(out, SL("</header>\n<main>\n"));
	for (i = 0; i < d->n; i++)
		put_section(out, &d->sections[i]);
	buf_add(out, SL("</main>\n<footer>Made by spoolreport " VERSION
	    ". This page loads nothing and sends nothing.</footer>\n"
	    "<script>"));
	buf_add(out, asset_script());
	buf_add(out, SL("</script>\n</body>\n</html>\n"));
}
