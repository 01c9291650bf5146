"""The commands of `tantu`, one module a family; each is a thin door on the use cases of the packages."""
