#include <signal.h>
#include <stddef.h>

#include "base/sig.h"

static volatile sig_atomic_t	came;

static void
on_signal(int sig)
{
	came = sig;
}

void
sig_init(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal }, old;
	size_t i;

	/* The second one finds the default action, which kills. */
	sa.sa_flags = (int)SA_RESETHAND;
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		if (sigaction(sigs[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;	/* nohup */
		sigaction(sigs[i], &sa, NULL);
	}
}

bool
sig_stop(void)
{
	return came != 0;
}

void
sig_finish(void)
{
	if (came == 0)
		return;
	signal(came, SIG_DFL);
	raise(came);
}
