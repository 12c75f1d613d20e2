# SPDX-License-Identifier: GPL-2.0-or-later
# The block of *_LIBS below is the architecture: what a program does not link
# it cannot do (HACKING.md). Everything is built under $(O); `make asan` is the
# same Makefile with another O.

O ?= build
PROGRAMS := vipd vipd-engine vipd-forward vipd-watcher vipctl
SELF := $(firstword $(MAKEFILE_LIST))

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n'
else
Q :=
say = @:
endif

# These goals need no libraries and no configure.
NOCONF := deps clean distclean help format
ifneq ($(filter-out $(NOCONF),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif
prefix ?= /usr/local
exec_prefix ?= $(prefix)
sysconfdir ?= /etc
libexecdir ?= $(exec_prefix)/libexec

lib_DIR := lib
vipd_DIR := daemon/supervisor
vipd-engine_DIR := daemon/engine
vipd-forward_DIR := daemon/forward
vipd-watcher_DIR := daemon/watcher
vipctl_DIR := ctl

vipd_LIBS = $(EV_LIBS) $(NL_LIBS) -pthread
vipd-engine_LIBS = $(EV_LIBS) $(CAPNG_LIBS)
vipd-forward_LIBS = $(EV_LIBS) $(NFTNL_LIBS) $(MNL_LIBS) $(CAPNG_LIBS)
vipd-watcher_LIBS = $(EV_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(CAPNG_LIBS) -pthread
vipctl_LIBS = $(JANSSON_LIBS) $(SMARTCOLS_LIBS)

CSTD := -std=gnu17
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wformat=2 -Wpointer-arith -Wwrite-strings -Wswitch-enum
WERROR ?= -Werror
OPT ?= -O2 -g
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
HARDEN_LD ?= -pie -Wl,-z,relro,-z,now -Wl,--as-needed
CFLAGS ?=
ALL_CFLAGS = $(CSTD) $(OPT) $(WARN) $(WERROR) $(HARDEN) -I. -Ilib \
	-D_GNU_SOURCE -DSYSCONFDIR='"$(sysconfdir)"' -DLIBEXECDIR='"$(libexecdir)/vipd"' \
	$(NL_CFLAGS) $(NFTNL_CFLAGS) $(MNL_CFLAGS) \
	$(JANSSON_CFLAGS) $(CURL_CFLAGS) $(YAML_CFLAGS) $(SMARTCOLS_CFLAGS) \
	$(SAN) $(CFLAGS)
# libev's macros break aliasing rules by design.
ALL_CFLAGS += -fno-strict-aliasing
ALL_LDFLAGS = $(HARDEN_LD) $(SAN) $(LDFLAGS)

lib_SRC := $(wildcard lib/*.c)
objs = $(patsubst %.c,$(O)/%.o,$(1))

all: $(PROGRAMS:%=$(O)/%) compile_commands.json

$(O)/lib/libvipd.a: $(call objs,$(lib_SRC))
	$(say) AR $@
	$(Q)rm -f $@; $(AR) rcs $@ $^

# A program is its main.c and an archive of the rest, so that tests link the
# real code.
define PROGRAM
$(1)_SRC := $$(filter-out %/main.c,$$(wildcard $$($(1)_DIR)/*.c))
$$(O)/$$($(1)_DIR)/lib$(1).a: $$(call objs,$$($(1)_SRC))
	$$(say) AR $$@
	$$(Q)rm -f $$@; $$(AR) rcs $$@ $$^
$$(O)/$(1): $$(O)/$$($(1)_DIR)/main.o $$(O)/$$($(1)_DIR)/lib$(1).a $$(O)/lib/libvipd.a
	$$(say) LD $$@
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$($(1)_LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM,$(p))))

$(O)/%.o: %.c Makefile config.mk
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Another prefix for `make install` than for `make` is compiled in as well.
$(O)/paths: FORCE
	$(Q)mkdir -p $(@D); echo '$(libexecdir) $(sysconfdir)' | cmp -s - $@ || \
	    echo '$(libexecdir) $(sysconfdir)' >$@
$(O)/daemon/supervisor/options.o: $(O)/paths
FORCE:

# ---- tests ----
# test/unit/lib/*.c test lib; test/unit/PROGRAM/*.c test that program's archive.
UNITS := $(patsubst test/unit/%.c,$(O)/test/unit/%,$(wildcard test/unit/*/*.c))

$(O)/test/unit/lib/%: $(O)/test/unit/lib/%.o $(O)/lib/libvipd.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(EV_LIBS) $(CAPNG_LIBS) $(CHECK_LIBS)

define UNIT
$$(O)/test/unit/$(1)/%: $$(O)/test/unit/$(1)/%.o $$(O)/$$($(1)_DIR)/lib$(1).a $$(O)/lib/libvipd.a
	$$(say) LD $$@
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$($(1)_LIBS) $$(CHECK_LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call UNIT,$(p))))
$(O)/test/unit/%.o: ALL_CFLAGS += $(CHECK_CFLAGS) -Itest/unit -Idaemon -Ictl

