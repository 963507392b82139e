#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/held.h"
#include "act/make.h"
#include "act/verify.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "io/tree.h"

#define PIECE	(64 * 1024)	/* bytes read at once */

/* One archive. */
struct kept {
	struct verify	 v;
	char		*below;		/* "" or "sub/": before each path */
	struct bag	*bag;
	int		 fd;
	struct kept	*next;
};

struct held {
	struct kept	*first;
};

static int
by_name(const void *a, const void *b)
{
	const struct verified *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* "sub/" of "BAG/data/sub". */
static char *
below_data(const char *inside)
{
	struct slice rest = sl(inside), part;
	char *s;

	sl_cut(&rest, '/', &part);
	sl_cut(&rest, '/', &part);
	s = xalloc(rest.n + 2);
	if (rest.n > 0)
		memcpy(s, rest.p, rest.n);
	s[rest.n] = '/';
	s[rest.n == 0 ? 0 : rest.n + 1] = '\0';
	return s;
}

static int
verify_all(struct kept *k, const char *archive, struct err *err)
{
	struct err none;
	int r;

	k->v.has_digest = make_digest(archive, k->v.digest, &none) == 1;
	if ((k->fd = open(archive, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(err, "%s: cannot open", archive);
	if (bag_open(&k->bag, k->fd, err) == -1)
		return err_at(err, "%s", archive);
	if ((r = bag_verify(k->bag, &k->v, err)) == 1)
		return 0;
	return r == -1 ? err_at(err, "%s", archive) : err_set(err,
	    ERR_FORMAT, "%s: does not verify: it holds nothing", archive);
}

static void
no_word(void *ctx, const char *what)
{
	(void)ctx;
	(void)what;
}

static void
kept_free(struct kept *k)
{
	verify_free(&k->v);
	bag_close(k->bag);
	if (k->fd != -1)
		close(k->fd);
	free(k->below);
	free(k);
}

struct held *
held_new(void)
{
	return xcalloc(1, sizeof(struct held));
}

void
held_free(struct held *h)
{
	struct kept *k;

	while (h != NULL && (k = h->first) != NULL) {
		h->first = k->next;
		kept_free(k);
	}
	free(h);
}

int
held_add(struct held *h, const char *archive, const char *inside,
    struct err *err)
{
	struct kept *k = xcalloc(1, sizeof(*k));

	k->fd = -1;
	k->below = below_data(inside);
	k->v.differs = no_word;
	if (verify_all(k, archive, err) == -1) {
		kept_free(k);
		return -1;
	}
	if (k->v.n > 0)
		qsort(k->v.v, k->v.n, sizeof(*k->v.v), by_name);
	k->next = h->first;
	h->first = k;
	return 0;
}

static bool
digest(int fd, uint8_t out[32])
{
	struct sha256 *sha = sha256_new();
	char *p = xalloc(PIECE);
	uint64_t at = 0;
	struct err err;
	ssize_t n;

	sha256_start(sha);
	while ((n = tree_read(fd, at, p, PIECE, &err)) > 0) {
		sha256_add(sha, (struct slice){ p, (size_t)n });
		at += (uint64_t)n;
	}
	sha256_end(sha, out);
	sha256_free(sha);
	free(p);
	return n == 0;
}

static const struct verified *
find(const struct kept *k, const char *path)
{
	struct verified key, *found;
	size_t n = strlen(k->below), m = strlen(path);
	char *name = xalloc(n + m + 1);

	memcpy(name, k->below, n);
	memcpy(name + n, path, m + 1);
	key.name = name;
	found = k->v.n == 0 ? NULL : bsearch(&key, k->v.v, k->v.n,
	    sizeof(key), by_name);
	free(name);
	return found != NULL && S_ISREG(found->type) ? found : NULL;
}

bool
held_has(const struct held *h, const char *path, int fd)
{
	const struct verified *v;
	const struct kept *k;
	uint8_t sum[32];

	if (!digest(fd, sum))
		return false;
	for (k = h->first; k != NULL; k = k->next)
		if ((v = find(k, path)) != NULL &&
		    memcmp(sum, v->sha256, sizeof(sum)) == 0)
			return true;
	return false;
}
