/* The reader's own text, cut merge by merge: unrolled.tokenizers again, on bytes.
 * data: { text, merges, stops }: merges as pairs of tokens in the characters of GPT-2's files (Ġ is a
 * space), in the order they were learned; stops are the numbers of merges that the slider offers.
 * Values: token.0 ... (ids: bytes first, then merges in order), tokens, bytes, ratio (characters a
 * token), next (how often the pair that is joined next stands in the text).
 */
Unrolled.moving("merges", (root, data, ui) => {
  "use strict";
  const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
  const visible = [...range(0x21, 0x7f), ...range(0xa1, 0xad), ...range(0xae, 0x100)];
  const order = [...visible, ...range(0, 256).filter((byte) => !visible.includes(byte))]; // bytes by id
  const sign = new Map(order.map((byte, id) =>
    [byte, String.fromCodePoint(id < visible.length ? byte : 256 + id - visible.length)]));
  const byteOf = new Map([...sign].map(([byte, character]) => [character, byte]));
  // Python's white space, which is not quite JavaScript's.
  const W = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  const WORDS = new RegExp(
    `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${W}\\p{L}\\p{N}]+|[${W}]+(?![^${W}])|[${W}]+`, "gu");
  const encode = (word) => [...new TextEncoder().encode(word)].map((byte) => sign.get(byte));
  const cut = (text) => (text.match(WORDS) ?? []).map(encode);
  const key = (left, right) => `${left} ${right}`; // no token contains a space: it is written Ġ
  const number = (merges) => {
    const ids = new Map(order.map((byte, id) => [sign.get(byte), id]));
    merges.forEach(([left, right], rank) => ids.set(left + right, 256 + rank));
    return ids;
  };

  /* The merge learned first goes first, the leftmost place first. */
  function join(word, ranks) {
    const pieces = [...word];
    for (;;) {
      let best = Infinity, at = -1;
      for (let i = 0; i + 1 < pieces.length; i++) {
        const rank = ranks.get(key(pieces[i], pieces[i + 1])) ?? Infinity;
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return pieces;
      pieces.splice(at, 2, pieces[at] + pieces[at + 1]);
    }
  }

  function count(words) {
    const pairs = new Map();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const name = key(word[i], word[i + 1]);
        pairs.set(name, (pairs.get(name) ?? 0) + 1);
      }
    }
    return pairs;
  }

  /* The most frequent pair; of several the one with the lowest ids, left token first. */
  function learn(text, most) {
    let words = cut(text);
    const merges = [], ids = number([]);
    while (merges.length < most) {
      const pairs = [...count(words)].map(([name, times]) => ({ name, times, pair: name.split(" ") }));
      if (!pairs.length) break;
      const [{ name, pair: [left, right] }] = pairs.sort((a, b) => b.times - a.times
        || ids.get(a.pair[0]) - ids.get(b.pair[0]) || ids.get(a.pair[1]) - ids.get(b.pair[1]));
      merges.push([left, right]);
      ids.set(left + right, ids.size);
      words = words.map((word) => join(word, new Map([[name, 0]])));
    }
    return merges;
  }

  const reading = new TextDecoder("utf-8", { fatal: true });
  function show(token) {
    const bytes = [...token].map((character) => byteOf.get(character));
    try {
      const text = reading.decode(new Uint8Array(bytes)).replaceAll(" ", "␣");
      return { text, odd: false };
    } catch { // part of a character
      return { text: bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" "), odd: true };
    }
  }

  const most = data.stops.at(-1);
  let text = data.text, own = false, wanted = data.stops[Math.floor(data.stops.length / 2)];
  let learned = data.merges.slice(0, most + 1);

  ui.field({ label: "your text", name: "text", value: text, limit: 100 }, (to) => { text = to; relearn(); });
  ui.choice({ label: "merges are learned from", name: "own", options: ["the text of this page", "your text alone"] },
    (index) => { own = index === 1; relearn(); });
  ui.slider({ label: "merges", name: "merges", stops: data.stops, value: wanted, digits: 0 },
    (value) => { wanted = value; update(); });
  const chips = ui.chips({ title: "its tokens, and the number of each", name: "token", result: true });
  let tokens, bytes, ratio, next;
  ui.row(() => {
    tokens = ui.number({ label: "tokens", name: "tokens", digits: 0 });
    bytes = ui.number({ label: "bytes", name: "bytes", digits: 0 });
    ratio = ui.number({ label: "characters a token", name: "ratio", digits: 2 });
    next = ui.number({ label: "places of the pair that is joined next", name: "next", digits: 0 });
  });

  function relearn() {
    learned = own ? learn(text, most + 1) : data.merges.slice(0, most + 1);
    update();
  }

  function update() {
    const merges = learned.slice(0, wanted);
    const ranks = new Map(merges.map(([left, right], rank) => [key(left, right), rank]));
    const ids = number(merges);
    const words = cut(text);
    const joined = words.map((word) => join(word, ranks));
    const made = joined.flat().length, characters = [...text].length;
    const pair = learned[wanted];
    const places = pair ? count(joined).get(key(...pair)) ?? 0 : 0;
    chips.set(joined.map((word) => word.map((token) => ({ ...show(token), id: ids.get(token) }))));
    tokens.set(made);
    bytes.set(words.flat().length);
    ratio.set(made ? characters / made : 0);
    next.set(places);
    const what = `${characters} characters are ${made} tokens after ${merges.length} ${merges.length === 1 ? "merge" : "merges"}.`;
    const then = pair ? `Joined next: ${pair.map((token) => show(token).text).join(" and ")}, which stand together ${
      places === 1 ? "once" : `${places} times`} here.` : "No merge is left.";
    ui.say(`${what} ${then}`);
  }
  update();
});
