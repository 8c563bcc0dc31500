"""The school server and the hub: one Starlette program in two roles."""
