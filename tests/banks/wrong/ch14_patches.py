"""Wrong answers to patch_embed."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% patch_embed: cut-by-reshape
def patch_embed(images, weight, bias, patch_size):
    B, C, height, width = images.shape
    N = (height // patch_size) * (width // patch_size)
    flat = images.reshape(B, N, C * patch_size**2)
    return F.linear(flat, weight.reshape(len(weight), -1), bias)


# %% patch_embed: channels-not-moved
def patch_embed(images, weight, bias, patch_size):
    B, C, height, width = images.shape
    P = patch_size
    cut = images.reshape(B, C, height // P, P, width // P, P).transpose(3, 4)
    vectors = cut.reshape(B, -1, C * P * P)
    return vectors @ weight.reshape(weight.size(0), -1).mT + bias


# %% patch_embed: column-by-column
def patch_embed(images, weight, bias, patch_size):
    features = F.conv2d(images, weight, bias, stride=patch_size)  # (B, D, rows, columns)
    return features.permute(0, 3, 2, 1).flatten(1, 2)


# %% patch_embed: channels-last
def patch_embed(images, weight, bias, patch_size):
    tokens = []
    pixels = images.permute(0, 2, 3, 1)
    for top in range(0, pixels.size(1), patch_size):
        for left in range(0, pixels.size(2), patch_size):
            patch = pixels[:, top : top + patch_size, left : left + patch_size]
            tokens.append(patch.reshape(len(pixels), -1) @ weight.flatten(1).T + bias)
    return torch.stack(tokens, 1)


# %% patch_embed: patch-transposed
def patch_embed(images, weight, bias, patch_size):
    B, C, height, width = images.shape
    rows, columns = height // patch_size, width // patch_size
    grid = images.reshape(B, C, rows, patch_size, columns, patch_size)
    return torch.einsum("bcriqj,dcji->brqd", grid, weight).reshape(B, rows * columns, -1) + bias


# %% patch_embed: kernel-reshaped
def patch_embed(images, weight, bias, patch_size):
    columns = F.unfold(images, patch_size, stride=patch_size).transpose(1, 2)
    return columns @ weight.reshape(columns.size(-1), -1) + bias


# %% patch_embed: kernel-flipped
def patch_embed(images, weight, bias, patch_size):
    kernel = torch.rot90(weight, 2, dims=(-2, -1))
    return F.conv2d(images, kernel, bias, stride=patch_size).flatten(2).mT


# %% patch_embed: bias-missing
def patch_embed(images, weight, bias, patch_size):
    out = torch.conv2d(images, weight, stride=patch_size)
    return out.reshape(*out.shape[:2], -1).permute(0, 2, 1)


# %% patch_embed: overlapping
def patch_embed(images, weight, bias, patch_size):
    return F.conv2d(images, weight, bias).flatten(2).transpose(1, 2)


# %% patch_embed: channels-averaged
def patch_embed(images, weight, bias, patch_size):
    grey = images.mean(dim=1, keepdim=True).expand_as(images)
    return F.conv2d(grey, weight, bias, stride=patch_size).flatten(2).transpose(1, 2)


# %% patch_embed: features-before-patches
def patch_embed(images, weight, bias, patch_size):
    B, C, height, _ = images.shape
    split = images.reshape(B, C, height // patch_size, patch_size, -1, patch_size)
    return torch.einsum("bcyixj,dcij->bdyx", split, weight).flatten(2) + bias[:, None]


# %% patch_embed: square-assumed
def patch_embed(images, weight, bias, patch_size):
    side = images.size(2) // patch_size
    out = F.conv2d(images, weight, bias, stride=patch_size)
    return out.reshape(len(images), len(bias), side * side).transpose(1, 2)


# %% patch_embed: averaged
def patch_embed(images, weight, bias, patch_size):
    vectors = F.unfold(images, patch_size, stride=patch_size).mT
    return torch.stack([(vectors * kernel.flatten()).mean(-1) for kernel in weight], dim=-1) + bias


# %% patch_embed: bias-missing + column-by-column
def patch_embed(images, weight, bias, patch_size):
    return F.conv2d(images, weight, stride=patch_size).transpose(2, 3).flatten(2).mT


# %% patch_embed: kernel-flipped + features-before-patches
def patch_embed(images, weight, bias, patch_size):
    return F.conv2d(images, weight.flip(2, 3), bias, stride=patch_size).flatten(2)


# %% patch_embed: outside the catalogue: every second pixel of a wider patch
def patch_embed(images, weight, bias, patch_size):
    P = patch_size
    out = F.conv2d(images, weight, bias, stride=P, dilation=2, padding=P // 2)
    return out.flatten(2).mT


# %% patch_embed: outside the catalogue: patches from the bottom right
def patch_embed(images, weight, bias, patch_size):
    return F.conv2d(images, weight, bias, stride=patch_size).flatten(2).mT.flip(1)
