#include "audit/words.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* clang-format off */
static const struct entry commands[] = {
    {"frac", TOKEN_FRACTION}, {"tfrac", TOKEN_FRACTION}, {"dfrac", TOKEN_FRACTION},
    {"cfrac", TOKEN_FRACTION}, {"nicefrac", TOKEN_FRACTION}, {"sfrac", TOKEN_FRACTION},
    {"sqrt", TOKEN_ROOT},
    {"cdot", TOKEN_OP, "*"}, {"times", TOKEN_OP, "*"}, {"ast", TOKEN_OP, "*"},
    {"bullet", TOKEN_OP, "*"}, {"cdotp", TOKEN_OP, "*"},
    {"odot", TOKEN_OP, "o"}, {"circ", TOKEN_OP, "o"}, {"otimes", TOKEN_OP, "o"},
    {"div", TOKEN_OP, "/"}, {"prime", TOKEN_OP, "'"}, {"mid", TOKEN_OP, "|"},
    {"vert", TOKEN_OP, "|"}, {"lvert", TOKEN_OP, "|"}, {"rvert", TOKEN_OP, "|"},
    {"approx", TOKEN_RELATION, "≈"}, {"simeq", TOKEN_RELATION, "≈"}, {"cong", TOKEN_RELATION, "≈"},
    {"doteq", TOKEN_RELATION, "≈"}, {"thickapprox", TOKEN_RELATION, "≈"},
    {"equiv", TOKEN_RELATION, "="}, {"coloneqq", TOKEN_RELATION, "<-"},
    {"leftarrow", TOKEN_RELATION, "<-"}, {"gets", TOKEN_RELATION, "<-"},
    {"longleftarrow", TOKEN_RELATION, "<-"},
    {"implies", TOKEN_IMPLIES}, {"Rightarrow", TOKEN_IMPLIES}, {"Longrightarrow", TOKEN_IMPLIES},
    {"iff", TOKEN_IMPLIES}, {"Leftrightarrow", TOKEN_IMPLIES}, {"therefore", TOKEN_IMPLIES},
    {"rightarrow", TOKEN_ARROW}, {"to", TOKEN_ARROW}, {"longrightarrow", TOKEN_ARROW},
    {"mapsto", TOKEN_ARROW}, {"downarrow", TOKEN_ARROW}, {"uparrow", TOKEN_ARROW},
    {"partial", TOKEN_PARTIAL}, {"nabla", TOKEN_NABLA}, {"Delta", TOKEN_DELTA},
    {"exp", TOKEN_FUNCTION}, {"ln", TOKEN_FUNCTION, "log"}, {"log", TOKEN_FUNCTION},
    {"tanh", TOKEN_FUNCTION}, {"sinh", TOKEN_FUNCTION}, {"cosh", TOKEN_FUNCTION},
    {"sin", TOKEN_FUNCTION}, {"cos", TOKEN_FUNCTION}, {"max", TOKEN_FUNCTION},
    {"min", TOKEN_FUNCTION},
    {"text", TOKEN_WORD}, {"textrm", TOKEN_WORD}, {"mathrm", TOKEN_WORD}, {"mbox", TOKEN_WORD},
    {"operatorname", TOKEN_WORD}, {"textbf", TOKEN_WORD}, {"textit", TOKEN_WORD},
    {"mathit", TOKEN_WORD}, {"mathsf", TOKEN_WORD}, {"mathtt", TOKEN_WORD}, {"rm", TOKEN_END},
    {"textsf", TOKEN_WORD}, {"texttt", TOKEN_WORD}, {"emph", TOKEN_WORD},
    {"mathbf", TOKEN_STYLE}, {"boldsymbol", TOKEN_STYLE}, {"bm", TOKEN_STYLE},
    {"mathcal", TOKEN_STYLE}, {"mathbb", TOKEN_STYLE}, {"vec", TOKEN_STYLE},
    {"overline", TOKEN_STYLE}, {"bar", TOKEN_STYLE}, {"mathscr", TOKEN_STYLE},
    {"cancel", TOKEN_STYLE}, {"mathnormal", TOKEN_STYLE}, {"underline", TOKEN_STYLE},
    {"hat", TOKEN_STYLE, "^"}, {"widehat", TOKEN_STYLE, "^"}, {"tilde", TOKEN_STYLE, "~"},
    {"underbrace", TOKEN_UNDER}, {"overbrace", TOKEN_UNDER}, {"underset", TOKEN_SKIP},
    {"label", TOKEN_SKIP}, {"tag", TOKEN_SKIP}, {"color", TOKEN_SKIP}, {"textcolor", TOKEN_SKIP},
    {"hspace", TOKEN_SKIP}, {"vspace", TOKEN_SKIP}, {"cite", TOKEN_SKIP}, {"ref", TOKEN_SKIP},
    {"eqref", TOKEN_SKIP}, {"url", TOKEN_SKIP}, {"intertext", TOKEN_SKIP}, {"phantom", TOKEN_SKIP},
    {"colorbox", TOKEN_SKIP},
    {"quad", TOKEN_BREAK}, {"qquad", TOKEN_BREAK}, {"le", TOKEN_BREAK}, {"leq", TOKEN_BREAK},
    {"ge", TOKEN_BREAK}, {"geq", TOKEN_BREAK}, {"lt", TOKEN_BREAK}, {"gt", TOKEN_BREAK},
    {"neq", TOKEN_BREAK}, {"ne", TOKEN_BREAK}, {"in", TOKEN_BREAK}, {"sim", TOKEN_BREAK},
    {"propto", TOKEN_BREAK}, {"gg", TOKEN_BREAK}, {"ll", TOKEN_BREAK}, {"pm", TOKEN_OPAQUE},
    {"item", TOKEN_BREAK}, {"par", TOKEN_BREAK}, {"hline", TOKEN_BREAK}, {"midrule", TOKEN_BREAK},
    {"toprule", TOKEN_BREAK}, {"bottomrule", TOKEN_BREAK}, {"newline", TOKEN_ROW},
    {"cr", TOKEN_ROW}, {"tabularnewline", TOKEN_ROW},
    {"top", TOKEN_NAME, "⊤"}, {"intercal", TOKEN_NAME, "⊤"},
    /* no more than white space */
    {"left", TOKEN_END}, {"right", TOKEN_END}, {"big", TOKEN_END}, {"Big", TOKEN_END},
    {"bigg", TOKEN_END}, {"Bigg", TOKEN_END}, {"bigl", TOKEN_END}, {"bigr", TOKEN_END},
    {"Bigl", TOKEN_END}, {"Bigr", TOKEN_END}, {"biggl", TOKEN_END}, {"biggr", TOKEN_END},
    {"Biggl", TOKEN_END}, {"Biggr", TOKEN_END},
    {"displaystyle", TOKEN_END}, {"textstyle", TOKEN_END}, {"scriptstyle", TOKEN_END},
    {"limits", TOKEN_END}, {"nolimits", TOKEN_END}, {"nonumber", TOKEN_END}, {"notag", TOKEN_END},
    {"small", TOKEN_END}, {"large", TOKEN_END}, {"footnotesize", TOKEN_END}, {"centering", TOKEN_END},
    {"noindent", TOKEN_END}, {"bf", TOKEN_END}, {"it", TOKEN_END}, {"strut", TOKEN_END},
    {"normalsize", TOKEN_END}, {"hfill", TOKEN_END}, {"thinspace", TOKEN_END},
    /* letters */
    {"alpha", TOKEN_NAME, "α"}, {"beta", TOKEN_NAME, "β"}, {"gamma", TOKEN_NAME, "γ"},
    {"delta", TOKEN_NAME, "δ"}, {"epsilon", TOKEN_NAME, "ε"}, {"varepsilon", TOKEN_NAME, "ε"},
    {"zeta", TOKEN_NAME, "ζ"}, {"eta", TOKEN_NAME, "η"}, {"theta", TOKEN_NAME, "θ"},
    {"vartheta", TOKEN_NAME, "θ"}, {"lambda", TOKEN_NAME, "λ"}, {"mu", TOKEN_NAME, "μ"},
    {"nu", TOKEN_NAME, "ν"}, {"xi", TOKEN_NAME, "ξ"}, {"pi", TOKEN_NAME, "π"},
    {"rho", TOKEN_NAME, "ρ"}, {"sigma", TOKEN_FUNCTION, "σ"}, {"tau", TOKEN_NAME, "τ"},
    {"phi", TOKEN_NAME, "φ"}, {"varphi", TOKEN_NAME, "φ"}, {"psi", TOKEN_NAME, "ψ"},
    {"omega", TOKEN_NAME, "ω"}, {"Gamma", TOKEN_NAME, "Γ"}, {"Theta", TOKEN_NAME, "Θ"},
    {"Phi", TOKEN_NAME, "Φ"}, {"ell", TOKEN_NAME, "ℓ"}, {"star", TOKEN_OP, "*"},
    {"infty", TOKEN_OPAQUE}, {"dagger", TOKEN_NAME, "†"},
};

