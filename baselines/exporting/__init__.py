"""Models in formats that other programs read: graphs, their checks, and the folder that holds them."""
