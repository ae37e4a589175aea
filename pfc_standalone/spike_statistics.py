import numpy as np
from scipy import stats
from scipy.signal import lfilter
def filtered_rate(t, n_neurons, start, stop, dt, tau):
    n = round((stop - start) / dt) + 1
    times = start + dt * np.arange(n)
    k = np.ceil((t - start) / dt - 1e-9).astype(int)
    c = np.bincount(k[(k >= 0) & (k < n)], minlength=n)
    return times, lfilter([1 / (tau * n_neurons)], [1, -np.exp(-dt / tau)], c)
def proportion_interval(k, n, confidence=0.95):
    if n == 0: return (float('nan'),) * 3
    ci = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    return k / n, float(ci.low), float(ci.high)
def median_interval(values, confidence=0.95):
    v = np.asarray(values, float); v = v[~np.isnan(v)]
    if v.size == 0: return (float('nan'),) * 3
    ci = stats.quantile_test(v, p=0.5).confidence_interval(confidence)
    lo, hi = ci
    return float(np.median(v)), float(v.min() if np.isnan(lo) else lo), float(v.max() if np.isnan(hi) else hi)
