# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# usage: gnuplot -c sweep.gp BENCH.CSV CROSSINGS.CSV OUTPUT
#	(OUTPUT without .svg and .png)
# What a call costs each way, from short messages to long ones, with the points
# at which one way becomes cheaper than another.

csv = ARG1
marks = ARG2
output_base = ARG3

rows(name) = sprintf("< awk -F, '$1 == \"count\" && $2 == \"%s\" && $4 == \"roundtrip\" { print $3, $5 }' '%s'", name, csv)
# One crossing point in each line, numbered from 1.
crossing(n) = sprintf("< awk -F, 'NR == %d + 1 { print $3, $4 }' '%s'", n, marks)
crossing_title(n) = system(sprintf("awk -F, -v n=%d 'NR == n + 1 { print n \": \" $1 \" / \" $2 \", \" $5 }' '%s'", n, marks))
count = int(system(sprintf("awk 'END { print NR - 1 }' '%s'", marks)))

set logscale x 2
set logscale y 10
set xrange [48:100663296]
set yrange [7000:*]
set xtics ("64 B" 64, "256 B" 256, "1 KiB" 1024, "4 KiB" 4096, "16 KiB" 16384, \
	"64 KiB" 65536, "256 KiB" 262144, "1 MiB" 1048576, "4 MiB" 4194304, \
	"16 MiB" 16777216, "64 MiB" 67108864)
set grid
set key outside right top Left reverse width -6
set xlabel 'bytes each way'
set ylabel 'instructions of a call and its reply'
set title 'The ways of libalpc on one CPU (instructions are not cycles)'

draw = "plot rows('alpc-inline') with linespoints linewidth 2 linecolor rgb '#b5651d' title 'inline', \
     rows('alpc-view-copy') with linespoints linewidth 2 linecolor rgb '#3b6ea5' title 'copied into a view', \
     rows('alpc-direct') with linespoints linewidth 2 linecolor rgb '#4c8c4a' title 'direct', \
     rows('alpc-auto') with points pointtype 6 pointsize 1.8 linecolor rgb 'black' title 'the choice of the library', \
     rows('alpc-view') with linespoints linewidth 2 linecolor rgb '#8e5aa8' title 'in place', \
     rows('alpc-view-secure') with linespoints linewidth 2 linecolor rgb '#c04a6b' title 'in place, secured', \
     for [n = 1:count] crossing(n) using 1:2 with points pointtype 7 pointsize 1.2 linecolor rgb 'red' title crossing_title(n), \
     for [n = 1:count] crossing(n) using 1:2:(sprintf('%d', n)) with labels offset 0,0.9 textcolor rgb 'red' notitle"

set terminal svg size 1200,700 background rgb 'white'
set output output_base.'.svg'
eval draw
unset output

set terminal png size 1200,700
set output output_base.'.png'
eval draw
unset output
