{# What loops over neurons have in common: how they are divided into pieces, see loops.h. #}
{% macro declare_pieces(name) %}
{% include 'vector_math.h' %}

#include "loops.h"
bool {{name}}_divide = true;
{% endmacro %}

{# When a run begins: indices are constant while the network runs, and may change between two. #}
{% macro divide_anew(needed, name) %}
{% if needed %}
extern bool {{name}}_divide;
{{name}}_divide = true;
{% else %}
// EMPTY_CODE_BLOCK
{% endif %}
{% endmacro %}

{% macro over_pieces(loop, name) %}
    static std::vector<pfc::Piece> _pieces;
    static int _divided = 0;
    if ({{name}}_divide || _divided != _N)
    {
        _pieces = pfc::pieces({{loop.array or 'nullptr'}}, _N);
        _divided = _N;
        {{name}}_divide = false;
    }
    const int _n_pieces = _pieces.size();
    #ifdef _OPENMP
    const int _threads = pfc::threads(_N);
    #pragma omp parallel for schedule(static) num_threads(_threads) if(_threads > 1)
    #endif
    for (int _k = 0; _k < _n_pieces; _k++)
    {
        const pfc::Piece _piece = _pieces[_k];
        {% if loop.index %}
        const int32_t {{loop.index}} = _piece.shared;
        {{loop.shared|autoindent}}
        {% endif %}
{{caller()}}
    }
{% endmacro %}
