"""Reports in the forms that people and machines read: JSON, JUnit XML, a page, a badge.

Each module makes one form out of a `Report`; ``files`` writes them. Nothing is imported here, so
that ``report`` may use ``document``.
"""
