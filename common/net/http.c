#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "mail/header.h"
#include "net/dial.h"
#include "net/http.h"
#include "net/wire.h"

struct http {
	struct broker_address	 to[DIAL_MAX];
	size_t			 n;
	struct broker		*broker;	/* NULL: we connect */
	bool			 tls;
	char			 host[256];
	char			 authority[300];	/* as the URL has it */
	char			 path[1024];
};

/* ---- where ---- */

static bool
is_plain(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '#')
			return false;
	return true;
}

static int
split(struct http *h, struct slice url, const char *path, uint16_t *port,
    struct err *err)
{
	struct slice where, host, rest = url;

	h->tls = sl_istarts(url, SL("https://"));
	if (!h->tls && !sl_istarts(url, SL("http://")))
		return err_set(err, ERR_USAGE, "no http:// or https:// URL");
	rest = sl_from(url, h->tls ? 8 : 7);
	*port = h->tls ? 443 : 80;
	if (!is_plain(url) || memchr(rest.p, '@', rest.n) != NULL ||
	    !sl_cut(&rest, '/', &where) ||
	    dial_split(where, &host, port, err) == -1)
		return err_set(err, ERR_USAGE, "not a URL of a server");
	if (rest.n > 0)
		path = rest.p;
	if (host.n >= sizeof(h->host) || where.n >= sizeof(h->authority) ||
	    strlen(path) >= sizeof(h->path))
		return err_set(err, ERR_USAGE, "too long");
	snprintf(h->host, sizeof(h->host), SL_FMT, SL_ARG(host));
	snprintf(h->authority, sizeof(h->authority), SL_FMT, SL_ARG(where));
	snprintf(h->path, sizeof(h->path), "%s", path);
	return 0;
}

static int
settle(struct http *h, const char *url, const char *path, bool confined,
    struct err *err)
{
	struct dial d;
	uint16_t port;

	if (split(h, sl(url), path, &port, err) == -1 ||
	    dial_find(&d, h->host, DIAL_ANY, err) == -1)
		return -1;
	for (; h->n < d.n; h->n++)
		wire_tcp(&h->to[h->n], &d.ip[h->n], port);
	return confined ? broker_new(&h->broker, NULL, h->to, h->n, err) : 0;
}

int
http_new(struct http **out, const char *url, const char *path,
    bool confined, struct err *err)
{
	*out = xcalloc(1, sizeof(**out));
	if (settle(*out, url, path, confined, err) == 0)
		return 0;
	http_free(*out);
	*out = NULL;
	return err_at(err, "%s", url);
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	broker_free(h->broker);
	free(h);
}

/* ---- a question ---- */

static int
connect_any(const struct http *h, struct wire **w, unsigned secs,
    struct err *err)
{
	struct wire_tls t = { .name = h->host, .verify = true };
	size_t i;

	for (i = 0; i < h->n; i++)
		if (wire_dial(w, &h->to[i], h->broker, secs, err) == 0)
			break;
	if (i == h->n)
		return -1;
	wire_within(*w, secs);
	return h->tls ? wire_tls(*w, &t, err) : 0;
}

static int
ask(const struct http *h, struct wire *w, struct slice fields,
    struct slice body, struct err *err)
{
	struct buf b = { 0 };
	int r;

	buf_fmt(&b, "POST /%s HTTP/1.0\r\nHost: %s\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n", h->path, h->authority, body.n);
	buf_add(&b, fields);
	buf_add(&b, SL("\r\n"));
	r = wire_write(w, buf_sl(&b), err) == -1 ||
	    wire_write(w, body, err) == -1 ? -1 : 0;
	buf_free(&b);
	return r;
}

/* All that the server sends, until it hangs up. */
static int
hear(struct wire *w, struct buf *b, struct err *err)
{
	ssize_t n;

	do {
		if (b->n >= HTTP_ANSWER_MAX)
			return err_set(err, ERR_LIMIT, "an answer of more "
			    "than %d bytes", HTTP_ANSWER_MAX);
		buf_room(b, 16384);
		n = wire_read(w, b->p + b->n, b->cap - b->n, err);
		b->n += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	return (int)n;
}

/* "HTTP/1.1 200 OK", the fields, and what is behind them. */
static int
understand(struct slice all, struct buf *answer, struct err *err)
{
	struct arena *a = arena_new();
	struct slice line, word, code, body, length;
	struct head head;
	uint64_t want = 0;
	int r = 0;

	if (!sl_line(&all, &line) || !sl_word(&line, &word) ||
	    !sl_istarts(word, SL("HTTP/1.")) || !sl_word(&line, &code))
		r = err_set(err, ERR_FORMAT, "the answer is not HTTP");
	else if (!sl_eq(code, SL("200")))
		r = err_set(err, ERR_FORMAT, "the server says " SL_FMT
		    SL_FMT, SL_ARG(sl_first(code, 3)),
		    SL_ARG(sl_first(line, 80)));
	if (r == 0) {
		head_parse(&head, a, all, &body);
		length = head_named(&head, "content-length");
		if (length.n > 0 && (!sl_num(length, HTTP_ANSWER_MAX,
		    &want) || want > body.n))
			r = err_set(err, ERR_FORMAT, "half an answer");
		else
			buf_add(answer, body);
	}
	arena_free(a);
	return r;
}

int
http_post(struct http *h, struct slice fields, struct slice body,
    unsigned secs, struct buf *answer, struct err *err)
{
	struct wire *w = NULL;
	struct buf all = { 0 };
	int r;

	r = connect_any(h, &w, secs, err) == -1 ||
	    ask(h, w, fields, body, err) == -1 ||
	    hear(w, &all, err) == -1 ||
	    understand(buf_sl(&all), answer, err) == -1 ? -1 : 0;
	wire_free(w);
	buf_free(&all);
	return r;
}
