"""Ratios against named peers, measured in one run: `tantu bench`. Not part of the wheel."""
