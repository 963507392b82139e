#include <stdio.h>

#include "judge/judge.h"

/* docs/man/spool-rules.5, made from the table of rules. */

static const char head[] =
".\\\" Made by scripts/rules-man.c from the table in common/judge/rules.c:\n"
".\\\" edit that, then run make rules.\n"
".Dd November 21, 2026\n"
".Dt SPOOL-RULES 5\n"
".Os\n"
".Sh NAME\n"
".Nm spool-rules\n"
".Nd the rules by which spoolkit judges a message\n"
".Sh DESCRIPTION\n"
"Every message gets one\n"
".Em class :\n"
".Bl -tag -width backscatter\n"
".It Cm relay\n"
"mail of strangers to strangers, through us;\n"
".It Cm backscatter\n"
"a report or automatic answer about mail that we or our users did not send;\n"
".It Cm spam\n"
"unsolicited mail to our own users;\n"
".It Cm legit\n"
"everything that a person would miss;\n"
".It Cm unsure\n"
"what cannot be told: a wrong\n"
".Cm legit\n"
"sends spam again, a wrong\n"
".Cm relay\n"
"loses a person's mail.\n"
".El\n"
".Pp\n"
"and one\n"
".Em reason :\n"
"the rule that decided.\n"
"The rules are tried in the order in which they stand here.\n"
"The first one that decides gives class and reason; all that spoke are kept\n"
"as evidence and shown by\n"
".Ql spoolscan --explain\n"
"and\n"
".Ql spoolscan -o ndjson .\n"
"When none decides, the reason is\n"
".Cm unsure/nothing-decides .\n"
".Pp\n"
"What decides relay is the envelope and the way in, not words in the body.\n"
"A client is a\n"
".Em stranger\n"
"when the newest hop that one of our servers wrote names an address which\n"
".Xr site.conf 5\n"
"neither trusts nor calls a server of ours, and no account is named there;\n"
"a gateway that rewrites source addresses is always one.\n"
"Deeper hops are hearsay and are not looked at.\n"
"Recipients that were only guessed from headers never make a message relay.\n"
".Ss What decides\n"
".Bl -tag -width Ds\n";

static const char foot[] =
".El\n"
".Sh SEE ALSO\n"
".Xr spoolscan 1 ,\n"
".Xr site.conf 5 ,\n"
".Xr spool-json 5 ,\n"
".Xr spoolkit 7\n";

/* The text, a sentence a line, in words that roff does not read. */
static void
sentences(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			fputs("\\e", stdout);
		else
			putchar(*s);
		if ((*s == '.' || *s == ':') && s[1] == ' ') {
			while (s[1] == ' ')
				s++;
			if (s[1] != '\0')
				putchar('\n');
		}
	}
	putchar('\n');
}

static void
rows(int weight)
{
	const struct rule *r;

	for (r = judge_rules; r->id != NULL; r++) {
		if (r->weight != weight)
			continue;
		printf(".It Cm %s\n", r->id);
		sentences(r->what);
		printf("(%s)\n", r->source);
	}
}

int
main(void)
{
	fputs(head, stdout);
	rows(DECIDES);
	fputs(".El\n.Ss What only speaks\n.Bl -tag -width Ds\n", stdout);
	rows(SPEAKS);
	fputs(foot, stdout);
	return 0;
}
