def save_figures(dataset, parameters, folder):
    pass
