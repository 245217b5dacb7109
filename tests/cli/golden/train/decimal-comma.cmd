printf 'sep=;\na;price\n1,5;2\n2,25;3\n' >prices.csv; chainrule train prices.csv --target price; echo $?; ls
