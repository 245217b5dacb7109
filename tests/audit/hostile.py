"""Texts that are made to break their reader, of a given size: what each is, and what must be said of
it (a part of the report or of the error)."""

NAMES = "αβγ"


def texts(size):
    def much(piece, before="", after=""):
        data = piece.encode() if isinstance(piece, str) else piece
        return before.encode() + (data * (size // len(data) + 1))[:size] + after.encode()

    half = size // 2
    long = "a paragraph of more than 1 MiB is not read" if size > 1 << 20 else ""
    return {
        "dollars": (much("$"), "no finding"),
        "displays": (much("$$ 1 + 1 = 3 $$"), "the expression before it gives 2, not 3"),
        "open brackets": (much("("), long),
        "nested brackets": (b"(" * half + b"1" + b")" * half + b" = 1\n", long),
        "nested braces": (b"$$ " + b"{" * half + b"1" + b"}" * half + b" = 1 $$\n", long),
        "fractions": (much("\\frac{1", "$$ ", " $$"), ""),
        "powers": (much("^{2", "$x", "$"), ""),
        "exponentials": (much("e^{-", "$x = ", "$"), ""),
        "bars": (much("$|1"), ""),
        "one line": (much("0.5*0.2 = 0.1 "), long),
        "one chain": (much("1 = "), long),
        "chains": (much("1 = " * 20000 + "\n\n"), "more than 65536 claims" if size > 1 << 20 else ""),
        "stars": (much("* "), ""),
        "comments": (much("<!--"), ""),
        "tabulars": (much("\\begin{tabular}"), ""),
        "symbols": (much((NAMES * 20000 + "\n\n")), ""),
        "cells": (much(" 1 + 1 = 3 |", "| a | b |\n|---|---|\n|"), "the expression before it gives 2, not 3"),
        "prompts": (much(">>> a\n" * 20000 + "\n\n"), ""),
        "sessions": (much(">>> a = np.array([1.5, 2])\n>>> a\n[1.5, 2]\n\n"), ""),
        "targets": (much("targets 0.5 and 0.25 should be\n- 0.75\n- label 1.\n\n"), ""),
        "targets apart": (much("the target is\n" + " " * 5000 + "\n"), ""),
        "sums": (much("z_1 = 0.2*0.5 + 0.3*0.1 + 0.4 = 0.53, out = 0.63\n\n"), ""),
        "digits": (much("9", "x = ", " = 3\n"), long),
        "zeros": (b"\0" * size, "no finding"),
        "zeros between": (much(b"a = 1\0 + 2 = 3\n"), ""),
        "bytes that are no UTF-8": (much(bytes(range(128, 256))), ""),
        "bad bytes between": (much(b"0.5\xff*0.2 = \xc30.1 "), long),
    }


# Numbers that no float64 holds, and powers that nobody can write out.
NUMBERS = "\n\n".join([
    "$x = 1e999999999 + 1e999999999 = 10^{10^{10}} = 10^{10^{10^{10}}} = 9^{9^{9^9}} = 1e-999999999$",
    "2^1000000000 = 3", "2^{-1000000000} = 3", "1.5^999999 = 2", "$(1/3)^{99999} = 0.1$", "1e308 * 10 = 2",
    "7" * 5000 + " * " + "8" * 5000 + " = " + "1" * 10000, "0." + "3" * 5000 + " * 3 = 1",
    "1/0 = 3", "$\\sqrt{-1} = 1$, $\\ln(0) = 1$, e^1000 = 3, 0^0 = 1", "170! = 3", "1 + 1 = 3",
]).encode()
