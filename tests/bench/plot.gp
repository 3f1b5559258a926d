# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# usage: gnuplot -c plot.gp BENCH.CSV OUTPUT	(OUTPUT without .svg and .png)
# Round trips of every mechanism at 64 and 256 bytes, counted and timed.

csv = ARG1
output_base = ARG2

rows(mode, bytes) = sprintf("< awk -F, '$1 == \"%s\" && $3 == %d && $4 == \"roundtrip\" && $2 !~ /^alpc-(clients|auto|inline|view|direct)/ { print $2, $5 }' '%s'", mode, bytes, csv)

set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set boxwidth 0.9
set grid ytics
set xtics rotate by -35 scale 0
set key top left
set yrange [0:*]
set bmargin 5

draw = "set multiplot layout 1,2 title 'Synchronous round trip between two processes (instructions are not cycles)'; \
set title 'one CPU'; set ylabel 'instructions'; \
plot rows('count', 64) using 2:xtic(1) title '64 B' linecolor rgb '#3b6ea5', \
     rows('count', 256) using 2 title '256 B' linecolor rgb '#a9c6e3'; \
set title 'two CPUs, emulated'; set ylabel 'microseconds'; \
plot rows('wall', 64) using ($2/1000):xtic(1) title '64 B' linecolor rgb '#3b6ea5', \
     rows('wall', 256) using ($2/1000) title '256 B' linecolor rgb '#a9c6e3'; \
unset multiplot"

set terminal svg size 1200,520 background rgb 'white'
set output output_base.'.svg'
eval draw
unset output

set terminal png size 1200,520
set output output_base.'.png'
eval draw
unset output
