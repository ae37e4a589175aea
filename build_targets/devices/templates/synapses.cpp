{# USES_VARIABLES { _synaptic_pre } #}
{# Replaces Brian2's template of this name: the same synapses act in the same order. Neurons whose
   spikes are due are served one after the other. The synapses of one (its row) act together where
   they are independent, which does not change what is added to what, nor in which order. Where all
   they do is add, to targets far apart, vectors do not pay: loads and stores are what it takes;
   where targets are dense, vectors of all neurons between them are changed in part. #}
{% extends 'common_synapses.cpp' %}

{% set _from_pre = pathway.prepost == 'pre' %}
{% set _shared = '_presynaptic_idx' if _from_pre else '_postsynaptic_idx' %}
{% set _varying = '_postsynaptic_idx' if _from_pre else '_presynaptic_idx' %}

{% if row_independent[_varying] %}
{% block before_code %}
    {{pathway.name}}.compact({{row_bits[_varying].neurons}}, {{row_bits[_varying].width}});
{% endblock %}
{% endif %}

{% block maincode %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    const SynapticPathway& _path = {{pathway.name}};
    const int _n_due = _path.n_due;
    {% if row_independent[_varying] %}
    {% set row_code = bind_index(vector_code, _shared, '_neuron') %}
    if (_path.layout == SynapticPathway::RUNS)
    {
        // targets of consecutive numbers: memory is read and written as it lies
        for (int _spike = 0; _spike < _n_due; _spike++)
        {
            const int32_t _neuron = _path.due[_spike];
            const int32_t _row = _neuron - _path.start;
            for (int32_t _run = _path.row_runs[_row]; _run < _path.row_runs[_row + 1]; _run++)
            {
                const int32_t _begin = _path.run_begin[_run], _end = _path.run_begin[_run + 1];
                const int32_t _shift = _path.targets[_begin] - _begin;
                #pragma omp simd
                for (int32_t _idx = _begin; _idx < _end; _idx++)
                {
                    const size_t _vectorisation_idx = _idx;
                    {{bind_index(row_code, _varying, '_idx + _shift')|autoindent}}
                }
            }
        }
    }
    {% if row_bits[_varying].width %}
    else if (_path.layout == SynapticPathway::BIT_ROWS)
    {
        const uint32_t* __restrict _bits = _path.bits.data();
        SynapticPathway::Ahead<uint32_t> _ahead(_path, _bits, _path.bits_begin);
        for (int _spike = 0; _spike < _n_due; _spike++)
        {
            const int32_t _neuron = _path.due[_spike];
            const int32_t _row = _neuron - _path.start;
            const int32_t _begin = _path.bits_begin[_row], _end = _path.bits_begin[_row + 1];
            const int32_t _shift = _path.bits_word[_row] - _begin;
            for (int32_t _at = _begin; _at < _end; _at++)
            {
                if ((_at - _begin) % 16 == 0)
                    _ahead.next(16);
                const uint32_t _word = _bits[_at];
                const ptrdiff_t _first = _path.word_from(_at + _shift);
                #pragma omp simd
                for (int32_t _bit = 0; _bit < 32; _bit++)
                {
                    {{write_if(bind_index(row_code, _varying, '_first + _bit', 'ptrdiff_t'), _varying, '(_word & UINT32_C(1) << _bit)')|autoindent}}
                }
            }
        }
    }
    {% endif %}
    {% for layout, type, array, target in [
        ('NEAR_ROWS', 'uint16_t', 'near.data()', '_nearest + _target[_idx]'),
        ('ROWS', 'int32_t', 'targets', '_target[_idx]')] %}
    else if (_path.layout == SynapticPathway::{{layout}})
    {
        const {{type}}* __restrict _target = _path.{{array}};
        const int32_t _nearest = _path.nearest;
        SynapticPathway::Ahead<{{type}}> _ahead(_path, _target, _path.row_begin);
        for (int _spike = 0; _spike < _n_due; _spike++)
        {
            const int32_t _neuron = _path.due[_spike];
            const int32_t _row = _neuron - _path.start;
            const int32_t _end = _path.row_begin[_row + 1];
            for (int32_t _begin = _path.row_begin[_row]; _begin < _end; _begin += 64)
            {
                const int32_t _last = _end - _begin < 64 ? _end : _begin + 64;
                _ahead.next(_last - _begin);
                {% if row_computes %}
                #pragma omp simd
                {% endif %}
                for (int32_t _idx = _begin; _idx < _last; _idx++)
                {
                    const size_t _vectorisation_idx = _idx;
                    {{bind_index(row_code, _varying, target)|autoindent}}
                }
            }
        }
    }
    {% endfor %}
    else if (_path.layout == SynapticPathway::LISTED_ROWS)
    {
        const int32_t* __restrict _listed = _path.listed.data();
        for (int _spike = 0; _spike < _n_due; _spike++)
        {
            const int32_t _neuron = _path.due[_spike];
            const int32_t _row = _neuron - _path.start;
            const int32_t _begin = _path.row_begin[_row], _end = _path.row_begin[_row + 1];
            #pragma omp simd
            for (int32_t _at = _begin; _at < _end; _at++)
            {
                const int32_t _idx = _listed[_at];
                const size_t _vectorisation_idx = _idx;
                {{row_code|autoindent}}
            }
        }
    }
    else
    {% endif %}
    // one after the other
    for (int _spike = 0; _spike < _n_due; _spike++)
    {
        const SynapticPathway::Row _row = _path.row(_spike);
        for (int32_t _at = 0; _at < _row.n; _at++)
        {
            const int32_t _idx = _row.synapse(_at);
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
