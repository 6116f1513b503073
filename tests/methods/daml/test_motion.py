"""Motion models: streaming equals batches, windows stay apart, work is shared."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from awry.methods.daml.motion import (
    Activated,
    Autoregressive,
    BinnedAutoregressive,
    ConvLSTM,
    MotionModel,
    MotionStream,
    PairedConv3D,
    StridedConv3D,
    motion_model,
)
from awry.methods.graphs import Graph, Network, eager

CHANNELS = 3
KINDS = [PairedConv3D, StridedConv3D, ConvLSTM, Autoregressive]


def build(kind: type[MotionModel], inputs: int, stride: int) -> MotionModel:
    """A model in eval mode with batch statistics away from 0 and 1."""
    torch.manual_seed(inputs * 10 + stride)
    layers = (inputs - 1).bit_length()
    model = kind(CHANNELS, inputs, stride, layers, 0.3, 1e-3)  # type: ignore[call-arg]
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.3, 1.5)
    return model.eval()


def codes(frames: int, runs: int = 2) -> Tensor:
    torch.manual_seed(99)
    return torch.randn(runs, frames, CHANNELS, 4, 5)


def stream_of(model: MotionModel) -> MotionStream:
    graphs = {str(n): Graph(stage, {}, ()) for n, stage in enumerate(model.stages())}
    return MotionStream(model.taps, list(eager(graphs).values()))


def streamed(model: MotionModel, run: Tensor, at_once: int = 1) -> list[Tensor | None]:
    stream = stream_of(model)
    return [found for codes in run.split(at_once) for found in stream.push(codes)]


def naive_paired(model: PairedConv3D, window: Tensor) -> Tensor:
    """One window (inputs, c, h, w), layer by layer: kernel 2 and stride 2 in time, as published.

    The missing oldest codes are zeros, as padding would be.
    """
    missing = 2 ** len(model.layers) - len(window)
    stacked = torch.cat([window.new_zeros(missing, *window.shape[1:]), window])
    stacked = stacked.transpose(0, 1)[None]
    for layer in model.layers:
        assert isinstance(layer, Activated)
        weight = layer.convolution.weight
        stacked = F.conv3d(stacked, weight, stride=(2, 1, 1), padding=(0, 1, 1))
        norm = layer.norm
        stacked = F.batch_norm(
            stacked, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )
        stacked = F.leaky_relu(stacked, 0.3)
    assert stacked.shape[2] == 1
    return stacked[0, :, 0]


@pytest.mark.parametrize("inputs", [4, 6, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_paired_equals_strided_convolutions_window_by_window(inputs: int, stride: int) -> None:
    model = build(PairedConv3D, inputs, stride)
    assert isinstance(model, PairedConv3D)
    run = codes(model.span + 4)
    with torch.no_grad():
        found = model(run)
        assert found.shape[1] == 5
        for number in range(2):
            for first in range(5):
                window = run[number, first : first + model.span : stride]
                assert len(window) == inputs
                torch.testing.assert_close(found[number, first], naive_paired(model, window))


@pytest.mark.parametrize("stride", [1, 2])
def test_the_published_codes_padding_stands_after_the_maps(stride: int) -> None:
    """Of 6 codes 3 maps are made; zeros after them make 4, of which 2 and 1 are made."""
    model = build(PairedConv3D, 6, stride)
    assert isinstance(model, PairedConv3D)
    run = codes(model.span + 2, runs=1)
    with torch.no_grad():
        before = model(run)
        model.padding = "after"
        found = model(run)
        for first in range(3):
            stacked = run[0, first : first + model.span : stride].transpose(0, 1)[None]
            for number, layer in enumerate(model.layers):
                assert isinstance(layer, Activated)
                assert stacked.shape[2] == (6, 3, 2)[number]
                if number == 1:
                    stacked = torch.cat([stacked, torch.zeros_like(stacked[:, :, :1])], 2)
                stacked = F.conv3d(
                    stacked, layer.convolution.weight, stride=(2, 1, 1), padding=(0, 1, 1)
                )
                stacked = layer.activation(layer.norm(stacked))
            torch.testing.assert_close(found[0, first], stacked[0, :, 0])
        assert not torch.allclose(found, before)
        streamed_ones = [one for one in streamed(model, run[0]) if one is not None]
        torch.testing.assert_close(torch.stack(streamed_ones), found[0])


def test_the_side_of_the_padding_does_not_matter_to_8_inputs() -> None:
    model = build(PairedConv3D, 8, 1)
    run = codes(10)
    with torch.no_grad():
        before = model(run)
        model.padding = "after"
        assert torch.equal(model(run), before)


@pytest.mark.parametrize("kind", KINDS)
def test_tanh_ends_the_last_layer_alone(kind: type[MotionModel]) -> None:
    plain = build(kind, 4, 1)
    bounded = kind(CHANNELS, 4, 1, 2, 0.3, 1e-3, tanh=True)  # type: ignore[call-arg]
    bounded.load_state_dict(plain.state_dict())
    with torch.no_grad():
        ours = plain(codes(6))
        before = torch.where(ours < 0, ours / 0.3, ours)
        torch.testing.assert_close(bounded.eval()(codes(6)), before.tanh())


def binned(bins: int = 5, stride: int = 1) -> BinnedAutoregressive:
    torch.manual_seed(7)
    return BinnedAutoregressive(CHANNELS, 4, stride, 2, 0.3, 1e-3, bins=bins).eval()


def test_the_density_is_a_likelihood_of_the_observed_bins() -> None:
    """Its loss by hand: -1 to 1 in five bins; 1 itself belongs to the last one."""
    model = binned()
    windows = torch.randn(2, 4, CHANNELS, 4, 5)
    observed = torch.empty(2, CHANNELS, 4, 5).uniform_(-1, 1)
    observed[0, 0, 0, 0], observed[1, 2, 3, 4] = 1.0, -1.0
    with torch.no_grad():
        predicted = model.of_windows(windows)
        assert predicted.shape == (2, 5 * CHANNELS, 4, 5)
        found = model.loss(predicted, observed)
    logits = predicted.reshape(2, 5, CHANNELS, 4, 5).double()
    density = logits.exp() / logits.exp().sum(1, keepdim=True)
    total = 0.0
    edges = [-1, -0.6, -0.2, 0.2, 0.6, 1.000001]
    for number in range(5):
        inside = (observed >= edges[number]) & (observed < edges[number + 1])
        total -= float(density[:, number][inside].log().sum())
    assert float(found) == pytest.approx(total / 2, rel=1e-5)


def test_the_predicted_code_is_the_mean_of_the_density() -> None:
    model = binned()
    logits = torch.full((1, 5 * CHANNELS, 1, 1), -50.0)
    logits = logits.reshape(1, 5, CHANNELS, 1, 1)
    logits[0, 0, 0], logits[0, 4, 1] = 50.0, 50.0  # all in the first bin; all in the last
    logits[0, 1, 2] = logits[0, 2, 2] = 50.0  # half in the second, half in the middle one
    found = model.code(logits.flatten(1, 2))
    torch.testing.assert_close(found[0, :, 0, 0], torch.tensor([-0.8, 0.8, -0.2]))


def test_a_density_learns_what_a_mean_cannot_say() -> None:
    """Codes that are -0.8 or 0.8: two peaks, a mean of 0, and the least likely thing between."""
    torch.manual_seed(0)
    model = BinnedAutoregressive(1, 2, 1, 1, 0.3, 1e-3, bins=5).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        observed = torch.randint(0, 2, (64, 1, 2, 2)) * 1.6 - 0.8
        loss = model.loss(model.of_windows(torch.zeros(64, 2, 1, 2, 2)), observed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    predicted = model.of_windows(torch.zeros(64, 2, 1, 2, 2)).detach()
    density = predicted.unflatten(1, (5, 1)).softmax(1).mean((0, 2, 3, 4))
    assert density[[0, 4]].sum() > 0.9
    assert model.code(predicted).abs().max() < 0.3


@pytest.mark.parametrize("stride", [1, 2])
def test_a_stream_of_densities_gives_their_codes(stride: int) -> None:
    model = binned(stride=stride)
    run = codes(model.span + 5, runs=1)
    with torch.no_grad():
        found = model.code(model(run)[0])
        streamed_ones = [one for one in streamed(model, run[0], 3) if one is not None]
    torch.testing.assert_close(torch.stack(streamed_ones), found)
    assert found.shape[1:] == (CHANNELS, 4, 5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("inputs", [4, 6, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_stream_equals_forward(kind: type[MotionModel], inputs: int, stride: int) -> None:
    model = build(kind, inputs, stride)
    run = codes(model.span + 5, runs=1)
    with torch.no_grad():
        found = model(run)[0]
        for at_once in (1, 3):
            predicted = streamed(model, run[0], at_once)
            assert predicted[: model.span - 1] == [None] * (model.span - 1)
            torch.testing.assert_close(torch.stack(predicted[model.span - 1 :]), found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stride", [1, 2])
def test_a_prediction_depends_on_its_window_alone(kind: type[MotionModel], stride: int) -> None:
    model = build(kind, 4, stride)
    run = codes(model.span + 6, runs=1).requires_grad_()
    predicted = model(run)
    for first in range(predicted.shape[1]):
        (gradient,) = torch.autograd.grad(predicted[0, first].sum(), run, retain_graph=True)
        seen = gradient[0].abs().sum((1, 2, 3)).nonzero()[:, 0].tolist()
        assert seen == list(range(first, first + model.span, stride))


@pytest.mark.parametrize("kind", KINDS)
def test_runs_do_not_mix(kind: type[MotionModel]) -> None:
    model = build(kind, 4, 1)
    run = codes(8)
    with torch.no_grad():
        torch.testing.assert_close(model(run)[1:], model(run[1:]))


@pytest.mark.parametrize("stride", [1, 2])
def test_streaming_evaluates_one_convolution_a_layer(stride: int) -> None:
    """Of the 7 that a window of 8 codes needs, 4 were done for earlier windows."""
    model = build(PairedConv3D, 8, stride)
    calls = []

    def counted(stage: nn.Module) -> Network:
        def network(pairs: Tensor) -> tuple[Tensor, ...]:
            calls.append(tuple(pairs.shape[:2]))
            return (stage(pairs),)

        return network

    stream = MotionStream(model.taps, [counted(stage) for stage in model.stages()])
    for number, code in enumerate(codes(model.span + 10, runs=1)[0]):
        calls.clear()
        (predicted,) = stream.push(code[None])
        if number >= model.span - 1:
            assert predicted is not None
            assert calls == [(1, 2)] * 3  # three layers, one pair each


def test_the_papers_text_strides_by_two_with_padding() -> None:
    """Kernel 3x3x3, temporal stride 2: 8 codes become 4, 2, 1."""
    model = build(StridedConv3D, 8, 1)
    assert isinstance(model, StridedConv3D)
    lengths = []
    for layer in model.layers:
        layer.register_forward_hook(lambda module, given, out: lengths.append(out.shape[2]))
    window = codes(8, runs=1)
    with torch.no_grad():
        found = model(window)[0, 0]
        expected = window.transpose(1, 2)
        for layer in model.layers:
            weight = layer.convolution.weight
            assert tuple(weight.shape[2:]) == (3, 3, 3)
            expected = F.conv3d(expected, weight, stride=(2, 1, 1), padding=1)
            expected = layer.activation(layer.norm(expected))
    assert lengths[:3] == [4, 2, 1]
    torch.testing.assert_close(found, expected[0, :, 0])


def test_the_lstm_is_one() -> None:
    """Against torch's own LSTM cell, on codes of one position."""
    torch.manual_seed(0)
    model = ConvLSTM(CHANNELS, 4, 1, 1, 0.3, 1e-5).eval()
    gates = model.gates[0]
    assert isinstance(gates, nn.Conv2d)
    cell = nn.LSTMCell(CHANNELS, CHANNELS)
    # At one position only the kernel's middle is seen. torch orders its gates i, f, g, o.
    weight = gates.weight.detach()[:, :, 1, 1].chunk(4)
    bias = gates.bias.detach().chunk(4)  # type: ignore[union-attr]
    order = [0, 1, 3, 2]
    with torch.no_grad():
        cell.weight_ih.copy_(torch.cat([weight[i][:, :CHANNELS] for i in order]))
        cell.weight_hh.copy_(torch.cat([weight[i][:, CHANNELS:] for i in order]))
        cell.bias_ih.copy_(
            torch.cat([bias[i] + (i == 1) for i in order])
        )  # forget gate starts open
        cell.bias_hh.zero_()
        run = torch.randn(4, 1, CHANNELS, 1, 1)
        state = None
        for code in run[:, :, :, 0, 0]:
            state = cell(code, state)
        assert state is not None
        found = model._layer(gates, run)
        torch.testing.assert_close(found[-1, :, :, 0, 0], state[0])


