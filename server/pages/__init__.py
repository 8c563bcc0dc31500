"""Dashboards: queries, views, templates."""
