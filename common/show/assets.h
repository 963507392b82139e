#ifndef SHOW_ASSETS_H
#define SHOW_ASSETS_H
#include "base/slice.h"

/* The page's script and style: report.js and report.css, as they are. */
struct slice	asset_script(void);
struct slice	asset_style(void);
#endif
