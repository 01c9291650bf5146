"""Who, when, and what is covered: homes to renovate, service coverage, sites and repairs."""
