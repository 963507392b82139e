# spoolkit: one Makefile; everything it makes is under build/.  GNU make.

VERSION	:= 0.1.0
PREFIX	?= /usr/local
CFLAGS	?= -O2 -g
MANDIR	?= $(PREFIX)/share/man
comma	:= ,
jobs	:= $(shell nproc)
say	= $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $(1)	$(2)';)
ifneq ($(filter fuzz fuzz-all,$(MAKECMDGOALS)),)	# libFuzzer comes with clang
override CC := $(or $(filter clang%,$(CC)),clang)
override SAN := fuzzer-no-link,address,undefined
B	:= build/fuzz
else
B	:= build$(if $(ICONV),/iconv-$(ICONV))$(if $(filter undefined,$(origin OPTIONAL)),,/optional)$(if $(SAN),/$(subst $(comma),-,$(SAN)))$(if $(filter clang%,$(CC)),/clang)
endif
san	:= $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
warn	:= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 $(if $(WERROR),-Werror)
cpp	:= -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Icommon
hard	:= -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2)
pkgs	:= libarchive libzstd zlib libssl libcrypto libxxhash jansson inih libidn2 libpsl libmagic sqlite3 expat libseccomp
OPTIONAL ?= libmaxminddb libevtx libevt libIPSec_MB	# "make OPTIONAL=": without any of them
# Looked for when the first recipe asks: by then scripts/deps has installed them.
have	= $(eval have := $(foreach p,$(filter-out libIPSec_MB,$(OPTIONAL)),$(shell pkg-config --exists $(p) $(if $(filter libevt%,$(p)),libbfio) 2>/dev/null && echo $(p))))$(have)
# This one is not known to pkg-config everywhere.
many	= $(eval many := $(if $(filter libIPSec_MB,$(OPTIONAL)),$(shell echo '\#include <intel-ipsec-mb.h>' | $(CC) -E - >/dev/null 2>&1 && echo -lIPSec_MB)))$(many)
found	= $(eval found := $(shell pkg-config --cflags $(pkgs) $(have)) $(foreach p,$(have),-DHAVE_$(shell echo $(p) | tr a-z A-Z)) $(if $(many),-DHAVE_LIBIPSEC_MB))$(found)
libs	= $(shell pkg-config --libs $(pkgs) $(have)) $(many) -lpthread -lm

ifeq ($(ICONV),gnu)			# GNU libiconv in place of the C library's
cpp	+= -isystem build/libiconv/include
libs	+= build/libiconv/libiconv.a
else ifneq ($(ICONV),)
$(error ICONV=$(ICONV): gnu, or nothing for the C library)
endif

lib_o	:= $(patsubst %.c,$(B)/%.o,$(wildcard common/*/*.c))
tools	:= $(patsubst tools/%.c,$(B)/bin/%,$(wildcard tools/*.c))
units	:= $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*/test_*.c))
replays	:= $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzzers	:= $(patsubst tests/fuzz/%.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
pages	:= $(wildcard docs/man/*.[1-9])
headers	:= $(wildcard common/*/*.h)

all: $(tools)			## build the commands (ICONV=gnu: with GNU libiconv)

help:				## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile

$(B)/%.o: %.c | deps
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(cpp) $(found) $(CPPFLAGS) -std=c11 $(warn) $(hard) $(san) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/common/show/assets.o: common/show/report.js common/show/report.css

$(B)/lib.a: $(lib_o)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(B)/bin/%: $(B)/tools/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $^ $(libs)

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/tests/unit/main.o $(B)/lib.a
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs check) $(libs)

# Programs for tests and benches: nothing of common/, and libc only but for
# the one that shows what another library would cost.
$(B)/tests/bench/gmime: tests/bench/gmime.c | deps-bench
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(cpp) $(found) $(CPPFLAGS) -std=c11 $(warn) $(san) $(CFLAGS) $(LDFLAGS) \
	    -o $@ $< $$(pkg-config --cflags --libs gmime-3.0)
# Beside GMime: our library and theirs in one program.
$(B)/tests/diff/gmime: tests/diff/gmime.c $(B)/lib.a | deps-check
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(cpp) $(found) $(CPPFLAGS) -std=c11 $(warn) $(san) $(CFLAGS) $(LDFLAGS) \
	    -o $@ $^ $$(pkg-config --cflags --libs gmime-3.0) $(libs)
$(B)/scripts/%: $(B)/scripts/%.o
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $< -lm -lpthread
$(B)/tests/bench/%: $(B)/tests/bench/%.o
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $< -lm -lpthread

helpers	:= $(addprefix $(B)/tests/,kill fire noexchange makelog take)
$(helpers): $(B)/tests/%: $(B)/tests/%.o
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $<

# What is loaded into a command, to do harm there or to have it go without.
preloads := $(addprefix $(B)/tests/,payload.so nomem.so moves.so spoil.so)
$(preloads): $(B)/tests/%.so: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(cpp) $(CPPFLAGS) -std=c11 $(warn) $(CFLAGS) -fPIC -shared $(LDFLAGS) -o $@ $<

