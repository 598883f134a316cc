/** The middle one, or the mean of the two in the middle. Throws on none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  if (low === undefined || high === undefined) throw new Error('no values')
  return (low + high) / 2
}

/** The value that 95 of 100 do not exceed. Throws on none. */
export function percentile95(values: readonly number[]): number {
  const value = [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]
  if (value === undefined) throw new Error('no values')
  return value
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}
