"""Where networks run: which devices there are, what is refused, the way of arrays there and back.

No card is needed: PyTorch's own answers about cards are replaced, and `fake_card` stands for one.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
import torch
from torch import nn

from awry.devices import (
    PROCESSOR,
    Compute,
    Inheriting,
    available,
    chosen,
    current,
    in_full,
    in_words,
    on_device,
    using,
)
from awry.errors import ConfigError
from awry.progress import Reporter, Silent
from fake_devices import CARD, fake_card

Machine = Callable[..., None]


@pytest.fixture(autouse=True)
def _nothing_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWRY_DEVICE", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Lets PyTorch find so many devices of each kind."""

    def found(cuda: int = 0, xpu: int = 0, mps: int = 0, generation: int = 9) -> None:
        for kind, count in {"cuda": cuda, "xpu": xpu, "mps": mps}.items():
            module = getattr(torch, kind)
            monkeypatch.setattr(module, "is_available", lambda count=count: count > 0)
            monkeypatch.setattr(module, "device_count", lambda count=count: count)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda number: (generation, 0))
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"Card {number}")
        monkeypatch.setattr(torch.version, "hip", None)

    found()
    return found


class Listener(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        self.said.append(text)


def test_the_best_device_comes_first(machine: Machine) -> None:
    machine(cuda=2, xpu=1, mps=1)
    assert available() == ("cuda:0", "cuda:1", "xpu:0", "mps:0", "cpu")
    assert chosen() == Compute("cuda:0")
    machine(xpu=1, mps=1)
    assert chosen("auto") == Compute("xpu:0")
    machine(mps=1)
    assert chosen("auto").device == "cpu"  # never tried, and without float64
    assert chosen("mps").device == "mps:0"
    machine()
    assert available() == ("cpu",)
    assert chosen("auto") == PROCESSOR
    assert chosen("auto").plain


def test_a_kind_alone_is_its_first_and_case_does_not_count(machine: Machine) -> None:
    machine(cuda=2)
    assert chosen("cuda").device == "cuda:0"
    assert chosen(" CUDA:1 ").device == "cuda:1"
    assert chosen("cpu").device == "cpu"


def test_the_variable_counts_where_nothing_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(cuda=2)
    monkeypatch.setenv("AWRY_DEVICE", "cuda:1")
    assert chosen().device == "cuda:1"
    assert chosen("cpu").device == "cpu"
    assert chosen(own=PROCESSOR) is PROCESSOR
    monkeypatch.setenv("AWRY_DEVICE", "xpu")
    with pytest.raises(ConfigError, match=r"^\$AWRY_DEVICE asks for 'xpu' here"):
        chosen()


def test_a_device_that_is_not_there(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(cuda=2)
    above = r"^There is no device 'cuda:7' here: there is auto, cuda:0, cuda:1, cpu\.$"
    with pytest.raises(ConfigError, match=above):
        chosen("cuda:7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    with pytest.raises(ConfigError, match=r"\$CUDA_VISIBLE_DEVICES is '2,3', which hides"):
        chosen("cuda:7")
    with pytest.raises(ConfigError, match="did you mean 'cuda:0'"):
        chosen("cud:0")
    with pytest.raises(ConfigError, match="'gpu'"):
        chosen("gpu")


def test_why_it_is_not_there(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_old() -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).\nX")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "init", too_old)
    with pytest.raises(ConfigError, match=r"there is auto, cpu\. PyTorch says: The NVIDIA driver"):
        chosen("cuda")
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(ConfigError, match="built without CUDA: install a build with it"):
        chosen("cuda:0")
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    with pytest.raises(ConfigError, match="built without Apple's graphics"):
        chosen("mps")
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: True)
    with pytest.raises(ConfigError, match=r"there is auto, cpu\.$"):
        chosen("mps")


def test_precisions_that_a_device_does_not_have(machine: Machine) -> None:
    with pytest.raises(ConfigError, match="tf32 is a precision of CUDA cards, and this is cpu"):
        chosen("cpu", "tf32")
    with pytest.raises(ConfigError, match="no precision '166': did you mean '16'"):
        chosen("cpu", "166")
    assert chosen("cpu", "fp16") == Compute("cpu", "16")
    machine(cuda=1, generation=7)
    with pytest.raises(ConfigError, match="cuda:0 cannot calculate in bf16: use 16 or 32"):
        chosen("cuda", "bf16")
    with pytest.raises(ConfigError, match="cuda:0 cannot calculate in tf32: use 32"):
        chosen("cuda", "tf32")
    assert chosen("cuda", "16").rounds
    machine(cuda=1, generation=8)
    assert chosen("cuda", "bf16") == Compute("cuda:0", "bf16")
    assert not chosen("cuda", "tf32").rounds


def test_what_is_asked_for_goes_before_where_it_is(machine: Machine) -> None:
    machine(cuda=2)
    own = Compute("cuda:1", "bf16")
    assert chosen(own=own) is own
    assert chosen(precision="32", own=own) == Compute("cuda:1")
    assert chosen("cpu", own=own) == Compute("cpu", "bf16")
    with using(own):
        assert chosen() is own
        assert chosen("cuda:0") == Compute("cuda:0", "bf16")
        assert chosen(own=PROCESSOR) is PROCESSOR


def test_using_is_undone_also_after_an_error() -> None:
    inner, outer = Compute("cpu", "bf16"), Compute("cpu", "16")
    assert current() is PROCESSOR
    with using(outer):
        with suppress(ZeroDivisionError), using(inner):
            assert current() is inner
            raise ZeroDivisionError
        assert current() is outer
    assert current() is PROCESSOR


def test_a_thread_begins_on_the_processor() -> None:
    seen: list[Compute] = []
    with using(Compute("cpu", "bf16")):
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
    assert seen == [PROCESSOR]


def test_another_process_inherits() -> None:
    with using(Compute("cpu", "bf16")):
        work = pickle.loads(pickle.dumps(Inheriting.of(current)))
    assert work() == Compute("cpu", "bf16")
    assert current() is PROCESSOR
    assert Inheriting.of(current)() is PROCESSOR


@on_device
def where(
    bundle: object = None,
    *,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> Compute:
    return current() if bundle != "again" else where(reporter=reporter)


class Opened:
    compute = Compute("cuda:1", "bf16")


def test_a_public_function_runs_where_it_is_told(machine: Machine) -> None:
    machine(cuda=2)
    assert where() == Compute("cuda:0")
    assert where(device="cpu") == PROCESSOR
    assert where(Opened()) is Opened.compute
    assert where(Opened(), precision="32") == Compute("cuda:1")
    assert current() is PROCESSOR


def test_what_was_taken_is_said_once_and_not_of_the_processor(machine: Machine) -> None:
    machine(cuda=2)
    listener = Listener()
    where("again", device="cuda:1", precision="bf16", reporter=listener)
    assert listener.said == ["Networks run on cuda:1 (Card 1) in bf16."]
    where("again", device="cpu", reporter=listener)
    assert len(listener.said) == 1


def test_devices_in_words(machine: Machine) -> None:
    assert in_words(PROCESSOR) == "cpu"
    assert in_words(Compute("cpu", "bf16")) == "cpu in bf16"
    assert in_words(Compute("cuda:1", "tf32")) == "cuda:1 (Card 1) in tf32"
    assert str(Compute("cuda:1", "16")) == "cuda:1, 16"


def test_what_is_on_the_processor_stays_itself() -> None:
    tensor = torch.zeros(2, dtype=torch.float64)
    assert PROCESSOR.put(tensor) is tensor
    array = np.arange(3, dtype=np.uint8)
    put = PROCESSOR.put(array)
    put[0] = 9
    assert array[0] == 9
    assert PROCESSOR.fetch(tensor) is not None
    module = nn.Linear(1, 1)
    assert PROCESSOR.copy_of(module) is module


@pytest.mark.parametrize("spoil", ["read-only", "mirrored"])
def test_arrays_that_pytorch_cannot_share_are_copied(spoil: str) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    expected = array.copy()
    if spoil == "read-only":
        array.setflags(write=False)
    else:
        array, expected = array[:, ::-1], expected[:, ::-1].copy()
    assert np.array_equal(PROCESSOR.put(array).numpy(), expected)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.float32, torch.float64])
def test_a_dtype_stays_on_the_way_to_a_card(dtype: torch.dtype) -> None:
    with fake_card():
        there = CARD.put(torch.zeros(2, dtype=dtype))
        assert there.device == torch.device("cuda:0")
        assert there.dtype == dtype
        assert CARD.put(there) is there
        assert Compute("cuda:1").put(there).device == torch.device("cuda:1")
        assert PROCESSOR.put(there).device.type == "cpu"


def test_apple_graphics_are_given_no_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[torch.dtype] = []

    def to(tensor: torch.Tensor, *args: object, **options: object) -> torch.Tensor:
        sent.append(tensor.dtype)
        return tensor

    monkeypatch.setattr(torch.Tensor, "to", to)
    for dtype in (torch.float64, torch.float32, torch.uint8):
        Compute("mps:0").put(torch.zeros(2, dtype=dtype))
    assert sent == [torch.float32, torch.float32, torch.uint8]


def test_what_is_fetched_is_float32_and_without_gradient() -> None:
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        fetched = PROCESSOR.fetch(torch.ones(2, dtype=dtype, requires_grad=True))
        assert fetched.dtype == torch.float32
        assert not fetched.requires_grad
    assert PROCESSOR.fetch(torch.ones(2, dtype=torch.int64)).dtype == torch.int64
    assert PROCESSOR.array(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32


def test_networks_round_and_what_is_exact_does_not() -> None:
    layer, x = nn.Linear(3, 2), torch.rand(4, 3)
    with PROCESSOR.rounding():
        assert layer(x).dtype == torch.float32
    for precision, dtype in (("bf16", torch.bfloat16), ("16", torch.float16)):
        compute = Compute("cpu", precision)
        with compute.rounding():
            assert layer(x).dtype == dtype
            with compute.exact():
                assert layer(x).dtype == torch.float32
            with in_full(x):
                assert layer(x).dtype == torch.float32
        assert compute.narrow == dtype
        assert compute.full == PROCESSOR


def test_a_card_calculates_in_its_settings_wherever_it_is_asked() -> None:
    def tf32() -> tuple[bool, bool]:
        return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

    before = tf32()
    with using(Compute("cuda:0", "tf32")):
        assert tf32() == (True, True)
        with Compute("cuda:0").rounding():
            assert tf32() == (False, False)
        assert tf32() == (True, True)
    assert tf32() == before


def test_a_clock_waits_for_a_device_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: calls.append("card"))
    PROCESSOR.waiter()()
    assert calls == []
    Compute("cuda:0").waiter()()
    assert calls == ["card"]
