"""Recurrent layers written out, for wiring tests."""

import torch


def lstm(w, name, x, layers, ways=1):
    """Hochreiter and Schmidhuber's units with forget gates, [T, D] -> [T, ways · units]."""
    for layer in range(layers):
        outputs = []
        for suffix, order in list(zip(("", "_reverse"), (range(len(x)), reversed(range(len(x))))))[:ways]:
            kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            w_in, w_state, b_in, b_state = (w[f"{name}.{kind}_l{layer}{suffix}"] for kind in kinds)
            state = cell = torch.zeros(w_state.shape[1])
            of_way = [None] * len(x)
            for t in order:
                enter, forget, new, leave = (w_in @ x[t] + b_in + w_state @ state + b_state).chunk(4)
                cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
                of_way[t] = state = torch.sigmoid(leave) * torch.tanh(cell)
            outputs.append(torch.stack(of_way))
        x = torch.cat(outputs, dim=1)
    return x
