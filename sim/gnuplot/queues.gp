# SPDX-License-Identifier: BSD-2-Clause
# The deepest queue of each tier over time, from a run's series.csv:
#     gnuplot -e "dir='out/sim'; to='queues.svg'" sim/gnuplot/queues.gp
if (!exists("dir")) dir = "."
if (!exists("to")) to = "queues.svg"
set terminal svg size 720,420 font "sans,13"
set output to
set datafile separator ","
set grid
set xlabel "us since the run began"
set ylabel "KiB waiting at the fullest port"
table = dir . "/series.csv"
tiers = system("tail -n +2 " . table . " | cut -d, -f2 | tr ' ' '_' | uniq | tr '\\n' ' '")
name(t) = system("echo " . t . " | tr '_' ' '")
set key top right
plot for [t in tiers] table using (column("t_ps") / 1e6): \
     (strcol(2) eq name(t) ? $4 / 1024 : 1/0) with lines lw 2 title name(t) noenhanced