@pytest.mark.parametrize("stride", [1, 2])
def test_autoregressive_layers_are_causal_at_every_depth(stride: int) -> None:
    model = build(Autoregressive, 6, stride)
    assert isinstance(model, Autoregressive)
    outputs: list[Tensor] = []
    for layer in model.layers:
        layer.register_forward_hook(lambda module, given, out: outputs.append(out))
    run = codes(12, runs=1)
    with torch.no_grad():
        model._causal(run)
        before = [out.clone() for out in outputs]
        outputs.clear()
        run[:, 9:] += 1
        model._causal(run)
    for depth, (one, other) in enumerate(zip(before, outputs, strict=True), 1):
        # A layer's output i is that of time i + depth.
        settled = 9 - depth
        torch.testing.assert_close(one[:, :, :settled], other[:, :, :settled])
        assert not torch.allclose(one[:, :, settled], other[:, :, settled])


@pytest.mark.parametrize(
    ("kind", "kernel", "expected"),
    [
        ("conv3d", 2, PairedConv3D),
        ("conv3d", 3, StridedConv3D),
        ("convlstm", 3, ConvLSTM),
        ("autoregressive", 3, Autoregressive),
    ],
)
def test_motion_models_by_name(kind: str, kernel: int, expected: type[MotionModel]) -> None:
    model = motion_model(
        kind, 2, 4, stride=2, layers=2, temporal_kernel=kernel, slope=0.3, epsilon=1e-5
    )
    assert type(model) is expected
    assert (model.inputs, model.stride, model.span) == (4, 2, 7)


def test_bins_make_a_density() -> None:
    model = motion_model(
        "autoregressive", 2, 4, stride=1, layers=2, temporal_kernel=3, slope=0.3, epsilon=1e-5,
        tanh=True, bins=9,
    )  # fmt: skip
    assert isinstance(model, BinnedAutoregressive)
    assert model.logits.out_channels == 18
