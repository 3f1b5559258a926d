/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What coccinelle has to be told to parse: it passes over a function with an attribute
 * that it does not know, without a word.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#define __uninitialized
