// Numbers that look random and follow from a seed, so that every failure can be repeated.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  // An integer of 32 bits (Mulberry32).
  bits() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (bits ^ (bits >>> 14)) >>> 0;
  }

  // An integer from 0 to `end` - 1.
  below(end) {
    return this.bits() % end;
  }

  // An integer from `first` to `last`.
  between(first, last) {
    return first + this.below(last - first + 1);
  }

  // True once in `times`.
  once(times) {
    return this.below(times) === 0;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  // An integer of 64 bits.
  wide() {
    return (BigInt(this.bits()) << 32n) | BigInt(this.bits());
  }

  // Bytes that are all different, as far as there are that many.
  bytes(length) {
    const first = this.bits();
    const step = this.below(256) | 1;
    return Uint8Array.from({ length }, (_, index) => first + index * step);
  }
}
