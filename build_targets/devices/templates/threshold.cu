{# USES_VARIABLES { N } #}
{# brian2cuda's template of this name; with strict math, a step more: threads enter spiking
   neurons in any order, and sorting makes that the order of the other targets. There are few of
   them in a time step: each thread finds the place of one by counting those before it. Their
   number stays on the GPU: nobody waits for it. #}
{% extends 'brian2cuda/threshold.cu' %}

{% block extra_kernel_definitions %}
{{ super() }}
{% if sort_spikes %}
__global__ void _sort_{{codeobj_name}}(int32_t* events, int32_t* sorted, int _N)
{
    const int _idx = blockIdx.x * blockDim.x + threadIdx.x;
    const int number = events[_N];
    if (_idx >= number)
        return;
    int place = 0;
    for (int other = 0; other < number; other++)
        place += events[other] < events[_idx];
    sorted[place] = events[_idx];
}

__global__ void _put_back_{{codeobj_name}}(int32_t* events, int32_t* sorted, int _N)
{
    const int _idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (_idx < events[_N])
        events[_idx] = sorted[_idx];
}
{% endif %}
{% endblock %}

{% block extra_kernel_call_post %}
{{ super() }}
    {% if sort_spikes %}
    {% set events = get_array_name(eventspace_variable, access_data=False) %}
    {
        static int32_t* _sorted = 0;
        if (!_sorted)
            CUDA_SAFE_CALL(cudaMalloc((void**)&_sorted, sizeof(int32_t)*_N));
        int32_t* _events = dev{{events}}[current_idx{{events}}];
        _sort_{{codeobj_name}}<<<num_blocks, num_threads>>>(_events, _sorted, _N);
        CUDA_CHECK_ERROR("_sort_{{codeobj_name}}");
        _put_back_{{codeobj_name}}<<<num_blocks, num_threads>>>(_events, _sorted, _N);
        CUDA_CHECK_ERROR("_put_back_{{codeobj_name}}");
    }
    {% endif %}
{% endblock %}
