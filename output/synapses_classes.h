#ifndef _BRIAN_SYNAPSES_H
#define _BRIAN_SYNAPSES_H

#include <algorithm>
#include <cstdint>
#include <vector>

#include "brianlib/spikequeue.h"

class SynapticPathway
{
public:
    // How the synapses of one source, its row, lie in memory, and whether they may act together:
    enum Layout
    {
        RUNS,         // in one piece, onto targets of consecutive numbers for the most part
        NEAR_ROWS,    // in one piece, onto different targets that 16 bits tell apart
        ROWS,         // in one piece, onto different targets
        LISTED_ROWS,  // anywhere, onto different targets
        BIT_ROWS,     // not needed: one bit for each neuron among which the targets are
        SINGLE        // no row has much to do at once, or one has two synapses onto one target
    };

    // Synapses first to first + n - 1, or those listed.
    struct Row
    {
        int32_t first, n;
        const int32_t* listed;

        int32_t synapse(int32_t i) const { return listed ? listed[i] : first + i; }
    };

    Layout layout = SINGLE;
    const int32_t start, stop;           // numbers of the neurons that are sources
    const int32_t* targets = nullptr;    // of each synapse
    std::vector<uint16_t> near;          // targets, counted from `nearest`, where that fits
    int32_t nearest = 0;
    std::vector<int32_t>& sources;       // of each synapse
    std::vector<int32_t> row_begin;      // of each source, in the order of synapses or of `listed`
    std::vector<int32_t> listed;         // synapses by source, if they are not ordered by source
    std::vector<int32_t> row_runs;       // the first run of each source
    std::vector<int32_t> run_begin;      // the first synapse of each run
    std::vector<uint32_t> bits;          // of all rows, 32 neurons in a word of them
    std::vector<int32_t> bits_begin;     // the first word of each source
    std::vector<int32_t> bits_word;      // which 32 neurons that word stands for, see `word_from`
    const int32_t* due = nullptr;        // neurons whose spikes arrive in this time step
    int n_due = 0;                       // their number; 1 if the queue tells synapses
    std::vector<CSpikeQueue*> queue;     // the first, for delays that differ; Brian2 wants one
                                         // for each thread of OpenMP

    SynapticPathway(std::vector<int32_t>& sources_, int start_, int stop_)
        : start(start_), stop(stop_), sources(sources_), waiting(1)
    {
        for (int i = 0; i < 1; i++)
            queue.push_back(new CSpikeQueue(start, stop));
    }

    ~SynapticPathway()
    {
        for (CSpikeQueue* q : queue)
            delete q;
    }

    // Before each run: delays, synapses and dt may be others than in the last one.
    template <typename scalar>
    void prepare(const scalar* delays, size_t n_delays, const int32_t* targets_, double dt_)
    {
        const int32_t n_synapses = sources.size();
        int shortest = 0, longest = 0;
        for (size_t i = 0; i < n_delays; i++)
        {
            const int steps = (int)(delays[i]/dt_ + 0.5);
            shortest = i ? std::min(shortest, steps) : steps;
            longest = i ? std::max(longest, steps) : steps;
        }
        const bool as_before = dt_ == dt && n_synapses == n_prepared;
        if (any(waiting) && !(as_before && shortest == longest))
            hand_over();
        by_neuron = shortest == longest && !any(queue[0]->queue);
        targets = targets_;
        delay = shortest;
        dt = dt_;
        n_prepared = n_synapses;
        if (!by_neuron)
        {
            queue[0]->prepare(const_cast<scalar*>(delays), n_delays, sources.data(), n_synapses, dt);
            layout = SINGLE;
            return;
        }
        if (delay >= (int)waiting.size())
        {
            std::rotate(waiting.begin(), waiting.begin() + now, waiting.end());
            now = 0;
            waiting.resize(delay + 1);
        }
        find_rows();
        choose_layout();
    }

    // After `prepare`: rows take less memory where that is possible. As bits, what acts on a row
    // reads and writes all neurons among which its targets are, `width` bytes each (0: it cannot)
    // of `n_neurons`; it does so in vectors, and gains where these have 1.25 targets each or more.
    void compact(int32_t n_neurons, int32_t width)
    {
        if (width && ascending && (layout == ROWS || layout == LISTED_ROWS))
            find_bits(n_neurons, VECTOR/width);
        if (layout == ROWS)
            find_near();
    }

