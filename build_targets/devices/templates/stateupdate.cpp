{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{# Brian2's template of this name, but where iterations are independent, "omp simd" lets the compiler
   rely on it without proving that no two arrays overlap, and threads may share the pieces. #}
{% extends 'brian2/stateupdate.cpp' %}
{% from 'pieces.cpp' import declare_pieces, divide_anew, over_pieces with context %}

{% block extra_headers %}
{{declare_pieces(codeobj_name)}}
{% endblock %}

{% block before_code %}
{{divide_anew(loop.index, codeobj_name)}}
{% endblock %}

{% block maincode %}
{% if simd %}
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    {% call over_pieces(loop, codeobj_name) %}
        #pragma omp simd
        for(int _idx=_piece.begin; _idx<_piece.end; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{loop.own|autoindent}}
        }
    {% endcall %}
{% else %}
{{ super() }}
{% endif %}
{% endblock %}