/* Words in prose, or in \text{...}, that are functions or names of mathematics. */
static const struct entry words[] = {
    {"exp", TOKEN_FUNCTION}, {"ln", TOKEN_FUNCTION, "log"}, {"log", TOKEN_FUNCTION},
    {"tanh", TOKEN_FUNCTION}, {"max", TOKEN_FUNCTION}, {"min", TOKEN_FUNCTION},
    {"sigmoid", TOKEN_FUNCTION, "σ"}, {"sig", TOKEN_FUNCTION, "σ"}, {"sigma", TOKEN_FUNCTION, "σ"},
    {"logistic", TOKEN_FUNCTION, "σ"}, {"Sigmoid", TOKEN_FUNCTION, "σ"},
    {"ReLU", TOKEN_FUNCTION, "relu"}, {"relu", TOKEN_FUNCTION}, {"Relu", TOKEN_FUNCTION, "relu"},
    {"RELU", TOKEN_FUNCTION, "relu"}, {"softmax", TOKEN_FUNCTION}, {"Softmax", TOKEN_FUNCTION, "softmax"},
    {"sqrt", TOKEN_FUNCTION}, {"abs", TOKEN_FUNCTION}, {"softplus", TOKEN_FUNCTION},
    {"delta", TOKEN_NAME, "δ"}, {"eta", TOKEN_NAME, "η"}, {"alpha", TOKEN_NAME, "α"},
    {"lambda", TOKEN_NAME, "λ"}, {"Delta", TOKEN_DELTA}, {"Error", TOKEN_NAME}, {"error", TOKEN_NAME, "Error"},
    {"Loss", TOKEN_NAME}, {"loss", TOKEN_NAME, "Loss"}, {"Cost", TOKEN_NAME},
    {"cost", TOKEN_NAME, "Cost"}, {"net", TOKEN_NAME}, {"Net", TOKEN_NAME, "net"}, {"out", TOKEN_NAME},
    {"Out", TOKEN_NAME, "out"}, {"target", TOKEN_NAME}, {"Target", TOKEN_NAME, "target"},
    {"MSE", TOKEN_NAME}, {"lr", TOKEN_NAME, "η"}, {"BCE", TOKEN_NAME}, {"CE", TOKEN_NAME},
    {"SSE", TOKEN_NAME}, {"Err", TOKEN_NAME, "δ"}, {"pred", TOKEN_NAME}, {"bias", TOKEN_NAME},
};

