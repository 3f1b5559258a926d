# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# Suites in which threads look for what others write instead of sleeping, for a millisecond
# at most, and how: where a guest has to wait for a CPU they do not meet, and try for minutes.
# On the debug kernel they run first, in the guest that the others make room for.
libalpc_quick a call is repeated until it was a quick one
libalpc_quick_abuse likewise
quick a thread is woken just before it sleeps, and just after
