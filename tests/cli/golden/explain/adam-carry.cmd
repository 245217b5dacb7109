chainrule explain adam.yaml --carry displayed --digits 3 --notation mazur
