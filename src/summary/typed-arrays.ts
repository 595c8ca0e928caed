/** A typed array twice as long, with the same beginning. */
export function doubled<Numbers extends Int32Array | Float64Array>(numbers: Numbers): Numbers {
  const longer = new (numbers.constructor as new (length: number) => Numbers)(numbers.length * 2);
  longer.set(numbers);
  return longer;
}
