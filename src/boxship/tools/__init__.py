"""Helpers around the product: doctor, demo."""