static const struct entry glyphs[] = {
    {"−", TOKEN_OP, "-"}, {"–", TOKEN_OP, "-"}, {"‑", TOKEN_OP, "-"}, {"·", TOKEN_OP, "*"},
    {"×", TOKEN_OP, "*"}, {"⋅", TOKEN_OP, "*"}, {"∙", TOKEN_OP, "*"}, {"∗", TOKEN_OP, "*"},
    {"•", TOKEN_OP, "*"}, {"⊙", TOKEN_OP, "o"}, {"∘", TOKEN_OP, "o"}, {"÷", TOKEN_OP, "/"},
    {"∕", TOKEN_OP, "/"}, {"⁄", TOKEN_OP, "/"}, {"′", TOKEN_OP, "'"}, {"’", TOKEN_OP, "'"},
    {"∣", TOKEN_OP, "|"}, {"≈", TOKEN_RELATION, "≈"}, {"≃", TOKEN_RELATION, "≈"},
    {"≅", TOKEN_RELATION, "≈"}, {"≡", TOKEN_RELATION, "="}, {"≔", TOKEN_RELATION, "<-"},
    {"←", TOKEN_RELATION, "<-"}, {"⟵", TOKEN_RELATION, "<-"}, {"⇒", TOKEN_IMPLIES},
    {"⟹", TOKEN_IMPLIES}, {"⇔", TOKEN_IMPLIES}, {"∴", TOKEN_IMPLIES}, {"→", TOKEN_ARROW},
    {"⟶", TOKEN_ARROW}, {"↦", TOKEN_ARROW}, {"∂", TOKEN_PARTIAL}, {"𝜕", TOKEN_PARTIAL},
    {"∇", TOKEN_NABLA}, {"Δ", TOKEN_DELTA}, {"∆", TOKEN_DELTA}, {"σ", TOKEN_FUNCTION},
    {"𝜎", TOKEN_FUNCTION, "σ"}, {"√", TOKEN_ROOT}, {"½", TOKEN_NUMBER, "1/2"},
    {"¼", TOKEN_NUMBER, "1/4"}, {"¾", TOKEN_NUMBER, "3/4"}, {"⅓", TOKEN_NUMBER, "1/3"},
    {"ᵀ", TOKEN_SUPER, "T"}, {"⊤", TOKEN_NAME}, {"∑", TOKEN_OPAQUE}, {"Σ", TOKEN_OPAQUE},
    {"≤", TOKEN_BREAK}, {"≥", TOKEN_BREAK}, {"≠", TOKEN_BREAK}, {"∈", TOKEN_BREAK},
    {"…", TOKEN_OPAQUE}, {"±", TOKEN_OPAQUE}, {"∞", TOKEN_OPAQUE}, {"⟨", TOKEN_OPAQUE},
    {"𝜂", TOKEN_NAME, "η"}, {"𝛿", TOKEN_NAME, "δ"}, {"𝑤", TOKEN_NAME, "w"}, {"𝑥", TOKEN_NAME, "x"},
    {"𝑦", TOKEN_NAME, "y"}, {"𝑧", TOKEN_NAME, "z"}, {"𝑏", TOKEN_NAME, "b"}, {"𝑎", TOKEN_NAME, "a"},
    {"𝐸", TOKEN_NAME, "E"}, {"𝐿", TOKEN_NAME, "L"}, {"ŷ", TOKEN_NAME, "ŷ"},
    {"\xC2\xA0", TOKEN_END}, {"\xE2\x80\x89", TOKEN_END}, {"\xE2\x80\xAF", TOKEN_END},
    {"\xE2\x81\xA0", TOKEN_END}, {"\xE2\x80\x8B", TOKEN_END}, {"\xE2\x81\xA1", TOKEN_END},
    {"\xE2\x81\xA2", TOKEN_END}, {"\xEF\xBB\xBF", TOKEN_END},
};

