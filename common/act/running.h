#ifndef ACT_RUNNING_H
#define ACT_RUNNING_H
#include <stdbool.h>
#include <stddef.h>

/*
 * running - does a server work in this tree at the moment?
 *
 * By /proc: a process that has its root directory in the tree, or one without
 * a terminal, of another session than ours, that has its working directory
 * there or a file of it open for writing.  So Postfix, Exim, sendmail, qmail and OpenSMTPD are found; a
 * person's shell, a backup that reads, and our own pipelines are not.  What
 * runs on another host or belongs to another user (without root) is not seen.
 */
#define RUNNING_WHO	64	/* bytes: "master, process 4711" */

bool	running_in(const char *root, char who[RUNNING_WHO]);
#endif
