/* Made by tests/kernels/make_coefficients.py; the lowest power first. */
/* clang-format off */
/* (exp r - 1 - r) / r^2, |r| <= ln 2 / 2 */
static const T exp_c[] = {
    0x1p-1f, 0x1.555556p-3f, 0x1.55547cp-5f, 0x1.1110ap-7f, 0x1.6d99cap-10f, 0x1.a189d6p-13f,
};
/* (2 atanh s - 2 s) / s^3 in s^2, s = f / (2 + f), sqrt 1/2 <= 1 + f <= sqrt 2 */
static const T log_c[] = {
    0x1.555554p-1f, 0x1.999a7ep-2f, 0x1.243822p-2f, 0x1.e30ee4p-3f,
};
/* (2 atanh s - 2 s - 2 s^3 / 3) / s^5 in s^2 */
static const T pow_c[] = {
    0x1.999998p-2f, 0x1.24937cp-2f, 0x1.c6567cp-3f, 0x1.8edfe2p-3f,
};
/* (sin r - r) / r^3 in r^2, |r| <= pi / 4 */
static const T sin_c[] = {
    -0x1.555556p-3f, 0x1.111108p-7f, -0x1.a00f54p-13f, 0x1.6cc7c8p-19f,
};
/* (cos r - 1 + r^2 / 2) / r^4 in r^2 */
static const T cos_c[] = {
    0x1.555556p-5f, -0x1.6c16b8p-10f, 0x1.a010d4p-16f, -0x1.241bcep-22f,
};
/* (sinh r - r) / r^3 in r^2, |r| <= 1 */
static const T sinh_c[] = {
    0x1.555556p-3f, 0x1.111136p-7f, 0x1.9ffdep-13f, 0x1.7a2c6ep-19f,
};
/* (tanh h - h) / h^3 in h^2, |h| <= ln 2 / 4; float64 has no need of it */
static const T tanh_c[] = {
    -0x1.55554ep-2f, 0x1.1105a6p-3f, -0x1.afe24p-5f,
};
/* erf(x) / x - 1 in x^2, |x| <= 1 */
static const T erf_c[] = {
    0x1.06eba8p-3f, -0x1.812746p-2f, 0x1.ce2f2p-4f, -0x1.b82cbcp-6f, 0x1.565892p-8f,
    -0x1.bfe1c8p-11f, 0x1.f582bep-14f, -0x1.d2cc9ap-17f, 0x1.1c6a2ep-20f,
};
/* -log erfc(x) in x - 1, 1 <= x <= ERF_END */
static const T erfc_c[] = {
    0x1.d97fcp+0f, 0x1.51c9bp+1f, 0x1.afabcp-1f, 0x1.5478cap-5f, -0x1.48dceep-7f, 0x1.0431c2p-9f,
    -0x1.0771bp-12f, -0x1.39d632p-17f, 0x1.d61e3p-17f, -0x1.ae24c6p-19f, 0x1.2bcfc8p-22f,
};
#define ERF_END 0x1p+2f
#define LOG2E 0x1.715476p+0f
#define LN2_FULL 0x1.62e43p-1f
#define LN2_REST -0x1.05c61p-29f
#define LN2_SHORT 0x1.62ep-1f
#define LN2_TAIL 0x1.0bfbe8p-15f
#define TWO_THIRDS 0x1.555556p-1f
#define TWO_THIRDS_LO -0x1.555556p-26f
#define TWO_OVER_PI 0x1.45f306p-1f
#define HALF_PI_1 0x1.921fb6p+0f
#define HALF_PI_2 -0x1.777a5cp-25f
#define HALF_PI_3 -0x1.ee59dap-50f
#define HALF_PI_4 0x1.98a2ep-77f