static const struct entry small[] = {
    {"₀", TOKEN_SUB, "0"}, {"₁", TOKEN_SUB, "1"}, {"₂", TOKEN_SUB, "2"}, {"₃", TOKEN_SUB, "3"},
    {"₄", TOKEN_SUB, "4"}, {"₅", TOKEN_SUB, "5"}, {"₆", TOKEN_SUB, "6"}, {"₇", TOKEN_SUB, "7"},
    {"₈", TOKEN_SUB, "8"}, {"₉", TOKEN_SUB, "9"}, {"ₒ", TOKEN_SUB, "o"}, {"ₕ", TOKEN_SUB, "h"},
    {"ₓ", TOKEN_SUB, "x"}, {"ₖ", TOKEN_SUB, "k"}, {"ⱼ", TOKEN_SUB, "j"}, {"ᵢ", TOKEN_SUB, "i"},
    {"ₙ", TOKEN_SUB, "n"}, {"ₘ", TOKEN_SUB, "m"}, {"ₜ", TOKEN_SUB, "t"}, {"ₗ", TOKEN_SUB, "l"},
    {"ₐ", TOKEN_SUB, "a"}, {"ₑ", TOKEN_SUB, "e"}, {"ₚ", TOKEN_SUB, "p"}, {"ₛ", TOKEN_SUB, "s"},
    {"⁰", TOKEN_SUPER, "0"}, {"¹", TOKEN_SUPER, "1"}, {"²", TOKEN_SUPER, "2"},
    {"³", TOKEN_SUPER, "3"}, {"⁴", TOKEN_SUPER, "4"}, {"⁵", TOKEN_SUPER, "5"},
    {"⁶", TOKEN_SUPER, "6"}, {"⁷", TOKEN_SUPER, "7"}, {"⁸", TOKEN_SUPER, "8"},
    {"⁹", TOKEN_SUPER, "9"}, {"⁻", TOKEN_SUPER, "-"}, {"⁺", TOKEN_SUPER, "+"},
    {"⁽", TOKEN_SUPER, "("}, {"⁾", TOKEN_SUPER, ")"}, {"ⁿ", TOKEN_SUPER, "n"},
    {"ᴸ", TOKEN_SUPER, "L"}, {"ˡ", TOKEN_SUPER, "l"},
};
/* clang-format on */

const struct entry *cr_word(enum vocabulary v, const char *s, size_t len)
{
    static const struct {
        const struct entry *list;
        size_t n;
    } lists[] = {[COMMANDS] = {commands, LENGTH(commands)},
                 [WORDS] = {words, LENGTH(words)},
                 [GLYPHS] = {glyphs, LENGTH(glyphs)},
                 [SMALL] = {small, LENGTH(small)}};
    const struct entry *list = lists[v].list;
    for (size_t i = 0; i < lists[v].n; i++)
        if (strlen(list[i].name) == len && memcmp(list[i].name, s, len) == 0)
            return &list[i];
    return NULL;
}