    void advance()
    {
        if (!by_neuron)
            return queue[0]->advance();
        waiting[now].clear();
        now = (now + 1) % waiting.size();
    }

    // Take the spikes of this time step, in ascending order; find out which are due.
    void push(int32_t* spikes, int n)
    {
        if (!by_neuron)
        {
            queue[0]->push(spikes, n);
            n_due = 1;
            return;
        }
        const int32_t* first = std::lower_bound(spikes, spikes + n, start);
        const int32_t* last = std::lower_bound(spikes, spikes + n, stop);
        std::vector<int32_t>& arriving = waiting[now];
        if (delay == 0 && arriving.empty())
        {
            due = first;
            n_due = last - first;
            return;
        }
        std::vector<int32_t>& later = waiting[(now + delay) % waiting.size()];
        later.insert(later.end(), first, last);
        due = arriving.data();
        n_due = arriving.size();
    }

    // The neuron that the first bit of a word stands for. The last word ends with the last neuron.
    int32_t word_from(int32_t word) const
    {
        return std::min(32*word, last_from);
    }

    // The synapses of the neuron that is due, or all that are due.
    Row row(int spike) const
    {
        if (!by_neuron)
        {
            const std::vector<int32_t>& synapses = *queue[0]->peek();
            return {0, (int32_t)synapses.size(), synapses.data()};
        }
        return row_of(due[spike]);
    }

    // Asks for targets of rows that are due well before they are needed: rows lie anywhere.
    template <typename Target>
    class Ahead
    {
    public:
        Ahead(const SynapticPathway& path_, const Target* targets_, const std::vector<int32_t>& begin_)
            : path(path_), targets(targets_), begin(begin_)
        {
            next(1024);
        }

        // Go on by as many targets as were served.
        void next(int served)
        {
#ifdef __GNUC__
            for (wanted += served; wanted > 0;)
            {
                if (at < end)
                {
                    __builtin_prefetch(targets + at);
                    at += LINE;
                    wanted -= LINE;
                }
                else if (spike < path.n_due)
                {
                    const int32_t row = path.due[spike++] - path.start;
                    at = begin[row];
                    end = begin[row + 1];
                }
                else
                    return;
            }
#endif
        }

    private:
        enum { LINE = 64/sizeof(Target) };  // targets in a line of the cache
        const SynapticPathway& path;
        const Target* targets;
        const std::vector<int32_t>& begin;  // of each row
        int spike = 0, wanted = 0;
        int32_t at = 0, end = 0;
    };

private:
#if defined(__AVX512F__)
    enum { VECTOR = 64 };  // bytes of the vectors that are read, changed in part and written
#elif defined(__AVX2__)
    enum { VECTOR = 32 };
#else
    enum { VECTOR = 0 };
#endif
    bool by_neuron = true;
    bool ascending = true;  // whether targets of each row are
    int32_t last_from = 0;  // the first neuron of the last possible word
    int delay = 0;       // time steps
    double dt = 0.0;
    int32_t n_prepared = -1;
    std::vector<std::vector<int32_t>> waiting;  // spikes: waiting[(now + k) % size] in k steps
    size_t now = 0;

    Row row_of(int32_t neuron) const
    {
        const int32_t first = row_begin[neuron - start], end = row_begin[neuron - start + 1];
        return {first, end - first, listed.empty() ? nullptr : listed.data() + first};
    }

    static bool any(const std::vector<std::vector<int32_t>>& slots)
    {
        for (const auto& slot : slots)
            if (!slot.empty())
                return true;
        return false;
    }

    // Spikes that wait become synapses that wait, as they were when the spikes came.
    void hand_over()
    {
        CSpikeQueue& to = *queue[0];
        to.dt = dt;
        to.ensure_delay(waiting.size() - 1);
        for (size_t k = 0; k < waiting.size(); k++)
        {
            std::vector<int32_t>& slot = to.queue[(to.offset + k) % to.queue.size()];
            for (const int32_t neuron : waiting[(now + k) % waiting.size()])
            {
                const Row synapses = row_of(neuron);
                for (int32_t i = 0; i < synapses.n; i++)
                    slot.push_back(synapses.synapse(i));
            }
        }
        for (auto& slot : waiting)
            slot.clear();
    }

