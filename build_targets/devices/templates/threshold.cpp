{# USES_VARIABLES { N } #}
{# Brian2's template of this name with a question before its loop: does any neuron of this block
   spike? Vector instructions answer it, and nearly always it is no. #}
{% extends 'brian2/threshold.cpp' %}

{% block extra_headers %}
{% include 'vector_math.h' %}

{% endblock %}

{% block maincode %}
{% if simd %}
    {% set _eventspace = get_array_name(eventspace_variable) %}
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    const int _block = 512;
    long _count = 0;
    for(int _first=0; _first<N; _first+=_block)
    {
        const int _last = _first + _block < N ? _first + _block : N;
        int _any = 0;
        #pragma omp simd reduction(|:_any)
        for(int _idx=_first; _idx<_last; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            _any |= _cond;
        }
        if(!_any)
            continue;
        for(int _idx=_first; _idx<_last; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            if(_cond) {
                {{_eventspace}}[_count++] = _idx;
                {% if _uses_refractory %}
                {{not_refractory}}[_idx] = false;
                {{lastspike}}[_idx] = {{t}};
                {% endif %}
            }
        }
    }
    {{_eventspace}}[N] = _count;
{% else %}
{{ super() }}
{% endif %}
{% endblock %}
