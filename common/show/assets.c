#include "show/assets.h"

/* The assembler puts the files in; make runs at the top of the tree. */
#define EMBED(name, file) \
	__asm__(".pushsection .rodata\n" \
	    ".global " #name "_begin\n" #name "_begin:\n" \
	    ".incbin \"" file "\"\n" \
	    ".global " #name "_end\n" #name "_end:\n" \
	    ".byte 0\n.popsection\n"); \
	extern const char name##_begin[], name##_end[]

EMBED(asset_js, "common/show/report.js");
EMBED(asset_css, "common/show/report.css");

struct slice
asset_script(void)
{
	return (struct slice){ asset_js_begin,
	    (size_t)(asset_js_end - asset_js_begin) };
}

struct slice
asset_style(void)
{
	return (struct slice){ asset_css_begin,
	    (size_t)(asset_css_end - asset_css_begin) };
}
