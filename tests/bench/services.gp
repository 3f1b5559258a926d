# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# usage: gnuplot -c services.gp BENCH.CSV OUTPUT	(OUTPUT without .svg and .png)
# How many calls a second a server answers: against clients, counted, and against
# its threads, timed.

csv = ARG1
output_base = ARG2

rows(mode, name, metric) = sprintf("< awk -F, '$1 == \"%s\" && $2 == \"%s\" && $3 == 64 && $4 ~ /^%s-[0-9]+$/ { sub(/.*-/, \"\", $4); print $4, 1e6 / $5 }' '%s'", mode, name, metric, csv)

names = "alpc alpc-completion alpc-vector alpc-list alpc-bound unix-epoll"
titles = "'ALPC, at the port' 'ALPC, completion port' 'ALPC, vectors' 'ALPC, completion list' 'ALPC, clients bound' 'AF_UNIX, epoll'"
array colours[6] = ["#3b6ea5", "#4c8c4a", "#8e5aa8", "#2a9d9d", "#b5651d", "#c04a6b"]

set grid
set yrange [0:*]
set key bottom right

draw = "set multiplot layout 1,2 title 'Servers of many clients (instructions are not cycles; 64 bytes each way)'; \
set title 'one CPU, each client has a call under way'; \
set xlabel 'clients'; set ylabel 'thousand calls per second, at an instruction per ns'; \
set logscale x 10; set xrange [0.7:15000]; set xtics (1, 10, 100, 1000, 10000); \
plot for [i = 1:6] rows('count', word(names, i), 'load') using 1:2 with linespoints linewidth 2 linecolor rgb colours[i] title word(titles, i); \
set title '8 client processes, two CPUs, emulated'; \
set xlabel 'threads of the server'; set ylabel 'thousand calls per second'; \
unset logscale x; set xrange [0.5:4.5]; set xtics (1, 2, 4); \
plot for [i in '1 2 3 6'] rows('wall', word(names, int(i)), 'threads') using 1:2 with linespoints linewidth 2 linecolor rgb colours[int(i)] title word(titles, int(i)); \
unset multiplot"

set terminal svg noenhanced size 1200,520 background rgb 'white'
set output output_base.'.svg'
eval draw
unset output

set terminal png noenhanced size 1200,520
set output output_base.'.png'
eval draw
unset output
