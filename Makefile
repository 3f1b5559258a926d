# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# The user's entry: `make help` lists what there is. Everything that is built
# lies below out/; kernels and their sources lie in a cache outside the tree.

OUT := $(CURDIR)/out
DESTDIR ?=
PREFIX ?= /usr/local
V ?= 0
W ?= 1

# Which kernel the module is built for: one of the test kernels in the cache
# (KERNEL=6.1, 6.12, 7.3, debug, kcsan, kmsan, arm64), any build tree (KDIR=), or the running
# kernel.
KERNEL ?=
KUNIT ?=
ifdef KERNEL
  variant := $(KERNEL)$(if $(KUNIT),-kunit)
  KDIR = $(shell tests/kernel/get $(KERNEL))/build
else
  variant := native$(if $(KUNIT),-kunit)
  KDIR ?= /lib/modules/$(shell uname -r)/build
endif
module_dir := $(OUT)/module/$(variant)

kbuild_args = M=$(module_dir) CONFIG_ALPC=m V=$(V) W=$(W) \
	$(if $(KUNIT),CONFIG_ALPC_KUNIT_TEST=y) \
	$(if $(filter debug,$(KERNEL)),KCOV_INSTRUMENT=y) \
	$(if $(filter kmsan,$(KERNEL)),CC=clang) \
	$(if $(filter $(with_lines),$(KERNEL)),KCFLAGS=-g)

# Of these kernels the module has debug information, for what is said about coverage,
# and to find the lines of reports; guests load it without.
with_lines := debug kcsan kmsan

# Whose programs the library and its tests are: this machine's, or those of arm64 or
# i386, which lie in a directory of their own. One set of kernel headers serves both word
# sizes of this machine, but the compiler does not look for them with -m32.
TARGET ?= $(filter arm64,$(KERNEL))
compiler_arm64 = CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar
compiler_i386 = CC="gcc -m32 -isystem /usr/include/$(shell gcc -print-multiarch)"
programs := $(OUT)$(if $(TARGET),/$(TARGET))
# TARGET=faults: this machine's, and their system calls fail.
faults := $(if $(filter faults,$(TARGET)),FAULTS=1)

# Where the kernel's own test harness is taken from.
ksrc = KSRC=$${KSRC:-$$(tests/kernel/source 6.12)}
tool = $(MAKE) --no-print-directory -C $(1) OUTPUT=$(programs)/$(2) TOP=$(CURDIR) \
	$(compiler_$(TARGET)) $(faults)

.PHONY: all module lib lib-check examples bench-tool fuzz-tool tools tests selftests \
	libalpc-tests example-tests sparse checkpatch demo check faults bench scale fuzz docs install \
	module-install lib-install clean help

all: module lib tools

# Several kernels are built from one source tree, and newer kbuilds write into
# the directory they are given: each kernel gets a copy of the sources. One kbuild
# goal per make, as several in one replace the Makefile on some kernels.
define copy_sources
	@mkdir -p $(module_dir)
	@rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='.*.cmd' \
		--exclude='*.mod' --exclude='*.mod.c' --exclude='modules.order' \
		--exclude='Module.symvers' Kbuild drivers include $(module_dir)/
endef

module:
	@command -v rsync >/dev/null || { echo "rsync is missing (apt-get install rsync)" >&2; exit 1; }
	@kdir="$(KDIR)"; [ -f "$$kdir/Makefile" ] || { \
		echo "There is no kernel build tree at '$$kdir': install the headers of the" >&2; \
		echo "running kernel, or name a tree with KDIR=, or a test kernel with KERNEL=6.12" >&2; \
		exit 1; }
	$(copy_sources)
	$(MAKE) --no-print-directory -C $(KDIR) $(kbuild_args) $(if $(C),C=$(C)) modules
	@$(if $(filter $(with_lines),$(KERNEL)),objcopy --strip-debug,cp) \
		$(module_dir)/drivers/alpc/alpc.ko $(module_dir)/alpc.ko
	@echo "  MODULE  $(patsubst $(CURDIR)/%,%,$(module_dir))/alpc.ko"

lib:
	+$(call tool,tools/lib/alpc,lib)

lib-check:
	+$(call tool,tools/lib/alpc,lib) check $(ksrc)

examples: lib
	+$(call tool,tools/examples,examples) LIBALPC=$(OUT)/lib

bench-tool: lib
	+$(call tool,tools/bench,bench) LIBALPC=$(OUT)/lib

fuzz-tool:
	+$(call tool,tools/fuzz,fuzz)

tools: examples bench-tool fuzz-tool

