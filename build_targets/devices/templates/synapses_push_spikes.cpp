{# USES_VARIABLES { _n_sources, _n_targets, delay, _source_dt} #}
{# Brian2's template of this name; a pathway is also told where its synapses end. #}
{% extends 'common_group.cpp' %}

{% block before_code %}
    const auto& _delays = {{get_array_name(variables['delay'], access_data=False)}};
    const auto& _targets = {{get_array_name(owner.synapse_targets, access_data=False)}};
    {{owner.name}}.prepare(_delays.data(), _delays.size(), _targets.data(), {{_source_dt}});
{% endblock %}

{% block maincode %}
    {% set _eventspace = get_array_name(eventspace_variable) %}
    {{owner.name}}.advance();
    {{owner.name}}.push({{_eventspace}}, {{_eventspace}}[_num{{eventspace_variable.name}}-1]);
{% endblock %}
