# SPDX-License-Identifier: BSD-2-Clause
# Slowdown of each flow by its size, of one run or several, from their flows.csv:
#     gnuplot -e "dirs='out/a out/b'; to='slowdown.svg'" sim/gnuplot/slowdown.gp
if (!exists("dirs")) dirs = "."
if (!exists("to")) to = "slowdown.svg"
set terminal svg size 720,420 font "sans,13"
set output to
set datafile separator ","
set key top right
set grid
set logscale xy
set xlabel "bytes of the flow"
set ylabel "completion time / that on an empty fabric"
plot for [d in dirs] d . "/flows.csv" using (column("bytes")):(column("slowdown")) \
     with points pt 7 ps 0.3 title d noenhanced
