"""What is made of outputs: predictions by example id, tables of errors, files to hand in."""
