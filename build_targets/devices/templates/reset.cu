{# USES_VARIABLES { N } #}
{# Replaces brian2cuda's template of this name, in which a variable that scalar and vector code
   both read is declared twice in one scope, which does not compile. #}
{% extends 'common_group.cu' %}

{% block kernel_maincode %}
    {% set events = get_array_name(eventspace_variable) %}
    // one thread a spike; the others have nothing to do
    if (_idx >= {{events}}[N])
        return;

    ///// scalar_code /////
    {{scalar_code|autoindent}}

    _idx = {{events}}[_idx];
    {
        ///// vector_code /////
        {{vector_code|autoindent}}
    }
{% endblock %}
