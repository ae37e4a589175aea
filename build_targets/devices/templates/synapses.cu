{# USES_VARIABLES { N, _synaptic_pre} #}
{# brian2cuda's template of this name. Where delays are one constant and spikes act in parallel, it
   copies their number to the host in each time step, to launch as many blocks. Here some blocks
   are always launched, which go through all spikes: their number stays on the GPU, nobody waits
   for it, and what the kernel takes is the place where it stands. #}
{% extends 'brian2cuda/synapses.cu' %}

{% block kernel %}
{{ super()
    | replace('int spiking_neuron_idx = bid / num_parallel_blocks;', '')
    | replace('int post_block_idx = bid % num_parallel_blocks;',
              'int post_block_idx = bid % num_parallel_blocks;
                for(int spiking_neuron_idx = bid / num_parallel_blocks;
                        spiking_neuron_idx < eventspace[num_spiking_neurons];
                        spiking_neuron_idx += gridDim.x / num_parallel_blocks)') }}
{% endblock %}

{% block kernel_call %}
{% set events = get_array_name(pathway.variables[pathway.eventspace_name], access_data=False) %}
{{ super()
    | replace('cudaMemcpy(&num_spiking_neurons,', 'num_spiking_neurons = _num_' ~ events ~ ' - 1;')
    | replace('&dev' ~ events ~ '[' ~ pathway.name ~ '_eventspace_idx][_num_' ~ events ~ ' - 1],',
              '')
    | replace('sizeof(int32_t), cudaMemcpyDeviceToHost);', '')
    | replace('num_blocks = num_parallel_blocks * num_spiking_neurons;',
              'num_blocks = num_parallel_blocks
                * (num_spiking_neurons < 256 ? num_spiking_neurons : 256);') }}
{% endblock %}