    void find_rows()
    {
        const int32_t n_rows = stop - start, n = sources.size();
        row_begin.assign(n_rows + 1, 0);
        listed.clear();
        if (std::is_sorted(sources.begin(), sources.end()))
        {
            auto at = sources.begin();
            for (int32_t row = 0; row <= n_rows; row++)
            {
                at = std::lower_bound(at, sources.end(), start + row);
                row_begin[row] = at - sources.begin();
            }
            return;
        }
        for (const int32_t source : sources)
            row_begin[source - start + 1]++;
        for (int32_t row = 0; row < n_rows; row++)
            row_begin[row + 1] += row_begin[row];
        std::vector<int32_t> next(row_begin.begin(), row_begin.end() - 1);
        listed.resize(n);
        for (int32_t synapse = 0; synapse < n; synapse++)
            listed[next[sources[synapse] - start]++] = synapse;
    }

    void choose_layout()
    {
        const int32_t n_rows = stop - start, n = sources.size();
        row_runs.clear();
        run_begin.clear();
        near.clear();
        bits.clear();
        ascending = true;
        layout = SINGLE;
        if (n < 4*n_rows)
            return;
        int32_t ends = 0;  // of runs, within rows
        for (int32_t row = 0; row < n_rows; row++)
        {
            const Row r = row_of(start + row);
            for (int32_t i = 1; i < r.n; i++)
            {
                const int32_t step = targets[r.synapse(i)] - targets[r.synapse(i - 1)];
                ascending &= step > 0;
                ends += step != 1;
            }
        }
        if (!ascending && !different_targets())
            return;
        layout = listed.empty() ? ROWS : LISTED_ROWS;
        if (layout == ROWS && n/8 >= n_rows + ends)
            find_runs();
    }

    // Whether no source has two synapses onto one target.
    bool different_targets() const
    {
        const int32_t n_rows = stop - start;
        int32_t n_targets = 0;
        for (size_t i = 0; i < sources.size(); i++)
            n_targets = std::max(n_targets, targets[i] + 1);
        std::vector<int32_t> last_row(n_targets, -1);
        for (int32_t row = 0; row < n_rows; row++)
        {
            const Row r = row_of(start + row);
            for (int32_t i = 0; i < r.n; i++)
            {
                int32_t& last = last_row[targets[r.synapse(i)]];
                if (last == row)
                    return false;
                last = row;
            }
        }
        return true;
    }

    void find_bits(int32_t n_neurons, int32_t in_vector)
    {
        const int32_t n_rows = stop - start;
        int64_t words = 0;
        bits_begin.assign(1, 0);
        bits_word.clear();
        for (int32_t row = 0; row < n_rows; row++)
        {
            const Row r = row_of(start + row);
            const int32_t first = r.n ? targets[r.synapse(0)]/32 : 0;
            const int32_t n_words = r.n ? targets[r.synapse(r.n - 1)]/32 + 1 - first : 0;
            words += n_words;
            bits_word.push_back(first);
            bits_begin.push_back(words);
            if (5*32*words > 4*in_vector*(int64_t)sources.size())
                return;
        }
        layout = BIT_ROWS;
        last_from = n_neurons - 32;
        bits.assign(words, 0);
        for (int32_t row = 0; row < n_rows; row++)
        {
            const Row r = row_of(start + row);
            for (int32_t i = 0; i < r.n; i++)
            {
                const int32_t target = targets[r.synapse(i)], word = target/32;
                uint32_t& bits_of = bits[bits_begin[row] + word - bits_word[row]];
                bits_of |= UINT32_C(1) << (target - word_from(word));
            }
        }
    }

    void find_near()
    {
        const int32_t n = sources.size();
        nearest = *std::min_element(targets, targets + n);
        if (*std::max_element(targets, targets + n) - nearest > UINT16_MAX)
            return;
        layout = NEAR_ROWS;
        near.resize(n);
        for (int32_t i = 0; i < n; i++)
            near[i] = targets[i] - nearest;
    }

    void find_runs()
    {
        layout = RUNS;
        for (int32_t row = 0; row < stop - start; row++)
        {
            row_runs.push_back(run_begin.size());
            for (int32_t s = row_begin[row]; s < row_begin[row + 1]; s++)
                if (s == row_begin[row] || targets[s] != targets[s - 1] + 1)
                    run_begin.push_back(s);
        }
        row_runs.push_back(run_begin.size());
        run_begin.push_back(sources.size());
    }
};

#endif
