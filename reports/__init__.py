"""Telling (呈现): from results to workbooks, maps and pages, in memory."""
