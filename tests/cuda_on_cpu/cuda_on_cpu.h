// As much of CUDA, Thrust and cuRAND as generated source uses, on one CPU thread: a device whose
// blocks have one thread each and run one after the other. It has the semantics that a kernel may
// rely on, and none of the speed. Its random numbers end the program: none may be drawn.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

// Generated source has two paths: this one is the GPU's.
#define __CUDA_ARCH__ 900
#define __global__
#define __device__
#define __host__
#define __shared__
#define __launch_bounds__(...)

// ------------------------------------------------------------------------------------ kernels
struct uint3 { unsigned x = 0, y = 0, z = 0; };
inline uint3 threadIdx, blockIdx, blockDim, gridDim;
inline void __syncthreads() {}
inline void __threadfence() {}

// `for (Launch l(blocks, threads); l.next();) kernel(arguments);` runs every thread.
struct Launch
{
    unsigned blocks, threads, at = 0;
    Launch(unsigned blocks, unsigned threads, size_t = 0) : blocks(blocks), threads(threads)
    {
        if (threads != 1)
        {
            std::fprintf(stderr, "a block of %u threads: this device runs one\n", threads);
            std::exit(1);
        }
    }
    bool next()
    {
        gridDim.x = blocks;
        blockDim.x = threads;
        blockIdx.x = at;
        threadIdx.x = 0;
        return at++ < blocks;
    }
};

template <class T> T atomicAdd(T* address, T value) { T old = *address; *address += value; return old; }
template <class T, class C, class V> T atomicCAS(T* address, C compare, V value)
{
    T old = *address;
    if (old == T(compare)) *address = T(value);
    return old;
}
template <class To, class From> To reinterpret(From value)
{
    static_assert(sizeof(To) == sizeof(From));
    To result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}
inline long long __double_as_longlong(double x) { return reinterpret<long long>(x); }
inline double __longlong_as_double(long long x) { return reinterpret<double>(x); }
inline int __float_as_int(float x) { return reinterpret<int>(x); }
inline float __int_as_float(int x) { return reinterpret<float>(x); }

// ------------------------------------------------------------------------------------ runtime
enum cudaError { cudaSuccess, cudaErrorMemoryAllocation };
typedef cudaError cudaError_t;
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaLimit { cudaLimitMallocHeapSize };
struct cudaDeviceProp
{
    int multiProcessorCount = 1, maxThreadsPerBlock = 1, maxThreadsPerMultiProcessor = 1;
    int warpSize = 1;
    size_t sharedMemPerBlock = 1 << 16;
};
struct cudaFuncAttributes
{
    int maxThreadsPerBlock = 1, numRegs = 0;
    size_t sharedSizeBytes = 0, localSizeBytes = 0, constSizeBytes = 0;
};
inline const char* cudaGetErrorString(cudaError e) { return e ? "out of memory" : "no error"; }
inline cudaError cudaGetLastError() { return cudaSuccess; }
inline cudaError cudaSetDevice(int) { return cudaSuccess; }
inline cudaError cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError cudaProfilerStop() { return cudaSuccess; }
inline cudaError cudaDeviceSetLimit(cudaLimit, size_t) { return cudaSuccess; }
inline cudaError cudaGetDeviceProperties(cudaDeviceProp* p, int) { *p = {}; return cudaSuccess; }
inline cudaError cudaMemGetInfo(size_t* free, size_t* total)
{
    *free = 0;
    *total = 1;
    return cudaSuccess;
}
template <class F> cudaError cudaFuncGetAttributes(cudaFuncAttributes* a, F) { *a = {}; return cudaSuccess; }
template <class F> cudaError cudaOccupancyMaxPotentialBlockSize(int* blocks, int* threads, F, int, int)
{
    *blocks = *threads = 1;
    return cudaSuccess;
}
template <class F>
cudaError cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, F, int, size_t)
{
    *blocks = 1;
    return cudaSuccess;
}
// Device memory is not zero when it is new, and here it is nonsense.
template <class T> cudaError cudaMalloc(T** pointer, size_t size)
{
    *pointer = (T*)std::malloc(size ? size : 1);
    if (!*pointer) return cudaErrorMemoryAllocation;
    std::memset((void*)*pointer, 0xAB, size);
    return cudaSuccess;
}
inline cudaError cudaFree(void* pointer) { std::free(pointer); return cudaSuccess; }
inline cudaError cudaMemset(void* at, int value, size_t n) { std::memset(at, value, n); return cudaSuccess; }
inline cudaError cudaMemcpy(void* to, const void* from, size_t n, cudaMemcpyKind)
{
    std::memmove(to, from, n);
    return cudaSuccess;
}
template <class T> cudaError cudaMemcpyToSymbol(T& symbol, const void* from, size_t n)
{
    std::memcpy((void*)&symbol, from, n);
    return cudaSuccess;
}

// ------------------------------------------------------------------------------------- Thrust
namespace thrust
{
template <class T> using host_vector = std::vector<T>;
template <class T> using device_vector = std::vector<T>;
template <class T> using device_ptr = T*;
template <class T> T* raw_pointer_cast(T* pointer) { return pointer; }
using std::sort;
class system_error : public std::runtime_error { using std::runtime_error::runtime_error; };
}

// ------------------------------------------------------------------------------------- cuRAND
#define CURAND_H_
enum curandStatus_t
{
    CURAND_STATUS_SUCCESS, CURAND_STATUS_VERSION_MISMATCH, CURAND_STATUS_NOT_INITIALIZED,
    CURAND_STATUS_ALLOCATION_FAILED, CURAND_STATUS_TYPE_ERROR, CURAND_STATUS_OUT_OF_RANGE,
    CURAND_STATUS_LENGTH_NOT_MULTIPLE, CURAND_STATUS_DOUBLE_PRECISION_REQUIRED,
    CURAND_STATUS_LAUNCH_FAILURE, CURAND_STATUS_PREEXISTING_FAILURE,
    CURAND_STATUS_INITIALIZATION_FAILED, CURAND_STATUS_ARCH_MISMATCH, CURAND_STATUS_INTERNAL_ERROR
};
enum curandRngType { CURAND_RNG_PSEUDO_DEFAULT };
typedef int curandGenerator_t;
struct curandState {};
[[noreturn]] inline void no_random_number()
{
    std::fprintf(stderr, "a random number was drawn from cuRAND\n");
    std::exit(1);
}
inline curandStatus_t curandCreateGenerator(curandGenerator_t*, curandRngType) { return {}; }
inline curandStatus_t curandDestroyGenerator(curandGenerator_t) { return {}; }
inline curandStatus_t curandSetPseudoRandomGeneratorSeed(curandGenerator_t, unsigned long long) { return {}; }
inline curandStatus_t curandSetGeneratorOffset(curandGenerator_t, unsigned long long) { return {}; }
template <class... A> curandStatus_t curandGenerateUniform(A...) { no_random_number(); }
template <class... A> curandStatus_t curandGenerateUniformDouble(A...) { no_random_number(); }
template <class... A> curandStatus_t curandGenerateNormal(A...) { no_random_number(); }
template <class... A> curandStatus_t curandGenerateNormalDouble(A...) { no_random_number(); }
template <class... A> curandStatus_t curandGeneratePoisson(A...) { no_random_number(); }
template <class... A> void curand_init(A...) { no_random_number(); }
template <class... A> unsigned curand_poisson(A...) { no_random_number(); }

using namespace std;  // as brian2cuda's headers expect of CUDA's
