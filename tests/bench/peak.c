/* Run a command with its output thrown away; print its peak memory in KB. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct rusage ru;
	int status, null;
	pid_t pid;

	if (argc < 2 || (pid = fork()) == -1)
		return 2;
	if (pid == 0) {
		if ((null = open("/dev/null", O_WRONLY)) == -1 ||
		    dup2(null, 1) == -1 || dup2(null, 2) == -1)
			_exit(127);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &ru) == -1)
		return 2;
	printf("%ld\n", ru.ru_maxrss);
	return 0;
}
