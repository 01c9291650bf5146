/* Reads the numbers that maps/encoding.py writes. */
"use strict";
window.tantu = window.tantu || {};

(function (tantu) {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const DIGIT = new Int8Array(128).fill(-1);
  for (let k = 0; k < 64; k += 1) DIGIT[ALPHABET.charCodeAt(k)] = k;

  /** Integers of a text of differences. */
  function digits(text) {
    const numbers = [];
    let value = 0, shift = 0, last = 0;
    for (let k = 0; k < text.length; k += 1) {
      const digit = DIGIT[text.charCodeAt(k)];
      value += (digit & 31) * 2 ** shift;
      if (digit & 32) { shift += 5; continue; }
      last += value % 2 ? -(value + 1) / 2 : value / 2;
      numbers.push(last);
      value = 0;
      shift = 0;
    }
    return numbers;
  }

  tantu.digits = digits;

  /** A column of a layer as a plain list. */
  tantu.column = function (written) {
    if (Array.isArray(written)) return written;
    if ("same" in written) return new Array(written.count).fill(written.same);
    const numbers = digits(written.digits);
    return written.words ? numbers.map((k) => written.words[k]) : numbers;
  };

  /** Positions as [lat, lon] pairs. */
  tantu.points = function (xs, ys) {
    const lons = digits(xs), lats = digits(ys);
    return lons.map((lon, k) => [lats[k] / 1e5, lon / 1e5]);
  };

  /** Rings of a shape, each a list of [lat, lon]. */
  tantu.rings = function (shape) {
    if (!shape.length) return [];
    const [lengths, lons, lats] = shape.map(digits);
    let at = 0;
    return lengths.map((length) => Array.from({ length }, () => [lats[at] / 1e4, lons[at++] / 1e4]));
  };

  tantu.bytes = function (text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  };

  /** Fractions of the map square from three bytes each. */
  tantu.fractions = function (text, low, high) {
    const bytes = tantu.bytes(text), numbers = new Float64Array(bytes.length / 3);
    const step = (high - low || 1) / 16777215;
    for (let k = 0; k < numbers.length; k += 1) {
      numbers[k] = low + (bytes[3 * k] + bytes[3 * k + 1] * 256 + bytes[3 * k + 2] * 65536) * step;
    }
    return numbers;
  };

  /** Fractions of the map square from degrees. */
  tantu.square = function (lat, lon) {
    const sine = Math.sin((lat * Math.PI) / 180);
    return [(lon + 180) / 360, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
  };
})(window.tantu);
