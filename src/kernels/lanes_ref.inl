/* The vector primitives of the reference: one lane. Besides these, math.inl uses the
 * operators + - * / and < > == on V, and + - & | ^ << >> on I. Compares give an M, which
 * knows & and |. */
#include <string.h>

typedef T V;
typedef BITS I;
typedef int M;

static inline V fused(V a, V b, V c)
{
    return FMA(a, b, c);
}

static inline V root(V a)
{
    return SQRT(a);
}

/* m ? a : b */
static inline V pick(M m, V a, V b)
{
    return m ? a : b;
}

static inline I bits(V a)
{
    I i;
    memcpy(&i, &a, sizeof i);
    return i;
}

static inline V from_bits(I i)
{
    V a;
    memcpy(&a, &i, sizeof a);
    return a;
}

/* integer lanes compared with a constant */
static inline M any_bit(I a, I mask)
{
    return (a & mask) != 0;
}
