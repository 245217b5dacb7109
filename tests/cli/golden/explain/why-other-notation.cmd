chainrule explain examples/worked/sigmoid-2-2-1.yaml --notation numbered --why 'dL/dw_{x1->h1}'
