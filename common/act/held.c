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

struct held {
	struct verify	 v;
	char		*below;		/* "" or "sub/": before each path */
	struct bag	*bag;
	int		 fd;
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
verify_all(struct held *h, const char *archive, struct err *err)
{
	struct err none;
	int r;

	h->v.has_digest = make_digest(archive, h->v.digest, &none) == 1;
	if ((h->fd = open(archive, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(err, "%s: cannot open", archive);
	if (bag_open(&h->bag, h->fd, err) == -1)
		return err_at(err, "%s", archive);
	if ((r = bag_verify(h->bag, &h->v, err)) == 1)
		return 0;
	return r == -1 ? err_at(err, "%s", archive) : err_set(err,
	    ERR_FORMAT, "%s: does not verify: nothing is removed", archive);
}

static void
no_word(void *ctx, const char *what)
{
	(void)ctx;
	(void)what;
}

int
held_open(struct held **out, const char *archive, const char *inside,
    struct err *err)
{
	struct held *h = xcalloc(1, sizeof(*h));

	h->fd = -1;
	h->below = below_data(inside);
	h->v.differs = no_word;
	if (verify_all(h, archive, err) == -1) {
		held_free(h);
		return -1;
	}
	if (h->v.n > 0)
		qsort(h->v.v, h->v.n, sizeof(*h->v.v), by_name);
	*out = h;
	return 0;
}

void
held_free(struct held *h)
{
	if (h == NULL)
		return;
	verify_free(&h->v);
	bag_close(h->bag);
	if (h->fd != -1)
		close(h->fd);
	free(h->below);
	free(h);
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

bool
held_has(const struct held *h, const char *path, int fd)
{
	struct verified key, *found;
	size_t n = strlen(h->below), m = strlen(path);
	char *name = xalloc(n + m + 1);
	uint8_t sum[32];

	memcpy(name, h->below, n);
	memcpy(name + n, path, m + 1);
	key.name = name;
	found = h->v.n == 0 ? NULL : bsearch(&key, h->v.v, h->v.n,
	    sizeof(key), by_name);
	free(name);
	return found != NULL && S_ISREG(found->type) && digest(fd, sum) &&
	    memcmp(sum, found->sha256, sizeof(sum)) == 0;
}
