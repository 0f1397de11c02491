"""What `simpul init` puts into a new folder: a small hub that works, in each language."""
