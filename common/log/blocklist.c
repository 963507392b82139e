#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "log/blocklist.h"

struct range {
	struct ip	lo, hi;
};
/* In order of lo; none overlaps the next. */
struct ranges {
	struct range	*v;
	size_t		 n, cap;
};
struct blocklist {
	struct ranges	in, out;
};

static void
add(struct ranges *r, const struct ip *lo, const struct ip *hi)
{
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 256 : r->cap * 2;
		r->v = xrealloc(r->v, r->cap, sizeof(*r->v));
	}
	r->v[r->n++] = (struct range){ *lo, *hi };
}

static void
add_net(struct ranges *r, const struct ipnet *net)
{
	struct ip lo = net->ip, hi = net->ip;
	unsigned bit;

	for (bit = net->bits; bit < 128; bit++) {
		lo.b[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
		hi.b[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	}
	add(r, &lo, &hi);
}

/* "192.0.2.1-192.0.2.9", "192.0.2.1-9" */
static bool
add_range(struct ranges *r, struct slice s, const char *dash)
{
	struct slice end = sl_from(s, (size_t)(dash + 1 - s.p));
	struct ip lo, hi;
	uint64_t last;

	if (!ip_parse(sl_first(s, (size_t)(dash - s.p)), &lo))
		return false;
	hi = lo;
	if (sl_num(end, 255, &last))
		hi.b[15] = (uint8_t)last;
	else if (!ip_parse(end, &hi))
		return false;
	if (ip_cmp(&lo, &hi) > 0)
		return false;
	add(r, &lo, &hi);
	return true;
}

/* False: the line is neither an address nor a comment. */
static bool
take(struct blocklist *b, struct slice line)
{
	struct ranges *to = &b->in;
	struct ipnet net;
	struct slice word;
	const char *p;

	if (!sl_word(&line, &word) || memchr("#;$:", word.p[0], 4) != NULL)
		return true;
	if (word.p[0] == '!') {
		to = &b->out;
		word = sl_from(word, 1);
	}
	if ((p = memchr(word.p, ':', word.n)) != NULL &&
	    memchr(word.p, '.', (size_t)(p - word.p)) != NULL)
		word.n = (size_t)(p - word.p);	/* "192.0.2.1:2:text" */
	if ((p = memchr(word.p, '-', word.n)) != NULL)
		return add_range(to, word, p);
	if (!ipnet_parse(word, &net))
		return false;
	add_net(to, &net);
	return true;
}

static int
by_lo(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	return ip_cmp(&a->lo, &b->lo);
}

static void
settle(struct ranges *r)
{
	size_t i, k = 0;

	if (r->n == 0)
		return;
	qsort(r->v, r->n, sizeof(*r->v), by_lo);
	for (i = 1; i < r->n; i++)
		if (ip_cmp(&r->v[i].lo, &r->v[k].hi) > 0)
			r->v[++k] = r->v[i];
		else if (ip_cmp(&r->v[i].hi, &r->v[k].hi) > 0)
			r->v[k].hi = r->v[i].hi;
	r->n = k + 1;
}

int
blocklist_load(struct blocklist **out, const char *path, size_t *odd,
    struct err *err)
{
	struct blocklist *b;
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int ret = 0;

	if (f == NULL)
		return err_sys(err, "%s", path);
	b = xcalloc(1, sizeof(*b));
	*odd = 0;
	while (ret == 0 && (n = getline(&line, &room, f)) != -1) {
		*odd += !take(b, sl_trim((struct slice){ line, (size_t)n }));
		if (b->in.n + b->out.n > BLOCKLIST_MAX)
			ret = err_set(err, ERR_LIMIT, "%s: more than %d "
			    "addresses; give a shorter list", path,
			    BLOCKLIST_MAX);
	}
	if (ret == 0 && ferror(f))
		ret = err_sys(err, "%s", path);
	free(line);
	fclose(f);
	settle(&b->in);
	settle(&b->out);
	if (ret == 0)
		*out = b;
	else
		blocklist_free(b);
	return ret;
}

void
blocklist_free(struct blocklist *b)
{
	if (b == NULL)
		return;
	free(b->in.v);
	free(b->out.v);
	free(b);
}

static bool
within(const struct ranges *r, const struct ip *ip)
{
	size_t low = 0, high = r->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (ip_cmp(&r->v[mid].hi, ip) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->n && ip_cmp(&r->v[low].lo, ip) <= 0;
}

bool
blocklist_has(const struct blocklist *b, const struct ip *ip)
{
	return within(&b->in, ip) && !within(&b->out, ip);
}
