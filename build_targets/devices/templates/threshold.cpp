{# USES_VARIABLES { N } #}
{# Brian2's template of this name in two passes: all conditions, in a loop that has vectors and that
   threads may share; then a search for the few neurons that spike, in order. #}
{% extends 'brian2/threshold.cpp' %}
{% from 'pieces.cpp' import declare_pieces, divide_anew, over_pieces with context %}

{% block extra_headers %}
#include <cstring>
{{declare_pieces(codeobj_name)}}
{% endblock %}

{% block before_code %}
{{divide_anew(loop.index, codeobj_name)}}
{% endblock %}

{% block maincode %}
{% if simd %}
    {# not_refractory and lastspike are added as needed_variables in the Thresholder class, so they
       can't be named above; the same goes for the array of spikes, which depends on the event #}
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    {% set _eventspace = get_array_name(eventspace_variable) %}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    static std::vector<char> _conditions;
    _conditions.resize(_N);
    char* const _first = _conditions.data();
    {% call over_pieces(loop, codeobj_name) %}
        #pragma omp simd
        for (int _idx=_piece.begin; _idx<_piece.end; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{loop.own|autoindent}}
            _first[_idx] = _cond ? 1 : 0;
        }
    {% endcall %}
    int32_t _count = 0;
    const char* const _end = _first + _N;
    for (const char* _at = _first; _at < _end; _at++)
    {
        _at = (const char*)std::memchr(_at, 1, _end - _at);
        if (!_at)
            break;
        const int _idx = _at - _first;
        {{_eventspace}}[_count++] = _idx;
        {% if _uses_refractory %}
        {{not_refractory}}[_idx] = false;
        {{lastspike}}[_idx] = {{t}};
        {% endif %}
    }
    {{_eventspace}}[_N] = _count;
{% else %}
{{ super() }}
{% endif %}
{% endblock %}
