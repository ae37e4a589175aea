{# What loops over neurons have in common: how they are divided into pieces, see loops.h. #}
{% macro declare_pieces(name) %}
#include "loops.h"
bool {{name}}_divide = true;
{% endmacro %}

{% macro over_pieces(loop, name, when_divided='') %}
    static std::vector<pfc::Piece> _pieces;
    if ({{name}}_divide)
    {
        // the index is constant while the network runs, and may change between two runs
        _pieces = pfc::pieces({{loop.array or 'nullptr'}}, _N);
        {{name}}_divide = false;
        {{when_divided}}
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
