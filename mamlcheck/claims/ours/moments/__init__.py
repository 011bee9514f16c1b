"""Moments of the adapted gradients g_i = grad f_i(w - alpha grad f_i(w)), with which the convergence theorems begin."""
