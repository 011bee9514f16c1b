"""Convex tasks: what holds with smaller constants where every f_i is convex."""
