#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "act/ahead.h"
#include "base/xalloc.h"
#include "io/below.h"

#define AT_ONCE		(8 * 1024 * 1024)	/* bytes of a file */
#define MEMORY_PART	8		/* of the memory, that is filled */
#define STEP		16		/* files, of which one is looked at */

/* Files of one folder. */
struct some {
	struct some	*next;
	struct buf	 paths;		/* each ends in NUL */
	uint64_t	*size;
	size_t		 n;
};

struct ahead {
	int		 root;
	uint64_t	 reach;		/* bytes that may be ahead */
	pthread_t	 thread;

	pthread_mutex_t	 lock;		/* of what follows */
	pthread_cond_t	 moved;
	struct some	*first, **last;
	uint64_t	 used;
	bool		 over;
};

bool
ahead_file(int root, const char *path)
{
	int fd = below_open(root, path, O_RDONLY, 0);
	bool cold;
	char c;

	if (fd == -1)
		return false;
	cold = preadv2(fd, &(struct iovec){ &c, 1 }, 1, 0, RWF_NOWAIT) != 1;
	if (cold)
		posix_fadvise(fd, 0, AT_ONCE, POSIX_FADV_WILLNEED);
	close(fd);
	return cold;
}

/*
 * What was found.
 */

static void
add_file(struct some *s, const struct inv *inv, uint32_t i)
{
	if (!S_ISREG(inv->v[i].mode) || inv->v[i].size == 0)
		return;
	inv_path(inv, i, &s->paths);
	buf_addc(&s->paths, '\0');
	s->size[s->n++] = inv->v[i].size;
}

static void
some_free(struct some *s)
{
	buf_free(&s->paths);
	free(s->size);
	free(s);
}

void
ahead_found(void *ctx, const struct inv *inv, size_t from, size_t to)
{
	struct some *s = xcalloc(1, sizeof(*s));
	struct ahead *a = ctx;

	s->size = xcalloc(to - from, sizeof(*s->size));
	for (; from < to; from++)
		add_file(s, inv, (uint32_t)from);
	pthread_mutex_lock(&a->lock);
	*a->last = s;
	a->last = &s->next;
	pthread_cond_signal(&a->moved);
	pthread_mutex_unlock(&a->lock);
}

/*
 * The thread.
 */

static struct some *
next_some(struct ahead *a)
{
	struct some *s = NULL;

	pthread_mutex_lock(&a->lock);
	while (!a->over && (s = a->first) == NULL)
		pthread_cond_wait(&a->moved, &a->lock);
	if (s != NULL && (a->first = s->next) == NULL)
		a->last = &a->first;
	pthread_mutex_unlock(&a->lock);
	return s;
}

/* Waits until what is ahead is less; false: nobody needs more. */
static bool
may_go(struct ahead *a, uint64_t begun)
{
	bool may;

	pthread_mutex_lock(&a->lock);
	while (!a->over && begun > a->used && begun - a->used > a->reach)
		pthread_cond_wait(&a->moved, &a->lock);
	may = !a->over;
	pthread_mutex_unlock(&a->lock);
	return may;
}

/*
 * How many bytes of them the disk begins with.  Behind one that is in memory
 * only each so many is looked at.
 */
static uint64_t
begin_some(struct ahead *a, const struct some *s, uint64_t begun)
{
	const char *path = s->paths.p;
	bool cold = true;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->n && may_go(a, begun + n); i++) {
		if (cold || i % STEP == 0) {
			cold = ahead_file(a->root, path);
			n += cold ? s->size[i] : 0;
		}
		path += strlen(path) + 1;
	}
	return n;
}

static void *
run(void *arg)
{
	struct ahead *a = arg;
	uint64_t begun = 0;
	struct some *s;

	while ((s = next_some(a)) != NULL) {
		begun += begin_some(a, s, begun);
		some_free(s);
	}
	return NULL;
}

static uint64_t
part_of_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages < 1 || size < 1 ? AT_ONCE :
	    (uint64_t)pages * (uint64_t)size / MEMORY_PART;
}

struct ahead *
ahead_new(int root)
{
	struct ahead *a = xcalloc(1, sizeof(*a));

	a->root = root;
	a->reach = part_of_memory();
	a->last = &a->first;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->moved, NULL);
	if (pthread_create(&a->thread, NULL, run, a) == 0)
		return a;
	free(a);
	return NULL;
}

void
ahead_used(struct ahead *a, uint64_t bytes)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->used = bytes;
	pthread_cond_signal(&a->moved);
	pthread_mutex_unlock(&a->lock);
}

void
ahead_end(struct ahead *a)
{
	struct some *s;

	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->over = true;
	pthread_cond_signal(&a->moved);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	while ((s = a->first) != NULL) {
		a->first = s->next;
		some_free(s);
	}
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->moved);
	free(a);
}
