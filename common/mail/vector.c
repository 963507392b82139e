#include "mail/vector.h"

const struct vector vectors[] = {
	{ "M1", "x@$f", "$u@$d", ROUTE_NONE, "foreign sender" },
	{ "M2", "x", "$u@$d", ROUTE_NONE, "sender without a domain" },
	{ "M3", "", "$u@$d", ROUTE_NONE, "null sender" },
	{ "M4", "x@$L", "$u@$d", ROUTE_NONE, "local sender" },
	{ "M5", "x@[$I]", "$u@$d", ROUTE_NONE,
	    "sender at the server's address" },
	{ "M6", "x", "$u%$d", ROUTE_PERCENT, "percent" },
	{ "M7", "x", "\"$u@$d\"", ROUTE_QUOTED, "quoted" },
	{ "N1", "", "$u@$d", ROUTE_NONE, "null sender" },
	{ "N2", "x@$d", "$u@$d", ROUTE_NONE,
	    "sender in the recipient's domain" },
	{ "N3", "x@$H", "$u@$d", ROUTE_NONE, "sender at the server" },
	{ "N4", "x@[$I]", "$u@$d", ROUTE_NONE,
	    "sender at the server's address" },
	{ "N5", "x@[$I]", "$u%$d@[$I]", ROUTE_PERCENT,
	    "percent, server's address" },
	{ "N6", "x@[$I]", "$u%$d@$H", ROUTE_PERCENT, "percent, server's name" },
	{ "N7", "x@[$I]", "\"$u@$d\"", ROUTE_QUOTED, "quoted" },
	{ "N8", "x@[$I]", "\"$u%$d\"", ROUTE_PERCENT, "quoted percent" },
	{ "N9", "x@[$I]", "$u@$d@[$I]", ROUTE_DOUBLE_AT,
	    "two @, server's address" },
	{ "N10", "x@[$I]", "\"$u@$d\"@[$I]", ROUTE_QUOTED,
	    "quoted, server's address" },
	{ "N11", "x@[$I]", "$u@$d@$H", ROUTE_DOUBLE_AT,
	    "two @, server's name" },
	{ "N12", "x@[$I]", "@[$I]:$u@$d", ROUTE_SOURCE,
	    "source route, server's address" },
	{ "N13", "x@[$I]", "@$H:$u@$d", ROUTE_SOURCE,
	    "source route, server's name" },
	{ "N14", "x@[$I]", "$d!$u", ROUTE_BANG, "bang path" },
	{ "N15", "x@[$I]", "$d!$u@[$I]", ROUTE_BANG,
	    "bang path, server's address" },
	{ "N16", "x@[$I]", "$d!$u@$H", ROUTE_BANG,
	    "bang path, server's name" },
	{ "A1", "x@localhost", "$u@$d", ROUTE_NONE, "sender at localhost" },
	{ "A2", "x@$H", "\"$u@$d\"", ROUTE_QUOTED, "quoted" },
	{ "A3a", "x@$H", "$u%$d", ROUTE_PERCENT, "percent" },
	{ "A3b", "x@$H", "@$L:$u@$d", ROUTE_SOURCE,
	    "source route, local domain" },
	{ "A3c", "x@$H", "$u@$d@$L", ROUTE_DOUBLE_AT, "two @, local domain" },
	{ "A3d", "x@$H", "\"$u@$d\"@$L", ROUTE_QUOTED,
	    "quoted, local domain" },
	{ "A3e", "x@$H", "$d!$u@$L", ROUTE_BANG, "bang path, local domain" },
	{ "A4", "postmaster@$L", "$u@$d", ROUTE_NONE, "local postmaster" },
};
const size_t vectors_n = sizeof(vectors) / sizeof(vectors[0]);

const struct vector *
vector_find(struct slice id)
{
	size_t i;

	for (i = 0; i < vectors_n; i++)
		if (sl_ieq(id, sl(vectors[i].id)))
			return &vectors[i];
	return NULL;
}

const struct vector *
vector_like(enum addr_route form)
{
	size_t i;

	for (i = 0; form != ROUTE_NONE && i < vectors_n; i++)
		if (vectors[i].form == form)
			return &vectors[i];
	return NULL;
}

bool
vector_proves(const struct vector *v)
{
	return v->form == ROUTE_NONE || v->form == ROUTE_SOURCE;
}

static struct slice
word(char letter, const struct vector_words *w)
{
	switch (letter) {
	case 'u':
		return w->user;
	case 'd':
		return w->domain;
	case 'L':
		return w->local;
	case 'H':
		return w->host;
	case 'I':
		return w->address;
	default:
		return w->foreign;
	}
}

void
vector_path(struct buf *to, const char *pattern,
    const struct vector_words *w)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '$')
			buf_add(to, word(*++pattern, w));
		else
			buf_addc(to, *pattern);
	}
}
