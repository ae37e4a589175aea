// Arrays begin where vectors of 64 bytes do: the C library gives large ones an address 16 bytes
// beyond, at which each of their vectors lies across two lines of the cache. Weak, so that a
// program's own operators hold.
#if defined(__unix__) || defined(__APPLE__)
#include <cstddef>
#include <cstdlib>
#include <new>

__attribute__((weak)) void* operator new(std::size_t size)
{
    void* place = nullptr;
    if (size < 4096)
        place = std::malloc(size ? size : 1);
    else if (posix_memalign(&place, 64, size))
        place = nullptr;
    if (!place)
        throw std::bad_alloc();
    return place;
}

__attribute__((weak)) void* operator new[](std::size_t size) { return operator new(size); }
__attribute__((weak)) void operator delete(void* place) noexcept { std::free(place); }
__attribute__((weak)) void operator delete[](void* place) noexcept { std::free(place); }
__attribute__((weak)) void operator delete(void* place, std::size_t) noexcept { std::free(place); }
__attribute__((weak)) void operator delete[](void* place, std::size_t) noexcept { std::free(place); }
#endif
