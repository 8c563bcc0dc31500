"""The screens: each holds its state, offers actions, and turns keys into commands on `learning`."""
