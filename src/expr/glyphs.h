/* Characters of formulas that reading and printing share. */
#ifndef EXPR_GLYPHS_H
#define EXPR_GLYPHS_H

#define SUPERSCRIPT_DIGITS                                 \
    {                                                      \
        "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" \
    }
#define SUPERSCRIPT_MINUS "⁻"

#endif
