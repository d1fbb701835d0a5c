/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures of the result page, each written where it is called. */
#ifndef SIM_PLOTS_H
#define SIM_PLOTS_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/experiment.h"

void sim_plot_ideal(const struct sim_experiment *x, FILE *out);
void sim_plot_progress(const struct sim_experiment *x, FILE *out);
/* False, and nothing written, if the run was too large to keep every arrival. */
bool sim_plot_lateness(const struct sim_experiment *x, FILE *out);
/* Of flows. */
void sim_plot_completion(const struct sim_experiment *x, FILE *out);
void sim_plot_slowdown(const struct sim_experiment *x, FILE *out);
/* Of flows, and of the links out of switches (plots_links.c). */
void sim_plot_makespan(const struct sim_experiment *x, FILE *out);
void sim_plot_goodput(const struct sim_experiment *x, FILE *out);
void sim_plot_links(const struct sim_experiment *x, FILE *out);
void sim_plot_utilisation(const struct sim_experiment *x, FILE *out);
void sim_plot_queue(const struct sim_experiment *x, FILE *out);
void sim_plot_depths(const struct sim_experiment *x, FILE *out);
/* What engines know of paths (plots_paths.c); false: nothing was watched. */
bool sim_plot_paths(const struct sim_experiment *x, FILE *out);
/* A table: at most 16 leaves and 16 spines are readable. */
void sim_plot_spread(const struct sim_experiment *x, FILE *out);

#endif
