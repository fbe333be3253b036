"""Judgements (评判): from a Dataset to an Evaluation, under rules that are data."""
