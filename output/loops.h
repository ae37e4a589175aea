// How a loop over neurons is divided: included by the generated files whose loops are.
#ifndef PFC_LOOPS_H
#define PFC_LOOPS_H

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace pfc {

// Neurons from begin up to end, whose shared index has one value.
struct Piece { int begin, end; int32_t shared; };

// A piece's arrays fit a processor's first cache. Vectors of a multiple of 64 neurons have no
// remainder, whatever their width.
const int longest_piece = 1024;

// The pieces of n neurons; index is null where they share nothing.
inline std::vector<Piece> pieces(const int32_t* index, int n) {
    std::vector<Piece> all;
    for (int begin = 0, end; begin < n; begin = end) {
        const int32_t shared = index ? index[begin] : 0;
        for (end = begin + 1; end < n && end - begin < longest_piece; end++)
            if (index && index[end] != shared)
                break;
        all.push_back({begin, end, shared});
    }
    return all;
}

// Synapses of one source to neighbours: from number begin up to end, the first to target.
struct Run { int32_t begin, end, source, target; };

// The runs of n synapses; none if most are so short that they are not worth their start.
inline std::vector<Run> runs(const int32_t* source, const int32_t* target, int32_t n) {
    const std::size_t shortest = 8;
    std::vector<Run> all;
    for (int32_t begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n && source[end] == source[begin] && target[end] == target[end - 1] + 1)
            end++;
        all.push_back({begin, end, source[begin], target[begin]});
        if (all.size()*shortest > n + 64*shortest)
            return {};
    }
    return all;
}

// Threads that are worth their start in each time step. A thread has at least so many neurons:
// below, waiting for each other costs more than what is shared.
const int neurons_per_thread = 8192;

inline int threads(int n) {
    static const int allowed = [] {
        const char* text = std::getenv("PFC_THREADS");
        return text ? std::max(std::atoi(text), 1) : 1;
    }();
    return std::max(std::min(allowed, n/neurons_per_thread), 1);
}

}

#endif
