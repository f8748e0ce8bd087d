"""Speed of the accelerated package against its peers; `make bench` runs it."""
