"""Tables without logic: standards, code lists, words, cities; and the generator of a synthetic city."""