# All suites, or the one that `make check SUITE=` would run.
suites := $(patsubst %_test.c,%,$(notdir $(wildcard tools/testing/selftests/alpc/*_test.c)))
libalpc_suites := $(patsubst %_test.c,libalpc_%,$(notdir $(wildcard tools/lib/alpc/tests/module/*_test.c)))
example_suites := examples
ifneq ($(filter arm64 i386,$(TARGET)),)
  # Debian has libacl and libevent for the machine's own architecture.
  suites := $(filter-out acl,$(suites))
  example_suites :=
endif
ifdef SUITE
  suites := $(filter $(SUITE),$(suites))
  libalpc_suites := $(filter $(SUITE),$(libalpc_suites))
  example_suites := $(filter $(SUITE),$(example_suites))
endif

tests: $(if $(suites),selftests) $(if $(libalpc_suites),libalpc-tests) \
	$(if $(example_suites),example-tests)

selftests:
	+$(call tool,tools/testing/selftests/alpc,selftests) $(ksrc) SUITES="$(suites:%=%_test)"

libalpc-tests:
	+$(call tool,tools/lib/alpc,lib) module-test $(ksrc) \
		MODULE_TESTS="$(libalpc_suites:libalpc_%=module/%_test)"
	@mkdir -p $(programs)/selftests
	@$(foreach s,$(libalpc_suites:libalpc_%=%_test),cp $(programs)/lib/tests/module/$(s) \
		$(programs)/selftests/libalpc_$(s) &&) true

example-tests: examples
	@mkdir -p $(OUT)/selftests
	@cp tools/examples/examples_test.sh $(OUT)/selftests/examples_test

sparse checkpatch:
	@tests/check/static $@

demo:
	@tests/demo/run $(if $(NATIVE),--native)

check:
	@tests/check/run $(if $(KERNEL),--kernel $(KERNEL)) $(if $(SUITE),--suite $(SUITE)) \
		$(if $(TIMES),--times $(TIMES)) $(if $(SEED),--seed $(SEED)) \
		$(if $(AGAIN),--again)

faults:
	@tests/check/run --faults $(if $(SUITE),--suite $(SUITE)) $(if $(TIMES),--times $(TIMES))

bench:
	@tests/bench/run

scale:
	@tests/bench/scale

fuzz:
	@tools/fuzz/run $(if $(TIME),--time $(TIME)) $(if $(SEED),--seed $(SEED)) \
		$(if $(REPLAY),--replay $(REPLAY))

docs:
	@command -v sphinx-build >/dev/null || { \
		echo "sphinx-build is missing (apt-get install python3-sphinx)" >&2; exit 1; }
	@$(ksrc) sphinx-build -q -b html Documentation $(OUT)/docs
	@echo "  DOCS    out/docs/index.html"

# Both build what is not there yet; after `make` that is little.
install: module-install lib-install

# The loader's cache is root's: who installs elsewhere as a user has no use for it.
lib-install:
	+$(call tool,tools/lib/alpc,lib) install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	install -D -m 644 include/uapi/linux/alpc.h $(DESTDIR)$(PREFIX)/include/linux/alpc.h
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

# Nobody but the kernel's packager has the key to sign it with.
module-install: module
	$(MAKE) --no-print-directory -C $(KDIR) $(kbuild_args) CONFIG_MODULE_SIG_ALL= \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR) DEPMOD=:) modules_install
	$(if $(DESTDIR),,depmod -a "$$(cat $(KDIR)/include/config/kernel.release)")

clean:
	rm -rf $(OUT)

help:
	@echo 'make               the module for the running kernel, libalpc and the tools'
	@echo 'make module        the module alone; KERNEL=6.1|6.12|7.3|debug|kcsan|kmsan|arm64'
	@echo '                   or KDIR=DIR'
	@echo 'make lib           libalpc: shared, static, pkg-config file'
	@echo 'make tools         the examples, the bench and the fuzzer'
	@echo 'make tests         the selftests; SUITE=... for one of them;'
	@echo '                   TARGET=i386|arm64 for programs of that architecture'
	@echo 'make demo          real processes over the module in a guest; NATIVE=1: on this kernel'
	@echo 'make check         every test on every kernel; KERNEL=... SUITE=... for a part,'
	@echo '                   TIMES=... to repeat what is left to chance so often,'
	@echo '                   SEED=... for the choices of the storm, AGAIN=1 to run what'
	@echo '                   has passed before, too'
	@echo 'make faults        the suites on the debug kernel, each allocation and copy failing once;'
	@echo '                   SUITE=... for one of them'
	@echo 'make bench         measure against the other ways to talk to a process'
	@echo 'make scale         100,000 connections and 1,000 ports: what each takes, and whether it grows'
	@echo 'make fuzz          programs made at random, on the debug kernel; TIME=seconds (180),'
	@echo '                   SEED=n, REPLAY=file: that program alone'
	@echo 'make sparse        run sparse over the module'
	@echo 'make checkpatch    run checkpatch over everything'
	@echo 'make docs          the pages of Documentation as HTML (needs python3-sphinx)'
	@echo 'make install       module, header and library; DESTDIR=, PREFIX=$(PREFIX),'
	@echo '                   and KERNEL= or KDIR= for the module'
	@echo 'make module-install, lib-install    one without the other'
	@echo 'make clean         remove out/'
