# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# usage: gnuplot -c targets.gp TARGETS.TSV OUTPUT	(OUTPUT without .svg and .png)
# What was measured as a part of what each target asks for at most.

tsv = ARG1
output_base = ARG2

rows = sprintf("< sed 1d '%s' | tac", tsv)
count = int(system(sprintf("awk 'END { print NR - 1 }' '%s'", tsv)))

set datafile separator tab
set title 'measured / asked for at most'
set grid xtics
set xrange [0:*]
set yrange [-1:count]
set lmargin 52
set key off
set boxwidth 0.7
set style fill solid 0.9
set arrow from 1, graph 0 to 1, graph 1 nohead linewidth 2 linecolor rgb 'black' front

colour(share) = share <= 1 ? 0x3b6ea5 : 0xc04a6b

draw = "plot rows using (0):0:(0):3:($0 - 0.35):($0 + 0.35):(colour($3)):ytic(strcol(1).'  '.strcol(2)) with boxxyerror linecolor rgb variable"

set terminal svg noenhanced size 1000,760 background rgb 'white'
set output output_base.'.svg'
eval draw
unset output

set terminal png noenhanced size 1000,760
set output output_base.'.png'
eval draw
unset output
