{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{# Brian2's template of this name with one line more: where iterations are independent,
   "omp simd" lets the compiler rely on it without proving that no two arrays overlap. #}
{% extends 'brian2/stateupdate.cpp' %}

{% block extra_headers %}
{% include 'vector_math.h' %}

{% endblock %}

{% block maincode %}
{% if simd %}
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    #pragma omp simd
    for(int _idx=0; _idx<_N; _idx++)
    {
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
    }
{% else %}
{{ super() }}
{% endif %}
{% endblock %}
