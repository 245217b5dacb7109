"""Reads the text that explain prints for a formula, and works it out: in fractions where
that is exact, else in floating point. Written apart from the program's own printer."""
import math
import re
from fractions import Fraction

SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TOKEN = re.compile(r"\s*(«\d+»|\d+(?:\.\d+)?|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|[A-Za-zσ][A-Za-z0-9σ]*|NaN|∞|.)")


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def exact_at(function, point, value):
    """A function that has one rational value for a rational argument."""
    return lambda x: Fraction(value) if x == point else function(x)


exponential = exact_at(math.exp, 0, 1)

FUNCTIONS = {
    "ln": exact_at(math.log, 1, 0), "σ": exact_at(sigmoid, 0, "1/2"),
    "tanh": exact_at(math.tanh, 0, 0), "sin": exact_at(math.sin, 0, 0),
    "cos": exact_at(math.cos, 0, 1), "tan": exact_at(math.tan, 0, 0),
    "sinh": exact_at(math.sinh, 0, 0), "cosh": exact_at(math.cosh, 0, 1),
    "erf": exact_at(math.erf, 0, 0),
    "max": max, "min": min, "clamp": lambda x, low, high: min(high, max(low, x)),
    "sign": lambda x: (x > 0) - (x < 0), "step": lambda x: int(x > 0),
    "if": lambda condition, yes, no: yes if condition else no,
}


class Unknown(Exception):
    """A call of something that is no function of the table, such as A(u1)."""


class Parser:
    def __init__(self, text, symbols):
        self.tokens = TOKEN.findall(text)
        self.symbols = symbols
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, want=None):
        token = self.peek()
        if token is None or (want and token != want):
            raise ValueError(f"{want or 'more'} expected, not {token!r}")
        self.at += 1
        return token

    def whole(self):
        value = self.comparison()
        if self.peek() is not None:
            raise ValueError(f"what is {self.peek()!r}?")
        return value

    def comparison(self):
        left = self.sum()
        if self.peek() in ("<", ">", "≤", "≥"):
            op, right = self.take(), self.sum()
            return {"<": left < right, ">": left > right, "≤": left <= right,
                    "≥": left >= right}[op]
        return left

    def sum(self):
        value = self.product()
        while self.peek() in ("+", "−"):
            op, right = self.take(), self.product()
            value = value + right if op == "+" else value - right
        return value

    def product(self):
        if self.peek() == "−":
            self.take()
            return -self.product()
        value = self.power()
        while self.peek() in ("·", "/"):
            op, right = self.take(), self.power()
            value = value * right if op == "·" else divide(value, right)
        return value

    def power(self):
        base = self.atom()
        token = self.peek()
        if token == "^":
            self.take()
            exponent = self.atom()
            return exponential(exponent) if base == "e" else raised(base, exponent)
        if token and token[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻":
            return raised(base, Fraction(self.take().translate(SUPER)))
        return math.e if base == "e" else base

    def arguments(self):
        self.take("(")
        values = [self.comparison()]
        while self.peek() == ",":
            self.take()
            values.append(self.comparison())
        self.take(")")
        return values

    def atom(self):
        token = self.take()
        if token == "(":
            value = self.comparison()
            self.take(")")
            return value
        if token == "|":
            value = self.sum()
            self.take("|")
            return abs(value)
        if token[0] == "«":
            return self.symbols[int(token[1:-1])]
        if token == "½":
            return Fraction(1, 2)
        if token[0].isdigit():
            return Fraction(token)
        if token == "NaN":
            return math.nan
        if token == "∞":
            return math.inf
        if token == "√":
            return math.sqrt(self.atom())
        if token == "π":
            return math.pi
        if token == "e":
            return "e"
        if token in FUNCTIONS and self.peek() == "(":
            return FUNCTIONS[token](*self.arguments())
        raise Unknown(token)


def divide(a, b):
    if isinstance(a, (int, Fraction)) and isinstance(b, (int, Fraction)):
        return Fraction(a) / Fraction(b)
    return a / b


def raised(base, exponent):
    if isinstance(base, (int, Fraction)) and exponent == int(exponent):
        return Fraction(base) ** int(exponent)
    return float(base) ** float(exponent)


def work_out(text, symbols=()):
    """The value of a formula; symbols are pairs of text and value."""
    values = []
    for symbol, value in sorted(symbols, key=lambda s: -len(s[0])):
        before = r"(?<![A-Za-z_])" if symbol[0].isalpha() else ""
        after = r"(?![A-Za-z0-9_])" if symbol[-1].isalnum() else ""
        text = re.sub(before + re.escape(symbol) + after, f"«{len(values)}»", text)
        values.append(value)
    return Parser(text, values).whole()


def number(shown):
    """A number as shown."""
    value = work_out(shown.removesuffix(" %"))
    return value
