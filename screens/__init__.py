"""`./madoguchi screenshots`: every page in both languages, two widths, light and dark, for people to look at."""
