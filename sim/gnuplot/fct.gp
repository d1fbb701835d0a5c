# SPDX-License-Identifier: BSD-2-Clause
# Distribution of completion times of one run or several, from their flows.csv:
#     gnuplot -e "dirs='out/spray out/ecmp'; to='fct.svg'" sim/gnuplot/fct.gp
if (!exists("dirs")) dirs = "."
if (!exists("to")) to = "fct.svg"
set terminal svg size 720,420 font "sans,13"
set output to
set datafile separator ","
set key bottom right
set grid
set xlabel "completion time, us"
set ylabel "share of flows that took no longer"
set yrange [0:1]
table(d) = d . "/flows.csv"
done(d) = real(system("grep -c ',done$' " . table(d)))
plot for [d in dirs] table(d) using (column("fct_ps") / 1e6):(1.0 / done(d)) \
     smooth cumulative with lines lw 2 title d noenhanced
