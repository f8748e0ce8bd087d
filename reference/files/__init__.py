"""Arrays in files: read by parts of bounded size, and refused with file, row and column.

Every file becomes rows that are mapped into memory part by part: `.npy` as it lies, anything else
after one pass that unpacks it into a scratch folder. So no number of rows needs to fit into memory,
a second pass costs no parsing, and the rows of the winners are looked up directly.
"""
