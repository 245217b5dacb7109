chainrule figure examples/worked/sigmoid-2-2-1.yaml --step nonsense
