{# USES_VARIABLES { N } #}
{# Brian2's template of this name in two passes: all conditions, in a loop that has vectors and that
   threads may share; then the few neurons that spike, in order, in pieces that have one. #}
{% extends 'common_group.cpp' %}
{% from 'pieces.cpp' import declare_pieces, over_pieces with context %}

{% block extra_headers %}
{{declare_pieces(codeobj_name)}}
{% endblock %}

{% block maincode %}
    {# not_refractory and lastspike are added as needed_variables in the Thresholder class, so they
       can't be named above; the same goes for the array of spikes, which depends on the event #}
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    {% set _eventspace = get_array_name(eventspace_variable) %}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    static std::vector<char> _spiking, _any;
    {% call over_pieces(loop, codeobj_name, '_spiking.resize(_N); _any.resize(_pieces.size());') %}
        char* const _spiking_now = _spiking.data();
        char _found = 0;
        #pragma omp simd reduction(|:_found)
        for (int _idx=_piece.begin; _idx<_piece.end; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{loop.own|autoindent}}
            const char _now = _cond ? 1 : 0;
            _spiking_now[_idx] = _now;
            _found |= _now;
        }
        _any[_k] = _found;
    {% endcall %}
    long _count = 0;
    for (int _k = 0; _k < _n_pieces; _k++)
    {
        if (!_any[_k])
            continue;
        for (int _idx=_pieces[_k].begin; _idx<_pieces[_k].end; _idx++)
            if (_spiking[_idx])
            {
                {{_eventspace}}[_count++] = _idx;
                {% if _uses_refractory %}
                {{not_refractory}}[_idx] = false;
                {{lastspike}}[_idx] = {{t}};
                {% endif %}
            }
    }
    {{_eventspace}}[_N] = _count;
{% endblock %}

{% block after_code %}
{% set _eventspace = get_array_name(eventspace_variable) %}
{{_eventspace}}[N] = 0;  // Note that this is not an off-by-1-error: the array has N+1 elements
{% endblock %}
