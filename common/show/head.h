#ifndef SHOW_HEAD_H
#define SHOW_HEAD_H
#include <stdio.h>
#include "case/case.h"

/*
 * head - "ledger: row 12, 9f86d081884c...": what every --commit ends with.
 * Who keeps the line can show later that nothing behind it was cut off.
 */
int	head_print(FILE *f, struct casefile *c, struct err *err);
#endif