# The simulator: one program of several files, run with the engine's units.
SIM := $(O)/test/unit/vipd-engine/test_sim
$(SIM): $(call objs,$(wildcard test/sim/*.c)) $(O)/$(vipd-engine_DIR)/libvipd-engine.a $(O)/lib/libvipd.a
	$(say) LD $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(vipd-engine_LIBS) $(CHECK_LIBS)
$(O)/test/sim/%.o: ALL_CFLAGS += $(CHECK_CFLAGS) -Itest/unit -Idaemon

.SECONDARY:
units: $(UNITS) $(SIM)

SEEDS ?= 10000
sim: $(SIM)
	$(Q)CK_FORK=no SIM_ONLY=$(ONLY) SIM_SEEDS=$(SEEDS) SIM_SEED=$(SEED) $(SIM)

# O also tells the lab which programs to run.
check: all units
	$(Q)/usr/bin/python3 test/run --build $(O) $(CHECK_ARGS)

# ---- development ----
# The commands come from make itself: a dry run that rebuilds everything.
compile_commands.json: Makefile config.mk $(sort $(wildcard lib/*.c daemon/*/*.c ctl/*.c))
	$(Q)$(file >$@.tmp,[)$(foreach s,$(filter %.c,$^),$(file >>$@.tmp,{"directory":"$(CURDIR)","file":"$(s)","command":"$(CC) $(subst ",\",$(ALL_CFLAGS)) -c -o $(O)/$(s:.c=.o) $(s)"}$(if $(filter-out $(lastword $(filter %.c,$^)),$(s)),$(comma),)))$(file >>$@.tmp,])mv $@.tmp $@
comma := ,

SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
asan:
	$(Q)$(MAKE) O=build/asan SAN='$(SAN_FLAGS)' HARDEN= HARDEN_LD= OPT='-O1 -g' check

# Each test/fuzz/fuzz_X.c runs on the seeds in test/fuzz/corpus/X and on what
# earlier runs have found.
FUZZ_SECONDS ?= 30
FUZZ_SRC := $(wildcard test/fuzz/fuzz_*.c)
FUZZERS := $(FUZZ_SRC:test/fuzz/fuzz_%.c=%)
fuzz:
	$(Q)$(MAKE) O=build/fuzz CC=clang-14 OPT='-O1 -g' HARDEN= HARDEN_LD= \
	    SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined' \
	    $(FUZZERS:%=fuzz-%)
fuzz-%: $(O)/fuzz_%
	$(Q)mkdir -p $(O)/corpus/$* test/fuzz/corpus/$*
	$(Q)cd $(O) && ./fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=5 \
	    -print_final_stats=1 -verbosity=0 corpus/$* $(CURDIR)/test/fuzz/corpus/$*
# It links the program whose folder it includes from; fuzz_ctl_* vipctl's.
fuzzed = $(or $(strip $(foreach p,$(PROGRAMS),$(shell \
    grep -q '"$(notdir $($(p)_DIR))/' $(1) && echo $(p)))),$(if $(findstring /fuzz_ctl_,$(1)),vipctl))
define FUZZER
$$(O)/fuzz_$(1): $$(O)/test/fuzz/fuzz_$(1).o $(foreach p,$(2),$(O)/$($(p)_DIR)/lib$(p).a) $$(O)/lib/libvipd.a
	$$(say) LD $$@
	$$(Q)$$(CC) $$(SAN) -fsanitize=fuzzer -o $$@ $$^ $(foreach p,$(2),$($(p)_LIBS)) $$(EV_LIBS) $$(CAPNG_LIBS)
endef
$(foreach f,$(FUZZERS),$(eval $(call FUZZER,$(f),$(call fuzzed,test/fuzz/fuzz_$(f).c))))
$(O)/test/fuzz/%.o: ALL_CFLAGS += -Idaemon -Ictl

# Children that end by a signal or as another user leave no counts: unit and
# golden tests only.
COVERAGE_ARGS ?= --only unit --only golden
coverage:
	$(Q)$(MAKE) O=build/coverage SAN=--coverage OPT='-O0 -g' HARDEN= HARDEN_LD= \
	    all units
	$(Q)find build/coverage -name '*.gcda' -delete
	$(Q)/usr/bin/python3 test/run --build build/coverage $(COVERAGE_ARGS)
	$(Q)gcovr -r . --object-directory build/coverage -e test/ \
	    --html-details build/coverage/index.html --print-summary

lint: config.h compile_commands.json
	$(Q)test/lint

format:
	clang-format-14 -i $$(git ls-files '*.c' '*.h')

# ---- installation ----
sbindir ?= $(exec_prefix)/sbin
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/vipd
unitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
completiondir ?= $(prefix)/share/bash-completion/completions
CHILDREN := $(filter vipd-%,$(PROGRAMS))
D = $(DESTDIR)

UNITS_IN := $(notdir $(wildcard systemd/*.service.in))
$(O)/%.service: systemd/%.service.in Makefile config.mk
	$(say) GEN $@
	$(Q)mkdir -p $(@D)
	$(Q)sed 's|@sbindir@|$(sbindir)|' $< >$@

install: all $(UNITS_IN:%.in=$(O)/%)
	install -d $(D)$(sbindir) $(D)$(libexecdir)/vipd $(D)$(unitdir) $(D)$(sysusersdir) \
	    $(D)$(mandir)/man8 $(D)$(mandir)/man5 $(D)$(docdir) \
	    $(D)$(completiondir) $(D)$(sysconfdir)/vipd/services.d
	install $(O)/vipd $(O)/vipctl $(D)$(sbindir)
	install $(CHILDREN:%=$(O)/%) $(D)$(libexecdir)/vipd
	install -m 644 $(UNITS_IN:%.in=$(O)/%) systemd/vipd-metrics.socket $(D)$(unitdir)
	install -m 644 systemd/vipd.sysusers $(D)$(sysusersdir)/vipd.conf
	install -m 644 $(wildcard man/*.8) $(D)$(mandir)/man8
	install -m 644 $(wildcard man/*.5) $(D)$(mandir)/man5
	install -m 644 conf/completion/vipctl $(D)$(completiondir)
	install -m 644 README.md NEWS.md LICENSE $(D)$(docdir)
	cp -R conf/examples conf/kubernetes conf/prometheus $(D)$(docdir)
	chmod -R u=rwX,go=rX $(D)$(docdir)
	[ -e $(D)$(sysconfdir)/vipd/vipd.conf ] || \
	    install -m 600 conf/vipd.conf $(D)$(sysconfdir)/vipd

# What an operator wrote below sysconfdir stays.
uninstall:
	rm -f $(D)$(sbindir)/vipd $(D)$(sbindir)/vipctl $(UNITS_IN:%.in=$(D)$(unitdir)/%) \
	    $(D)$(unitdir)/vipd-metrics.socket $(D)$(sysusersdir)/vipd.conf \
	    $(D)$(completiondir)/vipctl $(D)$(mandir)/man8/vipd.8 \
	    $(D)$(mandir)/man8/vipctl.8 $(D)$(mandir)/man5/vipd.conf.5
	rm -rf $(D)$(libexecdir)/vipd $(D)$(docdir)

dist: config.mk
	git archive --prefix=vipd-$(VERSION)/ HEAD | gzip -n >vipd-$(VERSION).tar.gz

demo: all
	$(Q)/usr/bin/python3 test/lab/demo.py --build $(O)

bench: all
	$(Q)/usr/bin/python3 test/bench/run.py --build $(O) $(BENCH_ARGS)

# ---- configuration ----
configure: configure.ac
	$(say) GEN $@
	$(Q)autoconf
config.h.in: configure.ac
	$(Q)printf '/* Names the build chose; see configure.ac. */\n#undef PACKAGE_NAME\n#undef PACKAGE_VERSION\n' > $@
config.mk: configure config.mk.in config.h.in
	$(say) CONF $@
	$(Q)./configure --silent
config.h: config.mk

# ---- packages ----
BUILD_DEPS := gcc make autoconf pkg-config libev-dev libnl-3-dev \
	libnl-route-3-dev libnftnl-dev libmnl-dev libjansson-dev \
	libcurl4-openssl-dev libyaml-dev uthash-dev libcap-ng-dev \
	libsmartcols-dev check
TEST_DEPS := python3 python3-pytest python3-pytest-xdist python3-yaml python3-scapy python3-prometheus-client \
	iproute2 util-linux systemd nftables iputils-ping conntrack keepalived frr tshark tcpdump openssl \
	mandoc clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev \
	cppcheck shellcheck gcovr git procps curl
deps:
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y \
	    --no-install-recommends $(BUILD_DEPS) $(TEST_DEPS)
	command -v kubectl >/dev/null || DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y --no-install-recommends kubernetes-client

clean:
	rm -rf build compile_commands.json
distclean: clean
	rm -rf configure config.h config.h.in config.mk config.log config.status \
	    autom4te.cache vipd-*.tar.gz

help:
	@echo 'make            builds into build/'
	@echo 'make deps       installs the Debian packages for building and testing (root)'
	@echo 'make check      unit, golden and lab tests (root); CHECK_ARGS=-h for a choice'
	@echo 'make demo       three nodes, a client and a failover in network namespaces (root)'
	@echo 'make asan       the tests under address and undefined-behaviour sanitizers'
	@echo 'make bench      figures beside keepalived in one run (root)'
	@echo 'make sim        SEEDS (10000) simulated networks for each scenario, or ONLY=one; SEED=N replays'
	@echo 'make fuzz       each fuzzer for FUZZ_SECONDS (30)'
	@echo 'make coverage   what unit and golden tests reach; build/coverage/index.html'
	@echo 'make lint       format, include rules, cppcheck, clang, clang-tidy, shellcheck, mandoc'
	@echo 'make install uninstall   DESTDIR, prefix, sysconfdir are honoured'
	@echo 'make dist format clean distclean'

.PHONY: all units sim check asan fuzz coverage lint format demo bench install uninstall \
	dist deps clean distclean help

-include $(shell [ -d $(O) ] && find $(O) -name '*.d' 2>/dev/null)
