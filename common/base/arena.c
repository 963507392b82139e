#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"

#define BLOCK	(32 * 1024)	/* bytes; one ordinary message fits */
#define KEEP	(1024 * 1024)	/* what arena_reset keeps for the next one */

/*
 * AddressSanitizer sees pieces of malloc only.  Told where ours begin and
 * end, it stops at a byte beside them, and at what a reset has taken back.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define BORDER		8	/* bytes before each piece; as ASan counts */
#define CLOSE(p, n)	ASAN_POISON_MEMORY_REGION(p, n)
#define OPEN(p, n)	ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define BORDER		0
#define CLOSE(p, n)	((void)0)
#define OPEN(p, n)	((void)0)
#endif

struct block {
	struct block	*next;
	size_t		 size;		/* of mem */
	size_t		 used;
	alignas(max_align_t) char mem[];
};

struct arena {
	struct block	*first, *now;
	size_t		 held;		/* bytes of all blocks */
};

static struct block *
block_new(struct arena *a, size_t size)
{
	struct block *b = xalloc(sizeof(*b) + size);

	b->next = NULL;
	b->size = size;
	b->used = 0;
	a->held += sizeof(*b) + size;
	CLOSE(b->mem, size);
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *a = xalloc(sizeof(*a));

	a->held = 0;
	a->first = a->now = block_new(a, BLOCK);
	return a;
}

static void
blocks_free(struct arena *a, struct block *b)
{
	struct block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		a->held -= sizeof(*b) + b->size;
		OPEN(b->mem, b->size);
		free(b);
	}
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	blocks_free(a, a->first);
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct block **at = &a->first, *b;
	size_t kept = 0;

	while ((b = *at) != NULL) {
		if (kept + b->size > KEEP) {
			*at = b->next;	/* the first one always fits */
			b->next = NULL;
			blocks_free(a, b);
			continue;
		}
		b->used = 0;
		CLOSE(b->mem, b->size);
		kept += b->size;
		at = &b->next;
	}
	a->now = a->first;
}

size_t
arena_used(const struct arena *a)
{
	return a->held;
}

/* The first block from now on with n bytes free; a new one after the last. */
static struct block *
block_for(struct arena *a, size_t n)
{
	struct block *b;

	while (a->now->size - a->now->used < n) {
		if (a->now->next == NULL) {
			b = block_new(a, n > BLOCK ? n : BLOCK);
			a->now->next = b;
		}
		a->now = a->now->next;
	}
	return a->now;
}

static size_t
place(const struct block *b, size_t boundary)
{
	return (b->used + BORDER + boundary - 1) & ~(boundary - 1);
}

/* n bytes on the given boundary (a power of two), not zeroed. */
static void *
take(struct arena *a, size_t n, size_t boundary)
{
	struct block *b = a->now;
	size_t at;

	boundary = boundary > BORDER ? boundary : BORDER;
	at = place(b, boundary);
	if (at > b->size || b->size - at < n) {
		if (n > SIZE_MAX / 2)
			xalloc_die(n);
		b = block_for(a, n + BORDER + boundary);
		at = place(b, boundary);
	}
	b->used = at + n;
	OPEN(b->mem + at, n);
	return b->mem + at;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	return memset(take(a, n, alignof(max_align_t)), 0, n);
}

char *
arena_bytes(struct arena *a, size_t n)
{
	return take(a, n, 1);
}

char *
arena_str(struct arena *a, struct slice s)
{
	char *p = take(a, s.n + 1, 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct slice
arena_dup(struct arena *a, struct slice s)
{
	return (struct slice){ arena_str(a, s), s.n };
}

char *
arena_path(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir), m = strlen(name);
	char *p = take(a, n + m + 2, 1);

	memcpy(p, dir, n);
	p[n] = '/';
	memcpy(p + n + 1, name, m + 1);
	return p;
}

struct slice
arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return (struct slice){ NULL, 0 };
	p = take(a, (size_t)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct slice){ p, (size_t)n };
}

void
arena_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	char *old, *p;

	memcpy(&old, v, sizeof(old));
	*cap = *cap == 0 ? 8 : *cap * 2;
	p = take(a, *cap * size, alignof(max_align_t));
	if (n > 0)
		memcpy(p, old, n * size);
	memset(p + n * size, 0, (*cap - n) * size);
	memcpy(v, &p, sizeof(p));
}