# A fuzz target with a plain main, which replays its corpus; and with clang's.
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/main.o $(B)/lib.a
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $^ $(libs)
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/lib.a
	$(call say,LD,$@)$(CC) $(subst fuzzer-no-link,fuzzer,$(san)) $(LDFLAGS) -o $@ $^ $(libs)

# Quality of campaigns, against a key of its own.
$(B)/tests/campaigns: $(B)/tests/campaigns.o $(B)/lib.a
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $^ $(libs)

$(B)/tests/unit/%.o: | deps-check

$(B)/scripts/rules-man: $(B)/scripts/rules-man.o $(B)/lib.a
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $^ $(libs)

$(B)/scripts/charset-table: $(B)/scripts/charset-table.o $(B)/lib.a
	$(call say,LD,$@)$(CC) $(san) $(LDFLAGS) -o $@ $^ $(libs)

ifeq ($(ICONV),gnu)
$(B)/common/mail/charset.o: | build/libiconv/libiconv.a
endif
build/libiconv/libiconv.a:
	$(call say,LIB,$@)CC="$(CC)" scripts/libiconv

rules: $(B)/scripts/rules-man	## make spool-rules(5) from the rule table
	$< >docs/man/spool-rules.5

deps:				## install what the build needs (DEPS=no: do not)
	@DEPS="$(DEPS)" scripts/deps build
deps-check deps-bench:
	@DEPS="$(DEPS)" scripts/deps $(@:deps-%=%)

demo: all			## a sample incident: build it, scan it, show it
	@B=$(B) scripts/demo

check: deps-check check-unit check-fuzz check-e2e lint	## all tests

check-unit: $(units)
	@CK_DEFAULT_TIMEOUT=60 prove $(if $(V),-v,-o) -j$(jobs) $(units)

check-fuzz: $(replays)
	@prove $(if $(V),-v,-o) -j$(jobs) $(replays)

charset-table: $(B)/scripts/charset-table
check-e2e: all charset-table $(B)/tests/diff/gmime $(B)/scripts/make-incident \
    $(B)/tests/campaigns $(helpers) $(preloads)
	@B=$(abspath $(B)) prove $(if $(V),-v,-o) -j$(jobs) tests/e2e/[0-9]*.sh

long: all $(B)/tests/bench/peak $(B)/tests/campaigns $(helpers) $(preloads)	## hostile trees too big for every run: minutes, 4 GB of disk
	@B=$(abspath $(B)) prove $(if $(V),-v,-o) tests/long/*.sh

lint: lint-headers $(B)/scripts/rules-man	## layers, headers alone, manuals
	@scripts/check-layers
	@$(B)/scripts/rules-man | cmp - docs/man/spool-rules.5
	@mandoc -Tlint -Wwarning $(pages) && echo "manuals: $(words $(pages)) clean"

lint-headers:
	@for h in $(headers); do echo "#include \"$${h#common/}\"" | \
	    $(CC) $(cpp) $(found) -std=c11 $(warn) -Werror -fsyntax-only -x c - || exit 1; \
	done; echo "headers: $(words $(headers)) compile alone"

bench: deps-bench all $(B)/scripts/make-incident $(B)/tests/makelog $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c)) ## speed, beside a plain reader and others (root: also cold)
	@B=$(abspath $(B)) tests/bench/run
	@echo; B=$(abspath $(B)) tests/bench/queues
	@echo; B=$(abspath $(B)) tests/bench/sandbox

FUZZ	?= header
TIME	?= 60
fuzz: $(B)/fuzz_$(FUZZ)		## FUZZ=header TIME=60: one fuzz target, with clang
	@mkdir -p $(B)/corpus/$(FUZZ)
	$< -max_total_time=$(TIME) -max_len=4096 -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=$(B)/$(FUZZ)- $(patsubst %,-dict=%,$(wildcard tests/fuzz/dict/$(FUZZ))) \
	    $(B)/corpus/$(FUZZ) tests/fuzz/corpus/$(FUZZ) $(wildcard tests/spool/$(FUZZ)) tests/spool/wild
fuzz-all: $(fuzzers)		## all fuzz targets, for scripts/fuzz-all

install: all			## DESTDIR= PREFIX=
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANDIR)/man1 \
	    $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7
	install -m 755 $(tools) scripts/cleanup-loop $(DESTDIR)$(PREFIX)/bin
	for p in $(pages); do install -m 644 $$p $(DESTDIR)$(MANDIR)/man$${p##*.} || exit 1; done

clean:				## remove build/
	rm -rf build

.PHONY: all charset-table help rules deps deps-check deps-bench demo check \
	check-unit check-fuzz check-e2e long lint lint-headers bench fuzz fuzz-all \
	install clean
.SECONDARY:
-include $(shell find $(B) -name servers -prune -o -name '*.d' -print 2>/dev/null)
