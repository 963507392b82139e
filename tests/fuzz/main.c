#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

/*
 * Without libFuzzer: the corpus of the target again, as TAP.  Each input is
 * given whole, and cut off at some places.  With operands those files, in
 * one process, for a debugger.
 */
#define CORPUS	"tests/fuzz/corpus"
#define CUTS	40

/* In memory of its own size, so that a sanitizer sees the byte behind. */
static void
give(const char *p, size_t n)
{
	uint8_t *copy = malloc(n == 0 ? 1 : n);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void
replay(const char *path)
{
	struct buf b = { 0 };
	FILE *f = fopen(path, "re");
	size_t n, i;

	if (f == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.n += n;
	fclose(f);
	give(b.p, b.n);
	for (i = 0; i < CUTS && i < b.n; i++)
		give(b.p, b.n * i / CUTS);
	buf_free(&b);
}

/* An abort of the target is a test that fails, not the end of them. */
static bool
replay_apart(const char *path)
{
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		replay(path);
		exit(EXIT_SUCCESS);
	}
	return pid != -1 && waitpid(pid, &status, 0) == pid && status == 0;
}

static int
is_input(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
replay_all(const char *target)
{
	char dir[256], path[1024];
	struct dirent **v;
	int n, i, failed = 0;
	bool good;

	snprintf(dir, sizeof(dir), CORPUS "/%s", target);
	if ((n = scandir(dir, &v, is_input, alphasort)) <= 0) {
		fprintf(stderr, "%s: no inputs: run me from the top\n", dir);
		return EXIT_FAILURE;
	}
	printf("1..%d\n", n);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, v[i]->d_name);
		good = replay_apart(path);
		printf("%sok %d - %s %s\n", good ? "" : "not ", i + 1, target,
		    v[i]->d_name);
		failed += !good;
		free(v[i]);
	}
	free(v);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char *argv[])
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash == NULL ? argv[0] : slash + 1;
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	return i > 1 ? EXIT_SUCCESS : replay_all(name + strlen("fuzz_"));
}
