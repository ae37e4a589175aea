{# USES_VARIABLES { N } #}
{# brian2cuda's template of this name; with strict math, a step more: threads enter spiking
   neurons in any order, and sorting makes that the order of the other targets. #}
{% extends 'brian2cuda/threshold.cu' %}

{% block extra_headers %}
#include <thrust/device_ptr.h>
#include <thrust/sort.h>
{% endblock %}

{% block extra_kernel_call_post %}
    {% if sort_spikes %}
    {% set events = get_array_name(eventspace_variable, access_data=False) %}
    {
        int32_t* _events = dev{{events}}[current_idx{{events}}];
        int32_t _n_events;
        CUDA_SAFE_CALL(
            cudaMemcpy(&_n_events, _events + _N, sizeof(int32_t), cudaMemcpyDeviceToHost));
        thrust::device_ptr<int32_t> _first(_events);
        THRUST_CHECK_ERROR(thrust::sort(_first, _first + _n_events));
    }
    {% endif %}
{% endblock %}
