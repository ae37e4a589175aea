{# USES_VARIABLES { N, _synaptic_pre } #}
{# Brian2's template of this name. Where a neuron reaches neighbours, as in a network of all to all,
   their sums are read and written as they lie in memory, in vectors; what is added to what, and in
   which order, stays the same. #}
{% extends 'brian2/summed_variable.cpp' %}
{% from 'pieces.cpp' import declare_pieces, divide_anew with context %}
{% set _in_runs = simd and not reads_sum and _index_var.name == '_synaptic_post' %}

{% block extra_headers %}
{{declare_pieces(codeobj_name)}}
{% endblock %}

{% block before_code %}
{{divide_anew(_in_runs, codeobj_name)}}
{% endblock %}

{% block maincode %}
{% if _in_runs %}
    static std::vector<pfc::Run> _runs;
    if ({{codeobj_name}}_divide)
    {
        _runs = pfc::runs({{get_array_name(variables['_synaptic_pre'])}}, {{get_array_name(_index_var)}}, {{N}});
        {{codeobj_name}}_divide = false;
    }
    if (!_runs.empty())
    {
        {% set _sums = get_array_name(_target_var) %}
        const int _target_size = {{constant_or_scalar(_target_size_name, variables[_target_size_name])}};
        std::fill_n({{_sums}} + {{_target_start}}, _target_size, 0);
        const size_t _vectorisation_idx = -1;
        {{scalar_code|autoindent}}
        for (const pfc::Run& _run : _runs)
        {
            const int32_t _shift = _run.target - _run.begin;
            #pragma omp simd
            for (int32_t _idx = _run.begin; _idx < _run.end; _idx++)
            {
                const size_t _vectorisation_idx = _idx;
                {% set _code = bind_index(vector_code, '_presynaptic_idx', '_run.source') %}
                {{bind_index(_code, '_postsynaptic_idx', '_idx + _shift')|autoindent}}
                {{_sums}}[_idx + _shift] += _synaptic_var;
            }
        }
    }
    else
    {
{{ super() }}
    }
{% else %}
{{ super() }}
{% endif %}
{% endblock %}
