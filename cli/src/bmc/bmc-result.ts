/** A result on one line, for people: the power state alone where there is nothing else to say. */
export function resultText(result: unknown): string {
  const { Power, Changed, ...others } = result as Record<string, unknown>
  const power = Power === undefined ? [] : [String(Power)]
  const change = Changed === undefined ? [] : [Changed === true ? '(changed)' : '(as it was)']
  const rest = Object.entries(others)
    .filter(([name]) => name !== 'Verified')
    .map(([name, value]) => `${name}=${String(value)}`)
  return [...power, ...change, ...rest].join(' ')
}
