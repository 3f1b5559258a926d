# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
"""Configuration of Sphinx. KSRC names a kernel source tree, whose kernel-doc is used."""

import os
import sys

top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ksrc = os.environ.get("KSRC")
if not ksrc:
    sys.exit("KSRC must name a kernel source tree, such as tests/kernel/source 6.12 prints")
sys.path.insert(0, os.path.join(ksrc, "Documentation", "sphinx"))

project = "ALPC for Linux"
project_copyright = "2026 The ALPC for Linux authors"
extensions = ["kerneldoc"]
kerneldoc_bin = os.path.join(ksrc, "scripts", "kernel-doc")
kerneldoc_srctree = top
primary_domain = "c"
highlight_language = "none"
html_theme = "alabaster"
