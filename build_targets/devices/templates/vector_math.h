{# glibc has its functions for several numbers at once declared under -ffast-math alone, which
   also lets the compiler forget what infinities and NaN are. Brian2 keeps those
   (-fno-finite-math-only), and so do the vector functions: declare them here. #}
#if defined PFC_VECTOR_MATH && defined __x86_64__ && defined __GNUC__ && !defined __clang__
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 22)
extern "C" {
#define PFC_VECTOR(f) __attribute__((simd("notinbranch"))) double f(double) noexcept;
PFC_VECTOR(cos) PFC_VECTOR(sin) PFC_VECTOR(log) PFC_VECTOR(exp)
__attribute__((simd("notinbranch"))) double pow(double, double) noexcept;
#if __GLIBC_PREREQ(2, 35)
PFC_VECTOR(acos) PFC_VECTOR(asin) PFC_VECTOR(atan) PFC_VECTOR(cosh) PFC_VECTOR(sinh)
PFC_VECTOR(tan) PFC_VECTOR(tanh) PFC_VECTOR(expm1) PFC_VECTOR(log10) PFC_VECTOR(log1p)
#endif
#undef PFC_VECTOR
}
#endif
#endif
#endif
