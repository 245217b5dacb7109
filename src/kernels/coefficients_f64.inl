/* Made by tests/kernels/make_coefficients.py; the lowest power first. */
/* clang-format off */
/* (exp r - 1 - r) / r^2, |r| <= ln 2 / 2 */
static const T exp_c[] = {
    0x1p-1, 0x1.5555555555555p-3, 0x1.555555555555cp-5, 0x1.1111111111114p-7,
    0x1.6c16c16c13e49p-10, 0x1.a01a01a017f25p-13, 0x1.a01a01b1b82d1p-16, 0x1.71de3a60d4f35p-19,
    0x1.27e4c49529a83p-22, 0x1.ae6414e2898ap-26, 0x1.1f95e09ab4e04p-29, 0x1.61e14eeb25916p-33,
};
/* (2 atanh s - 2 s) / s^3 in s^2, s = f / (2 + f), sqrt 1/2 <= 1 + f <= sqrt 2 */
static const T log_c[] = {
    0x1.5555555555555p-1, 0x1.9999999999e1ap-2, 0x1.249249242988bp-2, 0x1.c71c725abcf1ep-3,
    0x1.745cddb8b3875p-3, 0x1.3b20bf177ed45p-3, 0x1.0f5b2ec6e0c5p-3, 0x1.0f70d298da5dep-3,
};
/* (2 atanh s - 2 s - 2 s^3 / 3) / s^5 in s^2 */
static const T pow_c[] = {
    0x1.999999999999ap-2, 0x1.249249249246dp-2, 0x1.c71c71c722af1p-3, 0x1.745d174160b4dp-3,
    0x1.3b13b31b62bd4p-3, 0x1.1110926d17c83p-3, 0x1.e20bf1adbd8abp-4, 0x1.aae49b30f1cc6p-4,
    0x1.c34ecec3b31b4p-4,
};
/* (sin r - r) / r^3 in r^2, |r| <= pi / 4 */
static const T sin_c[] = {
    -0x1.5555555555555p-3, 0x1.1111111111111p-7, -0x1.a01a01a01a015p-13, 0x1.71de3a556bba8p-19,
    -0x1.ae64567d9e2afp-26, 0x1.61245edc69daap-33, -0x1.ae7b70f3f47b7p-41, 0x1.91e3029d6a815p-49,
};
/* (cos r - 1 + r^2 / 2) / r^4 in r^2 */
static const T cos_c[] = {
    0x1.5555555555555p-5, -0x1.6c16c16c16c0fp-10, 0x1.a01a01a018c7bp-16, -0x1.27e4fb75e5edp-22,
    0x1.1eed8c8a0b063p-29, -0x1.93931bf1964bp-37, 0x1.aab92bed7d399p-45,
};
/* (sinh r - r) / r^3 in r^2, |r| <= 1 */
static const T sinh_c[] = {
    0x1.5555555555555p-3, 0x1.1111111111111p-7, 0x1.a01a01a01a01ap-13, 0x1.71de3a556c706p-19,
    0x1.ae64567f59bf5p-26, 0x1.6124613440032p-33, 0x1.ae7f475f2ab3bp-41, 0x1.9524d3343cd18p-49,
    0x1.32e6639c5246bp-57,
};
/* erf(x) / x - 1 in x^2, |x| <= 1 */
static const T erf_c[] = {
    0x1.06eba8214db69p-3, -0x1.812746b0379e7p-2, 0x1.ce2f21a042be2p-4, -0x1.b82ce31288b47p-6,
    0x1.565bcd0e6a2f3p-8, -0x1.c02db40036052p-11, 0x1.f9a326f7af796p-14, -0x1.f4d25bfa06a91p-17,
    0x1.b9e6c39511652p-20, -0x1.5f73c41b90871p-23, 0x1.fcbb3829503f4p-27, -0x1.517d0ea620853p-30,
    0x1.9a115f2d8c803p-34, -0x1.b4168d272d60ap-38, 0x1.3c146e1adecf4p-42,
};
/* -log erfc(x) in x - 1, 1 <= x <= ERF_END */
static const T erfc_c[] = {
    0x1.d97fbf27aa2a1p+0, 0x1.51c9b0006c23dp+1, 0x1.afabc11a28f3bp-1, 0x1.5477f09ca9294p-5,
    -0x1.48c9d40c0e0d9p-7, 0x1.033f69973c181p-9, -0x1.f1b4bd5bc4675p-13, -0x1.b8be00bc6cfdfp-16,
    0x1.c758892a1db2p-16, -0x1.4153525b267e8p-17, 0x1.0ea49ad59d2fbp-19, -0x1.ab1825cad8255p-24,
    -0x1.188f5f961e965p-23, 0x1.31e1018bd620cp-24, -0x1.909adb8671348p-26, 0x1.81fa7a593ad5cp-28,
    -0x1.1a4467b7e920cp-30, 0x1.336a6926165ddp-33, -0x1.d76f226bfad3ep-37, 0x1.c5e3acfa197e1p-41,
    -0x1.9bf8384d09b9cp-46,
};
#define ERF_END 0x1.8p+2
#define LOG2E 0x1.71547652b82fep+0
#define LN2_FULL 0x1.62e42fefa39efp-1
#define LN2_REST 0x1.abc9e3b39803fp-56
#define LN2_SHORT 0x1.62e42fefa4p-1
#define LN2_TAIL -0x1.8432a1b0e2634p-43
#define TWO_THIRDS 0x1.5555555555555p-1
#define TWO_THIRDS_LO 0x1.5555555555555p-55
#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#define HALF_PI_1 0x1.921fb54442d18p+0
#define HALF_PI_2 0x1.1a62633145c07p-54
#define HALF_PI_3 -0x1.f1976b7ed8fbcp-110
#define HALF_PI_4 0x1.4cf98e804177dp-164
