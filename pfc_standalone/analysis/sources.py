"""The papers that bounds come from, by the key that a row has."""

from __future__ import annotations

SOURCES = {
    "B1995": "Braver TS, Cohen JD, Servan-Schreiber D (1995). A computational model of prefrontal "
    "cortex function. Advances in Neural Information Processing Systems 7:141-148",
    "BH1999": "Brunel N, Hakim V (1999). Fast global oscillations in networks of "
    "integrate-and-fire neurons with low firing rates. Neural Comput "
    "11:1621-1671. doi:10.1162/089976699300016179",
    "BW2001": "Brunel N, Wang X-J (2001). Effects of neuromodulation in a cortical network model "
    "of object working memory dominated by recurrent inhibition. J Comput Neurosci 11:63-85. "
    "doi:10.1023/A:1011204814320",
    "C2003": "Compte A et al. (2003). Temporally irregular mnemonic persistent activity in "
    "prefrontal neurons of monkeys during a delayed response task. J Neurophysiol 90:3441-3454. "
    "doi:10.1152/jn.00949.2002",
    "CK2011": "Cohen MR, Kohn A (2011). Measuring and interpreting neuronal correlations. "
    "Nat Neurosci 14:811-819. doi:10.1038/nn.2842",
    "F1989": "Funahashi S, Bruce CJ, Goldman-Rakic PS (1989). Mnemonic coding of visual space in "
    "the monkey's dorsolateral prefrontal cortex. J Neurophysiol 61:331-349. "
    "doi:10.1152/jn.1989.61.2.331",
    "G2016": "Gonthier C et al. (2016). Inducing proactive control shifts in the AX-CPT. "
    "Front Psychol 7:1822. doi:10.3389/fpsyg.2016.01822",
    "M1985": "McCormick DA, Connors BW, Lighthall JW, Prince DA (1985). Comparative "
    "electrophysiology of pyramidal and sparsely spiny stellate neurons of the neocortex. "
    "J Neurophysiol 54:782-806. doi:10.1152/jn.1985.54.4.782",
    "SK1993": "Softky WR, Koch C (1993). The highly irregular firing of cortical cells is "
    "inconsistent with temporal integration of random EPSPs. J Neurosci 13:334-350. "
    "doi:10.1523/JNEUROSCI.13-01-00334.1993",
    "T1996": "Thorpe S, Fize D, Marlot C (1996). Speed of processing in the human visual system. "
    "Nature 381:520-522. doi:10.1038/381520a0",
    "W1994": "Wilson FAW, O'Scalaidhe SP, Goldman-Rakic PS (1994). Functional synergism between "
    "putative gamma-aminobutyrate-containing neurons and pyramidal neurons in prefrontal cortex. "
    "PNAS 91:4009-4013. doi:10.1073/pnas.91.9.4009",
}
