#!/usr/bin/env python3
"""Write tests/kernels/vectors-bf16.csv: bits of float32 numbers and of the bf16 numbers that
PyTorch rounds them to. Needs torch. Run it at the root of the tree."""
import random

import torch

random.seed(1)
HALVES = [0x0000, 0x0001, 0x7fff, 0x8000, 0x8001, 0xffff]
UPPERS = [0x0000, 0x0001, 0x007f, 0x0080, 0x0081, 0x3f7f, 0x3f80, 0x3f81, 0x40ff, 0x4100, 0x7f7e,
          0x7f7f, 0x7f80]
bits = {upper << 16 | half for upper in UPPERS for half in HALVES}
for exponent in [0, 1, 2, 100, 126, 127, 128, 200, 253, 254]:
    for _ in range(12):
        bits.add(exponent << 23 | random.getrandbits(23))
        bits.add(exponent << 23 | random.getrandbits(7) << 16 | 0x8000)   # a tie
for _ in range(20):
    bits.add(0xff << 23 | random.getrandbits(22) | 1)                     # signalling NaN
    bits.add(0xff << 23 | 1 << 22 | random.getrandbits(22))               # quiet NaN
bits |= {b | 1 << 31 for b in bits}
bits = sorted(bits)
signed = torch.tensor([b - (1 << 32) if b >> 31 else b for b in bits], dtype=torch.int32)
rounded = signed.view(torch.float32).to(torch.bfloat16).view(torch.int16)
with open("tests/kernels/vectors-bf16.csv", "w") as out:
    out.write("float32,bf16\n")
    for b, r in zip(bits, rounded.tolist()):
        out.write(f"0x{b:08x},0x{r & 0xffff:04x}\n")
